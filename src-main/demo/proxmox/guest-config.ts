import { demand } from './access';
import { died, forbidden } from './errors';
import { flag, list, optionalText, type Call, type Handlers } from './call';
import { checkDigest, checkLock, configDigest, guestOf, sortTags } from './guests';
import { descriptionOf } from './snapshots';
import { startTask } from './tasks';
import type { Cluster, Config, ConfigValue, Guest, GuestType } from './types';
import { newVolume } from './volumes';

/** Parameters of the call that are no options of the guest. */
const notOptions = new Set([
  'node',
  'vmid',
  'delete',
  'revert',
  'digest',
  'force',
  'skiplock',
  'background_delay',
  'import-working-storage',
]);

const drive = /^(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused|mp|rootfs)\d*$/;

/** The privilege that each option wants, the first that fits. */
const privileges: Readonly<Record<GuestType, readonly [RegExp, string][]>> = {
  qemu: [
    [/^(?:memory|balloon|shares)$/, 'VM.Config.Memory'],
    [/^(?:cores|sockets|cpu|cpulimit|cpuunits|vcpus|numa\d*|smp|affinity)$/, 'VM.Config.CPU'],
    [/^net\d+$/, 'VM.Config.Network'],
    [/^(?:ci.*|sshkeys|ipconfig\d+|nameserver|searchdomain)$/, 'VM.Config.Cloudinit'],
    [drive, 'VM.Config.Disk'],
    [
      /^(?:machine|bios|scsihw|vga|serial\d+|parallel\d+|usb\d+|hostpci\d+|audio\d+|rng0|watchdog|arch|kvm|keyboard|acpi|tablet)$/,
      'VM.Config.HWType',
    ],
  ],
  lxc: [
    [/^(?:memory|swap)$/, 'VM.Config.Memory'],
    [/^(?:cores|cpulimit|cpuunits)$/, 'VM.Config.CPU'],
    [/^(?:net\d+|hostname|nameserver|searchdomain)$/, 'VM.Config.Network'],
    [drive, 'VM.Config.Disk'],
  ],
};

const onlyRoot: Readonly<Record<GuestType, readonly string[]>> = {
  qemu: ['args', 'lock', 'hookscript'],
  lxc: ['lock', 'hookscript'],
};

function privilegeFor(type: GuestType, key: string, value: string): string {
  if (/^(?:ide|sata|scsi)\d+$/.test(key) && value.includes('media=cdrom')) return 'VM.Config.CDROM';
  return privileges[type].find(([pattern]) => pattern.test(key))?.[1] ?? 'VM.Config.Options';
}

function featuresIn(value: ConfigValue): Map<string, string> {
  const parts = String(value)
    .split(',')
    .filter((part) => part !== '');
  return new Map(
    parts.map((part) => {
      const [name = '', set = ''] = part.split('=');
      return [name, set];
    }),
  );
}

/**
 * As PVE/LXC.pm, check_ct_modify_config_perm: root@pam itself may set any, not so its tokens; all others nesting of an
 * unprivileged container. @param wanted empty: taken away
 */
function checkFeatures(call: Call, vmid: number, now: Config, before: Config, wanted: ConfigValue): void {
  const { cluster, who } = call;
  if (who.id === 'root@pam') return;
  if (now['unprivileged'] !== 1) {
    throw forbidden('changing feature flags for privileged container is only allowed for root@pam');
  }
  const old = featuresIn(before['features'] ?? '');
  const next = featuresIn(wanted);
  const changed = [...old.keys(), ...next.keys()].filter((name) => old.get(name) !== next.get(name));
  if (changed.some((name) => name !== 'nesting')) {
    throw forbidden('changing feature flags (except nesting) is only allowed for root@pam');
  }
  if (changed.length > 0) demand(cluster.access, who, `/vms/${vmid}`, 'VM.Allocate');
}

/** @param before the guest as it is; of one that is made: nothing */
export function checkOptionRights(
  call: Call,
  type: GuestType,
  vmid: number,
  options: Config,
  before: Config = {},
): void {
  for (const [key, value] of Object.entries(options)) {
    if (call.who.id !== 'root@pam' && onlyRoot[type].includes(key))
      throw died(`only root can set '${key}' config`);
    if (type === 'lxc' && key === 'features') {
      checkFeatures(call, vmid, { ...options, ...before }, before, value);
      continue;
    }
    demand(call.cluster.access, call.who, `/vms/${vmid}`, privilegeFor(type, key, String(value)));
  }
}

/** What takes effect in a running guest; the rest waits for its next start. */
function isImmediate(guest: Guest, key: string): boolean {
  if (!guest.running) return true;
  const always =
    /^(?:name|hostname|description|tags|onboot|protection|startup|hotplug|balloon|net\d+|unused\d+)$/;
  if (always.test(key)) return true;
  if (guest.type === 'lxc')
    return /^(?:memory|swap|cores|cpulimit|cpuunits|mp\d+|nameserver|searchdomain)$/.test(key);
  return /^(?:ide|sata|scsi|virtio)\d+$/.test(key);
}

function newMac(cluster: Cluster): string {
  const rest = Array.from({ length: 3 }, () => cluster.random.between(0, 255).toString(16).padStart(2, '0'));
  return ['BC', '24', '11', ...rest].join(':').toUpperCase();
}

function completeNetwork(cluster: Cluster, type: GuestType, value: string): string {
  if (type === 'lxc') {
    const address = value.includes('hwaddr=') ? '' : `,hwaddr=${newMac(cluster)}`;
    return `${value}${address}${value.includes('type=') ? '' : ',type=veth'}`;
  }
  if (/[\dA-F]{2}(?::[\dA-F]{2}){5}/i.test(value)) return value;
  return value.replace(/^(?:model=)?([a-z\d-]+)/, `$1=${newMac(cluster)}`);
}

/** `local-zfs:32` asks for a new disk of 32 GiB. */
function completeDrive(cluster: Cluster, guest: Pick<Guest, 'type' | 'vmid'>, value: string): string {
  const [, storage = '', size = '', options = ''] = /^([\w.-]+):(\d+(?:\.\d+)?)((?:,.*)?)$/.exec(value) ?? [];
  if (value.includes(':cloudinit')) return `${value.split(':')[0]}:vm-${guest.vmid}-cloudinit,media=cdrom`;
  if (storage === '') return value;
  const wanted = cluster.storages.get(storage);
  if (wanted === undefined) throw died(`storage '${storage}' does not exist`);
  const needed = guest.type === 'qemu' ? 'images' : 'rootdir';
  if (!wanted.content.includes(needed))
    throw died(`storage '${storage}' does not support content-type '${needed}'`);
  const asked = /,format=(\w+)/.exec(options)?.[1];
  const format =
    guest.type === 'lxc' && wanted.type === 'zfspool' ? 'subvol' : asked === 'qcow2' ? 'qcow2' : 'raw';
  return `${newVolume(cluster, storage, guest.vmid, format)}${options.replace(/,format=\w+/, '')},size=${size}G`;
}

/** As the configuration file keeps a value that was sent. */
export function storedValue(
  cluster: Cluster,
  guest: Pick<Guest, 'type' | 'vmid'>,
  key: string,
  value: ConfigValue,
): ConfigValue {
  const { type } = guest;
  if (key === 'tags') return sortTags(String(value));
  if (key === 'description') return descriptionOf(type, String(value));
  if (key === 'cipassword') return '**********';
  if (/^net\d+$/.test(key)) return completeNetwork(cluster, type, String(value));
  if (drive.test(key) && !/^(?:efidisk|tpmstate)/.test(key))
    return completeDrive(cluster, guest, String(value));
  return value;
}

/** The options among a call's parameters. */
export function optionsOf(call: Call, more: readonly string[] = []): Config {
  const skip = new Set([...notOptions, ...more]);
  return Object.fromEntries(
    Object.entries(call.parameters).flatMap(([key, value]) =>
      skip.has(key) || Array.isArray(value) ? [] : [[key, value] as const],
    ),
  );
}

function removeOption(guest: Guest, key: string): void {
  const value = String(guest.config[key] ?? '');
  delete guest.config[key];
  const isDisk =
    drive.test(key) && !key.startsWith('unused') && !value.includes('media=cdrom') && value.includes(':');
  if (!isDisk) return;
  let index = 0;
  while (guest.config[`unused${index}`] !== undefined) index += 1;
  guest.config[`unused${index}`] = value.split(',')[0] ?? value;
}

function apply(call: Call, guest: Guest, options: Config): void {
  for (const key of list(call, 'revert')) guest.pending.delete(key);
  for (const key of list(call, 'delete')) {
    if (isImmediate(guest, key)) removeOption(guest, key);
    else if (guest.config[key] !== undefined) guest.pending.set(key, null);
  }
  for (const [key, value] of Object.entries(options)) {
    const stored = storedValue(call.cluster, guest, key, value);
    guest.pending.delete(key);
    if (isImmediate(guest, key)) guest.config[key] = stored;
    else if (guest.config[key] !== stored) guest.pending.set(key, stored);
  }
}

function checkChange(call: Call, type: GuestType): { guest: Guest; options: Config } {
  const guest = guestOf(call, type);
  const options = optionsOf(call);
  const named = Object.fromEntries(
    [...list(call, 'delete'), ...list(call, 'revert')].map((key) => [key, '']),
  );
  checkOptionRights(call, type, guest.vmid, { ...named, ...options }, guest.config);
  return { guest, options };
}

function change(type: GuestType) {
  return (call: Call) => {
    const { guest, options } = checkChange(call, type);
    if (!flag(call, 'skiplock')) checkLock(guest);
    checkDigest(call, guest);
    apply(call, guest, options);
    return null;
  };
}

function changeInTask(call: Call): string {
  const { guest, options } = checkChange(call, 'qemu');
  checkDigest(call, guest);
  const task = { node: guest.node, type: 'qmconfig', id: String(guest.vmid), by: call.who };
  return startTask(call.cluster, task, function* (run) {
    checkLock(guest);
    run.log(
      `update VM ${guest.vmid}: ${Object.entries(options)
        .map(([key, value]) => `-${key} ${value}`)
        .join(' ')}`,
    );
    yield 200;
    apply(call, guest, options);
  });
}

/** As the next start will find it. */
function withPending(guest: Guest): Config {
  const config = { ...guest.config };
  for (const [key, value] of guest.pending) {
    if (value === null) delete config[key];
    else config[key] = value;
  }
  return config;
}

function readConfig(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const snapshot = optionalText(call, 'snapshot');
    const saved = guest.snapshots.find(({ name }) => name === snapshot);
    if (snapshot !== undefined && saved === undefined) throw died(`snapshot '${snapshot}' does not exist`);
    const now = flag(call, 'current') ? guest.config : withPending(guest);
    const extra = {
      ...(guest.lock === undefined ? {} : { lock: guest.lock }),
      ...(guest.parent === undefined ? {} : { parent: guest.parent }),
    };
    return { ...(saved?.config ?? { ...now, ...extra }), digest: configDigest(guest) };
  };
}

function readPending(type: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    const keys = new Set([...Object.keys(guest.config), ...guest.pending.keys()]);
    const rows: Record<string, unknown>[] = [...keys].map((key) => {
      const value = guest.config[key];
      const pending = guest.pending.get(key);
      return {
        key,
        ...(value === undefined ? {} : { value }),
        ...(pending === null ? { delete: 1 } : pending === undefined ? {} : { pending }),
      };
    });
    return [...rows, { key: 'digest', value: configDigest(guest) }];
  };
}

function cloudInitOf(call: Call) {
  const guest = guestOf(call, 'qemu');
  return Object.entries(guest.config).flatMap(([key, value]) =>
    /^(?:ci|ipconfig|sshkeys|nameserver|searchdomain)/.test(key) ? [{ key, value }] : [],
  );
}

function dumpCloudInit(call: Call): string {
  const guest = guestOf(call, 'qemu');
  const name = String(guest.config['name'] ?? '');
  if (optionalText(call, 'type') === 'meta') return `instance-id: ${configDigest(guest)}\n`;
  if (optionalText(call, 'type') === 'network')
    return 'version: 1\nconfig:\n    - type: physical\n      name: eth0\n';
  const user = guest.config['ciuser'] === undefined ? '' : `user: ${guest.config['ciuser']}\n`;
  return `#cloud-config\nhostname: ${name}\nmanage_etc_hosts: true\nfqdn: ${name}\n${user}chpasswd:\n  expire: False\nusers:\n  - default\npackage_upgrade: true\n`;
}

function handlersFor(type: GuestType): Handlers {
  const path = `/nodes/{node}/${type}/{vmid}`;
  return {
    [`GET ${path}/config`]: readConfig(type),
    [`PUT ${path}/config`]: change(type),
    [`GET ${path}/pending`]: readPending(type),
  };
}

export const guestConfigHandlers: Handlers = {
  ...handlersFor('qemu'),
  ...handlersFor('lxc'),
  'POST /nodes/{node}/qemu/{vmid}/config': changeInTask,
  'GET /nodes/{node}/qemu/{vmid}/cloudinit': cloudInitOf,
  'PUT /nodes/{node}/qemu/{vmid}/cloudinit': (call) => {
    guestOf(call, 'qemu');
    return null;
  },
  'GET /nodes/{node}/qemu/{vmid}/cloudinit/dump': dumpCloudInit,
};
