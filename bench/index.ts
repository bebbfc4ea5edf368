import { rows as audit } from './audit';
import { rows as charts } from './charts';
import { rows as clusters, serveClusters, serveClustersFlag } from './clusters';
import { rows as guests } from './guests';
import { rows as inventory } from './inventory';
import { rows as parse } from './parse';
import { serve, serveFlag } from './servers';
import type { BenchResult, BenchRow } from './types';
import { rows as volumes } from './volumes';
import { rows as windows } from './windows';

const all: BenchRow[] = [
  ...windows,
  ...inventory,
  ...audit,
  ...parse,
  ...guests,
  ...charts,
  ...clusters,
  ...volumes,
];
const idsOf = ({ id, gives }: BenchRow): readonly string[] => gives ?? [id];

function line(result: BenchResult): string {
  const { id, ratio, limit, baseline, n, note } = result;
  const verdict =
    limit === null ? '' : ratio <= limit ? ` (at most ${limit}x: ok)` : ` (at most ${limit}x: MISSED)`;
  return `${id.padEnd(18)} ${ratio.toFixed(2)}x${verdict}  against ${baseline}; n=${n}; ${note}`;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === serveFlag) return serve(args[1] ?? '');
  if (args[0] === serveClustersFlag) return serveClusters(Number(args[1]));
  const json = args.includes('--json');
  const ids = args.filter((arg) => !arg.startsWith('-'));
  const known = all.flatMap((row) => [row.id, ...idsOf(row)]);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    const names = all.flatMap(idsOf).join(', ');
    process.stderr.write(`no benchmark ${unknown.join(', ')}; there are: ${names}\n`);
    process.exitCode = 2;
    return;
  }
  const wanted = (row: BenchRow, id: string) => ids.length === 0 || ids.includes(row.id) || ids.includes(id);
  for (const row of all.filter((one) => idsOf(one).some((id) => wanted(one, id)))) {
    const results = [await row.run()].flat();
    for (const result of results.filter(({ id }) => wanted(row, id))) {
      process.stdout.write(`${json ? JSON.stringify(result) : line(result)}\n`);
      if (result.limit !== null && result.ratio > result.limit) process.exitCode = 1;
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
