import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../operations/actions';
import { transcript, transcriptNames } from '../operations/actions/testing/transcript';
import { commandRules, isWhitelisted } from './catalogue';
import { isWithin, matcher } from './rule';

const createWeb = [
  ...['msb', 'create', '--pull', 'never', '--name', 'web', '--cpus', '1'],
  ...['--memory', '512M', '--root-disk', '256M'],
];
const sent = transcriptNames().map((name) => ({ name, ...transcript(name) }));
const readOnly = matcher(commandRules.filter(({ level }) => level === 'view'));

describe('the whitelist of commands', () => {
  it.each(sent)('holds all that was read and run for $name', ({ action, reads, expected }) => {
    for (const { argv } of [...reads.plan, ...reads.verify]) {
      expect(readOnly(argv), argv.join(' ')).toBe(true);
    }
    const { minimumAccess } = actions[action];
    const allowed = matcher(commandRules.filter(({ level }) => isWithin(level, minimumAccess)));
    const { steps } = expected.draft as { steps: { argv: string[]; cleanUp?: { argv: string[] } }[] };
    const takenBack = steps.flatMap(({ cleanUp }) => (cleanUp === undefined ? [] : [cleanUp]));
    for (const { argv } of [...steps, ...takenBack]) {
      expect(allowed(argv), argv.join(' ')).toBe(true);
      // A change never passes for a read.
      expect(readOnly(argv), argv.join(' ')).toBe(false);
    }
  });

  it('lets no other command through, nor another option of these', () => {
    for (const argv of [
      ['sh', '-c', 'id'],
      ['rm', '-rf', '/'],
      ['mkfs.btrfs', '/dev/sdb'],
      ['dd', 'if=/dev/zero', 'of=/dev/sda'],
      ['zfs', 'destroy', '-r', '--', 'tank@daily'],
      ['zfs', 'destroy', '-f', '--', 'tank'],
      ['zfs', 'destroy', '-R', '--', 'tank'],
      ['zfs', 'set', 'mountpoint=/etc', 'tank'],
      ['zfs', 'set', 'exec=on', 'tank'],
      ['zfs', 'destroy', '--', 'tank@a%b'],
      ['zfs', 'destroy', '--', 'tank@a,b'],
      ['zfs', 'rollback', '-R', '--', 'tank@daily'],
      ['zpool', 'destroy', 'tank'],
      ['zpool', 'create', '-f', 'tank', '/dev/sdb'],
      ['vgcreate', '-ff', 'vg0', '/dev/sdb'],
      ['vgcreate', 'vg0', '--force', '/dev/sdb'],
      ['lvremove', '-f', '-y', '--', 'vg0/root'],
      ['lvremove', '-y', '--', 'vg0'],
      ['mdadm', '--zero-superblock', '/dev/sdb'],
      ['mdadm', '--stop', '/dev/sda'],
      ['mdadm', '--stop', '/dev/md0', '--force'],
      ['cat', '/etc/shadow'],
      ['smartctl', '-s', 'off', '--', '/dev/sda'],
      ['wipefs', '-a', '--', '/dev/sda'],
      ['ls', '-l', '/root'],
      ['msb', 'create', '--pull', 'always', '--name', 'web', '--', 'alpine'],
      [...createWeb, '--volume', '/etc:/etc', '--', 'tiny:latest'],
      [...createWeb, '--mount-named=cache:/data', '--replace', '--', 'tiny:latest'],
      [...createWeb, '--mount-named=cache:/data:quota=1G', '--', 'tiny:latest'],
      [...createWeb, '--mount-dir=/etc:/etc', '--', 'tiny:latest'],
      [...createWeb, '--', './rootfs'],
      [...createWeb, '--', '/etc'],
      [...createWeb, '--', 'tiny:latest', 'sh'],
      ['msb', 'rm', '--force', '--', 'web'],
      ['msb', 'rm', '--', 'web', 'web2'],
      ['msb', 'stop', '--label', 'a=b'],
      ['msb', 'exec', '--no-tty', '--timeout', '5s', 'web'],
      ['msb', 'exec', '--tty', '--timeout', '5s', 'web', '--', 'id'],
      ['msb', 'exec', '--no-tty', '--timeout', '5s', '--user', 'root', 'web', '--', 'id'],
      ['msb', 'exec', '--no-tty', '--timeout', '5s', '-w', '--', 'id'],
      ['msb', 'run', '--', 'tiny:latest'],
      ['msb', 'ssh', 'web'],
      ['msb', 'copy', '/etc/shadow', 'web:/x'],
      [],
      [''],
    ]) {
      expect(isWhitelisted(argv), argv.join(' ')).toBe(false);
    }
  });

  it('never lets a word more or an option in, whatever the command', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sent.flatMap(({ steps }) => steps.map(({ argv }) => argv))),
        fc.nat(),
        fc.constantFrom('--force', '-f', '-R', '--', '; id', '$(id)', '`id`', '-', '--yes', '/etc/shadow'),
        (argv, at, extra) => {
          const place = 1 + (at % argv.length);
          const more = argv.toSpliced(place, 0, extra);
          // Clearing one member is a shape of its own, and a member is named by its path.
          fc.pre(more.slice(0, 2).join(' ') !== 'zpool clear' || more.at(-1) !== '/etc/shadow');
          // Two samples of one shape may differ by just such a word: `--` and `-f` are never among them.
          return !isWhitelisted(more);
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('takes the mounts and the words of a sandbox, and any word behind the -- of its command', () => {
    const mounts = [
      '--mount-named=a:/b',
      '--mount-named=c:/d/e:ro',
      '--mount-named=f:/g:ro,kind=disk,size=68M',
    ];
    expect(isWhitelisted([...createWeb, ...mounts, '--', 'ghcr.io/acme/runner:24.11'])).toBe(true);
    expect(isWhitelisted([...createWeb, '--', 'tiny@sha256:0f'])).toBe(true);
    const exec = ['msb', 'exec', '--no-tty', '--timeout', '3600s', 'web', '--'];
    expect(isWhitelisted([...exec, 'sh', '-c', 'echo "a b" > /tmp/x'])).toBe(true);
    expect(isWhitelisted([...exec, ...Array.from({ length: 64 }, () => 'x')])).toBe(true);
    expect(isWhitelisted([...exec, ...Array.from({ length: 65 }, () => 'x')])).toBe(false);
    expect(isWhitelisted([...exec, 'a\nb'])).toBe(false);
    expect(isWhitelisted(exec)).toBe(false);
    expect(readOnly([...exec, 'id'])).toBe(false);
    const operates = matcher(commandRules.filter(({ level }) => isWithin(level, 'operate')));
    expect(operates([...exec, 'id'])).toBe(false);
    expect(operates(['msb', 'pause', '--', 'web'])).toBe(true);
    // No word stands for nothing, nor for an option of msb itself.
    expect(isWhitelisted(['msb', 'exec', '--no-tty', '--timeout', '5s', '--', 'id'])).toBe(false);
  });

  it('takes no words that run into one another', () => {
    for (const { argv } of commandRules) {
      if (argv.length < 3) continue;
      expect(isWhitelisted([...argv.slice(0, -2), argv.slice(-2).join(' ')])).toBe(false);
      expect(isWhitelisted([...argv.slice(0, -1), `${argv.at(-1) ?? ''}\n`])).toBe(false);
      expect(isWhitelisted([...argv.slice(0, -1), `${argv.at(-1) ?? ''}\0--force`])).toBe(false);
    }
  });
});
