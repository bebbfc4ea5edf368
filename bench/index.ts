import { rows as audit } from './audit';
import { rows as parse } from './parse';
import type { BenchResult, BenchRow } from './types';

const all: BenchRow[] = [...audit, ...parse];

function line(result: BenchResult): string {
  const { id, ratio, limit, baseline, n, note } = result;
  const verdict =
    limit === null ? '' : ratio <= limit ? ` (at most ${limit}x: ok)` : ` (at most ${limit}x: MISSED)`;
  return `${id.padEnd(18)} ${ratio.toFixed(2)}x${verdict}  against ${baseline}; n=${n}; ${note}`;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const json = args.includes('--json');
  const ids = args.filter((arg) => !arg.startsWith('-'));
  const chosen = ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
  if (chosen.length === 0) {
    process.stderr.write(`no benchmark of that name; there are: ${all.map(({ id }) => id).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  for (const row of chosen) {
    const results = await row.run();
    for (const result of Array.isArray(results) ? results : [results]) {
      process.stdout.write(`${json ? JSON.stringify(result) : line(result)}\n`);
      if (result.limit !== null && result.ratio > result.limit) process.exitCode = 1;
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
