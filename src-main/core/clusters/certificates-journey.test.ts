import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../../demo/proxmox/certificate';
import { atlas, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

const dayMs = 86_400_000;

let world: ClusterCore;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-certificate-'));
  world = await startClusterCore();
  await world.refresh();
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const pem = (name: string, validDays = 300) => {
  const { key, certificate, fingerprint } = createCertificate({
    subject: { commonName: name, organisation: 'Example' },
    names: [name],
    notBeforeMs: Date.now() - 10 * dayMs,
    notAfterMs: Date.now() + validDays * dayMs,
  });
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: certificate.toString(),
    fingerprint,
  };
};

async function choose(content: string, node = 'atlas-2'): Promise<Record<string, unknown>> {
  const path = join(folder, 'chosen.pem');
  writeFileSync(path, content);
  world.core.openPath = path;
  const { offer } = await world.core.call('nodes:chooseCertificate', { clusterId: atlas, node });
  if (offer === null) throw new Error('nothing was chosen');
  expect([offer.action, offer.risk]).toEqual(['pve.certificate.upload', 'catastrophic']);
  return offer.input;
}

/** Of the node itself: that of the authority of its cluster stands before them. */
const shown = async (node: string): Promise<[string, string][]> => {
  const { certificates } = await world.core.call('nodes:certificates', { clusterId: atlas, node });
  return certificates
    .filter(({ file }) => file !== 'pve-root-ca.pem')
    .map(({ file, sha256 }): [string, string] => [file, sha256]);
};

describe('certificates of nodes', () => {
  it('are uploaded with a key that stands nowhere, and say how trust goes on', async () => {
    const { key, certificate, fingerprint } = pem('atlas-2.example.net');
    const { plan, result } = await world.done('pve.certificate.upload', await choose(`${certificate}${key}`));
    expect(plan.risk).toBe('catastrophic');
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-2/certificates/custom certificates=(1 certificate, the first with SHA-256 ${fingerprint}) key=(secret) force=1 restart=1`,
    );
    expect(wordsOf(plan)).toContain(`Its SHA-256: ${fingerprint}`);
    expect(wordsOf(plan)).toContain('sends atlas-2 nothing more until the new one is trusted');
    expect(result.verification.text).toContain('has the new certificate');
    expect(await shown('atlas-2')).toContainEqual(['pveproxy-ssl.pem', fingerprint]);
    const secret = key.split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(40);
    const { entries } = await world.core.call('audit:list', {
      sourceId: atlas,
      filter: { search: '', outcomes: [], action: null, fromMs: null, toMs: null },
      beforeSeq: null,
      limit: 100,
    });
    expect(entries.length).toBeGreaterThan(0);
    expect(JSON.stringify([plan, result, entries, world.core.events])).not.toContain(secret);
    // The node shows it: what was pinned until now is refused, before anything is sent.
    const { address, port } = world.demo.clusters[0]?.endpoints[1] ?? { address: '', port: 0 };
    const probe = await world.core.call('clusters:probeCertificate', { address, port });
    expect(probe.offered.sha256).toBe(fingerprint);
    expect(probe.known?.sha256).not.toBe(fingerprint);
  });

  it.each([
    ['no certificate', () => 'hello', 'holds no certificate'],
    ['no key', () => pem('a').certificate, 'no private key'],
    ['the key of another', () => `${pem('a').certificate}${pem('a').key}`, 'does not belong'],
    [
      'one that is over',
      () => {
        const { certificate, key } = pem('a', -1);
        return `${certificate}${key}`;
      },
      'expired on',
    ],
  ])('are not uploaded: %s', async (_name, content, blocked) => {
    expect(await world.blocked('pve.certificate.upload', await choose(content()))).toContain(blocked);
  });

  it('are not uploaded from files that nobody chose', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const input = { node: 'atlas-1', certificate: id, key: id };
    expect(await world.blocked('pve.certificate.upload', input)).toContain('not chosen in this session');
  });

  it('are renewed by ACME where it is set up', async () => {
    const [, before] = await shown('atlas-2');
    await world.done('pve.certificate.renew', { node: 'atlas-2', force: false });
    const [, after] = await shown('atlas-2');
    expect(after?.[0]).toBe('pveproxy-ssl.pem');
    expect(after?.[1]).not.toBe(before?.[1]);
    // It is new now, so only by force.
    const again = { node: 'atlas-2', force: false };
    expect(await world.blocked('pve.certificate.renew', again)).toContain('30 days or more');
    expect(await world.blocked('pve.certificate.renew', { ...again, node: 'atlas-1' })).toContain(
      'No names for ACME',
    );
  });

  it('are deleted, and the own one is named that comes back', async () => {
    const [own] = await shown('atlas-2');
    const { plan } = await world.done('pve.certificate.delete', { node: 'atlas-2' });
    expect([plan.risk, wordsOf(plan)]).toEqual(['catastrophic', expect.stringContaining(own?.[1] ?? '?')]);
    expect(await shown('atlas-2')).toEqual([own]);
    expect(await world.blocked('pve.certificate.delete', { node: 'atlas-2' })).toContain('no certificate');
  });

  it('offer what can be done to the custom one only', async () => {
    const { certificates } = await world.core.call('nodes:certificates', {
      clusterId: atlas,
      node: 'atlas-2',
    });
    const actions = await Promise.all(
      certificates.map(async (certificate) => [
        ...(await world.offers({ kind: 'certificate', node: 'atlas-2', certificate })).keys(),
      ]),
    );
    expect(actions).toEqual([[], [], ['pve.certificate.renew', 'pve.certificate.delete']]);
  });
});
