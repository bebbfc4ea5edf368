import { quoteWord } from './quote';

/** Where storage tools live; the PATH of a non-login shell often lacks the sbin folders. */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Constant: prints its own name, then the absolute path of each argument that is a program on the host. */
export const locateScript = `PATH=${toolPath}; printf '%s\\n' "$0"; for tool do command -v "$tool"; done; :`;

/** A tool that may be asked for: no slash, no leading `-`. */
export const toolNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * One command that finds tools and, by its marker, tells start-up noise from output.
 * @param marker fresh random word, printed first
 */
export function locateCommand(marker: string, tools: readonly string[]): string {
  for (const tool of tools) {
    if (!toolNamePattern.test(tool)) throw new RangeError(`Not the name of a tool: ${tool}`);
  }
  return ['LC_ALL=C', 'sh', '-c', quoteWord(locateScript), quoteWord(marker), ...tools].join(' ');
}

export interface Located {
  paths: Map<string, string>;
  /** The shell's start-up files print something before our output. */
  noisy: boolean;
}

/** @returns null when the marker is missing: this login does not run our command. */
export function parseLocated(stdout: string, marker: string): Located | null {
  const at = stdout.lastIndexOf(`${marker}\n`);
  if (at < 0) return null;
  const paths = new Map<string, string>();
  for (const line of stdout.slice(at + marker.length + 1).split('\n')) {
    // Aliases and functions print otherwise; a path is the only answer that can be run.
    const match = /^\/[^\s]*\/([^/\s]+)$/.exec(line);
    if (match?.[1] !== undefined) paths.set(match[1], line);
  }
  return { paths, noisy: at > 0 };
}
