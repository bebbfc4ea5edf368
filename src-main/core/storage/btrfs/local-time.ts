/**
 * IANA name of the host's zone from what `/etc/localtime` leads to, as `readlink -e` prints it.
 * A host without that file keeps UTC (localtime(5)). null: a file that was copied there, whose zone nobody can tell.
 */
export function zoneOf(stdout: string, exitCode: number): string | null {
  const path = stdout.trim();
  const name = /\/zoneinfo\/(?:(?:posix|right)\/)?(?<name>.+)$/.exec(path)?.groups?.['name'];
  if (name === undefined) return exitCode === 1 && path === '' ? 'UTC' : null;
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function wallClockMs(atMs: number, zone: string): number {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  const parts = Object.fromEntries(
    formatter.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * `2026-11-23 02:22:56` in a zone as milliseconds since the epoch. The hour that a clock shows twice in autumn is
 * taken for its first pass.
 */
export function localTimeMs(text: string, zone: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text);
  const wanted = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(wanted)) return null;
  // Zones stay within 14 hours of UTC: the offsets a day before and after hold every candidate.
  const day = 24 * 3600 * 1000;
  const candidates = [wanted - day, wanted + day].map((near) => wanted - (wallClockMs(near, zone) - near));
  return (
    [...candidates].sort((a, b) => a - b).find((candidate) => wallClockMs(candidate, zone) === wanted) ??
    candidates[0] ??
    null
  );
}
