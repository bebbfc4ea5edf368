import { AppError } from '../../errors/app-error';
import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from '../backend';
import { outcomeOf, stdoutOf } from '../outcomes';
import { parseBalance, parseExclusive, parseReplace, parseScrub } from './activity';
import { btrfsProbes, filesystemProbes } from './commands';
import { parseDevices, parseShow, parseStats, parseUsage, type ShownFilesystem } from './filesystems';
import { zoneOf } from './local-time';
import { chooseMount, parseMounts, subvolumeIdOf, type Mount } from './mounts';
import { mountedParts, parseVersion, poolNames, unmountedPool, type MountedReading } from './parse';
import { parseDefault, parseQuotas, parseSubvolumes, parseSubvolumeShow } from './subvolumes';

type Outcomes = ReadonlyMap<string, ProbeOutcome>;

const notRoot =
  /Permission denied|Operation not permitted|run as root|cannot read detailed chunk info|can't perform the search/;

/**
 * Without root `filesystem show` prints nothing and exits 0, `usage` leaves the devices out and exits 0 (6.2):
 * said as what it is, never as "no file systems".
 */
function withoutRoot(detail: string): AppError {
  return new AppError('unauthorized', 'btrfs can only be read as root, so nothing of it is shown.', {
    detail: detail.slice(0, 1000),
    remedy: 'Turn on "Use sudo" for this host, or log in as a user that may run btrfs.',
  });
}

/** stdout of a probe that only root gets an answer to. */
function asRoot(outcomes: Outcomes, probe: Probe): string {
  const outcome = outcomes.get(probe.id);
  if (outcome?.ok === false && notRoot.test(outcome.error.detail ?? '')) {
    throw withoutRoot(outcome.error.detail ?? '');
  }
  const { stdout, stderr } = outcomeOf(outcomes, probe);
  if (notRoot.test(stderr)) throw withoutRoot(stderr);
  return stdout;
}

interface Mounted {
  uuid: string;
  label: string | null;
  mounts: Mount[];
  through: Mount;
}

interface Found {
  mounted: Mounted[];
  unmounted: ShownFilesystem[];
  shown: ShownFilesystem[];
}

/** A mount whose UUID udev does not know (a device that is gone) is told by its device. */
function uuidOf(mount: Mount, shown: readonly ShownFilesystem[]): string | null {
  if (mount.uuid !== null) return mount.uuid;
  return shown.find(({ devices }) => devices.some(({ path }) => path === mount.source))?.uuid ?? null;
}

function find(outcomes: Outcomes): Found {
  const shown = parseShow(asRoot(outcomes, btrfsProbes.show));
  const { stdout, exitCode } = outcomeOf(outcomes, btrfsProbes.mounts);
  const byUuid = new Map<string, Mount[]>();
  for (const mount of parseMounts(stdout, exitCode)) {
    const uuid = uuidOf(mount, shown);
    if (uuid === null) {
      throw new AppError(
        'unexpected-output',
        `Which btrfs file system is mounted at ${mount.target} cannot be told, so nothing of btrfs is shown.`,
        {
          detail: `findmnt names no UUID for ${mount.source}, and "btrfs filesystem show" does not list it.`,
        },
      );
    }
    byUuid.set(uuid, [...(byUuid.get(uuid) ?? []), mount]);
  }
  const mounted = [...byUuid].flatMap(([uuid, mounts]): Mounted[] => {
    const through = chooseMount(mounts);
    const label = shown.find((each) => each.uuid === uuid)?.label ?? mounts[0]?.label ?? null;
    return through === null ? [] : [{ uuid, label, mounts, through }];
  });
  const reached = new Set(mounted.map(({ uuid }) => uuid));
  return { mounted, unmounted: shown.filter(({ uuid }) => !reached.has(uuid)), shown };
}

function readingOf(
  outcomes: Outcomes,
  filesystem: Mounted,
  shown: readonly ShownFilesystem[],
): MountedReading {
  const probes = filesystemProbes(filesystem.uuid, filesystem.through.target);
  const balance = outcomeOf(outcomes, probes.balance);
  const exclusive = outcomes.get(probes.exclusive.id);
  const usage = parseUsage(asRoot(outcomes, probes.usage));
  return {
    ...filesystem,
    usage,
    usedBytes:
      shown.find(({ uuid }) => uuid === filesystem.uuid)?.usedBytes ??
      usage.chunks.reduce((sum, chunk) => sum + chunk.usedBytes, 0),
    devices: parseDevices(asRoot(outcomes, probes.devices)),
    stats: parseStats(asRoot(outcomes, probes.stats)),
    subvolumes: parseSubvolumes({
      all: asRoot(outcomes, probes.subvolumes),
      snapshots: asRoot(outcomes, probes.snapshots),
      readOnly: asRoot(outcomes, probes.readOnly),
      throughId: subvolumeIdOf(filesystem.through),
    }),
    topLevel: parseSubvolumeShow(asRoot(outcomes, probes.topLevel)),
    defaultId: parseDefault(asRoot(outcomes, probes.defaultSubvolume)),
    quotas: parseQuotas(outcomeOf(outcomes, probes.quotas)),
    scrub: parseScrub(asRoot(outcomes, probes.scrub)),
    balance: parseBalance(balance.stdout),
    replace: parseReplace(asRoot(outcomes, probes.replace)),
    // Evidence, not a need: an older kernel or a login without `cat` leaves it out.
    exclusive: exclusive?.ok === true ? parseExclusive(exclusive.stdout, exclusive.exitCode) : null,
  };
}

function followUp(outcomes: Outcomes): readonly Probe[] {
  return find(outcomes).mounted.flatMap(({ uuid, through }) =>
    Object.values(filesystemProbes(uuid, through.target)),
  );
}

function parse(outcomes: Outcomes): BackendInventory {
  const { mounted, unmounted, shown } = find(outcomes);
  const names = poolNames([
    ...mounted.map(({ uuid, label, through }) => ({ uuid, label, mountPath: through.target })),
    ...unmounted.map(({ uuid, label }) => ({ uuid, label, mountPath: null })),
  ]);
  const nameOf = (uuid: string): string => names.get(uuid) ?? uuid;
  const zoneOutcome = outcomes.get(btrfsProbes.zone.id);
  const zone = zoneOutcome?.ok === true ? zoneOf(zoneOutcome.stdout, zoneOutcome.exitCode) : null;
  const parts = mounted.map((filesystem) =>
    mountedParts(readingOf(outcomes, filesystem, shown), nameOf(filesystem.uuid), zone),
  );
  const version = outcomes.get(btrfsProbes.version.id);
  return {
    version: version?.ok === true ? parseVersion(stdoutOf(outcomes, btrfsProbes.version)) : null,
    pools: [
      ...parts.map(({ pool }) => pool),
      ...unmounted.map((filesystem) => unmountedPool(filesystem, nameOf(filesystem.uuid))),
    ],
    volumes: parts.flatMap(({ volumes }) => volumes),
    snapshots: parts.flatMap(({ snapshots }) => snapshots),
  };
}

export const btrfs: StorageBackend = {
  kind: 'btrfs',
  title: 'btrfs',
  tools: ['btrfs'],
  packageName: 'btrfs-progs',
  // btrfs has no rollback: a snapshot is made the default or a writable copy of it takes the volume's place.
  capabilities: { snapshots: true, rollback: 'none', snapshotNeedsSize: false },
  probes: Object.values(btrfsProbes),
  followUp,
  parse,
};
