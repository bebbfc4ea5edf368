import type { FileAccess } from '../../../src-preload/contract/access';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import { gateMark } from '../ssh/exec-errors';
import { locateCommand, toolNamePattern } from '../ssh/locate';
import { withPaths } from '../ssh/programs';
import { quoteWord } from '../ssh/quote';
import { outputMarker } from '../ssh/output-collector';
import { argumentsPattern, isWithin, type CommandRule } from './rule';
import { bracketed } from './words';

/** Where the script is installed; root owns it, so that the login can't change what holds it. */
export const gatePath = '/usr/local/lib/holdfast/gate';

export interface GateRequest {
  hostName: string;
  level: AccessLevel;
  /** Absolute path of each tool that is on the host. */
  paths: ReadonlyMap<string, string>;
  rules: readonly CommandRule[];
  /** Commands that need root come with `sudo -n --`. */
  sudo: boolean;
  /** Over SFTP. Left out: read. */
  files?: FileAccess;
}

/** Changes of files are the highest level's alone. */
export function takesFiles(level: AccessLevel, files: FileAccess | undefined): boolean {
  return files === 'write' && level === 'administer';
}

/**
 * How sftp-server(8) is started. SECURITY: it can't be held to a folder, so with changes it may write whatever the login
 * may, its own authorized_keys among them; access-files.ts says so. Links are none of what Holdfast makes.
 */
function sftpOptions(level: AccessLevel, files: FileAccess | undefined): string {
  return takesFiles(level, files) ? '-P symlink,hardlink' : '-R';
}

const markerSample = 'holdfast-0123456789abcdef01234567';
const toolsSample = 'hfztools';

/** A text that stands for itself within an extended regular expression; backslashes cannot stand in brackets alone. */
function literal(text: string): string {
  return text
    .split(/([\\^])/)
    .map((part) => (part === '\\' || part === '^' ? `\\${part}` : bracketed(part)))
    .join('');
}

/** What looks for tools at connect. */
function locatePattern(): string {
  return literal(locateCommand(markerSample, [toolsSample]))
    .replace(markerSample, 'holdfast-[0-9a-f]{24}')
    .replace(` ${toolsSample}`, `( ${toolNamePattern.source.slice(1, -1)})*`);
}

/** How the self-test asks sudo whether it would; that way sudo comes with its path. */
const questionOf = (paths: GateRequest['paths']): string => `${paths.get('sudo') ?? 'sudo'} -n -l -- `;

/**
 * Whole lines of SSH_ORIGINAL_COMMAND that may run, as extended regular expressions, by the path of the tool that
 * they name; the empty path: what looks for tools.
 */
export function gatePatterns({
  level,
  paths,
  rules,
  sudo,
}: Omit<GateRequest, 'hostName' | 'files'>): Map<string, string[]> {
  const noise = `(${literal(`printf '%s\\n' ${outputMarker}; `)})?`;
  const patterns = new Map<string, string[]>();
  for (const rule of rules) {
    const path = paths.get(rule.tool);
    if (path === undefined || !isWithin(rule.level, level)) continue;
    const words = argumentsPattern({ ...rule, argv: withPaths(rule.argv, paths) }, true);
    const root = sudo && rule.privileged ? `(sudo -n -- |${bracketed(questionOf(paths))})?` : '';
    const line = `${noise}LC_ALL=C ${root}${bracketed(path)}${words === null ? '' : ` ${words}`}`;
    const known = patterns.get(path) ?? [];
    if (!known.includes(line)) patterns.set(path, [...known, line]);
  }
  // Last: it stands for every other line.
  return patterns.set('', [locatePattern()]);
}

/** A branch of `case`: grep(1) takes as long as it has expressions to read, so it gets those of one tool. */
function branch([path, patterns]: [string, string[]]): string {
  return `    ${path === '' ? '*' : quoteWord(path)}) cat <<'HOLDFAST'
${patterns.join('\n')}
HOLDFAST
    ;;`;
}

/**
 * A forced command for authorized_keys(5), for sh(1) and grep(1) alone: it runs what Holdfast sends at the chosen
 * level, byte for byte, and refuses every other line, also an interactive shell. Files are given out read-only, unless
 * changes of them were asked for.
 */
export function gateScript(request: GateRequest): string {
  const { hostName, level, files } = request;
  const may = takesFiles(level, files) ? '; files may be changed' : '';
  return `#!/bin/sh
# Holdfast gate, access level "${level}"${may} on ${hostName.replace(/[^\x20-\x7e]/g, '?')}. Install as ${gatePath}, owned by root, mode 0755.
# It is the forced command of one SSH key: a line that is not listed below is refused, whoever sends it.
set -fu
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
line=\${SSH_ORIGINAL_COMMAND-}

refuse() {
  printf '${gateMark}: refused: %s\\n' "$1" >&2
  exit 126
}

case $line in
  '') refuse 'no shell is given to this key' ;;
  *"
"*) refuse 'a command is one line' ;;
  internal-sftp | */sftp-server)
    for server in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server; do
      if [ -x "$server" ]; then exec "$server" ${sftpOptions(level, files)}; fi
    done
    refuse 'there is no sftp-server'
    ;;
esac

# The tool that the line names, behind what comes before it.
tool=\${line#"printf '%s\\n' ${outputMarker}; "}
tool=\${tool#LC_ALL=C }
tool=\${tool#sudo -n -- }
tool=\${tool#${quoteWord(questionOf(request.paths))}}
tool=\${tool%% *}

# One extended regular expression a line; one of them has to match the whole of the command.
allowed() {
  case $tool in
${[...gatePatterns(request)].map(branch).join('\n')}
  esac
}

if printf '%s\\n' "$line" | grep -Eqx -e "$(allowed)"; then
  exec /bin/sh -c "$line"
fi
refuse 'this key may not run that'
`;
}

/** The line of authorized_keys(5) for it. @param publicKey as `ssh-ed25519 AAAA… comment`; null: not known */
export function authorizedKeysLine(publicKey: string | null): string {
  const key = publicKey ?? 'ssh-ed25519 AAAA…THE-PUBLIC-KEY-THIS-LAPTOP-USES… holdfast';
  return `restrict,command="${gatePath}" ${key}\n`;
}
