import type { AccessCheck, FileAccess, SelfTest } from '../../../src-preload/contract/access';
import type { AccessLevel, Host } from '../../../src-preload/contract/hosts';
import { AppError, toAppError } from '../errors/app-error';
import type { SshSession } from '../ssh/types';
import { takesFiles } from '../whitelist/gate';
import { commandRules, sudoQuestion } from '../whitelist/catalogue';
import { isWithin } from '../whitelist/rule';
import { toolPaths, usesSudo } from './access-files';

/** What no level of Holdfast needs: a login that may do this may do anything. */
const foreign: readonly (readonly string[])[] = [
  ['/bin/sh', '-c', 'id'],
  ['/usr/bin/env', 'id'],
  ['/usr/bin/cat', '/etc/shadow'],
  ['/usr/bin/dd', 'if=/dev/zero', 'of=/dev/hfz'],
];
/** Options that Holdfast never sends. */
const forbiddenOptions: Readonly<Record<string, readonly (readonly string[])[]>> = {
  zfs: [
    ['destroy', '-R', '-f', 'hfzset/hfzset'],
    ['send', 'hfzset@hfzpart'],
  ],
  zpool: [
    ['destroy', '-f', 'hfzset'],
    ['labelclear', '-f', '/dev/hfz'],
  ],
  lvremove: [['-f', '-y', 'hfzlvm']],
  vgcreate: [['-ff', '-y', 'hfzlvm', '/dev/hfz']],
  mdadm: [
    ['--zero-superblock', '/dev/hfz'],
    ['--create', '/dev/md987', '--force'],
  ],
  btrfs: [['filesystem', 'mkfs', '/dev/hfz']],
  smartctl: [['-s', 'off', '/dev/hfz']],
  wipefs: [['-a', '/dev/hfz']],
};

/**
 * Asks sudo of the host, command by command, whether it would run it: all that the level needs, all that only a
 * higher level may, and what Holdfast never sends. sudo(8) -l answers and runs nothing.
 *
 * @throws AppError `invalid-request` when no sudo is used there
 */
export async function selfTest(
  host: Host,
  session: SshSession,
  level: AccessLevel,
  signal?: AbortSignal,
  files?: { access: FileAccess; ask: () => Promise<boolean> },
): Promise<SelfTest> {
  const told = files === undefined ? {} : { files: await askFiles(level, files) };
  if (!usesSudo(host)) {
    if (files !== undefined) return { checks: [], missing: 0, tooMuch: 0, unlimited: false, ...told };
    throw new AppError('invalid-request', `${host.name} is used without sudo, so there is no rule to test.`, {
      remedy: 'The forced command can still hold this key: see its script.',
    });
  }
  const { paths } = await toolPaths(session, 'administer');
  const asked = new Map<string, Omit<AccessCheck, 'allowed'> & { argv: string[] }>();
  const ask = (tool: string, argv: string[], expected: boolean): void => {
    const command = argv.join(' ');
    // The same shape may be a read and part of a change: the least level decides.
    if (asked.get(command)?.expected !== true) asked.set(command, { tool, command, expected, argv });
  };
  for (const rule of commandRules) {
    const path = paths.get(rule.tool);
    if (path === undefined || !rule.privileged) continue;
    ask(rule.tool, [path, ...rule.argv.slice(1)], isWithin(rule.level, level));
  }
  for (const [tool, commands] of Object.entries(forbiddenOptions)) {
    const path = paths.get(tool);
    if (path !== undefined) for (const rest of commands) ask(tool, [path, ...rest], false);
  }
  const strangers = foreign.map((argv) => argv.join(' '));
  for (const argv of foreign) ask(argv[0]?.split('/').at(-1) ?? '', [...argv], false);

  const checks = await Promise.all(
    [...asked.values()].map(async ({ argv, ...check }) => ({
      ...check,
      allowed: await wouldRun(session, argv, signal),
    })),
  );
  return {
    checks,
    missing: checks.filter(({ expected, allowed }) => expected && !allowed).length,
    tooMuch: checks.filter(({ expected, allowed }) => !expected && allowed).length,
    unlimited: checks.every(({ command, allowed }) => allowed || !strangers.includes(command)),
    ...told,
  };
}

async function askFiles(
  level: AccessLevel,
  { access, ask }: { access: FileAccess; ask: () => Promise<boolean> },
): Promise<NonNullable<SelfTest['files']>> {
  const expected = takesFiles(level, access);
  try {
    return { expected, writable: await ask() };
  } catch (thrown) {
    const { code } = toAppError(thrown);
    // No SFTP at all, or an answer that tells nothing.
    if (code !== 'command-missing' && code !== 'command-failed') throw thrown;
    return { expected, writable: null };
  }
}

async function wouldRun(
  session: SshSession,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { exitCode } = await session.exec({
      operation: 'ask sudo about a command',
      argv: sudoQuestion(argv),
      privileged: false,
      // 1: it would not.
      acceptExitCodes: [0, 1],
      timeoutSeconds: 60,
      maxOutputBytes: 64 * 1024,
      mutates: false,
      signal,
    });
    return exitCode === 0;
  } catch (thrown) {
    const error = toAppError(thrown);
    // The forced command says no before sudo is asked.
    if (error.code === 'refused' || error.code === 'sudo-refused') return false;
    throw error;
  }
}
