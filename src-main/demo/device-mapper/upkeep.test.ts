import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Automation } from '../../../src-preload/contract/automations';
import type { StagedChange } from '../../../src-preload/contract/changes';
import { createCore } from '../../core/create-core';
import { startTestCore, type TestCore } from '../../core/testing/test-core';
import { createMachine, type Machine } from '../machine';
import { generateHostKey, startSshServer, type SshServer } from '../server';
import { kvm03Sandboxes } from './kvm-03';

/** Upkeep of device-mapper sandboxes (W5, W8, W38): due at the first reading after a start, staged, run by a person. */
const password = 'correct horse';
const templates = '/var/lib/holdfast/sandboxes/templates';
const mebibyte = 1024 ** 2;
const changing = /\/(?:truncate|e2fsck|resize2fs|rm|dmsetup remove|losetup -d) /;
let data: string;
let server: SshServer;
let sent: string[];
let world: ReturnType<typeof kvm03Sandboxes>;
let core: TestCore;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'holdfast-dm-upkeep-'));
  sent = [];
  world = kvm03Sandboxes(Date.now);
  addTemplate('small');
  const inner = createMachine({ user: 'admin', tools: world.tools, nowMs: Date.now });
  const machine: Machine = {
    ...inner,
    run: (line, stdin) => {
      sent.push(line);
      return inner.run(line, stdin);
    },
  };
  const hostKey = generateHostKey();
  server = await startSshServer({ machine, password, hostKey, port: 0, delayMs: () => 0 });
  core = await startTestCore({ dataDirectory: data, start: createCore });
  await core.addHost({ port: server.port, user: 'admin', password, sha256: hostKey.sha256 }, { sudo: true });
});
afterEach(async () => {
  await core.close();
  await server.close();
  rmSync(data, { recursive: true, force: true });
});

/** Stored compact, as flattening leaves them (W7). */
function addTemplate(name: string): void {
  world.model.file(`${templates}/${name}.ext4`, {
    sizeBytes: 700 * mebibyte,
    filesystem: { bytes: 700 * mebibyte, usedBytes: 400 * mebibyte, label: name },
  });
  world.model.file(`${templates}/${name}.json`, {
    text: `{"version":1,"name":"${name}","type":"snapshot","vcpus":1,"memoryMib":512,"team":"00000000-0000-0000-0000-000000000000"}\n`,
  });
}

const hostOf = async (): Promise<string> => (await core.call('hosts:list', {})).hosts[0]?.host.id ?? '';
const pending = async (): Promise<StagedChange[]> =>
  (await core.call('changes:list', {})).changes.filter(({ state }) => state === 'pending');
const rules = async (): Promise<Automation[]> => (await core.call('automations:list', {})).automations;
const leftovers = async (hostId: string): Promise<string[]> =>
  ((await core.call('inventory:read', { hostId })).inventory?.sandbox?.volumes ?? []).flatMap(
    ({ id, presence }) => (presence === 'leftover' ? [id.slice('dm:'.length)] : []),
  );

async function rule(hostId: string, action: string, input: Record<string, unknown>): Promise<void> {
  const plan = await core.plan(hostId, action, input);
  expect(plan.blockers).toEqual([]);
  const { change } = await core.call('changes:stage', { planId: plan.id, note: '' });
  await core.call('automations:create', {
    ...{ changeId: change.id, name: action, sameGuests: false, allDue: true },
    trigger: { kind: 'contact', hostId },
  });
  await core.call('changes:discard', { changeId: change.id });
}

/** Holdfast is closed and started again, and the host is read once. */
async function startAgain(): Promise<string> {
  await core.close();
  core = await startTestCore({ dataDirectory: data, start: createCore });
  const hostId = await hostOf();
  await core.call('hosts:setSecret', { hostId, secret: password });
  sent.length = 0;
  await core.call('inventory:refresh', { hostId });
  return hostId;
}

it('is staged at the first reading after a start for all that is due then, and runs when a person says so', async () => {
  const hostId = await hostOf();
  await core.call('inventory:refresh', { hostId });
  await rule(hostId, 'dm.template.expand', { name: 'small' });
  await rule(hostId, 'dm.leftovers.clean', { leftovers: (await leftovers(hostId)).slice(0, 1) });
  addTemplate('another');
  await core.call('inventory:refresh', { hostId });
  // It was read before the rules were made.
  expect((await rules()).map(({ lastMessage }) => lastMessage)).toEqual([null, null]);

  await startAgain();
  await expect.poll(pending).toHaveLength(2);
  const due = new Map((await pending()).map((change) => [change.action, change]));
  expect(due.get('dm.template.expand')).toMatchObject({
    target: { name: '2 templates' },
    note: 'Staged at the first reading since Holdfast was started.',
    stagedBy: 'automation “dm.template.expand”',
  });
  expect(due.get('dm.leftovers.clean')?.target.name).toBe(`${(await leftovers(hostId)).length} leftovers`);
  expect(sent.filter((line) => changing.test(line))).toEqual([]);
  expect(core.questions).toEqual([]);

  for (const { id } of [...due.values()]) {
    const plan = await core.call('changes:plan', { changeId: id });
    expect(await core.run(plan)).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed' },
    });
  }
  expect(sent.filter((line) => changing.test(line))).toHaveLength(9);
  for (const name of ['small', 'another']) {
    expect(world.model.node(`${templates}/${name}.ext4`).sizeBytes).toBe(20_480 * mebibyte);
  }
  expect([...world.model.devices.keys()].filter((name) => name.includes('flatten'))).toEqual([]);

  await startAgain();
  const words = async () => (await rules()).map(({ lastMessage }) => lastMessage);
  await expect
    .poll(words)
    .toEqual(Array(2).fill('Nothing was due at the first reading since Holdfast was started.'));
  expect(await pending()).toEqual([]);
});

it('is nothing that other actions have, or another host tells', async () => {
  const hostId = await hostOf();
  await core.call('inventory:refresh', { hostId });
  const plan = await core.plan(hostId, 'dm.template.destroy', { name: 'small', asTeam: null });
  const { change } = await core.call('changes:stage', { planId: plan.id, note: '' });
  const request = { changeId: change.id, name: 'Rule', sameGuests: false, allDue: true };
  expect(
    await core.failure('automations:create', { ...request, trigger: { kind: 'contact', hostId } }),
  ).toMatchObject({ code: 'refused', message: expect.stringContaining('No reading tells') as string });
  expect(
    await core.failure('automations:create', {
      ...request,
      trigger: { kind: 'operation', hostId, action: null },
    }),
  ).toMatchObject({ code: 'refused', message: expect.stringContaining('same host') as string });
});
