import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandFailed, notStarted, trimOutput, type FailedCommand } from './exec-errors';

/** One captured answer: command line, exit code, stdout, stderr. */
function captured(name: string): Pick<FailedCommand, 'exitCode' | 'stdout' | 'stderr'> {
  const text = readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');
  const [, exit, stdout, stderr] =
    /^.*\nexit: (\d+)\n--- stdout ---\n([^]*)--- stderr ---\n([^]*)$/.exec(text) ?? [];
  if (exit === undefined || stdout === undefined || stderr === undefined)
    throw new Error(`Bad fixture ${name}`);
  return { exitCode: Number(exit), stdout, stderr };
}

function failed(name: string, change: Partial<FailedCommand>): FailedCommand {
  return {
    operation: 'list snapshots',
    hostName: 'nas-01',
    user: 'admin',
    argv: ['/usr/sbin/zfs', 'list'],
    privileged: true,
    ...captured(name),
    ...change,
  };
}

describe('sudo that refuses', () => {
  for (const name of [
    'sudo-password-required',
    'sudo-not-allowed',
    'sudo-not-in-sudoers',
    'sudo-account-locked',
  ]) {
    it(`${name}: is its own error with the sudoers line that lifts it`, () => {
      expect(notStarted(failed(name, {}))).toMatchObject({
        code: 'sudo-refused',
        remedy: 'admin ALL=(root) NOPASSWD: /usr/sbin/zfs',
        message: expect.stringContaining('did not run'),
      });
    });
  }

  it('is not believed of a command that ran without sudo, nor of one that wrote or ended otherwise', () => {
    const name = 'sudo-password-required';
    expect(notStarted(failed(name, { privileged: false }))).toBeNull();
    expect(notStarted(failed(name, { stdout: 'destroyed\n' }))).toBeNull();
    expect(notStarted(failed(name, { exitCode: 2 }))).toBeNull();
    expect(notStarted(failed(name, { exitCode: 0 }))).toBeNull();
  });
});

describe('a program that is not there', () => {
  it.each([
    ['sudo-command-missing', '/usr/sbin/nosuchtool', true],
    ['sudo-bare-command-missing', 'nosuchtool', true],
    ['bash-command-missing', 'nosuchtool', false],
    ['bash-path-missing', '/usr/sbin/nosuchtool', false],
    ['dash-command-missing', 'nosuchtool', false],
  ] as const)('%s: names the tool', (name, tool, privileged) => {
    expect(notStarted(failed(name, { argv: [tool, 'list'], privileged }))).toMatchObject({
      code: 'command-missing',
      message: 'nas-01 has no program nosuchtool, so nothing ran.',
    });
  });

  it('is not assumed when the tool itself ends with 127, or says that something else is missing', () => {
    const missing = 'dash-command-missing';
    expect(notStarted(failed(missing, { privileged: false }))).toBeNull();
    expect(notStarted(failed(missing, { argv: ['nosuchtool'], stderr: 'dataset not found\n' }))).toBeNull();
    expect(notStarted(failed(missing, { argv: ['nosuchtool'], exitCode: 1, privileged: false }))).toBeNull();
  });
});

describe('a command that failed', () => {
  it('says what, where, how, and the first line of why', () => {
    const error = commandFailed(failed('bash-command-missing', { exitCode: 3, stderr: 'one\ntwo\n' }));
    expect(error).toMatchObject({
      code: 'command-failed',
      message: 'nas-01 could not list snapshots (exit code 3): one',
      detail: 'one\ntwo',
    });
  });

  it('keeps beginning and end of long output', () => {
    const long = trimOutput(`first\n${'x'.repeat(10_000)}\nlast`);
    expect(long.length).toBeLessThan(4100);
    expect(long.startsWith('first')).toBe(true);
    expect(long.endsWith('last')).toBe(true);
  });
});
