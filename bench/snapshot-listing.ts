const two = (number: number): string => String(number).padStart(2, '0');
const customer = (number: number): string => `tank/backup/customers/c${String(number).padStart(5, '0')}`;
const part = (index: number): string =>
  `autosnap_2026-11-${two((index % 28) + 1)}_${two(index % 24)}:00:00_hourly`;
const guidOf = (index: number): bigint => 1_000_000_000_000_000_000n + BigInt(index) * 7_919n;
const creationOf = (index: number): number => 1_795_400_000 + index;

/** Lines of the snapshot probe: 40 snapshots of each dataset, numbers as wide as on a real host. */
export function snapshotListing(count: number): string {
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `${customer(Math.floor(index / 40))}@${part(index)}`;
    const numbers = [
      1_000_000 + index,
      creationOf(index),
      (index * 4096) % 10_000_000_000,
      123_456_789_012 + index,
    ];
    lines.push([name, guidOf(index), ...numbers, 0, '-'].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

/** Lines of the dataset probe: file systems below `tank`, as `snapshotNames` counts them. */
export function datasetListing(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const name = customer(index);
    const numbers = [
      1_795_300_000,
      223_456_789_012 + index,
      9_123_456_789_012,
      123_456_789_012,
      99_999_999_999,
    ];
    return [name, 'filesystem', guidOf(index), ...numbers, '-', '-', 'yes', `/${name}`].join('\t');
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Lines of the probe on OpenZFS's fast path, in order of creation: every dataset's in turn. */
export function snapshotNames(count: number, datasets: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const name = `${customer(index % datasets)}@${part(Math.floor(index / datasets))}_${index}`;
    return `${name}\t${guidOf(index)}\t${1_000_000 + index}\n`;
  });
  return lines.join('');
}
