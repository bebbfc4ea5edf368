import { text, type Call, type Handlers } from './call';
import { guestOf } from './guests';
import { storageOf } from './storage';
import type { ClusterNode, Guest, GuestType } from './types';
import { coresOf, guestsOn, guestUsageAt, memoryOf, nodeUsageAt, storageUsedBytes } from './usage';
import { bootDriveOf } from './volumes';

const minute = 60;
const hour = 60 * minute;

/** Seconds between two points, and how many there are. */
type Series = readonly [stepSeconds: number, points: number];

const since9: Readonly<Record<string, Series>> = {
  hour: [minute, 60],
  day: [minute, 1440],
  week: [30 * minute, 336],
  month: [30 * minute, 1440],
  year: [6 * hour, 1440],
  decade: [168 * hour, 570],
};

const until8: Readonly<Record<string, Series>> = {
  hour: [minute, 70],
  day: [30 * minute, 70],
  week: [3 * hour, 70],
  month: [12 * hour, 70],
  year: [168 * hour, 70],
};

type Point = Record<string, number>;

/** Points without data have nothing but their time. */
function chart(call: Call, sinceMs: number, pointAt: (ms: number) => Point): Point[] {
  const { release, nowMs } = call.cluster;
  const timeframe = text(call, 'timeframe');
  const [step, count] = (release.major >= 9 ? since9 : until8)[timeframe] ?? [minute, 60];
  const last = Math.floor(nowMs() / 1000 / step) * step;
  return Array.from({ length: count }, (_, index) => {
    const time = last - (count - 1 - index) * step;
    return time * 1000 < sinceMs ? { time } : { time, ...pointAt(time * 1000) };
  });
}

const pressureKeys = ['cpusome', 'iosome', 'iofull', 'memorysome', 'memoryfull'];

function pressures(level: number, keys = pressureKeys): Point {
  return Object.fromEntries(keys.map((key) => [`pressure${key}`, key === 'cpusome' ? 12 * level : level]));
}

function nodePoint(call: Call, node: ClusterNode, guests: Guest[], ms: number): Point {
  const usage = nodeUsageAt(call.cluster, node, ms, guests);
  const base = {
    cpu: usage.cpu,
    maxcpu: node.cores,
    iowait: usage.cpu * 0.02,
    loadavg: usage.cpu * node.cores,
    memtotal: node.memoryBytes,
    memused: usage.memoryBytes,
    swaptotal: 8 * 1024 ** 3,
    swapused: 0,
    roottotal: node.rootBytes,
    rootused: node.rootUsedBytes,
    netin: usage.netIn,
    netout: usage.netOut,
  };
  if (call.cluster.release.major < 9) return base;
  return {
    ...base,
    ...pressures(usage.cpu),
    memavailable: node.memoryBytes - usage.memoryBytes,
    arcsize: node.memoryBytes * 0.06,
  };
}

function guestPoint(call: Call, guest: Guest, ms: number): Point {
  const still = {
    maxcpu: coresOf(guest),
    maxmem: memoryOf(guest),
    maxdisk: bootDriveOf(guest)?.sizeBytes ?? 0,
    disk: 0,
  };
  if (!guest.running || ms < guest.startedAtMs) return still;
  const usage = guestUsageAt(guest, ms);
  return {
    ...still,
    disk: guest.type === 'lxc' ? guest.diskUsedBytes : 0,
    cpu: usage.cpu,
    mem: usage.memoryBytes,
    netin: usage.netIn,
    netout: usage.netOut,
    diskread: usage.diskRead,
    diskwrite: usage.diskWrite,
    ...(call.cluster.release.major >= 9
      ? { ...pressures(usage.cpu, [...pressureKeys, 'cpufull']), memhost: usage.memoryBytes }
      : {}),
  };
}

const dayMs = 86_400_000;

function ofGuest(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    // It has been there a hundred days at the most.
    const sinceMs = Math.max(call.cluster.nowMs() - 100 * dayMs, guest.startedAtMs - 30 * dayMs);
    return chart(call, sinceMs, (ms) => guestPoint(call, guest, ms));
  };
}

function ofNode(call: Call) {
  const node = call.cluster.nodes.get(text(call, 'node'));
  if (node === undefined) return [];
  const guests = guestsOn(call.cluster, node.name);
  const sinceMs = call.cluster.nowMs() - 300 * dayMs;
  return chart(call, sinceMs, (ms) =>
    ms < node.bootedAtMs && ms > node.bootedAtMs - 300_000 ? {} : nodePoint(call, node, guests, ms),
  );
}

/** It has filled by a third over the year. */
function ofStorage(call: Call) {
  const storage = storageOf(call);
  const now = call.cluster.nowMs();
  const used = storageUsedBytes(call.cluster, storage, text(call, 'node'));
  return chart(call, now - 365 * dayMs, (ms) => ({
    total: storage.totalBytes,
    used: used * (1 - (0.33 * (now - ms)) / (365 * dayMs)),
  }));
}

export const rrdHandlers: Handlers = {
  'GET /nodes/{node}/rrddata': ofNode,
  'GET /nodes/{node}/qemu/{vmid}/rrddata': ofGuest('qemu'),
  'GET /nodes/{node}/lxc/{vmid}/rrddata': ofGuest('lxc'),
  'GET /nodes/{node}/storage/{storage}/rrddata': ofStorage,
};
