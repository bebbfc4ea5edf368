import { filesize } from 'filesize';

/** Binary units, three significant digits: `1.46 TiB`. Unknown is a dash, never 0. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  // Of bytes there are no parts.
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  return filesize(bytes, { standard: 'iec', precision: 3 });
}

/** `87 %`; unknown is a dash. One decimal below 10. */
export function formatPercent(percent: number | null): string {
  if (percent === null) return '–';
  return `${percent < 10 && !Number.isInteger(percent) ? percent.toFixed(1) : Math.floor(percent)} %`;
}

/** Used share of a size, 0 to 100; null when the size is unknown or zero. */
export function usedPercent(usedBytes: number, sizeBytes: number): number | null {
  if (sizeBytes <= 0) return null;
  return Math.min(100, (usedBytes / sizeBytes) * 100);
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
