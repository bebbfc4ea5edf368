import { describe, expect, it } from 'vitest';
import { diskSchema, type Disk } from '../../../../src-preload/contract/disks';
import type { BackendKind, Pool } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import { quoteArgv } from '../../ssh/quote';
import type { Probe, ProbeOutcome } from '../backend';
import { parseLvm } from '../lvm/parse';
import { captured, type Captured } from '../testing/captured';
import { parseZfs } from '../zfs/parse';
import { allColumnsProbe, diskProbes, signatureProbe, smartProbe } from './commands';
import { assembleDisks, readDisks } from './read-disks';

const ok = ({ exitCode, stdout, stderr }: Captured): ProbeOutcome => ({ ok: true, exitCode, stdout, stderr });
const ide = '/dev/disk/by-id/ata-QEMU_HARDDISK_LABIDE0001';
/** The backends are still at it. */
const reading = new Promise<void>(() => undefined);
const tools = new Map(['lsblk', 'ls', 'smartctl', 'wipefs'].map((tool) => [tool, `/usr/bin/${tool}`]));

/** Answers exactly the probes of a captured moment and fails on any other. */
function host(moment: 'mixed' | 'left', changes: Record<string, ProbeOutcome> = {}) {
  const asked: string[] = [];
  let running = 0;
  let mostRunning = 0;
  const answers = new Map<string, ProbeOutcome>([
    [quoteArgv(diskProbes.devices.argv), ok(captured('disks', `${moment}-lsblk`))],
    [quoteArgv(diskProbes.links.argv), ok(captured('disks', `${moment}-by-id`))],
    [quoteArgv(smartProbe(ide).argv), ok(captured('disks', 'smart-ata-passed'))],
    [quoteArgv(signatureProbe('/dev/vdi').argv), ok(captured('disks', 'wipefs-blank'))],
    [quoteArgv(signatureProbe('/dev/vdg').argv), ok(captured('disks', 'left-wipefs-vdg'))],
    ...Object.entries(changes),
  ]);
  const run = async ({ argv }: Probe): Promise<ProbeOutcome> => {
    const key = quoteArgv(argv);
    asked.push(key);
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    const answer = answers.get(key);
    if (answer === undefined) throw new Error(`Never captured: ${key}`);
    return answer;
  };
  return { run, asked, most: () => mostRunning };
}

/** The pools of the same moment, by the parsers of their own backends. */
function poolsOf(moment: 'mixed' | 'left'): Pool[] {
  const text = (name: string) => captured('disks', `${moment}-${name}`).stdout;
  return [
    ...parseZfs({ pools: text('zpool-list'), status: text('zpool-status'), datasets: '' }).pools,
    ...parseLvm({ groups: text('vgs'), volumes: text('lvs'), disks: text('pvs') }).pools,
  ];
}

const readBackends = (...kinds: BackendKind[]) =>
  kinds.map((kind) => ({ kind, available: true, error: null }));

async function disksOf(
  moment: 'mixed' | 'left',
  changes: Record<string, ProbeOutcome> = {},
  located: ReadonlyMap<string, string> = tools,
  backends = readBackends('zfs', 'lvm'),
): Promise<Map<string, Disk>> {
  const kinds = new Set(backends.map(({ kind }) => kind));
  const pools = poolsOf(moment).filter(({ backend }) => kinds.has(backend));
  const disks = assembleDisks(
    await readDisks(host(moment, changes).run, located, { backendsDone: reading, nowMs: () => 7 }),
    pools,
    backends,
  );
  return new Map(disks.map((disk) => [disk.path.slice('/dev/'.length), diskSchema.parse(disk)]));
}

describe('reading the disks of a host', () => {
  it('lists disks only: no loop, no zvol, no array, no volume', async () => {
    const names = ['sda', ...'abcdefghi'].map((letter) => (letter === 'sda' ? letter : `vd${letter}`));
    expect([...(await disksOf('left')).keys()].sort()).toEqual(names.sort());
    expect([...(await disksOf('mixed')).keys()].sort()).toEqual(names.sort());
  });

  it('names each by what survives re-plugging, with model, serial, size, kind and sectors', async () => {
    const disks = await disksOf('mixed');
    expect(disks.get('sda')).toMatchObject({
      id: 'ata-QEMU_HARDDISK_LABIDE0001',
      stablePath: ide,
      model: 'QEMU HARDDISK',
      serial: 'LABIDE0001',
      sizeBytes: 536_870_912,
      transport: 'ata',
      rotational: true,
      removable: false,
      readOnly: false,
      logicalSectorBytes: 512,
    });
    expect(disks.get('vdb')).toMatchObject({
      id: 'virtio-LABDISK0001',
      stablePath: '/dev/disk/by-id/virtio-LABDISK0001',
      transport: 'virtio',
      model: null,
    });
  });

  it('says what uses each disk, by the names of the pools', async () => {
    const disks = await disksOf('mixed');
    const uses = (name: string) => disks.get(name)?.uses;
    expect(uses('vda')).toEqual([{ kind: 'mount', name: '/', path: '/dev/vda' }]);
    expect(uses('vdb')).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdb1' }]);
    expect(uses('vdc')).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdc1' }]);
    expect(uses('vdd')).toEqual([
      { kind: 'volume-group', name: 'vg0', path: '/dev/vdd' },
      { kind: 'mount', name: '/mnt/d', path: '/dev/mapper/vg0-my--data' },
    ]);
    expect(uses('vde')).toEqual([{ kind: 'raid-array', name: '/dev/md127', path: '/dev/vde' }]);
    expect(uses('vdg')).toEqual([{ kind: 'mount', name: '/mnt/b', path: '/dev/vdg' }]);
    expect(uses('vdh')).toEqual([
      { kind: 'signature', name: 'ext4 (old data)', path: '/dev/vdh2' },
      { kind: 'swap', name: 'swap', path: '/dev/vdh1' },
      { kind: 'mount', name: '/mnt/p', path: '/dev/vdh3' },
    ]);
    expect(uses('vdi')).toEqual([]);
  });

  it('finds users also where their backend cannot be read', async () => {
    const disks = await disksOf('mixed', {}, tools, []);
    expect(disks.get('vdb')?.uses).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdb1' }]);
    expect(disks.get('vdd')?.uses[0]).toEqual({ kind: 'volume-group', name: 'vg0', path: '/dev/vdd' });
    expect(
      [...disks.values()].filter(({ ineligible }) => ineligible.length === 0).map(({ path }) => path),
    ).toEqual(['/dev/sda', '/dev/vdi']);
  });

  it('shows partitions and file systems with their fill', async () => {
    const disks = await disksOf('mixed');
    expect(
      disks.get('vdh')?.partitions.map(({ path, content, mountpoints }) => [path, content, mountpoints]),
    ).toEqual([
      ['/dev/vdh1', 'swap', ['[SWAP]']],
      ['/dev/vdh2', 'ext4', []],
      ['/dev/vdh3', 'ext4', ['/mnt/p']],
    ]);
    const [onDisk] = disks.get('vda')?.partitions ?? [];
    expect(onDisk).toMatchObject({ path: '/dev/vda', content: 'ext4', mountpoints: ['/'] });
    expect(onDisk?.filesystemUsedBytes).toBeGreaterThan(0);
    expect(onDisk?.filesystemUsedBytes).toBeLessThan(onDisk?.filesystemSizeBytes ?? 0);
    expect(disks.get('vdd')?.partitions).toMatchObject([
      { path: '/dev/mapper/vg0-my--data', mountpoints: ['/mnt/d'] },
    ]);
  });

  it('says why a disk cannot be taken, and takes only what is free', async () => {
    const disks = await disksOf('mixed');
    const reasons = Object.fromEntries(
      [...disks].map(([name, { ineligible }]) => [name, ineligible[0] ?? null]),
    );
    expect(reasons).toEqual({
      sda: null,
      vda: '/dev/vda is mounted at /.',
      vdb: 'It belongs to the zpool tank.',
      vdc: 'It belongs to the zpool tank.',
      vdd: 'It belongs to the volume group vg0.',
      vde: 'It is a member of the array /dev/md127.',
      vdf: 'It is a member of the array /dev/md127.',
      vdg: '/dev/vdg is mounted at /mnt/b.',
      vdh: expect.stringContaining('/dev/vdh2 carries a signature: ext4 (old data).'),
      vdi: null,
    });
  });

  it('does not take what was left behind for a member, nor for free', async () => {
    const disks = await disksOf('left');
    const of = (name: string) => disks.get(name);
    // `zpool detach` left a label of the pool that lives on without this disk.
    expect(of('vdb')?.uses).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdb1' }]);
    expect(of('vdc')?.uses).toEqual([{ kind: 'signature', name: 'zfs_member (tank)', path: '/dev/vdc1' }]);
    expect(of('vdc')?.ineligible[0]).toContain('wipefs -a /dev/vdc1');
    // A physical volume without a group, members of a stopped array, an unmounted btrfs, an empty partition table.
    expect(of('vdd')?.uses).toEqual([{ kind: 'signature', name: 'LVM2_member', path: '/dev/vdd' }]);
    expect(of('vde')?.ineligible[0]).toContain('storagehost:r1');
    expect(of('vdg')?.ineligible[0]).toContain('btrfs file system pool');
    expect(of('vdf')?.ineligible[0]).toContain('storagehost:r1');
    expect(of('vdh')?.ineligible.join(' ')).toContain('/dev/vdh1 carries a signature: swap.');
    expect(of('vdi')?.ineligible).toEqual([
      expect.stringContaining('partition table (gpt) with 0 partitions'),
    ]);
    expect(of('sda')?.ineligible).toEqual(['It is read-only.']);
  });

  it('looks at a disk itself where udev noted nothing, but never at one that may sleep', async () => {
    const { run, asked } = host('left');
    const { disks } = await readDisks(run, tools, { backendsDone: reading, nowMs: () => 7 });
    // lsblk knew nothing of the btrfs on vdg (systemd 252).
    expect(captured('disks', 'left-lsblk').stdout).not.toContain('btrfs');
    expect(disks.find(({ name }) => name === 'vdg')).toMatchObject({ content: 'btrfs', label: 'pool' });
    expect(asked.filter((line) => line.startsWith('wipefs'))).toEqual(['wipefs -J -- /dev/vdg']);
    const refused = new AppError('sudo-refused', 'no');
    const without = await disksOf('left', {
      [quoteArgv(signatureProbe('/dev/vdg').argv)]: { ok: false, error: refused },
    });
    expect(without.get('vdg')?.uses).toEqual([]);
  });

  it('asks an old lsblk for all columns it has, and understands the same', async () => {
    const refused = new AppError('command-failed', 'lsblk failed.', {
      detail: captured('disks', 'btrfs-051-lsblk-J-btrfs').stderr,
    });
    const changes: Record<string, ProbeOutcome> = {
      [quoteArgv(diskProbes.devices.argv)]: { ok: false, error: refused },
      [quoteArgv(allColumnsProbe.argv)]: ok(captured('disks', 'mixed-lsblk-all')),
    };
    expect(await disksOf('mixed', changes)).toEqual(await disksOf('mixed'));
  });

  it('throws what lsblk failed with: an unreadable host has no empty list of disks', async () => {
    const failed = new AppError('timed-out', 'lsblk did not answer.');
    const { run } = host('mixed', { [quoteArgv(diskProbes.devices.argv)]: { ok: false, error: failed } });
    await expect(readDisks(run, tools, { backendsDone: reading, nowMs: () => 7 })).rejects.toBe(failed);
    await expect(readDisks(run, new Map(), { backendsDone: reading, nowMs: () => 7 })).rejects.toMatchObject({
      code: 'command-missing',
    });
  });

  it('goes by kernel names where there is no by-id folder', async () => {
    const changes: Record<string, ProbeOutcome> = {
      [quoteArgv(diskProbes.links.argv)]: ok(captured('disks', 'by-id-missing')),
      [quoteArgv(smartProbe('/dev/sda').argv)]: ok(captured('disks', 'smart-ata-passed')),
    };
    const disks = await disksOf('mixed', changes);
    expect(disks.get('vdi')).toMatchObject({ id: 'LABDISK0008', stablePath: '/dev/vdi' });
    expect(disks.get('vdb')?.uses).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdb1' }]);
  });
});

describe('SMART of a host', () => {
  it('is asked of disks that may have it only, and leaves sleeping ones asleep', async () => {
    const { run, asked, most } = host('mixed');
    await readDisks(run, tools, { backendsDone: reading, nowMs: () => 7 });
    expect(asked.filter((line) => line.startsWith('smartctl'))).toEqual([
      `smartctl --json -a -n standby -- ${ide}`,
    ]);
    expect(most()).toBeLessThanOrEqual(3);
  });

  it('keeps few channels while the backends read, and takes more when they are done', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `sd${String.fromCharCode(97 + index)}`);
    const blockdevices = names.map((name) => ({ name, type: 'disk', size: 1e12, rota: true }));
    const smart = ok(captured('disks', 'smart-ata-passed'));
    const most = async (backendsDone: Promise<unknown>) => {
      const target = host('mixed', {
        [quoteArgv(diskProbes.devices.argv)]: {
          ok: true,
          exitCode: 0,
          stdout: JSON.stringify({ blockdevices }),
          stderr: '',
        },
        [quoteArgv(diskProbes.links.argv)]: ok(captured('disks', 'by-id-missing')),
        ...Object.fromEntries(names.map((name) => [quoteArgv(smartProbe(`/dev/${name}`).argv), smart])),
      });
      const { smart: found } = await readDisks(target.run, tools, { backendsDone, nowMs: () => 7 });
      expect(found.size).toBe(12);
      return target.most();
    };
    expect(await most(reading)).toBe(3);
    expect(await most(Promise.resolve())).toBe(6);
    expect(await most(Promise.reject(new Error('lost')))).toBe(6);
  });

  it('is plainly not there on virtual disks and without smartctl', async () => {
    expect((await disksOf('mixed')).get('vdb')?.smart).toMatchObject({
      status: 'unavailable',
      reason: 'A virtual disk has no SMART. Look at it on the machine that provides it.',
    });
    const without = await disksOf('mixed', {}, new Map([...tools].filter(([tool]) => tool !== 'smartctl')));
    expect(without.get('sda')).toMatchObject({
      health: 'unknown',
      smart: { status: 'unavailable', reason: expect.stringContaining('apt install smartmontools') },
    });
  });

  it('is not asked for again of a disk that is known to be the same one', async () => {
    const before = [...(await disksOf('mixed')).values()];
    const again = async (recent: readonly Disk[]) => {
      const target = host('mixed');
      const read = await readDisks(target.run, tools, { backendsDone: reading, nowMs: () => 99, recent });
      const asked = target.asked.filter((line) => line.startsWith('smartctl'));
      return { asked, readAtMs: read.smart.get('/dev/sda')?.readAtMs };
    };
    expect(await again(before)).toEqual({ asked: [], readAtMs: 7 });
    expect(await again([])).toEqual({ asked: [quoteArgv(smartProbe(ide).argv)], readAtMs: 99 });
    for (const other of [
      { serial: 'X' },
      { stablePath: '/dev/disk/by-id/x' },
      { sizeBytes: 1 },
      { model: 'X' },
    ]) {
      const changed = before.map((disk) => ({ ...disk, ...other }));
      expect((await again(changed)).asked).toHaveLength(1);
    }
  });

  it('keeps the reason of one disk with that disk', async () => {
    const key = quoteArgv(smartProbe(ide).argv);
    const refused = new AppError('sudo-refused', 'sudo does not let admin run smartctl.', {
      remedy: 'admin ALL=(root) NOPASSWD: /usr/sbin/smartctl',
    });
    const disks = await disksOf('mixed', { [key]: { ok: false, error: refused } });
    expect(disks.get('sda')).toMatchObject({
      health: 'unknown',
      smart: { status: 'unknown', reason: expect.stringContaining('NOPASSWD: /usr/sbin/smartctl') },
    });
    const garbage = await disksOf('mixed', { [key]: { ok: true, exitCode: 0, stdout: 'what?', stderr: '' } });
    expect(garbage.get('sda')?.smart).toMatchObject({
      status: 'unknown',
      reason: expect.stringMatching(/JSON/),
    });
  });
});
