import { z } from 'zod';
import { accessContract } from './access';
import { appContract, coreStatusSchema } from './app';
import { auditContract } from './audit';
import { capacityContract } from './capacity';
import { automationsContract } from './automations';
import { changesContract } from './changes';
import type { Channel, CoreChannel, EventName, ShellChannel } from './channels';
import { clusterOffersContract } from './cluster-subjects';
import { clustersContract } from './clusters';
import { compareContract } from './compare';
import { historyContract } from './history';
import { consolesContract } from './consoles';
import { datacenterContract } from './datacenter';
import { fileProgressSchema, filesContract } from './files';
import { backupFilesContract } from './backup-files';
import { sandboxFilesContract } from './sandbox-files';
import { hostsContract } from './hosts';
import { insideContract } from './inside';
import { inventoryContract } from './inventory';
import { nodesContract } from './nodes';
import { operationProgressSchema, operationsContract } from './operations';
import { policiesContract } from './policies';
import { hostIdSchema } from './primitives';
import { pruneContract } from './prune';
import type { Result } from './result';
import { spaceContract } from './space';
import { machinePolicyContract } from './machine-policy';
import { settingsContract, settingsSchema } from './settings';
import { volumesContract } from './volumes';

interface CallSchema {
  request: z.ZodType;
  response: z.ZodType;
}

/** Every channel with its request and response schema. A literal, so that a missing or stray line fails `tsc`. */
export const contract = {
  'app:info': appContract.info,
  'app:openDemo': appContract.openDemo,
  'app:closeDemo': appContract.closeDemo,
  'app:restartCore': appContract.restartCore,
  'app:openWindow': appContract.openWindow,
  'app:fullScreen': appContract.fullScreen,
  'hosts:list': hostsContract.list,
  'hosts:add': hostsContract.add,
  'hosts:update': hostsContract.update,
  'hosts:remove': hostsContract.remove,
  'hosts:probeKey': hostsContract.probeKey,
  'hosts:trustKey': hostsContract.trustKey,
  'hosts:chooseKeyFile': hostsContract.chooseKeyFile,
  'hosts:readSshConfig': hostsContract.readSshConfig,
  'hosts:importSshConfig': hostsContract.importSshConfig,
  'hosts:exportList': hostsContract.exportList,
  'hosts:openList': hostsContract.openList,
  'hosts:importList': hostsContract.importList,
  'hosts:setSecret': hostsContract.setSecret,
  'hosts:connect': hostsContract.connect,
  'hosts:disconnect': hostsContract.disconnect,
  'clusters:list': clustersContract.list,
  'clusters:add': clustersContract.add,
  'clusters:update': clustersContract.update,
  'clusters:remove': clustersContract.remove,
  'clusters:probeCertificate': clustersContract.probeCertificate,
  'clusters:trustCertificate': clustersContract.trustCertificate,
  'clusters:chooseAuthority': clustersContract.chooseAuthority,
  'clusters:authority': clustersContract.authority,
  'clusters:realms': clustersContract.realms,
  'clusters:testConnection': clustersContract.testConnection,
  'clusters:read': clustersContract.read,
  'clusters:refresh': clustersContract.refresh,
  'clusters:guestSnapshots': clustersContract.guestSnapshots,
  'clusters:guestConfig': clustersContract.guestConfig,
  'clusters:backups': clustersContract.backups,
  'clusters:permissions': clustersContract.permissions,
  'clusters:healthReport': clustersContract.healthReport,
  'clusters:rootTasks': clustersContract.rootTasks,
  'clusters:nodeHost': clustersContract.nodeHost,
  'clusters:linkHost': clustersContract.linkHost,
  'clusters:tasks': clustersContract.tasks,
  'clusters:taskLog': clustersContract.taskLog,
  'clusters:offers': clusterOffersContract.offers,
  'datacenter:backupJobs': datacenterContract.backupJobs,
  'datacenter:ha': datacenterContract.ha,
  'datacenter:sdn': datacenterContract.sdn,
  'datacenter:subnets': datacenterContract.subnets,
  'datacenter:nodeTasks': datacenterContract.nodeTasks,
  'datacenter:ceph': datacenterContract.ceph,
  'datacenter:firewall': datacenterContract.firewall,
  'datacenter:replication': datacenterContract.replication,
  'datacenter:replicationLog': datacenterContract.replicationLog,
  'datacenter:pools': datacenterContract.pools,
  'datacenter:options': datacenterContract.options,
  'datacenter:log': datacenterContract.log,
  'nodes:status': nodesContract.status,
  'nodes:services': nodesContract.services,
  'nodes:disks': nodesContract.disks,
  'nodes:smart': nodesContract.smart,
  'nodes:network': nodesContract.network,
  'nodes:syslog': nodesContract.syslog,
  'nodes:updates': nodesContract.updates,
  'nodes:certificates': nodesContract.certificates,
  'nodes:chooseCertificate': nodesContract.chooseCertificate,
  'nodes:charts': nodesContract.charts,
  'inside:read': insideContract.read,
  'consoles:read': consolesContract.read,
  'consoles:write': consolesContract.write,
  'consoles:resize': consolesContract.resize,
  'consoles:close': consolesContract.close,
  'volumes:list': volumesContract.list,
  'volumes:chooseUpload': volumesContract.chooseUpload,
  'access:files': accessContract.files,
  'access:saveFile': accessContract.saveFile,
  'access:selfTest': accessContract.selfTest,
  'inventory:read': inventoryContract.read,
  'inventory:refresh': inventoryContract.refresh,
  'inventory:refreshAll': inventoryContract.refreshAll,
  'inventory:snapshots': inventoryContract.snapshots,
  'inventory:snapshotDetails': inventoryContract.snapshotDetails,
  'inventory:capacity': capacityContract.capacity,
  'history:states': historyContract.states,
  'snapshots:prune': pruneContract.prune,
  'snapshots:compare': compareContract.compare,
  'snapshots:space': spaceContract.space,
  'policies:list': policiesContract.list,
  'policies:create': policiesContract.create,
  'policies:update': policiesContract.update,
  'policies:delete': policiesContract.delete,
  'policies:dryRun': policiesContract.dryRun,
  'policies:describe': policiesContract.describe,
  'files:list': filesContract.list,
  'files:download': filesContract.download,
  'files:restore': filesContract.restore,
  'files:cutOff': filesContract.cutOff,
  'files:deletePart': filesContract.deletePart,
  'backupFiles:list': backupFilesContract.list,
  'backupFiles:download': backupFilesContract.download,
  'sandboxFiles:list': sandboxFilesContract.list,
  'sandboxFiles:stat': sandboxFilesContract.stat,
  'sandboxFiles:text': sandboxFilesContract.text,
  'sandboxFiles:download': sandboxFilesContract.download,
  'sandboxFiles:chooseUpload': sandboxFilesContract.chooseUpload,
  'operations:catalogue': operationsContract.catalogue,
  'operations:offers': operationsContract.offers,
  'operations:plan': operationsContract.plan,
  'operations:script': operationsContract.script,
  'operations:saveScript': operationsContract.saveScript,
  'operations:run': operationsContract.run,
  'operations:cancel': operationsContract.cancel,
  'changes:list': changesContract.list,
  'changes:read': changesContract.read,
  'changes:stage': changesContract.stage,
  'changes:plan': changesContract.plan,
  'changes:discard': changesContract.discard,
  'changes:clear': changesContract.clear,
  'automations:list': automationsContract.list,
  'automations:create': automationsContract.create,
  'automations:enable': automationsContract.enable,
  'automations:delete': automationsContract.delete,
  'audit:sources': auditContract.sources,
  'audit:list': auditContract.list,
  'audit:read': auditContract.read,
  'audit:verify': auditContract.verify,
  'audit:exportCsv': auditContract.exportCsv,
  'audit:exportAnchor': auditContract.exportAnchor,
  'audit:checkAnchor': auditContract.checkAnchor,
  'audit:openFile': auditContract.openFile,
  'audit:closeFile': auditContract.closeFile,
  'settings:read': settingsContract.read,
  'settings:fixed': settingsContract.fixed,
  'settings:update': settingsContract.update,
  'machinePolicy:read': machinePolicyContract.read,
} as const satisfies Record<Channel, CallSchema>;

export const eventSchemas = {
  'app:coreStatus': coreStatusSchema,
  /** The host list, a connection state or a summary changed. null: more than one host. */
  'hosts:changed': z.strictObject({ hostId: hostIdSchema.nullable() }),
  /** The list of clusters, a state or what was read of one changed. null: more than one. */
  'clusters:changed': z.strictObject({ clusterId: hostIdSchema.nullable() }),
  'inventory:changed': z.strictObject({ hostId: hostIdSchema }),
  /** Long work that ran at the last reading has ended. `attention`: the pool is not well, or it was called off. */
  'inventory:activityEnded': z.strictObject({
    hostId: hostIdSchema,
    title: z.string(),
    text: z.string(),
    attention: z.boolean(),
  }),
  /** A host, cluster, node or quorum went or came back, as enough readings in a row say. Told once. */
  'trouble:changed': z.strictObject({
    /** Of a host or a cluster. */
    subjectId: hostIdSchema,
    kind: z.enum(['reach', 'quorum', 'node', 'health']),
    state: z.enum(['begun', 'ended']),
    title: z.string(),
    text: z.string(),
  }),
  'operations:progress': operationProgressSchema,
  'files:progress': fileProgressSchema,
  /** What transfers that were cut off left behind, or what is known of it. */
  'files:cutOffChanged': z.strictObject({}),
  'audit:changed': z.strictObject({ hostId: hostIdSchema }),
  /** A snapshot policy was made, changed or deleted. */
  'policies:changed': z.strictObject({}),
  /** A change was staged, applied or discarded, or what became of one is known. */
  'changes:changed': z.strictObject({}),
  /** A rule was made, switched, deleted, or had something to do. */
  'automations:changed': z.strictObject({}),
  'settings:changed': settingsSchema,
} as const satisfies Record<EventName, z.ZodType>;

export type Request<C extends Channel> = z.infer<(typeof contract)[C]['request']>;
export type Response<C extends Channel> = z.infer<(typeof contract)[C]['response']>;
export type EventPayload<E extends EventName> = z.infer<(typeof eventSchemas)[E]>;

type Group<C extends string> = C extends `${infer G}:${string}` ? G : never;
type Verb<C extends string, G extends string> = C extends `${G}:${infer V}` ? V : never;

/**
 * What the page sees as `window.holdfast`. `callId` (a UUID, one per call) allows `cancel(callId)`.
 * Nothing is thrown across the bridge: every answer is a `Result`.
 */
export type Api = {
  [G in Group<Channel>]: {
    [V in Verb<Channel, G>]: `${G}:${V}` extends infer C extends Channel
      ? (request: Request<C>, callId?: string) => Promise<Result<Response<C>>>
      : never;
  };
} & {
  cancel(callId: string): void;
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void;
};

export interface CallContext {
  /** Aborted when the page cancels this very call or goes away. */
  signal: AbortSignal;
}

type HandlersFor<C extends Channel> = {
  [K in C]: (request: Request<K>, context: CallContext) => Promise<Response<K>>;
};
export type CoreHandlers = HandlersFor<CoreChannel>;
export type ShellHandlers = HandlersFor<ShellChannel>;

export type { Channel, CoreChannel, EventName, ShellChannel } from './channels';
export type { ErrorCode, HostKeyProblem, Result, WireError } from './result';
