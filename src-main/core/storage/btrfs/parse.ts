import { filesize } from 'filesize';
import type {
  Activity,
  Fact,
  Pool,
  Snapshot,
  TopologyNode,
  Volume,
} from '../../../../src-preload/contract/inventory';
import type { Balance, ExclusiveOperation, Replacement, Scrub } from './activity';
import {
  describeProfiles,
  errorCount,
  type DeviceErrors,
  type DeviceUsage,
  type ShownFilesystem,
  type Usage,
} from './filesystems';
import { healthOf, metadataPercent, mountedProblems, unmountedProblems, type Problem } from './health';
import { localTimeMs } from './local-time';
import { hostPathOf, isReadOnlyMount, mountsOf, type Mount } from './mounts';
import { topLevelId, type Quotas, type Subvolume, type SubvolumeDetails } from './subvolumes';

/** `btrfs-progs v6.2` gives `6.2`. */
export function parseVersion(stdout: string): string | null {
  return /^btrfs-progs v(\d+(?:\.\d+)*)/m.exec(stdout)?.[1] ?? null;
}

/** All that is read of one mounted file system, understood. */
export interface MountedReading {
  uuid: string;
  label: string | null;
  /** All its mounts, and the one it was read through. */
  mounts: readonly Mount[];
  through: Mount;
  usedBytes: number;
  usage: Usage;
  devices: readonly DeviceUsage[];
  stats: ReadonlyMap<string, DeviceErrors>;
  subvolumes: readonly Subvolume[];
  topLevel: SubvolumeDetails;
  defaultId: number;
  quotas: Quotas | null;
  scrub: Scrub;
  balance: Balance;
  replace: Replacement;
  exclusive: ExclusiveOperation | null;
}

const bytes = (size: number): string => filesize(size, { standard: 'iec' });
const poolIdOf = (uuid: string): string => `btrfs:${uuid}`;

/**
 * Names of file systems: the label where it is set and no other of the host has it, else the mount point, else
 * the UUID; always unique on a host.
 */
export function poolNames(
  filesystems: readonly { uuid: string; label: string | null; mountPath: string | null }[],
): Map<string, string> {
  const labels = filesystems.map(({ label }) => label);
  const unique = (label: string): boolean => labels.filter((other) => other === label).length === 1;
  return new Map(
    filesystems.map(({ uuid, label, mountPath }) => [
      uuid,
      label !== null && label !== '' && unique(label) ? label : (mountPath ?? uuid),
    ]),
  );
}

const nodeNote = (id: number): string => `device id ${id}`;

/** The device id of a member, by which commands name it; null: it has none to name (a replacement's target). */
export function deviceIdOf(node: TopologyNode): number | null {
  const id = /^device id ([1-9]\d*)$/.exec(node.note ?? '')?.[1];
  return id === undefined ? null : Number(id);
}

function deviceNode(device: DeviceUsage, stats: ReadonlyMap<string, DeviceErrors>): TopologyNode {
  const errors = stats.get(device.path ?? `devid:${device.id}`) ?? null;
  const missing = device.path === null;
  const target = device.id === 0;
  const failing = errors !== null && errorCount(errors) > 0;
  return {
    name: device.path ?? `missing device ${device.id}`,
    role: target ? 'replacement' : 'device',
    state: missing ? 'missing' : target ? 'being written' : failing ? 'errors' : 'ok',
    health: missing ? 'critical' : failing ? 'warning' : 'ok',
    sizeBytes:
      device.sizeBytes > 0 ? device.sizeBytes : device.allocatedBytes + device.unallocatedBytes || null,
    freeBytes: device.unallocatedBytes,
    readErrors: errors?.read ?? null,
    writeErrors: errors === null ? null : errors.write + errors.flush,
    checksumErrors: errors === null ? null : errors.corruption + errors.generation,
    note: nodeNote(device.id),
    ...(device.path === null ? {} : { path: device.path }),
    children: [],
  };
}

/** What goes on, the most consequential first; else how the last scrub ended. */
function activityOf(reading: MountedReading): Activity | null {
  const { replace, balance, scrub, exclusive } = reading;
  if (replace.state === 'running' || replace.state === 'suspended') {
    const state = replace.state === 'running' ? 'running' : 'paused';
    return { kind: 'replace', state, percent: replace.percent, etaSeconds: null, text: replace.text };
  }
  if (balance.state === 'running') {
    return {
      kind: 'balance',
      state: 'running',
      percent: balance.percent,
      etaSeconds: null,
      text: balance.text,
    };
  }
  if (exclusive === 'device remove') {
    return {
      kind: 'move',
      state: 'running',
      percent: null,
      etaSeconds: null,
      text: 'device remove: what is on the device moves to the others',
    };
  }
  if (scrub.state === 'running') {
    return {
      kind: 'scrub',
      state: 'running',
      percent: scrub.percent,
      etaSeconds: scrub.secondsLeft,
      text: `scrub${scrub.startedText === null ? '' : ` since ${scrub.startedText}`}, ${scrub.errors ?? 'no errors found'}`,
    };
  }
  if (balance.state === 'paused') {
    return {
      kind: 'balance',
      state: 'paused',
      percent: balance.percent,
      etaSeconds: null,
      text: balance.text,
    };
  }
  if (scrub.state === 'none') return null;
  return {
    kind: 'scrub',
    state: scrub.state === 'finished' ? 'finished' : 'canceled',
    percent: null,
    etaSeconds: null,
    text: `scrub of ${scrub.startedText ?? 'unknown time'} ${scrub.state}, ${scrub.errors ?? 'no errors found'}`,
  };
}

/**
 * A snapshot is what was taken of another subvolume, or received as a read-only copy. A writable one that is mounted
 * or is the default is what a system runs on (snapper's rollback makes such): a volume, with its origin.
 */
export function isSnapshot(
  subvolume: Subvolume,
  { mounts, defaultId }: Pick<MountedReading, 'mounts' | 'defaultId'>,
): boolean {
  const copied = subvolume.parentUuid !== null || (subvolume.receivedUuid !== null && subvolume.readOnly);
  if (!copied) return false;
  const inUse = subvolume.id === defaultId || mountsOf(subvolume.path, mounts).length > 0;
  return subvolume.readOnly || !inUse;
}

/** `1/snapshot` of snapper's `/.snapshots/1/snapshot`, else the last part of the path. */
function shortName(path: string): string {
  return /\/\.snapshots\/(.+)$/.exec(path)?.[1] ?? path.slice(path.lastIndexOf('/') + 1);
}

/** `-` where mkfs.btrfs older than 4.16 gave it none. */
function topLevelOf({ topLevel }: MountedReading): Subvolume {
  return {
    id: topLevelId,
    generation: 0,
    parentId: 0,
    uuid: topLevel.uuid === '-' ? '' : topLevel.uuid,
    parentUuid: null,
    receivedUuid: null,
    path: '/',
    readOnly: topLevel.readOnly,
    takenAt: null,
  };
}

interface Named {
  subvolume: Subvolume;
  /** Host path where a mount reaches it, else `NAME:/path`. */
  name: string;
  reached: boolean;
}

function namesOf(reading: MountedReading, poolName: string): Map<number, Named> {
  return new Map(
    [topLevelOf(reading), ...reading.subvolumes].map((subvolume) => {
      const found = hostPathOf(subvolume.path, reading.mounts);
      return [
        subvolume.id,
        { subvolume, name: found?.path ?? `${poolName}:${subvolume.path}`, reached: found !== null },
      ];
    }),
  );
}

interface Sizes {
  referenced: number | null;
  exclusive: number | null;
}

function sizesOf(reading: MountedReading, id: number): Sizes {
  const quotas = reading.quotas?.inconsistent === true ? null : reading.quotas;
  const sizes = quotas?.sizes.get(id);
  return { referenced: sizes?.referencedBytes ?? null, exclusive: sizes?.exclusiveBytes ?? null };
}

function takenAtMs(subvolume: Subvolume, zone: string | null): number | null {
  return subvolume.takenAt === null || zone === null ? null : localTimeMs(subvolume.takenAt, zone);
}

function originName(subvolume: Subvolume, names: ReadonlyMap<number, Named>): string | null {
  if (subvolume.parentUuid === null) return null;
  for (const named of names.values()) if (named.subvolume.uuid === subvolume.parentUuid) return named.name;
  return null;
}

function volumeOf(
  named: Named,
  names: ReadonlyMap<number, Named>,
  reading: MountedReading,
  context: { zone: string | null; health: Pool['health'] },
): Volume {
  const { subvolume, name, reached } = named;
  const sizes = sizesOf(reading, subvolume.id);
  const own = mountsOf(subvolume.path, reading.mounts);
  const facts: Fact[] = [
    { label: 'Path in the file system', text: subvolume.path },
    { label: 'Subvolume id', text: String(subvolume.id) },
  ];
  if (subvolume.uuid !== '') facts.push({ label: 'UUID', text: subvolume.uuid });
  if (subvolume.generation > 0) facts.push({ label: 'Generation', text: String(subvolume.generation) });
  if (subvolume.receivedUuid !== null) {
    facts.push({ label: 'Received of', text: subvolume.receivedUuid });
  }
  if (subvolume.id === reading.defaultId) {
    facts.push({ label: 'Default', text: 'Mounted when no subvolume is named' });
  }
  if (own.length > 0) facts.push({ label: 'Mounted at', text: own.map(({ target }) => target).join(', ') });
  return {
    id: `${poolIdOf(reading.uuid)}${subvolume.path}`,
    backend: 'btrfs',
    poolId: poolIdOf(reading.uuid),
    kind: 'subvolume',
    name,
    sizeBytes: null,
    usedBytes: sizes.exclusive,
    referencedBytes: sizes.referenced,
    usedBySnapshotsBytes: null,
    mountpoint: reached ? name : null,
    mounted: own.length > 0,
    open: null,
    active: null,
    origin: originName(subvolume, names),
    state: subvolume.id === topLevelId ? 'top level' : subvolume.readOnly ? 'read-only' : 'writable',
    health: context.health,
    createdAtMs:
      subvolume.id === topLevelId ? reading.topLevel.createdAtMs : takenAtMs(subvolume, context.zone),
    facts,
  };
}

function snapshotOf(
  named: Named,
  names: ReadonlyMap<number, Named>,
  reading: MountedReading,
  zone: string | null,
): Snapshot {
  const { subvolume, name } = named;
  const sizes = sizesOf(reading, subvolume.id);
  return {
    id: `${poolIdOf(reading.uuid)}${subvolume.path}`,
    backend: 'btrfs',
    poolId: poolIdOf(reading.uuid),
    fullName: name,
    name: shortName(subvolume.path),
    volumeName: originName(subvolume, names),
    kind: 'btrfs-snapshot',
    usedBytes: sizes.exclusive,
    sizeBytes: sizes.referenced,
    createdAtMs: takenAtMs(subvolume, zone),
    percentFull: null,
    state: 'ok',
    cloneNames: [],
    holdCount: 0,
    readOnly: subvolume.readOnly,
  };
}

function factsOf(reading: MountedReading): Fact[] {
  const { usage, mounts, scrub, quotas, devices } = reading;
  const slack = devices.reduce((sum, { slackBytes }) => sum + slackBytes, 0);
  const chunkText = usage.chunks
    .map(
      ({ kind, profile, sizeBytes, usedBytes }) =>
        `${kind} ${profile}: ${bytes(usedBytes)} of ${bytes(sizeBytes)}`,
    )
    .join('; ');
  return [
    { label: 'UUID', text: reading.uuid },
    ...(reading.label === null || reading.label === '' ? [] : [{ label: 'Label', text: reading.label }]),
    {
      label: 'Mounted at',
      text: mounts.map(({ target, root }) => (root === '/' ? target : `${target} (${root})`)).join(', '),
    },
    { label: 'Mount options', text: reading.through.options.join(',') },
    { label: 'Chunks', text: chunkText },
    { label: 'Unallocated', text: bytes(usage.unallocatedBytes) },
    { label: 'Free at least', text: bytes(usage.freeAtLeastBytes) },
    ...(slack > 0 ? [{ label: 'Not used of its devices', text: bytes(slack) }] : []),
    {
      label: 'Last scrub',
      text: scrub.state === 'none' ? 'never' : `${scrub.startedText ?? 'unknown time'}, ${scrub.state}`,
    },
    {
      label: 'Going back to a snapshot',
      text: 'btrfs has no rollback. Either take a writable snapshot of the snapshot, unmount the subvolume and put the copy in its place by renaming, or make it what is mounted by default (btrfs subvolume set-default) and mount anew.',
    },
    { label: 'Quotas', text: quotas === null ? 'off: sizes of subvolumes are not known' : 'on' },
  ];
}

const withPool = (problems: readonly Problem[], poolId: string): Pool['problems'] =>
  problems.map((problem) => ({ ...problem, poolId }));

export interface FilesystemParts {
  pool: Pool;
  volumes: Volume[];
  snapshots: Snapshot[];
}

/** Sizes are what files can use: what is written once, and what still can be, whatever the profile. */
export function mountedParts(reading: MountedReading, name: string, zone: string | null): FilesystemParts {
  const id = poolIdOf(reading.uuid);
  const { usage } = reading;
  const readOnly = isReadOnlyMount(reading.through);
  const problems = mountedProblems(
    { ...reading, name, mountPath: reading.through.target, readOnly },
    reading.usedBytes,
  );
  const health = healthOf(problems);
  const missing = reading.devices.some(({ path }) => path === null);
  const names = namesOf(reading, name);
  const all = [...names.values()];
  const isCopy = ({ subvolume }: Named): boolean => isSnapshot(subvolume, reading);
  return {
    pool: {
      id,
      backend: 'btrfs',
      kind: 'btrfs-filesystem',
      name,
      parentPoolId: null,
      health,
      state: [missing ? 'degraded' : 'mounted', ...(readOnly ? ['read-only'] : [])].join(', '),
      sizeBytes: reading.usedBytes + usage.freeBytes,
      usedBytes: reading.usedBytes,
      freeBytes: usage.freeBytes,
      fragmentationPercent: null,
      dataPercent: null,
      metadataPercent: Math.min(100, metadataPercent(usage)),
      topology: reading.devices.map((device) => deviceNode(device, reading.stats)),
      activity: activityOf(reading),
      problems: withPool(problems, id),
      level: describeProfiles(usage.chunks),
      facts: factsOf(reading),
    },
    volumes: all
      .filter((named) => !isCopy(named))
      .map((named) =>
        volumeOf(named, names, reading, { zone, health: health === 'critical' ? 'warning' : 'ok' }),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    snapshots: all.filter(isCopy).map((named) => snapshotOf(named, names, reading, zone)),
  };
}

/** What the superblocks tell: raw device sizes, since the profile cannot be read. */
export function unmountedPool(shown: ShownFilesystem, name: string): Pool {
  const id = poolIdOf(shown.uuid);
  const problems = unmountedProblems(name, shown);
  const sizeBytes = shown.devices.reduce((sum, device) => sum + device.sizeBytes, 0);
  const usedBytes = shown.devices.reduce((sum, device) => sum + device.usedBytes, 0);
  const gone = shown.deviceCount - shown.devices.length;
  return {
    id,
    backend: 'btrfs',
    kind: 'btrfs-filesystem',
    name,
    parentPoolId: null,
    health: problems.length === 0 ? 'unknown' : healthOf(problems),
    state: 'not mounted',
    sizeBytes,
    usedBytes,
    freeBytes: Math.max(0, sizeBytes - usedBytes),
    fragmentationPercent: null,
    dataPercent: null,
    metadataPercent: null,
    topology: shown.devices.map((device) => ({
      name: device.path ?? `missing device ${device.id}`,
      role: 'device',
      state: device.path === null ? 'missing' : 'not mounted',
      health: device.path === null ? 'critical' : 'unknown',
      sizeBytes: device.sizeBytes > 0 ? device.sizeBytes : null,
      freeBytes: device.path === null ? null : Math.max(0, device.sizeBytes - device.usedBytes),
      readErrors: null,
      writeErrors: null,
      checksumErrors: null,
      note: nodeNote(device.id),
      ...(device.path === null ? {} : { path: device.path }),
      children: [],
    })),
    activity: null,
    problems: withPool(problems, id),
    level: null,
    facts: [
      { label: 'UUID', text: shown.uuid },
      {
        label: 'Not mounted',
        text: 'Profiles, free space, subvolumes, snapshots and error counters can be read only while it is mounted. Sizes are those of its devices and of what is allocated on them.',
      },
      { label: 'Used by files', text: bytes(shown.usedBytes) },
      ...(gone > 0 ? [{ label: 'Not found', text: `${gone} of ${shown.deviceCount} devices` }] : []),
    ],
  };
}
