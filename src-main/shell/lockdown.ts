import { app, type Session, type WebContents } from 'electron';
import type { ShellLog } from './log';
import { isPageUrl } from './protocol/resolve-asset';

export interface Allowed {
  /** The one page: `holdfast://app/index.html`, or the dev server's in development. */
  pageUrl: string;
  /** Set only while developing. */
  devServer: boolean;
}

/**
 * Before the app is ready: Chromium's own network use, none of which this app needs.
 *
 * SECURITY: `host-resolver-rules` leaves Chromium's network stack no name and no address to reach, also by ways
 * that neither CSP nor webRequest sees (preconnect, DNS prefetch, WebRTC). The core has its own sockets, by Node.
 */
export function restrictChromium(devServer: boolean): void {
  const { commandLine } = app;
  commandLine.appendSwitch(
    'host-resolver-rules',
    devServer ? 'MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1' : 'MAP * ~NOTFOUND',
  );
  commandLine.appendSwitch('force-webrtc-ip-handling-policy', 'disable_non_proxied_udp');
  commandLine.appendSwitch('webrtc-ip-handling-policy', 'disable_non_proxied_udp');
  commandLine.appendSwitch('no-proxy-server');
  commandLine.appendSwitch('no-pings');
  commandLine.appendSwitch('dns-prefetch-disable');
  commandLine.appendSwitch('disable-background-networking');
  commandLine.appendSwitch('disable-component-update');
  commandLine.appendSwitch('disable-domain-reliability');
}

/** Requests of the session that may leave the page: for our own files, and to the developer tools. */
function isOwnRequest(target: string, allowed: Allowed): boolean {
  try {
    const url = new URL(target);
    const page = new URL(allowed.pageUrl);
    if (url.protocol === page.protocol && url.host === page.host) return true;
    if (!allowed.devServer) return false;
    return url.protocol === 'devtools:' || (url.protocol === 'ws:' && url.host === page.host);
  } catch {
    return false;
  }
}

/** What a page could ask of the session: nothing is granted. Electron grants everything by default. */
export function lockSession(session: Session, allowed: Allowed, log: ShellLog): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.write('warn', 'A permission was denied', { permission });
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  // No display media handler: without one Electron refuses to share a screen.
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => {
    const own = isOwnRequest(details.url, allowed);
    if (!own) log.write('warn', 'A request of the page was blocked', { type: details.resourceType });
    answer({ cancel: !own });
  });
  // Nothing of ours is downloaded; files are written by the core, at a path a native dialog gave.
  session.on('will-download', (event) => event.preventDefault());
}

/** What any web contents could do beyond showing the page: nothing is let through. */
export function lockContents(contents: WebContents, allowed: Allowed, log: ShellLog): void {
  const stayHere = (event: { preventDefault(): void }, url: string): void => {
    if (isPageUrl(url, allowed.pageUrl)) return;
    event.preventDefault();
    log.write('warn', 'A navigation was blocked');
  };
  contents.on('will-navigate', (event) => stayHere(event, event.url));
  contents.on('will-redirect', (event) => stayHere(event, event.url));
  // Sub-frames are refused wholly: the page has none.
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame) stayHere(event, event.url);
    else event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** For every web contents there will ever be, whoever makes it. */
export function lockApp(allowed: Allowed, log: ShellLog): void {
  app.on('web-contents-created', (_event, contents) => lockContents(contents, allowed, log));
  // Electron would choose the first certificate by itself. Certificate errors it refuses unless told otherwise.
  app.on('select-client-certificate', (event, _contents, _url, _list, choose) => {
    event.preventDefault();
    choose();
  });
}
