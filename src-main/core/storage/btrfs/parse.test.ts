import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import { quoteArgv } from '../../ssh/quote';
import type { SshSession } from '../../ssh/types';
import type { Probe, ProbeOutcome } from '../backend';
import { readInventory } from '../read-inventory';
import { captured, capturedNames, expected } from '../testing/captured';
import { btrfsProbes } from './commands';
import { parseDevices } from './filesystems';
import { btrfs } from './index';

/** Every moment that was captured with all that is asked then; a login without root gets no further than `show`. */
const moments = capturedNames('btrfs', /-mounts$/).map((name) => name.replace(/-mounts$/, ''));

function answers(moment: string): Map<string, ProbeOutcome> {
  const outcomes = new Map<string, ProbeOutcome>();
  const numbers: string[] = [];
  const put = (probe: Probe): void => {
    const [kind = '', uuid] = probe.id.split(' ');
    if (uuid !== undefined && !numbers.includes(uuid)) numbers.push(uuid);
    const place = uuid === undefined ? '' : `${numbers.indexOf(uuid) + 1}-`;
    const capture = captured('btrfs', `${moment}-${place}${kind.replace(/^btrfs-/, '')}`);
    expect(capture.command).toBe(quoteArgv(probe.argv));
    const { exitCode, stdout, stderr } = capture;
    outcomes.set(
      probe.id,
      probe.acceptExitCodes.includes(exitCode)
        ? { ok: true, exitCode, stdout, stderr }
        : { ok: false, error: new AppError('command-failed', 'failed', { detail: stderr }) },
    );
  };
  for (const probe of Object.values(btrfsProbes)) put(probe);
  for (const probe of btrfs.followUp?.(outcomes) ?? []) put(probe);
  return outcomes;
}

describe('btrfs 6.2 on Debian 12', () => {
  it.each(moments.filter((moment) => moment !== 'non-root'))('is read as reviewed: %s', (moment) => {
    expect(JSON.parse(JSON.stringify(btrfs.parse(answers(moment))))).toEqual(expected('btrfs', moment));
  });

  it('is read also while a device is being removed, with less than nothing unallocated on it', () => {
    const devices = parseDevices(captured('btrfs', 'device-usage-removing').stdout);
    expect(
      devices.map(({ id, allocatedBytes, unallocatedBytes }) => [id, allocatedBytes, unallocatedBytes]),
    ).toEqual([
      [1, 268435456, 268435456],
      [2, 8388608, 0],
      [3, 276824064, 260046848],
    ]);
  });

  it('says that a login without root cannot read it, and shows nothing as empty', () => {
    expect(() => btrfs.parse(answers('non-root'))).toThrow(AppError);
  });
});

describe('a host without btrfs', () => {
  it('is told by its PATH alone, with the package that brings it, and runs nothing', async () => {
    const session: SshSession = {
      hostId: 'h',
      exec: () => Promise.reject(new Error('nothing may run')),
      render: () => ({ argv: [], commandLine: '' }),
      locate: () => Promise.resolve(new Map([['cat', '/usr/bin/cat']])),
    };
    const { inventory } = await readInventory(
      session,
      { id: 'h' },
      { nowMs: () => 1, backends: [btrfs], disks: false },
    );
    expect(inventory.backends).toMatchObject([
      {
        kind: 'btrfs',
        available: false,
        packageName: 'btrfs-progs',
        capabilities: { snapshots: true, rollback: 'none' },
        error: { code: 'command-missing', remedy: 'apt install btrfs-progs' },
      },
    ]);
    expect(inventory.pools).toEqual([]);
  });
});
