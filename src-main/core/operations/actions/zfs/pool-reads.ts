import { z } from 'zod';
import type { Disk } from '../../../../../src-preload/contract/disks';
import type { HostInventory, Pool, TopologyNode } from '../../../../../src-preload/contract/inventory';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { AppError, toAppError } from '../../../errors/app-error';
import { isDatasetName } from '../../../storage/zfs/commands';
import { parseDevice, type DeviceReading } from '../../../storage/zfs/devices';
import {
  isMemberName,
  isNewDevicePath,
  readDeviceArgv,
  readStatusArgv,
  readStatusJsonArgv,
  readUsersArgv,
  settleArgv,
  settleExitCodes,
  tryDeviceArgv,
} from '../../../storage/zfs/pool-commands';
import { readStatus as parseStatus, tellsJson } from '../../../storage/zfs/read-status';
import { jobsOf, type PoolStatus, type ScanResult } from '../../../storage/zfs/status';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { ActionContext, Subject } from '../../action';
import { choiceField, pickField, type PickOption } from '../fields';
import { bytes, hint, listed } from '../words';
import { poolBlockers, readIfThere, readPool, type PoolRow } from './reads';

export const poolNameSchema = z
  .string()
  .max(255)
  .refine((name) => isDatasetName(name) && !name.includes('/'), 'must be the name of a ZFS pool');
export const memberSchema = z
  .string()
  .max(255)
  .refine(isMemberName, 'must be a member of a pool as "zpool status -P" names it');
export const newDeviceSchema = z
  .string()
  .max(255)
  .refine(isNewDevicePath, 'must be the path of a disk, such as /dev/disk/by-id/…');

/** A pool as zpool list and zpool status tell it now. */
export interface PoolReading {
  row: PoolRow | null;
  status: PoolStatus | null;
  scans: ScanResult[];
}

/** `zpool status` as JSON where the version has it. A host that refuses it is asked for the text. */
async function statusOf(context: ActionContext, pool: string): Promise<string | null> {
  const read = (argv: readonly string[]) => readIfThere(context, 'read the state of the pool', argv);
  if (tellsJson(await context.lastKnownStatus('zfs'), context.nowMs())) {
    try {
      return await read(readStatusJsonArgv(pool));
    } catch (thrown) {
      // An older forced command or sudoers file, or an older ZFS that is booted again.
      if (!['command-failed', 'refused', 'sudo-refused'].includes(toAppError(thrown).code)) throw thrown;
    }
  }
  return read(readStatusArgv(pool));
}

export async function readStatus(context: ActionContext, pool: string): Promise<PoolReading> {
  const [row, stdout] = await Promise.all([readPool(context, pool), statusOf(context, pool)]);
  if (stdout === null) return { row: null, status: null, scans: [] };
  const { pools: statuses } = parseStatus(stdout);
  const [status] = statuses;
  if (status === undefined || statuses.length !== 1 || status.name !== pool) {
    throw unexpectedOutput('zpool status', `it is not about ${pool} alone`, stdout);
  }
  // It went away between the two reads.
  if (row === null) return { row: null, status: null, scans: [] };
  return { row, status, scans: jobsOf(status.scans).results };
}

export function runningScan(
  scans: readonly ScanResult[],
  kind: 'scrub' | 'resilver',
): ScanResult | undefined {
  return scans.find(
    ({ activity }) => activity.kind === kind && (activity.state === 'running' || activity.state === 'paused'),
  );
}

export interface Place {
  node: TopologyNode;
  /** What it stands in: mirror-0, replacing-1, spares; null: it is a vdev of its own. */
  parent: TopologyNode | null;
}

export function placeOf(
  nodes: readonly TopologyNode[],
  name: string,
  parent: TopologyNode | null = null,
): Place | null {
  for (const node of nodes) {
    if (node.name === name || (node.path === name && node.children.length === 0)) return { node, parent };
    const below = placeOf(node.children, name, node);
    if (below !== null) return below;
  }
  return null;
}

/** Every device of a pool that is part of it: not the groups. */
export function leavesOf(nodes: readonly TopologyNode[]): TopologyNode[] {
  return nodes.flatMap((node) =>
    node.children.length > 0 ? leavesOf(node.children) : node.state === '' ? [] : [node],
  );
}

/** The member an action is about, or the blockers that say why there is none. */
export function memberOf(
  { row, status }: PoolReading,
  pool: string,
  member: string,
): { place: Place | null; blockers: Blocker[] } {
  const blockers = poolBlockers(row, pool);
  const place = status === null ? null : placeOf(status.topology, member);
  if (row !== null && (place === null || place.node.children.length > 0 || place.node.state === '')) {
    blockers.push({
      text: `Pool ${pool} has no device ${member}.`,
      remedy: 'Refresh the host: the device may have been replaced already.',
    });
    return { place: null, blockers };
  }
  return { place, blockers };
}

/** What of a pool must be the same when a plan about its devices runs. */
export function topologyForComparison(nodes: readonly TopologyNode[]): { name: string; state: string }[] {
  return nodes.flatMap((node) => [
    { name: node.name, state: node.state },
    ...topologyForComparison(node.children),
  ]);
}

export interface NewDevice {
  reading: DeviceReading | null;
  /** What ZFS itself says against the disk; null: it would take it. */
  refusal: string | null;
}

async function readDevice(context: ActionContext, path: string): Promise<DeviceReading | null> {
  // 32: there is no such device, and the list is empty.
  const { stdout } = await context.read('read the disk', readDeviceArgv(path), { acceptExitCodes: [0, 32] });
  return parseDevice(stdout, path);
}

/** What ZFS says against one disk, asked by `zpool create -n`; null: it would take it. */
async function tryDevice(context: ActionContext, path: string): Promise<string | null> {
  const trial = await context.read('ask ZFS about the disk', tryDeviceArgv(path), {
    acceptExitCodes: [0, 1],
  });
  await settle(context);
  if (trial.exitCode === 0 && !trial.stdout.startsWith('would create ')) {
    throw unexpectedOutput('zpool create -n', 'it does not say what it would create', trial.stdout);
  }
  return trial.exitCode === 0 ? null : trial.stderr.trim();
}

/** A disk that may come in, read by lsblk and tried by `zpool create -n`. */
export async function readNewDevice(context: ActionContext, path: string): Promise<NewDevice> {
  const [reading, refusal] = await Promise.all([readDevice(context, path), tryDevice(context, path)]);
  return { reading, refusal };
}

/**
 * Disks that may come in together. A trial opens its disk for itself alone, so no two may run at a time: the second
 * would be told that the disk is in use.
 * @param preview What ZFS says against all of them together; null: it would take them, and each.
 */
export async function readNewDevices(
  context: ActionContext,
  paths: readonly string[],
  preview: string | null,
): Promise<NewDevice[]> {
  const readings = await Promise.all(paths.map((path) => readDevice(context, path)));
  const devices: NewDevice[] = [];
  for (const [index, reading] of readings.entries()) {
    const refusal = preview === null ? null : await tryDevice(context, paths[index] ?? '');
    devices.push({ reading, refusal });
  }
  return devices;
}

/** Lets udev come to rest, so that the command that takes the disk finds it free. */
export async function settle(context: ActionContext): Promise<void> {
  try {
    await context.read('wait for udev', settleArgv, {
      acceptExitCodes: settleExitCodes,
      timeoutSeconds: 20,
      privileged: false,
    });
  } catch (thrown) {
    // A host without udev has nothing to wait for.
    if (toAppError(thrown).code !== 'command-missing') throw thrown;
  }
}

/** Size of a member now; null: the device is not there. */
export async function readMemberSize(context: ActionContext, member: string): Promise<number | null> {
  if (!member.startsWith('/')) return null;
  const { stdout } = await context.read('read the size of a member', readDeviceArgv(member), {
    acceptExitCodes: [0, 32],
  });
  return parseDevice(stdout, member)?.sizeBytes ?? null;
}

/** `/dev/vdb (virtio-LABDISK0001), 512 MiB, WD Red, serial X` */
export function describeDevice({ asked, path, model, serial }: DeviceReading): string {
  const identity = [model, serial === null ? null : `serial ${serial}`].filter((word) => word !== null);
  return [asked === path ? path : `${asked} (${path})`, ...identity].join(', ');
}

/**
 * Why a disk can't come into a pool. The disk's own reading comes first, because it names who uses it; what ZFS
 * says counts where that found nothing.
 */
export function newDeviceBlockers(path: string, { reading, refusal }: NewDevice): Blocker[] {
  if (reading === null) {
    return [
      {
        text: `There is no disk ${path} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  const { uses, signatures, partitions, zfsLabel } = reading;
  if (uses.length > 0) {
    blockers.push({
      text: `${path} is in use: ${listed(uses)}.`,
      remedy: 'Choose a disk that nothing uses.',
    });
  } else if (signatures.length > 0) {
    blockers.push({
      text: `${path} holds ${listed(signatures)}. It may be someone's data, and ZFS would write over it.`,
      remedy: `Choose another disk, or, when nothing on it is needed, clear it on the host: ${hint('wipefs', '-a', path)}`,
    });
  } else if (partitions.length > 0) {
    blockers.push({
      text: `${path} is divided into partitions: ${listed(partitions)}.`,
      remedy: `Choose a blank disk, or, when nothing on it is needed, clear it on the host: ${hint('wipefs', '-a', path)}`,
    });
  }
  if (reading.readOnly) blockers.push({ text: `${path} is read-only.`, remedy: 'Choose another disk.' });
  if (reading.removable) {
    blockers.push({
      text: `${path} is removable, and a pool must not lose its members by hand.`,
      remedy: 'Choose a disk that is built in.',
    });
  }
  if (refusal !== null && blockers.length === 0) {
    const exported = /is part of (exported|potentially active) pool '([^']*)'/.exec(refusal);
    if (exported !== null) {
      blockers.push({
        text: `${path} belongs to pool ${exported[2] ?? ''}, which is ${exported[1] === 'exported' ? 'exported' : 'perhaps in use on another host'}.`,
        remedy: `Import that pool, or choose another disk. When nothing on it is needed: ${hint('zpool', 'labelclear', path)}`,
      });
    } else if (/is in use|currently used|is part of active pool/.test(refusal)) {
      blockers.push({
        text: `${path} is in use${zfsLabel === null || zfsLabel === '' ? '' : ` by pool ${zfsLabel}`}.`,
        remedy: 'Choose a disk that nothing uses.',
      });
    } else {
      blockers.push({
        text: `ZFS would not take ${path}: ${refusal.replaceAll('\n', ' ')}`,
        remedy: 'Choose another disk.',
      });
    }
  }
  return blockers;
}

/** The same disk under two names. */
export function duplicateDeviceBlockers(devices: readonly NewDevice[]): Blocker[] {
  const seen = new Map<string, string>();
  const blockers: Blocker[] = [];
  for (const { reading } of devices) {
    if (reading === null) continue;
    const other = seen.get(reading.path);
    if (other !== undefined) {
      blockers.push({
        text: `${other} and ${reading.asked} are the same disk, ${reading.path}.`,
        remedy: 'Choose every disk once.',
      });
    }
    seen.set(reading.path, reading.asked);
  }
  return blockers;
}

/** What of a new disk must be the same when the plan runs. */
export function deviceForComparison({ reading, refusal }: NewDevice): Record<string, unknown> {
  return { ...(reading ?? { path: null }), refusal };
}

function labelOf({ path, sizeBytes, model, serial }: Disk): string {
  const identity = [model, serial].filter((word) => word !== null).join(' ');
  return [path.replace(/^\/dev\//, ''), bytes(sizeBytes), ...(identity === '' ? [] : [identity])].join(' · ');
}

/** Disks of a host for a form, those that can't be taken with their reason. */
function diskOptions(inventory: HostInventory): PickOption[] {
  return (inventory.disks ?? []).map((disk) => ({
    value: disk.stablePath,
    label: labelOf(disk),
    hint: disk.stablePath === disk.path ? 'It has no lasting name.' : disk.stablePath,
    excuse:
      disk.ineligible[0] ??
      (isNewDevicePath(disk.stablePath)
        ? null
        : 'Its path holds characters that no command of ours carries.'),
    sizeBytes: disk.sizeBytes,
  }));
}

/** Why no disk can be chosen at all; null: at least `needed` are free. */
export function diskExcuse(inventory: HostInventory, needed: number): string | null {
  if (inventory.disks === null) {
    return `The disks of this host could not be read. ${inventory.disksError?.message ?? 'Refresh the host.'}`;
  }
  const free = diskOptions(inventory).filter(({ excuse }) => excuse === null).length;
  if (free >= needed) return null;
  return free === 0
    ? 'No disk of this host is free.'
    : `It takes ${needed} free disks, and this host has ${free}.`;
}

export function disksField(inventory: HostInventory, min: number) {
  return pickField('devices', 'Disks', diskOptions(inventory), {
    min,
    help: 'All that is on them is lost.',
  });
}

/** One new disk. None is chosen at first: a person picks it themself. */
export function newDiskField(inventory: HostInventory, spares: readonly TopologyNode[]) {
  const spareOptions = spares.map((spare) => ({
    value: spare.name.replace(/-part\d+$/, ''),
    label: spare.name.slice(spare.name.lastIndexOf('/') + 1),
    hint: 'Hot spare of this pool.',
    excuse: null,
  }));
  return choiceField('device', 'New disk', [...spareOptions, ...diskOptions(inventory)], { value: '' });
}

/** Spares of a pool that wait. */
export function waitingSpares(topology: readonly TopologyNode[]): TopologyNode[] {
  return topology
    .filter(({ name, state }) => name === 'spares' && state === '')
    .flatMap(({ children }) => children)
    .filter(({ state }) => state === 'AVAIL');
}

/** A pool's menu line is offered for pools of this backend only; the road sees to that. */
export function zpoolOf(subject: Subject): Pool | null {
  return subject.kind === 'pool' && subject.pool.kind === 'zpool' ? subject.pool : null;
}

/** The member of a zpool that stands for one device, with its pool. */
export function zpoolMemberOf(
  subject: Subject,
): { pool: Pool; node: TopologyNode; parent: TopologyNode | null } | null {
  if (subject.kind !== 'member' || subject.pool.kind !== 'zpool') return null;
  const { pool, node } = subject;
  if (node.children.length > 0 || node.state === '') return null;
  return { pool, node, parent: placeOf(pool.topology, node.name)?.parent ?? null };
}

/** Process numbers that use a file system; null: the host cannot tell (psmisc is not there). */
export async function readUsers(context: ActionContext, mountpoint: string): Promise<string[] | null> {
  try {
    const { stdout } = await context.read('look for programs that use it', readUsersArgv(mountpoint), {
      acceptExitCodes: [0, 1],
    });
    const words = stdout.split(/\s+/).filter((word) => word !== '');
    if (!words.every((word) => /^\d+$/.test(word))) {
      throw unexpectedOutput('fuser', 'it is not a list of process numbers', stdout);
    }
    return words;
  } catch (error) {
    if (error instanceof AppError && ['command-missing', 'sudo-refused'].includes(error.code)) return null;
    throw error;
  }
}
