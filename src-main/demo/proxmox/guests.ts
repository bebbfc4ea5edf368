import { createHash } from 'node:crypto';
import { mayAll } from './access';
import { badParameters, died } from './errors';
import { numberOr, optionalText, text, type Call, type Handlers } from './call';
import { allResources } from './resources';
import type { Cluster, Config, Guest, GuestType } from './types';
import { coresOf, countersOf, guestUsageAt, memoryOf, uptimeOf } from './usage';
import { bootDriveOf } from './volumes';

export function nameOf(guest: Guest): string {
  const fallback = guest.type === 'qemu' ? `VM ${guest.vmid}` : `CT${guest.vmid}`;
  return String(guest.config[guest.type === 'qemu' ? 'name' : 'hostname'] ?? fallback);
}

export function digestOf(content: unknown): string {
  return createHash('sha1').update(JSON.stringify(content)).digest('hex');
}

export function configDigest(guest: Guest): string {
  return digestOf([guest.config, [...guest.pending], guest.snapshots, guest.parent, guest.lock]);
}

export const folderOf = (type: GuestType) => (type === 'qemu' ? 'qemu-server' : 'lxc');
export const prefixOf = (type: GuestType) => (type === 'qemu' ? 'qm' : 'vz');
export const kindOf = (type: GuestType) => (type === 'qemu' ? 'VM' : 'CT');

/** The guest of the path, or as Proxmox VE complains. */
export function guestOf(call: Call, type: GuestType): Guest {
  const vmid = numberOr(call, 'vmid', 0);
  const node = text(call, 'node');
  const guest = call.cluster.guests.get(vmid);
  if (guest === undefined || guest.node !== node || guest.type !== type) {
    throw died(`Configuration file 'nodes/${node}/${folderOf(type)}/${vmid}.conf' does not exist`);
  }
  return guest;
}

/** A locked guest is left alone: in the task, not in the call. */
export function checkLock(guest: Guest): void {
  if (guest.lock !== undefined) throw died(`${kindOf(guest.type)} is locked (${guest.lock})`);
}

export function checkDigest(call: Call, guest: Guest): void {
  const digest = optionalText(call, 'digest');
  if (digest !== undefined && digest !== configDigest(guest)) {
    throw died('checksum mismatch (file change by other user?)');
  }
}

/** Gives the configuration's lock back also when the task is stopped. */
export function* withLock(
  guest: Guest,
  lock: string,
  work: () => Generator<number, void>,
): Generator<number, void> {
  checkLock(guest);
  guest.lock = lock;
  try {
    yield* work();
  } finally {
    if (guest.lock === lock) delete guest.lock;
  }
}

export function tagsOf(config: Config): string | undefined {
  const tags = config['tags'];
  return tags === undefined || tags === '' ? undefined : String(tags);
}

/** `web;prod` -> `prod;web`. */
export function sortTags(tags: string): string {
  return [...new Set(tags.split(/[;,\s]+/).filter((tag) => tag !== ''))].sort().join(';');
}

const optional = (name: string, value: unknown) =>
  value === undefined || value === '' ? {} : { [name]: value };

const pressures = {
  pressurecpusome: 0,
  pressurecpufull: 0,
  pressureiosome: 0,
  pressureiofull: 0,
  pressurememorysome: 0,
  pressurememoryfull: 0,
};

/** Since release 9, and not of stopped guests. */
const pressureOf = (cluster: Cluster, guest: Guest) =>
  cluster.release.major >= 9 && guest.running ? pressures : {};

function numbersOf(cluster: Cluster, guest: Guest) {
  const now = cluster.nowMs();
  const usage = guestUsageAt(guest, now);
  return {
    vmid: guest.vmid,
    name: nameOf(guest),
    status: guest.running ? 'running' : 'stopped',
    uptime: uptimeOf(guest, now),
    cpu: usage.cpu,
    mem: usage.memoryBytes,
    maxmem: memoryOf(guest),
    maxdisk: bootDriveOf(guest)?.sizeBytes ?? 0,
    disk: guest.type === 'lxc' && guest.running ? guest.diskUsedBytes : 0,
    ...countersOf(guest, now),
    ...optional('tags', tagsOf(guest.config)),
    ...optional('lock', guest.lock),
    ...(cluster.release.major >= 9 && guest.type === 'qemu' ? { memhost: usage.memoryBytes } : {}),
  };
}

/** A row of `GET /nodes/{node}/qemu` or `/lxc`. */
function listRow(cluster: Cluster, guest: Guest) {
  const { diskread, diskwrite, ...numbers } = numbersOf(cluster, guest);
  const row = { ...numbers, cpus: coresOf(guest), ...(guest.template ? { template: 1 } : {}) };
  if (guest.type === 'lxc') {
    const maxswap = Number(guest.config['swap'] ?? 512) * 1024 ** 2;
    return {
      ...row,
      diskread,
      diskwrite,
      type: 'lxc',
      swap: 0,
      maxswap,
      ...(guest.running ? { pid: guest.pid } : {}),
    };
  }
  return guest.running ? { ...row, diskread, diskwrite, pid: guest.pid } : row;
}

function haOf(cluster: Cluster, guest: Guest) {
  const sid = `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
  const resource = cluster.ha.resources.get(sid);
  return resource === undefined ? { managed: 0 } : { managed: 1, state: resource.state };
}

function qmpStatus(guest: Guest): string {
  if (!guest.running) return 'stopped';
  return guest.paused ? 'paused' : 'running';
}

/** `GET …/status/current`. */
function statusOf(cluster: Cluster, guest: Guest) {
  const row = { ...listRow(cluster, guest), ...pressureOf(cluster, guest), ha: haOf(cluster, guest) };
  if (guest.type === 'lxc') return row;
  const { netin, netout } = countersOf(guest, cluster.nowMs());
  return {
    ...row,
    qmpstatus: qmpStatus(guest),
    ...(String(guest.config['agent'] ?? '0').startsWith('1') ? { agent: 1 } : {}),
    ...(guest.running
      ? {
          nics: { [`tap${guest.vmid}i0`]: { netin, netout } },
          'running-machine': 'pc-i440fx-10.1+pve0',
          'running-qemu': '10.1.2',
        }
      : {}),
  };
}

/** A row of `GET /cluster/resources`; of a dead node's guests next to nothing is known. */
export function guestResource(cluster: Cluster, guest: Guest, poolOf: ReadonlyMap<number, string>) {
  const base = { id: `${guest.type}/${guest.vmid}`, type: guest.type, node: guest.node, vmid: guest.vmid };
  if (cluster.nodes.get(guest.node)?.online !== true) return { ...base, status: 'unknown' };
  const sid = `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
  return {
    ...numbersOf(cluster, guest),
    ...base,
    maxcpu: coresOf(guest),
    template: guest.template ? 1 : 0,
    ...(cluster.release.major >= 9 ? { memhost: guestUsageAt(guest, cluster.nowMs()).memoryBytes } : {}),
    ...optional('pool', poolOf.get(guest.vmid)),
    ...optional('hastate', cluster.ha.resources.get(sid)?.state),
  };
}

function listGuests(type: GuestType) {
  return (call: Call) => {
    const { cluster, who } = call;
    const node = text(call, 'node');
    return [...cluster.guests.values()]
      .filter((guest) => guest.node === node && guest.type === type)
      .filter((guest) => mayAll(cluster.access, who, `/vms/${guest.vmid}`, ['VM.Audit']))
      .map((guest) => listRow(cluster, guest));
  };
}

export function nextFreeId(cluster: Cluster): number {
  let vmid = 100;
  while (cluster.guests.has(vmid)) vmid += 1;
  return vmid;
}

function nextId({ cluster, parameters }: Call) {
  const wanted = parameters['vmid'];
  if (wanted === undefined) return String(nextFreeId(cluster));
  if (cluster.guests.has(Number(wanted)))
    throw badParameters({ vmid: `VM ${String(wanted)} already exists` });
  return String(wanted);
}

const subdirectories =
  (...names: readonly string[]) =>
  () =>
    names.map((subdir) => ({ subdir }));

export const guestHandlers: Handlers = {
  'GET /cluster/nextid': nextId,
  'GET /cluster/resources': allResources,
  'GET /nodes/{node}/qemu': listGuests('qemu'),
  'GET /nodes/{node}/lxc': listGuests('lxc'),
  'GET /nodes/{node}/qemu/{vmid}/status/current': (call) => statusOf(call.cluster, guestOf(call, 'qemu')),
  'GET /nodes/{node}/lxc/{vmid}/status/current': (call) => statusOf(call.cluster, guestOf(call, 'lxc')),
  'GET /nodes/{node}/qemu/{vmid}/status': subdirectories('current', 'start', 'stop'),
  'GET /nodes/{node}/lxc/{vmid}/status': subdirectories('current', 'start', 'stop'),
};
