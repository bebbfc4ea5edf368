import { demand, mayAll } from './access';
import { badParameters, died } from './errors';
import { list, numberOr, optionalNumber, optionalText, text, type Call, type Handlers, Page } from './call';
import { nextRuns } from './calendar';
import type { Cluster, Guest } from './types';
import { drivesOf } from './volumes';

export interface ReplicationJob {
  id: string;
  guest: number;
  number: number;
  target: string;
  schedule: string;
  comment?: string;
  rate?: number;
  disabled: boolean;
  lastSyncMs: number;
  durationSeconds: number;
  failures: number;
  error?: string;
  log: string[];
}

function jobOf(call: Call): ReplicationJob {
  const id = text(call, 'id');
  const job = call.cluster.replication.get(id);
  if (job === undefined) throw died(`no such replication job '${id}'`);
  return job;
}

function entryOf(cluster: Cluster, job: ReplicationJob) {
  return {
    id: job.id,
    type: 'local',
    guest: job.guest,
    jobnum: job.number,
    target: job.target,
    source: cluster.guests.get(job.guest)?.node,
    schedule: job.schedule,
    ...(job.comment === undefined ? {} : { comment: job.comment }),
    ...(job.rate === undefined ? {} : { rate: job.rate }),
    ...(job.disabled ? { disable: 1 } : {}),
  };
}

function statusOf(cluster: Cluster, job: ReplicationJob) {
  const [next = 0] = nextRuns(job.schedule, cluster.nowMs(), 1);
  return {
    ...entryOf(cluster, job),
    vmtype: cluster.guests.get(job.guest)?.type,
    last_sync: Math.floor(job.lastSyncMs / 1000),
    last_try: Math.floor((job.failures === 0 ? job.lastSyncMs : cluster.nowMs() - 300_000) / 1000),
    next_sync: next / 1000,
    duration: job.durationSeconds,
    fail_count: job.failures,
    ...(job.error === undefined ? {} : { error: job.error }),
  };
}

/** Only ZFS can send a volume's changes. */
function checkReplicable(cluster: Cluster, guest: Guest): void {
  const unfit = drivesOf(guest.config).find(
    (drive) => cluster.storages.get(drive.storage)?.type !== 'zfspool',
  );
  if (unfit !== undefined) throw died(`missing replicate feature on volume '${unfit.volume}'`);
}

function addJob(call: Call): null {
  const { cluster } = call;
  const id = text(call, 'id');
  const [vmid = '', number = ''] = id.split('-');
  const guest = cluster.guests.get(Number(vmid));
  if (guest === undefined) throw died(`no such guest '${vmid}'`);
  if (cluster.replication.has(id)) throw died(`replication job '${id}' already exists`);
  const target = text(call, 'target');
  if (!cluster.nodes.has(target)) throw died(`no such cluster node '${target}'`);
  if (target === guest.node) throw badParameters({ target: 'source and target are the same node' });
  checkReplicable(cluster, guest);
  cluster.replication.set(id, {
    id,
    guest: guest.vmid,
    number: Number(number),
    target,
    schedule: optionalText(call, 'schedule') ?? '*/15',
    comment: optionalText(call, 'comment'),
    rate: optionalNumber(call, 'rate'),
    disabled: call.parameters['disable'] === 1,
    lastSyncMs: 0,
    durationSeconds: 0,
    failures: 0,
    log: [],
  });
  return null;
}

function changeJob(call: Call): null {
  const job = jobOf(call);
  job.schedule = optionalText(call, 'schedule') ?? job.schedule;
  job.comment = optionalText(call, 'comment') ?? job.comment;
  job.rate = optionalNumber(call, 'rate') ?? job.rate;
  if (call.parameters['disable'] !== undefined) job.disabled = call.parameters['disable'] === 1;
  const removed = list(call, 'delete');
  if (removed.includes('comment')) delete job.comment;
  if (removed.includes('rate')) delete job.rate;
  if (removed.includes('disable')) job.disabled = false;
  return null;
}

function visibleJobs(call: Call): ReplicationJob[] {
  return [...call.cluster.replication.values()].filter((job) =>
    mayAll(call.cluster.access, call.who, `/vms/${job.guest}`, ['VM.Audit']),
  );
}

function ofNode(call: Call) {
  const { cluster } = call;
  const guest = optionalNumber(call, 'guest');
  return visibleJobs(call)
    .filter((job) => cluster.guests.get(job.guest)?.node === text(call, 'node'))
    .filter((job) => guest === undefined || job.guest === guest)
    .map((job) => statusOf(cluster, job));
}

function readLog(call: Call): Page {
  const job = jobOf(call);
  demand(call.cluster.access, call.who, `/vms/${job.guest}`, 'VM.Audit');
  const start = numberOr(call, 'start', 0);
  const lines = job.log.map((line, index) => ({ n: index + 1, t: line }));
  return new Page(lines.slice(start, start + numberOr(call, 'limit', 50)), lines.length);
}

export const replicationHandlers: Handlers = {
  'GET /cluster/replication': (call) => visibleJobs(call).map((job) => entryOf(call.cluster, job)),
  'POST /cluster/replication': addJob,
  'GET /cluster/replication/{id}': (call) => entryOf(call.cluster, jobOf(call)),
  'PUT /cluster/replication/{id}': changeJob,
  'DELETE /cluster/replication/{id}': (call) => {
    call.cluster.replication.delete(jobOf(call).id);
    return null;
  },
  'GET /nodes/{node}/replication': ofNode,
  'GET /nodes/{node}/replication/{id}': () => ['status', 'log', 'schedule_now'].map((name) => ({ name })),
  'GET /nodes/{node}/replication/{id}/status': (call) => {
    const job = jobOf(call);
    demand(call.cluster.access, call.who, `/vms/${job.guest}`, 'VM.Audit');
    return statusOf(call.cluster, job);
  },
  'GET /nodes/{node}/replication/{id}/log': readLog,
  'POST /nodes/{node}/replication/{id}/schedule_now': (call) => {
    const job = jobOf(call);
    demand(call.cluster.access, call.who, `/vms/${job.guest}`, 'VM.Replicate');
    if (job.failures === 0) job.lastSyncMs = call.cluster.nowMs();
    return null;
  },
};
