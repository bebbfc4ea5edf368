import { parseSnapshots } from '../src-main/core/storage/zfs/snapshot-reader';
import { ms, pairedRatio, type BenchRow } from './types';

const id = 'parse-200k';
const lineCount = 200_000;
const pairs = 11;

/** Lines of the snapshot probe: 40 snapshots of each dataset, numbers as wide as on a real host. */
function listing(): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const lines: string[] = [];
  for (let index = 0; index < lineCount; index += 1) {
    const dataset = `tank/backup/customers/c${String(Math.floor(index / 40)).padStart(5, '0')}`;
    const name = `${dataset}@autosnap_2026-11-${two((index % 28) + 1)}_${two(index % 24)}:00:00_hourly`;
    const guid = 1_000_000_000_000_000_000n + BigInt(index) * 7_919n;
    const numbers = [
      1_000_000 + index,
      1_795_400_000 + index,
      (index * 4096) % 10_000_000_000,
      123_456_789_012 + index,
    ];
    lines.push([name, guid, ...numbers, 0, '-'].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

/** The baseline: what any parser has to do at least. */
function split(text: string): number {
  let fields = 0;
  for (const line of text.split('\n')) fields += line.split('\t').length;
  return fields;
}

function atLeast(found: number): void {
  if (found < lineCount) throw new Error(`Only ${found} of ${lineCount} were read.`);
}

/** Heap that the parsed snapshots hold, in bytes each; null without --expose-gc. */
function heldBytes(text: string): number | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const snapshots = parseSnapshots(text);
  globalThis.gc();
  return Math.round((process.memoryUsage().heapUsed - before) / snapshots.length);
}

export const rows: BenchRow[] = [
  {
    id,
    run: async () => {
      const text = listing();
      const ours = (): void => atLeast(parseSnapshots(text).length);
      const baseline = (): void => atLeast(split(text));
      ours();
      baseline();
      const { ratio, measuredMs, baselineMs } = await pairedRatio(pairs, ours, baseline);
      const held = heldBytes(text);
      return {
        id,
        ratio,
        limit: 2,
        baseline: 'split on newline and tab',
        n: pairs,
        note: `${lineCount} lines, ${Math.round(text.length / 1e6)} MB: ${ms(measuredMs)} against ${ms(baselineMs)}${
          held === null ? '' : `; ${held} bytes held per snapshot`
        }`,
      };
    },
  },
];
