import type { Random } from '../random';
import { addToken, addUser, createAccess, type Token } from './access';
import { createCertificate, type KeyAndCertificate } from './certificate';
import { emptyFirewall } from './firewall';
import { newGuest } from './guest-lifecycle';
import { emptyHa } from './ha';
import { emptySdnConfig } from './sdn';
import type { Storage } from './storage-types';
import { addPastTask, createTaskList } from './tasks';
import type { Cluster, ClusterNode, Config, Guest, GuestType, Release, Snapshot } from './types';

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
    sdn: { wanted: emptySdnConfig(), running: emptySdnConfig() },
    firewall: emptyFirewall(),
    nodeFirewalls: new Map(),
    tasks: createTaskList(speed, 41_000),
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
  for (const [path, role] of Object.entries(grants)) {
    for (const who of [user.id, tokenId]) cluster.access.grants.push({ path, who, role, propagate: true });
  }
  return { cluster, tokenId, token };
}

const nodeCertificate = (name: string, address: string, fromMs: number, toMs: number): KeyAndCertificate =>
  createCertificate({
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

/**
 * Three nodes of Proxmox VE 9.2, one of them down. What fails there, and why: atlas-3 answers 595 through its
 * neighbours; guest 140 is locked by a backup that died; 190 is not for this token (403); 130 ignores a shutdown; 202
 * is on a storage without snapshots, so its task fails.
 */
export function createAtlas(options: ClusterOptions): DemoClusterModel {
  const now = options.nowMs();
  const certificateOf = (name: string, id: number): KeyAndCertificate =>
    nodeCertificate(name, `192.0.2.${10 + id}`, now - 200 * dayMs, now + 530 * dayMs);
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
    '/': 'PVEAuditor',
    '/vms': 'PVEVMAdmin',
    '/vms/190': 'PVEAuditor',
    '/storage': 'PVEDatastoreUser',
  });
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

/**
 * One node of Proxmox VE 8.2, in no cluster, whose certificate ran out last week. The token may only look.
 */
export function createAttic(options: ClusterOptions): DemoClusterModel {
  const now = options.nowMs();
  const certificate = nodeCertificate('attic', '192.0.2.60', now - 737 * dayMs, now - 7 * dayMs);
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
    ],
  });
  return admit(cluster, { '/': 'PVEAuditor' });
}
