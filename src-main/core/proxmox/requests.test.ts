import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRoute } from '../../demo/proxmox/router';
import { validate } from '../../demo/proxmox/validate';
import { encodeParameters, type ApiParameters } from './client/parameters';
import { changeCall, changeTemplates, type ChangeTemplate } from './requests';

const values = {
  node: 'pve1',
  vmid: 100,
  snapname: 'before',
  storage: 'local',
  volume: 'local:backup/vzdump-qemu-100-2026_11_01-03_00_00.vma.zst',
  id: '100-0',
  service: 'pveproxy',
  upid: 'UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:root@pam:',
  sid: 'vm:100',
  group: 'first',
  rule: 'apart',
  zone: 'lab',
  vnet: 'lab1',
  pos: 0,
};

const firewallRule = {
  type: 'in',
  action: 'ACCEPT',
  enable: 1,
  macro: 'SSH',
  source: '192.0.2.0/24,192.0.2.7-192.0.2.9',
  sport: '1024:65535',
  dest: '192.0.2.7',
  dport: '80,443',
  proto: 'tcp',
  comment: 'x'.repeat(512),
  digest: 'a'.repeat(40),
};
const firewallSamples = Object.fromEntries(
  ['/cluster', '/nodes/{node}', '/nodes/{node}/qemu/{vmid}', '/nodes/{node}/lxc/{vmid}'].flatMap((place) => [
    [
      `POST ${place}/firewall/rules`,
      [
        firewallRule,
        { ...firewallRule, source: '+admins', dest: 'dc/web' },
        { type: 'group', action: 'webserver', enable: 1, comment: 'x', digest: 'a'.repeat(40) },
      ],
    ],
    [
      `PUT ${place}/firewall/rules/{pos}`,
      [
        { enable: 0, digest: 'a'.repeat(40) },
        { moveto: 3, digest: 'a'.repeat(40) },
      ],
    ],
    [`DELETE ${place}/firewall/rules/{pos}`, [{ digest: 'a'.repeat(40) }]],
    [
      `PUT ${place}/firewall/options`,
      [
        place === '/nodes/{node}'
          ? { enable: 1, digest: 'a'.repeat(40) }
          : { enable: 1, policy_in: 'DROP', policy_out: 'REJECT', digest: 'a'.repeat(40) },
      ],
    ],
  ]),
);

const backupJob = {
  schedule: 'mon..fri 02:30',
  storage: 'nas',
  mode: 'suspend',
  compress: '0',
  enabled: false,
  vmid: '100,200',
  node: 'pve1',
  'prune-backups': 'keep-last=3,keep-weekly=2',
  mailto: 'root@example.com,ops@example.com',
  mailnotification: 'failure',
  'notification-mode': 'legacy-sendmail',
  comment: 'x'.repeat(512),
};

/** Everything that a change of ours may send, at its bounds. The schema is that of the real API (9.2). */
const samples: Partial<Record<ChangeTemplate, readonly ApiParameters[]>> = {
  'POST /nodes/{node}/qemu/{vmid}/status/shutdown': [
    { timeout: 10, forceStop: true },
    { timeout: 3600, forceStop: false },
  ],
  'POST /nodes/{node}/lxc/{vmid}/status/shutdown': [
    { timeout: 10, forceStop: true },
    { timeout: 3600, forceStop: false },
  ],
  'POST /nodes/{node}/qemu/{vmid}/migrate': [
    { target: 'pve2', online: true, 'with-local-disks': true },
    { target: 'pve2', 'with-local-disks': true, targetstorage: 'local-zfs' },
  ],
  'POST /nodes/{node}/lxc/{vmid}/migrate': [
    { target: 'pve2', restart: true },
    { target: 'pve2', 'target-storage': 'local-zfs' },
  ],
  'POST /nodes/{node}/qemu/{vmid}/clone': [
    { newid: 999_999_999, name: 'a'.repeat(63), full: true },
    { newid: 100, name: 'a', full: true, target: 'pve2', storage: 'nas', format: 'vmdk', pool: 'a/b' },
  ],
  'POST /nodes/{node}/lxc/{vmid}/clone': [
    { newid: 100, hostname: 'a.b-c', full: false },
    { newid: 100, hostname: 'a', full: true, target: 'pve2', storage: 'nas', pool: 'prod' },
  ],
  'POST /nodes/{node}/vzdump': ['zstd', 'gzip', 'lzo', '0'].flatMap((compress) =>
    ['snapshot', 'suspend', 'stop'].map((mode) => ({
      vmid: '100',
      storage: 'nas',
      mode,
      compress,
      remove: false,
      'notes-template': 'a',
    })),
  ),
  'PUT /nodes/{node}/qemu/{vmid}/config': [
    {
      ciuser: 'admin',
      cipassword: 'x'.repeat(1024),
      sshkeys: encodeURIComponent('ssh-ed25519 AAAA+/= me@laptop (new)\n'),
      nameserver: '192.0.2.1 192.0.2.2',
      searchdomain: 'example.net',
      ipconfig0: 'ip=192.0.2.40/24,gw=192.0.2.1,ip6=auto',
      ipconfig7: 'ip=dhcp,ip6=2001:db8::2/64,gw6=2001:db8::1',
      digest: 'a'.repeat(40),
    },
    { net0: 'virtio,bridge=vmbr0,tag=40,firewall=1', name: 'a', balloon: '0' },
    { delete: 'cipassword,sshkeys,ipconfig0,balloon' },
    {
      name: 'a',
      cores: '512',
      memory: '16',
      tags: 'a;b',
      description: 'x'.repeat(8192),
      onboot: '1',
      protection: '0',
      digest: 'a'.repeat(40),
    },
    { delete: 'tags,description' },
  ],
  'PUT /nodes/{node}/lxc/{vmid}/config': [
    { net0: 'name=eth0,bridge=vmbr0,ip=dhcp', hostname: 'a' },
    { mp255: 'local-zfs:subvol-200-disk-1,mp=/srv,size=20G,backup=1' },
    { features: 'mount=nfs;cifs,nesting=1,keyctl=1', digest: 'a'.repeat(40) },
    { delete: 'features', digest: 'a'.repeat(40) },
    {
      hostname: 'a',
      cores: '512',
      memory: '16',
      tags: 'a;b',
      description: 'x'.repeat(8192),
      onboot: '1',
      protection: '0',
      digest: 'a'.repeat(40),
    },
    { delete: 'tags,description' },
  ],
  'POST /nodes/{node}/qemu/{vmid}/remote_migrate': [
    {
      'target-endpoint': `apitoken=PVEAPIToken=a@pve!b=c,host=192.0.2.11,port=8006,fingerprint=${'AA:'.repeat(31)}AA`,
      'target-vmid': 100,
      'target-storage': 'local-zfs',
      'target-bridge': 'vmbr0',
      online: true,
      delete: true,
    },
  ],
  'POST /nodes/{node}/lxc/{vmid}/remote_migrate': [
    {
      'target-endpoint': 'apitoken=PVEAPIToken=a@pve!b=c,host=pve.example.net,port=8006',
      'target-vmid': 999_999_999,
      'target-storage': 'local',
      'target-bridge': 'vmbr0',
      restart: true,
    },
  ],
  'POST /nodes/{node}/qemu/{vmid}/termproxy': [{ serial: 'serial0' }, { serial: 'serial3' }],
  'POST /nodes/{node}/qemu/{vmid}/agent/exec': [
    { command: ['/usr/bin/printf', '%s\n', 'a=b;c'], 'input-data': 'x'.repeat(65_536) },
    { command: ['true'] },
  ],
  'GET /nodes/{node}/qemu/{vmid}/agent/file-read': [{ file: '/etc/a=b;c d' }],
  'POST /nodes/{node}/qemu/{vmid}/agent/file-write': [{ file: '/etc/motd', content: 'x'.repeat(61_440) }],
  'DELETE /nodes/{node}/qemu/{vmid}': [{ purge: true }],
  'DELETE /nodes/{node}/lxc/{vmid}': [{ purge: true }],
  'POST /nodes/{node}/qemu/{vmid}/snapshot': [
    { snapname: 'ab', vmstate: true },
    { snapname: 'a'.repeat(40), description: 'x'.repeat(255) },
  ],
  'POST /nodes/{node}/lxc/{vmid}/snapshot': [{ snapname: 'ab' }, { snapname: 'ab', description: 'x' }],
  'POST /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback': [{ start: true }],
  'POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback': [{ start: true }],
  'POST /nodes/{node}/qemu': [
    {
      vmid: 999_999_999,
      name: 'a'.repeat(63),
      ostype: 'win11',
      bios: 'ovmf',
      machine: 'q35',
      efidisk0: 'local-zfs:1,efitype=4m,pre-enrolled-keys=1',
      tpmstate0: 'local-zfs:1,version=v2.0',
      sockets: 4,
      cores: 512,
      cpu: 'x86-64-v2-AES',
      memory: 16,
      scsihw: 'virtio-scsi-single',
      scsi0: 'local-zfs:65536,discard=on,iothread=1',
      ide2: 'local:iso/debian.iso,media=cdrom',
      boot: 'order=ide2;scsi0',
      net0: 'vmxnet3,bridge=vmbr0,tag=4094',
      agent: 1,
      tablet: true,
      onboot: true,
      start: true,
    },
    { vmid: 100, name: 'a', ostype: 'l26', memory: 16_777_216, boot: 'order=scsi0' },
    {
      vmid: 100,
      archive: values.volume,
      storage: 'local-zfs',
      unique: true,
      start: true,
      force: true,
    },
  ],
  'POST /nodes/{node}/lxc': [
    {
      vmid: 100,
      hostname: 'a.b',
      ostemplate: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
      cores: 128,
      memory: 16,
      swap: 0,
      rootfs: 'local-zfs:8',
      net0: 'name=eth0,bridge=vmbr0,tag=7,ip=192.0.2.20/24,gw=192.0.2.1',
      unprivileged: true,
      features: 'nesting=1,keyctl=1',
      'ssh-public-keys': 'ssh-ed25519 AAAA me',
      onboot: true,
      start: true,
    },
    { vmid: 100, ostemplate: 'local:vztmpl/a.tar.zst', net0: 'name=eth0,bridge=vmbr0,ip=dhcp' },
    {
      vmid: 100,
      ostemplate: 'nas:backup/vzdump-lxc-200-2026_11_01-03_00_00.tar.zst',
      restore: true,
      storage: 'local-zfs',
      unique: true,
      start: true,
      force: true,
    },
  ],
  'PUT /nodes/{node}/qemu/{vmid}/resize': [
    { disk: 'scsi30', size: '+10G' },
    { disk: 'efidisk0', size: '+1M' },
  ],
  'PUT /nodes/{node}/lxc/{vmid}/resize': [
    { disk: 'rootfs', size: '+10G' },
    { disk: 'mp255', size: '+1T' },
  ],
  'PUT /nodes/{node}/storage/{storage}/content/{volume}': [{ protected: true }, { notes: 'x'.repeat(1024) }],
  'DELETE /nodes/{node}/storage/{storage}/prunebackups': [
    { 'prune-backups': 'keep-last=3,keep-yearly=365', vmid: '100', type: 'qemu' },
    { 'prune-backups': 'keep-daily=7', type: 'lxc' },
  ],
  'POST /cluster/backup': [backupJob, { schedule: '02:30', storage: 'nas', all: true, exclude: '100,101' }],
  'PUT /cluster/backup/{id}': [{ ...backupJob, delete: 'all,exclude,comment' }],
  'POST /nodes/{node}/certificates/custom': [
    {
      certificates: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      key: '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n',
      force: true,
      restart: true,
    },
  ],
  'DELETE /nodes/{node}/certificates/custom': [{ restart: true }],
  'PUT /nodes/{node}/certificates/acme/certificate': [{ force: true }],
  'POST /nodes/{node}/status': [{ command: 'reboot' }, { command: 'shutdown' }],
  'POST /cluster/ha/resources': [
    { sid: 'ct:200', state: 'ignored', max_restart: 10, max_relocate: 0, comment: 'x' },
  ],
  'PUT /cluster/ha/resources/{sid}': [
    { state: 'disabled', max_restart: 0, max_relocate: 10, delete: 'comment' },
    { state: 'started', comment: 'x' },
  ],
  'POST /cluster/ha/groups': [{ group: 'first', nodes: 'pve1:2,pve2', restricted: true, nofailback: false }],
  'POST /cluster/ha/rules': [
    {
      rule: 'apart',
      type: 'node-affinity',
      resources: 'vm:100,ct:200',
      nodes: 'pve1,pve2',
      strict: true,
      comment: 'x',
    },
    { rule: 'apart', type: 'resource-affinity', resources: 'vm:100,ct:200', affinity: 'negative' },
  ],
  'POST /cluster/sdn/zones': [
    { zone: 'lab', type: 'simple', nodes: 'pve1,pve2' },
    { zone: 'lab', type: 'qinq', bridge: 'vmbr0', tag: '4094', mtu: '9216' },
    { zone: 'lab', type: 'vxlan', peers: '192.0.2.11,192.0.2.12', mtu: '1450' },
    {
      zone: 'lab',
      type: 'evpn',
      controller: 'evpn1',
      'vrf-vxlan': '16777215',
      dns: 'ns1',
      dnszone: 'lab.example.net',
    },
  ],
  'POST /cluster/sdn/vnets': [
    { vnet: 'lab1', zone: 'lab', tag: '16777215', alias: 'Lab (1)', vlanaware: true },
  ],
  'POST /nodes/{node}/storage/{storage}/upload': [
    // The file itself is the part `filename` of the form.
    { content: 'vztmpl', 'checksum-algorithm': 'sha256', checksum: 'a'.repeat(64), filename: 'a.tar.gz' },
    { content: 'iso', 'checksum-algorithm': 'sha256', checksum: 'a'.repeat(64), filename: 'a.iso' },
  ],
  ...firewallSamples,
};

function asReceived(text: string): Record<string, string | string[]> {
  const received: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = received[name];
    received[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return received;
}

describe('the changes that Holdfast can send', () => {
  it.each(changeTemplates)('%s: path, method and parameters are those of the real API', (template) => {
    for (const parameters of samples[template] ?? [{}]) {
      const { method, path } = changeCall(template, values, parameters);
      const route = findRoute(method, decodeURIComponent(path));
      if (route === undefined) throw new Error(`The API has no ${template}.`);
      expect(route.call.path).toBe(template.split(' ')[1]);
      expect(() =>
        validate(route.call, { ...asReceived(encodeParameters(parameters)), ...route.parameters }),
      ).not.toThrow();
    }
  });

  it.each(changeTemplates)('%s: the privileges that are told are those of the real API', (template) => {
    const { method, path, needs } = changeCall(template, values, {});
    const check = findRoute(method, decodeURIComponent(path))?.call.permissions?.check;
    expect(needs).toMatch(/[A-Z][A-Za-z.]+ on |^SDN|^Datastore/);
    // Where the API decides in its code, the sentence is ours; else it names what the API names.
    if (check?.[0] !== 'perm') return;
    const [, where, wanted] = check as [string, string, string[]];
    expect(wanted.some((privilege) => needs.includes(privilege))).toBe(true);
    expect(needs).toContain(
      where
        .replace('{node}', 'pve1')
        .replace('{vmid}', '100')
        .replace('{zone}', 'lab')
        .replace('{storage}', 'local'),
    );
  });

  it('the check refuses what the API does not know', () => {
    const route = findRoute('POST', '/nodes/pve1/qemu/100/status/shutdown');
    if (route === undefined) throw new Error('no route');
    expect(() => validate(route.call, { ...route.parameters, forcestop: '1' })).toThrow();
    expect(() => validate(route.call, { ...route.parameters, timeout: 'soon' })).toThrow();
  });
});

describe('the login and what is read with parameters of its own', () => {
  it.each([
    ['POST', '/access/ticket', { username: 'anna@corp', password: 'x'.repeat(1024) }],
    ['GET', '/access/domains', {}],
    ['GET', '/access/permissions', { userid: 'holdfast@pve' }],
    ['GET', '/version', {}],
    ['GET', '/nodes/pve1/time', {}],
    ['GET', '/nodes/pve1/qemu/100/feature', { feature: 'snapshot' }],
  ])('%s %s takes what is sent', (method, path, parameters) => {
    const route = findRoute(method, path);
    if (route === undefined) throw new Error(`The API has no ${method} ${path}.`);
    const received = asReceived(encodeParameters(parameters));
    expect(() => validate(route.call, { ...received, ...route.parameters })).not.toThrow();
    expect(() => validate(route.call, { ...received, ...route.parameters, nonsense: '1' })).toThrow();
  });
});

describe('the paths that Holdfast reads', () => {
  const folders = ['.', './reads', '../clusters', '../operations/actions/pve', './client'].map((folder) =>
    join(import.meta.dirname, folder),
  );
  const sources = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const paths = [
    ...new Set(
      sources.flatMap((source) =>
        [...source.matchAll(/apiPath\(\s*['`](\/[^'`]+)['`]/g)].map(([, path]) => path ?? ''),
      ),
    ),
  ].flatMap((path) =>
    path.includes('${type}') ? ['qemu', 'lxc'].map((type) => path.replace('${type}', type)) : [path],
  );

  it('are all found in the sources', () => {
    expect(paths.length).toBeGreaterThan(8);
  });

  it.each(paths)('%s is one of the real API', (path) => {
    const filled = path
      .replace('{node}', 'pve1')
      .replace('{vmid}', '100')
      .replace('{storage}', 'local')
      .replace('{poolid}', 'prod')
      .replace('{id}', '100-0')
      .replace('{upid}', 'UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:root@pam:');
    expect(findRoute('GET', filled)?.call.path ?? findRoute('DELETE', filled)?.call.path).toBe(path);
  });
});
