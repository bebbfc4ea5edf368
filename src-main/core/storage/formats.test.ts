import { describe, expect, it } from 'vitest';
import { hostInventorySchema, snapshotSchema } from '../../../src-preload/contract/inventory';
import { readInventory } from './read-inventory';
import { recorded, recordedSession, recordedSystems } from './testing/recorded';

/** What `e2e/live/formats.live.ts` set up, as it reads on every system. */
const everything = {
  disks: [
    '/dev/sda: ; free; SMART passed, self-test none',
    '/dev/vda: mount /; taken; SMART unavailable, self-test unsupported',
    '/dev/vdb: zpool tank; taken; SMART unavailable, self-test unsupported',
    '/dev/vdc: zpool tank; taken; SMART unavailable, self-test unsupported',
    '/dev/vdd: volume-group vg0; taken; SMART unavailable, self-test unsupported',
    '/dev/vde: raid-array /dev/md0; taken; SMART unavailable, self-test unsupported',
    '/dev/vdf: raid-array /dev/md0; taken; SMART unavailable, self-test unsupported',
    '/dev/vdg: btrfs-filesystem pool, mount /mnt/b; taken; SMART unavailable, self-test unsupported',
    '/dev/vdh: ; free; SMART unavailable, self-test unsupported',
    '/dev/vdi: ; free; SMART unavailable, self-test unsupported',
  ],
  pools: [
    {
      activity: 'scrub finished',
      health: 'ok',
      level: 'data single, metadata DUP',
      members: 1,
      pool: 'btrfs btrfs-filesystem pool',
      state: 'mounted',
    },
    {
      activity: null,
      health: 'ok',
      level: undefined,
      members: 2,
      pool: 'lvm thin-pool vg0/pool',
      state: 'twi-aotz--',
    },
    {
      activity: null,
      health: 'ok',
      level: undefined,
      members: 1,
      pool: 'lvm volume-group vg0',
      state: 'wz--n-',
    },
    {
      activity: null,
      health: 'ok',
      level: 'raid1',
      members: 2,
      pool: 'mdadm raid-array md0',
      state: 'clean',
    },
    {
      activity: 'scrub finished',
      health: 'ok',
      level: 'mirror',
      members: 1,
      pool: 'zfs zpool tank',
      state: 'ONLINE',
    },
  ],
  snapshots: [
    'btrfs btrfs-snapshot data-before of /mnt/b/data, holds 0, clones , read-only true',
    'lvm lvm-thick root-before of vg0/root, holds 0, clones , read-only undefined',
    'lvm lvm-thin thin-before of vg0/thin, holds 0, clones , read-only undefined',
    'zfs zfs-snapshot daily-1 of tank, holds 0, clones , read-only undefined',
    'zfs zfs-snapshot daily-1 of tank/data, holds 1, clones tank/clone, read-only undefined',
    'zfs zfs-snapshot daily-1 of tank/vol, holds 0, clones , read-only undefined',
  ],
  volumes: [
    'btrfs subvolume /mnt/b/data: writable',
    'btrfs subvolume /mnt/b: top level',
    'lvm linear vg0/root: owi-a-s---',
    'lvm thin vg0/thin: Vwi-a-tz--',
    'zfs filesystem tank/clone: mounted',
    'zfs filesystem tank/data: mounted',
    'zfs filesystem tank: mounted',
    'zfs zvol tank/vol: volume',
  ],
};

/** What each recording is of; docs/formats.md says which other systems have these versions. */
const systems: Record<string, { versions: Record<string, string>; whole: boolean }> = {
  // In a chroot on another kernel: no device-mapper, no md, no ZFS.
  'debian-11': { versions: { lvm: '2.03.11', btrfs: '5.10.1' }, whole: false },
  'debian-12': { versions: { zfs: '2.1.11', lvm: '2.03.16', mdadm: '4.2', btrfs: '6.2' }, whole: true },
  'debian-13': { versions: { zfs: '2.3.9', lvm: '2.03.31', mdadm: '4.4', btrfs: '6.14' }, whole: true },
};

const read = async (system: string) => {
  const reading = await readInventory(
    recordedSession(recorded(system)),
    { id: 'host' },
    { nowMs: () => 1e12 },
  );
  hostInventorySchema.parse(reading.inventory);
  for (const snapshot of reading.snapshots) snapshotSchema.parse(snapshot);
  return reading;
};

/** What was set up by the same commands on every system, as it reads to a person: no ids, no sizes, no times. */
const told = ({ inventory, snapshots }: Awaited<ReturnType<typeof read>>) => ({
  pools: inventory.pools
    .map(({ backend, kind, name, health, state, level, topology, activity }) => ({
      pool: `${backend} ${kind} ${backend === 'mdadm' ? 'md0' : name.replace(/[0-9a-f-]{36}/, 'uuid')}`,
      health,
      state,
      level,
      members: topology.length,
      activity: activity === null ? null : `${activity.kind} ${activity.state}`,
    }))
    .sort((a, b) => a.pool.localeCompare(b.pool)),
  volumes: inventory.volumes
    .map(({ backend, kind, name, state }) => `${backend} ${kind} ${name}: ${state}`)
    .sort(),
  snapshots: snapshots
    .map(
      ({ backend, kind, name, volumeName, holdCount, cloneNames, readOnly }) =>
        `${backend} ${kind} ${name} of ${volumeName}, holds ${holdCount}, clones ${cloneNames?.join()}, read-only ${readOnly}`,
    )
    .sort(),
  disks: (inventory.disks ?? [])
    .map(
      ({ path, ineligible, uses, smart }) =>
        `${path}: ${uses.map((use) => `${use.kind} ${use.name}`).join(', ')}; ${ineligible.length === 0 ? 'free' : 'taken'}; SMART ${smart.status}, self-test ${smart.selfTest.state}`,
    )
    .sort(),
});

const toldOf = async (system: string) => told(await read(system));

it('has a recording of each system, and of no other', () => {
  expect(recordedSystems()).toEqual(Object.keys(systems));
});

describe.each(Object.entries(systems))('the tools of %s', (system, { versions, whole }) => {
  it('are understood, all of them, in the versions that were recorded', async () => {
    const { inventory } = await read(system);
    const there = inventory.backends.filter(({ available }) => available);
    expect(there.map(({ kind, error }) => [kind, error])).toEqual(
      Object.keys(versions).map((kind) => [kind, null]),
    );
    expect(Object.fromEntries(there.map(({ kind, version }) => [kind, version]))).toEqual(versions);
    expect(inventory.disksError).toBeNull();
    expect(inventory.system?.clockOffsetSeconds).not.toBeNull();
    if (whole) expect(inventory.system?.failedUnits).not.toBeNull();
  });

  it.runIf(whole)('tell the same of the same pools, volumes, snapshots and disks', async () => {
    expect(await toldOf(system)).toEqual(everything);
  });
});

it('tell what could be made without device-mapper on Debian 11', async () => {
  const { pools, volumes, snapshots } = await toldOf('debian-11');
  expect(pools.map(({ pool, state, level }) => [pool, state, level])).toEqual([
    ['btrfs btrfs-filesystem pool', 'mounted', 'data single, metadata DUP'],
    ['lvm volume-group vg0', 'wz--n-', undefined],
  ]);
  expect(volumes).toEqual([
    'btrfs subvolume /mnt/b/data: writable',
    'btrfs subvolume /mnt/b: top level',
    'lvm linear vg0/root: -wi-XX----',
  ]);
  expect(snapshots).toEqual([
    'btrfs btrfs-snapshot data-before of /mnt/b/data, holds 0, clones , read-only true',
  ]);
});
