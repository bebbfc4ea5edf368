/** Default size of a sandbox's disk, in MiB: 20 GiB. */
export const defaultSizeMib = 20_480;

const mebibyte = 1024 ** 2;
/** Below this a copy-on-write file has hardly room for its own exceptions. */
const leastBytes = 4 * mebibyte;
/** 64 TiB. */
const mostBytes = 64 * 1024 ** 4;

const units: Readonly<Record<string, number>> = {
  M: mebibyte,
  Mi: mebibyte,
  G: 1024 * mebibyte,
  Gi: 1024 * mebibyte,
};

/**
 * `20G`, `20Gi`, `512M`, `512Mi` in bytes. `G` and `Gi` mean the same, 1024³, as with truncate(1) and qemu-img.
 * null: not such a size, or none a sandbox can have.
 */
export function parseSize(text: string): number | null {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,7})(Mi?|Gi?)$/.exec(text) ?? [];
  const bytes = Number(count) * (units[unit] ?? Number.NaN);
  return bytes >= leastBytes && bytes <= mostBytes ? bytes : null;
}

/** The shortest size that `parseSize` reads back as these bytes, rounded up to a whole MiB. */
export function formatSize(bytes: number): string {
  const mib = Math.ceil(bytes / mebibyte);
  return mib % 1024 === 0 ? `${mib / 1024}G` : `${mib}M`;
}

/**
 * What a copy-on-write file needs when every chunk of its origin changes: each 4 KiB chunk once, 16 bytes of
 * exception for each in chunks of their own, and the header (kernel: Documentation/device-mapper/snapshot).
 */
export function worstCaseBytes(originBytes: number): number {
  const chunk = 4096;
  const chunks = Math.ceil(originBytes / chunk);
  return (chunks + Math.ceil(chunks / (chunk / 16)) + 2) * chunk;
}
