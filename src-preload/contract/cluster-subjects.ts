import { z } from 'zod';
import { clusterTaskSchema, guestBackupSchema, guestSnapshotSchema } from './clusters';
import {
  backupJobSchema,
  firewallRuleSchema,
  firewallSchema,
  firewallScopeSchema,
  haResourceSchema,
  haRuleSchema,
  replicationJobSchema,
  sdnVnetSchema,
  sdnZoneSchema,
} from './datacenter';
import { nodeCertificateSchema, nodeServiceSchema } from './nodes';
import { offerSchema } from './operations';
import { hostIdSchema } from './primitives';
import { storageVolumeSchema } from './volumes';

const nodeName = z.string().min(1).max(63);
const storageName = z.string().min(1).max(63);

/**
 * What actions on a cluster are done to. Guests, nodes and storages are known by their names in the last state; what
 * that state does not hold comes as it was read last, and only fills forms: each plan reads anew.
 */
export const clusterSubjectSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cluster') }),
  z.strictObject({ kind: z.literal('guest'), vmid: z.int().positive() }),
  z.strictObject({
    kind: z.literal('guest-snapshot'),
    vmid: z.int().positive(),
    snapshot: guestSnapshotSchema,
  }),
  z.strictObject({ kind: z.literal('node'), node: nodeName }),
  z.strictObject({ kind: z.literal('service'), node: nodeName, service: nodeServiceSchema }),
  z.strictObject({ kind: z.literal('certificate'), node: nodeName, certificate: nodeCertificateSchema }),
  z.strictObject({ kind: z.literal('storage'), node: nodeName, storage: storageName }),
  z.strictObject({
    kind: z.literal('storage-volume'),
    node: nodeName,
    storage: storageName,
    volume: storageVolumeSchema,
  }),
  z.strictObject({ kind: z.literal('backup'), backup: guestBackupSchema }),
  z.strictObject({ kind: z.literal('backup-job'), job: backupJobSchema }),
  z.strictObject({ kind: z.literal('task'), task: clusterTaskSchema }),
  z.strictObject({ kind: z.literal('ha'), system: z.enum(['groups', 'rules']) }),
  z.strictObject({ kind: z.literal('ha-resource'), resource: haResourceSchema }),
  z.strictObject({ kind: z.literal('ha-rule'), rule: haRuleSchema }),
  z.strictObject({ kind: z.literal('sdn'), zones: z.array(z.string()), pending: z.boolean() }),
  z.strictObject({ kind: z.literal('sdn-zone'), zone: sdnZoneSchema }),
  z.strictObject({ kind: z.literal('sdn-vnet'), vnet: sdnVnetSchema }),
  z.strictObject({
    kind: z.literal('firewall'),
    scope: firewallScopeSchema,
    /** What its form starts with; null: not read. */
    options: firewallSchema.pick({ enabled: true, policyIn: true, policyOut: true }).nullable(),
  }),
  z.strictObject({
    kind: z.literal('firewall-rule'),
    scope: firewallScopeSchema,
    rule: firewallRuleSchema,
    count: z.int(),
  }),
  z.strictObject({ kind: z.literal('replication'), job: replicationJobSchema }),
]);
export type ClusterSubjectRef = z.infer<typeof clusterSubjectSchema>;

export const clusterOffersContract = {
  /** What can be done to one object, from the last known state. Never touches the network. */
  offers: {
    request: z.strictObject({ clusterId: hostIdSchema, subject: clusterSubjectSchema }),
    response: z.strictObject({ offers: z.array(offerSchema) }),
  },
} as const;
