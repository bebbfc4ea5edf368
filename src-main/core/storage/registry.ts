import type { StorageBackend } from './backend';
import { btrfs } from './btrfs/index';
import { lvm } from './lvm/index';
import { mdadm } from './mdadm/index';
import { zfs } from './zfs/index';

/** Every storage technology Holdfast reads; one line each. */
export const backends: readonly StorageBackend[] = [zfs, lvm, mdadm, btrfs];
