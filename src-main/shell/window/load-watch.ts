/** A page of ours loads in a second or two; a machine under heavy load was seen to take eight. */
export const loadPatienceMs = 15_000;

/** What is asked of Electron's `webContents`. */
export interface LoadingPage {
  on(
    event: 'did-start-navigation',
    listener: (event: unknown, url: string, isInPlace: boolean, isMainFrame: boolean) => void,
  ): unknown;
  on(event: 'dom-ready' | 'did-stop-loading' | 'destroyed', listener: () => void): unknown;
  isLoadingMainFrame(): boolean;
}

/**
 * Notices a page that begins to load and never ends: about one start in 300 under load on Electron 25, with the page's
 * process alive and its window blank.
 *
 * A change of the route within the page is no load, though `did-start-loading` tells of it and `did-finish-load` does
 * not (seen with Electron 25.1).
 * @param onLate called with 1 the first time, 2 the second in a row, and so on
 */
export function watchLoading(page: LoadingPage, onLate: (times: number) => void): void {
  let timer: NodeJS.Timeout | undefined;
  let late = 0;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  page.on('did-start-navigation', (_event, _url, isInPlace, isMainFrame) => {
    if (isInPlace || !isMainFrame) return;
    stop();
    timer = setTimeout(() => {
      timer = undefined;
      if (!page.isLoadingMainFrame()) return;
      late += 1;
      onLate(late);
    }, loadPatienceMs);
  });
  const ended = (): void => {
    stop();
    late = 0;
  };
  page.on('dom-ready', ended);
  // Also after a failed load, which `render-process-gone` or the answer to `loadURL` tells of.
  page.on('did-stop-loading', stop);
  page.on('destroyed', stop);
}
