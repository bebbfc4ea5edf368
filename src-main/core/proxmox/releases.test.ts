import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../errors/app-error';
import { ApiClient } from './client/client';
import { apiPath } from './client/path';
import { taskAnswerSchema } from './client/upid';
import { closers, startServer } from './client/testing/tls-server';
import { readCluster } from './read-cluster';
import { guestStatusSchema } from './read-guest';
import { readBackupJobs } from './reads/backup-jobs';
import { readGuestCharts, readNodeCharts } from './reads/charts';
import { haSystem, readHa } from './reads/high-availability';
import { readSdn } from './reads/sdn';
import { changeCall, changeTemplates } from './requests';

/**
 * What differs between the releases of Proxmox VE, one row for each difference: what each release answers, and what
 * Holdfast makes of it. The answers of 7.4 and 8.x are written by the sources of those releases, which were not at hand
 * to run; those of 9.2 have the shape of captures.
 */

interface Reply {
  status?: number;
  reason?: string;
  /** Left out: an empty body without a content type. */
  body?: unknown;
}
/** By `GET /path`, without the query; what is not there is no call of that release. */
type Answers = Readonly<Record<string, Reply>>;

const clients: ApiClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

const notThere = (method: string, path: string): Reply => ({
  status: 501,
  reason: `Method '${method} ${path}' not implemented`,
  body: { data: null },
});

/** A real TLS server that answers as one release does. */
async function nodeOf(answers: Answers) {
  const server = await startServer(({ request, response }) => {
    const method = request.method ?? '';
    const [path = ''] = (request.url ?? '').replace('/api2/json', '').split('?');
    const { status = 200, reason = 'OK', body } = answers[`${method} ${path}`] ?? notThere(method, path);
    response.writeHead(
      status,
      reason,
      body === undefined ? {} : { 'content-type': 'application/json;charset=UTF-8' },
    );
    response.end(body === undefined ? '' : JSON.stringify(body));
  });
  const { port, sha256 } = server;
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: [{ address: '127.0.0.1', port, trust: { kind: 'pin', sha256 } }],
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=holdfast@pve!laptop=11111111-2222-3333-4444-555555555555',
  });
  clients.push(client);
  return { client, server };
}

const signal = new AbortController().signal;
const told = (data: unknown): Reply => ({ body: { data } });

async function failure(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof AppError)) throw new Error('It did not fail as it should.');
  return thrown;
}

describe('where the message of an error stands', () => {
  const words = 'Permission check failed (/vms/100, VM.Snapshot)';
  it.each([
    ['7.4', { status: 403, reason: words, body: { data: null } }],
    ['8.3', { status: 403, reason: words, body: { data: null } }],
    ['8.4, in the body too', { status: 403, reason: words, body: { data: null, message: `${words}\n` } }],
    ['9.2', { status: 403, reason: words, body: { data: null, message: `${words}\n` } }],
  ])('%s: it names the privilege and the path', async (_release, reply) => {
    const path = '/nodes/pve1/qemu/100/snapshot';
    const { client } = await nodeOf({ [`GET ${path}`]: reply });
    const ask = client.get(
      apiPath('/nodes/{node}/qemu/{vmid}/snapshot', { node: 'pve1', vmid: 100 }),
      z.unknown(),
      {
        operation: 'list the snapshots',
      },
    );
    expect((await failure(ask)).message).toContain('It lacks VM.Snapshot on /vms/100');
  });

  it.each([
    [
      '7.4',
      { status: 400, reason: 'Parameter verification failed.', body: { data: null, errors: { vmid: 'no' } } },
    ],
    [
      '9.2',
      {
        status: 400,
        reason: 'Parameter verification failed.',
        body: { data: null, message: 'Parameter verification failed.\n', errors: { vmid: 'no' } },
      },
    ],
  ])('%s: what was wrong with a parameter is told', async (_release, reply) => {
    const { client } = await nodeOf({ 'GET /cluster/nextid': reply });
    const ask = client.get(apiPath('/cluster/nextid'), z.unknown(), { operation: 'ask for an id' });
    expect((await failure(ask)).message).toContain('vmid: no');
  });
});

describe('how large a request may be', () => {
  it.each([['7.4 and 8.3: 64 KiB'], ['8.4 and 9.2: 512 KiB']])(
    '%s; more is said to be too much, not to be unknown to the release',
    async () => {
      const { client } = await nodeOf({
        'POST /nodes/pve1/qemu/100/agent/file-write': { status: 501, reason: 'for data too large' },
      });
      const change = client.change(
        'POST',
        apiPath('/nodes/{node}/qemu/{vmid}/agent/file-write', { node: 'pve1', vmid: 100 }),
        { operation: 'write the file', parameters: { file: '/x', content: 'a'.repeat(70_000) } },
      );
      const error = await failure(change);
      expect(error.code).toBe('api-failed');
      expect(error.message).toContain('it is larger than its release allows. Nothing was changed.');
      expect(error.message).not.toContain('This version');
    },
  );

  it('and what a release does not have is said to be unknown to it', async () => {
    const { client } = await nodeOf({});
    const error = await failure(
      client.get(apiPath('/cluster/ha/rules'), z.unknown(), { operation: 'list the rules' }),
    );
    expect(error.message).toBe('This version of Proxmox VE on atlas cannot list the rules.');
  });
});

describe('what is in a cluster', () => {
  const node = {
    id: 'node/pve1',
    type: 'node',
    node: 'pve1',
    status: 'online',
    maxcpu: 4,
    cpu: 0.1,
    mem: 1,
    maxmem: 2,
  };
  const guest = {
    id: 'qemu/100',
    type: 'qemu',
    node: 'pve1',
    vmid: 100,
    name: 'web',
    status: 'running',
    template: 0,
  };
  const sdn = { id: 'sdn/pve1/lab', type: 'sdn', node: 'pve1', sdn: 'lab', status: 'ok' };
  const network = {
    ...{ id: 'network/pve1/zone/lab', type: 'network', node: 'pve1', network: 'lab' },
    ...{ 'network-type': 'zone', protocol: 'vxlan', status: 'ok' },
  };
  it.each([
    ['7.4', '7.4-17', [node, guest, sdn]],
    ['8.4', '8.4.1', [node, guest, sdn, { type: 'pool', id: '/pool/prod', pool: 'prod' }]],
    // memhost, host-arch and the type network came with 9.
    ['9.2', '9.2.11', [node, { ...guest, memhost: 5, 'host-arch': 'x86_64' }, network]],
  ])(
    '%s: nodes and guests are read; rows of kinds that are not known are left out',
    async (_release, version, rows) => {
      const { client } = await nodeOf({
        'GET /cluster/resources': told(rows),
        'GET /version': told({ version }),
        'GET /cluster/status': told([{ type: 'node', name: 'pve1', online: 1, nodeid: 0, id: 'node/pve1' }]),
      });
      const read = await readCluster(client, null, { nowMs: () => 0 });
      expect(read).toMatchObject({ version, quorate: null, problems: [] });
      expect(read.nodes.map(({ name }) => name)).toEqual(['pve1']);
      expect(read.guests).toEqual([expect.objectContaining({ vmid: 100, name: 'web', status: 'running' })]);
    },
  );
});

describe('the state of a guest', () => {
  const since7 = {
    status: 'running',
    qmpstatus: 'running',
    vmid: 100,
    name: 'web',
    uptime: 5,
    ha: { managed: 0 },
  };
  it.each([
    ['7.4', since7],
    ['8.4', { ...since7, 'running-machine': 'pc-i440fx-8.1', 'running-qemu': '8.1.5' }],
    ['9.2', { ...since7, memhost: 7, pressurecpusome: '0.00', 'running-qemu': '10.1.2', agent: '1' }],
  ])('%s', async (_release, status) => {
    const { client } = await nodeOf({ 'GET /nodes/pve1/qemu/100/status/current': told(status) });
    const read = await client.get(
      apiPath('/nodes/{node}/qemu/{vmid}/status/current', { node: 'pve1', vmid: 100 }),
      guestStatusSchema,
      { operation: 'read the state of the guest' },
    );
    expect(read).toMatchObject({ status: 'running', name: 'web' });
  });
});

describe('charts', () => {
  const rows = (count: number, step: number, more: Record<string, number>) =>
    Array.from({ length: count }, (_, index) =>
      // The newest points have no values yet: their keys are missing.
      index >= count - 2
        ? { time: 1_700_000_000 + index * step }
        : {
            time: 1_700_000_000 + index * step,
            cpu: 0.25,
            memused: 4,
            memtotal: 8,
            mem: 3,
            maxmem: 8,
            ...more,
          },
    );
  it.each([
    ['7.4', rows(70, 1800, {}), 68, ['memused'], ['mem']],
    ['8.4', rows(70, 1800, {}), 68, ['memused'], ['mem']],
    [
      '9.2',
      rows(1440, 60, {
        memavailable: 4,
        arcsize: 1,
        memhost: 3.5,
        pressurecpusome: 0,
        pressurememoryfull: 0,
      }),
      1438,
      ['memused', 'arcsize'],
      ['mem', 'memhost'],
    ],
  ])(
    '%s: what a release does not measure has no line, and points without values are gaps',
    async (_release, data, measured, node, guest) => {
      const { client, server } = await nodeOf({
        'GET /nodes/pve1/rrddata': told(data),
        'GET /nodes/pve1/qemu/100/rrddata': told(data),
      });
      const asked = { node: 'pve1', timeframe: 'day', maxPoints: 2000 } as const;
      const ofNode = (await readNodeCharts(client, asked, signal)).find(({ title }) => title === 'Memory');
      const ofGuest = (await readGuestCharts(client, { ...asked, type: 'qemu', vmid: 100 }, signal)).find(
        ({ title }) => title === 'Memory',
      );
      expect(ofNode?.series.map(({ key }) => key)).toEqual(node);
      expect(ofGuest?.series.map(({ key }) => key)).toEqual(guest);
      const values = ofNode?.series[0]?.values ?? [];
      expect([values.length, values.filter((value) => value !== null).length]).toEqual([
        data.length,
        measured,
      ]);
      // The timeframe of ten years came with 9: it is asked of none.
      expect(server.requests.every(({ url }) => !url.includes('decade'))).toBe(true);
    },
  );
});

describe('high availability', () => {
  const managed = { sid: 'vm:100', state: 'started', max_restart: 1, max_relocate: 1 };
  const status = [
    { type: 'quorum', node: 'pve1', status: 'OK', id: 'quorum' },
    { type: 'master', node: 'pve1', status: 'pve1 (active, …)', id: 'master' },
    { type: 'service', node: 'pve1', sid: 'vm:100', crm_state: 'started', id: 'service:vm:100' },
  ];
  const groups = [{ group: 'near', nodes: 'pve1:2,pve2', restricted: 1, nofailback: 0, type: 'group' }];
  const rules = [
    {
      rule: 'near',
      type: 'node-affinity',
      nodes: 'pve1:2,pve2',
      resources: 'vm:100',
      strict: 1,
      digest: 'a',
    },
  ];
  const migrated: Reply = {
    status: 500,
    reason: 'cannot index groups: ha groups have been migrated to rules',
    body: { data: null, message: 'cannot index groups: ha groups have been migrated to rules\n' },
  };
  const shared = { 'GET /cluster/ha/status/current': told(status) };
  it.each([
    [
      '7.4-17',
      'groups',
      {
        ...shared,
        'GET /cluster/ha/groups': told(groups),
        'GET /cluster/ha/resources': told([{ ...managed, group: 'near' }]),
      },
      3,
    ],
    [
      '8.4.1',
      'groups',
      {
        ...shared,
        'GET /cluster/ha/groups': told(groups),
        'GET /cluster/ha/resources': told([{ ...managed, group: 'near' }]),
      },
      3,
    ],
    [
      '9.2.11',
      'rules',
      {
        // 9.2 adds a row that says whether fencing is armed.
        'GET /cluster/ha/status/current': told([
          ...status,
          { type: 'fencing', 'armed-state': 'armed', id: 'fencing' },
        ]),
        'GET /cluster/ha/groups': migrated,
        'GET /cluster/ha/rules': told(rules),
        'GET /cluster/ha/resources': told([{ ...managed, failback: 1 }]),
      },
      4,
    ],
  ] as const)(
    '%s: %s are read, and the other kind is not asked for',
    async (version, system, answers, rowCount) => {
      const { client, server } = await nodeOf(answers);
      const ha = await readHa(client, version, signal);
      expect(ha.system).toBe(system);
      expect(haSystem(version)).toBe(system);
      expect(ha.rules).toEqual([
        expect.objectContaining({ name: 'near', nodes: 'pve1:2,pve2', strict: true }),
      ]);
      expect(ha.resources).toEqual([
        expect.objectContaining({ sid: 'vm:100', status: 'started', node: 'pve1' }),
      ]);
      expect(ha.managers).toHaveLength(rowCount - 1);
      const other = system === 'rules' ? '/ha/groups' : '/ha/rules';
      expect(server.requests.some(({ url }) => url.includes(other))).toBe(false);
    },
  );
});

describe('software-defined networks', () => {
  const zone = { zone: 'lab', type: 'simple', state: 'new', pending: { type: 'simple' } };
  it.each([
    [
      '7.4, where the package is optional and may be missing',
      {},
      'This version of Proxmox VE on atlas cannot',
    ],
    [
      '8.4 and 9.2',
      {
        'GET /cluster/sdn/zones': told([zone]),
        'GET /cluster/sdn/vnets': told([]),
        'GET /cluster/sdn/controllers': told([]),
      },
      null,
    ],
  ])('%s', async (_release, answers, refused) => {
    const { client } = await nodeOf(answers);
    if (refused !== null) {
      expect((await failure(readSdn(client, signal))).message).toContain(refused);
      return;
    }
    expect((await readSdn(client, signal)).zones).toEqual([expect.objectContaining({ zone: 'lab' })]);
  });
});

describe('backup jobs', () => {
  const row = {
    id: 'backup-1',
    type: 'vzdump',
    enabled: 1,
    schedule: '02:30',
    storage: 'nas',
    mode: 'snapshot',
    vmid: '100',
  };
  it.each([
    [
      '7.4: mail only',
      { ...row, mailnotification: 'failure', mailto: 'a@example.net' },
      { mailWhen: 'failure', notifyBy: null },
    ],
    ['7.4: kept by a text', { ...row, 'prune-backups': 'keep-last=3' }, { keep: 'keep-last=3' }],
    [
      '8.1 and newer: by notification mode',
      { ...row, 'notification-mode': 'notification-system' },
      { mailWhen: null, notifyBy: 'notification-system' },
    ],
    [
      '9.2: kept by an object of texts',
      { ...row, 'prune-backups': { 'keep-last': '3' } },
      { keep: 'keep-last=3' },
    ],
  ])('%s', async (_release, job, expected) => {
    const { client } = await nodeOf({
      'GET /cluster/backup': told([job]),
      'GET /cluster/backup-info/not-backed-up': told([]),
    });
    const { jobs } = await readBackupJobs(client, signal);
    expect(jobs).toEqual([expect.objectContaining({ id: 'backup-1', vmids: [100], ...expected })]);
  });
});

describe('what a change answers', () => {
  const upid = 'UPID:pve1:00000254:0006F000:6B039FD7:resize:100:root@pam:';
  it.each([
    ['7.4: growing a disk is done when it answers', null, null],
    ['8.0 and newer: it is a task', upid, 'resize'],
    // pstart takes nine digits once a node is up for long enough.
    ['a node that is up for months', upid.replace('0006F000', '10006F000'), 'resize'],
  ])('%s', async (_release, answer, type) => {
    const { client } = await nodeOf({ 'PUT /nodes/pve1/qemu/100/resize': told(answer) });
    const data = await client.change(
      'PUT',
      apiPath('/nodes/{node}/qemu/{vmid}/resize', { node: 'pve1', vmid: 100 }),
      {
        operation: 'grow the disk',
        parameters: { disk: 'scsi0', size: '+1G' },
      },
    );
    expect(taskAnswerSchema.parse(data)?.type ?? null).toBe(type);
  });
});

describe('what is not sent, because a release does not have it', () => {
  it('calls for many guests at once (9.x), nor those of 8.x that they replaced: each guest is asked for by itself', () => {
    expect(
      changeTemplates.filter((template) =>
        /bulk-action|startall|stopall|suspendall|migrateall/.test(template),
      ),
    ).toEqual([]);
  });

  it('arming and disarming of high availability (9.2), and locks of software-defined networks (9.x)', () => {
    expect(changeTemplates.filter((template) => /arm-ha|\/sdn\/(?:lock|rollback)/.test(template))).toEqual(
      [],
    );
  });

  it('maxfiles of a backup, which is gone in 9', () => {
    const { parameters } = changeCall('POST /nodes/{node}/vzdump', { node: 'pve1' }, { vmid: '100' });
    expect(Object.keys(parameters)).not.toContain('maxfiles');
  });

  it('the privileges of the guest agent are told by both names: VM.Monitor before 9.0', () => {
    const agent = changeTemplates.filter((template) => template.includes('/agent/'));
    expect(agent).toHaveLength(3);
    for (const template of agent) {
      const { needs } = changeCall(template, { node: 'pve1', vmid: 100 });
      expect(needs).toMatch(/^VM\.GuestAgent\.\w+ on \/vms\/100 \(VM\.Monitor before 9\.0\)$/);
    }
  });
});
