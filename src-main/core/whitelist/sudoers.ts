import type { AccessLevel } from '../../../src-preload/contract/hosts';
import { argumentsPattern, isWithin, type CommandRule } from './rule';

export interface SudoersRequest {
  hostName: string;
  /** The login. */
  user: string;
  level: AccessLevel;
  /** Absolute path of each tool that is on the host. */
  paths: ReadonlyMap<string, string>;
  rules: readonly CommandRule[];
  /**
   * Whether this sudo knows regular expressions in sudoers(5): 1.9.10 and later. Before, the tools are allowed as
   * a whole and only the forced command holds them to their shapes.
   */
  patterns: boolean;
}

/** `\`, `,`, `:`, `=` and `#` are read by sudoers(5) itself; within a regular expression too (seen with 1.9.13p3). */
function escaped(text: string): string {
  return text.replace(/[\\,:=#]/g, '\\$&');
}

function aliasName(level: AccessLevel, tool: string): string {
  return `HOLDFAST_${level}_${tool}`.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}

function specs(rules: readonly CommandRule[], path: string, patterns: boolean): string[] {
  if (!patterns) return [path];
  return [
    ...new Set(
      rules.map((each) => {
        const pattern = argumentsPattern(each);
        return pattern === null ? `${path} ""` : `${path} ^${escaped(pattern)}$`;
      }),
    ),
  ];
}

/**
 * A sudoers(5) file that lets one login run, without a password, what the chosen level sends to this host as root,
 * and nothing else. For `/etc/sudoers.d/`, whose file names hold no dot.
 *
 * @throws RangeError when the login or a path has characters that sudoers(5) reads in other ways
 */
export function sudoersFile(request: SudoersRequest): string {
  const { hostName, user, level, paths, rules, patterns } = request;
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(user)) {
    throw new RangeError('A sudoers file for this login has to be written by hand.');
  }
  const wanted = rules.filter((each) => each.privileged && isWithin(each.level, level));
  const tools = [...new Set(wanted.map(({ tool }) => tool))].toSorted();
  const missing = tools.filter((tool) => !paths.has(tool));
  const aliases: string[] = [];
  const blocks: string[] = [];
  for (const tool of tools) {
    const path = paths.get(tool);
    if (path === undefined) continue;
    if (!/^\/[A-Za-z0-9_/.+-]+$/.test(path)) throw new RangeError(`No sudoers file can name ${path}.`);
    const own = wanted.filter((each) => each.tool === tool);
    const levels = patterns ? [...new Set(own.map((each) => each.level))] : [level];
    for (const each of levels) {
      const name = aliasName(each, tool);
      const lines = specs(patterns ? own.filter((rule) => rule.level === each) : own, path, patterns);
      aliases.push(name);
      blocks.push(`Cmnd_Alias ${name} = \\\n  ${lines.join(', \\\n  ')}`);
    }
  }
  return `${[
    `# Holdfast, access level "${level}" on ${hostName.replace(/[^\x20-\x7e]/g, '?')}: what ${user} may run as root there, and nothing else.`,
    patterns
      ? '# Regular expressions need sudo 1.9.10 or later; an earlier one refuses all of this.'
      : '# This sudo knows no regular expressions, so whole tools stand here: use the forced command with it.',
    '# Check it before it takes effect: visudo -cf FILE',
    ...(missing.length === 0
      ? []
      : [`# Not on the host when this was made: ${missing.join(', ')}. Make it anew after installing them.`]),
    '',
    ...blocks.flatMap((block) => [block, '']),
    `Defaults:${user} !requiretty`,
    ...(aliases.length === 0
      ? ['# None of the tools is on the host.']
      : [`${user} ALL=(root) NOPASSWD: ${aliases.join(', \\\n  ')}`]),
  ].join('\n')}\n`;
}
