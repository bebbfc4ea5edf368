/** A failure of a tool that is known by what it prints. */
export interface KnownFailure {
  pattern: RegExp;
  /** `match` is the pattern's; `stderr` holds the names that tools list below their message. */
  explain(match: RegExpExecArray, stderr: string): { message: string; remedy: string };
}

/** The first known failure in the text, in the order given: the more specific stand first. */
export function explain(
  failures: readonly KnownFailure[],
  exitCode: number,
  stderr: string,
): { message: string; remedy: string } | null {
  if (exitCode === 0) return null;
  for (const { pattern, explain: describe } of failures) {
    const match = pattern.exec(stderr);
    if (match !== null) return describe(match, stderr);
  }
  return null;
}

/** The lines a tool lists after its message, such as the clones in the way. */
export function listedBelow(stderr: string, heading: RegExp): string[] {
  const lines = stderr.split('\n');
  const start = lines.findIndex((line) => heading.test(line));
  if (start === -1) return [];
  return lines
    .slice(start + 1)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
