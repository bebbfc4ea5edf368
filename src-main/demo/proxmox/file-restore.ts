import { demand } from './access';
import { FileStream, text, type Call, type Handlers } from './call';
import { ApiError, badParameters, died } from './errors';
import { activated, itemOf, storageOf, volumeOf } from './storage';
import type { BackupTree, StorageContent } from './storage-types';
import { startTask } from './tasks';

/** PVE/API2/Storage/FileRestore.pm: whoever may back up the guest may look into its backups. */
function backupOf(call: Call): StorageContent {
  const storage = activated(storageOf(call));
  const { volume } = volumeOf(call);
  const item = itemOf(call);
  demand(call.cluster.access, call.who, `/storage/${storage.id}`, 'Datastore.AllocateSpace');
  if (item?.vmid !== undefined) demand(call.cluster.access, call.who, `/vms/${item.vmid}`, 'VM.Backup');
  if (storage.type !== 'pbs')
    throw badParameters({ storage: 'Only PBS storages supported for file-restore.' });
  if (item === undefined) throw died(`volume '${storage.id}:${volume}' does not exist`);
  return item;
}

function decoded(call: Call): string {
  const given = text(call, 'filepath');
  return given === '/' ? '/' : Buffer.from(given, 'base64').toString();
}

function find(tree: BackupTree, path: string): BackupTree | string {
  let at: BackupTree | string = tree;
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next: BackupTree | string | undefined = typeof at === 'string' ? undefined : at[name];
    if (next === undefined) throw new ApiError(404, `path ${path} not found\n`);
    at = next;
  }
  return at;
}

/** Disks and trees of files, and the partitions of a disk, are virtual: `v`. */
function kindOf(path: string, entry: BackupTree | string): 'v' | 'd' | 'f' {
  if (typeof entry === 'string') return 'f';
  return /^\/[^/]+\.(?:fidx|didx)(?:\/part(?:\/\d+)?)?$/.test(path) ? 'v' : 'd';
}

function list(call: Call) {
  const item = backupOf(call);
  const path = decoded(call);
  const folder = find(item.files ?? {}, path);
  if (typeof folder === 'string') throw new ApiError(400, `${path} is no directory\n`);
  return Object.entries(folder).map(([name, entry]) => {
    const below = `${path === '/' ? '' : path}/${name}`;
    const isFile = typeof entry === 'string';
    return {
      filepath: Buffer.from(below).toString('base64'),
      type: kindOf(below, entry),
      text: name,
      leaf: isFile ? 1 : 0,
      ...(isFile ? { size: Buffer.byteLength(entry) } : {}),
      ...(kindOf(below, entry) === 'v' ? {} : { mtime: Math.floor(item.createdAtMs / 1000) - 86_400 }),
    };
  });
}

function download(call: Call): FileStream {
  const item = backupOf(call);
  const path = decoded(call);
  const entry = find(item.files ?? {}, path);
  if (typeof entry !== 'string') throw new ApiError(501, 'The demo packs no folders');
  startTask(
    call.cluster,
    { node: text(call, 'node'), type: 'pbs-download', id: '', by: call.who },
    function* (run) {
      run.log(`Starting download of file: ${path}`);
      yield 200;
    },
  );
  return new FileStream(entry);
}

export const fileRestoreHandlers: Handlers = {
  'GET /nodes/{node}/storage/{storage}/file-restore/list': list,
  'GET /nodes/{node}/storage/{storage}/file-restore/download': download,
};
