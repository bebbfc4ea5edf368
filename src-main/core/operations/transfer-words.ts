import { bytes } from './actions/words';

const progressEveryMs = 1_000;

/** A line a second at most, and one at the end: `sent 12 MiB of 40 MiB (30 %), 9.5 MiB/s`. */
export function tellProgress(
  totalBytes: number,
  onLine: (line: string) => void,
  verb = 'sent',
): (doneBytes: number) => void {
  let toldAt = performance.now();
  let toldBytes = 0;
  return (doneBytes) => {
    const now = performance.now();
    const elapsedMs = now - toldAt;
    if (elapsedMs < progressEveryMs && doneBytes < totalBytes) return;
    const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes / totalBytes) * 100);
    const speed =
      elapsedMs < 1 ? '' : `, ${bytes(Math.round(((doneBytes - toldBytes) / elapsedMs) * 1000))}/s`;
    toldAt = now;
    toldBytes = doneBytes;
    onLine(`${verb} ${bytes(doneBytes)} of ${bytes(totalBytes)} (${percent} %)${speed}\n`);
  };
}
