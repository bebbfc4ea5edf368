import { quoteWord } from './quote';

/** Where storage tools live; the PATH of a non-login shell often lacks the sbin folders. */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Constant: prints its own name, then the absolute path of each argument that is a program on the host. It looks
 * through the folders itself, because `command -v` names a builtin such as `printf` or `kill` without a path.
 */
export const locateScript = `PATH=${toolPath}; IFS=:; printf '%s\\n' "$0"; for tool do for folder in $PATH; do if [ -f "$folder/$tool" ] && [ -x "$folder/$tool" ]; then printf '%s\\n' "$folder/$tool"; break; fi; done; done; :`;

/** A tool that may be asked for: no slash, no leading `-`. */
export const toolNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * Ends every marker. A login shell that reads single quotes otherwise than POSIX (fish takes `\\` for one backslash)
 * gives back another word, and is refused before a name could mean something else there.
 */
const quotingProof = `\\\\'"$`;

/**
 * One command that finds tools and, by its marker, tells start-up noise from output.
 * @param marker fresh random word, printed first
 */
export function locateCommand(marker: string, tools: readonly string[]): string {
  for (const tool of tools) {
    if (!toolNamePattern.test(tool)) throw new RangeError(`Not the name of a tool: ${tool}`);
  }
  return ['LC_ALL=C', 'sh', '-c', quoteWord(locateScript), quoteWord(marker + quotingProof), ...tools].join(
    ' ',
  );
}

export interface Located {
  paths: Map<string, string>;
  /** The shell's start-up files print something before our output. */
  noisy: boolean;
}

/** @returns null when the marker is missing: this login does not run our command, or not in a POSIX shell. */
export function parseLocated(stdout: string, marker: string): Located | null {
  const markerLine = `${marker}${quotingProof}\n`;
  const at = stdout.lastIndexOf(markerLine);
  if (at < 0) return null;
  const paths = new Map<string, string>();
  for (const line of stdout.slice(at + markerLine.length).split('\n')) {
    const match = /^\/[^\s]*\/([^/\s]+)$/.exec(line);
    if (match?.[1] !== undefined) paths.set(match[1], line);
  }
  return { paths, noisy: at > 0 };
}
