import { demand, demandAny } from './access';
import { badParameters, died } from './errors';
import { flag, optionalNumber, optionalText, text, type Call, type Handlers } from './call';
import { splitList } from './formats';
import { isOn, visibleStorages } from './resources';
import type { Storage, StorageContent } from './storage-types';
import { startTask } from './tasks';
import type { Cluster } from './types';
import { storageUsedBytes } from './usage';
import { volumesOf } from './volumes';

function storageOf(call: Call): Storage {
  const id = text(call, 'storage');
  const storage = call.cluster.storages.get(id);
  if (storage === undefined) throw died(`storage '${id}' does not exist`);
  const node = text(call, 'node');
  if (!isOn(storage, node)) throw died(`storage '${id}' is not available on node '${node}'`);
  return storage;
}

function statusOf(cluster: Cluster, storage: Storage, node: string) {
  const used = storageUsedBytes(cluster, storage, node);
  const sizes =
    storage.enabled && storage.reachable !== false
      ? { total: storage.totalBytes, used, avail: storage.totalBytes - used, active: 1 }
      : { total: 0, used: 0, avail: 0, active: 0 };
  return {
    type: storage.type,
    content: storage.content.join(','),
    shared: storage.shared ? 1 : 0,
    enabled: storage.enabled ? 1 : 0,
    ...sizes,
  };
}

function listStorages(call: Call) {
  const { cluster } = call;
  const node = text(call, 'node');
  const wanted = splitList(optionalText(call, 'content') ?? '');
  return visibleStorages(cluster, call.who)
    .filter((storage) => isOn(storage, node))
    .filter(
      (storage) =>
        optionalText(call, 'storage') === undefined || storage.id === optionalText(call, 'storage'),
    )
    .filter((storage) => wanted.length === 0 || wanted.some((content) => storage.content.includes(content)))
    .filter((storage) => !flag(call, 'enabled') || storage.enabled)
    .map((storage) => {
      const status = statusOf(cluster, storage, node);
      const fraction = status.total === 0 ? {} : { used_fraction: status.used / status.total };
      return { storage: storage.id, ...status, ...fraction };
    });
}

export const volumeId = (item: StorageContent) => `${item.storage}:${item.volume}`;

function contentRow(item: StorageContent) {
  return {
    volid: volumeId(item),
    content: item.content,
    format: item.format,
    size: item.sizeBytes,
    ctime: Math.floor(item.createdAtMs / 1000),
    ...(item.vmid === undefined ? {} : { vmid: item.vmid }),
    ...(item.subtype === undefined ? {} : { subtype: item.subtype }),
    ...(item.notes === undefined ? {} : { notes: item.notes }),
    ...(item.isProtected === true ? { protected: 1 } : {}),
    ...(item.verified === undefined
      ? {}
      : {
          verification: {
            state: item.verified,
            upid: `UPID:vault:0000A1B2:00C3D4E5:${Math.floor(item.createdAtMs / 1000)
              .toString(16)
              .toUpperCase()}:verificationjob:main:root@pam:`,
          },
        }),
    ...(item.keyFingerprint === undefined ? {} : { encrypted: item.keyFingerprint }),
  };
}

export function contentOn(cluster: Cluster, storage: Storage, node: string): StorageContent[] {
  return cluster.content.filter(
    (item) => item.storage === storage.id && (storage.shared || item.node === node),
  );
}

/** What is on a server that does not answer cannot be told. */
export function activated(storage: Storage): Storage {
  if (storage.reachable !== false) return storage;
  const server = `${storage.more['server'] ?? ''}:8007`;
  throw died(
    `could not activate storage '${storage.id}': ${storage.id}: error fetching datastores - 500 Can't connect to ${server} (Connection timed out)`,
  );
}

function listContent(call: Call) {
  const { cluster } = call;
  const storage = activated(storageOf(call));
  const node = text(call, 'node');
  const content = optionalText(call, 'content');
  const vmid = optionalNumber(call, 'vmid');
  const volumes = volumesOf(cluster, storage.id)
    .filter((volume) => storage.shared || volume.node === node)
    .map((volume) => ({
      volid: volume.id,
      content: volume.type,
      format: volume.format,
      size: volume.sizeBytes,
      vmid: volume.vmid,
      ...(['dir', 'nfs'].includes(storage.type)
        ? { used: volume.usedBytes, parent: null, ctime: Math.floor(volume.createdAtMs / 1000) }
        : {}),
    }));
  const rows: { content: string; vmid?: number }[] = [
    ...volumes,
    ...contentOn(cluster, storage, node).map(contentRow),
  ];
  return rows
    .filter((row) => content === undefined || row.content === content)
    .filter((row) => vmid === undefined || row.vmid === vmid);
}

/** `local:iso/x.iso`, or without the storage's name. */
export function volumeOf(call: Call): { storage: Storage; volume: string } {
  const storage = storageOf(call);
  const given = text(call, 'volume');
  const prefix = `${storage.id}:`;
  return { storage, volume: given.startsWith(prefix) ? given.slice(prefix.length) : given };
}

export function itemOf(call: Call): StorageContent | undefined {
  const { storage, volume } = volumeOf(call);
  return contentOn(call.cluster, storage, text(call, 'node')).find((item) => item.volume === volume);
}

function pathOf(storage: Storage, volume: string): string {
  if (storage.type === 'zfspool') return `/dev/zvol/${storage.more['pool'] ?? 'rpool/data'}/${volume}`;
  if (storage.type === 'lvmthin') return `/dev/${storage.more['vgname'] ?? 'pve'}/${volume}`;
  const folders: Readonly<Record<string, string>> = {
    iso: 'template/iso',
    vztmpl: 'template/cache',
    backup: 'dump',
    snippets: 'snippets',
  };
  const [kind = '', ...rest] = volume.split('/');
  const folder = folders[kind];
  return folder === undefined
    ? `${storage.path}/images/${volume}`
    : `${storage.path}/${folder}/${rest.join('/')}`;
}

function checkVolumeRights(
  call: Call,
  item: StorageContent | undefined,
  storage: Storage,
  change: boolean,
): void {
  const { access } = call.cluster;
  const path = `/storage/${storage.id}`;
  if (!change) {
    demandAny(access, call.who, path, ['Datastore.Audit', 'Datastore.AllocateSpace']);
    return;
  }
  if (item?.content === 'iso' || item?.content === 'vztmpl')
    demand(access, call.who, path, 'Datastore.AllocateTemplate');
  else demand(access, call.who, path, 'Datastore.Allocate');
}

function readVolume(call: Call) {
  const { storage, volume } = volumeOf(call);
  const item = itemOf(call);
  checkVolumeRights(call, item, storage, false);
  const disk = volumesOf(call.cluster, storage.id).find(({ id }) => id === `${storage.id}:${volume}`);
  const size = item?.sizeBytes ?? disk?.sizeBytes;
  if (size === undefined) throw died(`volume '${storage.id}:${volume}' does not exist`);
  return {
    path: pathOf(storage, volume),
    size,
    used: item?.sizeBytes ?? disk?.usedBytes,
    format: 'raw',
    ...(item?.notes === undefined ? {} : { notes: item.notes }),
    ...(item?.content === 'backup' ? { protected: item.isProtected === true ? 1 : 0 } : {}),
  };
}

function changeVolume(call: Call): null {
  const { storage, volume } = volumeOf(call);
  const item = itemOf(call);
  checkVolumeRights(call, item, storage, true);
  if (item === undefined) throw died(`volume '${storage.id}:${volume}' does not exist`);
  const notes = optionalText(call, 'notes');
  if (notes !== undefined) item.notes = notes;
  if (call.parameters['protected'] !== undefined) item.isProtected = flag(call, 'protected');
  return null;
}

function deleteVolume(call: Call): string {
  const { cluster } = call;
  const { storage, volume } = volumeOf(call);
  const item = itemOf(call);
  checkVolumeRights(call, item, storage, true);
  const id = `${item?.vmid ?? ''}@${storage.id}`;
  return startTask(cluster, { node: text(call, 'node'), type: 'imgdel', id, by: call.who }, function* (run) {
    if (volumesOf(cluster, storage.id).some((disk) => disk.id === `${storage.id}:${volume}`)) {
      throw died(`Cannot remove image, a guest with VMID '${/\d{3,}/.exec(volume)?.[0] ?? ''}' exists!`);
    }
    if (item === undefined) throw died(`volume '${storage.id}:${volume}' does not exist`);
    if (item.isProtected === true)
      throw died(`cannot remove protected volume '${volume}' on '${storage.id}'`);
    yield 600;
    cluster.content.splice(cluster.content.indexOf(item), 1);
    run.log(`Removed volume '${storage.id}:${volume}'`);
  });
}

const extensions: Readonly<Record<string, RegExp>> = {
  iso: /\.(?:iso|img)$/i,
  vztmpl: /\.tar\.(?:gz|xz|zst|bz2)$/i,
  import: /\.(?:ova|ovf|qcow2|raw|vmdk)$/i,
  snippets: /./,
};

function formatOf(content: string, name: string): string {
  if (content !== 'vztmpl') return content === 'iso' ? 'iso' : (name.split('.').at(-1) ?? 'raw');
  return name.endsWith('.zst') ? 'tzst' : name.endsWith('.xz') ? 'txz' : 'tgz';
}

function upload(call: Call): string {
  const { cluster, upload: file } = call;
  const storage = storageOf(call);
  const content = text(call, 'content');
  const node = text(call, 'node');
  if (file === undefined) throw badParameters({ filename: 'property is missing and it is not optional' });
  const name = file.name.replace(/[^\w.-]/g, '_');
  if (extensions[content]?.test(name) !== true) throw badParameters({ filename: 'wrong file extension' });
  if (!storage.content.includes(content))
    throw died(`storage '${storage.id}' does not support '${content}' content`);
  const volume = `${content}/${name}`;
  const temporary = `/var/tmp/pveupload-${cluster.random.text(32, '0123456789abcdef')}`;
  // The node that received it copies it to the node of the path.
  return startTask(
    cluster,
    { node: call.receiver.name, type: 'imgcopy', id: '', by: call.who },
    function* (run) {
      run.log(`starting file import from: ${temporary}`);
      yield 400;
      const expected = optionalText(call, 'checksum');
      if (expected !== undefined) {
        const got = file.digestOf(optionalText(call, 'checksum-algorithm') ?? '');
        if (got !== expected.toLowerCase()) {
          run.log('calculating checksum...');
          throw died(`checksum mismatch: got '${got}' != expect '${expected}'`);
        }
        run.log('calculating checksum...OK, checksum verified');
      }
      run.log(`target node: ${node}`);
      run.log(`target file: ${pathOf(storage, volume)}`);
      run.log(`file size is: ${file.sizeBytes}`);
      run.log(`command: cp -- ${temporary} ${pathOf(storage, volume)}`);
      yield 600;
      cluster.content = cluster.content.filter(
        (item) => !(item.storage === storage.id && item.node === node && item.volume === volume),
      );
      cluster.content.push({
        storage: storage.id,
        node,
        volume,
        content: content as StorageContent['content'],
        format: formatOf(content, name),
        sizeBytes: file.sizeBytes,
        createdAtMs: cluster.nowMs(),
      });
      run.log('finished file import successfully');
    },
  );
}

function entryOf(storage: Storage) {
  return {
    storage: storage.id,
    type: storage.type,
    content: storage.content.join(','),
    ...(storage.shared ? { shared: 1 } : {}),
    ...(storage.nodes === undefined ? {} : { nodes: storage.nodes.join(',') }),
    ...(storage.enabled ? {} : { disable: 1 }),
    ...(storage.path === '' ? {} : { path: storage.path }),
    ...storage.more,
    digest: '',
  };
}

export const storageHandlers: Handlers = {
  'GET /storage': ({ cluster, who }) => visibleStorages(cluster, who).map(entryOf),
  'GET /storage/{storage}': (call) => {
    const storage = call.cluster.storages.get(text(call, 'storage'));
    if (storage === undefined) throw died(`storage '${text(call, 'storage')}' does not exist`);
    return entryOf(storage);
  },
  'GET /nodes/{node}/storage': listStorages,
  'GET /nodes/{node}/storage/{storage}': () =>
    ['content', 'status', 'rrd', 'rrddata', 'prunebackups'].map((subdir) => ({ subdir })),
  'GET /nodes/{node}/storage/{storage}/status': (call) =>
    statusOf(call.cluster, storageOf(call), text(call, 'node')),
  'GET /nodes/{node}/storage/{storage}/content': listContent,
  'GET /nodes/{node}/storage/{storage}/content/{volume}': readVolume,
  'PUT /nodes/{node}/storage/{storage}/content/{volume}': changeVolume,
  'DELETE /nodes/{node}/storage/{storage}/content/{volume}': deleteVolume,
  'POST /nodes/{node}/storage/{storage}/upload': upload,
};

export { storageOf };
