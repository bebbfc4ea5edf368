import { z } from 'zod';
import {
  hostIdSchema,
  bytesSchema,
  factSchema,
  percentSchema,
  searchSchema,
  timestampMsSchema,
} from './primitives';
import { wireErrorSchema } from './result';
import { diskSchema } from './disks';
import { healthSchema, hostProblemSchema } from './hosts';
import { sandboxInventorySchema } from './sandbox';

export const backendKinds = ['zfs', 'lvm', 'mdadm', 'btrfs'] as const;
export const backendKindSchema = z.enum(backendKinds);
export type BackendKind = z.infer<typeof backendKindSchema>;

/** What a backend on one host can do. Screens ask these; none switches on kind. */
export const backendStatusSchema = z.strictObject({
  kind: backendKindSchema,
  title: z.string(),
  available: z.boolean(),
  version: z.string().nullable(),
  /** Debian package that brings the tools, named when the backend is missing. */
  packageName: z.string(),
  /** Why the backend is unavailable, or could not be read. */
  error: wireErrorSchema.nullable(),
  /** When the host last refused a command for which another one stood in; left out: it refuses none. */
  refusedAtMs: z.number().optional(),
  capabilities: z.strictObject({
    snapshots: z.boolean(),
    /** `any`: newer snapshots survive; `newest-only`: newer ones are destroyed or must go first. */
    rollback: z.enum(['any', 'newest-only', 'none']),
    /** The snapshot needs its own size reservation. */
    snapshotNeedsSize: z.boolean(),
  }),
});
export type BackendStatus = z.infer<typeof backendStatusSchema>;

/** One node of a pool's make-up: vdev, member disk, physical volume. Root nodes first. */
export interface TopologyNode {
  name: string;
  /** mirror-0, raidz1-0, disk, spare, replacing, logs, cache, pv … as the tool calls it. */
  role: string;
  state: string;
  health: z.infer<typeof healthSchema>;
  sizeBytes: number | null;
  freeBytes: number | null;
  readErrors: number | null;
  writeErrors: number | null;
  checksumErrors: number | null;
  note: string | null;
  /** Device path that commands can name, where it differs from `name`. */
  path?: string | undefined;
  children: TopologyNode[];
}
export const topologyNodeSchema: z.ZodType<TopologyNode> = z.lazy(() =>
  z.strictObject({
    name: z.string(),
    role: z.string(),
    state: z.string(),
    health: healthSchema,
    sizeBytes: bytesSchema.nullable(),
    freeBytes: bytesSchema.nullable(),
    readErrors: z.number().nullable(),
    writeErrors: z.number().nullable(),
    checksumErrors: z.number().nullable(),
    note: z.string().nullable(),
    path: z.string().optional(),
    children: z.array(topologyNodeSchema),
  }),
);

/** A scrub, resilver, merge or move on its way. `percent` null: the tool does not say. */
export const activitySchema = z.strictObject({
  kind: z.enum(['scrub', 'resilver', 'merge', 'move', 'reshape', 'check', 'balance', 'trim', 'replace']),
  state: z.enum(['running', 'paused', 'finished', 'canceled']),
  percent: percentSchema.nullable(),
  etaSeconds: z.number().nullable(),
  /** The tool's own words. */
  text: z.string(),
});
export type Activity = z.infer<typeof activitySchema>;

export type { Fact } from './primitives';

export const poolSchema = z.strictObject({
  /** `zfs:tank`, `lvm:vg0`, `lvm:vg0/thin`: backend and native name. Unique on its host. */
  id: z.string(),
  backend: backendKindSchema,
  kind: z.enum(['zpool', 'volume-group', 'thin-pool', 'raid-array', 'btrfs-filesystem']),
  name: z.string(),
  /** The volume group of a thin pool. */
  parentPoolId: z.string().nullable(),
  health: healthSchema,
  /** The tool's own state word: ONLINE, DEGRADED, `wz--n-`. */
  state: z.string(),
  sizeBytes: bytesSchema,
  usedBytes: bytesSchema,
  freeBytes: bytesSchema,
  fragmentationPercent: percentSchema.nullable(),
  /** Thin pools: fill of the data and of the metadata volume. */
  dataPercent: percentSchema.nullable(),
  metadataPercent: percentSchema.nullable(),
  topology: z.array(topologyNodeSchema),
  activity: activitySchema.nullable(),
  problems: z.array(hostProblemSchema),
  /** RAID level or profile: `raid6`, `mirror`, `data RAID1, metadata RAID1`. */
  level: z.string().nullable().optional(),
  facts: z.array(factSchema).optional(),
});
export type Pool = z.infer<typeof poolSchema>;

export const volumeSchema = z.strictObject({
  /** `zfs:tank/data`, `lvm:vg0/root`. */
  id: z.string(),
  backend: backendKindSchema,
  poolId: z.string(),
  kind: z.enum([
    'filesystem',
    'zvol',
    'linear',
    'thin',
    'raid',
    'striped',
    'mirror',
    'cache',
    'other',
    'subvolume',
  ]),
  /** Full native name: `tank/data`, `vg0/root`. */
  name: z.string(),
  sizeBytes: bytesSchema.nullable(),
  usedBytes: bytesSchema.nullable(),
  referencedBytes: bytesSchema.nullable(),
  usedBySnapshotsBytes: bytesSchema.nullable(),
  mountpoint: z.string().nullable(),
  mounted: z.boolean().nullable(),
  /** The device is open (mounted, exported, in use by a guest). */
  open: z.boolean().nullable(),
  active: z.boolean().nullable(),
  /** Snapshot this volume was cloned from, or origin of a thin volume. */
  origin: z.string().nullable(),
  state: z.string(),
  health: healthSchema,
  createdAtMs: timestampMsSchema.nullable(),
  facts: z.array(factSchema).optional(),
});
export type Volume = z.infer<typeof volumeSchema>;

export const snapshotSchema = z.strictObject({
  /** `zfs:tank/data@daily-1`, `lvm:vg0/root-before`. */
  id: z.string(),
  backend: backendKindSchema,
  poolId: z.string(),
  /** Full native name, `tank/data@daily-1`, `vg0/root-before`. */
  fullName: z.string(),
  /** The part people chose: `daily-1`, `root-before`. */
  name: z.string(),
  /** Parent volume, `tank/data`, `vg0/root`; null when the origin is gone. */
  volumeName: z.string().nullable(),
  kind: z.enum(['zfs-snapshot', 'lvm-thick', 'lvm-thin', 'btrfs-snapshot']),
  /** Bytes only this snapshot holds (freed when it alone is destroyed); null: the tool gives none, or not read yet. */
  usedBytes: bytesSchema.nullable(),
  /** Size of the content it shows (ZFS referenced) or its reserved size (LVM). */
  sizeBytes: bytesSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  /** Thick LVM snapshots: how full the reservation is. */
  percentFull: percentSchema.nullable(),
  state: z.enum(['ok', 'invalid', 'merging', 'unknown']),
  /** ZFS holds or clones that keep it from being destroyed; null, always both: its details were not read yet. */
  cloneNames: z.array(z.string()).nullable(),
  holdCount: z.int().nullable(),
  /** Rises from old to new among the snapshots of one pool (ZFS createtxg). Left out where the backend has none. */
  order: z.int().nonnegative().optional(),
  /** btrfs: a snapshot may be writable. Left out where the backend has only read-only ones. */
  readOnly: z.boolean().optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

export const failedUnitSchema = z.strictObject({ name: z.string(), description: z.string() });
export type FailedUnit = z.infer<typeof failedUnitSchema>;

/** One sensor of a board, processor or drive, as lm-sensors tells it. Limits are those of the chip; null: it has none. */
export const sensorSchema = z.strictObject({
  /** `coretemp-isa-0000` */
  chip: z.string(),
  /** `Package id 0`, `fan1` */
  label: z.string(),
  kind: z.enum(['temperature', 'fan', 'voltage']),
  /** Degrees Celsius, revolutions a minute, or volts. */
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  critical: z.number().nullable(),
  /** The chip itself raises one. */
  alarm: z.boolean(),
});
export type Sensor = z.infer<typeof sensorSchema>;

export const sensorStateSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('read'),
    sensors: z.array(sensorSchema),
    /** `chip label` of those that are there and gave no value. */
    silent: z.array(z.string()),
  }),
  /** The host has no lm-sensors. */
  z.strictObject({ status: z.literal('not-installed') }),
  z.strictObject({ status: z.literal('unreadable'), reason: z.string() }),
]);
export type SensorState = z.infer<typeof sensorStateSchema>;

/** What the host says of itself. null: it cannot tell (no systemd, no GNU date). */
export const systemStateSchema = z.strictObject({
  /** Seconds by which its clock is ahead of ours; 0 within what the line's delay lets us know. */
  clockOffsetSeconds: z.number().nullable(),
  failedUnits: z.array(failedUnitSchema).nullable(),
  /** Left out: read by an older Holdfast. */
  sensors: sensorStateSchema.optional(),
});
export type SystemState = z.infer<typeof systemStateSchema>;

export const hostInventorySchema = z.strictObject({
  hostId: hostIdSchema,
  takenAtMs: timestampMsSchema,
  durationMs: z.number(),
  backends: z.array(backendStatusSchema),
  pools: z.array(poolSchema),
  volumes: z.array(volumeSchema),
  snapshotCount: z.int(),
  /** null: the disks could not be read; `disksError` says why. */
  disks: z.array(diskSchema).nullable(),
  disksError: wireErrorSchema.nullable(),
  /** Left out or null: not read. */
  system: systemStateSchema.nullable().optional(),
  /** Left out or null: not read; `sandboxError` says why. */
  sandbox: sandboxInventorySchema.nullable().optional(),
  sandboxError: wireErrorSchema.nullable().optional(),
});
export type HostInventory = z.infer<typeof hostInventorySchema>;

export const snapshotRowSchema = snapshotSchema.extend({ hostId: hostIdSchema, hostName: z.string() });
export type SnapshotRow = z.infer<typeof snapshotRowSchema>;

export const snapshotSortKeys = ['createdAtMs', 'fullName', 'usedBytes', 'sizeBytes', 'hostName'] as const;

/** Snapshots whose details are read on demand by one call. */
export const mostSnapshotDetails = 200;

export const inventoryContract = {
  /** Last known inventory, from memory or disk; null when the host was never read. Never touches the network. */
  read: {
    request: z.strictObject({ hostId: hostIdSchema }),
    response: z.strictObject({ inventory: hostInventorySchema.nullable() }),
  },
  /**
   * Connects if needed and reads everything again. SMART of a disk is left as it was while it is recent, unless
   * `smart` asks for it.
   */
  refresh: {
    request: z.strictObject({ hostId: hostIdSchema, smart: z.boolean().optional() }),
    response: hostInventorySchema,
  },
  refreshAll: {
    request: z.strictObject({ smart: z.boolean().optional() }),
    response: z.strictObject({ started: z.int() }),
  },
  /** Page of snapshots over one or all hosts, from the last known inventory. */
  snapshots: {
    request: z.strictObject({
      hostId: hostIdSchema.nullable(),
      poolId: z.string().max(512).nullable(),
      volumeName: z.string().max(512).nullable(),
      search: searchSchema,
      sort: z.enum(snapshotSortKeys),
      descending: z.boolean(),
      offset: z.int().nonnegative(),
      limit: z.int().min(1).max(1000),
    }),
    response: z.strictObject({
      total: z.int(),
      /** Of those whose details were read. */
      totalUsedBytes: bytesSchema,
      unreadCount: z.int(),
      rows: z.array(snapshotRowSchema),
    }),
  },
  /** Reads what the inventory of a host with very many snapshots leaves unread, and keeps it. */
  snapshotDetails: {
    request: z.strictObject({
      hostId: hostIdSchema,
      snapshotIds: z.array(z.string().max(512)).min(1).max(mostSnapshotDetails),
    }),
    response: z.strictObject({
      snapshots: z.array(snapshotSchema),
      /** Ids of those that vanished since the inventory was read. */
      gone: z.array(z.string()),
    }),
  },
} as const;
