import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Disk, DiskUse } from '../../../../../src-preload/contract/disks';
import { addLineArgv, removeLineArgv } from '../../../storage/disks/mount-commands';
import { withoutSmart } from '../../../storage/disks/smart-report';
import { mountCapture } from '../../../storage/disks/testing';
import { isWhitelisted } from '../../../whitelist/catalogue';
import type { ActionContext } from '../../action';
import { actions } from '../index';
import { diskMount } from './mount';
import { lastingPath } from './mount-reads';
import { diskUnmount } from './unmount';

const uuid = '3f2a9c14-5b6d-4e8f-9a01-c2d3e4f5a6b7';
const usb = '/dev/disk/by-id/usb-WD_Elements_25A2_575834314-0:0-part1';
const line = { target: '/mnt/usb', source: `UUID=${uuid}`, fstype: 'ext4' };
const mounted = { ...line, source: '/dev/sdc1', options: 'rw,nosuid,nodev,relatime', uuid };

interface World {
  device?: Record<string, unknown> | null;
  others?: Record<string, unknown>[];
  mounts?: Record<string, unknown>[];
  fstab?: Record<string, unknown>[];
  fstabSize?: number;
  /** What stat says the place is; null: it is not there. */
  place?: string | null;
  inside?: string;
}

const partition = {
  ...{ name: 'sdc1', kname: 'sdc1', path: '/dev/sdc1', type: 'part', size: 2_000_363_257_856, ro: false },
  ...{ model: null, serial: null, fstype: 'ext4', label: 'backup', uuid, partuuid: 'p-1', pttype: 'gpt' },
  mountpoint: null,
};

/** A host by what its tools answer; the forms are those of the captures. */
function world({
  device = {},
  others = [],
  mounts = [],
  fstab = [],
  fstabSize = 300,
  place = null,
  inside = '',
}: World = {}): ActionContext {
  const answer = (stdout: string, exitCode = 0, stderr = '') => Promise.resolve({ stdout, exitCode, stderr });
  const table = (rows: unknown[]) =>
    rows.length === 0 ? answer('', 1) : answer(JSON.stringify({ filesystems: rows }));
  const disks = [...(device === null ? [] : [{ ...partition, ...device }]), ...others];
  return {
    nowMs: () => 0,
    lastKnownStatus: () => Promise.resolve(null),
    read: (_operation, argv) => {
      expect(isWhitelisted(argv), argv.join(' ')).toBe(true);
      const text = argv.join(' ');
      if (text.startsWith('lsblk') && argv.includes('--')) {
        return device === null
          ? answer('', 32, `lsblk: ${usb}: not a block device\n`)
          : answer(JSON.stringify({ blockdevices: disks.slice(0, 1) }));
      }
      if (text.startsWith('lsblk')) return answer(JSON.stringify({ blockdevices: disks }));
      if (text.startsWith('findmnt --fstab')) return table(fstab);
      if (text.startsWith('findmnt')) return table(mounts);
      if (text === 'stat -c %F/%s/%Y -- /etc/fstab') {
        return answer(`regular ${fstabSize === 0 ? 'empty ' : ''}file/${fstabSize}/1795410000\n`);
      }
      if (text.startsWith('stat')) {
        return place === null
          ? answer('', 1, mountCapture('stat-missing').stderr)
          : answer(`${place}/40/1795410000\n`);
      }
      if (text.startsWith('ls -A')) return answer(inside);
      throw new Error(`Never asked before: ${text}`);
    },
  };
}

const mountInput = { device: usb, mountPoint: '/mnt/usb', readOnly: false, atStart: true };
const planMount = (of: World = {}, input: object = {}) =>
  actions['disk.mount'].parse({ ...mountInput, ...input }).plan(world(of));
const planUnmount = (of: World = {}) =>
  actions['disk.unmount']
    .parse({ device: usb, mountPoint: '/mnt/usb' })
    .plan(world({ mounts: [mounted], fstab: [line], device: { mountpoint: '/mnt/usb' }, ...of }));
const texts = (found: readonly { text: string }[]) => found.map(({ text }) => text).join('\n');

describe('mounting a file system', () => {
  it('makes the folder, mounts by UUID, writes the line and lets systemd read it, each with its way back', async () => {
    const plan = await planMount();
    expect(plan.blockers).toEqual([]);
    expect(plan.steps.map(({ argv }) => argv)).toEqual([
      ['mkdir', '--', '/mnt/usb'],
      ['mount', '-t', 'ext4', '-o', 'nosuid,nodev', '--', `UUID=${uuid}`, '/mnt/usb'],
      addLineArgv({ uuid, type: 'ext4', place: '/mnt/usb', readOnly: false }),
      ['systemctl', 'daemon-reload'],
    ]);
    expect(plan.steps.map(({ cleanUp }) => cleanUp?.argv)).toEqual([
      ['rmdir', '--', '/mnt/usb'],
      ['umount', '--', '/mnt/usb'],
      removeLineArgv({ uuid, place: '/mnt/usb' }),
      undefined,
    ]);
    expect(plan).toMatchObject({ risk: 'safe', target: { kind: 'mount', name: '/mnt/usb' } });
    expect(plan.steps.every(({ explain }) => explain !== '')).toBe(true);
    expect(texts(plan.consequences)).toContain('/dev/sdc1 (ext4 "backup", 1.82 TiB)');
  });

  it('takes an empty folder that is there, leaves fstab alone and mounts read-only when asked to', async () => {
    const plan = await planMount({ place: 'directory' }, { readOnly: true, atStart: false });
    expect(plan.steps.map(({ argv }) => argv)).toEqual([
      ['mount', '-t', 'ext4', '-o', 'ro,nosuid,nodev', '--', `UUID=${uuid}`, '/mnt/usb'],
    ]);
    expect(texts(plan.consequences)).toContain('After the next start of the host it is not mounted');
    expect(plan.undo).toBe('umount -- /mnt/usb');
  });

  it.each<[string, World, RegExp]>([
    ['there is no such device', { device: null }, /no block device/],
    ['it is mounted already', { device: { mountpoint: '/srv/x' } }, /mounted already, at \/srv\/x/],
    ['it is swap', { device: { mountpoint: '[SWAP]', fstype: 'swap' } }, /used as swap/],
    ['it is divided', { device: { type: 'disk', children: [partition] } }, /divided into partitions/],
    [
      'something lies on it',
      { device: { children: [{ ...partition, type: 'lvm', path: '/dev/mapper/vg0-a' }] } },
      /vg0-a lies on/,
    ],
    ['it is a member of a zpool', { device: { fstype: 'zfs_member' } }, /member of a zpool/],
    ['it belongs to LVM', { device: { fstype: 'LVM2_member' } }, /physical volume of LVM/],
    ['it belongs to an array', { device: { fstype: 'linux_raid_member' } }, /software RAID/],
    ['it is encrypted', { device: { fstype: 'crypto_LUKS' } }, /encrypted/],
    ['nothing is known on it', { device: { fstype: null } }, /No file system is known/],
    ['its type is not one of ours', { device: { fstype: 'iso9660' } }, /iso9660, which Holdfast does not/],
    ['it has no UUID', { device: { uuid: null } }, /no UUID/],
    ['its UUID is odd', { device: { uuid: '2026-01-01-00' } }, /no UUID/],
    [
      'a copy has its UUID',
      { others: [{ ...partition, path: '/dev/sdd1' }] },
      /\/dev\/sdd1 carries the same/,
    ],
    ['it is a device of its own kind', { device: { type: 'crypt' } }, /type crypt/],
    ['it is write-protected', { device: { ro: true } }, /write-protected/],
    [
      'something is mounted there',
      { mounts: [{ ...mounted, source: '/dev/sdx' }] },
      /\/dev\/sdx is mounted at/,
    ],
    ['the place is a link', { place: 'symbolic link' }, /no folder, but a file or a link/],
    ['the folder is not empty', { place: 'directory', inside: 'a\nb\n' }, /not empty/],
    ['fstab has it by UUID', { fstab: [{ ...line, target: '/data' }] }, /a line for it already.*\/data/],
    ['fstab has it by label', { fstab: [{ ...line, source: 'LABEL=backup', target: '/d' }] }, /LABEL=backup/],
    [
      'fstab has it in quotes',
      { fstab: [{ ...line, source: `UUID="${uuid}"`, target: '/d' }] },
      /for it already/,
    ],
    ['fstab has it by its number in the table', { fstab: [{ ...line, source: 'PARTUUID=p-1' }] }, /PARTUUID/],
    [
      'fstab has the place',
      { fstab: [{ ...line, source: '/dev/sdx' }] },
      /for \/mnt\/usb already: \/dev\/sdx/,
    ],
    ['fstab is empty', { fstabSize: 0 }, /no line at all/],
  ])('stops when %s, and says what would lift it', async (_, of, says) => {
    const { blockers } = await planMount(of);
    expect(texts(blockers)).toMatch(says);
    expect(blockers.every(({ remedy }) => (remedy ?? '') !== '')).toBe(true);
  });

  it('of a write-protected disk, or with an empty fstab that is not needed, goes on', async () => {
    const { blockers } = await planMount(
      { device: { ro: true }, fstabSize: 0 },
      { readOnly: true, atStart: false },
    );
    expect(blockers).toEqual([]);
  });

  it('is there only when mount and line are, and not only for reading', async () => {
    const verify = (of: World, input: object = {}) =>
      actions['disk.mount'].parse({ ...mountInput, ...input }).verify(world(of), {});
    const there = { mounts: [mounted], fstab: [line] };
    expect(await verify(there)).toMatchObject({ status: 'confirmed' });
    // Without udev findmnt tells no UUID.
    expect(await verify({ ...there, mounts: [{ ...mounted, uuid: null }] })).toMatchObject({
      status: 'confirmed',
    });
    expect(await verify({ ...there, mounts: [] })).toMatchObject({ status: 'not-there' });
    expect(await verify({ ...there, fstab: [] })).toMatchObject({ status: 'not-there' });
    expect(await verify({ ...there, fstab: [] }, { atStart: false })).toMatchObject({ status: 'confirmed' });
    const other = { ...mounted, source: '/dev/sdx', uuid: 'x' };
    expect(await verify({ ...there, mounts: [other] })).toMatchObject({ status: 'not-there' });
    const readOnly = { ...there, mounts: [{ ...mounted, options: 'ro,nosuid' }] };
    expect(await verify(readOnly)).toMatchObject({ status: 'not-there' });
    expect(await verify(readOnly, { readOnly: true })).toMatchObject({ status: 'confirmed' });
  });

  it('refuses places outside, hidden and nested ones', () => {
    const refused = expect.objectContaining({ code: 'invalid-request' });
    for (const mountPoint of [
      ...['/mnt', '/mnt/', '/', '/etc', '/srv/a/b', '/mnt/../etc', '/mnt/..', '/mnt/.x', '/mnt/-x', 'mnt/x'],
      ...['/mnt/a b', '/mnt/a.b', '/mnt/a\n', '/mnt/a;id', '/home/x', `/mnt/${'x'.repeat(64)}`],
    ]) {
      expect(() => actions['disk.mount'].parse({ ...mountInput, mountPoint }), mountPoint).toThrow(refused);
    }
  });

  it('sends no word that was not planned, whatever the input', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((end) => `/mnt/${end}`),
      fc.stringMatching(/^\/(?:mnt|media|srv)\/[A-Za-z0-9_-]{1,20}$/),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constant(usb),
          fc.string(),
          fc.string().map((end) => `/dev/${end}`),
        ),
        text,
        fc.boolean(),
        fc.boolean(),
        fc.oneof(fc.constant(uuid), fc.string()),
        fc.oneof(fc.constantFrom('ext4', 'vfat', 'xfs'), fc.string()),
        async (device, mountPoint, readOnly, atStart, foundUuid, fstype) => {
          const at = {
            mounts: [{ ...mounted, uuid: foundUuid }],
            fstab: [{ ...line, source: `UUID=${foundUuid}` }],
          };
          for (const [action, input, of] of [
            ['disk.mount', { device, mountPoint, readOnly, atStart }, {}],
            ['disk.unmount', { device, mountPoint }, at],
          ] as const) {
            let bound;
            try {
              bound = actions[action].parse(input);
            } catch (error) {
              expect(error).toMatchObject({ code: 'invalid-request' });
              continue;
            }
            const { steps } = await bound.plan(world({ ...of, device: { uuid: foundUuid, fstype } }));
            const sent = steps.flatMap(({ argv, cleanUp }) => [argv, ...(cleanUp ? [cleanUp.argv] : [])]);
            for (const argv of sent) expect(isWhitelisted(argv), argv.join(' ')).toBe(true);
          }
        },
      ),
    );
  });
});

describe('unmounting a file system', () => {
  it('unmounts, takes its line out and lets systemd read it', async () => {
    const plan = await planUnmount();
    expect(plan).toMatchObject({ risk: 'destructive', blockers: [] });
    expect(plan.steps.map(({ argv }) => argv)).toEqual([
      ['umount', '--', '/mnt/usb'],
      removeLineArgv({ uuid, place: '/mnt/usb' }),
      ['systemctl', 'daemon-reload'],
    ]);
    expect(plan.consequences.flatMap(({ items }) => items.map(({ name }) => name))).toEqual([
      `UUID=${uuid} /mnt/usb ext4`,
    ]);
  });

  it('only unmounts what fstab does not name, and leaves a line for another place', async () => {
    const plan = await planUnmount({ fstab: [{ ...line, target: '/data' }] });
    expect(plan.steps.map(({ argv }) => argv)).toEqual([['umount', '--', '/mnt/usb']]);
    expect(texts(plan.consequences)).toContain('also mounts it at /data');
  });

  it('stops at what is not its own: nothing there, another disk, a line by another name', async () => {
    expect(texts((await planUnmount({ mounts: [] })).blockers)).toContain('Nothing is mounted');
    const other = { ...mounted, source: '/dev/sdx', uuid: null };
    expect(texts((await planUnmount({ mounts: [other] })).blockers)).toContain('/dev/sdx is mounted there');
    for (const source of ['LABEL=backup', '/dev/sdc1', `UUID="${uuid}"`]) {
      const { blockers, steps } = await planUnmount({ fstab: [{ ...line, source }] });
      expect(texts(blockers)).toContain(`mounts ${source} at /mnt/usb`);
      expect(steps).toHaveLength(1);
    }
  });

  it('rests on which file system it is, where it is mounted and which lines name it', async () => {
    const at = async (of: World) => JSON.stringify((await planUnmount(of)).preconditions);
    const planned = await at({});
    expect(await at({})).toBe(planned);
    const mountpoint = '/mnt/usb';
    for (const changed of [
      { device: { mountpoint, uuid: uuid.replace('3f', '4f') } },
      { device: { mountpoint, path: '/dev/sdd1' } },
      { mounts: [{ ...mounted, source: '/dev/sdd1' }] },
      { mounts: [mounted, mounted] },
      { fstab: [] },
      { fstab: [line, { ...line, target: '/data' }] },
    ]) {
      expect(await at(changed)).not.toBe(planned);
    }
  });

  it('is there when neither mount nor line is left', async () => {
    const verify = (of: World) =>
      actions['disk.unmount'].parse({ device: usb, mountPoint: '/mnt/usb' }).verify(world(of), {});
    expect(await verify({})).toMatchObject({ status: 'confirmed' });
    expect(await verify({ mounts: [mounted] })).toMatchObject({ status: 'not-there' });
    expect(await verify({ fstab: [line] })).toMatchObject({ status: 'not-there' });
    expect(await verify({ device: null, fstab: [line] })).toMatchObject({ status: 'not-there' });
    expect(await verify({ device: null })).toMatchObject({ status: 'confirmed' });
  });
});

describe('failures of mount, umount and what goes with them', () => {
  it.each([
    ['mount-already', /\/dev\/loop0 is mounted already/],
    ['mount-no-disk', /No disk of this host carries UUID=1111.*1 any more\./],
    ['mount-no-folder', /folder for the mount is not there/],
    ['mount-wrong-type', /on \/dev\/loop0 for no whole file system/],
    ['mount-unknown-type', /knows no exfat/],
    ['mount-damaged', /damaged/],
    ['umount-busy', /\/mnt\/usb is in use.*stays mounted/],
    ['umount-not-mounted', /Nothing is mounted at \/mnt\/usb/],
    ['umount-missing', /Nothing is mounted at \/mnt\/none/],
    ['mkdir-exists', /just now/],
    ['mkdir-no-parent', /folder above it/],
    ['sed-read-only', /fstab could not be written: Read-only file system/],
    ['sed-missing', /No such file or directory/],
    ['systemctl-none', /does not run systemd/],
  ])('have a sentence of their own: %s', (name, says) => {
    const { exitCode, stderr } = mountCapture(name);
    for (const { explainFailure } of [diskMount, diskUnmount]) {
      const said = explainFailure(exitCode, stderr);
      expect(said?.message).toMatch(says);
      expect(said?.remedy).not.toBe('');
    }
  });

  it('offer no command that a host could have worded', () => {
    const busy = diskUnmount.explainFailure(32, 'umount: /mnt/$(reboot): target is busy.\n');
    expect(busy?.remedy).toContain("fuser -vm '/mnt/$(reboot)'");
    const unknown = diskMount.explainFailure(32, "mount: /mnt/usb: unknown filesystem type 'x;reboot'.\n");
    expect(unknown?.remedy).toContain("modprobe 'x;reboot'");
  });
});

describe('what a disk offers for mounting', () => {
  const disk = (uses: DiskUse[], more: Partial<Disk> = {}): Disk => ({
    ...{ id: 'usb', path: '/dev/sdc', stablePath: usb.replace('-part1', ''), model: null, serial: null },
    ...{ wwn: null, sizeBytes: 2e12, transport: 'usb', rotational: true, removable: false, readOnly: false },
    ...{ logicalSectorBytes: 512, physicalSectorBytes: 512, partitions: [], ineligible: [] },
    ...{ smart: withoutSmart('unknown', ''), smartReadAtMs: 0, health: 'unknown' as const },
    uses,
    ...more,
  });
  const inventory = {
    ...{ hostId: 'h', takenAtMs: 0, durationMs: 0, backends: [], pools: [], volumes: [], snapshotCount: 0 },
    ...{ disks: [], disksError: null },
  };
  const offered = (action: typeof diskMount | typeof diskUnmount, subject: Disk) =>
    action.offer({ kind: 'disk', disk: subject }, { inventory, nowMs: 0 });
  const signature = (name: string, path = '/dev/sdc1'): DiskUse => ({ kind: 'signature', name, path });

  it('is its file systems that nothing uses, by names that last', () => {
    const offer = offered(
      diskMount,
      disk([signature('ext4 (backup)'), signature('swap', '/dev/sdc2'), signature('vfat', '/dev/sdc3')]),
    );
    expect(offer).toMatchObject({ label: 'Mount…', excuse: null });
    const [field] = offer?.fields ?? [];
    expect(field?.kind === 'choice' ? field.options.map(({ value }) => value) : null).toEqual([
      usb,
      usb.replace('-part1', '-part3'),
    ]);
    expect(offered(diskMount, disk([signature('LVM2_member'), signature('crypto_LUKS')]))).toBeNull();
    expect(offered(diskMount, disk([]))).toBeNull();
    const whole = offered(diskMount, disk([signature('xfs', '/dev/sdc')]));
    expect(whole?.fields[0]).toMatchObject({ value: usb.replace('-part1', '') });
  });

  it('is its mounts at places for mounts, and no member of a pool', () => {
    const at = (name: string, path = '/dev/sdc1'): DiskUse => ({ kind: 'mount', name, path });
    expect(offered(diskUnmount, disk([at('/mnt/usb')]))).toMatchObject({
      input: { device: usb, mountPoint: '/mnt/usb' },
      fields: [],
    });
    const two = offered(diskUnmount, disk([at('/mnt/usb'), at('/srv/b', '/dev/sdc2')]));
    expect(two?.fields.map(({ name }) => name)).toEqual(['device', 'mountPoint']);
    for (const uses of [
      [at('/boot')],
      [at('/mnt/vm', '/dev/mapper/vg0-vm')],
      [{ kind: 'btrfs-filesystem' as const, name: 'media', path: '/dev/sdc1' }, at('/srv/media')],
    ]) {
      expect(offered(diskUnmount, disk(uses))).toBeNull();
    }
  });

  it('names partitions as udev does', () => {
    const nvme = disk([], { path: '/dev/nvme0n1', stablePath: '/dev/disk/by-id/nvme-X_1' });
    expect(lastingPath(nvme, '/dev/nvme0n1p2')).toBe('/dev/disk/by-id/nvme-X_1-part2');
    expect(lastingPath(disk([], { stablePath: '/dev/sdc' }), '/dev/sdc1')).toBe('/dev/sdc1');
  });
});
