import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Pool, Snapshot, TopologyNode, Volume } from '../../../../src-preload/contract/inventory';
import { diskReport, groupReport } from './commands';
import { isAllocatable, isMissing, type DiskRow } from './disks';
import { groupActivity, groupProblems, volumeProblems } from './health';
import {
  fillOfSnapshot,
  fullName,
  isActive,
  isInvalid,
  isMerging,
  isOpen,
  isPartial,
  isSnapshot,
  isThickSnapshot,
  isThin,
  isThinPool,
  parseVolumes,
  type LogicalVolume,
} from './volumes';

/** What an inventory of LVM reads, as text. Pure. */
export interface LvmOutput {
  groups: string;
  volumes: string;
  disks: string;
}

/** `LVM version:     2.03.16(2) (2022-05-18)` gives `2.03.16`. */
export function parseVersion(stdout: string): string | null {
  return /^\s*LVM version:\s+(\d+\.\d+\.\d+)/m.exec(stdout)?.[1] ?? null;
}

type GroupRow = ReturnType<typeof groupReport.parse>[number];

const groupId = (group: string): string => `lvm:${group}`;
const poolId = (volume: LogicalVolume): string =>
  isThin(volume) ? `lvm:${volume.groupName}/${volume.poolName}` : groupId(volume.groupName);

function healthOf(problems: readonly Pick<HostProblem, 'severity'>[]): Pool['health'] {
  if (problems.some(({ severity }) => severity === 'critical')) return 'critical';
  return problems.length > 0 ? 'warning' : 'ok';
}

const emptyNode = { readErrors: null, writeErrors: null, checksumErrors: null, children: [] };

/** A missing disk has no name any more: LVM calls it `[unknown]`, its uuid tells which one. */
function diskNode(disk: DiskRow): TopologyNode {
  const missing = isMissing(disk);
  return {
    ...emptyNode,
    name: disk.name,
    role: 'pv',
    state: missing ? 'missing' : isAllocatable(disk) ? 'allocatable' : 'not allocatable',
    health: missing ? 'critical' : 'ok',
    sizeBytes: disk.sizeBytes,
    freeBytes: disk.freeBytes,
    note: missing ? `uuid ${disk.uuid}` : null,
  };
}

function toGroup(group: GroupRow, disks: readonly DiskRow[], volumes: readonly LogicalVolume[]): Pool {
  const id = groupId(group.name);
  const topology = disks.filter(({ groupName }) => groupName === group.name).map(diskNode);
  const missing = disks.filter((disk) => disk.groupName === group.name && isMissing(disk));
  const problems = [
    ...groupProblems(group, missing),
    // Thin pools, and what lives in them, speak for themselves.
    ...volumes.filter((volume) => !isThinPool(volume) && !isThin(volume)).flatMap(volumeProblems),
  ].map((problem) => ({ ...problem, poolId: id }));
  return {
    id,
    backend: 'lvm',
    kind: 'volume-group',
    name: group.name,
    parentPoolId: null,
    health: healthOf(problems),
    state: group.attributes,
    sizeBytes: group.sizeBytes,
    usedBytes: group.sizeBytes - group.freeBytes,
    freeBytes: group.freeBytes,
    fragmentationPercent: null,
    dataPercent: null,
    metadataPercent: null,
    topology,
    activity: groupActivity(volumes.filter((volume) => !isThin(volume))),
    problems,
  };
}

function partNode(part: LogicalVolume, role: string): TopologyNode {
  const partial = isPartial(part);
  return {
    ...emptyNode,
    name: part.name,
    role,
    state: partial ? 'partial' : isActive(part) ? 'active' : 'inactive',
    health: partial ? 'critical' : 'ok',
    sizeBytes: part.sizeBytes,
    freeBytes: null,
    note: part.devices.length === 0 ? null : part.devices.join(', '),
  };
}

function toThinPool(pool: LogicalVolume, volumes: readonly LogicalVolume[]): Pool {
  const id = `lvm:${fullName(pool)}`;
  const inside = volumes.filter((volume) => isThin(volume) && volume.poolName === pool.name);
  const problems = [pool, ...inside].flatMap(volumeProblems).map((problem) => ({ ...problem, poolId: id }));
  const part = (suffix: string, role: string): TopologyNode[] =>
    volumes
      .filter(({ name, hidden }) => hidden && name === `${pool.name}_${suffix}`)
      .map((found) => partNode(found, role));
  const used = pool.dataPercent === null ? null : Math.round((pool.sizeBytes * pool.dataPercent) / 100);
  return {
    id,
    backend: 'lvm',
    kind: 'thin-pool',
    name: fullName(pool),
    parentPoolId: groupId(pool.groupName),
    health: healthOf(problems),
    state: pool.attributes,
    sizeBytes: pool.sizeBytes,
    // Inactive: LVM cannot say how full it is, and a problem says so; both stay 0.
    usedBytes: used ?? 0,
    freeBytes: used === null ? 0 : pool.sizeBytes - used,
    fragmentationPercent: null,
    dataPercent: pool.dataPercent,
    metadataPercent: pool.metadataPercent,
    topology: [...part('tdata', 'data'), ...part('tmeta', 'metadata')],
    activity: groupActivity(inside),
    problems,
  };
}

function kindOf(volume: LogicalVolume): Volume['kind'] {
  if (isThin(volume)) return 'thin';
  // Layout, not attribute 1: that is `o` as soon as a raid volume has a snapshot.
  const kinds = [
    ['raid', 'raid'],
    ['mirror', 'mirror'],
    ['cache', 'cache'],
    ['writecache', 'cache'],
    ['striped', 'striped'],
    ['linear', 'linear'],
  ] as const;
  const layout = volume.layout.length > 0 ? volume.layout : [volume.segmentType.replace(/\d.*$/, '')];
  return kinds.find(([word]) => layout.includes(word))?.[1] ?? 'other';
}

function usedBytesOf(volume: LogicalVolume): number | null {
  if (!isThin(volume)) return volume.sizeBytes;
  return volume.dataPercent === null ? null : Math.round((volume.sizeBytes * volume.dataPercent) / 100);
}

function toVolume(volume: LogicalVolume): Volume {
  return {
    id: `lvm:${fullName(volume)}`,
    backend: 'lvm',
    poolId: poolId(volume),
    kind: kindOf(volume),
    name: fullName(volume),
    sizeBytes: volume.sizeBytes,
    usedBytes: usedBytesOf(volume),
    referencedBytes: null,
    usedBySnapshotsBytes: null,
    mountpoint: null,
    mounted: null,
    open: isOpen(volume),
    active: isActive(volume),
    origin: volume.origin === '' ? null : `${volume.groupName}/${volume.origin}`,
    state: volume.attributes,
    health: healthOf(volumeProblems(volume)),
    createdAtMs: volume.createdAtMs,
  };
}

/** An inactive thick snapshot: whether it overflowed cannot be read. A thin one cannot overflow by itself. */
function stateOfSnapshot(volume: LogicalVolume): Snapshot['state'] {
  if (isInvalid(volume)) return 'invalid';
  if (isMerging(volume)) return 'merging';
  if (!isThickSnapshot(volume)) return 'ok';
  return isActive(volume) && fillOfSnapshot(volume) !== null ? 'ok' : 'unknown';
}

function toSnapshot(volume: LogicalVolume): Snapshot {
  const thick = isThickSnapshot(volume);
  return {
    id: `lvm:${fullName(volume)}`,
    backend: 'lvm',
    poolId: poolId(volume),
    fullName: fullName(volume),
    name: volume.name,
    volumeName: volume.origin === '' ? null : `${volume.groupName}/${volume.origin.replace(/^\[|\]$/g, '')}`,
    kind: thick ? 'lvm-thick' : 'lvm-thin',
    // Destroying a thick snapshot frees its reservation; what only a thin one holds no tool says.
    usedBytes: thick ? volume.sizeBytes : null,
    sizeBytes: volume.sizeBytes,
    createdAtMs: volume.createdAtMs,
    percentFull: fillOfSnapshot(volume),
    state: stateOfSnapshot(volume),
    cloneNames: [],
    holdCount: 0,
  };
}

/** Volumes people made: no parts, no thin pools, no snapshots. */
function isVolume(volume: LogicalVolume): boolean {
  return !volume.hidden && !isThinPool(volume) && !isSnapshot(volume);
}

export function parseLvm(output: LvmOutput): { pools: Pool[]; volumes: Volume[]; snapshots: Snapshot[] } {
  const groups = groupReport.parse('vgs', output.groups);
  const disks = diskReport.parse('pvs', output.disks);
  const volumes = parseVolumes('lvs', output.volumes);
  const pools = groups.flatMap((group) => {
    const own = volumes.filter(({ groupName }) => groupName === group.name);
    return [
      toGroup(group, disks, own),
      ...own.filter((volume) => isThinPool(volume) && !volume.hidden).map((pool) => toThinPool(pool, own)),
    ];
  });
  return {
    pools,
    volumes: volumes.filter(isVolume).map(toVolume),
    snapshots: volumes.filter(isSnapshot).map(toSnapshot),
  };
}
