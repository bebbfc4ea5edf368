import { mayAll } from './access';
import { badParameters, died } from './errors';
import { numberOr, optionalText, Page, text, type Call, type Handlers } from './call';
import { digestOf } from './guests';
import { levelOf, nodeNumbers, nodeStatus } from './resources';
import { startTask, type Work } from './tasks';
import type { ClusterNode, Cluster, Service } from './types';
import { nodeUsageAt } from './usage';

/** `proxyto` has seen to it that it is there and online. */
export function nodeOf(call: Call): ClusterNode {
  const node = call.cluster.nodes.get(text(call, 'node'));
  if (node === undefined) throw died(`no such cluster node '${text(call, 'node')}'`);
  return node;
}

function listNodes({ cluster, who }: Call) {
  const rows = [...cluster.nodes.values()].map((node) => ({
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: nodeStatus(node),
    ssl_fingerprint: (node.custom?.leaf ?? node.certificate.certificate).fingerprint256,
    level: levelOf(node),
    ...(mayAll(cluster.access, who, `/nodes/${node.name}`, ['Sys.Audit']) ? nodeNumbers(cluster, node) : {}),
  }));
  return cluster.random.next() < 0.5 ? rows : rows.reverse();
}

const kernelOf = (cluster: Cluster) => (cluster.release.major >= 9 ? '6.17.2-1-pve' : '6.8.12-4-pve');

function readStatus(call: Call) {
  const { cluster } = call;
  const node = nodeOf(call);
  const usage = nodeUsageAt(cluster, node, cluster.nowMs());
  const load = usage.cpu * node.cores;
  const version = '#1 SMP PREEMPT_DYNAMIC PMX';
  const { version: pve, repoid } = cluster.release;
  const available = node.memoryBytes - usage.memoryBytes;
  return {
    pveversion: `pve-manager/${pve}/${repoid}`,
    kversion: `Linux ${kernelOf(cluster)} ${version}`,
    'current-kernel': { sysname: 'Linux', release: kernelOf(cluster), version, machine: 'x86_64' },
    'boot-info': { mode: 'efi', secureboot: 0 },
    uptime: Math.floor((cluster.nowMs() - node.bootedAtMs) / 1000),
    idle: 0,
    wait: usage.cpu * 0.02,
    cpu: usage.cpu,
    loadavg: [load, load * 0.96, load * 0.9].map((value) => value.toFixed(2)),
    ksm: { shared: 0 },
    swap: { total: 8 * 1024 ** 3, used: 0, free: 8 * 1024 ** 3 },
    memory: {
      total: node.memoryBytes,
      used: usage.memoryBytes,
      free: Math.round(available * 0.8),
      ...(cluster.release.major >= 9 ? { available } : {}),
    },
    rootfs: {
      total: node.rootBytes,
      used: node.rootUsedBytes,
      free: node.rootBytes - node.rootUsedBytes,
      avail: node.rootBytes - node.rootUsedBytes,
    },
    cpuinfo: {
      model: node.cpuModel,
      vendor: 'AuthenticAMD',
      family: '25',
      cpus: node.cores,
      cores: node.cores / 2 / node.sockets,
      sockets: node.sockets,
      mhz: '2994.374',
      user_hz: 100,
      hvm: '1',
      flags: 'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat svm aes avx2',
    },
  };
}

/** The node is away for a while; its guests go down with it. */
function* powerOff(cluster: Cluster, node: ClusterNode, returns: boolean): Work {
  yield 3000;
  for (const guest of cluster.guests.values()) {
    if (guest.node === node.name && guest.running) {
      guest.running = false;
      guest.agentRunning = false;
    }
  }
  node.online = false;
  if (!returns) return;
  yield 20_000;
  node.online = true;
  node.bootedAtMs = cluster.nowMs();
}

function power(call: Call): null {
  const { cluster } = call;
  const node = nodeOf(call);
  const returns = text(call, 'command') === 'reboot';
  // The real one starts no task either: init takes over.
  const work = powerOff(cluster, node, returns);
  const advance = () => {
    const step = work.next();
    if (step.done === true) return;
    const timer = setTimeout(advance, step.value * cluster.tasks.speed);
    cluster.tasks.timers.add(timer);
  };
  advance();
  return null;
}

function serviceRow(service: Service) {
  return {
    service: service.name,
    name: service.name,
    desc: service.description,
    state: service.state,
    'active-state': service.state === 'running' ? 'active' : 'inactive',
    'unit-state': service.enabled ? 'enabled' : 'disabled',
  };
}

function serviceOf(call: Call): Service {
  const name = text(call, 'service');
  const service = nodeOf(call).services.find((candidate) => candidate.name === name);
  if (service === undefined)
    throw badParameters({ service: `value '${name}' does not have a value in the enumeration` });
  return service;
}

const keepsTheApi = ['pvedaemon', 'pveproxy', 'pve-cluster'];

function changeService(verb: 'start' | 'stop' | 'restart' | 'reload') {
  return (call: Call) => {
    const node = nodeOf(call);
    const service = serviceOf(call);
    if (verb === 'stop' && keepsTheApi.includes(service.name)) {
      throw died(`invalid service cmd 'stop' for ${service.name}`);
    }
    return startTask(
      call.cluster,
      { node: node.name, type: `srv${verb}`, id: service.name, by: call.who },
      function* (run) {
        run.log(
          `${verb === 'stop' ? 'stopping' : `${verb}ing`} service ${service.name}: systemctl ${verb} ${service.name}`,
        );
        yield 800;
        service.state = verb === 'stop' ? 'dead' : 'running';
      },
    );
  };
}

function listDisks(call: Call) {
  return nodeOf(call).disks.map((disk) => ({
    devpath: disk.devpath,
    by_id_link: `/dev/disk/by-id/${disk.type === 'nvme' ? 'nvme' : 'ata'}-${disk.model.replaceAll(' ', '_')}_${disk.serial}`,
    model: disk.model,
    serial: disk.serial,
    vendor: disk.type === 'nvme' ? 'unknown' : 'ATA',
    size: disk.sizeBytes,
    type: disk.type,
    used: disk.used,
    health: disk.health,
    wearout: disk.wearout,
    rpm: disk.type === 'hdd' ? 7200 : 0,
    gpt: 1,
    mounted: 0,
    osdid: -1,
    'osdid-list': null,
    wwn: 'unknown',
  }));
}

function readSmart(call: Call) {
  const path = text(call, 'disk');
  const disk = nodeOf(call).disks.find(({ devpath }) => devpath === path);
  if (disk === undefined) throw died(`disk '${path}' not found`);
  if (disk.type === 'nvme') {
    const lines = [
      'SMART/Health Information (NVMe Log 0x02)',
      'Critical Warning:                   0x00',
      `Temperature:                        ${disk.temperature} Celsius`,
      'Available Spare:                    100%',
      `Percentage Used:                    ${100 - Number(disk.wearout)}%`,
    ];
    return { health: disk.health, type: 'text', text: `\n${lines.join('\n')}\n`, wearout: disk.wearout };
  }
  const attribute = (id: number, name: string, value: number, threshold: number, raw: number) => ({
    id: String(id).padStart(3),
    name,
    flags: 'PO--CK',
    value,
    normalized: value,
    worst: value,
    threshold,
    fail: value <= threshold ? 'NOW' : '-',
    raw: String(raw),
  });
  return {
    health: disk.health,
    type: 'ata',
    wearout: disk.wearout,
    attributes: [
      attribute(5, 'Reallocated_Sector_Ct', disk.health === 'PASSED' ? 100 : 8, 10, disk.reallocated),
      attribute(9, 'Power_On_Hours', 96, 0, 21_344),
      attribute(194, 'Temperature_Celsius', 100 - disk.temperature, 0, disk.temperature),
      attribute(197, 'Current_Pending_Sector', 100, 0, disk.health === 'PASSED' ? 0 : 24),
    ],
  };
}

function readNetwork(call: Call) {
  const node = nodeOf(call);
  const wanted = optionalText(call, 'type');
  const manual = { method: 'manual', method6: 'manual', families: ['inet'] };
  const rows = [
    { iface: 'eno1', type: 'eth', priority: 3, active: 1, exists: 1, ...manual },
    { iface: 'eno2', type: 'eth', priority: 4, active: 1, exists: 1, ...manual },
    {
      iface: 'bond0',
      type: 'bond',
      priority: 5,
      active: 1,
      autostart: 1,
      slaves: 'eno1 eno2',
      bond_mode: '802.3ad',
      ...manual,
    },
    {
      ...manual,
      iface: 'vmbr0',
      type: 'bridge',
      priority: 6,
      active: 1,
      autostart: 1,
      method: 'static',
      address: node.address,
      netmask: '24',
      cidr: `${node.address}/24`,
      gateway: '192.0.2.1',
      bridge_ports: 'bond0',
      bridge_stp: 'off',
      bridge_fd: '0',
    },
  ];
  return rows.filter(({ type }) => wanted === undefined || type === wanted || wanted.startsWith('any'));
}

function readSyslog(call: Call): Page {
  const { cluster } = call;
  const node = nodeOf(call);
  const limit = numberOr(call, 'limit', 50);
  const start = numberOr(call, 'start', 0);
  const lines = cluster.log
    .filter((entry) => entry.node === node.name)
    .map((entry) => {
      const [, , , , time = ''] = new Date(entry.atMs).toUTCString().split(' ');
      const date = new Date(entry.atMs).toUTCString();
      return `${date.slice(8, 11)} ${date.slice(5, 7)} ${time} ${node.name} ${entry.tag}[${entry.pid}]: <${entry.user}> ${entry.message}`;
    });
  if (lines.length === 0) return new Page([{ n: 1, t: '-- No entries --' }], 1);
  const rows = lines.map((line, index) => ({ n: index + 1, t: line }));
  return new Page(rows.slice(start, start + limit), rows.length);
}

function readUpdates(call: Call) {
  return nodeOf(call).updates.map((update) => ({
    Package: update.name,
    Title: update.title,
    Description: update.title,
    Section: update.section,
    Origin: update.origin,
    Priority: 'optional',
    Arch: 'amd64',
    OldVersion: update.from,
    Version: update.to,
  }));
}

function refreshUpdates(call: Call): string {
  const node = nodeOf(call);
  return startTask(
    call.cluster,
    { node: node.name, type: 'aptupdate', id: '', by: call.who },
    function* (run) {
      run.log('starting apt-get update');
      for (const suite of ['trixie', 'trixie-updates', 'trixie-security']) {
        yield 700;
        run.log(`Hit: http://deb.debian.org/debian ${suite} InRelease`);
      }
      if (!node.subscribed)
        run.warn('The enterprise repository is enabled, but there is no active subscription!');
      run.log('Reading package lists...');
    },
  );
}

function readVersions(call: Call) {
  const { cluster } = call;
  nodeOf(call);
  const packages: readonly (readonly [string, string])[] = [
    ['pve-manager', cluster.release.version],
    ['proxmox-kernel', kernelOf(cluster)],
    ['qemu-server', cluster.release.major >= 9 ? '9.2.6' : '8.2.4'],
    ['pve-container', cluster.release.major >= 9 ? '6.1.10' : '5.2.1'],
    ['libpve-storage-perl', cluster.release.major >= 9 ? '9.1.7' : '8.2.5'],
    ['zfsutils-linux', '2.3.4-pve1'],
  ];
  return packages.map(([name, version]) => ({
    Package: name,
    Version: version,
    OldVersion: version,
    CurrentState: 'Installed',
    Title: name,
    Description: name,
    Section: 'admin',
    Origin: 'Proxmox',
    Priority: 'optional',
    Arch: 'amd64',
    ...(name === 'pve-manager' ? { RunningKernel: kernelOf(cluster) } : {}),
  }));
}

function readSubscription(call: Call) {
  const node = nodeOf(call);
  return node.subscribed
    ? {
        status: 'active',
        level: 'c',
        productname: 'Proxmox VE Community Subscription 1 CPU/year',
        sockets: node.sockets,
        nextduedate: '2027-06-30',
      }
    : {
        status: 'notfound',
        message: 'There is no subscription key',
        url: 'https://www.proxmox.com/proxmox-ve/pricing',
      };
}

function readTime(call: Call) {
  const now = Math.floor(call.cluster.nowMs() / 1000);
  return { time: now, localtime: now, timezone: nodeOf(call).timezone };
}

function readDns(call: Call) {
  const { search, servers } = nodeOf(call).dns;
  return { search, ...Object.fromEntries(servers.map((server, index) => [`dns${index + 1}`, server])) };
}

function changeDns(call: Call): null {
  const { dns } = nodeOf(call);
  dns.search = text(call, 'search');
  dns.servers = ['dns1', 'dns2', 'dns3'].flatMap((key) => optionalText(call, key) ?? []);
  return null;
}

function readHosts(call: Call) {
  const data = [
    '127.0.0.1 localhost',
    ...[...call.cluster.nodes.values()].map((node) => `${node.address} ${node.name}.lab ${node.name}`),
    '',
  ].join('\n');
  return { data, digest: digestOf(data) };
}

export const nodeHandlers: Handlers = {
  'GET /nodes': listNodes,
  'GET /nodes/{node}': () => ['status', 'tasks', 'qemu', 'lxc', 'storage'].map((name) => ({ name })),
  'GET /nodes/{node}/status': readStatus,
  'POST /nodes/{node}/status': power,
  'GET /nodes/{node}/version': ({ cluster: { release } }) => ({
    version: release.version,
    release: release.release,
    repoid: release.repoid,
  }),
  'GET /nodes/{node}/services': (call) => nodeOf(call).services.map(serviceRow),
  'GET /nodes/{node}/services/{service}/state': (call) => serviceRow(serviceOf(call)),
  'POST /nodes/{node}/services/{service}/start': changeService('start'),
  'POST /nodes/{node}/services/{service}/stop': changeService('stop'),
  'POST /nodes/{node}/services/{service}/restart': changeService('restart'),
  'POST /nodes/{node}/services/{service}/reload': changeService('reload'),
  'GET /nodes/{node}/disks/list': listDisks,
  'GET /nodes/{node}/disks/smart': readSmart,
  'GET /nodes/{node}/network': readNetwork,
  'GET /nodes/{node}/syslog': readSyslog,
  'GET /nodes/{node}/apt/update': readUpdates,
  'POST /nodes/{node}/apt/update': refreshUpdates,
  'GET /nodes/{node}/apt/versions': readVersions,
  'GET /nodes/{node}/subscription': readSubscription,
  'GET /nodes/{node}/time': readTime,
  'PUT /nodes/{node}/time': (call) => {
    nodeOf(call).timezone = text(call, 'timezone');
    return null;
  },
  'GET /nodes/{node}/dns': readDns,
  'PUT /nodes/{node}/dns': changeDns,
  'GET /nodes/{node}/hosts': readHosts,
  'GET /nodes/{node}/netstat': () => [],
};
