import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src-main/core/errors/app-error';
import { quoteArgv } from '../../src-main/core/ssh/quote';
import type { SshSession } from '../../src-main/core/ssh/types';
import { readInventory, type InventoryReading } from '../../src-main/core/storage/read-inventory';
import { answerOfLab, onLab, resetLab, type Lab } from './lab';

/**
 * One of everything on the lab machine, read by all parsers, whichever release it runs. With `HOLDFAST_RECORD=debian-13`
 * every answer is written to `src-main/core/storage/fixtures/debian-13`, where `formats.test.ts` reads it without the
 * machine.
 */
const record = process.env['HOLDFAST_RECORD'];

const setUp = [
  'set -e',
  'sudo zpool create -o ashift=12 tank mirror /dev/disk/by-id/virtio-LABDISK0001 /dev/disk/by-id/virtio-LABDISK0002',
  'sudo zfs create tank/data',
  'sudo zfs create -V 16M tank/vol',
  'sudo zfs snapshot -r tank@daily-1',
  'sudo zfs hold keep tank/data@daily-1',
  'sudo zfs clone tank/data@daily-1 tank/clone',
  'sudo zpool scrub -w tank',
  'sudo vgcreate -q vg0 /dev/vdd',
  'sudo lvcreate -q -y -L 64M -n root vg0',
  'sudo lvcreate -q -y -s -L 32M -n root-before vg0/root',
  'sudo lvcreate -q -y -L 128M --thinpool pool vg0',
  'sudo lvcreate -q -y -V 64M --thinpool pool -n thin vg0',
  'sudo lvcreate -q -y -s -n thin-before vg0/thin',
  'sudo mdadm --create /dev/md0 --run --quiet --metadata=1.2 --level=1 --raid-devices=2 /dev/vde /dev/vdf',
  'sudo mdadm --wait /dev/md0 || true',
  'sudo mkfs.btrfs -q -f -L pool /dev/vdg',
  'sudo mkdir -p /mnt/b',
  'sudo mount /dev/vdg /mnt/b',
  'sudo btrfs quota enable /mnt/b',
  'sudo btrfs subvolume create /mnt/b/data > /dev/null',
  'sudo btrfs subvolume snapshot -r /mnt/b/data /mnt/b/data-before > /dev/null',
  'sudo btrfs scrub start -B /mnt/b > /dev/null',
  'sudo udevadm settle',
];

const cleanUp =
  'sudo umount /mnt/b; sudo zfs destroy tank/clone; sudo zfs release keep tank/data@daily-1; sudo zpool destroy tank; sudo vgremove -q -f vg0; sudo mdadm --stop /dev/md0; sudo mdadm --zero-superblock /dev/vde /dev/vdf; sudo wipefs -q -a /dev/vd[b-g][0-9]* /dev/vd[b-g] 2>/dev/null; true';

/** Sends by OpenSSH what Holdfast would send, and keeps what came back. */
function labSession(lab: Lab, keep: (name: string, text: string) => void): SshSession {
  let sent = 0;
  return {
    hostId: 'lab',
    exec: async (request) => {
      const line = `${request.privileged ? 'sudo -n ' : ''}${quoteArgv(request.argv)}`;
      const answer = await answerOfLab(lab, `export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin; ${line}`);
      const { exitCode, stdout, stderr } = answer;
      sent += 1;
      const name = `${String(sent).padStart(3, '0')}-${request.argv[0] ?? ''}`;
      keep(name, `${line}\nexit: ${exitCode}\n--- stdout ---\n${stdout}--- stderr ---\n${stderr}`);
      if (!request.acceptExitCodes.includes(exitCode)) {
        throw new AppError('command-failed', `${line} failed.`, { detail: stderr });
      }
      request.onOutput?.('stdout', stdout);
      const kept = request.keepStdout === false ? '' : stdout;
      return { exitCode, stdout: kept, stderr, durationMs: 1, truncated: false };
    },
    render: () => {
      throw new Error('Reading renders nothing.');
    },
    locate: async (tools) => {
      const found = await onLab(lab, `PATH=$PATH:/usr/sbin:/sbin; command -v ${tools.join(' ')}; true`);
      return new Map(found.split('\n').map((path) => [path.slice(path.lastIndexOf('/') + 1), path]));
    },
  };
}

describe('one of everything on the lab machine', () => {
  let lab: Lab;
  let reading: InventoryReading;

  beforeAll(async () => {
    lab = resetLab();
    await onLab(lab, setUp.join('\n'));
    const folder = record === undefined ? null : resolve('src-main/core/storage/fixtures', record);
    if (folder !== null) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    const keep = (name: string, text: string): void => {
      if (folder !== null) writeFileSync(join(folder, `${name}.txt`), text);
    };
    reading = await readInventory(
      labSession(lab, keep),
      { id: 'lab' },
      { nowMs: Date.now, sandboxDrivers: [] },
    );
  });

  afterAll(async () => {
    await onLab(lab, cleanUp);
    expect(
      await onLab(lab, 'sudo zpool list -H; sudo vgs --noheadings; cat /proc/mdstat | grep ^md || true'),
    ).toBe('');
  });

  it('is read by every backend, without a word that is not understood', async () => {
    const { backends, disksError } = reading.inventory;
    expect(backends.map(({ kind, available, error }) => [kind, available, error])).toEqual(
      backends.map(({ kind }) => [kind, true, null]),
    );
    expect(backends.every(({ version }) => version !== null)).toBe(true);
    expect(disksError).toBeNull();
  });

  it('has the pools, volumes and snapshots that the tools themselves list', async () => {
    const lines = async (line: string) =>
      (await onLab(lab, line))
        .split('\n')
        .map((word) => word.trim())
        .filter((word) => word !== '')
        .sort();
    const namesOf = (backend: string, all: readonly { backend: string; name: string }[]) =>
      all
        .filter((one) => one.backend === backend)
        .map(({ name }) => name)
        .sort();
    const { pools, volumes } = reading.inventory;
    const snapshots = reading.snapshots.map(({ backend, fullName }) => ({ backend, name: fullName }));
    expect(namesOf('zfs', pools)).toEqual(await lines('sudo zpool list -Ho name'));
    expect(namesOf('zfs', volumes)).toEqual(await lines('sudo zfs list -Ho name -t filesystem,volume'));
    expect(namesOf('zfs', snapshots)).toEqual(await lines('sudo zfs list -Ho name -t snapshot'));
    expect(namesOf('lvm', snapshots)).toEqual(['vg0/root-before', 'vg0/thin-before']);
    expect(pools.find(({ backend }) => backend === 'mdadm')?.topology).toHaveLength(2);
    expect(namesOf('btrfs', snapshots)).toHaveLength(1);
  });
});
