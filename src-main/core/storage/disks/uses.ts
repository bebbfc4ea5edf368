import { filesize } from 'filesize';
import type { DiskUse } from '../../../../src-preload/contract/disks';
import type { Pool } from '../../../../src-preload/contract/inventory';
import { withDescendants, type BlockDevice } from './block-devices';
import type { Placements } from './placement';

const poolKinds: Record<Pool['kind'], DiskUse['kind']> = {
  zpool: 'zpool',
  'volume-group': 'volume-group',
  'thin-pool': 'volume-group',
  'raid-array': 'raid-array',
  'btrfs-filesystem': 'btrfs-filesystem',
};

/** Which backend's members carry a signature that blkid knows. */
const memberSignatures: Record<string, { backend: Pool['backend']; kind: DiskUse['kind'] }> = {
  zfs_member: { backend: 'zfs', kind: 'zpool' },
  LVM2_member: { backend: 'lvm', kind: 'volume-group' },
  linux_raid_member: { backend: 'mdadm', kind: 'raid-array' },
  btrfs: { backend: 'btrfs', kind: 'btrfs-filesystem' },
};

const arrayType = /^(?:raid\d+|linear|multipath|md)$/;

/** `vg0-my--data` of device-mapper is volume `my-data` of group `vg0`: dashes of names are doubled. */
export function groupOfMapperName(name: string): string | null {
  const match = /^((?:[^-]|--)+)-(?!-)/.exec(name);
  return match?.[1] === undefined ? null : match[1].replaceAll('--', '-');
}

/** What a child of a disk or partition says of it; null: nothing of its own (a partition). */
function useByChild(child: BlockDevice, path: string): DiskUse | null {
  if (child.type === 'part') return null;
  if (child.type === 'lvm') {
    const name = groupOfMapperName(child.name) ?? child.name;
    return { kind: 'volume-group', name, path };
  }
  if (arrayType.test(child.type)) return { kind: 'raid-array', name: child.path, path };
  if (child.type === 'crypt' || child.type === 'dm' || child.type === 'mpath') {
    return { kind: 'device-mapper', name: child.name, path };
  }
  if (child.type === 'loop') return { kind: 'loop', name: child.path, path };
  return { kind: 'other', name: child.path, path };
}

function signature({ content, label, path }: BlockDevice): DiskUse {
  const name = label === null ? (content ?? '') : `${content ?? ''} (${label})`;
  return { kind: 'signature', name, path };
}

/**
 * A signature that neither a pool of the inventory nor a device above explains.
 *
 * | signature            | backend read | all members of pools found | then                                   |
 * | of a member          | yes          | yes                        | signature: left behind, or not imported |
 * | of a member          | no, or not all found       |              | member of what its label names          |
 * | anything else        | -            | -                          | signature                               |
 */
function useBySignature(device: BlockDevice, placements: Placements, pools: readonly Pool[]): DiskUse {
  const member = device.content === null ? undefined : memberSignatures[device.content];
  if (member === undefined || device.label === null) return signature(device);
  const { kind, backend } = member;
  const named = pools.find((pool) => pool.backend === backend && pool.name === device.label);
  const mayBeMember =
    named === undefined ? !placements.read.has(backend) : placements.incomplete.has(named.id);
  return mayBeMember ? { kind, name: device.label, path: device.path } : signature(device);
}

function mountUses(device: BlockDevice): DiskUse[] {
  return device.mountpoints.map((place) =>
    place === '[SWAP]'
      ? { kind: 'swap', name: 'swap', path: device.path }
      : { kind: 'mount', name: place, path: device.path },
  );
}

/** What holds a disk: pools first, then what lies on it, then bare signatures. Empty: nothing does. */
export function usesOf(disk: BlockDevice, placements: Placements, pools: readonly Pool[]): DiskUse[] {
  const claimed = placements.byDisk.get(disk.path) ?? [];
  const uses: DiskUse[] = claimed.map(({ pool, path }) => ({
    kind: poolKinds[pool.kind],
    name: pool.name,
    path,
  }));
  const all = withDescendants(disk);
  const own = [disk, ...disk.children.filter(({ type }) => type === 'part')];
  const mounts = all.flatMap(mountUses);
  const rest: DiskUse[] = [];
  for (const device of own) {
    const explained = claimed.some(({ path }) => path === device.path);
    const above = explained ? [] : device.children.flatMap((child) => useByChild(child, device.path) ?? []);
    rest.push(...above);
    const told = explained || above.length > 0 || device.mountpoints.length > 0;
    if (!told && device.content !== null) rest.push(useBySignature(device, placements, pools));
  }
  const seen = new Set<string>();
  return [...uses, ...rest, ...mounts].filter(({ kind, name, path }) => {
    const key = JSON.stringify([kind, name, path]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

function reason({ kind, name, path }: DiskUse): string {
  switch (kind) {
    case 'zpool':
      return `It belongs to the zpool ${name}.`;
    case 'volume-group':
      return `It belongs to the volume group ${name}.`;
    case 'raid-array':
      return `It is a member of the array ${name}.`;
    case 'btrfs-filesystem':
      return `It belongs to the btrfs file system ${name}.`;
    case 'mount':
      return `${path} is mounted at ${name}.`;
    case 'swap':
      return `${path} is used as swap.`;
    case 'device-mapper':
      return `The device-mapper device ${name} lies on it.`;
    case 'loop':
    case 'other':
      return `${name} lies on it.`;
    case 'signature':
      return `${path} carries a signature: ${name}. If nothing of it is needed, wipefs -a ${path} erases it.`;
  }
}

/** Below this no backend makes anything of a disk: ZFS refuses less (SPA_MINDEVSIZE). */
export const smallestDiskBytes = 64 * 1024 ** 2;

/** Why a disk can't be taken for a new pool, the most telling reason first. Empty: it can. */
export function ineligibility(disk: BlockDevice, uses: readonly DiskUse[]): string[] {
  const reasons = uses.map(reason);
  const parts = disk.children.filter(({ type }) => type === 'part').length;
  // vgcreate and mdadm refuse or ask over a partition table, also an empty one.
  if (disk.partitionTable !== null && uses.length === 0) {
    reasons.push(
      `It has a partition table (${disk.partitionTable}) with ${parts === 1 ? '1 partition' : `${parts} partitions`}. If nothing of it is needed, wipefs -a ${disk.path} erases it.`,
    );
  }
  if (disk.readOnly) reasons.push('It is read-only.');
  if (disk.removable) reasons.push('It is removable.');
  if (disk.sizeBytes < smallestDiskBytes) {
    const size = filesize(disk.sizeBytes, { standard: 'iec' });
    reasons.push(`It is too small: ${size}, and 64 MiB are the least.`);
  }
  return [...new Set(reasons)];
}
