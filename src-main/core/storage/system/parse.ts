import type { FailedUnit } from '../../../../src-preload/contract/inventory';
import { unexpectedOutput } from '../unexpected';

/** Throws `unexpected-output`. */
export function parseClockSeconds(stdout: string): number {
  const match = /^(\d{9,11})\n?$/.exec(stdout);
  if (match === null) throw unexpectedOutput('date', 'it is not a number of seconds', stdout);
  return Number(match[1]);
}

/**
 * How far the host's clock is from ours, in seconds; positive: ahead. Its answer was made some time between our
 * asking and its arrival, and it counts whole seconds, so what lies within that is no difference.
 */
export function clockOffsetSeconds(hostSeconds: number, askedAtMs: number, answeredAtMs: number): number {
  const earliest = hostSeconds - answeredAtMs / 1000;
  const latest = hostSeconds + 1 - askedAtMs / 1000;
  if (earliest <= 0 && latest >= 0) return 0;
  return Math.round(earliest > 0 ? earliest : latest);
}

const unitLine = /^(?:[●*] )?(?<name>\S+) +\S+ +failed +\S+(?: +(?<description>.*))?$/;

/** An empty list means that no unit failed. Throws `unexpected-output`. */
export function parseFailedUnits(stdout: string): FailedUnit[] {
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const groups = unitLine.exec(line.trim())?.groups;
      if (groups?.['name'] === undefined) {
        throw unexpectedOutput('systemctl list-units', 'a line is no failed unit', line);
      }
      return { name: groups['name'], description: (groups['description'] ?? '').trim() };
    });
}
