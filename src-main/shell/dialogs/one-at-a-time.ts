/**
 * Runs tasks one after another, in the order they came. A task whose signal is aborted while it waits is never
 * started and yields `withdrawn`.
 */
export function createTurns(): <T>(work: () => Promise<T>, signal: AbortSignal, withdrawn: T) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work, signal, withdrawn) => {
    const turn = last.then(() => (signal.aborted ? withdrawn : work()));
    last = turn.catch(() => undefined);
    return turn;
  };
}
