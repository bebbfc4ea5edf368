/** Rows as util-linux 2.38 lays JSON out: three spaces a level, objects joined by `},{`. */
export function table(
  name: string,
  rows: readonly Record<string, string | number | boolean | null>[],
): string {
  const objects = rows.map((row) =>
    Object.entries(row)
      .map(([key, value]) => `         ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
      .join(',\n'),
  );
  const body = rows.length === 0 ? '\n' : `      {\n${objects.join('\n      },{\n')}\n      }\n`;
  return `{\n   ${JSON.stringify(name)}: [\n${body}   ]\n}\n`;
}
