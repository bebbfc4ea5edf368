import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostActionId } from '../../../src-preload/contract/operations';
import { createCore } from '../../core/create-core';
import { startTestCore, type TestCore } from '../../core/testing/test-core';

/** The life of a sandbox, by the core over SSH on the demo fleet, as the window asks for it. */

const hostId = 'demo-raid';

describe('a sandbox', () => {
  let data: string;
  let core: TestCore;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdfast-demo-sandbox-'));
    core = await startTestCore({ dataDirectory: data, demo: true, start: createCore });
    await core.call('inventory:refresh', { hostId });
  });
  afterAll(async () => {
    await core.close();
    rmSync(data, { recursive: true, force: true });
  });

  const run = async (action: HostActionId, input: Record<string, unknown>) => {
    const plan = await core.plan(hostId, action, { name: 'journey', ...input });
    expect([action, plan.blockers]).toEqual([action, []]);
    return { plan, result: await core.run(plan) };
  };
  const recorded = async (operationId: string): Promise<string[]> =>
    (await core.rows(hostId, operationId)).map(({ event, action }) => `${event} ${action ?? ''}`);

  it('is made, run in, paused, resumed, stopped, started and removed, and each is recorded', async () => {
    const image = 'python:3.13-slim';
    const size = { cpus: 1, memory: '512M', rootDisk: '4G', mounts: 'npm-cache:/data:ro' };
    for (const [action, input] of [
      ['msb.sandbox.create', { image, ...size }],
      ['msb.sandbox.exec', { command: 'df', seconds: 20 }],
      ['msb.sandbox.pause', {}],
      ['msb.sandbox.resume', {}],
      ['msb.sandbox.stop', { seconds: 30, atOnce: false }],
      ['msb.sandbox.start', {}],
      ['msb.sandbox.stop', { seconds: 30, atOnce: true }],
      ['msb.sandbox.remove', {}],
    ] as const) {
      const { plan, result } = await run(action, input);
      expect([action, result.outcome, result.message]).toEqual([action, 'ok', result.message]);
      expect(plan.steps[0]).toMatchObject({ argv: expect.not.arrayContaining(['sudo']) });
      expect(await recorded(result.operationId)).toEqual([`started ${action}`, `finished ${action}`]);
    }
    const { sandbox } = await core.call('inventory:refresh', { hostId });
    expect(sandbox?.sandboxes.map(({ name }) => name)).not.toContain('journey');
    expect(sandbox?.volumes.map(({ name }) => name)).toContain('npm-cache');
  });

  it('answers a command to the person who asked, and nothing of it is recorded or told on the way', async () => {
    const words = { name: 'ci-runner-1', seconds: 20 };
    const { plan, result } = await run('msb.sandbox.exec', { ...words, command: 'echo\npa55phrase' });
    expect(plan.typed).toEqual({ target: 'ci-runner-1', host: 'raid-05' });
    expect(result.steps[0]).toMatchObject({ stdout: 'pa55phrase\n', exitCode: 0, confidential: true });
    const [, finished] = await core.rows(hostId, result.operationId);
    expect(finished).toMatchObject({ exitCode: 0, stdoutSnippet: '(11 characters, not recorded)\n' });
    const told = core.events.filter(({ event }) => event === 'operations:progress');
    expect(JSON.stringify(told)).not.toContain('pa55phrase\\n');
  });

  it('lets a command end with its own code, which is no failure of msb, of the shell or of the connection', async () => {
    const words = { name: 'ci-runner-1', seconds: 20 };
    const missing = await run('msb.sandbox.exec', { ...words, command: 'msb' });
    expect(missing.result).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('The command ended with exit code 127. That is its own answer'),
    });
    expect(missing.result.steps[0]).toMatchObject({
      status: 'failed',
      exitCode: 127,
      stderr: 'msb: not found\n',
    });
    const failed = await run('msb.sandbox.exec', { ...words, command: 'cat\n/root/none' });
    expect(failed.result.message).toContain('The command ended with exit code 1.');
    const late = await run('msb.sandbox.exec', { ...words, command: 'sleep\n5', seconds: 1 });
    expect(late.result.message).toContain('msb killed it in the sandbox');
    const rows = JSON.stringify(await core.allRows(hostId));
    for (const said of ['msb: not found', 'No such file']) expect(rows).not.toContain(said);
    expect((await core.rows(hostId, missing.result.operationId)).at(-1)).toMatchObject({ exitCode: 127 });
  });

  it('that was made anew since the plan is not taken for the one that was shown', async () => {
    const plan = await core.plan(hostId, 'msb.sandbox.remove', { name: 'nightly-build' });
    await run('msb.sandbox.remove', { name: 'nightly-build' });
    await run('msb.sandbox.create', {
      ...{ name: 'nightly-build', image: 'ghcr.io/acme/runner:24.11', cpus: 1, memory: '512M' },
      ...{ rootDisk: '4G', mounts: 'build-output:/out' },
    });
    await run('msb.sandbox.stop', { name: 'nightly-build', seconds: 30, atOnce: false });
    core.clockOffsetMs += 6_000;
    expect((await core.run(plan)).outcome).toBe('refused');
    const { sandbox } = await core.call('inventory:refresh', { hostId });
    expect(sandbox?.sandboxes.map(({ name }) => name)).toContain('nightly-build');
  });
});
