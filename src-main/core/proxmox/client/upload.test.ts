import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import { ApiClient, type UploadFile } from './client';
import { apiPath } from './path';
import { closers, json, startServer, type Answering } from './testing/tls-server';

let folder: string;
const clients: ApiClient[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-upload-'));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

async function serverAnd(answer: Answering) {
  const server = await startServer(answer);
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: [{ address: '127.0.0.1', port: server.port, trust: { kind: 'pin', sha256: server.sha256 } }],
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=holdfast@pve!laptop=11111111-2222-3333-4444-555555555555',
    limits: { requestTimeoutMs: 2_000 },
  });
  clients.push(client);
  return { server, client };
}

function fileOf(content: string | Buffer, sizeBytes = content.length): UploadFile {
  const path = join(folder, 'a.iso');
  writeFileSync(path, content);
  return { path, name: 'a.iso', sizeBytes };
}

function send(
  client: ApiClient,
  file: UploadFile,
  signal = new AbortController().signal,
  told: number[] = [],
) {
  return client.upload(
    apiPath('/nodes/{node}/storage/{storage}/upload', { node: 'pve1', storage: 'local' }),
    {
      operation: 'upload the file',
      parameters: { content: 'iso', checksum: 'a=b;c' },
      file,
      signal,
      onProgress: (bytes) => told.push(bytes),
    },
  );
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('It did not fail.');
}

describe('an upload', () => {
  it('sends fields first, then the file, with its length told beforehand', async () => {
    const { server, client } = await serverAnd(json(200, { data: 'UPID:x' }));
    const told: number[] = [];
    const content = 'x'.repeat(2 * 1024 * 1024 + 5);
    expect(await send(client, fileOf(content), undefined, told)).toBe('UPID:x');
    const [request] = server.requests;
    const body = request?.body ?? '';
    expect(Number(request?.headers['content-length'])).toBe(body.length);
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(body.indexOf('name="content"\r\n\r\niso\r\n')).toBeGreaterThan(0);
    expect(body).toContain('name="checksum"\r\n\r\na=b;c\r\n');
    expect(body.indexOf('name="filename"; filename="a.iso"')).toBeGreaterThan(
      body.indexOf('name="checksum"'),
    );
    expect(body).toContain(`\r\n\r\n${content}\r\n--holdfast-`);
    expect(told.at(-1)).toBe(content.length);
  });

  it('that is called off on the way was not made', async () => {
    // The server reads nothing, so that the file cannot be sent whole.
    const { client } = await serverAnd(() => undefined);
    const abort = new AbortController();
    const file = fileOf(Buffer.alloc(64 * 1024 * 1024));
    const told: number[] = [];
    const sending = failure(
      client.upload(apiPath('/nodes/{node}/storage/{storage}/upload', { node: 'pve1', storage: 'local' }), {
        operation: 'upload the file',
        file,
        signal: abort.signal,
        onProgress: (bytes) => {
          told.push(bytes);
          abort.abort();
        },
      }),
    );
    expect((await sending).code).toBe('cancelled');
    expect(told.at(-1)).toBeLessThan(file.sizeBytes);
  });

  it.each([
    ['grows', 'x'.repeat(100), 50],
    ['shrinks', 'x'.repeat(50), 100],
  ])('of a file that %s meanwhile is broken off', async (_name, content, sizeBytes) => {
    const { server, client } = await serverAnd(json(200, { data: 'UPID:x' }));
    const error = await failure(send(client, fileOf(content, sizeBytes)));
    expect(['refused', 'unreachable', 'timed-out']).toContain(error.code);
    expect(server.requests).toEqual([]);
  });

  it('that was sent whole and got no answer is unknown', async () => {
    const { client } = await serverAnd(({ response }) => response.socket?.destroy());
    const error = await failure(send(client, fileOf('hello')));
    expect(error.code).toBe('outcome-unknown');
  });

  it('tells what the API says no to', async () => {
    const { client } = await serverAnd(
      json(
        400,
        { data: null, errors: { filename: 'wrong file extension' } },
        'Parameter verification failed.',
      ),
    );
    const error = await failure(send(client, fileOf('hello')));
    expect([error.code, error.detail]).toEqual([
      'api-failed',
      expect.stringContaining('wrong file extension'),
    ]);
  });
});
