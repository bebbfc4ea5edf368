import type { StorageBackend } from './backend';
import { lvm } from './lvm/index';
import { mdadm } from './mdadm/index';
import { zfs } from './zfs/index';

/** Every storage technology Holdfast reads; one line each. */
export const backends: readonly StorageBackend[] = [zfs, lvm, mdadm];
