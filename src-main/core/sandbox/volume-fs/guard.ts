import { AppError } from '../../errors/app-error';

/** Of one name on every usual file system, in bytes. */
const longestName = 255;
const longestPath = 4096;

/** As the tool itself says it (microsandbox 0.7.2). */
export function traversal(path: string): AppError {
  return new AppError('refused', `path traversal outside volume root: ${path}`, {
    remedy:
      'It leads out of the volume, by “..” or by a link. Nothing outside of the volume is read or changed.',
  });
}

/**
 * The steps of a path from the root of a volume down. A leading slash is the root of the volume, as in the tool; `.`
 * and empty steps mean nothing; `..` is refused wherever it stands, also where it would lead back inside.
 * @throws AppError `refused`, `invalid-request`
 */
export function partsOf(path: string): string[] {
  if (path.includes('\0') || Buffer.byteLength(path) > longestPath) {
    throw new AppError('invalid-request', 'This is not a path of a file.');
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw traversal(path);
  if (parts.some((part) => Buffer.byteLength(part) > longestName)) {
    throw new AppError('invalid-request', 'A name in this path is longer than 255 bytes.');
  }
  return parts;
}

/** Whether a path that the host resolved lies in the volume; both without links and `..`. */
export function isInside(root: string, resolved: string): boolean {
  return resolved === root || resolved.startsWith(root === '/' ? '/' : `${root}/`);
}

/** As people and the tool write it: `/a/b`, `/`. */
export function shownPath(parts: readonly string[]): string {
  return `/${parts.join('/')}`;
}
