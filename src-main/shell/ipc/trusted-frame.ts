import { isPageUrl } from '../protocol/resolve-asset';

/** What is asked of `event.senderFrame` and `event.sender`; an interface, so that it can be tested. */
export interface Frame {
  readonly url: string;
  readonly origin: string;
  readonly detached?: boolean;
}
export interface SenderEvent {
  readonly senderFrame: Frame | null;
  readonly sender: { readonly mainFrame: Frame; isDestroyed(): boolean };
}

/** The one page that may call. */
export interface TrustedPage {
  url: string;
  origin: string;
}

/**
 * SECURITY: true only for the main frame of a window that shows our own page. Origin *and* address: `about:blank`
 * inherits the origin of the page that opened it. `senderFrame` is null when the frame
 * is gone or has navigated (Electron 33+), and a frame that is being replaced is `detached`; both are refused.
 * Read it synchronously when the message arrives: later it may name another document.
 */
export function isTrustedFrame(event: SenderEvent, page: TrustedPage): boolean {
  const frame = event.senderFrame;
  if (frame === null || frame === undefined || event.sender.isDestroyed()) return false;
  if (frame.detached === true) return false;
  if (frame !== event.sender.mainFrame) return false;
  return frame.origin === page.origin && isPageUrl(frame.url, page.url);
}
