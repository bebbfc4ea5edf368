import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, Request, Response, Result } from '../../../src-preload/contract';
import { createCore } from '../../core/create-core';
import type { FromChild, ToChild } from '../../core/testing/kill-child';
import { startTestCore, type TestCore } from '../../core/testing/test-core';
import { createMachine, type Machine } from '../machine';
import { generateHostKey, startSshServer, type SshServer } from '../server';
import { kvm03Sandboxes } from './kvm-03';
import type { DeviceMapperModel } from './model';

/** The core dies by SIGKILL after each command of a plan on sandbox volumes, over the demo's real SSH server. */
const platform = '00000000-0000-0000-0000-000000000000';
const password = 'correct horse';
let bundle: string;

beforeAll(async () => {
  bundle = mkdtempSync(join(tmpdir(), 'holdfast-dm-kill-'));
  symlinkSync(resolve('node_modules'), join(bundle, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/core/testing/kill-child.ts'),
      outDir: join(bundle, 'out'),
      target: 'node22',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'child.mjs' } },
    },
  });
}, 120_000);
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

interface Box {
  server: SshServer;
  model: DeviceMapperModel;
  sha256: string;
  /** Called after each command that ran. */
  ran: (line: string) => void;
}

async function startBox(): Promise<Box> {
  const { model, tools } = kvm03Sandboxes(Date.now);
  const inner = createMachine({ user: 'admin', tools, nowMs: Date.now });
  const hostKey = generateHostKey();
  const box: Omit<Box, 'server'> = { model, sha256: hostKey.sha256, ran: () => undefined };
  const machine: Machine = {
    ...inner,
    run: (line, stdin) => {
      const result = inner.run(line, stdin);
      box.ran(line);
      return result;
    },
  };
  const server = await startSshServer({ machine, password, hostKey, port: 0, delayMs: () => 0 });
  return Object.assign(box, { server });
}

/** The core of the app in a process of its own, that says yes to every question. */
async function startChild(data: string): Promise<{
  process: ChildProcess;
  call<C extends Channel>(channel: C, request: Request<C>): Promise<Response<C>>;
}> {
  const child = fork(join(bundle, 'out', 'child.mjs'), [data, 'real'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, (result: Result<unknown>) => void>();
  let next = 0;
  const tell = (message: ToChild): boolean => child.send(message);
  await new Promise<void>((done, fail) => {
    child.once('exit', (code) => fail(new Error(`The child ended with ${code}.`)));
    child.on('message', (message: FromChild) => {
      if (message.kind === 'ready') done();
      if (message.kind === 'confirm') tell({ kind: 'answer', confirmed: true });
      if (message.kind === 'result') waiting.get(message.id)?.(message.result as Result<unknown>);
    });
  });
  return {
    process: child,
    async call(channel, request) {
      const id = (next += 1);
      const answered = new Promise<Result<unknown>>((done) => waiting.set(id, done));
      tell({ kind: 'call', id, channel, payload: request });
      const result = await answered;
      if (!result.ok) throw new Error(`${channel}: ${result.error.message} ${result.error.detail ?? ''}`);
      return result.value as Response<typeof channel>;
    },
  };
}

const realCore = (dataDirectory: string): Promise<TestCore> =>
  startTestCore({ dataDirectory, start: createCore });

async function leftovers(core: TestCore, hostId: string): Promise<string[]> {
  const { sandbox } = await core.call('inventory:refresh', { hostId });
  return (sandbox?.volumes ?? [])
    .filter(({ presence }) => presence === 'leftover')
    .map(({ id }) => id.slice('dm:'.length));
}

/** Everything in the kernel on our files that no volume on line accounts for. */
function leaked({ model }: Box): string[] {
  const used = [...model.devices.values()].flatMap(({ snapshot }) =>
    snapshot === null ? [] : [snapshot.base, snapshot.cow],
  );
  return [
    ...[...model.loops.values()].filter((loop) => !used.includes(loop)).map(({ name }) => name),
    ...[...model.devices.keys()].filter((name) => name.startsWith('sbx-flatten-')),
    ...[...model.files.keys()].filter((path) => path.endsWith('.part')),
  ];
}

const plans = [
  {
    action: 'dm.volume.create',
    input: { id: 'new', template: 'ubuntu', size: '512M', team: platform },
    steps: 7,
  },
  { action: 'dm.volume.flatten', input: { id: 'demo-lena', name: 'lena', team: platform }, steps: 10 },
] as const;

describe('SIGKILL of the core in the middle of a plan', () => {
  it.each(plans)(
    '$action: what stays behind after any command is found, named and cleaned',
    async ({ action, input, steps }) => {
      for (let cut = 1; cut <= steps; cut += 1) {
        const data = mkdtempSync(join(tmpdir(), 'holdfast-dm-data-'));
        const box = await startBox();
        box.model.file('/var/lib/holdfast/sandboxes/templates/ubuntu.ext4', {
          sizeBytes: 2 ** 31,
          filesystem: { bytes: 2 ** 31, usedBytes: 2 ** 29, label: 'ubuntu' },
        });
        box.model.file('/var/lib/holdfast/sandboxes/templates/ubuntu.json', {
          text: `{"version":1,"name":"ubuntu","type":"base","vcpus":1,"memoryMib":512,"team":"${platform}"}\n`,
        });
        let core = await realCore(data);
        try {
          const host = await core.addHost(
            { port: box.server.port, user: 'admin', password, sha256: box.sha256 },
            { sudo: true },
          );
          await core.run(
            await core.plan(host.id, 'dm.leftovers.clean', { leftovers: await leftovers(core, host.id) }),
          );
          const more = await leftovers(core, host.id);
          if (more.length > 0)
            await core.run(await core.plan(host.id, 'dm.leftovers.clean', { leftovers: more }));
          const cows = [...box.model.files]
            .filter(([path]) => path.endsWith('.cow'))
            .map(([, inode]) => inode);
          await core.close();

          const child = await startChild(data);
          await child.call('hosts:setSecret', { hostId: host.id, secret: password });
          const plan = await child.call('operations:plan', { hostId: host.id, action, input });
          expect([plan.blockers, plan.steps.length >= steps]).toEqual([[], true]);
          const lines = plan.steps.map(({ commandLine }) => commandLine);
          let count = 0;
          box.ran = (line) => {
            if (!lines.includes(line)) return;
            count += 1;
            if (count === cut) child.process.kill('SIGKILL');
          };
          child
            .call('operations:run', { planId: plan.id, typedTarget: null, typedHost: null })
            .catch(() => undefined);
          await once(child.process, 'exit');
          box.ran = () => undefined;

          core = await realCore(data);
          await core.call('hosts:setSecret', { hostId: host.id, secret: password });
          const rows = await core.allRows(host.id);
          expect([cut, rows.at(-1)?.event, rows.at(-1)?.outcome]).toEqual([cut, 'finished', 'unknown']);
          for (let round = 0; round < 3; round += 1) {
            const left = await leftovers(core, host.id);
            if (left.length === 0) break;
            const cleaned = await core.run(
              await core.plan(host.id, 'dm.leftovers.clean', { leftovers: left }),
            );
            expect([cut, left, cleaned.outcome]).toEqual([cut, left, 'ok']);
          }
          expect([cut, leaked(box)]).toEqual([cut, []]);
          const there = new Set(box.model.files.values());
          expect([cut, cows.filter((inode) => !there.has(inode))]).toEqual([cut, []]);
        } finally {
          await core.close();
          await box.server.close();
          rmSync(data, { recursive: true, force: true });
        }
      }
    },
    240_000,
  );
});
