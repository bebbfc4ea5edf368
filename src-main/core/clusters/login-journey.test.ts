import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterSettings } from '../../../src-preload/contract/clusters';
import { createCertificate } from '../../demo/proxmox/certificate';
import { closers, json, startServer } from '../proxmox/client/testing/tls-server';
import { atlas, attic, startClusterCore, type ClusterCore } from '../testing/cluster-core';

/** How a cluster is met and trusted: on real TLS servers, with the whole core. */
let world: ClusterCore;
let folder: string;
beforeEach(async () => {
  world = await startClusterCore();
  folder = mkdtempSync(join(tmpdir(), 'holdfast-ca-'));
});
afterEach(async () => {
  await world.close();
  await Promise.all(closers.splice(0).map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

const endpointOf = (index = 0) => {
  const { address, port } = world.demo.clusters[0]?.endpoints[index] ?? { address: '', port: 0 };
  return { address, port };
};
const settingsOf = (change: Partial<ClusterSettings>): ClusterSettings => ({
  name: 'mine',
  endpoints: [endpointOf()],
  login: { kind: 'password', userId: 'demo@pve' },
  trust: 'pin',
  environment: { label: 'Lab', colour: 'blue', production: false },
  accessLevel: 'administer',
  ...change,
});

describe('a cluster with a password', () => {
  it('is read and changed, and its password stands nowhere', async () => {
    const { core } = world;
    const secret = 'holdfast';
    const cluster = await core.call('clusters:add', { settings: settingsOf({}), secret });
    const { nodes } = await world.refresh(cluster.id);
    expect(nodes).toHaveLength(3);
    const { result } = await world.done(
      'pve.guest.start',
      { type: 'qemu', node: 'atlas-2', vmid: 131 },
      cluster.id,
    );
    expect(world.model(atlas).guests.get(131)?.running).toBe(true);
    // The task says who did it: the user himself, not a token.
    const [, finished] = await core.rows(cluster.id, result.operationId);
    expect(finished?.stdoutSnippet).toContain(':demo@pve:');
    const log = readFileSync(join(core.dataDirectory, 'logs', 'core.log'), 'utf8');
    const told = JSON.stringify([core.events, core.questions, await core.allRows(cluster.id), log]);
    expect(told).not.toMatch(/"holdfast"|PVE:demo/);
  });

  it('that is wrong is refused, once', async () => {
    const { core } = world;
    const { id } = await core.call('clusters:add', { settings: settingsOf({}), secret: 'hunter2' });
    const failure = await core.failure('clusters:refresh', { clusterId: id });
    expect(failure).toMatchObject({ code: 'unauthorized' });
    expect(failure.message).toContain('does not accept the password of demo@pve');
    expect(JSON.stringify(failure)).not.toContain('hunter2');
    await core.call('clusters:update', { clusterId: id, settings: settingsOf({}), secret: 'holdfast' });
    expect((await world.refresh(id)).nodes).toHaveLength(3);
  });

  it('of a user who needs a second factor is refused with what to use instead', async () => {
    const settings = settingsOf({ login: { kind: 'password', userId: 'careful@pve' } });
    const { id } = await world.core.call('clusters:add', { settings, secret: 'holdfast' });
    expect((await world.core.failure('clusters:refresh', { clusterId: id })).message).toMatch(
      /second factor .* Use an API token/,
    );
  });

  it('is no cluster that a guest is sent to: Proxmox VE does that with tokens only', async () => {
    const { core } = world;
    const { id } = await core.call('clusters:add', { settings: settingsOf({}), secret: 'holdfast' });
    const given = {
      type: 'qemu',
      node: 'atlas-2',
      vmid: 131,
      cluster: id,
      newid: 950,
      storage: 'local-lvm',
      bridge: 'vmbr0',
      deleteSource: false,
    };
    expect(await world.blocked('pve.guest.remoteMigrate', given)).toContain('with a token only');
  });

  it('is spoken of as a user, never as a token, where rights are missing', async () => {
    const { core } = world;
    const { id } = await core.call('clusters:add', { settings: settingsOf({}), secret: 'holdfast' });
    await world.refresh(id);
    // 190 may be looked at and no more: the call is answered well, and its task fails.
    const plan = await core.plan(id, 'pve.backup.create', {
      ...{ type: 'qemu', node: 'atlas-1', vmid: 190, storage: 'nas-backup' },
      ...{ mode: 'snapshot', compress: 'zstd', notes: null },
    });
    expect((await core.run(plan)).message).toContain('the user lacks VM.Backup on /vms/190.');
    const { access } = world.model(atlas);
    access.grants = access.grants.filter(({ who }) => who !== 'demo@pve');
    const failure = await core.failure('clusters:guestConfig', { clusterId: id, vmid: 190 });
    expect(failure.message).toContain('the user may not read the configuration of the guest');
    expect(JSON.stringify(failure)).not.toMatch(/\btoken/i);
  });

  it('is not taken for a token, nor the other way round', async () => {
    const { core } = world;
    const { id } = await core.call('clusters:add', { settings: settingsOf({}), secret: 'holdfast' });
    const failure = await core.failure('clusters:update', {
      clusterId: id,
      settings: settingsOf({ login: { kind: 'token', tokenId: 'holdfast@pve!laptop' } }),
      secret: null,
    });
    expect(failure.message).toContain('belongs to the other kind of login');
  });
});

describe('before it is saved', () => {
  it('realms are told by a node whose certificate is trusted, and by no other', async () => {
    const { core } = world;
    const { realms } = await core.call('clusters:realms', { endpoint: endpointOf(), trust: 'pin' });
    expect(realms.map(({ realm, type, secondFactor }) => [realm, type, secondFactor])).toEqual([
      ['pam', 'pam', false],
      ['pve', 'pve', false],
      ['corp', 'ad', true],
    ]);
    const failure = await core.failure('clusters:realms', {
      endpoint: { ...endpointOf(), address: 'localhost' },
      trust: 'pin',
    });
    expect(failure.code).toBe('untrusted-host');
  });

  it('the connection is tested with version and latency, each node by itself', async () => {
    const { core } = world;
    const settings = settingsOf({ endpoints: [endpointOf(0), endpointOf(1), endpointOf(2)] });
    const { nodes } = await core.call('clusters:testConnection', {
      clusterId: null,
      settings,
      secret: 'holdfast',
    });
    expect(nodes.map(({ answer, error }) => answer?.version ?? error?.code)).toEqual([
      '9.2.11',
      '9.2.11',
      'unreachable',
    ]);
    expect(nodes[0]?.answer?.latencyMs).toBeGreaterThan(0);
    expect((await core.call('clusters:list', {})).clusters).toHaveLength(2);
  });

  it('a wrong password is sent once, not to every node', async () => {
    const settings = settingsOf({ endpoints: [endpointOf(0), endpointOf(1)] });
    const test = { clusterId: null, settings, secret: 'wrong' };
    const { nodes } = await world.core.call('clusters:testConnection', test);
    expect(nodes.map(({ error }) => error?.code)).toEqual(['unauthorized', 'unauthorized']);
    expect(nodes[1]?.error?.message).toBe(nodes[0]?.error?.message);
  });

  it('a stored secret is tested where it was for, and goes nowhere else at the wish of the page', async () => {
    const { core } = world;
    const { clusters } = await core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === atlas)?.cluster;
    if (found === undefined) throw new Error('atlas is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    const stored = { clusterId: atlas, settings, secret: null };
    const { nodes } = await core.call('clusters:testConnection', stored);
    expect(nodes[0]?.answer?.version).toBe('9.2.11');
    const elsewhere = {
      ...settings,
      trust: 'system' as const,
      endpoints: [{ address: 'evil.example', port: 443 }],
    };
    for (const channel of ['clusters:testConnection', 'clusters:update'] as const) {
      const failure = await core.failure(channel, { ...stored, settings: elsewhere });
      expect([failure.code, failure.message]).toEqual(['refused', expect.stringContaining('Enter it again')]);
    }
  });

  it('a stored secret does not go to another cluster of the list either, whose certificate is pinned', async () => {
    const { core } = world;
    const { clusters } = await core.call('clusters:list', {});
    const settingsFrom = (clusterId: string): ClusterSettings => {
      const found = clusters.find(({ cluster }) => cluster.id === clusterId)?.cluster;
      if (found === undefined) throw new Error(`${clusterId} is gone`);
      const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
      return settings;
    };
    const endpoints = [...settingsFrom(attic).endpoints, ...settingsFrom(atlas).endpoints];
    const asked = { clusterId: atlas, settings: { ...settingsFrom(atlas), endpoints }, secret: null };
    for (const channel of ['clusters:testConnection', 'clusters:update'] as const) {
      const failure = await core.failure(channel, asked);
      expect([failure.code, failure.message]).toEqual([
        'refused',
        expect.stringContaining('belongs to attic'),
      ]);
    }
    const named = { settings: { ...settingsFrom(atlas), name: ' \u{ff21}TLAS' }, secret: 'x' };
    expect(await core.failure('clusters:add', named)).toMatchObject({ code: 'invalid-request' });
  });

  it('what failed of a saved cluster is forgotten by testing it', async () => {
    const { core } = world;
    const server = await startServer(json(200, { data: { version: '9.2.11' } }));
    const { port, sha256 } = server;
    await core.call('clusters:trustCertificate', { address: '127.0.0.1', port, sha256 });
    // It is not known yet by what one will log in there.
    expect(core.questions.at(-1)?.detail).toContain('No token and no password has been sent to it yet.');
    const settings = settingsOf({
      endpoints: [{ address: '127.0.0.1', port }],
      login: { kind: 'token', tokenId: 'a@pve!b' },
    });
    const { id } = await core.call('clusters:add', { settings, secret: 'c' });
    await server.close();
    expect((await core.failure('clusters:refresh', { clusterId: id })).message).toContain('nothing listens');
    const test = { clusterId: id, settings, secret: null };
    expect((await core.call('clusters:testConnection', test)).nodes[0]?.error?.code).toBe('unreachable');
  });
});

describe('a certificate authority of one’s own', () => {
  const name = { commonName: 'Example CA', organisation: 'Example' };
  const dayMs = 86_400_000;
  const authority = () =>
    createCertificate({
      subject: name,
      names: [],
      notBeforeMs: Date.now() - dayMs,
      notAfterMs: Date.now() + dayMs,
    });
  const signedBy = ({ key }: ReturnType<typeof authority>, names: string[]) =>
    createCertificate({
      subject: { commonName: 'pve1', organisation: 'Example' },
      names,
      notBeforeMs: Date.now() - dayMs,
      notAfterMs: Date.now() + dayMs,
      authority: { name, key },
    });
  const write = (text: string) => {
    world.core.openPath = join(folder, 'ca.pem');
    writeFileSync(world.core.openPath, text);
  };
  const choose = async () => (await world.core.call('clusters:chooseAuthority', {})).authority;

  it('is copied from a file that only the native dialog names, and vouches for what it signed', async () => {
    const { core } = world;
    const ca = authority();
    write(ca.certificate.toString());
    const chosen = await choose();
    expect(chosen).toMatchObject({ sha256: ca.fingerprint, subject: 'CN=Example CA' });
    rmSync(folder, { recursive: true });
    expect(await core.call('clusters:authority', { sha256: ca.fingerprint })).toEqual(chosen);
    const server = await startServer(json(200, { data: { version: '9.2.11' } }), signedBy(ca, ['localhost']));
    const endpoint = { address: 'localhost', port: server.port };
    const probe = await core.call('clusters:probeCertificate', { ...endpoint, authority: ca.fingerprint });
    expect(probe.vouched).toBe(true);
    expect((await core.call('clusters:probeCertificate', endpoint)).vouched).toBe(false);
    const settings = settingsOf({
      endpoints: [endpoint],
      login: { kind: 'token', tokenId: 'a@pve!b' },
      trust: { authority: ca.fingerprint },
    });
    const tested = await core.call('clusters:testConnection', { clusterId: null, settings, secret: 'c' });
    expect(tested.nodes[0]?.answer?.version).toBe('9.2.11');
  });

  it.each([
    [
      'signed by another of the same name',
      (): ReturnType<typeof signedBy> => signedBy(authority(), ['localhost']),
    ],
    ['for another name', (ca: ReturnType<typeof authority>) => signedBy(ca, ['elsewhere.example'])],
  ])('does not vouch for a certificate that is %s: nothing is sent', async (_name, make) => {
    const { core } = world;
    const ca = authority();
    write(ca.certificate.toString());
    await choose();
    const server = await startServer(json(200, { data: { version: '9.2.11' } }), make(ca));
    const settings = settingsOf({
      endpoints: [{ address: 'localhost', port: server.port }],
      login: { kind: 'token', tokenId: 'a@pve!b' },
      trust: { authority: ca.fingerprint },
    });
    const tested = await core.call('clusters:testConnection', { clusterId: null, settings, secret: 'c' });
    expect(tested.nodes[0]?.error?.code).toBe('untrusted-host');
    expect(server.receivedBytes()).toBe(0);
  });

  it('is none when the file holds none, or one that signs nothing', async () => {
    const leaf = signedBy(authority(), ['localhost']);
    for (const [text, why] of [
      ['hello', /holds no certificate/],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /cannot be read/],
      [leaf.certificate.toString(), /not of an authority/],
      ['x'.repeat(70_000), /larger/],
    ] as const) {
      write(text);
      const failure = await world.core.failure('clusters:chooseAuthority', {});
      expect([failure.code, failure.message]).toEqual(['refused', expect.stringMatching(why)]);
    }
    world.core.openPath = null;
    expect(await choose()).toBeNull();
    const unknown = { ...endpointOf(), authority: leaf.fingerprint };
    expect((await world.core.failure('clusters:probeCertificate', unknown)).code).toBe('not-found');
  });
});

describe('a certificate that changed', () => {
  it('is told apart by its signature: renewed by the authority of the cluster, or by another of the same name', async () => {
    const { core, demo } = world;
    const model = world.model(atlas);
    const [node] = model.nodes.values();
    const signer = node?.certificate.signer;
    if (node === undefined || signer === undefined) throw new Error('no authority');
    await world.refresh();
    const signatureAt = async (port: number) =>
      (await core.call('clusters:probeCertificate', { address: '127.0.0.1', port })).signature;
    await vi.waitFor(async () => expect((await signatureAt(endpointOf().port)).by).toBe('authority'));
    expect((await signatureAt(endpointOf().port)).authority?.certificate.sha256).toBe(signer.fingerprint256);
    // A neighbour that is in nobody’s list says nothing about this cluster.
    const alone = await startServer(json(200, {}));
    expect((await signatureAt(alone.port)).by).toBe('unknown');

    const name = { commonName: 'Proxmox Virtual Environment', organisation: 'PVE Cluster Manager CA' };
    const dayMs = 86_400_000;
    const forger = createCertificate({
      subject: name,
      names: [],
      notBeforeMs: 0,
      notAfterMs: Date.now() + dayMs,
    });
    const forged = createCertificate({
      subject: { commonName: 'atlas-1.example.net', organisation: 'Proxmox Virtual Environment' },
      names: ['127.0.0.1'],
      notBeforeMs: Date.now() - dayMs,
      notAfterMs: Date.now() + dayMs,
      authority: { name, key: forger.key },
    });
    const { port } = endpointOf();
    await demo.close();
    await startServer(json(200, {}), forged, port);
    const probe = await core.call('clusters:probeCertificate', { address: '127.0.0.1', port });
    expect([probe.status, probe.signature.by]).toEqual(['changed', 'another']);
    core.answer = async () => false;
    await core.call('clusters:trustCertificate', { address: '127.0.0.1', port, sha256: forged.fingerprint });
    expect(core.questions.at(-1)?.detail).toContain('it is NOT by the authority that this cluster named');
  });
});
