import { kvm03Sandboxes } from '../device-mapper/kvm-03';
import { disksTools } from '../disks/index';
import { kvm03Disks } from '../disks/kvm-03';
import { withLvmMembers } from '../disks/lvm-members';
import { LvmModel } from '../lvm/model';
import { poolFill, thinsIn } from '../lvm/volumes';
import { isWhitelisted } from '../../core/whitelist/catalogue';
import { createMachine } from '../machine';
import { sensorsTool, serverSensors } from '../sensors';
import { lvmPast } from '../past-capacity';
import { day, gibibyte, hour, mebibyte, type BlueprintContext, type HostBlueprint } from './blueprint';

/**
 * A KVM host on LVM, without any ZFS tools: a thin pool nearly out of data and of metadata, thick snapshots (one
 * nearly full, one invalid), guests that hold their disks open (a merge waits for their next start), a volume group
 * without a single free extent, and sandbox volumes on device-mapper.
 */

const extentsPerGibibyte = 256;
const gib = (count: number) => count * extentsPerGibibyte;

function addSystemGroup(model: LvmModel, startMs: number): void {
  const installed = startMs - 410 * day;
  model.addGroup('vg0', {
    disks: [
      { name: '/dev/nvme0n1p3', extentCount: gib(470) - 129, major: 259, minor: 3 },
      { name: '/dev/nvme1n1p3', extentCount: gib(470) - 129, major: 259, minor: 7 },
    ],
  });
  model.addLinear('vg0', 'root', gib(40), { createdAtMs: installed, use: 'mounted' });
  model.addLinear('vg0', 'swap', gib(16), { createdAtMs: installed, use: 'held' });
  model.addLinear('vg0', 'var', gib(60), { createdAtMs: installed, use: 'mounted' });
  model.addRaid1('vg0', 'home', gib(30), { createdAtMs: installed, use: 'mounted' });
  model.addLinear('vg0', 'images', gib(180), { createdAtMs: installed + 2 * day, use: 'mounted' });
  model.addLinear('vg0', 'golden', gib(24), { createdAtMs: startMs - 96 * day });
  model.addThinPool('vg0', 'ct', gib(120), {
    createdAtMs: startMs - 300 * day,
    metadataExtents: 32,
    metadataBaseBytes: 3 * mebibyte,
  });
  const containers = [
    ['ct-proxy', 7.2],
    ['ct-dns', 2.1],
    ['ct-mail', 15.8],
    ['ct-monitoring', 19.6],
  ] as const;
  for (const [index, [name, mapped]] of containers.entries()) {
    model.addThin('vg0', 'ct', name, {
      createdAtMs: startMs - (290 - index * 31) * day,
      virtualBytes: 24 * gibibyte,
      mappedBytes: mapped * gibibyte,
      use: 'mounted',
    });
  }
  thick(model, 'root', 'root_before-12.8', 8, 2.5, startMs - 16 * day);
  thick(model, 'var', 'var_pre-cleanup', 6, 5.1, startMs - 5 * day);
  thick(model, 'golden', 'golden_release-7', 6, 0.9, startMs - 9 * day);
  // More was written to the origin than the store could take.
  thick(model, 'images', 'images_2026w46', 4, 4, startMs - 10 * day);
}

function thick(
  model: LvmModel,
  origin: string,
  name: string,
  gibibytes: number,
  usedGibibytes: number,
  atMs: number,
): void {
  const found = model.volume('vg0', origin);
  if (found?.volume.kind !== 'linear') throw new Error(`kvm-03 has no linear volume ${origin}.`);
  const made = model.createThickSnapshot(found.group, found.volume, name, gibibytes * gibibyte, atMs);
  if (!made.ok) throw new Error(`kvm-03 has no room for ${name}.`);
  made.value.usedBytes = usedGibibytes * gibibyte;
  made.value.invalid = made.value.usedBytes >= made.value.sizeBytes;
}

function addGuestGroup(model: LvmModel, startMs: number): void {
  const metadataExtents = 108;
  const disks = [
    { name: '/dev/sda1', extentCount: gib(447) - 1, major: 8, minor: 1 },
    { name: '/dev/sdb1', extentCount: gib(447) - 1, major: 8, minor: 17 },
  ];
  const all = disks.reduce((sum, disk) => sum + disk.extentCount, 0);
  model.addGroup('vmdata', { disks });
  model.addLinear('vmdata', 'iso', gib(64), { createdAtMs: startMs - 380 * day, use: 'mounted' });
  // Pool, metadata and its spare take what is left, to the last extent.
  const pool = model.addThinPool('vmdata', 'guests', all - gib(64) - 2 * metadataExtents, {
    createdAtMs: startMs - 380 * day,
    metadataExtents,
  });
  const guests = [
    { name: 'vm-101-disk-0', size: 200, mapped: 141, open: true, snapshots: ['before-update'] },
    { name: 'vm-101-disk-1', size: 300, mapped: 187, open: true, snapshots: [] },
    { name: 'vm-102-disk-0', size: 80, mapped: 61, open: true, snapshots: ['weekly-47', 'weekly-46'] },
    {
      name: 'vm-103-disk-0',
      size: 120,
      mapped: 88,
      open: false,
      snapshots: ['clean', 'with-agent', 'patched'],
    },
    { name: 'vm-104-disk-0', size: 64, mapped: 39, open: false, snapshots: ['pre-migration'] },
    { name: 'vm-107-disk-0', size: 160, mapped: 96, open: true, snapshots: [] },
    { name: 'vm-900-template', size: 32, mapped: 11, open: false, snapshots: [] },
  ];
  for (const [index, guest] of guests.entries()) {
    const thin = model.addThin('vmdata', 'guests', guest.name, {
      createdAtMs: startMs - (370 - index * 40) * day,
      virtualBytes: guest.size * gibibyte,
      mappedBytes: guest.mapped * gibibyte,
      use: guest.open ? 'held' : 'none',
    });
    const group = model.groups.get('vmdata');
    for (const [age, label] of guest.snapshots.entries()) {
      if (group === undefined) continue;
      const name = `snap_${guest.name}_${label}`;
      const made = model.createThinSnapshot(group, thin, name, startMs - (21 - age * 7) * day - 3 * hour);
      if (!made.ok) throw new Error(`kvm-03 has no room for ${name}.`);
      model.write('vmdata', guest.name, guest.mapped * 0.08 * gibibyte);
    }
  }
  const group = model.groups.get('vmdata');
  if (group === undefined) return;
  // Whatever the guests above left of it belongs to one more, so that the fill is what the demo promises.
  const mapped = (poolFill(group, pool).data / 100) * pool.sizeBytes;
  model.addThin('vmdata', 'guests', 'vm-110-disk-0', {
    createdAtMs: startMs - 58 * day,
    virtualBytes: 256 * gibibyte,
    mappedBytes: Math.round((0.9304 * pool.sizeBytes - mapped) / 65536) * 65536,
    use: 'held',
  });
  const fixed = (0.8117 - poolFill(group, pool).metadata / 100) * pool.metadataBytes;
  group.volumes.set(pool.name, { ...pool, metadataBaseBytes: fixed });
  if (thinsIn(group, pool.name).length === 0) throw new Error('kvm-03 has no guests.');
}

export function createKvm03({ random, nowMs }: BlueprintContext): HostBlueprint {
  const startMs = nowMs();
  const model = new LvmModel(random);
  addSystemGroup(model, startMs);
  addGuestGroup(model, startMs);
  model.findDisk = (path) => {
    const disk = withLvmMembers(kvm03Disks(), model).find(
      ({ name, byId }) => path === `/dev/${name}` || byId.some((id) => path === `/dev/disk/by-id/${id}`),
    );
    if (disk === undefined) return null;
    const free = disk.content === undefined && (disk.children ?? []).length === 0;
    return { path: `/dev/${disk.name}`, sizeBytes: disk.sizeBytes, free };
  };
  return {
    id: 'demo-kvm',
    name: 'kvm-03',
    user: 'admin',
    environment: { label: 'Staging', colour: 'orange', production: false },
    accessLevel: 'administer',
    pastCapacity: lvmPast(model, startMs),
    policies: [
      {
        ...{ backend: 'lvm', poolName: 'vg0', recursive: false, schedule: '@weekly' },
        ...{ retentionCount: 4, enabled: true },
      },
    ],
    machine: createMachine({
      user: 'admin',
      lvm: model,
      tools: [
        ...disksTools(() => withLvmMembers(kvm03Disks(), model), startMs - 61 * day),
        ...kvm03Sandboxes(nowMs).tools,
        sensorsTool(serverSensors),
      ],
      // Its sudoers is the one that Holdfast exports: it allows these commands and no other.
      sudoAllows: (tool, words) => isWhitelisted([tool, ...words]),
      nowMs,
    }),
  };
}
