import { z } from 'zod';
import {
  accessLevelSchema,
  environmentSchema,
  healthSchema,
  hostNameSchema,
  hostStateSchema,
  secretSchema,
} from './hosts';
import { smartSchema } from './disks';
import { sensorStateSchema } from './inventory';
import { offerSchema } from './operations';
import {
  addressSchema,
  bytesSchema,
  hostIdSchema,
  nothingSchema,
  portSchema,
  timestampMsSchema,
} from './primitives';
import { certificateSchema, wireErrorSchema } from './result';

/** One node of a cluster: each answers for all of them. */
export const endpointSchema = z.strictObject({ address: addressSchema, port: portSchema });
export type ClusterEndpoint = z.infer<typeof endpointSchema>;

/** `user@realm!token`, as `pveum user token list` prints it. */
export const tokenIdSchema = z
  .string()
  .max(200)
  .regex(/^[^\s!:/]+@[A-Za-z][A-Za-z0-9._-]*![A-Za-z][A-Za-z0-9._-]*$/, 'must look like user@realm!token');

/** `name@realm`: whom Proxmox VE knows by a password. */
export const clusterUserSchema = z
  .string()
  .max(120)
  .regex(/^[^\s!:/@]+(?:@[^\s!:/@]+)*@[A-Za-z][A-Za-z0-9._-]*$/, 'must look like user@realm');

/** As whom Holdfast comes. The secret or the password is sealed and is no part of it. */
export const clusterLoginSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), tokenId: tokenIdSchema }),
  z.strictObject({ kind: z.literal('password'), userId: clusterUserSchema }),
]);
export type ClusterLogin = z.infer<typeof clusterLoginSchema>;

/**
 * Exactly one of them: the pinned certificate of each node, the certificate authorities of this system, or one authority
 * of one's own, known by the SHA-256 of its certificate.
 */
export const clusterTrustSchema = z.union([
  z.enum(['pin', 'system']),
  z.strictObject({ authority: certificateSchema.shape.sha256 }),
]);
export type ClusterTrust = z.infer<typeof clusterTrustSchema>;

export const clusterSettingsSchema = z.strictObject({
  name: hostNameSchema,
  /** In the order they are tried. */
  endpoints: z
    .array(endpointSchema)
    .min(1)
    .max(16)
    .refine(
      (all) =>
        new Set(all.map(({ address, port }) => `${address.toLowerCase()}:${port}`)).size === all.length,
      'names a node twice',
    ),
  login: clusterLoginSchema,
  trust: clusterTrustSchema,
  environment: environmentSchema,
  accessLevel: accessLevelSchema,
});
export type ClusterSettings = z.infer<typeof clusterSettingsSchema>;

export const clusterSchema = clusterSettingsSchema.extend({
  id: hostIdSchema,
  /** Served by the embedded demo clusters; such clusters live in the demo profile only. */
  demo: z.boolean(),
  createdAtMs: timestampMsSchema,
  /** What the policy of this computer allows at most. Left out: everything. */
  most: accessLevelSchema.optional(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/** Of one node, as `/cluster/resources` tells it. null: not told, because it is down or may not be seen. */
export const clusterNodeSchema = z.strictObject({
  name: z.string(),
  status: z.enum(['online', 'offline', 'unknown']),
  /** Part of all its processors, 0 to 1. */
  cpu: z.number().nullable(),
  cpuCount: z.number().nullable(),
  memoryBytes: bytesSchema.nullable(),
  memoryTotalBytes: bytesSchema.nullable(),
  /** Of its root file system. */
  diskBytes: bytesSchema.nullable(),
  diskTotalBytes: bytesSchema.nullable(),
  uptimeSeconds: z.number().nullable(),
});
export type ClusterNode = z.infer<typeof clusterNodeSchema>;

export const guestTypes = ['qemu', 'lxc'] as const;
export const guestTypeSchema = z.enum(guestTypes);
export type GuestType = z.infer<typeof guestTypeSchema>;

/** A virtual machine or container. null: not told. */
export const guestSchema = z.strictObject({
  vmid: z.int().positive(),
  type: guestTypeSchema,
  /** null: its node is down, and nothing but its id is known. */
  name: z.string().nullable(),
  node: z.string(),
  status: z.enum(['running', 'stopped', 'paused', 'unknown']),
  template: z.boolean(),
  uptimeSeconds: z.number().nullable(),
  /** Part of its processors, 0 to 1. */
  cpu: z.number().nullable(),
  cpuCount: z.number().nullable(),
  memoryBytes: bytesSchema.nullable(),
  memoryTotalBytes: bytesSchema.nullable(),
  diskTotalBytes: bytesSchema.nullable(),
  tags: z.array(z.string()),
  pool: z.string().nullable(),
  /** `backup`, `migrate`, `snapshot` …: something has it, or died while it had it. */
  lock: z.string().nullable(),
  haState: z.string().nullable(),
});
export type Guest = z.infer<typeof guestSchema>;

export const clusterStorageSchema = z.strictObject({
  name: z.string(),
  node: z.string(),
  type: z.string(),
  content: z.array(z.string()),
  shared: z.boolean(),
  available: z.boolean(),
  usedBytes: bytesSchema.nullable(),
  totalBytes: bytesSchema.nullable(),
});
export type ClusterStorage = z.infer<typeof clusterStorageSchema>;

export const clusterProblemSchema = z.strictObject({
  severity: z.enum(['critical', 'warning']),
  text: z.string(),
  advice: z.string(),
});
export type ClusterProblem = z.infer<typeof clusterProblemSchema>;

/** One reading of a cluster. */
export const clusterInventorySchema = z.strictObject({
  takenAtMs: timestampMsSchema,
  /** `9.2.11`; null: the token may not read it. */
  version: z.string().nullable(),
  /** null: one node that is in no cluster, or the token may not see it. */
  quorate: z.boolean().nullable(),
  nodes: z.array(clusterNodeSchema),
  guests: z.array(guestSchema),
  storages: z.array(clusterStorageSchema),
  problems: z.array(clusterProblemSchema),
});
export type ClusterInventory = z.infer<typeof clusterInventorySchema>;

/** A column of few different values: each once, and for each row its place among them. */
export interface Repeated<T> {
  values: T[];
  at: number[];
}
const repeatedSchema = <T>(value: z.ZodType<T>): z.ZodType<Repeated<T>> =>
  z.strictObject({ values: z.array(value), at: z.array(z.int().min(0)) });
const wordOrNothing = repeatedSchema(z.string().nullable());

/** The guests of a reading by column, all of the same length: see core/clusters/pack-inventory.ts. */
export const packedGuestsSchema = z.strictObject({
  vmid: z.array(guestSchema.shape.vmid),
  type: repeatedSchema(guestSchema.shape.type),
  name: z.array(guestSchema.shape.name),
  node: repeatedSchema(guestSchema.shape.node),
  status: repeatedSchema(guestSchema.shape.status),
  /** Rows that are templates. */
  templates: z.array(z.int().min(0)),
  uptimeSeconds: z.array(guestSchema.shape.uptimeSeconds),
  /** To a hundredth of a percent. */
  cpu: z.array(guestSchema.shape.cpu),
  cpuCount: z.array(guestSchema.shape.cpuCount),
  memoryBytes: z.array(guestSchema.shape.memoryBytes),
  memoryTotalBytes: z.array(guestSchema.shape.memoryTotalBytes),
  diskTotalBytes: z.array(guestSchema.shape.diskTotalBytes),
  tags: repeatedSchema(guestSchema.shape.tags),
  pool: wordOrNothing,
  lock: wordOrNothing,
  haState: wordOrNothing,
});
export type PackedGuests = z.infer<typeof packedGuestsSchema>;
export const packedInventorySchema = clusterInventorySchema.extend({ guests: packedGuestsSchema });
export type PackedInventory = z.infer<typeof packedInventorySchema>;

export const clusterSummarySchema = z.strictObject({
  takenAtMs: timestampMsSchema,
  version: z.string().nullable(),
  quorate: z.boolean().nullable(),
  health: healthSchema,
  nodeCount: z.int(),
  nodesOnline: z.int(),
  guestCount: z.int(),
  guestsRunning: z.int(),
  /** Over the nodes that tell it, weighted by processors, 0 to 1; null: none does. */
  cpu: z.number().nullable(),
  cpuCount: z.number(),
  memoryBytes: bytesSchema,
  memoryTotalBytes: bytesSchema,
  problems: z.array(clusterProblemSchema),
});
export type ClusterSummary = z.infer<typeof clusterSummarySchema>;

export const clusterOverviewSchema = z.strictObject({
  cluster: clusterSchema,
  state: hostStateSchema,
  /** Last known; null: never read. */
  summary: clusterSummarySchema.nullable(),
});
export type ClusterOverview = z.infer<typeof clusterOverviewSchema>;

/** A snapshot of a guest. The row of Proxmox VE called `current` is `GuestSnapshots.current`, not one of these. */
export const guestSnapshotSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  createdAtMs: timestampMsSchema.nullable(),
  /** Name of the snapshot it was taken after; null: the first, or its parent is gone. */
  parent: z.string().nullable(),
  /** Holds the memory of the running guest. */
  withMemory: z.boolean(),
  /** It is being made, deleted or rolled back to, or that died on the way; null: at rest. */
  state: z.string().nullable(),
});
export type GuestSnapshot = z.infer<typeof guestSnapshotSchema>;

export const guestSnapshotsSchema = z.strictObject({
  snapshots: z.array(guestSnapshotSchema),
  /** What the present state descends from; null: no snapshot. */
  current: z.strictObject({ parent: z.string().nullable(), running: z.boolean() }),
});
export type GuestSnapshots = z.infer<typeof guestSnapshotsSchema>;

/** One key of a guest's configuration. Values that are or may hold secrets never reach the page. */
export const guestConfigEntrySchema = z.strictObject({
  key: z.string(),
  /** null: it is only wanted. */
  value: z.string().nullable(),
  /** Waits for the next start; null: nothing does. */
  pending: z.string().nullable(),
  /** Is taken away at the next start. */
  deleted: z.boolean(),
});
export type GuestConfigEntry = z.infer<typeof guestConfigEntrySchema>;

export const guestBackupSchema = z.strictObject({
  /** `nas-backup:backup/vzdump-qemu-100-….vma.zst` */
  volid: z.string(),
  storage: z.string(),
  node: z.string(),
  /** null: of no guest that its name tells. */
  vmid: z.int().nullable(),
  type: guestTypeSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  sizeBytes: bytesSchema.nullable(),
  notes: z.string(),
  protected: z.boolean(),
  /** What a Proxmox Backup Server last found when it read it whole; null: it was never verified, or lies elsewhere. */
  verified: z.enum(['ok', 'failed']).nullable(),
  /** By a key that the node holds: without that key it is worth nothing. */
  encrypted: z.boolean(),
});
export type GuestBackup = z.infer<typeof guestBackupSchema>;

export const backupAgeSchema = z.strictObject({
  vmid: z.int(),
  name: z.string().nullable(),
  node: z.string(),
  type: guestTypeSchema,
  /** null: none was found. */
  lastAtMs: timestampMsSchema.nullable(),
});
export type BackupAge = z.infer<typeof backupAgeSchema>;

export const permissionCheckSchema = z.strictObject({
  level: accessLevelSchema,
  path: z.string(),
  privilege: z.string(),
  /** What cannot be done without it. */
  what: z.string(),
  held: z.boolean(),
  /** Who lacks it, where it is not held and could be told apart (H56). null: held, or not told. */
  lackedBy: z.enum(['user', 'token']).nullable(),
});
export type PermissionCheck = z.infer<typeof permissionCheckSchema>;

/** One line of a health report: what was looked at, and what was found. */
export const healthCheckSchema = z.strictObject({
  title: z.string(),
  /** `unknown`: it could not be read, and `text` says why. */
  outcome: z.enum(['ok', 'warning', 'failed', 'unknown']),
  text: z.string(),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;
export const healthReportSchema = z.strictObject({
  takenAtMs: timestampMsSchema,
  checks: z.array(healthCheckSchema),
});
export type HealthReport = z.infer<typeof healthReportSchema>;

/** What the API leaves to root on a node, why, and the commands for it there. */
export const rootTaskSchema = z.strictObject({
  id: z.enum(['keyctl', 'usb-mount', 'smart-sensors']),
  title: z.string(),
  why: z.string(),
  commands: z.array(z.string()),
  /** What Holdfast does of it: over the API, or over SSH for a node that has a host in its list. */
  byHoldfast: z.string(),
});
export type RootTask = z.infer<typeof rootTaskSchema>;

/** A node with the host of the list that it is, as far as one was chosen or has its name. */
export const nodeHostSchema = z.strictObject({
  node: z.string(),
  host: z.strictObject({ hostId: hostIdSchema, name: z.string(), chosen: z.boolean() }).nullable(),
  /** As last read over SSH; null: never, or its disks could not be read. */
  disks: z
    .array(
      z.strictObject({
        path: z.string(),
        model: z.string().nullable(),
        health: healthSchema,
        smart: smartSchema.pick({
          status: true,
          reason: true,
          temperatureCelsius: true,
          powerOnHours: true,
          wearPercent: true,
        }),
      }),
    )
    .nullable(),
  /** As last read over SSH; null: never. The API of Proxmox VE has no call for them. */
  sensors: z.strictObject({ takenAtMs: timestampMsSchema, state: sensorStateSchema }).nullable(),
});
export type NodeHost = z.infer<typeof nodeHostSchema>;

/** One guest or storage for which the token may do less than for the rest. */
export const permissionExceptionSchema = z.strictObject({ path: z.string(), missing: z.array(z.string()) });
export type PermissionException = z.infer<typeof permissionExceptionSchema>;

/**
 * Whether the authority that the cluster itself named, over a connection that was pinned, signed a certificate. It is
 * computed from the signature; names prove nothing. `unknown`: no authority of this cluster was read yet.
 */
export const signatureSchema = z.strictObject({
  by: z.enum(['authority', 'another', 'unknown']),
  /** null: unknown. */
  authority: z.strictObject({ certificate: certificateSchema, readAtMs: timestampMsSchema }).nullable(),
});
export type Signature = z.infer<typeof signatureSchema>;

/** A directory of users: `pam`, `pve`, and those of LDAP, Active Directory or OpenID that the cluster was given. */
export const realmSchema = z.strictObject({
  realm: z.string(),
  type: z.string(),
  comment: z.string(),
  /** Its users need a second factor. */
  secondFactor: z.boolean(),
});
export type Realm = z.infer<typeof realmSchema>;

const guestRefSchema = z.strictObject({ clusterId: hostIdSchema, vmid: z.int().positive() });

/** One task of the last that a cluster tells of. */
export const clusterTaskSchema = z.strictObject({
  upid: z.string(),
  node: z.string(),
  type: z.string(),
  /** Of the guest or storage; empty: of no single one. */
  id: z.string(),
  user: z.string(),
  startedAtMs: timestampMsSchema,
  /** null: it runs. */
  endedAtMs: timestampMsSchema.nullable(),
  outcome: z.enum(['running', 'ok', 'warnings', 'failed', 'broken-off']),
  /** What the cluster says of its end; null: it runs. */
  status: z.string().nullable(),
});
export type ClusterTask = z.infer<typeof clusterTaskSchema>;

const clusterRefSchema = z.strictObject({ clusterId: hostIdSchema });

export const clustersContract = {
  list: {
    request: nothingSchema,
    response: z.strictObject({ clusters: z.array(clusterOverviewSchema) }),
  },
  add: {
    request: z.strictObject({ settings: clusterSettingsSchema, secret: secretSchema.nullable() }),
    response: clusterSchema,
  },
  update: {
    request: z.strictObject({
      clusterId: hostIdSchema,
      settings: clusterSettingsSchema,
      /** null keeps the stored secret. */
      secret: secretSchema.nullable(),
    }),
    response: clusterSchema,
  },
  /** Forgets our own record after a native confirmation. The audit file stays. */
  remove: { request: clusterRefSchema, response: z.strictObject({ removed: z.boolean() }) },
  /** Asks address:port for its certificate, without offering any credential. */
  probeCertificate: {
    /** `authority`: one that was chosen, instead of those of the system. */
    request: endpointSchema.extend({ authority: certificateSchema.shape.sha256.optional() }),
    response: z.strictObject({
      status: z.enum(['trusted', 'unknown', 'changed']),
      offered: certificateSchema,
      /** Pinned until now; null: none. */
      known: certificateSchema.nullable(),
      /** The given authority, or those of this system, vouch for it under that name. */
      vouched: z.boolean(),
      signature: signatureSchema,
    }),
  },
  /** Native file dialog; the certificates of authorities in the file are copied into our own data. null: cancelled. */
  chooseAuthority: {
    request: nothingSchema,
    response: z.strictObject({ authority: certificateSchema.nullable() }),
  },
  /** One that was chosen before. */
  authority: {
    request: z.strictObject({ sha256: certificateSchema.shape.sha256 }),
    response: certificateSchema,
  },
  /** Realms that a node offers, which it tells without a login, once its certificate is trusted. */
  realms: {
    request: z.strictObject({ endpoint: endpointSchema, trust: clusterTrustSchema }),
    response: z.strictObject({ realms: z.array(realmSchema) }),
  },
  /** Logs in and reads the version from each node, before anything is saved (F18). null: the stored secret. */
  testConnection: {
    request: z.strictObject({
      clusterId: hostIdSchema.nullable(),
      settings: clusterSettingsSchema,
      secret: secretSchema.nullable(),
    }),
    response: z.strictObject({
      nodes: z.array(
        z.strictObject({
          endpoint: endpointSchema,
          /** null: it failed. */
          answer: z.strictObject({ version: z.string(), latencyMs: z.number() }).nullable(),
          error: wireErrorSchema.nullable(),
        }),
      ),
    }),
  },
  /** Native dialog with the fingerprint; on yes the certificate is pinned. It is compared with a fresh probe. */
  trustCertificate: {
    request: endpointSchema.extend({ sha256: certificateSchema.shape.sha256 }),
    response: z.strictObject({ trusted: z.boolean() }),
  },
  /** Last known; null: never read. Never touches the network. */
  read: {
    request: clusterRefSchema,
    response: z.strictObject({ inventory: packedInventorySchema.nullable() }),
  },
  /** When the reading was taken that `read` gives from then on. */
  refresh: {
    request: clusterRefSchema.extend({
      /** A reading that is no older will do (F41). Left out: read anew. */
      maxAgeSeconds: z.int().min(0).max(10).optional(),
    }),
    response: z.strictObject({ takenAtMs: timestampMsSchema }),
  },
  /** Of one guest, read now. */
  guestSnapshots: { request: guestRefSchema, response: guestSnapshotsSchema },
  /** Configuration of one guest, read now, and the form that changes it. */
  guestConfig: {
    request: guestRefSchema,
    response: z.strictObject({
      entries: z.array(guestConfigEntrySchema),
      edit: offerSchema,
      /** Forms for what this guest has: cloud-init, network cards, mount points. */
      more: z.array(offerSchema),
    }),
  },
  /** Backups on all storages that hold some, newest first, and how old the last one of each guest is; read now. */
  backups: {
    request: clusterRefSchema,
    response: z.strictObject({
      backups: z.array(guestBackupSchema),
      ages: z.array(backupAgeSchema),
      /** Storages that could not be read: what was not found may be there. */
      unread: z.array(z.strictObject({ storage: z.string(), text: z.string() })),
    }),
  },
  /** What the access level of this laptop needs, and what the token has of it; read now. */
  permissions: {
    request: clusterRefSchema,
    response: z.strictObject({
      checks: z.array(permissionCheckSchema),
      exceptions: z.array(permissionExceptionSchema),
    }),
  },
  /** What the API cannot do, and the hosts that stand for the nodes. Never touches the network. */
  rootTasks: {
    request: clusterRefSchema,
    response: z.strictObject({ tasks: z.array(rootTaskSchema), nodes: z.array(nodeHostSchema) }),
  },
  /** The host of the list that one node is. Never touches the network. */
  nodeHost: {
    request: clusterRefSchema.extend({ node: z.string().min(1).max(63) }),
    response: nodeHostSchema,
  },
  /** Says which host of the list a node is. null: none that was chosen. */
  linkHost: {
    request: clusterRefSchema.extend({ node: z.string().min(1).max(63), hostId: hostIdSchema.nullable() }),
    response: nothingSchema,
  },
  /** What a person would look at first, read now. Changes nothing. */
  healthReport: { request: clusterRefSchema, response: healthReportSchema },
  /** The last tasks of all nodes, newest first, read now. */
  tasks: { request: clusterRefSchema, response: z.strictObject({ tasks: z.array(clusterTaskSchema) }) },
  /** The end of a task's log, read now. */
  taskLog: {
    request: clusterRefSchema.extend({ upid: z.string().max(300) }),
    response: z.strictObject({
      lines: z.array(z.string()),
      outcome: clusterTaskSchema.shape.outcome,
      status: z.string().nullable(),
    }),
  },
} as const;
