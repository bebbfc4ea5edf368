/** An absolute path without `.`, `..`, `//` or control characters; never one that looks like an option. */
export function isAbsolutePath(path: string): boolean {
  return (
    path.length <= 4095 &&
    (path === '/' || /^(?:\/[^/\p{C}]+)+$/u.test(path)) &&
    !/\/\.{1,2}(?=\/|$)/.test(path)
  );
}

/** @throws RangeError */
export function checkedPath(path: string): string {
  if (!isAbsolutePath(path)) throw new RangeError('Not an absolute path.');
  return path;
}
