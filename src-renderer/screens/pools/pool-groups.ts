import type { BackendKind } from '../../../src-preload/contract/inventory';

export const backendOrder: readonly BackendKind[] = ['zfs', 'lvm', 'mdadm', 'btrfs'];

export const backendTitles: Record<BackendKind, string> = {
  zfs: 'ZFS',
  lvm: 'LVM',
  mdadm: 'Software RAID',
  btrfs: 'btrfs',
};
