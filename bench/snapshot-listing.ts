/** Lines of the snapshot probe: 40 snapshots of each dataset, numbers as wide as on a real host. */
export function snapshotListing(count: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
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
