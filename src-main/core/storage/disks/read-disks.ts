import PQueue from 'p-queue';
import type { Disk, Partition, Smart } from '../../../../src-preload/contract/disks';
import type { BackendStatus, Pool } from '../../../../src-preload/contract/inventory';
import { AppError, toAppError } from '../../errors/app-error';
import type { Probe, ProbeOutcome } from '../backend';
import { isDisk, parseBlockDevices, withDescendants, type BlockDevice } from './block-devices';
import { byIdFolder, parseLinks, stableNames } from './by-id';
import {
  allColumnsProbe,
  diskPathPattern,
  diskProbes,
  diskTools,
  isUnknownColumn,
  signatureProbe,
  signatureTool,
  smartPackage,
  smartProbe,
  smartTool,
} from './commands';
import { diskHealth } from './health';
import { placeMembers } from './placement';
import { withSignatures } from './signatures';
import { parseSmartReport, withoutSmart } from './smart-report';
import { ineligibility, usesOf } from './uses';

/** Tools that reading disks looks for. */
export const diskReadTools: readonly string[] = [...diskTools, smartTool, signatureTool];

/** All that was read of a host's disks, before the pools are known. */
export interface DiskReading {
  disks: readonly BlockDevice[];
  links: ReadonlyMap<string, string>;
  /** By path. */
  smart: ReadonlyMap<string, SmartReading>;
}

export interface SmartReading {
  smart: Smart;
  readAtMs: number;
}

export interface DiskReadOptions {
  backendsDone: Promise<unknown>;
  nowMs: () => number;
  /** Disks whose SMART needs no reading. */
  recent?: readonly Disk[];
}

type Run = (probe: Probe) => Promise<ProbeOutcome>;

/**
 * Few at a time while the backends read, whose channels they are; more once those are done. sshd begins to refuse
 * channels from seven at a time (docs/decisions/0002).
 */
const atOnceBeside = 3;
const atOnceAlone = 6;

async function readDevices(run: Run): Promise<BlockDevice[]> {
  const listed = await run(diskProbes.devices);
  const outcome =
    !listed.ok && isUnknownColumn(`${listed.error.message} ${listed.error.detail ?? ''}`)
      ? await run(allColumnsProbe)
      : listed;
  if (!outcome.ok) throw outcome.error;
  return parseBlockDevices(outcome.stdout).filter(isDisk);
}

const virtual = /^(?:vd[a-z]|xvd[a-z])/;

/**
 * Looks at a disk that udev calls blank. Only at one without a motor: reading would keep the others from ever going
 * to sleep, and every plan that takes a disk looks at it anew.
 */
async function readSignatures(run: Run, disk: BlockDevice): Promise<BlockDevice> {
  const blank = disk.content === null && disk.partitionTable === null && disk.children.length === 0;
  const still = disk.rotational === false || virtual.test(disk.kernelName);
  if (!blank || !still || disk.mountpoints.length > 0 || !diskPathPattern.test(disk.path)) return disk;
  const outcome = await run(signatureProbe(disk.path));
  // Not readable (no sudo rule for it): what udev noted is then all there is.
  return outcome.ok ? withSignatures(disk, outcome.stdout) : disk;
}

/** Kernel drivers without a way for SMART: virtio_blk, xen-blkfront, eMMC. */
const neverSmart = /^(?:vd[a-z]|xvd[a-z]|mmcblk)/;

async function readSmart(run: Run, disk: BlockDevice, path: string): Promise<Smart> {
  if (neverSmart.test(disk.kernelName)) {
    const what = disk.kernelName.startsWith('mmc') ? 'An eMMC or SD card' : 'A virtual disk';
    return withoutSmart('unavailable', `${what} has no SMART. Look at it on the machine that provides it.`);
  }
  const outcome = await run(smartProbe(path));
  if (!outcome.ok) {
    const { message, remedy } = outcome.error;
    return withoutSmart('unknown', [message, remedy].filter((part) => part !== undefined).join(' '));
  }
  try {
    return parseSmartReport(outcome.stdout).smart;
  } catch (thrown) {
    return withoutSmart('unknown', toAppError(thrown).message);
  }
}

/**
 * Block devices and their by-id names side by side, then SMART of each disk that may have it and the signatures of
 * those that seem blank. A disk that is among the recent ones keeps what SMART said. Throws AppError when the devices
 * cannot be listed; a disk whose SMART cannot be read says so itself.
 */
export async function readDisks(
  run: Run,
  located: ReadonlyMap<string, string>,
  { backendsDone, nowMs, recent = [] }: DiskReadOptions,
): Promise<DiskReading> {
  const queue = new PQueue({ concurrency: atOnceBeside });
  const speedUp = (): void => {
    queue.concurrency = atOnceAlone;
  };
  backendsDone.then(speedUp, speedUp);
  const missing = diskTools.filter((tool) => !located.has(tool));
  if (missing.length > 0) {
    throw new AppError(
      'command-missing',
      `The disks could not be read: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on this host.`,
      { remedy: 'apt install util-linux coreutils' },
    );
  }
  const [listedDisks, listed] = await Promise.all([readDevices(run), run(diskProbes.links)]);
  // Without by-id names disks go by their kernel names, as on a host that has none.
  const links = listed.ok && listed.exitCode === 0 ? parseLinks(listed.stdout) : new Map<string, string>();
  const stable = stableNames(links);
  const readingSignatures = Promise.all(
    listedDisks.map((disk) =>
      located.has(signatureTool) ? queue.add(() => readSignatures(run, disk)) : disk,
    ),
  );
  const smartOf = async (disk: BlockDevice): Promise<SmartReading> => {
    const now = (smart: Smart): SmartReading => ({ smart, readAtMs: nowMs() });
    if (!located.has(smartTool)) {
      const reason = `smartctl is not installed on this host: apt install ${smartPackage}`;
      return now(withoutSmart('unavailable', reason));
    }
    const path = stablePathOf(disk, stable);
    if (!diskPathPattern.test(path)) {
      return now(withoutSmart('unknown', 'The disk has a name that Holdfast puts into no command.'));
    }
    const known = recent.find((one) => isSameDisk(one, disk, path));
    if (known !== undefined) return { smart: known.smart, readAtMs: known.smartReadAtMs };
    return now(await queue.add(() => readSmart(run, disk, path)));
  };
  const readings = await Promise.all(
    listedDisks.map(async (disk): Promise<[string, SmartReading]> => [disk.path, await smartOf(disk)]),
  );
  return { disks: await readingSignatures, links, smart: new Map(readings) };
}

/** The kernel's name alone may be another disk's by now. */
function isSameDisk(known: Disk, disk: BlockDevice, stablePath: string): boolean {
  return (
    known.path === disk.path &&
    known.stablePath === stablePath &&
    known.serial === disk.serial &&
    known.wwn === disk.wwn &&
    known.model === disk.model &&
    known.sizeBytes === disk.sizeBytes
  );
}

function stablePathOf({ kernelName, path }: BlockDevice, stable: ReadonlyMap<string, string>): string {
  const name = stable.get(kernelName);
  return name === undefined ? path : byIdFolder + name;
}

function toPartition(part: BlockDevice): Partition {
  return {
    path: part.path,
    label: part.partitionLabel,
    sizeBytes: part.sizeBytes,
    content: part.content,
    mountpoints: part.mountpoints,
    filesystemSizeBytes: part.filesystemSizeBytes,
    filesystemUsedBytes: part.filesystemUsedBytes,
  };
}

/**
 * The partitions, and whatever else on the disk is mounted: a file system on the bare disk, a logical volume, an
 * opened crypt device. So the fill of every file system stands somewhere.
 */
function partitionsOf(disk: BlockDevice): Partition[] {
  return withDescendants(disk)
    .filter((device) =>
      device === disk ? disk.mountpoints.length > 0 : device.type === 'part' || device.mountpoints.length > 0,
    )
    .map(toPartition);
}

function transportOf({ transport, subsystems }: BlockDevice): string | null {
  if (transport !== null) return transport;
  // lsblk names no transport for virtio and MMC; their bus does.
  return /(?:^|:)(virtio|mmc|xen)(?=:|$|_)/.exec(subsystems)?.[1] ?? null;
}

/** Reads the disks of a host against its pools. Pure. */
export function assembleDisks(
  { disks, links, smart }: DiskReading,
  pools: readonly Pool[],
  backends: readonly Pick<BackendStatus, 'kind' | 'available' | 'error'>[],
): Disk[] {
  const read = new Set(
    backends.filter(({ available, error }) => available && error === null).map(({ kind }) => kind),
  );
  const placements = placeMembers(disks, links, pools, read);
  const stable = stableNames(links);
  const taken = new Set<string>();
  return disks.map((disk) => {
    const stablePath = stablePathOf(disk, stable);
    const id = [stable.get(disk.kernelName), disk.wwn, disk.serial, disk.kernelName].find(
      (name) => name !== undefined && name !== null && !taken.has(name),
    );
    if (id === undefined || id === null) throw new Error(`Two disks are called ${disk.kernelName}.`);
    taken.add(id);
    const uses = usesOf(disk, placements, pools);
    const read = smart.get(disk.path);
    if (read === undefined) throw new Error(`SMART of ${disk.path} was not looked at.`);
    return {
      id,
      path: disk.path,
      stablePath,
      model: disk.model,
      serial: disk.serial,
      wwn: disk.wwn,
      sizeBytes: disk.sizeBytes,
      transport: transportOf(disk),
      rotational: disk.rotational,
      removable: disk.removable,
      readOnly: disk.readOnly,
      logicalSectorBytes: disk.logicalSectorBytes,
      physicalSectorBytes: disk.physicalSectorBytes,
      partitions: partitionsOf(disk),
      uses,
      ineligible: ineligibility(disk, uses),
      smart: read.smart,
      smartReadAtMs: read.readAtMs,
      health: diskHealth(read.smart),
    };
  });
}
