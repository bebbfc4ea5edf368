import { globSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import SSHConfig, { LineType, type Line } from 'ssh-config';
import {
  hostNameSchema,
  mostSshConfigEntries,
  type SshConfigEntry,
} from '../../../src-preload/contract/hosts';
import { addressSchema, portSchema, userNameSchema } from '../../../src-preload/contract/primitives';
import { AppError } from '../errors/app-error';
import { displayPath } from './key-file-registry';

/** ssh_config(5) files are written by hand; this is no such file. */
const largestFileBytes = 1024 * 1024;
const deepestInclude = 8;

/** An entry with the path of its key, which the page never sees. */
export interface SshConfigHost extends SshConfigEntry {
  keyFilePath: string | null;
}

export interface SshConfigReading {
  hosts: SshConfigHost[];
  notes: string[];
}

function readText(path: string): string {
  const { size } = statSync(path);
  if (size > largestFileBytes) {
    throw new AppError('invalid-request', `${displayPath(path)} is larger than 1 MiB, so it was not read.`);
  }
  return readFileSync(path, 'utf8');
}

const expandHome = (path: string, home: string): string =>
  path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;

/** `Include` lines give way to the text of the files they name, relative to the folder of the first file, as ssh does. */
function withIncludes(path: string, folder: string, home: string, depth = 0): string {
  if (depth > deepestInclude) {
    throw new AppError('invalid-request', `Include lines of ${displayPath(path)} go round in circles.`);
  }
  return readText(path)
    .split(/\r?\n/)
    .map((line) => {
      const included = /^\s*include(?:\s*=\s*|\s+)(.+?)\s*$/i.exec(line);
      if (included === null) return line;
      return (included[1] ?? '')
        .split(/\s+/)
        .map((word) => expandHome(word.replace(/^"(.*)"$/, '$1'), home))
        .flatMap((pattern) => globSync(isAbsolute(pattern) ? pattern : join(folder, pattern)).sort())
        .map((file) => withIncludes(file, folder, home, depth + 1))
        .join('\n');
    })
    .join('\n');
}

const isNamed = (line: Line, name: string): boolean =>
  line.type === LineType.DIRECTIVE && line.param.toLowerCase() === name;

/** The words of a directive's value. */
function wordsOf(line: Line): string[] {
  if (line.type !== LineType.DIRECTIVE) return [];
  return typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
}

/** Names, not patterns, of all `Host` lines, in order. */
function aliasesOf(config: SSHConfig): string[] {
  const names = config.filter((line) => isNamed(line, 'host')).flatMap(wordsOf);
  return [...new Set(names.filter((name) => !/[*?!]/.test(name)))];
}

/**
 * SECURITY: `Match` may run a command and `CanonicalizeHostname` asks the network; neither is evaluated, the library
 * gets a file without them.
 */
function withoutWhatRuns(config: SSHConfig, notes: string[]): SSHConfig {
  const kept = SSHConfig.parse('');
  let matches = 0;
  for (const line of config) {
    if (isNamed(line, 'match')) matches += 1;
    else if (!isNamed(line, 'canonicalizehostname')) kept.push(line);
  }
  for (const line of kept) {
    if (!('config' in line)) continue;
    const inner = line.config.filter((each) => !isNamed(each, 'canonicalizehostname'));
    line.config.splice(0, line.config.length, ...inner);
  }
  if (matches > 0) {
    notes.push(
      `${matches} Match ${matches === 1 ? 'block is' : 'blocks are'} left out: they may depend on commands, which Holdfast does not run.`,
    );
  }
  return kept;
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function keyOf(named: string | string[] | undefined, home: string): string | null {
  const words = named === undefined ? [] : [named].flat();
  for (const word of words) {
    // %d is the home folder; the other tokens depend on the connection.
    const path = expandHome(word.replaceAll('%d', home), home);
    if (path.includes('%') || !isAbsolute(path)) continue;
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  }
  return null;
}

interface Jump {
  via: string | null;
  obstacle: string | null;
}

function jumpOf(
  alias: string,
  all: ReadonlyMap<string, Record<string, string | string[]>>,
  known: ReadonlySet<string>,
): Jump {
  const settings = all.get(alias) ?? {};
  const command = first(settings['proxycommand']);
  if (command !== undefined && command.toLowerCase() !== 'none') {
    return { via: null, obstacle: 'It is reached by a ProxyCommand, which Holdfast does not run.' };
  }
  const jumps = first(settings['proxyjump']);
  if (jumps === undefined || jumps.toLowerCase() === 'none') return { via: null, obstacle: null };
  const names = jumps.split(',').map((name) => name.trim());
  const via = names.at(-1) ?? '';
  if (!all.has(via) && !known.has(via)) {
    return { via: null, obstacle: `Its jump host ${via} is no entry of the file. Add it as a host first.` };
  }
  const before = first(all.get(via)?.['proxyjump']) ?? 'none';
  if (names.length > 1 && before !== names.slice(0, -1).join(',')) {
    return {
      via: null,
      obstacle: `It goes through ${names.join(', then ')}, but ${via} itself is not entered that way.`,
    };
  }
  return { via, obstacle: null };
}

/**
 * What ssh_config(5) says of the hosts it names.
 * @param known names of hosts and clusters of the list
 * @throws AppError `not-found` without such a file, `invalid-request` when it can't be read
 */
export function readSshConfig(path: string, known: ReadonlySet<string>, home = homedir()): SshConfigReading {
  let config: SSHConfig;
  try {
    config = SSHConfig.parse(withIncludes(path, dirname(path), home));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new AppError('not-found', `There is no file ${displayPath(path)} on this laptop.`, { cause });
    }
    throw new AppError('invalid-request', `${displayPath(path)} can’t be read as an SSH configuration.`, {
      cause,
      detail: cause instanceof Error ? cause.message : String(cause),
    });
  }
  const notes: string[] = [];
  const safe = withoutWhatRuns(config, notes);
  const aliases = aliasesOf(safe);
  if (aliases.length > mostSshConfigEntries) {
    notes.push(`Only the first ${mostSshConfigEntries} of ${aliases.length} hosts are listed.`);
  }
  const all = new Map(
    aliases
      .slice(0, mostSshConfigEntries)
      .map((alias) => [alias, safe.compute(alias, { ignoreCase: true, matchExec: false })]),
  );
  const hosts = [...all].map(([alias, settings]): SshConfigHost => {
    const address = (first(settings['hostname']) ?? alias).replaceAll('%h', alias).replaceAll('%%', '%');
    const port = Number(first(settings['port']) ?? 22);
    const user = first(settings['user']) ?? userInfo().username;
    const keyFilePath = keyOf(settings['identityfile'], home);
    const { via, obstacle } = jumpOf(alias, all, known);
    const wrong = (
      [
        [known.has(alias), 'A host or cluster of that name is in the list already.'],
        [!hostNameSchema.safeParse(alias).success, 'Its name can’t be used here.'],
        [!addressSchema.safeParse(address).success, 'Its address can’t be used here.'],
        [!portSchema.safeParse(port).success, 'Its port is no port.'],
        [!userNameSchema.safeParse(user).success, 'Its login name can’t be used here.'],
      ] as const
    ).find(([isWrong]) => isWrong);
    return {
      alias: alias.slice(0, 253),
      address,
      port: Number.isInteger(port) ? port : 0,
      user,
      keyFile: keyFilePath === null ? null : displayPath(keyFilePath),
      keyFilePath,
      via,
      obstacle: wrong?.[1] ?? obstacle,
    };
  });
  return { hosts, notes };
}
