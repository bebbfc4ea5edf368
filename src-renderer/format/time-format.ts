const units: readonly [label: string, seconds: number][] = [
  ['y', 31_557_600],
  ['mo', 2_629_800],
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** One short unit: `12 s`, `4 min`, `3 h`, `12 d`, `5 mo`, `2 y`. */
export function formatDuration(seconds: number): string {
  for (const [label, size] of units) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${label}`;
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/** Age of a moment: `just now`, `4 min ago`. A moment ahead of our clock says so. */
export function formatAge(atMs: number | null, nowMs: number): string {
  if (atMs === null) return '–';
  const seconds = (nowMs - atMs) / 1000;
  if (seconds < -5) return `in ${formatDuration(-seconds)}`;
  if (seconds < 5) return 'just now';
  return `${formatDuration(seconds)} ago`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Whether it is a moment that Date holds (ECMA-262); the contract lets later ones through, which nobody can show. */
export const isInCalendar = (atMs: number): boolean => Math.abs(atMs) <= 8.64e15;

/** Local time, sortable: `2026-11-23 04:26:30`. Beyond what the calendar holds: `the far future`. */
export function formatMoment(atMs: number): string {
  if (!isInCalendar(atMs)) return 'the far future';
  const at = new Date(atMs);
  return (
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  );
}

/** Local day: `2026-11-23`. Beyond what the calendar holds: `the far future`. */
export function formatDay(atMs: number): string {
  return isInCalendar(atMs) ? formatMoment(atMs).slice(0, -9) : formatMoment(atMs);
}

/** `holdfast-20261123-042630` in UTC: a snapshot name every backend accepts. */
export function snapshotNameAt(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `holdfast-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

/** Milliseconds for people: `240 ms`, `2.4 s`, `3 min`. */
export function formatElapsed(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  return formatDuration(durationMs / 1000);
}
