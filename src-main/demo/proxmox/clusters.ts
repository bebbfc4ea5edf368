import type { Random } from '../random';
import { addToken, addUser, createAccess, type Token } from './access';
import { acmeCertificate } from './node-certificates';
import { createCertificate, type KeyAndCertificate, type Name } from './certificate';
import { emptyFirewall } from './firewall';
import { newGuest } from './guest-lifecycle';
import { emptyHa } from './ha';
import { emptySdnConfig } from './sdn';
import type { BackupTree, Storage, StorageContent } from './storage-types';
import { addPastTask, createTaskList } from './tasks';
import type {
  Cluster,
  ClusterNode,
  Config,
  Disk,
  Guest,
  GuestType,
  PackageUpdate,
  Release,
  Snapshot,
} from './types';

const gibibyte = 1024 ** 3;
const tebibyte = 1024 ** 4;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const release9: Release = {
  version: '9.2.11',
  release: '9.2',
  repoid: '4f2c1d0e7a9b3c58',
  major: 9,
  messageInBody: true,
  bodyLimitBytes: 512 * 1024,
};
/** Before pve-http-server 5.2: an error says what it is in the reason phrase alone, and bodies are small. */
const release8: Release = {
  version: '8.2.7',
  release: '8.2',
  repoid: '3e0176e6bb2ade3b',
  major: 8,
  messageInBody: false,
  bodyLimitBytes: 64 * 1024,
};

/** A demo cluster with the token that Holdfast's demo profile logs in with. */
export interface DemoClusterModel {
  cluster: Cluster;
  tokenId: string;
  token: Token;
}

export interface ClusterOptions {
  random: Random;
  nowMs: () => number;
  /** Multiplies how long tasks take; 0: they are over at once. */
  speed: number;
}

const serviceNames = [
  ['pvedaemon', 'PVE API Daemon'],
  ['pveproxy', 'PVE API Proxy Server'],
  ['pvestatd', 'PVE Status Daemon'],
  ['pve-cluster', 'The Proxmox VE cluster filesystem'],
  ['corosync', 'Corosync Cluster Engine'],
  ['pve-ha-crm', 'PVE Cluster HA Resource Manager Daemon'],
  ['pve-ha-lrm', 'PVE Local HA Resource Manager Daemon'],
  ['pvescheduler', 'Proxmox VE scheduler'],
  ['sshd', 'OpenBSD Secure Shell server'],
  ['chrony', 'chrony, an NTP client/server'],
] as const;

interface NodeDraft {
  name: string;
  id: number;
  cores: number;
  memoryGiB: number;
  online?: false;
  bootedDaysAgo: number;
  certificate: KeyAndCertificate;
}

function nodeOf(nowMs: number, draft: NodeDraft): ClusterNode {
  const { name, id, cores, memoryGiB, online = true, bootedDaysAgo, certificate } = draft;
  return {
    name,
    id,
    address: `192.0.2.${10 + id}`,
    online,
    bootedAtMs: nowMs - bootedDaysAgo * dayMs,
    cores,
    sockets: 1,
    cpuModel: 'AMD EPYC 7313P 16-Core Processor',
    memoryBytes: memoryGiB * gibibyte,
    rootBytes: 94 * gibibyte,
    rootUsedBytes: (11 + id * 3) * gibibyte,
    services: serviceNames.map(([service, description]) => ({
      name: service,
      description,
      state: 'running',
      enabled: true,
    })),
    disks: [],
    updates: [],
    subscribed: false,
    timezone: 'Europe/Vienna',
    dns: { search: 'example.net', servers: ['192.0.2.1'] },
    certificate,
    custom: null,
    acmeDomains: [],
    onCertificate: null,
  };
}

interface GuestDraft {
  type?: GuestType;
  vmid: number;
  name: string;
  node: string;
  cores: number;
  memoryMiB: number;
  diskGiB: number;
  storage: string;
  running?: false;
  load?: number;
  tags?: string;
  agent?: true;
  /** It has a serial port, and a cloud-init drive. */
  cloudInit?: true;
  template?: true;
  lock?: string;
  ignoresShutdown?: true;
  snapshots?: readonly { name: string; description?: string; daysAgo: number; withMemory?: true }[];
}

function configOf(draft: GuestDraft, madeAtMs: number): Config {
  const { type = 'qemu', vmid, name, cores, memoryMiB, diskGiB, storage } = draft;
  const mac = `BC:24:11:${[vmid >> 16, (vmid >> 8) & 0xff, vmid & 0xff].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')}`;
  const tags: Config = draft.tags === undefined ? {} : { tags: draft.tags };
  const agent: Config = draft.agent === true ? { agent: '1' } : {};
  const cloudInit: Config =
    draft.cloudInit === true
      ? {
          ciuser: 'admin',
          cipassword: '**********',
          ide2: `${storage}:vm-${vmid}-cloudinit,media=cdrom`,
          ipconfig0: 'ip=192.0.2.30/24,gw=192.0.2.1',
          nameserver: '192.0.2.1',
          serial0: 'socket',
          sshkeys: encodeURIComponent('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDemo admin@laptop\n'),
        }
      : {};
  if (type === 'lxc') {
    return {
      arch: 'amd64',
      cores,
      hostname: name,
      memory: memoryMiB,
      swap: 512,
      ostype: 'debian',
      unprivileged: 1,
      net0: `name=eth0,bridge=vmbr0,hwaddr=${mac},ip=dhcp,type=veth`,
      rootfs: `${storage}:subvol-${vmid}-disk-0,size=${diskGiB}G`,
      ...tags,
    };
  }
  return {
    boot: 'order=scsi0',
    cores,
    cpu: 'x86-64-v2-AES',
    memory: String(memoryMiB),
    meta: `creation-qemu=10.1.2,ctime=${Math.floor(madeAtMs / 1000)}`,
    name,
    net0: `virtio=${mac},bridge=vmbr0`,
    ostype: 'l26',
    scsi0: `${storage}:vm-${vmid}-disk-0,discard=on,iothread=1,size=${diskGiB}G`,
    scsihw: 'virtio-scsi-single',
    ...agent,
    ...cloudInit,
    ...tags,
  };
}

function guestOf(nowMs: number, draft: GuestDraft, nodeOnline: boolean): Guest {
  const { type = 'qemu', vmid, node, load = 0.12, running = true, template = false } = draft;
  const madeAtMs = nowMs - (40 + (vmid % 50)) * dayMs;
  const config = configOf(draft, madeAtMs);
  const guest = newGuest(type, vmid, node, config);
  guest.template = template;
  if (template) config['template'] = 1;
  guest.running = running && !template && nodeOnline;
  guest.startedAtMs = guest.running ? nowMs - (1 + (vmid % 30)) * dayMs - (vmid % 24) * hourMs : 0;
  guest.pid = guest.running ? 1000 + vmid : 0;
  guest.agentRunning = draft.agent === true;
  guest.files.set('/etc/hostname', `${draft.name}\n`);
  guest.files.set(
    '/etc/os-release',
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\n',
  );
  guest.ignoresShutdown = draft.ignoresShutdown === true;
  guest.load = load;
  if (draft.lock !== undefined) guest.lock = draft.lock;
  let parent: string | undefined;
  for (const { name, description = '', daysAgo, withMemory = false } of draft.snapshots ?? []) {
    const snapshot: Snapshot = {
      name,
      description: type === 'lxc' && description !== '' ? `${description}\n` : description,
      takenAtMs: nowMs - daysAgo * dayMs,
      withMemory,
      config: { ...config },
    };
    if (parent !== undefined) snapshot.parent = parent;
    guest.snapshots.push(snapshot);
    parent = name;
  }
  if (parent !== undefined) guest.parent = parent;
  return guest;
}

const storageOf = (id: string, type: Storage['type'], more: Partial<Storage> = {}): Storage => ({
  id,
  type,
  content: ['images', 'rootdir'],
  shared: false,
  enabled: true,
  totalBytes: tebibyte,
  otherBytes: 4 * gibibyte,
  path: `/${id}`,
  more: {},
  ...more,
});

interface ClusterDraft {
  name: string;
  release: Release;
  clustered: boolean;
  nodes: readonly ClusterNode[];
  guests: readonly GuestDraft[];
  storages: readonly Storage[];
}

function clusterOf({ random, nowMs, speed }: ClusterOptions, draft: ClusterDraft): Cluster {
  const nodes = new Map(draft.nodes.map((node) => [node.name, node]));
  return {
    name: draft.name,
    release: draft.release,
    clustered: draft.clustered,
    quorate: true,
    configVersion: draft.nodes.length,
    nodes,
    guests: new Map(
      draft.guests.map((guest) => [
        guest.vmid,
        guestOf(nowMs(), guest, nodes.get(guest.node)?.online === true),
      ]),
    ),
    storages: new Map(draft.storages.map((storage) => [storage.id, storage])),
    content: [],
    pools: new Map(),
    options: { keyboard: 'en-us' },
    access: createAccess(),
    backupJobs: new Map(),
    replication: new Map(),
    ha: emptyHa(),
    ceph: draft.clustered,
    sdn: { wanted: emptySdnConfig(), running: emptySdnConfig() },
    firewall: emptyFirewall(),
    nodeFirewalls: new Map(),
    tasks: createTaskList(speed, 41_000),
    remotes: new Map(),
    log: [],
    random,
    nowMs,
  };
}

/** The token `holdfast@pve!laptop` with rights of its own at the given paths, and the user behind it with the same. */
function admit(cluster: Cluster, grants: Readonly<Record<string, string>>): DemoClusterModel {
  const user = addUser(cluster.access, 'holdfast@pve', { comment: 'Holdfast on an admin’s laptop' });
  const token = addToken(user, 'laptop');
  const tokenId = `${user.id}!${token.name}`;
  // Simulated, and on this computer only: passwords that can be told to whoever tries the demo.
  const person = addUser(cluster.access, 'demo@pve', {
    password: 'holdfast',
    comment: 'Logs in by password',
  });
  // Who may do what no token can: features of containers.
  addUser(cluster.access, 'root@pam', { password: 'holdfast' });
  const careful = addUser(cluster.access, 'careful@pve', { password: 'holdfast', secondFactor: true });
  for (const [path, role] of Object.entries(grants)) {
    for (const who of [user.id, tokenId, person.id, careful.id])
      cluster.access.grants.push({ path, who, role, propagate: true });
  }
  return { cluster, tokenId, token };
}

/** What `pvecm updatecerts` makes once for each cluster, and signs the certificates of its nodes with. */
function clusterAuthority(unit: string, fromMs: number): KeyAndCertificate & { name: Name } {
  const name = { commonName: 'Proxmox Virtual Environment', unit, organisation: 'PVE Cluster Manager CA' };
  return {
    ...createCertificate({
      subject: name,
      names: [],
      notBeforeMs: fromMs,
      notAfterMs: fromMs + 3650 * dayMs,
    }),
    name,
  };
}

const nodeCertificate = (
  authority: KeyAndCertificate & { name: Name },
  name: string,
  address: string,
  fromMs: number,
  toMs: number,
): KeyAndCertificate =>
  createCertificate({
    authority,
    subject: {
      commonName: `${name}.example.net`,
      unit: 'PVE Cluster Node',
      organisation: 'Proxmox Virtual Environment',
    },
    names: [name, 'localhost', '127.0.0.1', address],
    notBeforeMs: fromMs,
    notAfterMs: toMs,
  });

const memberGuests: readonly GuestDraft[] = [
  {
    vmid: 100,
    name: 'gateway',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 2048,
    diskGiB: 16,
    storage: 'local-zfs',
    tags: 'infra;prod',
    agent: true,
    load: 0.08,
  },
  {
    vmid: 101,
    name: 'dns-1',
    node: 'atlas-1',
    cores: 1,
    memoryMiB: 1024,
    diskGiB: 8,
    storage: 'local-zfs',
    tags: 'infra;prod',
    load: 0.03,
  },
  {
    vmid: 110,
    name: 'web-1',
    node: 'atlas-1',
    cores: 4,
    memoryMiB: 8192,
    diskGiB: 64,
    storage: 'local-zfs',
    tags: 'prod;web',
    agent: true,
    load: 0.41,
    snapshots: [
      { name: 'before-upgrade', description: 'nginx 1.26', daysAgo: 12 },
      { name: 'nightly', daysAgo: 1 },
    ],
  },
  {
    vmid: 111,
    name: 'web-2',
    node: 'atlas-2',
    cores: 4,
    memoryMiB: 8192,
    diskGiB: 64,
    storage: 'local-zfs',
    tags: 'prod;web',
    agent: true,
    cloudInit: true,
    load: 0.38,
    snapshots: [{ name: 'before-upgrade', description: 'nginx 1.26', daysAgo: 12 }],
  },
  {
    vmid: 120,
    name: 'db-primary',
    node: 'atlas-2',
    cores: 8,
    memoryMiB: 32_768,
    diskGiB: 256,
    storage: 'local-zfs',
    tags: 'db;prod',
    agent: true,
    load: 0.56,
    snapshots: [
      { name: 'pg16', description: 'before the move to PostgreSQL 17', daysAgo: 33, withMemory: true },
      { name: 'pg17', description: 'after it', daysAgo: 32 },
      { name: 'weekly', daysAgo: 4 },
    ],
  },
  {
    vmid: 121,
    name: 'db-replica',
    node: 'atlas-1',
    cores: 8,
    memoryMiB: 32_768,
    diskGiB: 256,
    storage: 'local-zfs',
    tags: 'db;prod',
    agent: true,
    load: 0.22,
  },
  {
    vmid: 130,
    name: 'build-runner',
    node: 'atlas-2',
    cores: 8,
    memoryMiB: 16_384,
    diskGiB: 128,
    storage: 'local-zfs',
    tags: 'ci',
    load: 0.83,
    ignoresShutdown: true,
  },
  {
    vmid: 131,
    name: 'windows-build',
    node: 'atlas-2',
    cores: 4,
    memoryMiB: 12_288,
    diskGiB: 120,
    storage: 'local-zfs',
    tags: 'ci',
    running: false,
  },
  {
    vmid: 140,
    name: 'mail',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 4096,
    diskGiB: 80,
    storage: 'local-zfs',
    tags: 'prod',
    lock: 'backup',
    load: 0.11,
  },
  {
    vmid: 150,
    name: 'archive',
    node: 'atlas-3',
    cores: 2,
    memoryMiB: 4096,
    diskGiB: 500,
    storage: 'local-zfs',
    tags: 'infra',
  },
  {
    vmid: 151,
    name: 'test-a-rather-long-name-that-somebody-gave-in-a-hurry',
    node: 'atlas-3',
    cores: 2,
    memoryMiB: 2048,
    diskGiB: 32,
    storage: 'local-zfs',
    tags: 'test',
  },
  {
    vmid: 190,
    name: 'finance',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 4096,
    diskGiB: 40,
    storage: 'local-zfs',
    tags: 'prod',
    load: 0.06,
  },
  {
    type: 'lxc',
    vmid: 200,
    name: 'proxy',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 1024,
    diskGiB: 8,
    storage: 'local-zfs',
    tags: 'infra;prod',
    load: 0.1,
    snapshots: [{ name: 'clean', description: 'after installing', daysAgo: 60 }],
  },
  {
    type: 'lxc',
    vmid: 201,
    name: 'metrics',
    node: 'atlas-2',
    cores: 4,
    memoryMiB: 8192,
    diskGiB: 100,
    storage: 'local-zfs',
    tags: 'infra',
    load: 0.33,
  },
  {
    type: 'lxc',
    vmid: 202,
    name: 'git',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 4096,
    diskGiB: 60,
    storage: 'local',
    tags: 'ci;prod',
    load: 0.12,
  },
  {
    type: 'lxc',
    vmid: 203,
    name: 'wiki',
    node: 'atlas-2',
    cores: 1,
    memoryMiB: 1024,
    diskGiB: 12,
    storage: 'local-zfs',
    running: false,
  },
  {
    vmid: 9000,
    name: 'debian-13-template',
    node: 'atlas-1',
    cores: 2,
    memoryMiB: 2048,
    diskGiB: 8,
    storage: 'local-zfs',
    template: true,
  },
];

/** What a cluster has beside its guests after a year: jobs, rules, networks, images. */
function furnish(cluster: Cluster, now: number): void {
  for (const [index, node] of [...cluster.nodes.values()].entries()) {
    node.disks = [
      diskOf('/dev/nvme0n1', 'Samsung PM9A3 960GB', `S64GNE0${index}1`, 960, 'nvme', 'LVM', 97, 38),
      diskOf('/dev/nvme1n1', 'Samsung PM9A3 3.84TB', `S64HNE0${index}2`, 3840, 'nvme', 'ZFS', 91, 41),
      diskOf('/dev/nvme2n1', 'Samsung PM9A3 3.84TB', `S64HNE0${index}3`, 3840, 'nvme', 'ZFS', 91, 43),
      {
        ...diskOf('/dev/sda', 'Seagate IronWolf 8TB', `ZA1N0${index}7`, 8000, 'hdd', 'partitions', 'N/A', 36),
        ...(index === 1 ? { health: 'FAILED' as const, reallocated: 2184 } : {}),
      },
    ];
    node.subscribed = index === 0;
    node.updates = [
      updateOf('proxmox-kernel-6.17', 'Proxmox Kernel Image', '6.17.2-1', '6.17.4-2', 'Proxmox'),
      updateOf('qemu-server', 'Qemu Server Tools', '9.2.6', '9.2.7', 'Proxmox'),
      updateOf('openssl', 'Secure Sockets Layer toolkit', '3.5.4-1', '3.5.5-1~deb13u1', 'Debian'),
    ];
  }
  const image = (
    storage: string,
    node: string | undefined,
    volume: string,
    mebibytes: number,
    daysAgo: number,
  ) => {
    const [content = ''] = volume.split('/');
    cluster.content.push({
      storage,
      ...(node === undefined ? {} : { node }),
      volume,
      content: content as 'iso' | 'vztmpl',
      format: content === 'iso' ? 'iso' : 'tzst',
      sizeBytes: mebibytes * 1024 ** 2,
      createdAtMs: now - daysAgo * dayMs,
    });
  };
  image('nas-backup', undefined, 'iso/debian-13.1.0-amd64-netinst.iso', 783, 61);
  image('nas-backup', undefined, 'iso/ubuntu-24.04.3-live-server-amd64.iso', 3105, 90);
  image('nas-backup', undefined, 'iso/virtio-win-0.1.285.iso', 754, 33);
  for (const node of ['atlas-1', 'atlas-2']) {
    image('local', node, 'vztmpl/debian-13-standard_13.1-2_amd64.tar.zst', 124, 58);
    image('local', node, 'vztmpl/alpine-3.22-default_20250617_amd64.tar.xz', 3, 40);
  }
  cluster.backupJobs.set('backup-nightly', {
    id: 'backup-nightly',
    enabled: 1,
    schedule: '02:30',
    storage: 'nas-backup',
    mode: 'snapshot',
    compress: 'zstd',
    vmid: '100,101,110,111,120,121,200,202',
    'prune-backups': 'keep-daily=7,keep-weekly=4',
    'notes-template': '{{guestname}}',
    comment: 'nightly',
  });
  cluster.backupJobs.set('backup-monthly', {
    id: 'backup-monthly',
    enabled: 0,
    schedule: 'sun 04:00',
    storage: 'nas-backup',
    mode: 'stop',
    compress: 'zstd',
    vmid: '130',
    comment: 'media, before the move',
  });
  for (const [sid, type] of [
    ['vm:121', 'vm'],
    ['ct:201', 'ct'],
  ] as const) {
    cluster.ha.resources.set(sid, { sid, type, state: 'started', settings: { max_restart: 2 } });
  }
  cluster.ha.rules.set('metrics-home', {
    rule: 'metrics-home',
    type: 'node-affinity',
    resources: 'ct:201',
    nodes: 'atlas-2:2,atlas-1',
    strict: 0,
    comment: 'close to its data',
  });
  for (const sdn of [cluster.sdn.wanted, cluster.sdn.running]) {
    sdn.controllers.set('evpn1', { type: 'evpn', asn: 65_000, peers: '192.0.2.11,192.0.2.12' });
    sdn.subnets.set('lab-10.20.0.0-24', {
      type: 'subnet',
      vnet: 'lab1',
      zone: 'lab',
      cidr: '10.20.0.0/24',
      network: '10.20.0.0',
      mask: '24',
      gateway: '10.20.0.1',
      snat: 1,
    });
    sdn.zones.set('lab', { type: 'simple', ipam: 'pve' });
    sdn.vnets.set('lab1', { type: 'vnet', zone: 'lab', alias: 'lab of the developers' });
  }
  cluster.sdn.wanted.vnets.set('dmz', { type: 'vnet', zone: 'lab', tag: 40 });
  cluster.firewall.options = { enable: 1, policy_in: 'DROP', policy_out: 'ACCEPT' };
  cluster.firewall.sets.set('admins', {
    comment: 'laptops of the admins',
    entries: [{ cidr: '192.0.2.128/28' }],
  });
  cluster.firewall.groups.set('webserver', {
    comment: 'what customers reach',
    rules: [{ type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '80,443' }],
  });
  cluster.firewall.rules = [
    { type: 'in', action: 'ACCEPT', enable: 1, macro: 'SSH', source: '+admins', comment: 'admins' },
    { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '8006', source: '+admins' },
    { type: 'in', action: 'ACCEPT', enable: 1, macro: 'Ping' },
    { type: 'in', action: 'DROP', enable: 0, macro: 'SMB', comment: 'until the old printer is gone' },
  ];
  const web = cluster.guests.get(110);
  if (web !== undefined) {
    web.firewall.options = { enable: 1, policy_in: 'DROP' };
    web.firewall.rules = [
      { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '80,443' },
      { type: 'in', action: 'ACCEPT', enable: 1, macro: 'SSH', source: '192.0.2.128/28' },
    ];
  }
  const replicated = (guest: number, target: string, more: { error?: string; failures?: number }) =>
    cluster.replication.set(`${guest}-0`, {
      id: `${guest}-0`,
      guest,
      number: 0,
      target,
      schedule: '*/15',
      disabled: false,
      lastSyncMs: now - (more.error === undefined ? 7 * minuteMs : 5 * dayMs),
      durationSeconds: 4.2,
      failures: 0,
      log: [
        `${guest}-0: start replication job`,
        more.error === undefined
          ? `${guest}-0: end replication job`
          : `${guest}-0: end replication job with error: ${more.error}`,
      ],
      ...more,
    });
  replicated(120, 'atlas-1', {});
  replicated(110, 'atlas-3', {
    error: 'command ssh root@atlas-3 failed: exit code 255',
    failures: 431,
  });
  cluster.pools.set('production', {
    id: 'production',
    comment: 'what customers see',
    vms: new Set([110, 111, 120, 121]),
    storages: new Set(['nas-backup']),
  });
  cluster.pools.set('lab', { id: 'lab', comment: '', vms: new Set([131]), storages: new Set() });
  for (const [index, [minutesAgo, node, user, message]] of (
    [
      [1460, 'atlas-1', 'root@pam', 'starting backup of all guests'],
      [700, 'atlas-3', 'root@pam', 'node left the cluster'],
      [610, 'atlas-1', 'holdfast@pve', 'snapshot of VM 110'],
    ] as const
  ).entries()) {
    cluster.log.push({
      uid: index + 1,
      atMs: now - minutesAgo * minuteMs,
      node,
      user,
      tag: 'pvedaemon',
      severity: index === 1 ? 3 : 6,
      pid: 1200 + index,
      message,
    });
  }
}

function diskOf(
  devpath: string,
  model: string,
  serial: string,
  gigabytes: number,
  type: Disk['type'],
  used: string,
  wearout: Disk['wearout'],
  temperature: number,
): Disk {
  const sizeBytes = gigabytes * 1e9;
  return {
    devpath,
    model,
    serial,
    sizeBytes,
    type,
    used,
    wearout,
    health: 'PASSED',
    temperature,
    reallocated: 0,
  };
}

function updateOf(
  name: string,
  title: string,
  from: string,
  to: string,
  origin: PackageUpdate['origin'],
): PackageUpdate {
  return { name, title, section: 'admin', from, to, origin };
}

/**
 * Three nodes of Proxmox VE 9.2, one of them down. What fails there, and why: atlas-3 answers 595 through its
 * neighbours; guest 140 is locked by a backup that died; 190 is not for this token (403); 130 ignores a shutdown; 202
 * is on a storage without snapshots, so its task fails.
 */
export function createAtlas(options: ClusterOptions): DemoClusterModel {
  const now = options.nowMs();
  const authority = clusterAuthority('7d25f616-ae65-478b-a49d-3eefef0cac21', now - 700 * dayMs);
  const certificateOf = (name: string, id: number): KeyAndCertificate =>
    nodeCertificate(authority, name, `192.0.2.${10 + id}`, now - 200 * dayMs, now + 530 * dayMs);
  const nodes = [
    nodeOf(now, {
      name: 'atlas-1',
      id: 1,
      cores: 32,
      memoryGiB: 256,
      bootedDaysAgo: 48,
      certificate: certificateOf('atlas-1', 1),
    }),
    nodeOf(now, {
      name: 'atlas-2',
      id: 2,
      cores: 32,
      memoryGiB: 256,
      bootedDaysAgo: 48,
      certificate: certificateOf('atlas-2', 2),
    }),
    nodeOf(now, {
      name: 'atlas-3',
      id: 3,
      cores: 16,
      memoryGiB: 128,
      bootedDaysAgo: 5,
      online: false,
      certificate: certificateOf('atlas-3', 3),
    }),
  ];
  const second = nodes[1];
  if (second !== undefined) {
    second.acmeDomains = ['atlas-2.example.net'];
    second.custom = acmeCertificate(second.acmeDomains, now, 65);
  }
  const cluster = clusterOf(options, {
    name: 'atlas',
    release: release9,
    clustered: true,
    nodes,
    guests: memberGuests,
    storages: [
      storageOf('local', 'dir', {
        content: ['iso', 'vztmpl', 'backup', 'rootdir'],
        totalBytes: 94 * gibibyte,
        path: '/var/lib/vz',
      }),
      storageOf('local-zfs', 'zfspool', { totalBytes: 3 * tebibyte }),
      storageOf('nas-backup', 'nfs', {
        content: ['backup', 'iso'],
        shared: true,
        totalBytes: 20 * tebibyte,
        otherBytes: 13 * tebibyte,
        path: '/mnt/pve/nas-backup',
      }),
    ],
  });
  const model = admit(cluster, {
    '/': 'Administrator',
    '/vms': 'PVEVMAdmin',
    '/vms/190': 'PVEAuditor',
    '/storage': 'PVEDatastoreAdmin',
  });
  furnish(cluster, now);
  // Nightly, but for those that nobody thought of; the newest of 120 is old since it moved.
  for (const [vmid, daysAgo] of [
    [100, 1],
    [101, 1],
    [110, 1],
    [111, 1],
    [120, 9],
    [121, 1],
    [200, 1],
    [202, 2],
  ] as const) {
    const guest = cluster.guests.get(vmid);
    if (guest === undefined) continue;
    for (const nightsAgo of [daysAgo, daysAgo + 7]) {
      const atMs = now - (nightsAgo - 1) * dayMs - 9 * hourMs;
      const stamp = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '_').replace('T', '-');
      const format = guest.type === 'qemu' ? 'vma.zst' : 'tar.zst';
      cluster.content.push({
        storage: 'nas-backup',
        volume: `backup/vzdump-${guest.type}-${vmid}-${stamp}.${format}`,
        content: 'backup',
        format,
        sizeBytes: (3 + (vmid % 17)) * gibibyte,
        createdAtMs: atMs,
        vmid,
        subtype: guest.type,
        config: { ...guest.config },
        ...(nightsAgo > 7 ? { notes: 'weekly', isProtected: true } : {}),
      });
    }
  }
  const ran = (
    minutesAgo: number,
    seconds: number,
    node: string,
    type: string,
    id: string,
    status: string,
    log: string[],
    user = 'root@pam',
  ): void =>
    addPastTask(
      cluster,
      { node, type, id, user },
      { startedAtMs: now - minutesAgo * minuteMs, seconds, status, log },
    );
  ran(1460, 1260, 'atlas-1', 'vzdump', '', 'job errors', [
    'INFO: starting new backup job: vzdump --all 1 --storage nas-backup --mode snapshot',
    'INFO: Starting Backup of VM 140 (qemu)',
    'ERROR: Backup of VM 140 failed - vma_queue_write: write error - Broken pipe',
    'INFO: Backup job finished with errors',
  ]);
  ran(
    610,
    3,
    'atlas-1',
    'qmsnapshot',
    '110',
    'OK',
    ["snapshotting 'drive-scsi0' (local-zfs:vm-110-disk-0)"],
    model.tokenId,
  );
  ran(320, 7, 'atlas-2', 'qmstart', '130', 'OK', []);
  ran(95, 64, 'atlas-2', 'qmshutdown', '130', 'VM quit/powerdown failed - got timeout', [], model.tokenId);
  ran(44, 12, 'atlas-1', 'aptupdate', '', 'OK', ['starting apt-get update']);
  return model;
}

/** What is on the disk of a machine: a partition for booting and one with a file system. */
const machineFiles: BackupTree = {
  'drive-scsi0.img.fidx': {
    part: {
      '1': { EFI: { BOOT: { 'BOOTX64.EFI': 'MZ' } } },
      '8': {
        etc: { hostname: 'homeassistant\n', 'os-release': 'NAME="Home Assistant OS"\nVERSION_ID=16.1\n' },
        supervisor: {
          homeassistant: {
            'automations.yaml':
              '- alias: Lights off\n  trigger:\n    - platform: time\n      at: "23:00:00"\n',
            'configuration.yaml': 'default_config:\nautomation: !include automations.yaml\n',
          },
        },
      },
    },
  },
};

const containerFiles: BackupTree = {
  'root.pxar.didx': {
    etc: {
      hostname: 'pihole\n',
      pihole: {
        'pihole.toml': '[dns]\nupstreams = ["192.0.2.1"]\n',
        'custom.list': '192.0.2.20 nas.example.net\n',
      },
    },
    var: { log: {} },
  },
};

/**
 * One node of Proxmox VE 8.2, in no cluster, whose certificate ran out last week. The token may only look, into backups too.
 */
export function createAttic(options: ClusterOptions): DemoClusterModel {
  const now = options.nowMs();
  const authority = clusterAuthority('0c2d0b3e-51a7-4c11-9b5e-2f6c80b0b1aa', now - 737 * dayMs);
  const certificate = nodeCertificate(authority, 'attic', '192.0.2.60', now - 737 * dayMs, now - 7 * dayMs);
  const cluster = clusterOf(options, {
    name: 'attic',
    release: release8,
    clustered: false,
    nodes: [nodeOf(now, { name: 'attic', id: 1, cores: 8, memoryGiB: 64, bootedDaysAgo: 210, certificate })],
    guests: [
      {
        vmid: 100,
        name: 'home-assistant',
        node: 'attic',
        cores: 2,
        memoryMiB: 4096,
        diskGiB: 32,
        storage: 'local-lvm',
        load: 0.14,
        agent: true,
      },
      {
        vmid: 101,
        name: 'paperless',
        node: 'attic',
        cores: 2,
        memoryMiB: 4096,
        diskGiB: 120,
        storage: 'local-lvm',
        load: 0.05,
        snapshots: [{ name: 'ocr-update', daysAgo: 90 }],
      },
      {
        type: 'lxc',
        vmid: 200,
        name: 'pihole',
        node: 'attic',
        cores: 1,
        memoryMiB: 512,
        diskGiB: 4,
        storage: 'local-lvm',
        load: 0.02,
      },
    ],
    storages: [
      storageOf('local', 'dir', {
        content: ['iso', 'vztmpl', 'backup'],
        totalBytes: 94 * gibibyte,
        path: '/var/lib/vz',
      }),
      storageOf('local-lvm', 'lvmthin', { totalBytes: 400 * gibibyte }),
      storageOf('vault', 'pbs', {
        content: ['backup'],
        shared: true,
        totalBytes: 4096 * gibibyte,
        more: { server: '192.0.2.40', datastore: 'main', username: 'attic@pbs' },
      }),
      storageOf('offsite', 'pbs', {
        content: ['backup'],
        shared: true,
        reachable: false,
        more: { server: '198.51.100.7', datastore: 'attic', username: 'attic@pbs' },
      }),
    ],
  });
  const onVault = (kind: 'vm' | 'ct', vmid: number, daysAgo: number, more: Partial<StorageContent>) => {
    const takenAtMs = Math.floor((now - daysAgo * dayMs) / 1000) * 1000;
    cluster.content.push({
      storage: 'vault',
      volume: `backup/${kind}/${vmid}/${new Date(takenAtMs).toISOString().replace('.000', '')}`,
      content: 'backup',
      format: `pbs-${kind}`,
      sizeBytes: 32 * gibibyte,
      createdAtMs: takenAtMs,
      vmid,
      subtype: kind === 'vm' ? 'qemu' : 'lxc',
      ...more,
    });
  };
  onVault('vm', 100, 1, { verified: 'ok', notes: 'home-assistant', files: machineFiles });
  onVault('vm', 100, 8, { verified: 'failed', notes: 'home-assistant' });
  onVault('ct', 200, 2, {
    keyFingerprint: 'de:00:00:00:00:00:00:01',
    notes: 'pihole',
    files: containerFiles,
  });
  cluster.access.roles.set('FileRestore', {
    id: 'FileRestore',
    special: false,
    privileges: ['VM.Audit', 'VM.Backup', 'VM.GuestAgent.Audit'],
  });
  return admit(cluster, { '/': 'PVEAuditor', '/vms': 'FileRestore', '/storage/vault': 'PVEDatastoreUser' });
}
