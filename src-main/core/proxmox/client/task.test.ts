import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoClusters, type DemoClusters } from '../../../demo/proxmox/index';
import { ApiClient } from './client';
import { apiPath } from './path';
import { followTask, readTaskEnd } from './task';
import { taskAnswerSchema, type Upid } from './upid';

/** Tasks that take their time, on a real server. */
let demo: DemoClusters;
let client: ApiClient;
beforeEach(async () => {
  demo = await startDemoClusters({ latency: 0.2 });
  const [atlas] = demo.clusters;
  if (atlas === undefined) throw new Error('There is no demo cluster.');
  client = new ApiClient({
    cluster: atlas.name,
    endpoints: atlas.endpoints.map(({ address, port, certificate }) => ({
      address,
      port,
      trust: { kind: 'pin', sha256: certificate.fingerprint256 },
    })),
    allowLoopback: true,
    authorization: async () => `PVEAPIToken=${atlas.tokenId}=${atlas.tokenSecret}`,
  });
});
afterEach(async () => {
  await client.close();
  await demo.close();
});

async function begin(path: string, vmid: number, node: string, parameters = {}): Promise<Upid> {
  const answer = await client.change('POST', apiPath(`/nodes/{node}/qemu/{vmid}${path}`, { node, vmid }), {
    operation: 'start a task',
    parameters,
  });
  const task = taskAnswerSchema.parse(answer);
  if (task === null) throw new Error('It was no task.');
  return task;
}

describe('a task', () => {
  it('is followed to its end, with its log as it comes', async () => {
    const lines: string[] = [];
    const task = await begin('/snapshot', 101, 'atlas-1', { snapname: 'before', vmstate: true });
    expect(await readTaskEnd(client, task)).toBeNull();
    const end = await followTask(client, task, { timeoutSeconds: 60, onLog: (line) => lines.push(line) });
    expect(end).toEqual({ kind: 'ok' });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('TASK OK');
    // Each line once, whatever came between two readings.
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('is unknown when its time is over and it still runs', async () => {
    const task = await begin('/status/shutdown', 130, 'atlas-2', { timeout: 3600 });
    await expect(
      followTask(client, task, { timeoutSeconds: 0.5, onLog: () => undefined }),
    ).rejects.toMatchObject({
      code: 'outcome-unknown',
      message: expect.stringContaining('still runs') as string,
    });
    expect(await readTaskEnd(client, task)).toBeNull();
  });

  it('is asked to stop when it is called off, and followed to that end', async () => {
    const task = await begin('/status/shutdown', 130, 'atlas-2', { timeout: 3600 });
    const called = new AbortController();
    setTimeout(() => called.abort(), 200);
    const end = await followTask(client, task, {
      timeoutSeconds: 30,
      onLog: () => undefined,
      signal: called.signal,
    });
    expect(end).toEqual({ kind: 'broken-off' });
    expect(await readTaskEnd(client, task)).toEqual({ kind: 'broken-off' });
  });

  it('tells its own error, though its call was answered well', async () => {
    const task = await begin('/snapshot', 110, 'atlas-1', { snapname: 'nightly' });
    const end = await followTask(client, task, { timeoutSeconds: 30, onLog: () => undefined });
    expect(end).toEqual({ kind: 'failed', message: expect.stringContaining('already used') as string });
  });

  it('is unknown when the cluster goes away meanwhile', async () => {
    const task = await begin('/status/shutdown', 130, 'atlas-2', { timeout: 3600 });
    await demo.close();
    await expect(
      followTask(client, task, { timeoutSeconds: 1, onLog: () => undefined }),
    ).rejects.toMatchObject({
      code: 'outcome-unknown',
    });
  });
});
