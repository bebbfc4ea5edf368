import { demand, mayAll } from './access';
import { badParameters, died, forbidden } from './errors';
import { flag, optionalText, text, type Call, type Handlers } from './call';
import { guestsOfJob } from './backup-jobs';
import { checkLock, nameOf } from './guests';
import { markBackups } from './prune';
import { volumeId } from './storage';
import type { Storage } from './storage-types';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Config, Guest } from './types';
import { drivesOf, formatSize } from './volumes';

const suffixes: Readonly<Record<string, string>> = { zstd: '.zst', gzip: '.gz', lzo: '.lzo', '1': '.lzo' };

const stamp = (ms: number) =>
  new Date(ms).toISOString().slice(0, 19).replaceAll(':', '_').replaceAll('-', '_').replace('T', '-');
const clock = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** On a Proxmox Backup Server: `backup/vm/100/2026-11-28T01:00:00Z`, whatever compression was asked for. */
function snapshotName(guest: Guest, ms: number): { volume: string; format: string } {
  const kind = guest.type === 'qemu' ? 'vm' : 'ct';
  const time = `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return { volume: `backup/${kind}/${guest.vmid}/${time}`, format: `pbs-${kind}` };
}

export function backupName(guest: Guest, ms: number, compress: string): { volume: string; format: string } {
  const kind = guest.type === 'qemu' ? 'vma' : 'tar';
  const format = `${kind}${suffixes[compress] ?? ''}`;
  return { volume: `backup/vzdump-${guest.type}-${guest.vmid}-${stamp(ms)}.${format}`, format };
}

function notesFrom(template: string, guest: Guest, cluster: string): string {
  return template
    .replaceAll('{{guestname}}', nameOf(guest))
    .replaceAll('{{node}}', guest.node)
    .replaceAll('{{vmid}}', String(guest.vmid))
    .replaceAll('{{cluster}}', cluster);
}

interface Wanted {
  storage: Storage;
  mode: string;
  compress: string;
  notes: string | undefined;
  isProtected: boolean;
  prune: string | undefined;
  /** Prune at all: what is kept is told by the call or, if it does not tell, by the storage. */
  remove: boolean;
}

function* backUp(call: Call, guest: Guest, wanted: Wanted, run: TaskRun): Work {
  const { cluster } = call;
  const startedAtMs = cluster.nowMs();
  if (!mayAll(cluster.access, call.who, `/vms/${guest.vmid}`, ['VM.Backup'])) {
    throw forbidden(`/vms/${guest.vmid}, VM.Backup`);
  }
  run.log(`INFO: Starting Backup of VM ${guest.vmid} (${guest.type})`);
  run.log(`INFO: Backup started at ${clock(startedAtMs)}`);
  checkLock(guest);
  guest.lock = 'backup';
  try {
    run.log(`INFO: status = ${guest.running ? 'running' : 'stopped'}`);
    run.log(`INFO: backup mode: ${guest.running ? wanted.mode : 'stop'}`);
    run.log('INFO: ionice priority: 7');
    run.log(`INFO: ${guest.type === 'qemu' ? 'VM' : 'CT'} Name: ${nameOf(guest)}`);
    const drives = drivesOf(guest.config).filter((drive) => drive.options['backup'] !== '0');
    for (const drive of drives) {
      run.log(
        guest.type === 'qemu'
          ? `INFO: include disk '${drive.key}' '${drive.volume}' ${formatSize(drive.sizeBytes)}`
          : `INFO: including mount point ${drive.key} ('${drive.options['mp'] ?? '/'}') in backup`,
      );
    }
    const { volume, format } =
      wanted.storage.type === 'pbs'
        ? snapshotName(guest, startedAtMs)
        : backupName(guest, startedAtMs, wanted.compress);
    const kind = guest.type === 'qemu' ? 'vzdump' : 'vzdump';
    run.log(`INFO: creating ${kind} archive '${wanted.storage.path}/${volume.replace('backup/', 'dump/')}'`);
    const bytes = drives.reduce((sum, drive) => sum + drive.sizeBytes, 0);
    for (const percent of [0, 20, 40, 60, 80, 100]) {
      run.log(
        `INFO: ${String(percent).padStart(3)}% (${formatSize(Math.round((bytes * percent) / 100 / 1024 ** 2) * 1024 ** 2)}iB of ${formatSize(bytes)}iB)`,
      );
      yield 1500;
    }
    const sizeBytes = Math.round(bytes * 0.31);
    run.log(`INFO: archive file size: ${(sizeBytes / 1024 ** 3).toFixed(2)}GB`);
    cluster.content.push({
      storage: wanted.storage.id,
      node: guest.node,
      volume,
      content: 'backup',
      format,
      sizeBytes,
      createdAtMs: startedAtMs,
      vmid: guest.vmid,
      subtype: guest.type,
      config: { ...guest.config } satisfies Config,
      ...(wanted.notes === undefined ? {} : { notes: notesFrom(wanted.notes, guest, cluster.name) }),
      ...(wanted.isProtected ? { isProtected: true } : {}),
    });
    if (wanted.notes !== undefined) run.log('INFO: adding notes to backup');
    if (wanted.prune !== undefined && wanted.remove)
      pruneAfter(call, guest, wanted.storage, wanted.prune, run);
  } finally {
    if (guest.lock === 'backup') delete guest.lock;
  }
  const seconds = Math.round((cluster.nowMs() - startedAtMs) / 1000);
  run.log(`INFO: Finished Backup of VM ${guest.vmid} (00:00:${String(seconds % 60).padStart(2, '0')})`);
  run.log(`INFO: Backup finished at ${clock(cluster.nowMs())}`);
}

function pruneAfter({ cluster }: Call, guest: Guest, storage: Storage, keep: string, run: TaskRun): void {
  run.log('INFO: prune older backups with retention: '.concat(keep.replaceAll(',', ', ')));
  const mine = cluster.content.filter(
    (item) =>
      item.storage === storage.id &&
      item.content === 'backup' &&
      item.vmid === guest.vmid &&
      item.subtype === guest.type,
  );
  const doomed = markBackups(mine, keep).filter(({ mark }) => mark === 'remove');
  for (const { item } of doomed) {
    run.log(`INFO: removing backup '${volumeId(item)}'`);
    cluster.content.splice(cluster.content.indexOf(item), 1);
  }
  run.log(`INFO: pruned ${doomed.length} backup(s)`);
}

function commandOf(call: Call): string {
  const words = Object.entries(call.parameters).flatMap(([key, value]) =>
    key === 'vmid' || Array.isArray(value)
      ? []
      : [`--${key}`, /[\s{]/.test(String(value)) ? `'${String(value)}'` : String(value)],
  );
  return ['vzdump', ...(optionalText(call, 'vmid')?.split(',') ?? []), ...words].join(' ');
}

/** One guest's failure ends neither the others nor the job, but the job's status. */
function* work(call: Call, guests: readonly Guest[], wanted: Wanted, run: TaskRun): Work {
  run.log(`INFO: starting new backup job: ${commandOf(call)}`);
  let failed = 0;
  for (const guest of guests) {
    try {
      yield* backUp(call, guest, wanted, run);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // A single guest that one has no right to ends the job at once.
      if (guests.length === 1 && error.message.startsWith('Permission')) throw error;
      failed += 1;
      run.log(`ERROR: Backup of VM ${guest.vmid} failed - ${error.message.trimEnd()}`);
      run.log(`INFO: Failed at ${clock(call.cluster.nowMs())}`);
    }
  }
  run.log(`INFO: Backup job finished ${failed === 0 ? 'successfully' : 'with errors'}`);
  if (failed > 0) throw died('job errors');
}

function vzdump(call: Call): string {
  const { cluster } = call;
  const node = text(call, 'node');
  const all = flag(call, 'all');
  const pool = optionalText(call, 'pool');
  const vmid = optionalText(call, 'vmid');
  if (!all && pool === undefined && vmid === undefined) {
    throw badParameters({ vmid: 'property is missing and it is not optional' });
  }
  const selection = {
    ...(all ? { all: 1 } : {}),
    ...(pool === undefined ? {} : { pool }),
    ...(vmid === undefined ? {} : { vmid }),
    exclude: optionalText(call, 'exclude') ?? '',
  };
  const guests = guestsOfJob(cluster, selection).filter((guest) => guest.node === node);
  const id = optionalText(call, 'storage') ?? 'local';
  const storage = cluster.storages.get(id);
  if (storage === undefined) throw died(`storage '${id}' does not exist`);
  demand(cluster.access, call.who, `/storage/${id}`, 'Datastore.AllocateSpace');
  const prune = optionalText(call, 'prune-backups');
  if (prune !== undefined) demand(cluster.access, call.who, `/storage/${id}`, 'Datastore.Allocate');
  if (!storage.content.includes('backup'))
    throw died(
      `could not get storage information for '${id}': can't use storage '${id}' for backups - wrong content type`,
    );
  if (vmid !== undefined && guests.length === 0 && !cluster.guests.has(Number(vmid))) {
    throw died(`unable to find VM '${vmid}'`);
  }
  const wanted: Wanted = {
    storage,
    mode: optionalText(call, 'mode') ?? 'snapshot',
    // Left out means none here: the server's own default is none as well.
    compress: optionalText(call, 'compress') ?? '0',
    notes: optionalText(call, 'notes-template'),
    isProtected: flag(call, 'protected'),
    prune: prune ?? storage.more['prune-backups'],
    remove: optionalText(call, 'remove') === undefined || flag(call, 'remove'),
  };
  const taskId = guests.length === 1 ? String(guests[0]?.vmid ?? '') : '';
  return startTask(cluster, { node, type: 'vzdump', id: taskId, by: call.who }, (run) =>
    work(call, guests, wanted, run),
  );
}

function extractConfig(call: Call): string {
  const id = text(call, 'volume');
  const backup = call.cluster.content.find((item) => volumeId(item) === id);
  if (backup === undefined) throw died(`volume '${id}' does not exist`);
  const storage = `/storage/${backup.storage}`;
  demand(call.cluster.access, call.who, storage, 'Datastore.AllocateSpace');
  return Object.entries(backup.config ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

export const vzdumpHandlers: Handlers = {
  'POST /nodes/{node}/vzdump': vzdump,
  'GET /nodes/{node}/vzdump/defaults': () => ({ mode: 'snapshot', compress: '0', storage: 'local' }),
  'GET /nodes/{node}/vzdump/extractconfig': extractConfig,
};
