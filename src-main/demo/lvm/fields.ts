import {
  freeExtents,
  isHidden,
  cowsOf,
  mappedBytes,
  poolFill,
  thinsFrom,
  thinsIn,
  visibleVolumes,
} from './volumes';
import type { ExtentRange, LogicalVolume, PhysicalVolume, VolumeGroup } from './volumes';

/** Values of report fields as lvm2 2.03.16 prints them with `--units b --nosuffix`. */

export interface GroupRow {
  group: VolumeGroup;
}
export interface DiskRow {
  group: VolumeGroup;
  disk: PhysicalVolume;
}
/** `range` null: a volume without extents of its own. */
export interface VolumeRow {
  group: VolumeGroup;
  volume: LogicalVolume;
  range: ExtentRange | null;
}

export type Field<Row> = (row: Row) => string;

const percent = (value: number) => value.toFixed(2);
const dashed = (name: string) => name.replaceAll('-', '--');

function isOpen(volume: LogicalVolume, group: VolumeGroup): boolean {
  if (volume.kind === 'part') return volume.part !== 'spare';
  if (volume.kind === 'thin-pool') return thinsIn(group, volume.name).some((thin) => thin.minor !== null);
  if (volume.kind === 'move') return true;
  return volume.use !== 'none';
}

function isMergingOrigin(volume: LogicalVolume, group: VolumeGroup): boolean {
  return (
    cowsOf(group, volume.name).some((cow) => cow.merge !== null) ||
    thinsFrom(group, volume.name).some((thin) => thin.mergeDeferred)
  );
}

/** The ten characters of lvs(8). */
function attributes({ group, volume }: VolumeRow): string {
  const active = volume.minor !== null;
  const open = active && isOpen(volume, group) ? 'o' : '-';
  const state = active ? 'a' : '-';
  const merging = isMergingOrigin(volume, group);
  switch (volume.kind) {
    case 'part': {
      const letter = volume.part === 'image' ? 'i' : volume.part === 'thin-data' ? 'T' : 'e';
      const target = volume.part === 'image' || volume.part === 'raid-metadata' ? 'r' : '-';
      return `${letter}wi-${state}${open}${target}---`;
    }
    case 'move':
      return 'p-C-aom---';
    case 'cow':
      return `${volume.merge === null ? 's' : 'S'}wi-${volume.invalid ? 'I' : state}${open}s---`;
    case 'thin-pool': {
      const full = poolFill(group, volume).data >= 100;
      return `twi-${state}${open}tz${full ? 'D' : '-'}-`;
    }
    case 'thin': {
      const letter = merging ? 'O' : volume.mergeDeferred ? 'S' : 'V';
      return `${letter}wi-${state}${open}tz-${volume.skipActivation ? 'k' : '-'}`;
    }
    case 'linear':
    case 'raid1': {
      const origin = cowsOf(group, volume.name).length > 0;
      const letter = origin ? (merging ? 'O' : 'o') : volume.kind === 'raid1' ? 'r' : '-';
      const target = volume.kind === 'raid1' ? 'r' : origin ? 's' : '-';
      return `${letter}wi-${state}${open}${target}---`;
    }
  }
}

function roles({ group, volume }: VolumeRow): string {
  switch (volume.kind) {
    case 'part':
      return {
        image: 'private,raid,image',
        'raid-metadata': 'private,raid,metadata',
        'thin-data': 'private,thin,pool,data',
        'thin-metadata': 'private,thin,pool,metadata',
        spare: 'private,pool,spare',
      }[volume.part];
    case 'move':
      return 'private';
    case 'cow':
      return 'public,snapshot,thicksnapshot';
    case 'thin-pool':
      return 'private';
    case 'thin': {
      const words = ['public'];
      const children = thinsFrom(group, volume.name).length;
      if (children > 0) words.push('origin', 'thinorigin');
      if (children > 1) words.push('multithinorigin');
      if (volume.origin !== '') words.push('snapshot', 'thinsnapshot');
      return words.join(',');
    }
    case 'linear':
    case 'raid1': {
      const snapshots = cowsOf(group, volume.name).length;
      if (snapshots === 0) return 'public';
      return `public,origin,thickorigin${snapshots > 1 ? ',multithickorigin' : ''}`;
    }
  }
}

function dataPercent({ group, volume }: VolumeRow): string {
  if (volume.minor === null) return '';
  if (volume.kind === 'cow') {
    return percent(volume.invalid ? 100 : (volume.usedBytes / volume.sizeBytes) * 100);
  }
  if (volume.kind === 'thin-pool') return percent(poolFill(group, volume).data);
  if (volume.kind === 'thin') return percent((mappedBytes(group, volume) / volume.sizeBytes) * 100);
  return '';
}

const segmentTypes: Readonly<Record<LogicalVolume['kind'], string>> = {
  linear: 'linear',
  cow: 'linear',
  part: 'linear',
  raid1: 'raid1',
  'thin-pool': 'thin-pool',
  thin: 'thin',
  move: 'mirror',
};
const layouts: Readonly<Record<LogicalVolume['kind'], string>> = {
  ...segmentTypes,
  raid1: 'raid,raid1',
  'thin-pool': 'thin,pool',
  thin: 'thin,sparse',
};

function devices({ volume, range }: VolumeRow): string {
  if (volume.kind === 'raid1') return volume.images.map((image) => `${image}(0)`).join(',');
  if (volume.kind === 'thin-pool') return `${volume.dataPart}(0)`;
  if (volume.kind === 'move' && range !== null) {
    const place = volume.places.find(({ fresh }) => fresh.includes(range));
    return `${volume.from}(${place?.old.start ?? 0}),${range.disk}(${range.start})`;
  }
  return range === null ? '' : `${range.disk}(${range.start})`;
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
}

const originOf = (volume: LogicalVolume) =>
  volume.kind === 'cow' || volume.kind === 'thin' ? volume.origin : '';
const poolOf = (volume: LogicalVolume) => (volume.kind === 'thin' ? volume.pool : '');
const uuidOf = (group: VolumeGroup, name: string) => group.volumes.get(name)?.uuid ?? '';
const sizeOf = (group: VolumeGroup, name: string) => String(group.volumes.get(name)?.sizeBytes ?? '');
const bracketed = (volume: LogicalVolume) => (isHidden(volume) ? `[${volume.name}]` : volume.name);
/** Word where the volume is active, nothing where it is not. */
const whenActive =
  (word: string): Field<VolumeRow> =>
  ({ volume }) =>
    volume.minor === null ? '' : word;
/** Kernel state of an inactive volume is not known. */
const knownWhenActive =
  (read: Field<VolumeRow>): Field<VolumeRow> =>
  (row) =>
    row.volume.minor === null ? 'unknown' : read(row);
const empty = () => '';
const fixed = (value: string) => () => value;
const syncPercent: Field<VolumeRow> = ({ volume }) =>
  volume.kind === 'move'
    ? percent(volume.percent)
    : volume.kind === 'raid1' && volume.minor !== null
      ? '100.00'
      : '';
const descendants: Field<VolumeRow> = ({ group, volume }) =>
  [...cowsOf(group, volume.name), ...thinsFrom(group, volume.name)].map(({ name }) => name).join(',');

/** In the order of `-o lv_all`; those after `lv_attr` belong to segments or to the group. */
export const volumeFields: Readonly<Record<string, Field<VolumeRow>>> = {
  lv_uuid: ({ volume }) => volume.uuid,
  lv_name: ({ volume }) => bracketed(volume),
  lv_full_name: ({ group, volume }) => `${group.name}/${volume.name}`,
  lv_path: ({ group, volume }) =>
    volume.kind === 'part' || volume.kind === 'thin-pool' ? '' : `/dev/${group.name}/${volume.name}`,
  lv_dm_path: ({ group, volume }) => `/dev/mapper/${dashed(group.name)}-${dashed(volume.name)}`,
  lv_parent: ({ volume }) => (volume.kind === 'part' ? (volume.parent ?? '') : ''),
  lv_layout: ({ volume }) => layouts[volume.kind],
  lv_role: roles,
  lv_initial_image_sync: ({ volume }) => (volume.kind === 'raid1' ? 'initial image sync' : ''),
  lv_image_synced: ({ volume }) => (volume.kind === 'part' && volume.part === 'image' ? 'image synced' : ''),
  // The origin of a thin merge does not carry the word, unlike a thick one (seen with 2.03.16).
  lv_merging: ({ group, volume }) =>
    (volume.kind === 'cow' && volume.merge !== null) ||
    (volume.kind === 'thin' && volume.mergeDeferred) ||
    (volume.kind !== 'thin' && isMergingOrigin(volume, group))
      ? 'merging'
      : '',
  lv_converting: empty,
  lv_allocation_policy: fixed('inherit'),
  lv_allocation_locked: empty,
  lv_fixed_minor: empty,
  lv_skip_activation: ({ volume }) =>
    volume.kind === 'thin' && volume.skipActivation ? 'skip activation' : '',
  lv_autoactivation: fixed('enabled'),
  lv_when_full: ({ volume }) => (volume.kind === 'thin-pool' ? volume.whenFull : ''),
  lv_active: whenActive('active'),
  lv_active_locally: whenActive('active locally'),
  lv_active_remotely: empty,
  lv_active_exclusively: whenActive('active exclusively'),
  lv_major: fixed('-1'),
  lv_minor: fixed('-1'),
  lv_read_ahead: fixed('auto'),
  lv_size: ({ volume }) => String(volume.sizeBytes),
  lv_metadata_size: ({ volume }) => (volume.kind === 'thin-pool' ? String(volume.metadataBytes) : ''),
  seg_count: ({ volume }) => String(Math.max(1, volume.ranges.length)),
  origin: ({ volume }) => originOf(volume),
  origin_uuid: ({ group, volume }) => uuidOf(group, originOf(volume)),
  origin_size: ({ group, volume }) =>
    volume.kind === 'cow'
      ? sizeOf(group, volume.origin)
      : cowsOf(group, volume.name).length > 0
        ? String(volume.sizeBytes)
        : '',
  lv_ancestors: ({ volume }) => originOf(volume),
  lv_full_ancestors: ({ volume }) => originOf(volume),
  lv_descendants: descendants,
  lv_full_descendants: descendants,
  raid_mismatch_count: ({ volume }) => (volume.kind === 'raid1' ? '0' : ''),
  raid_sync_action: ({ volume }) => (volume.kind === 'raid1' ? 'idle' : ''),
  raid_write_behind: empty,
  raid_min_recovery_rate: empty,
  raid_max_recovery_rate: empty,
  raidintegritymode: empty,
  raidintegrityblocksize: fixed('-1'),
  integritymismatches: empty,
  move_pv: ({ volume }) => (volume.kind === 'move' ? volume.from : ''),
  move_pv_uuid: empty,
  convert_lv: empty,
  convert_lv_uuid: empty,
  mirror_log: empty,
  mirror_log_uuid: empty,
  data_lv: ({ volume }) => (volume.kind === 'thin-pool' ? `[${volume.dataPart}]` : ''),
  data_lv_uuid: ({ group, volume }) => (volume.kind === 'thin-pool' ? uuidOf(group, volume.dataPart) : ''),
  metadata_lv: ({ volume }) => (volume.kind === 'thin-pool' ? `[${volume.metadataPart}]` : ''),
  metadata_lv_uuid: ({ group, volume }) =>
    volume.kind === 'thin-pool' ? uuidOf(group, volume.metadataPart) : '',
  pool_lv: ({ volume }) => poolOf(volume),
  pool_lv_uuid: ({ group, volume }) => uuidOf(group, poolOf(volume)),
  lv_tags: empty,
  lv_profile: empty,
  lv_lockargs: empty,
  lv_time: ({ volume }) => time(volume.createdAtMs),
  lv_time_removed: empty,
  lv_host: fixed('storagehost'),
  lv_modules: ({ group, volume }) =>
    volume.kind === 'cow' || cowsOf(group, volume.name).length > 0
      ? 'snapshot'
      : volume.kind === 'raid1'
        ? 'raid'
        : volume.kind === 'thin-pool'
          ? 'thin-pool'
          : volume.kind === 'thin'
            ? 'thin,thin-pool'
            : '',
  lv_historical: empty,
  writecache_block_size: fixed('-1'),
  lv_kernel_major: ({ volume }) => (volume.minor === null ? '-1' : '253'),
  lv_kernel_minor: ({ volume }) => String(volume.minor ?? -1),
  lv_kernel_read_ahead: ({ volume }) =>
    volume.minor === null ? '-1' : volume.kind === 'thin-pool' ? '0' : '131072',
  lv_permissions: knownWhenActive(fixed('writeable')),
  lv_suspended: knownWhenActive(empty),
  lv_live_table: knownWhenActive(fixed('live table present')),
  lv_inactive_table: knownWhenActive(empty),
  lv_device_open: knownWhenActive(({ group, volume }) => (isOpen(volume, group) ? 'open' : '')),
  data_percent: dataPercent,
  snap_percent: dataPercent,
  metadata_percent: ({ group, volume }) =>
    volume.kind === 'thin-pool' ? percent(poolFill(group, volume).metadata) : '',
  copy_percent: syncPercent,
  sync_percent: syncPercent,
  cache_total_blocks: empty,
  cache_used_blocks: empty,
  cache_dirty_blocks: empty,
  cache_read_hits: empty,
  cache_read_misses: empty,
  cache_write_hits: empty,
  cache_write_misses: empty,
  kernel_cache_settings: empty,
  kernel_cache_policy: empty,
  kernel_metadata_format: empty,
  lv_health_status: ({ group, volume }) =>
    volume.kind === 'thin-pool' && poolFill(group, volume).data >= 100 ? 'out_of_data' : '',
  kernel_discards: ({ volume }) => (volume.kind === 'thin-pool' ? 'passdown' : ''),
  lv_check_needed: ({ volume }) => (volume.kind === 'thin-pool' ? '' : 'unknown'),
  lv_merge_failed: ({ volume }) => (volume.kind === 'cow' && volume.minor !== null ? '' : 'unknown'),
  lv_snapshot_invalid: ({ volume }) =>
    volume.kind === 'cow' && volume.minor !== null ? (volume.invalid ? 'snapshot invalid' : '') : 'unknown',
  vdo_operating_mode: empty,
  vdo_compression_state: empty,
  vdo_index_state: empty,
  vdo_used_size: empty,
  vdo_saving_percent: empty,
  writecache_total_blocks: empty,
  writecache_free_blocks: empty,
  writecache_writeback_blocks: empty,
  writecache_error: empty,
  lv_attr: attributes,
};

/** Fields that lvs also knows; a segment field makes it print a row per segment. */
export const segmentFields: Readonly<Record<string, Field<VolumeRow>>> = {
  segtype: ({ volume }) => segmentTypes[volume.kind],
  seg_size: ({ group, volume, range }) =>
    String(range === null ? volume.sizeBytes : range.count * group.extentBytes),
  devices,
};

const extentBytes = (group: VolumeGroup, count: number) => String(group.extentBytes * count);
const totalExtents = (group: VolumeGroup) =>
  group.disks.reduce((sum, { extentCount }) => sum + extentCount, 0);

/** In the order of `-o vg_all`. */
export const groupFields: Readonly<Record<string, Field<GroupRow>>> = {
  vg_fmt: fixed('lvm2'),
  vg_uuid: ({ group }) => group.uuid,
  vg_name: ({ group }) => group.name,
  vg_attr: fixed('wz--n-'),
  vg_permissions: fixed('writeable'),
  vg_extendable: fixed('extendable'),
  vg_exported: empty,
  vg_autoactivation: fixed('enabled'),
  vg_partial: empty,
  vg_allocation_policy: fixed('normal'),
  vg_clustered: empty,
  vg_shared: empty,
  vg_size: ({ group }) => extentBytes(group, totalExtents(group)),
  vg_free: ({ group }) => extentBytes(group, freeExtents(group)),
  vg_sysid: empty,
  vg_systemid: empty,
  vg_lock_type: empty,
  vg_lock_args: empty,
  vg_extent_size: ({ group }) => String(group.extentBytes),
  vg_extent_count: ({ group }) => String(totalExtents(group)),
  vg_free_count: ({ group }) => String(freeExtents(group)),
  max_lv: fixed('0'),
  max_pv: fixed('0'),
  pv_count: ({ group }) => String(group.disks.length),
  vg_missing_pv_count: fixed('0'),
  // Merging snapshots are hidden, and not counted.
  lv_count: ({ group }) => String(visibleVolumes(group).length),
  snap_count: ({ group }) =>
    String([...group.volumes.values()].filter((volume) => volume.kind === 'cow').length),
  vg_seqno: ({ group }) => String(group.revision),
  vg_tags: empty,
  vg_profile: empty,
  vg_mda_count: ({ group }) => String(group.disks.length),
  vg_mda_used_count: ({ group }) => String(group.disks.length),
  vg_mda_free: fixed('515072'),
  vg_mda_size: fixed('1044480'),
  vg_mda_copies: fixed('unmanaged'),
};

/** In the order of `-o pv_all`, then the group's name. */
export const diskFields: Readonly<Record<string, Field<DiskRow>>> = {
  pv_fmt: fixed('lvm2'),
  pv_uuid: ({ disk }) => disk.uuid,
  // Label, metadata area and what is left of the last extent.
  dev_size: ({ group, disk }) => extentBytes(group, disk.extentCount + 1),
  pv_name: ({ disk }) => disk.name,
  pv_major: ({ disk }) => String(disk.major),
  pv_minor: ({ disk }) => String(disk.minor),
  pv_mda_free: fixed('515072'),
  pv_mda_size: fixed('1044480'),
  pv_ext_vsn: fixed('2'),
  pe_start: fixed('1048576'),
  pv_size: ({ group, disk }) => extentBytes(group, disk.extentCount),
  pv_free: ({ group, disk }) => extentBytes(group, freeExtents(group, disk.name)),
  pv_used: ({ group, disk }) => extentBytes(group, disk.extentCount - freeExtents(group, disk.name)),
  pv_attr: fixed('a--'),
  pv_allocatable: fixed('allocatable'),
  pv_exported: empty,
  pv_missing: empty,
  pv_pe_count: ({ disk }) => String(disk.extentCount),
  pv_pe_alloc_count: ({ group, disk }) => String(disk.extentCount - freeExtents(group, disk.name)),
  pv_tags: empty,
  pv_mda_count: fixed('1'),
  pv_mda_used_count: fixed('1'),
  pv_ba_start: fixed('0'),
  pv_ba_size: fixed('0'),
  pv_in_use: fixed('used'),
  pv_duplicate: empty,
  pv_device_id: empty,
  pv_device_id_type: empty,
};
