/** `rw-r--r--` of the permissions in a mode of stat(2); null: not known. */
export function formatMode(mode: number | null): string {
  if (mode === null) return '–';
  return [6, 3, 0]
    .map((shift) => {
      const bits = (mode >> shift) & 7;
      return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`;
    })
    .join('');
}
