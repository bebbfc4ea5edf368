const windowMs = 60_000;
const maximumReloads = 3;

/** True when the page may be loaded again; false when that has been tried often enough lately. */
export function createReloadBudget(nowMs: () => number = Date.now): () => boolean {
  let times: number[] = [];
  return () => {
    const now = nowMs();
    times = [...times.filter((at) => now - at < windowMs), now];
    return times.length <= maximumReloads;
  };
}
