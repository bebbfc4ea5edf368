import { mayAll } from './access';
import { badParameters, died } from './errors';
import { list, numberOr, optionalText, text, type Call, type Handlers } from './call';
import { nextRuns } from './calendar';
import { splitList } from './formats';
import { nameOf } from './guests';
import type { Cluster, Guest } from './types';
import { drivesOf } from './volumes';

/** As `/etc/pve/jobs.cfg` has it; what it selects is one of `all`, `vmid` and `pool`. */
export type BackupJob = Record<string, string | number> & { id: string };

const notSettings = ['delete', 'digest', 'repeat-missed-unused'];
const selections = ['all', 'vmid', 'pool'];

/** Sent as text, answered as an object whose values are text. */
function pruneObject(value: string): Record<string, string> {
  return Object.fromEntries(value.split(',').map((part) => part.split('=') as [string, string]));
}

function shown(job: BackupJob) {
  const { 'prune-backups': prune, ...rest } = job;
  return {
    ...rest,
    ...(prune === undefined ? {} : { 'prune-backups': pruneObject(String(prune)) }),
    type: 'vzdump',
  };
}

function settingsFrom(call: Call): Record<string, string | number> {
  const settings: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(call.parameters)) {
    if (!notSettings.includes(key) && !Array.isArray(value)) settings[key] = value;
  }
  return settings;
}

/** Conflicts are raised past the schema: a 400 inside a 500. */
function checkSelection(job: Readonly<Record<string, unknown>>): void {
  const chosen = selections.filter((key) => job[key] !== undefined && job[key] !== 0);
  const [first, second] = chosen;
  if (first !== undefined && second !== undefined) {
    throw died(`400 Parameter verification failed.\n${first}: option conflicts with option '${second}'`);
  }
}

function uuid(cluster: Cluster): string {
  const hex = (length: number) => cluster.random.text(length, '0123456789abcdef');
  return [hex(8), hex(4), `4${hex(3)}`, `8${hex(3)}`, hex(12)].join('-');
}

function addJob(call: Call): null {
  const { cluster } = call;
  const settings = settingsFrom(call);
  checkSelection(settings);
  if (!selections.some((key) => settings[key] !== undefined)) {
    throw badParameters({ vmid: 'property is missing and it is not optional' });
  }
  const id = optionalText(call, 'id') ?? uuid(cluster);
  if (cluster.backupJobs.has(id)) throw died(`Job '${id}' already exists`);
  cluster.backupJobs.set(id, { mode: 'snapshot', enabled: 1, ...settings, id });
  return null;
}

function jobOf(call: Call): BackupJob {
  const id = text(call, 'id');
  const job = call.cluster.backupJobs.get(id);
  if (job === undefined) throw badParameters({ id: `No such job '${id}'` });
  return job;
}

function changeJob(call: Call): null {
  const job = jobOf(call);
  const changed: BackupJob = { ...job, ...settingsFrom(call), id: job.id };
  for (const key of list(call, 'delete')) delete changed[key];
  checkSelection(changed);
  call.cluster.backupJobs.set(job.id, changed);
  return null;
}

function listJobs({ cluster }: Call) {
  return [...cluster.backupJobs.values()].map((job) => {
    const [next] =
      job['enabled'] === 1 ? nextRuns(String(job['schedule'] ?? 'daily'), cluster.nowMs(), 1) : [];
    return { ...shown(job), ...(next === undefined ? {} : { 'next-run': next / 1000 }) };
  });
}

export function guestsOfJob(cluster: Cluster, job: Readonly<Record<string, string | number>>): Guest[] {
  const excluded = new Set(splitList(String(job['exclude'] ?? '')).map(Number));
  const guests = [...cluster.guests.values()].filter(
    (guest) => job['node'] === undefined || guest.node === job['node'],
  );
  const pool = cluster.pools.get(String(job['pool'] ?? ''));
  if (pool !== undefined) return guests.filter((guest) => pool.vms.has(guest.vmid));
  if (job['all'] === 1) return guests.filter((guest) => !excluded.has(guest.vmid));
  const ids = new Set(splitList(String(job['vmid'] ?? '')).map(Number));
  return guests.filter((guest) => ids.has(guest.vmid));
}

function notBackedUp({ cluster, who }: Call) {
  const covered = new Set(
    [...cluster.backupJobs.values()].flatMap((job) => guestsOfJob(cluster, job).map(({ vmid }) => vmid)),
  );
  return [...cluster.guests.values()]
    .filter((guest) => !covered.has(guest.vmid))
    .filter((guest) => mayAll(cluster.access, who, `/vms/${guest.vmid}`, ['VM.Audit']))
    .map((guest) => ({ vmid: guest.vmid, type: guest.type, name: nameOf(guest) }));
}

function includedVolumes(call: Call) {
  const guests = guestsOfJob(call.cluster, jobOf(call));
  return {
    children: guests.map((guest) => ({
      id: guest.vmid,
      type: guest.type,
      name: nameOf(guest),
      leaf: 0,
      children: drivesOf(guest.config).map((drive) => ({
        id: `${guest.vmid}:${drive.key}`,
        name: drive.volume,
        leaf: 1,
        included: drive.options['backup'] === '0' ? 0 : 1,
        reason: drive.options['backup'] === '0' ? 'backup=no' : 'backup=yes',
      })),
    })),
  };
}

function analyseSchedule(call: Call) {
  const start = numberOr(call, 'starttime', Math.floor(call.cluster.nowMs() / 1000));
  const runs = nextRuns(text(call, 'schedule'), start * 1000, numberOr(call, 'iterations', 10));
  return runs.map((ms) => {
    const [day = '', date = '', month = '', year = '', time = ''] = new Date(ms)
      .toUTCString()
      .replace(',', '')
      .split(' ');
    return {
      timestamp: ms / 1000,
      utc: `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`,
    };
  });
}

export const backupJobHandlers: Handlers = {
  'GET /cluster/backup': listJobs,
  'POST /cluster/backup': addJob,
  'GET /cluster/backup/{id}': (call) => shown(jobOf(call)),
  'PUT /cluster/backup/{id}': changeJob,
  'DELETE /cluster/backup/{id}': (call) => {
    call.cluster.backupJobs.delete(jobOf(call).id);
    return null;
  },
  'GET /cluster/backup/{id}/included_volumes': includedVolumes,
  'GET /cluster/backup-info/not-backed-up': notBackedUp,
  'GET /cluster/jobs/schedule-analyze': analyseSchedule,
};
