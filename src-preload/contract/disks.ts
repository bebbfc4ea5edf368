import { z } from 'zod';
import { healthSchema } from './hosts';
import { bytesSchema, percentSchema } from './primitives';

/** What holds a disk or a partition of it. */
export const diskUseSchema = z.strictObject({
  kind: z.enum([
    'zpool',
    'volume-group',
    'raid-array',
    'btrfs-filesystem',
    'mount',
    'swap',
    'device-mapper',
    'loop',
    'signature',
    'other',
  ]),
  /** `tank`, `vg0`, `/dev/md0`, `/srv`, or the signature found: `ext4`. */
  name: z.string(),
  /** The disk or the partition of it: `/dev/sdb1`. */
  path: z.string(),
});
export type DiskUse = z.infer<typeof diskUseSchema>;

export const partitionSchema = z.strictObject({
  path: z.string(),
  /** Partition label, GPT. */
  label: z.string().nullable(),
  sizeBytes: bytesSchema,
  /** Type of the file system or member signature: `ext4`, `zfs_member`, `LVM2_member`. */
  content: z.string().nullable(),
  mountpoints: z.array(z.string()),
  filesystemSizeBytes: bytesSchema.nullable(),
  filesystemUsedBytes: bytesSchema.nullable(),
});
export type Partition = z.infer<typeof partitionSchema>;

export const smartSchema = z.strictObject({
  /** `unavailable`: the disk or the host has no SMART (virtio, smartctl missing); `reason` says which. */
  status: z.enum(['passed', 'failed', 'unavailable', 'unknown']),
  reason: z.string().nullable(),
  temperatureCelsius: z.number().nullable(),
  powerOnHours: z.number().nullable(),
  /** Share of the rated endurance that is used up: NVMe `percentage_used`, ATA wear attributes. May exceed 100. */
  wearPercent: z.number().nonnegative().nullable(),
  reallocatedSectors: z.number().nullable(),
  pendingSectors: z.number().nullable(),
  /** NVMe media errors, ATA uncorrectable errors. */
  mediaErrors: z.number().nullable(),
  selfTest: z.strictObject({
    state: z.enum(['none', 'running', 'passed', 'failed', 'aborted', 'unknown', 'unsupported']),
    remainingPercent: percentSchema.nullable(),
    text: z.string(),
  }),
});
export type Smart = z.infer<typeof smartSchema>;

export const diskSchema = z.strictObject({
  /** Stable over re-plugging: the by-id name, else WWN, serial, and last the kernel name. */
  id: z.string(),
  /** `/dev/sdb`: may name another disk after the next boot. */
  path: z.string(),
  /** The path commands use: by-id where there is one. */
  stablePath: z.string(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  wwn: z.string().nullable(),
  sizeBytes: bytesSchema,
  /** `sata`, `nvme`, `usb`, `virtio`, as lsblk says. */
  transport: z.string().nullable(),
  rotational: z.boolean().nullable(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  logicalSectorBytes: z.int().nullable(),
  physicalSectorBytes: z.int().nullable(),
  partitions: z.array(partitionSchema),
  uses: z.array(diskUseSchema),
  /** Why it can't be taken for a new pool; empty: it can. */
  ineligible: z.array(z.string()),
  smart: smartSchema,
  /** When SMART said that: it is read less often than the rest. */
  smartReadAtMs: z.int(),
  health: healthSchema,
});
export type Disk = z.infer<typeof diskSchema>;
