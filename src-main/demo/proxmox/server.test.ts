import { request as httpRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken } from './access';
import { handlers } from './handlers';
import { startDemoClusters, type DemoCluster, type DemoClusters } from './index';
import { apiCalls } from './schema';

let demo: DemoClusters;
let atlas: DemoCluster;
let attic: DemoCluster;
beforeAll(async () => {
  demo = await startDemoClusters({ latency: 0 });
  const [first, second] = demo.clusters;
  if (first === undefined || second === undefined) throw new Error('There are not two clusters.');
  [atlas, attic] = [first, second];
});
afterAll(() => demo.close());

interface Answer {
  status: number;
  reason: string;
  body: string;
  json: { data?: unknown; message?: string; errors?: Record<string, string> };
}

function ask(
  cluster: DemoCluster,
  path: string,
  options: RequestOptions & { body?: string; token?: string } = {},
): Promise<Answer> {
  const { body, token = `${cluster.tokenId}=${cluster.tokenSecret}`, ...rest } = options;
  const port = cluster.endpoints[0]?.port;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: `/api2/json${path}`,
        rejectUnauthorized: false,
        agent: false,
        ...rest,
        headers: {
          authorization: `PVEAPIToken=${token}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }),
          ...(rest.headers as Record<string, string> | undefined),
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            body: text,
            json: isJson ? (JSON.parse(text) as Answer['json']) : {},
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Something that is there, for each word of a path. */
const examples: Readonly<Record<string, string>> = {
  node: 'atlas-1',
  vmid: '110',
  storage: 'nas-backup',
  snapname: 'nightly',
  realm: 'pam',
  userid: 'holdfast@pve',
  tokenid: 'laptop',
  roleid: 'PVEAuditor',
  service: 'pveproxy',
  poolid: 'none',
  id: 'none',
  sid: 'vm:110',
  rule: 'none',
  group: 'none',
  name: 'none',
  cidr: '10.0.0.0%2F8',
  pos: '0',
  zone: 'none',
  vnet: 'none',
  subnet: 'none',
  controller: 'none',
  pid: '1',
  upid: 'UPID:atlas-1:00000254:0006F000:6B039FD7:qmstart:100:root@pam:',
  volume: 'nas-backup%3Abackup%2Fx',
  disk: 'sda',
};

describe('the demo clusters', () => {
  it('model only calls that the real API has', () => {
    const known = new Set(apiCalls.map(({ method, path }) => `${method} ${path}`));
    expect(Object.keys(handlers).filter((key) => !known.has(key))).toEqual([]);
    expect(Object.keys(handlers).length).toBeGreaterThan(150);
  });

  it.each(Object.keys(handlers).filter((key) => key.startsWith('GET ')))(
    'answer or refuse %s as an API does, and break on none',
    async (key) => {
      const guest = key.includes('/lxc/') ? '200' : '110';
      const path = key
        .slice(4)
        .replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
          name === 'vmid' ? guest : (examples[name] ?? 'none'),
        );
      const { status, reason, body } = await ask(atlas, path);
      expect(body + reason).not.toContain('demo:');
      expect([200, 400, 403, 424, 500, 501]).toContain(status);
      // A refusal has words.
      if (status !== 200) expect(reason.length).toBeGreaterThan(5);
    },
  );

  it('refuse what the schema does not know', async () => {
    const unknown = await ask(atlas, '/cluster/resources?foo=1');
    expect(unknown.status).toBe(400);
    expect(unknown.json.errors).toEqual({
      foo: 'property is not defined in schema and the schema does not allow additional properties',
    });
    const typed = await ask(atlas, '/nodes/atlas-1/qemu/110/snapshot', {
      method: 'POST',
      body: 'snapname=1st',
    });
    expect(typed.status).toBe(400);
    const nowhere = await ask(atlas, '/nope');
    expect([nowhere.status, nowhere.reason]).toEqual([501, "Method 'GET /nope' not implemented"]);
  });

  it('refuse a wrong token without a body, and name a missing privilege', async () => {
    const wrong = await ask(atlas, '/version', { token: 'holdfast@pve!laptop=nonsense' });
    expect([wrong.status, wrong.reason, wrong.body]).toEqual([401, 'Authentication failed!', '']);
    const denied = await ask(atlas, '/nodes/atlas-1/qemu/190/status/stop', { method: 'POST' });
    expect([denied.status, denied.reason]).toEqual([403, 'Permission check failed (/vms/190, VM.PowerMgmt)']);
  });

  it('let features but nesting be set with the ticket of root@pam, and with no token of it', async () => {
    const root = atlas.model.access.users.get('root@pam');
    if (root === undefined) throw new Error('no root');
    const token = `root@pam!all=${addToken(root, 'all', { separate: false }).secret}`;
    const login = await ask(atlas, '/access/ticket', {
      method: 'POST',
      body: 'username=root%40pam&password=holdfast',
    });
    const { ticket, CSRFPreventionToken: csrf } = login.json.data as Record<string, string>;
    const headers = {
      authorization: '',
      cookie: `PVEAuthCookie=${encodeURIComponent(ticket ?? '')}`,
      csrfpreventiontoken: csrf,
    };
    const template = 'local%3Avztmpl%2Fdebian-13-standard_13.1-2_amd64.tar.zst';
    const make = (more: string, as: Parameters<typeof ask>[2]) =>
      ask(atlas, '/nodes/atlas-2/lxc', { method: 'POST', body: `ostemplate=${template}&${more}`, ...as });
    const change = (body: string, as: Parameters<typeof ask>[2]) =>
      ask(atlas, '/nodes/atlas-2/lxc/203/config', { method: 'PUT', body, ...as });
    const said = ({ status, reason }: Answer) => [status, reason];
    const forbids = (what: string) => [403, `Permission check failed (${what} is only allowed for root@pam)`];
    const other = forbids('changing feature flags (except nesting)');
    const privileged = forbids('changing feature flags for privileged container');

    const keyctl = 'features=nesting%3D1%2Ckeyctl%3D1';
    expect(said(await make(`vmid=301&unprivileged=1&${keyctl}`, { token }))).toEqual(other);
    expect(said(await make('vmid=301&features=nesting%3D1', { token }))).toEqual(privileged);
    expect(atlas.model.guests.has(301)).toBe(false);
    expect((await make('vmid=301&unprivileged=1&features=nesting%3D1', { token })).status).toBe(200);
    expect((await make(`vmid=302&unprivileged=1&${keyctl}`, { headers })).status).toBe(200);

    expect(said(await change(keyctl, { token }))).toEqual(other);
    expect((await change('features=nesting%3D1', { token })).status).toBe(200);
    expect((await change(keyctl, { headers })).status).toBe(200);
    expect(said(await change('features=nesting%3D1', { token }))).toEqual(other);
    expect(said(await change('delete=features', { token }))).toEqual(other);
    expect((await change('features=keyctl%3D1', { token })).status).toBe(200);
    expect((await change('delete=features', { headers })).status).toBe(200);
    expect((await change('features=nesting%3D0', { token })).status).toBe(200);
    expect((await change('delete=features', { token })).status).toBe(200);
  });

  it('cannot pass a call on to a node that is down', async () => {
    const { status, reason } = await ask(atlas, '/nodes/atlas-3/status');
    expect([status, reason]).toEqual([595, 'No route to host']);
  });

  it('of an older release say what is wrong in the reason phrase alone', async () => {
    const older = await ask(attic, '/nodes/attic/qemu/999/status/current');
    expect(older.status).toBe(500);
    expect(older.reason).toContain("Configuration file 'nodes/attic/qemu-server/999.conf' does not exist");
    expect(older.json).toEqual({ data: null });
    const newer = await ask(atlas, '/nodes/atlas-1/qemu/999/status/current');
    expect(newer.json.message).toContain('does not exist');
  });

  it('take no body where none belongs, none too large and none in chunks', async () => {
    const get = await ask(atlas, '/version', { body: 'a=1' });
    expect([get.status, get.reason]).toEqual([501, "Unexpected content for method 'GET'"]);
    const large = await ask(attic, '/nodes/attic/qemu/100/config', {
      method: 'PUT',
      body: `description=${'x'.repeat(70_000)}`,
    });
    expect([large.status, large.reason]).toEqual([501, 'for data too large']);
    const chunked = await ask(atlas, '/nodes/atlas-1/qemu/110/config', {
      method: 'PUT',
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(chunked.status).toBe(501);
  });

  it('send plain HTTP on to HTTPS', async () => {
    const port = atlas.endpoints[0]?.port;
    const location = await new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: '/' }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers.location]);
      })
        .on('error', reject)
        .end();
    });
    expect(location).toEqual([301, `https://127.0.0.1:${port}/`]);
  });
});
