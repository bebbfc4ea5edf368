/** Milliseconds between two reports of one transfer. */
const reportEveryMs = 200;

export interface TransferReport {
  transferId: string;
  doneBytes: number;
  totalBytes: number;
}

/** Reports of a transfer, not too many and always the last. */
export function reporter(
  transferId: string,
  nowMs: () => number,
  onProgress: (report: TransferReport) => void,
): (doneBytes: number, totalBytes: number) => void {
  let reportedAtMs = 0;
  return (doneBytes, totalBytes) => {
    const now = nowMs();
    if (now - reportedAtMs < reportEveryMs && doneBytes < totalBytes) return;
    reportedAtMs = now;
    onProgress({ transferId, doneBytes, totalBytes });
  };
}
