/** Where a command names the program that it runs in its turn; -1: it runs none. */
const runners: Readonly<Record<string, (argv: readonly string[]) => number>> = {
  // timeout OPTIONS SECONDS PROGRAM …
  timeout: (argv) => {
    const seconds = argv.findIndex((word, at) => at > 0 && !word.startsWith('-'));
    return seconds < 0 || seconds + 1 >= argv.length ? -1 : seconds + 1;
  },
  // flock OPTIONS FILE PROGRAM, as we send it: the program takes no words.
  flock: (argv) => argv.length - 1,
};

function programPlaces(argv: readonly string[]): number[] {
  const [tool = ''] = argv;
  const inner = Object.hasOwn(runners, tool) ? (runners[tool]?.(argv) ?? -1) : -1;
  return inner > 0 ? [0, inner] : [0];
}

/** Every program that a command starts by name, outermost first. */
export function programsOf(argv: readonly string[]): string[] {
  return programPlaces(argv).flatMap((at) => argv[at] ?? []);
}

/**
 * The command with the path of each program that it starts. What is not in `paths` keeps its name.
 *
 * SECURITY: a program that another one starts would else be looked for in the PATH of the login, which the login's own
 * files can change.
 */
export function withPaths(
  argv: readonly string[],
  paths: { get(program: string): string | null | undefined },
): string[] {
  const resolved = [...argv];
  for (const at of programPlaces(argv)) {
    const path = paths.get(resolved[at] ?? '');
    if (path !== undefined && path !== null) resolved[at] = path;
  }
  return resolved;
}
