import { volumesOf } from './volumes';
import type { Storage } from './storage-types';
import type { ClusterNode, Cluster, Guest } from './types';

/** How busy things are: made from the clock and a number of their own, so that charts and present values agree. */

const mebibyte = 1024 ** 2;
const dayMs = 86_400_000;

/** 0 up to 1, the same for the same numbers. */
function noise(seed: number, step: number): number {
  let mixed = Math.imul((seed + 1) ^ Math.imul(step | 0, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
}

/** Around 1: more by day than by night, with a restlessness of minutes. */
function tide(seed: number, ms: number): number {
  const phase = (2 * Math.PI * (ms % dayMs)) / dayMs;
  const minute = Math.floor(ms / 60_000);
  const between = (ms % 60_000) / 60_000;
  const restless = noise(seed, minute) * (1 - between) + noise(seed, minute + 1) * between;
  return 0.7 + 0.3 * Math.sin(phase - 2 + (seed % 7) / 5) + 0.6 * (restless - 0.5);
}

export interface GuestUsage {
  /** Part of its processors. */
  cpu: number;
  memoryBytes: number;
  /** Bytes a second. */
  netIn: number;
  netOut: number;
  diskRead: number;
  diskWrite: number;
}

export function memoryOf(guest: Guest): number {
  return Number(guest.config['memory'] ?? 512) * mebibyte;
}

export function coresOf(guest: Guest): number {
  const cores = Number(guest.config['cores'] ?? 1);
  return guest.type === 'qemu' ? cores * Number(guest.config['sockets'] ?? 1) : cores;
}

const idle: GuestUsage = { cpu: 0, memoryBytes: 0, netIn: 0, netOut: 0, diskRead: 0, diskWrite: 0 };

export function guestUsageAt(guest: Guest, ms: number): GuestUsage {
  if (!guest.running || ms < guest.startedAtMs) return idle;
  const wave = tide(guest.vmid, ms);
  const traffic = Math.max(0, wave * guest.load) * 400_000;
  return {
    cpu: guest.paused ? 0 : Math.min(1, Math.max(0.002, guest.load * wave)),
    memoryBytes: Math.round(memoryOf(guest) * Math.min(0.97, 0.35 + 0.5 * guest.load + 0.05 * wave)),
    netIn: traffic,
    netOut: traffic * 0.6,
    diskRead: traffic * 0.4,
    diskWrite: traffic * 0.9,
  };
}

/** What was sent and read since the start. */
export function countersOf(guest: Guest, nowMs: number) {
  const seconds = guest.running ? Math.max(0, (nowMs - guest.startedAtMs) / 1000) : 0;
  const average = guest.load * 400_000 * 0.7;
  return {
    netin: Math.round(seconds * average),
    netout: Math.round(seconds * average * 0.6),
    diskread: Math.round(seconds * average * 0.4),
    diskwrite: Math.round(seconds * average * 0.9),
  };
}

export function uptimeOf(subject: { running: boolean; startedAtMs: number }, nowMs: number): number {
  return subject.running ? Math.max(1, Math.floor((nowMs - subject.startedAtMs) / 1000)) : 0;
}

export function guestsOn(cluster: Cluster, node: string): Guest[] {
  return [...cluster.guests.values()].filter((guest) => guest.node === node);
}

export interface NodeUsage {
  cpu: number;
  memoryBytes: number;
  netIn: number;
  netOut: number;
}

export function nodeUsageAt(
  cluster: Cluster,
  node: ClusterNode,
  ms: number,
  guests = guestsOn(cluster, node.name),
): NodeUsage {
  const total = {
    cpu: 0.02 * node.cores,
    memoryBytes: 0.05 * node.memoryBytes,
    netIn: 12_000,
    netOut: 9_000,
  };
  for (const guest of guests) {
    const usage = guestUsageAt(guest, ms);
    total.cpu += usage.cpu * coresOf(guest);
    total.memoryBytes += usage.memoryBytes;
    total.netIn += usage.netIn;
    total.netOut += usage.netOut;
  }
  return {
    ...total,
    cpu: Math.min(1, total.cpu / node.cores),
    memoryBytes: Math.round(Math.min(total.memoryBytes, node.memoryBytes * 0.98)),
  };
}

/** Nodes are shared by all storages of one kind of disk; each storage counts what it holds itself. */
export function storageUsedBytes(cluster: Cluster, storage: Storage, node: string): number {
  const here = (itemNode: string | undefined) => storage.shared || itemNode === node;
  let used = storage.otherBytes;
  for (const item of cluster.content) {
    if (item.storage === storage.id && here(item.node)) used += item.sizeBytes;
  }
  for (const volume of volumesOf(cluster, storage.id)) if (here(volume.node)) used += volume.usedBytes;
  return Math.min(used, storage.totalBytes);
}
