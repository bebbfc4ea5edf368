import { z } from 'zod';
import { clusterTaskSchema, guestTypeSchema } from './clusters';
import { bytesSchema, hostIdSchema, timestampMsSchema } from './primitives';

/** `prune-backups` in the order that Proxmox VE applies it; 0 or left out: nothing is kept by that rule. */
export const keepRules = [
  'keep-last',
  'keep-hourly',
  'keep-daily',
  'keep-weekly',
  'keep-monthly',
  'keep-yearly',
] as const;

/** A backup job of the cluster, as `/cluster/backup` tells it. */
export const backupJobSchema = z.strictObject({
  id: z.string(),
  enabled: z.boolean(),
  comment: z.string(),
  /** A calendar event: `mon..fri 02:30`. */
  schedule: z.string(),
  /** null: never, or the schedule could not be told. */
  nextRunAtMs: timestampMsSchema.nullable(),
  storage: z.string().nullable(),
  mode: z.string(),
  /** `zstd`, `gzip`, `lzo`, `0`; null: the default of its nodes. */
  compress: z.string().nullable(),
  selection: z.enum(['all', 'list', 'pool']),
  vmids: z.array(z.int()),
  /** Left out of `all`. */
  exclude: z.array(z.int()),
  pool: z.string().nullable(),
  /** On this node only; null: on all. */
  node: z.string().nullable(),
  /** `keep-last=3,keep-weekly=2`; null: as the storage says. */
  keep: z.string().nullable(),
  mailTo: z.string().nullable(),
  /** `always` or `failure`; null: not said. */
  mailWhen: z.string().nullable(),
  /** `auto`, `legacy-sendmail` or `notification-system` (since 8.1); null: not said. */
  notifyBy: z.string().nullable(),
  notesTemplate: z.string().nullable(),
});
export type BackupJob = z.infer<typeof backupJobSchema>;

const uncoveredGuestSchema = z.strictObject({
  vmid: z.int(),
  name: z.string().nullable(),
  type: guestTypeSchema,
});

export const haResourceSchema = z.strictObject({
  /** `vm:100`, `ct:200` */
  sid: z.string(),
  /** What was asked for: `started`, `stopped`, `disabled`, `ignored`. */
  state: z.string(),
  /** What the manager says of it; null: it says nothing yet. */
  status: z.string().nullable(),
  node: z.string().nullable(),
  group: z.string().nullable(),
  maxRestart: z.int(),
  maxRelocate: z.int(),
  comment: z.string(),
});
export type HaResource = z.infer<typeof haResourceSchema>;

/** A rule (since 9.0) or a group (until 8.x) that says where resources may be. */
export const haRuleSchema = z.strictObject({
  kind: z.enum(['group', 'node-affinity', 'resource-affinity']),
  name: z.string(),
  /** `pve1:2,pve2` with priorities; empty for rules about resources. */
  nodes: z.string(),
  /** Of rules: `vm:100,ct:200`. */
  resources: z.string(),
  /** Nowhere but there. */
  strict: z.boolean(),
  /** Of groups: stays where it is when a better node comes back. */
  noFailback: z.boolean(),
  affinity: z.string().nullable(),
  disabled: z.boolean(),
  comment: z.string(),
});
export type HaRule = z.infer<typeof haRuleSchema>;

export const haSchema = z.strictObject({
  /** Rows of the manager that are about no resource: quorum, fencing, master, the managers of the nodes. */
  managers: z.array(z.strictObject({ type: z.string(), node: z.string(), status: z.string() })),
  resources: z.array(haResourceSchema),
  /** `groups`: as until 8.x; `rules`: since 9.0. */
  system: z.enum(['groups', 'rules']),
  rules: z.array(haRuleSchema),
});
export type Ha = z.infer<typeof haSchema>;

/** `new`, `changed` and `deleted` wait for an apply. */
const sdnStateSchema = z.enum(['applied', 'new', 'changed', 'deleted']);

export const sdnZoneSchema = z.strictObject({
  zone: z.string(),
  type: z.string(),
  state: sdnStateSchema,
  /** `mtu=1450`, … as it is written. */
  settings: z.array(z.string()),
  /** What an apply would change. */
  pending: z.array(z.string()),
});
export type SdnZone = z.infer<typeof sdnZoneSchema>;

export const sdnVnetSchema = sdnZoneSchema.extend({
  vnet: z.string(),
  alias: z.string(),
  tag: z.int().nullable(),
});
export type SdnVnet = z.infer<typeof sdnVnetSchema>;

/** A network of a VNet. */
export const sdnSubnetSchema = z.strictObject({
  cidr: z.string(),
  gateway: z.string(),
  /** Guests reach the world behind the node's address. */
  snat: z.boolean(),
  state: sdnZoneSchema.shape.state,
  settings: z.array(z.string()),
});
export type SdnSubnet = z.infer<typeof sdnSubnetSchema>;

export const sdnSchema = z.strictObject({
  zones: z.array(sdnZoneSchema),
  vnets: z.array(sdnVnetSchema),
  controllers: z.array(
    z.strictObject({ controller: z.string(), type: z.string(), settings: z.array(z.string()) }),
  ),
});
export type Sdn = z.infer<typeof sdnSchema>;

/** Whose firewall. */
export const firewallScopeSchema = z.discriminatedUnion('level', [
  z.strictObject({ level: z.literal('cluster') }),
  z.strictObject({ level: z.literal('node'), node: z.string().max(63) }),
  z.strictObject({ level: z.literal('guest'), vmid: z.int().positive() }),
]);
export type FirewallScope = z.infer<typeof firewallScopeSchema>;

export const firewallRuleSchema = z.strictObject({
  /** From 0; the first that fits decides. Shifts with each change. */
  pos: z.int().nonnegative(),
  enabled: z.boolean(),
  /** `in`, `out`, `forward`, `group`. */
  type: z.string(),
  /** `ACCEPT`, `DROP`, `REJECT`, or the name of a security group. */
  action: z.string(),
  macro: z.string(),
  proto: z.string(),
  source: z.string(),
  sport: z.string(),
  dest: z.string(),
  dport: z.string(),
  iface: z.string(),
  log: z.string(),
  comment: z.string(),
});
export type FirewallRule = z.infer<typeof firewallRuleSchema>;

export const firewallSchema = z.strictObject({
  rules: z.array(firewallRuleSchema),
  /** Of the file the rules stand in; sent with each change, so that nobody's is overwritten. null: no rules. */
  digest: z.string().nullable(),
  /** null: Proxmox VE has no such switch there, or its default holds. */
  enabled: z.boolean().nullable(),
  policyIn: z.string().nullable(),
  policyOut: z.string().nullable(),
  options: z.array(z.strictObject({ key: z.string(), value: z.string() })),
});
export type Firewall = z.infer<typeof firewallSchema>;

export const replicationJobSchema = z.strictObject({
  /** `100-0` */
  id: z.string(),
  vmid: z.int(),
  source: z.string().nullable(),
  target: z.string(),
  schedule: z.string(),
  enabled: z.boolean(),
  comment: z.string(),
  /** Last one that worked, not the last try; null: none yet, or not told. */
  lastSyncAtMs: timestampMsSchema.nullable(),
  lastTryAtMs: timestampMsSchema.nullable(),
  nextSyncAtMs: timestampMsSchema.nullable(),
  durationSeconds: z.number().nullable(),
  failCount: z.int().nullable(),
  /** null: it went well. */
  error: z.string().nullable(),
});
export type ReplicationJob = z.infer<typeof replicationJobSchema>;

export const resourcePoolSchema = z.strictObject({
  name: z.string(),
  comment: z.string(),
  guests: z.array(z.int()),
  storages: z.array(z.string()),
});
export type ResourcePool = z.infer<typeof resourcePoolSchema>;

export const cephSchema = z.discriminatedUnion('deployed', [
  z.strictObject({ deployed: z.literal(false) }),
  z.strictObject({
    deployed: z.literal(true),
    /** `HEALTH_OK`, `HEALTH_WARN`, `HEALTH_ERR` */
    health: z.string(),
    checks: z.array(z.strictObject({ code: z.string(), severity: z.string(), text: z.string() })),
    osds: z.strictObject({ total: z.int(), up: z.int(), in: z.int() }),
    monitors: z.array(z.string()),
    quorum: z.array(z.string()),
    placementGroups: z.array(z.strictObject({ state: z.string(), count: z.int() })),
    usedBytes: bytesSchema.nullable(),
    totalBytes: bytesSchema.nullable(),
    /** Daemons by host: `mon`, `mgr`, `mds`, `osd`. */
    daemons: z.array(
      z.strictObject({ type: z.string(), id: z.string(), host: z.string(), version: z.string() }),
    ),
    /** These four as a node tells them; null: no node can be asked, or its release has no such call. */
    pools: z
      .array(
        z.strictObject({
          name: z.string(),
          type: z.string(),
          /** Copies, and how many of them must be there to write. */
          size: z.int().nullable(),
          minSize: z.int().nullable(),
          placementGroups: z.int().nullable(),
          autoscale: z.string(),
          rule: z.string(),
          usedBytes: bytesSchema.nullable(),
          /** 0 to 1. */
          used: z.number().nullable(),
        }),
      )
      .nullable(),
    fileSystems: z
      .array(z.strictObject({ name: z.string(), metadataPool: z.string(), dataPools: z.array(z.string()) }))
      .nullable(),
    rules: z.array(z.string()).nullable(),
    metadataServers: z
      .array(
        z.strictObject({
          name: z.string(),
          host: z.string(),
          state: z.string(),
          fileSystem: z.string().nullable(),
          rank: z.int().nullable(),
        }),
      )
      .nullable(),
  }),
]);
export type Ceph = z.infer<typeof cephSchema>;

export const logEntrySchema = z.strictObject({
  id: z.string(),
  atMs: timestampMsSchema,
  node: z.string(),
  user: z.string(),
  tag: z.string(),
  /** As syslog has it: 0 emergency to 7 debug. */
  severity: z.int(),
  message: z.string(),
});

const clusterRefSchema = z.strictObject({ clusterId: hostIdSchema });

/** Everything here is read now. */
export const datacenterContract = {
  backupJobs: {
    request: clusterRefSchema,
    response: z.strictObject({
      jobs: z.array(backupJobSchema),
      /** Guests that no job takes; null: the token may not ask. */
      uncovered: z.array(uncoveredGuestSchema).nullable(),
    }),
  },
  ha: { request: clusterRefSchema, response: haSchema },
  sdn: { request: clusterRefSchema, response: sdnSchema },
  subnets: {
    request: clusterRefSchema.extend({ vnet: z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,7}$/) }),
    response: z.strictObject({ subnets: z.array(sdnSubnetSchema) }),
  },
  /** Tasks that one node keeps, those that run and those that ended (F155). */
  nodeTasks: {
    request: clusterRefSchema.extend({
      node: z.string().min(1).max(63),
      limit: z.int().min(1).max(200),
      failed: z.boolean(),
    }),
    response: z.strictObject({ tasks: z.array(clusterTaskSchema) }),
  },
  ceph: { request: clusterRefSchema, response: cephSchema },
  firewall: {
    request: clusterRefSchema.extend({ scope: firewallScopeSchema }),
    response: firewallSchema,
  },
  replication: {
    request: clusterRefSchema,
    response: z.strictObject({
      jobs: z.array(replicationJobSchema),
      /** Nodes whose part could not be read, with why. */
      unread: z.array(z.strictObject({ node: z.string(), text: z.string() })),
    }),
  },
  replicationLog: {
    request: clusterRefSchema.extend({ node: z.string().max(63), id: z.string().max(40) }),
    response: z.strictObject({ lines: z.array(z.string()) }),
  },
  pools: { request: clusterRefSchema, response: z.strictObject({ pools: z.array(resourcePoolSchema) }) },
  /** What the cluster is set to, and which nodes vote. */
  options: {
    request: clusterRefSchema,
    response: z.strictObject({
      options: z.array(z.strictObject({ key: z.string(), value: z.string() })),
      members: z.array(z.strictObject({ name: z.string(), address: z.string(), votes: z.string() })),
    }),
  },
  log: {
    request: clusterRefSchema.extend({ maxEntries: z.int().min(1).max(5000) }),
    response: z.strictObject({ entries: z.array(logEntrySchema) }),
  },
} as const;
