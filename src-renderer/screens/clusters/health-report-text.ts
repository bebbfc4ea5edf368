import type { HealthReport } from '../../../src-preload/contract/clusters';

/** For a ticket or a mail: one line a check, what is wrong first. */
export function reportText(name: string, { takenAtMs, checks }: HealthReport): string {
  const order = ['failed', 'warning', 'unknown', 'ok'];
  const lines = checks
    .toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
    .map(({ title, outcome, text }) => `${outcome.toUpperCase().padEnd(8)} ${title}: ${text}`);
  return [`Health of ${name}, ${new Date(takenAtMs).toISOString()}`, ...lines, ''].join('\n');
}
