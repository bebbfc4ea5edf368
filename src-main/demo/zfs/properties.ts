import type { ZfsModel } from './model';
import type { Bookmark, Dataset, Pool, Snapshot } from './types';
import { poolState } from './vdevs';

/** Values of properties as `zfs list -Hp`, `zfs get -Hp` and `zpool list -Hp` print them (OpenZFS 2.1.11). */

export type Target =
  | { kind: 'dataset'; name: string; dataset: Dataset }
  | { kind: 'snapshot'; name: string; dataset: Dataset; snapshot: Snapshot; index: number }
  | { kind: 'bookmark'; name: string; dataset: Dataset; bookmark: Bookmark };

export type ReadProperty = (model: ZfsModel, target: Target) => string;

const none = '-';
const seconds = (ms: number) => String(Math.floor(ms / 1000));

interface Readers {
  dataset?: (model: ZfsModel, dataset: Dataset) => string | number;
  snapshot?: (model: ZfsModel, target: Extract<Target, { kind: 'snapshot' }>) => string | number;
  bookmark?: (target: Extract<Target, { kind: 'bookmark' }>) => string | number;
}

const property =
  (readers: Readers): ReadProperty =>
  (model, target) => {
    if (target.kind === 'dataset') return String(readers.dataset?.(model, target.dataset) ?? none);
    if (target.kind === 'snapshot') return String(readers.snapshot?.(model, target) ?? none);
    return String(readers.bookmark?.(target) ?? none);
  };

/** The same on filesystems, volumes and snapshots. */
const constant = (value: string): ReadProperty => property({ dataset: () => value, snapshot: () => value });
const datasetOnly = (read: (model: ZfsModel, dataset: Dataset) => string | number): ReadProperty =>
  property({ dataset: read });
const filesystemOnly = (value: string): ReadProperty =>
  datasetOnly((_, dataset) => (dataset.type === 'filesystem' ? value : none));
const ratio = (value: number) => value.toFixed(2);
const spaceOf = (model: ZfsModel, target: Extract<Target, { kind: 'snapshot' }>) =>
  model.space(target.dataset).snapshots[target.index];

const used = property({
  dataset: (model, dataset) => model.totalsOf(dataset).usedBytes,
  snapshot: (model, target) => spaceOf(model, target)?.usedBytes ?? 0,
});
const available = datasetOnly((model, dataset) => model.totalsOf(dataset).availableBytes);
const referenced = property({
  dataset: (model, dataset) => model.space(dataset).referencedBytes,
  snapshot: (model, target) => spaceOf(model, target)?.referencedBytes ?? 0,
});
const usedBySnapshots = datasetOnly((model, dataset) => model.space(dataset).usedBySnapshotsBytes);
const usedByDataset = datasetOnly((model, dataset) => model.space(dataset).usedByDatasetBytes);
const usedByChildren = datasetOnly((model, dataset) => model.totalsOf(dataset).usedByChildrenBytes);
const usedByReservation = datasetOnly((model, dataset) => model.totalsOf(dataset).usedByReservationBytes);
const compressRatio = property({
  dataset: (_, dataset) => ratio(dataset.compressRatio),
  snapshot: (_, target) => ratio(target.dataset.compressRatio),
});
/** Set on the dataset itself, inherited from above, or the default. */
const inheriting = (name: string, fallback: string, only: 'filesystem' | 'both' = 'both'): ReadProperty =>
  datasetOnly((model, dataset) =>
    only === 'filesystem' && dataset.type === 'volume'
      ? none
      : (dataset.own.get(name) ?? model.inherited(dataset.name, name) ?? fallback),
  );
/** Set on the dataset itself or the default; nothing inherits it. */
const ownSize = (name: string, only: 'filesystem' | 'both'): ReadProperty =>
  datasetOnly((_, dataset) =>
    only === 'filesystem' && dataset.type === 'volume' ? none : (dataset.own.get(name) ?? '0'),
  );
const logical = (read: ReadProperty): ReadProperty => {
  return (model, target) => {
    const bytes = read(model, target);
    return bytes === none ? none : String(Math.round(Number(bytes) * target.dataset.compressRatio));
  };
};
/** 18446744073709551615 (2^64 - 1) means "no limit". */
const unlimited = filesystemOnly('18446744073709551615');

const registry: Readonly<Record<string, ReadProperty>> = {
  name: (_, target) => target.name,
  type: (_, target) => (target.kind === 'dataset' ? target.dataset.type : target.kind),
  guid: property({
    dataset: (_, dataset) => dataset.guid,
    snapshot: (_, { snapshot }) => snapshot.guid,
    bookmark: ({ bookmark }) => bookmark.guid,
  }),
  createtxg: property({
    dataset: (_, dataset) => dataset.createTxg,
    snapshot: (_, { snapshot }) => snapshot.createTxg,
    bookmark: ({ bookmark }) => bookmark.createTxg,
  }),
  creation: property({
    dataset: (_, dataset) => seconds(dataset.createdAtMs),
    snapshot: (_, { snapshot }) => seconds(snapshot.createdAtMs),
    bookmark: ({ bookmark }) => seconds(bookmark.createdAtMs),
  }),
  used,
  available,
  referenced,
  usedbysnapshots: usedBySnapshots,
  usedbydataset: usedByDataset,
  usedbychildren: usedByChildren,
  usedbyrefreservation: usedByReservation,
  compressratio: compressRatio,
  refcompressratio: compressRatio,
  logicalused: logical(datasetOnly((model, dataset) => model.totalsOf(dataset).usedBytes)),
  logicalreferenced: logical(referenced),
  written: property({
    dataset: (model, dataset) => model.space(dataset).writtenBytes,
    snapshot: (model, target) => spaceOf(model, target)?.writtenBytes ?? 0,
  }),
  mounted: datasetOnly((_, dataset) =>
    dataset.type === 'volume' ? none : dataset.mountpoint?.startsWith('/') === true ? 'yes' : 'no',
  ),
  mountpoint: datasetOnly((_, dataset) =>
    dataset.type === 'volume' ? none : (dataset.mountpoint ?? 'none'),
  ),
  origin: datasetOnly((_, dataset) => dataset.origin ?? none),
  quota: datasetOnly((_, dataset) => (dataset.type === 'volume' ? none : dataset.quotaBytes)),
  reservation: ownSize('reservation', 'both'),
  refquota: ownSize('refquota', 'filesystem'),
  refreservation: datasetOnly((_, dataset) => dataset.reservedBytes),
  volsize: property({
    dataset: (_, dataset) => dataset.volumeBytes ?? none,
    snapshot: (_, { dataset }) => dataset.volumeBytes ?? none,
  }),
  volblocksize: datasetOnly((_, dataset) => (dataset.type === 'volume' ? dataset.blockBytes : none)),
  recordsize: inheriting('recordsize', '131072', 'filesystem'),
  compression: inheriting('compression', 'off'),
  userrefs: property({ snapshot: (_, { snapshot }) => snapshot.holds.size }),
  clones: property({ snapshot: (model, { name }) => model.clonesOf(name).join(',') || none }),
  numclones: property({ snapshot: (model, { name }) => model.clonesOf(name).length }),
  defer_destroy: property({ snapshot: () => 'off' }),
  inconsistent: constant('0'),
  redacted: constant('0'),
  objsetid: property({
    dataset: (_, dataset) => dataset.createTxg + 144,
    snapshot: (_, { snapshot }) => snapshot.createTxg + 149,
  }),
  sharenfs: filesystemOnly('off'),
  checksum: datasetOnly(() => 'on'),
  atime: inheriting('atime', 'on', 'filesystem'),
  devices: constant('on'),
  exec: constant('on'),
  setuid: constant('on'),
  readonly: inheriting('readonly', 'off'),
  zoned: filesystemOnly('off'),
  snapdir: inheriting('snapdir', 'hidden', 'filesystem'),
  aclmode: filesystemOnly('discard'),
  aclinherit: filesystemOnly('restricted'),
  canmount: filesystemOnly('on'),
  xattr: constant('on'),
  copies: datasetOnly(() => '1'),
  version: constant('5'),
  utf8only: constant('off'),
  normalization: constant('none'),
  casesensitivity: constant('sensitive'),
  vscan: filesystemOnly('off'),
  nbmand: constant('off'),
  sharesmb: filesystemOnly('off'),
  primarycache: constant('all'),
  secondarycache: constant('all'),
  logbias: datasetOnly(() => 'latency'),
  dedup: datasetOnly(() => 'off'),
  mlslabel: constant('none'),
  sync: inheriting('sync', 'standard'),
  dnodesize: filesystemOnly('legacy'),
  volmode: datasetOnly(() => 'default'),
  filesystem_limit: unlimited,
  snapshot_limit: unlimited,
  filesystem_count: unlimited,
  snapshot_count: unlimited,
  snapdev: datasetOnly(() => 'hidden'),
  acltype: constant('off'),
  context: constant('none'),
  fscontext: constant('none'),
  defcontext: constant('none'),
  rootcontext: constant('none'),
  relatime: filesystemOnly('off'),
  redundant_metadata: datasetOnly(() => 'all'),
  overlay: filesystemOnly('on'),
  encryption: constant('off'),
  keylocation: datasetOnly(() => 'none'),
  keyformat: datasetOnly(() => 'none'),
  pbkdf2iters: datasetOnly(() => '0'),
  special_small_blocks: filesystemOnly('0'),
};

const shortNames: Readonly<Record<string, string>> = {
  avail: 'available',
  refer: 'referenced',
  usedsnap: 'usedbysnapshots',
  usedds: 'usedbydataset',
  usedchild: 'usedbychildren',
  usedrefreserv: 'usedbyrefreservation',
  ratio: 'compressratio',
  compress: 'compression',
  refreserv: 'refreservation',
  reserv: 'reservation',
  recsize: 'recordsize',
  volblock: 'volblocksize',
  lused: 'logicalused',
  lrefer: 'logicalreferenced',
  rdonly: 'readonly',
};

/** The reader of a property, or null where zfs(8) knows none of that name. */
export function readerOf(name: string): ReadProperty | null {
  const full = shortNames[name] ?? name;
  if (Object.hasOwn(registry, full)) return registry[full] ?? null;
  if (name.startsWith('written@')) {
    const part = name.slice('written@'.length);
    return (model, target) =>
      target.kind === 'dataset' ? String(model.writtenSince(target.dataset, part) ?? none) : none;
  }
  // User properties carry a colon; none are set.
  return /^[a-z0-9:+._-]*:[a-z0-9:+._-]*$/.test(name) ? () => none : null;
}

/** What `zfs get all` lists, in its order. */
const filesystemProperties =
  'type creation used available referenced compressratio mounted quota reservation recordsize mountpoint sharenfs checksum compression atime devices exec setuid readonly zoned snapdir aclmode aclinherit createtxg canmount xattr copies version utf8only normalization casesensitivity vscan nbmand sharesmb refquota refreservation guid primarycache secondarycache usedbysnapshots usedbydataset usedbychildren usedbyrefreservation logbias objsetid dedup mlslabel sync dnodesize refcompressratio written logicalused logicalreferenced volmode filesystem_limit snapshot_limit filesystem_count snapshot_count snapdev acltype context fscontext defcontext rootcontext relatime redundant_metadata overlay encryption keylocation keyformat pbkdf2iters special_small_blocks'.split(
    ' ',
  );
const volumeProperties =
  'type creation used available referenced compressratio reservation volsize volblocksize checksum compression readonly createtxg copies refreservation guid primarycache secondarycache usedbysnapshots usedbydataset usedbychildren usedbyrefreservation logbias objsetid dedup mlslabel sync refcompressratio written logicalused logicalreferenced volmode snapdev context fscontext defcontext rootcontext redundant_metadata encryption keylocation keyformat pbkdf2iters'.split(
    ' ',
  );
const snapshotProperties =
  'type creation used referenced compressratio devices exec setuid createtxg xattr version utf8only normalization casesensitivity nbmand guid primarycache secondarycache defer_destroy userrefs objsetid mlslabel refcompressratio written logicalreferenced acltype context fscontext defcontext rootcontext encryption'.split(
    ' ',
  );

export function allPropertiesOf(target: Target): readonly string[] {
  if (target.kind === 'bookmark') return ['type', 'creation', 'createtxg', 'guid'];
  if (target.kind === 'snapshot') return snapshotProperties;
  return target.dataset.type === 'volume' ? volumeProperties : filesystemProperties;
}

const settable = new Set(
  'quota reservation recordsize mountpoint sharenfs checksum compression atime devices exec setuid readonly zoned snapdir aclmode aclinherit canmount xattr copies vscan nbmand sharesmb refquota refreservation primarycache secondarycache logbias dedup mlslabel sync dnodesize volmode filesystem_limit snapshot_limit filesystem_count snapshot_count snapdev acltype context fscontext defcontext rootcontext relatime redundant_metadata overlay encryption keylocation keyformat pbkdf2iters special_small_blocks'.split(
    ' ',
  ),
);

/** The SOURCE column. */
export function sourceOf(model: ZfsModel, name: string, target: Target): string {
  if (name.startsWith('written@')) return 'local';
  if (!settable.has(name) || target.kind !== 'dataset') return settable.has(name) ? 'default' : none;
  const { dataset } = target;
  const local =
    dataset.own.has(name) ||
    (name === 'quota' && dataset.quotaBytes > 0) ||
    (name === 'refreservation' && dataset.reservedBytes > 0) ||
    (name === 'mountpoint' && dataset.mountpoint !== `/${target.name}`);
  if (local) return 'local';
  for (let end = target.name.lastIndexOf('/'); end > 0; end = target.name.lastIndexOf('/', end - 1)) {
    const above = target.name.slice(0, end);
    if (model.dataset(above)?.own.has(name) === true) return `inherited from ${above}`;
  }
  return 'default';
}

type ReadPoolProperty = (model: ZfsModel, pool: Pool) => string | number;

const poolRegistry: Readonly<Record<string, ReadPoolProperty>> = {
  name: (_, pool) => pool.name,
  guid: (_, pool) => pool.guid,
  size: (_, pool) => pool.sizeBytes,
  allocated: (model, pool) => model.allocatedBytes(pool),
  free: (model, pool) => pool.sizeBytes - model.allocatedBytes(pool),
  capacity: (model, pool) => Math.floor((model.allocatedBytes(pool) * 100) / pool.sizeBytes),
  fragmentation: (_, pool) => pool.fragmentationPercent,
  checkpoint: (_, pool) => (pool.checkpointAtMs === null ? none : 212_992),
  expandsize: () => none,
  freeing: () => 0,
  leaked: () => 0,
  dedupratio: () => '1.00',
  health: (_, pool) => poolState(pool.layout),
  altroot: () => none,
  readonly: () => 'off',
  ashift: (_, pool) => pool.ashift,
  autoexpand: () => 'off',
  autoreplace: () => 'off',
  autotrim: () => 'off',
  bootfs: () => none,
  cachefile: () => none,
  comment: () => none,
  compatibility: () => 'off',
  delegation: () => 'on',
  failmode: () => 'wait',
  listsnapshots: () => 'off',
  multihost: () => 'off',
  version: () => none,
};

const shortPoolNames: Readonly<Record<string, string>> = {
  alloc: 'allocated',
  cap: 'capacity',
  frag: 'fragmentation',
  ckpoint: 'checkpoint',
  expandsz: 'expandsize',
  dedup: 'dedupratio',
};

export function poolReaderOf(name: string): ReadPoolProperty | null {
  const full = shortPoolNames[name] ?? name;
  return Object.hasOwn(poolRegistry, full) ? (poolRegistry[full] ?? null) : null;
}
