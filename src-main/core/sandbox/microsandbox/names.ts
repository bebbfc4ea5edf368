/** What msb takes as the name of a volume; the lock file of that name leaves 250 characters of a file name. */
export const volumeNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const longestName = 250;

export function isVolumeName(name: string): boolean {
  return name.length <= longestName && volumeNamePattern.test(name);
}

/** @throws RangeError */
export function checkedName(name: string): string {
  if (!isVolumeName(name)) throw new RangeError('Not a name of microsandbox.');
  return name;
}

/** `group:member` (0.7) or `member` (0.6). */
export function isReference(reference: string): boolean {
  const parts = reference.split(':');
  return parts.length <= 2 && parts.every(isVolumeName);
}

/** @throws RangeError */
export function checkedReference(reference: string): string {
  if (!isReference(reference)) throw new RangeError('Not a snapshot of microsandbox.');
  return reference;
}

/** What lies in the folder of volumes beside them: a name, maybe `.NAME.XXXX` of a volume that was being made. */
export function isFolderName(name: string): boolean {
  return name.length <= 255 && /^\.?[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}

/** The file name of an archive that a person gives, or of what msb left of one (`.NAME.tmp.PID.TIME`). */
export function isArchiveName(name: string): boolean {
  return name.length <= 255 && /^\.?[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}

/** @throws RangeError */
export function checkedArchive(name: string): string {
  if (!isArchiveName(name)) throw new RangeError('Not the name of an archive.');
  return name;
}

/** Of a sandbox: msb takes 128 bytes. */
export function isSandboxName(name: string): boolean {
  return name.length <= 128 && isVolumeName(name);
}

/** @throws RangeError */
export function checkedSandbox(name: string): string {
  if (!isSandboxName(name)) throw new RangeError('Not the name of a sandbox.');
  return name;
}

/** An image by its reference, as `msb image ls` has it. A path, which msb takes in its place, begins with no letter. */
export function isImage(reference: string): boolean {
  return reference.length <= 255 && /^[A-Za-z0-9][A-Za-z0-9_-]*(?:[./:@][A-Za-z0-9_-]+)*$/.test(reference);
}

/** @throws RangeError */
export function checkedImage(reference: string): string {
  if (!isImage(reference)) throw new RangeError('Not an image.');
  return reference;
}

/** Where a sandbox mounts a volume. A colon or a comma would begin an option of the mount; `..` msb refuses itself. */
export function isGuestPath(path: string): boolean {
  return path.length <= 1024 && /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9_.@+-]+)+$/.test(path);
}

/** @throws RangeError */
export function checkedGuestPath(path: string): string {
  if (!isGuestPath(path)) throw new RangeError('Not a path in a sandbox.');
  return path;
}

const smallestMib = 68;
/** ext4 with 4 KiB blocks: fewer than 4,294,967,295 of them. */
const largestMib = Math.floor((4_294_967_294 * 4096) / 1024 ** 2);

/**
 * Mebibytes of a size as msb reads it: `1.5G`, `512M`, `512`. What it would refuse, or format and then fail, is
 * refused here with the sentence that says why.
 */
export function sizeMib(text: string): { mib: number } | { complaint: string } {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)([GgMm]?)$/.exec(text);
  if (match === null) {
    return { complaint: 'must be a size such as 512M, 10G or 1.5G; other units are not taken' };
  }
  const [, digits = '', unit = ''] = match;
  const giga = unit.toLowerCase() === 'g';
  if (!giga && digits.includes('.')) return { complaint: 'takes fractions of G only, such as 1.5G' };
  const mib = Math.floor(Number(digits) * (giga ? 1024 : 1));
  if (mib < smallestMib) return { complaint: `must be at least ${smallestMib} MiB: less holds no ext4` };
  if (mib > largestMib) return { complaint: 'must be less than 16 TiB: more holds no ext4' };
  return { mib };
}
