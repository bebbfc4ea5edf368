/** A page of ours loads in a second or two; a machine under heavy load was seen to take eight. */
export const loadPatienceMs = 15_000;

export interface LoadWatch {
  began(): void;
  ended(): void;
}

/**
 * Notices a page that begins to load and never ends: about one start in 300 under load on Electron 25, with the page's
 * process alive and its window blank.
 * @param onLate called with 1 the first time, 2 the second in a row, and so on
 */
export function createLoadWatch(onLate: (times: number) => void): LoadWatch {
  let timer: NodeJS.Timeout | undefined;
  let late = 0;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    began: () => {
      stop();
      timer = setTimeout(() => {
        timer = undefined;
        late += 1;
        onLate(late);
      }, loadPatienceMs);
    },
    ended: () => {
      stop();
      late = 0;
    },
  };
}
