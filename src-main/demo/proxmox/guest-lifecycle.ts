import { demand, mayAll } from './access';
import { badParameters, died } from './errors';
import { flag, numberOr, optionalText, text, type Call, type Handlers } from './call';
import { emptyFirewall } from './firewall';
import { checkOptionRights, optionsOf, storedValue } from './guest-config';
import { checkDigest, checkLock, guestOf, kindOf, nameOf, prefixOf, withLock } from './guests';
import { setRunning } from './power';
import { isOn } from './resources';
import { canSnapshot } from './snapshots';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Cluster, Config, Guest, GuestType } from './types';
import { drivesOf, formatSize, newVolume, parseDrive, parseSize } from './volumes';

const gibibyte = 1024 ** 3;

export function newGuest(type: GuestType, vmid: number, node: string, config: Config): Guest {
  return {
    vmid,
    type,
    node,
    config,
    running: false,
    paused: false,
    startedAtMs: 0,
    template: false,
    pending: new Map(),
    snapshots: [],
    pid: 0,
    agentRunning: false,
    ignoresShutdown: false,
    load: 0.1,
    diskUsedBytes: 700 * 1024 ** 2,
    firewall: emptyFirewall(),
    agentProcesses: new Map(),
    files: new Map(),
  };
}

/** Parameters of a creation that are no options of the guest. */
const creationOnly = [
  'archive',
  'bwlimit',
  'force',
  'live-restore',
  'pool',
  'start',
  'storage',
  'unique',
  'ha-managed',
  'ostemplate',
  'restore',
  'password',
  'ssh-public-keys',
  'ignore-unpack-errors',
];

function randomUuid(cluster: Cluster): string {
  const hex = (length: number) => cluster.random.text(length, '0123456789abcdef');
  return [hex(8), hex(4), `4${hex(3)}`, `8${hex(3)}`, hex(12)].join('-');
}

function defaultsFor(cluster: Cluster, type: GuestType, vmid: number): Config {
  const now = Math.floor(cluster.nowMs() / 1000);
  return type === 'qemu'
    ? {
        memory: '512',
        smbios1: `uuid=${randomUuid(cluster)}`,
        vmgenid: randomUuid(cluster),
        meta: `creation-qemu=10.1.2,ctime=${now}`,
      }
    : { arch: 'amd64', hostname: `CT${vmid}`, memory: 512, swap: 512, ostype: 'unmanaged' };
}

function checkCreationRights(call: Call, vmid: number): void {
  const { cluster, who } = call;
  const pool = optionalText(call, 'pool');
  const inPool = pool !== undefined && mayAll(cluster.access, who, `/pool/${pool}`, ['VM.Allocate']);
  const overwrites = flag(call, 'force') && mayAll(cluster.access, who, `/vms/${vmid}`, ['VM.Backup']);
  if (!inPool && !overwrites) demand(cluster.access, who, `/vms/${vmid}`, 'VM.Allocate');
  const storage = optionalText(call, 'storage');
  if (storage !== undefined) demand(cluster.access, who, `/storage/${storage}`, 'Datastore.AllocateSpace');
}

/** The configuration and the source of a restore, from the backup. */
function backupOf(cluster: Cluster, volume: string) {
  const [storage = '', ...rest] = volume.split(':');
  const backup = cluster.content.find((item) => item.storage === storage && item.volume === rest.join(':'));
  if (backup === undefined) throw died(`volume '${volume}' does not exist`);
  return backup;
}

function restoredConfig(
  cluster: Cluster,
  guest: Pick<Guest, 'vmid' | 'type'>,
  archive: string,
  storage: string | undefined,
  unique: boolean,
): Config {
  const saved = backupOf(cluster, archive).config ?? {};
  const restored: Config = {};
  const made: string[] = [];
  for (const [key, value] of Object.entries(saved)) {
    const drive = parseDrive(key, String(value));
    if (drive === undefined) {
      const renewed =
        unique && /^net\d+$/.test(key) ? String(value).replace(/,hwaddr=[^,]+|=[\dA-F:]{17}/i, '') : value;
      restored[key] = storedValue(cluster, guest, key, renewed);
      continue;
    }
    const target = storage ?? drive.storage;
    const format =
      drive.volume.includes('subvol') && cluster.storages.get(target)?.type === 'zfspool' ? 'subvol' : 'raw';
    const volume = newVolume(cluster, target, guest.vmid, format, made);
    made.push(volume);
    restored[key] = `${volume},size=${formatSize(drive.sizeBytes)}`;
  }
  return restored;
}

function* creationWork(
  call: Call,
  guest: Guest,
  options: Config,
  source: string | undefined,
  run: TaskRun,
): Work {
  const { cluster } = call;
  const restoring = guest.type === 'qemu' ? source !== undefined : flag(call, 'restore');
  const storage = optionalText(call, 'storage');
  guest.lock = 'create';
  let made = false;
  try {
    const base =
      restoring && source !== undefined
        ? restoredConfig(cluster, guest, source, storage, flag(call, 'unique'))
        : defaultsFor(cluster, guest.type, guest.vmid);
    if (source !== undefined) {
      run.log(restoring ? `restoring '${source}' now..` : `extracting archive '${source}'`);
      yield 4000;
      run.log('Total bytes read: 1073741824 (1.0GiB, 240MiB/s)');
    }
    if (restoring) run.log('merging backed-up and given configuration..');
    guest.config = base;
    for (const [key, value] of Object.entries(options)) {
      guest.config[key] = storedValue(cluster, guest, key, value);
      const drive = parseDrive(key, String(guest.config[key]));
      if (drive !== undefined) run.log(`${key}: successfully created disk '${String(guest.config[key])}'`);
      yield 300;
    }
    if (guest.type === 'lxc' && guest.config['rootfs'] === undefined) {
      guest.config['rootfs'] = storedValue(cluster, guest, 'rootfs', `${storage ?? 'local'}:8`);
    }
    if (guest.type === 'qemu' && guest.config['boot'] === undefined) {
      const first = drivesOf(guest.config)[0]?.key;
      guest.config['boot'] =
        `order=${[first, 'net0'].filter((key) => key !== undefined && guest.config[key] !== undefined).join(';')}`;
    }
    made = true;
  } finally {
    delete guest.lock;
    if (!made) cluster.guests.delete(guest.vmid);
  }
  if (flag(call, 'start')) setRunning(cluster, guest, true);
}

function create(type: GuestType) {
  return (call: Call) => {
    const { cluster } = call;
    const vmid = numberOr(call, 'vmid', 0);
    const node = text(call, 'node');
    const source = optionalText(call, type === 'qemu' ? 'archive' : 'ostemplate');
    const restoring = type === 'qemu' ? source !== undefined : flag(call, 'restore');
    const options = optionsOf(call, creationOnly);
    checkCreationRights(call, vmid);
    if (!restoring) checkOptionRights(call, type, vmid, options);
    const existing = cluster.guests.get(vmid);
    if (existing !== undefined && !(restoring && flag(call, 'force'))) {
      const what = `${kindOf(type)} ${vmid} already exists on node '${existing.node}'`;
      throw died(restoring ? what : `unable to create ${kindOf(type)} ${vmid} - ${what}`);
    }
    if (existing?.running === true)
      throw died(`unable to restore ${kindOf(type)} ${vmid} - ${kindOf(type)} is running`);
    if (restoring && source !== undefined) backupOf(cluster, source);
    const guest = newGuest(type, vmid, node, {});
    cluster.guests.set(vmid, guest);
    const pool = cluster.pools.get(optionalText(call, 'pool') ?? '');
    pool?.vms.add(vmid);
    const kind = restoring ? 'restore' : 'create';
    return startTask(
      cluster,
      { node, type: `${prefixOf(type)}${kind}`, id: String(vmid), by: call.who },
      (run) => creationWork(call, guest, options, source, run),
    );
  };
}

function forget(cluster: Cluster, guest: Guest, purge: boolean): void {
  cluster.guests.delete(guest.vmid);
  for (const pool of cluster.pools.values()) pool.vms.delete(guest.vmid);
  if (!purge) return;
  const sid = `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
  cluster.ha.resources.delete(sid);
  for (const [id, job] of cluster.replication) if (job.guest === guest.vmid) cluster.replication.delete(id);
  for (const job of cluster.backupJobs.values()) {
    const ids = String(job['vmid'] ?? '').split(',');
    if (ids.includes(String(guest.vmid)))
      job['vmid'] = ids.filter((id) => id !== String(guest.vmid)).join(',');
  }
}

function destroy(type: GuestType) {
  return (call: Call) => {
    const { cluster } = call;
    const guest = guestOf(call, type);
    const kind = kindOf(type);
    const { vmid } = guest;
    if (guest.config['protection'] === 1)
      throw died(`can't remove ${kind} ${vmid} - protection mode enabled`);
    const purge = flag(call, 'purge');
    const managed = cluster.ha.resources.has(`${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`);
    if (managed && !purge)
      throw died(`unable to remove ${kind} ${vmid} - used in HA resources and purge parameter not set.`);
    const replicated = [...cluster.replication.values()].some((job) => job.guest === vmid);
    if (replicated && !purge)
      throw died(`unable to remove ${kind} ${vmid} - replication jobs exist and purge parameter not set.`);
    const force = type === 'lxc' && flag(call, 'force');
    if (guest.running && !force) throw died(`${kind} ${vmid} is running - destroy failed`);
    return startTask(
      cluster,
      { node: guest.node, type: `${prefixOf(type)}destroy`, id: String(vmid), by: call.who },
      function* (run) {
        yield* withLock(guest, 'destroyed', function* () {
          for (const drive of drivesOf(guest.config)) {
            run.log(`removing image '${drive.volume}'`);
            yield 400;
          }
          if (purge) run.log(`purging ${kind} ${vmid} from related configurations..`);
          forget(cluster, guest, purge);
        });
      },
    );
  };
}

function* cloneWork(call: Call, source: Guest, target: Guest, run: TaskRun): Work {
  const { cluster } = call;
  const storage = optionalText(call, 'storage');
  const full = flag(call, 'full', !source.template);
  let made = false;
  try {
    yield* withLock(source, 'clone', function* () {
      const from =
        source.snapshots.find(({ name }) => name === optionalText(call, 'snapname'))?.config ?? source.config;
      const config: Config = { ...from };
      const volumes: string[] = [];
      for (const drive of drivesOf(from)) {
        run.log(
          `create ${full ? 'full' : 'linked'} clone of ${source.type === 'qemu' ? 'drive' : 'mountpoint'} ${drive.key} (${drive.volume})`,
        );
        const format = drive.volume.endsWith('.qcow2')
          ? 'qcow2'
          : drive.volume.includes('subvol')
            ? 'subvol'
            : 'raw';
        const volume = newVolume(cluster, storage ?? drive.storage, target.vmid, format, volumes);
        volumes.push(volume);
        if (full) {
          for (const percent of [0, 25, 50, 75, 100]) {
            yield 800;
            run.log(
              `transferred ${formatSize(Math.round(((drive.sizeBytes / gibibyte) * percent) / 100) * gibibyte)}iB of ${formatSize(drive.sizeBytes)}iB (${percent}.00%)`,
            );
          }
        }
        config[drive.key] = `${volume},size=${formatSize(drive.sizeBytes)}`;
      }
      target.config = withNewIdentity(call, source, config);
      made = true;
    });
    delete target.lock;
  } finally {
    if (!made) cluster.guests.delete(target.vmid);
  }
}

function withNewIdentity(call: Call, source: Guest, config: Config): Config {
  const { cluster } = call;
  const copy: Config = { ...config };
  for (const key of Object.keys(copy)) {
    if (!/^net\d+$/.test(key)) continue;
    const bare = String(copy[key])
      .replace(/,hwaddr=[^,]+/, '')
      .replace(/=(?:[\dA-F]{2}:){5}[\dA-F]{2}/i, '');
    copy[key] = storedValue(cluster, source, key, bare);
  }
  const description = optionalText(call, 'description');
  if (description !== undefined)
    copy['description'] = storedValue(cluster, source, 'description', description);
  if (source.type === 'qemu') {
    copy['name'] = optionalText(call, 'name') ?? `Copy-of-VM-${nameOf(source)}`;
    copy['smbios1'] = `uuid=${randomUuid(cluster)}`;
    copy['vmgenid'] = randomUuid(cluster);
  } else {
    copy['hostname'] = optionalText(call, 'hostname') ?? `Copy-of-CT-${nameOf(source)}`;
  }
  delete copy['template'];
  return copy;
}

function clone(type: GuestType) {
  return (call: Call) => {
    const { cluster } = call;
    const source = guestOf(call, type);
    const newid = numberOr(call, 'newid', 0);
    if (cluster.guests.has(newid))
      throw died(`unable to create ${kindOf(type)} ${newid}: config file already exists`);
    const snapshot = optionalText(call, 'snapname');
    if (snapshot !== undefined && !source.snapshots.some(({ name }) => name === snapshot)) {
      throw died(`snapshot '${snapshot}' does not exist`);
    }
    const elsewhere = (optionalText(call, 'target') ?? source.node) !== source.node;
    if (elsewhere && localDrives(cluster, source).length > 0) {
      throw died(
        `can't clone ${kindOf(type)} to node '${text(call, 'target')}' (${kindOf(type)} uses local storage)`,
      );
    }
    const storage = optionalText(call, 'storage');
    for (const needed of new Set(
      storage === undefined ? drivesOf(source.config).map((drive) => drive.storage) : [storage],
    )) {
      demand(cluster.access, call.who, `/storage/${needed}`, 'Datastore.AllocateSpace');
    }
    const target = newGuest(type, newid, optionalText(call, 'target') ?? source.node, {});
    target.lock = 'clone';
    cluster.guests.set(newid, target);
    cluster.pools.get(optionalText(call, 'pool') ?? '')?.vms.add(newid);
    return startTask(
      cluster,
      { node: source.node, type: `${prefixOf(type)}clone`, id: String(source.vmid), by: call.who },
      (run) => cloneWork(call, source, target, run),
    );
  };
}

const clock = (cluster: Cluster) => new Date(cluster.nowMs()).toISOString().slice(0, 19).replace('T', ' ');

const localDrives = (cluster: Cluster, guest: Guest) =>
  drivesOf(guest.config).filter((drive) => cluster.storages.get(drive.storage)?.shared === false);

function checkTarget(call: Call, guest: Guest, target: string): void {
  if (target === guest.node) throw badParameters({ target: 'target is local node.' });
  const node = call.cluster.nodes.get(target);
  if (node === undefined) throw died(`no such cluster node '${target}'`);
  if (!node.online) throw died(`node '${target}' is offline`);
}

/** Moves a guest to another node, which tasks of one and of several share. */
export function* migrateWork(
  cluster: Cluster,
  guest: Guest,
  target: string,
  withLocalDisks: boolean,
  storage: string | undefined,
  run: TaskRun,
): Work {
  const address = cluster.nodes.get(target)?.address ?? '';
  const say = (line: string) => run.log(`${clock(cluster)} ${line}`);
  yield* withLock(guest, 'migrate', function* () {
    say(`starting migration of ${kindOf(guest.type)} ${guest.vmid} to node '${target}' (${address})`);
    const local = localDrives(cluster, guest);
    for (const drive of local) {
      say(`found local disk '${drive.volume}' (attached)`);
      const there = cluster.storages.get(storage ?? drive.storage);
      const problem =
        guest.type === 'qemu' && guest.running && !withLocalDisks
          ? `can't migrate local disk '${drive.volume}': can't live migrate attached local disks without with-local-disks option`
          : there === undefined || !isOn(there, target)
            ? `storage '${storage ?? drive.storage}' is not available on node '${target}'`
            : undefined;
      if (problem === undefined) continue;
      say(`ERROR: Problem found while scanning volumes - ${problem}`);
      say('aborting phase 1 - cleanup resources');
      say(`ERROR: migration aborted (duration 00:00:01): ${problem}`);
      throw died('migration aborted');
    }
    for (const drive of local) {
      say(`copying local disk '${drive.volume}'`);
      for (const part of [0.25, 0.5, 0.75, 1]) {
        yield 1000;
        say(`${Math.round(drive.sizeBytes * part)} bytes copied`);
      }
    }
    if (guest.running) say('starting VM on remote node');
    yield 2000;
    if (storage !== undefined) {
      for (const drive of local) {
        const format = drive.volume.includes('subvol') ? 'subvol' : 'raw';
        const volume = newVolume(cluster, storage, guest.vmid, format);
        guest.config[drive.key] = String(guest.config[drive.key]).replace(drive.volume, volume);
      }
    }
    guest.node = target;
    say('migration finished successfully (duration 00:00:06)');
  });
}

function migrate(type: GuestType) {
  return (call: Call) => {
    const { cluster } = call;
    const guest = guestOf(call, type);
    const target = text(call, 'target');
    checkTarget(call, guest, target);
    if (type === 'qemu' && guest.running && !flag(call, 'online')) {
      throw died(`can't migrate running VM without --online`);
    }
    if (type === 'lxc' && guest.running && !flag(call, 'restart') && !flag(call, 'online')) {
      throw died(`can't migrate running container without --online or --restart`);
    }
    const storage = optionalText(call, type === 'qemu' ? 'targetstorage' : 'target-storage');
    const managed = cluster.ha.resources.has(`${type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`);
    const kind = managed ? 'hamigrate' : `${prefixOf(type)}migrate`;
    return startTask(
      cluster,
      { node: guest.node, type: kind, id: String(guest.vmid), by: call.who },
      (run) => {
        if (managed) run.log(`Requesting HA migration for ${kindOf(type)} ${guest.vmid} to node ${target}`);
        return migrateWork(cluster, guest, target, flag(call, 'with-local-disks'), storage, run);
      },
    );
  };
}

function precheck(call: Call) {
  const { cluster } = call;
  const guest = guestOf(call, 'qemu');
  const others = [...cluster.nodes.values()].filter((node) => node.name !== guest.node && node.online);
  const local = localDrives(cluster, guest);
  const unavailable = (node: string) =>
    [...new Set(local.map((drive) => drive.storage))].filter((id) => {
      const storage = cluster.storages.get(id);
      return storage === undefined || !isOn(storage, node);
    });
  const notAllowed = others.map((node) => {
    const storages = unavailable(node.name);
    return [node.name, storages.length === 0 ? {} : { unavailable_storages: storages }] as const;
  });
  return {
    running: guest.running ? 1 : 0,
    'has-dbus-vmstate': 1,
    'mapped-resources': [],
    'mapped-resource-info': {},
    local_resources: Object.keys(guest.config).filter((key) => /^(?:hostpci|usb)\d+$/.test(key)),
    allowed_nodes: others.filter((node) => unavailable(node.name).length === 0).map((node) => node.name),
    not_allowed_nodes: Object.fromEntries(notAllowed),
    local_disks: local.map((drive) => ({
      volid: drive.volume,
      drivename: drive.key,
      size: drive.sizeBytes,
      shared: 0,
      replicate: 1,
      cdrom: 0,
      is_attached: drive.key.startsWith('unused') ? 0 : 1,
      is_cloudinit: 0,
      is_tpmstate: 0,
      is_unused: drive.key.startsWith('unused') ? 1 : 0,
      is_vmstate: 0,
    })),
  };
}

function resize(type: GuestType) {
  return (call: Call) => {
    const { cluster } = call;
    const guest = guestOf(call, type);
    checkDigest(call, guest);
    const key = text(call, 'disk');
    const size = text(call, 'size');
    const drive = parseDrive(key, String(guest.config[key] ?? ''));
    if (drive === undefined) throw died(`disk '${key}' does not exist`);
    return startTask(
      cluster,
      { node: guest.node, type: 'resize', id: String(guest.vmid), by: call.who },
      function* (run) {
        checkLock(guest);
        const wanted = size.startsWith('+') ? drive.sizeBytes + parseSize(size.slice(1)) : parseSize(size);
        if (wanted < drive.sizeBytes) throw died('shrinking disks is not supported');
        const inFolder = ['dir', 'nfs'].includes(cluster.storages.get(drive.storage)?.type ?? '');
        if (type === 'lxc' && inFolder && drive.volume.endsWith('.subvol'))
          throw died("can't resize this image format");
        yield 500;
        run.log(`resizing ${drive.volume} to ${formatSize(wanted)}`);
        guest.config[key] = String(guest.config[key]).replace(/size=[^,]+/, `size=${formatSize(wanted)}`);
      },
    );
  };
}

function checkTemplate(guest: Guest): void {
  const kind = kindOf(guest.type);
  if (guest.snapshots.length > 0) throw died(`unable to create template, because ${kind} contains snapshots`);
  if (guest.running) throw died(`you can't convert a ${kind} to template if the ${kind} is running`);
  if (guest.template) throw died(`you can't convert a template to a template`);
}

function toTemplate(guest: Guest): void {
  guest.template = true;
  guest.config['template'] = 1;
}

function qemuTemplate(call: Call): string {
  const guest = guestOf(call, 'qemu');
  checkTemplate(guest);
  return startTask(
    call.cluster,
    { node: guest.node, type: 'qmtemplate', id: String(guest.vmid), by: call.who },
    function* () {
      checkLock(guest);
      yield 1000;
      toTemplate(guest);
    },
  );
}

function lxcTemplate(call: Call): null {
  const guest = guestOf(call, 'lxc');
  checkTemplate(guest);
  checkLock(guest);
  toTemplate(guest);
  return null;
}

function feature(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const has =
      text(call, 'feature') === 'snapshot'
        ? canSnapshot(call.cluster, guest)
        : guest.template || text(call, 'feature') === 'copy';
    return { hasFeature: has ? 1 : 0, ...(type === 'qemu' ? { nodes: [guest.node] } : {}) };
  };
}

function handlersFor(type: GuestType): Handlers {
  const path = `/nodes/{node}/${type}`;
  return {
    [`POST ${path}`]: create(type),
    [`DELETE ${path}/{vmid}`]: destroy(type),
    [`POST ${path}/{vmid}/clone`]: clone(type),
    [`POST ${path}/{vmid}/migrate`]: migrate(type),
    [`PUT ${path}/{vmid}/resize`]: resize(type),
    [`GET ${path}/{vmid}/feature`]: feature(type),
  };
}

export const lifecycleHandlers: Handlers = {
  ...handlersFor('qemu'),
  ...handlersFor('lxc'),
  'GET /nodes/{node}/qemu/{vmid}/migrate': precheck,
  'POST /nodes/{node}/qemu/{vmid}/template': qemuTemplate,
  'POST /nodes/{node}/lxc/{vmid}/template': lxcTemplate,
};
