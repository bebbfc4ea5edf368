import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgv } from '../core/ssh/quote';
import { locateCommand, parseLocated } from '../core/ssh/locate';
import { parseCommandLine } from './command-line';
import { LvmModel } from './lvm/model';
import { createMachine } from './machine';
import { createRandom } from './random';
import { ZfsModel } from './zfs/model';

describe('parseCommandLine', () => {
  it('reads back whatever the core quotes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0')),
          { minLength: 1 },
        ),
        (operands) => {
          const parsed = parseCommandLine(`LC_ALL=C ${quoteArgv(['zfs', ...operands])}`);
          expect(parsed).toEqual({
            ok: true,
            assignments: new Map([['LC_ALL', 'C']]),
            words: ['zfs', ...operands],
          });
        },
      ),
    );
  });

  it.each([
    'zfs list; reboot',
    'zfs list | wc',
    'zfs list && true',
    'zfs list > /etc/passwd',
    'echo $HOME',
    'echo `id`',
    'echo "x"',
    'echo ~',
    'echo *',
    'zfs list &',
    '(zfs list)',
    'zfs list\nreboot',
    "zfs list 'x",
    'zfs list \\',
    'zfs list # x',
    '!zfs',
  ])('refuses %j', (line) => {
    expect(parseCommandLine(line)).toMatchObject({ ok: false });
  });
});

describe('a machine', () => {
  const nowMs = () => 0;
  const storage = createMachine({ user: 'admin', zfs: new ZfsModel(createRandom(1)), nowMs });
  const guests = createMachine({ user: 'admin', lvm: new LvmModel(createRandom(1)), nowMs });

  it('answers the locate script with the tools it has', () => {
    const { stdout } = storage.run(locateCommand('marker-1', ['sudo', 'zfs', 'zpool', 'lvs', 'mdadm']));
    expect(parseLocated(stdout, 'marker-1')).toEqual({
      paths: new Map([
        ['sudo', '/usr/bin/sudo'],
        ['zfs', '/usr/sbin/zfs'],
        ['zpool', '/usr/sbin/zpool'],
      ]),
      noisy: false,
    });
    const other = guests.run(locateCommand('marker-2', ['zfs', 'lvs', 'lvconvert']));
    expect([...(parseLocated(other.stdout, 'marker-2')?.paths.keys() ?? [])]).toEqual(['lvs', 'lvconvert']);
  });

  it.each([
    ['vgs', 127, 'sh: 1: vgs: not found\n'],
    ['zfs list -Hp', 127, 'sh: 1: zfs: not found\n'],
    ['/bin/ls -l /', 127, 'sh: 1: /bin/ls: not found\n'],
    ['/tmp/zfs list -Hp', 127, 'sh: 1: /tmp/zfs: not found\n'],
    ['rm -rf /', 127, 'sh: 1: rm: not found\n'],
    ['sh -c true', 126, 'sh: 1: sh: Permission denied\n'],
    ['sudo -n -- /bin/sh -c true', 1, 'sudo: a password is required\n'],
    ['sudo -n -- /usr/sbin/lvs', 1, 'sudo: /usr/sbin/lvs: command not found\n'],
    ['sudo -n nosuchcommand --x', 1, 'sudo: nosuchcommand: command not found\n'],
    ['sudo -n -- sudo -n -- /usr/sbin/zfs list -Hp', 1, 'sudo: a password is required\n'],
  ])('refuses %s', (line, exitCode, stderr) => {
    expect(storage.run(line)).toMatchObject({ exitCode, stderr, stdout: '' });
  });

  it('wants -n of sudo, because there is no terminal', () => {
    const { exitCode, stderr } = storage.run('sudo -- /usr/sbin/zfs list -Hp');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^sudo: a terminal is required/);
  });

  it.each([
    ['zfs destroy -R -- tank/a@x', 2, "invalid option 'R'"],
    ['zfs destroy -r -- tank/a@x', 2, "invalid option 'r'"],
    ['zfs rollback -R -- tank/a@x', 2, "invalid option 'R'"],
    ['zfs create -p tank/x', 2, "invalid option 'p'"],
    ['zfs rename -f -- tank/x tank/y', 2, "invalid option 'f'"],
    ['zpool create -f x /dev/vdb', 2, "invalid option 'f'"],
    ['zfs send tank/x@y', 2, "unrecognized command 'send'"],
    ['zfs list -Hp -o nope', 2, "bad property list: invalid property 'nope'"],
    ['zfs list -Hp -o constructor', 2, "bad property list: invalid property 'constructor'"],
    ['zfs list -Hp -t nope', 2, "invalid type 'nope'"],
    ['zpool destroy tank', 2, "unrecognized command 'destroy'"],
    ['zpool list -Hp -o nope', 2, "bad property list: invalid property 'nope'"],
  ])('answers usage to %s', (command, exitCode, first) => {
    const result = storage.run(`LC_ALL=C sudo -n -- /usr/sbin/${command}`);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr.split('\n')[0]).toBe(first);
  });

  it.each([
    ['lvremove -f -- vg0/a', 3],
    ['lvcreate --type raid1 -L 1G -n x vg0', 3],
    ['lvconvert --repair vg0/a', 3],
    ['lvs', 3],
    ['lvm fullreport', 3],
  ])('lvm2 does not know %s', (command, exitCode) => {
    const result = guests.run(`LC_ALL=C sudo -n -- /usr/sbin/${command}`);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).not.toBe('');
  });
});
