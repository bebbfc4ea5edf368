import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { X509Certificate } from 'node:crypto';
import type { CoreStores } from '../src-main/core/assemble-core';
import { ApiClient } from '../src-main/core/proxmox/client/client';
import { describeCertificate } from '../src-main/core/proxmox/client/certificate';
import { apiPath } from '../src-main/core/proxmox/client/path';
import { createCertificate } from '../src-main/demo/proxmox/certificate';
import { startCore } from './core';
import { withFolder } from './folder';
import { resourcesBody } from './guests';
import { ms, pairedRatio, timed, type BenchRow } from './types';

export const serveClustersFlag = '--serve-clusters';
const guests = 200;
/** What a node is taken to need to put together the answer: assumed, and measured on no real one. */
const answerMs = 30;

interface Served {
  ports: number[];
  certificatePem: string;
}

/**
 * The child's side: so many ports, each a node of Proxmox VE that answers what a sync asks and takes uploads. What is
 * uploaded is counted and thrown away.
 */
export async function serveClusters(count: number): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  const now = Date.now();
  const { key, certificate } = createCertificate({
    subject: { commonName: 'pve1', organisation: 'Bench' },
    names: ['localhost', '127.0.0.1'],
    notBeforeMs: now - 86_400_000,
    notAfterMs: now + 86_400_000,
  });
  const answers: Readonly<Record<string, string>> = {
    '/api2/json/cluster/resources': resourcesBody(guests, 3),
    '/api2/json/cluster/status': JSON.stringify({ data: [{ type: 'cluster', quorate: 1 }] }),
    '/api2/json/version': JSON.stringify({ data: { version: '9.2.11' } }),
  };
  const ports: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer(
      { key: key.export({ type: 'pkcs8', format: 'pem' }), cert: certificate.toString() },
      (request, response) => {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => (bytes += chunk.length));
        request.on('end', () => {
          const body =
            request.method === 'POST' ? JSON.stringify({ data: bytes }) : answers[request.url ?? ''];
          setTimeout(
            () => {
              response.writeHead(body === undefined ? 501 : 200, { 'content-type': 'application/json' });
              response.end(body);
            },
            request.method === 'POST' ? 0 : answerMs,
          );
        });
      },
    );
    server.keepAliveTimeout = 120_000;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    ports.push((server.address() as AddressInfo).port);
  }
  process.send?.({ ports, certificatePem: certificate.toString() } satisfies Served);
}

async function withClusters<T>(count: number, work: (served: Served) => Promise<T>): Promise<T> {
  const [script = ''] = process.argv.slice(1);
  const child = fork(script, [serveClustersFlag, String(count)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The simulated clusters ended with code ${String(code)}.`);
    });
    const [served] = (await Promise.race([once(child, 'message'), ended])) as [Served];
    ended.catch(() => undefined);
    return await work(served);
  } finally {
    child.disconnect();
  }
}

async function addClusters(stores: CoreStores, { ports, certificatePem }: Served): Promise<void> {
  const certificate = describeCertificate(new X509Certificate(certificatePem));
  for (const [index, port] of ports.entries()) {
    const id = `cluster-${index}`;
    stores.clusters.add({
      id,
      name: id,
      endpoints: [{ address: '127.0.0.1', port }],
      login: { kind: 'token', tokenId: 'holdfast@pve!bench' },
      trust: 'pin',
      environment: { label: 'Bench', colour: 'teal', production: false },
      accessLevel: 'view',
      // On this computer, as the demo’s are: no other cluster may be.
      demo: true,
      createdAtMs: 1_795_400_000_000 + index,
    });
    stores.certificates.pin('127.0.0.1', port, certificate);
    await stores.credentials.write(id, '11111111-2222-3333-4444-555555555555');
  }
  stores.settings.update({ refreshSeconds: 0, clusterRefreshSeconds: 0 });
}

const clusterCount = 50;

const clusters50: BenchRow = {
  id: 'clusters-50',
  run: () =>
    withClusters(clusterCount, (served) =>
      withFolder(async (folder) => {
        const core = await startCore(join(folder, 'data'), (stores) => addClusters(stores, served));
        const sync = (clusterId: string) => core.call('clusters:refresh', { clusterId });
        const all = () => Promise.all(served.ports.map((_, index) => sync(`cluster-${index}`)));
        try {
          const cold = await timed(all);
          const n = 9;
          const before = process.cpuUsage();
          const { ratio, measuredMs, baselineMs } = await pairedRatio(n, all, () => sync('cluster-0'));
          const { user, system } = process.cpuUsage(before);
          const cpuMs = (user + system) / 1000 / n / (clusterCount + 1);
          return {
            id: 'clusters-50',
            ratio,
            limit: null,
            baseline: 'one of these clusters',
            n,
            note: `${guests} guests each, every answer after ${answerMs} ms, connected: ${ms(measuredMs)} against ${ms(baselineMs)}, ${ms(cpuMs)} of processor for each; the first time, with connecting, ${ms(cold)}`,
          };
        } finally {
          await core.close();
        }
      }),
    ),
};

const run = promisify(execFile);
const gib = 1024 ** 3;
const uploadPath = apiPath('/nodes/{node}/storage/{storage}/upload', { node: 'pve1', storage: 'local' });

const upload1g: BenchRow = {
  id: 'upload-1g',
  run: () =>
    withClusters(1, async ({ ports: [port = 0], certificatePem }) => {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
      const client = new ApiClient({
        cluster: 'bench',
        endpoints: [
          {
            address: '127.0.0.1',
            port,
            trust: { kind: 'pin', sha256: new X509Certificate(certificatePem).fingerprint256 },
          },
        ],
        allowLoopback: true,
        authorization: async () => 'PVEAPIToken=holdfast@pve!bench=11111111-2222-3333-4444-555555555555',
      });
      try {
        const path = join(folder, 'big.iso');
        const file = await open(path, 'w');
        const block = Buffer.alloc(1024 ** 2, 'holdfast ');
        for (let index = 0; index < 1024; index += 1) await file.write(block);
        await file.close();
        const { size } = await stat(path);
        if (size !== gib) throw new Error(`The file has ${size} bytes.`);
        const arrived = (bytes: unknown): void => {
          if (typeof bytes !== 'number' || bytes < gib)
            throw new Error(`Only ${String(bytes)} bytes arrived.`);
        };
        let highest = 0;
        const ours = async () => {
          arrived(
            await client.upload(uploadPath, {
              operation: 'upload the file',
              parameters: { content: 'iso' },
              file: { path, name: 'big.iso', sizeBytes: gib },
              signal: new AbortController().signal,
              onProgress: () => {
                highest = Math.max(highest, process.memoryUsage.rss());
              },
            }),
          );
        };
        const curl = async () => {
          const { stdout } = await run('curl', [
            ...['--silent', '--show-error', '--fail', '--insecure', '--http1.1', '-H', 'Expect:'],
            ...['-F', 'content=iso', '-F', `filename=@${path}`],
            `https://127.0.0.1:${port}/api2/json${uploadPath}`,
          ]);
          arrived((JSON.parse(stdout) as { data: unknown }).data);
        };
        await curl();
        await ours();
        const before = process.memoryUsage.rss();
        highest = before;
        const n = 5;
        const { ratio, measuredMs, baselineMs } = await pairedRatio(n, ours, curl);
        return {
          id: 'upload-1g',
          ratio,
          limit: null,
          baseline: 'curl -F to the same server',
          n,
          note: `1 GiB over TLS on loopback, the server throws it away: ${ms(measuredMs)} against ${ms(baselineMs)}; memory grew by ${Math.round((highest - before) / 1e6)} MB at most`,
        };
      } finally {
        await client.close();
        await rm(folder, { recursive: true, force: true });
      }
    }),
};

export const rows: BenchRow[] = [clusters50, upload1g];
