/** What is asked of `event.senderFrame` and `event.sender`; an interface, so that it can be tested. */
export interface Frame {
  readonly origin: string;
  readonly detached?: boolean;
}
export interface SenderEvent {
  readonly senderFrame: Frame | null;
  readonly sender: { readonly mainFrame: Frame; isDestroyed(): boolean };
}

/**
 * SECURITY: true only for the main frame of a window that shows our own page. `senderFrame` is null when the frame
 * is gone or has navigated (Electron 33+), and a frame that is being replaced is `detached`; both are refused.
 * Read it synchronously when the message arrives: later it may name another document.
 */
export function isTrustedFrame(event: SenderEvent, origin: string): boolean {
  const frame = event.senderFrame;
  if (frame === null || frame === undefined || event.sender.isDestroyed()) return false;
  if (frame.detached === true) return false;
  return frame === event.sender.mainFrame && frame.origin === origin;
}
