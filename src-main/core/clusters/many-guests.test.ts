import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src-preload/contract/operations';
import { HttpError } from '../../demo/proxmox/errors';
import { atlas, startClusterCore, type ClusterCore } from '../testing/cluster-core';

/** Tasks take a twentieth of their time, so that they are seen to run beside each other. */
let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore(0.05);
  await world.refresh();
});
afterEach(() => world.close());

const on = (vmid: number, node: string, type = 'qemu') => ({ type, node, vmid });
const running = [
  on(100, 'atlas-1'),
  on(101, 'atlas-1'),
  on(110, 'atlas-1'),
  on(111, 'atlas-2'),
  on(120, 'atlas-2'),
  on(200, 'atlas-1', 'lxc'),
  on(202, 'atlas-1', 'lxc'),
];
const bulk = (action: string, items: readonly object[], goOn = true): Promise<Plan> =>
  world.core.plan(atlas, action, { items: [...items], goOn });
const shutdown = { timeout: 60, forceStop: false };

/** How many tasks of one kind ran at the same time, at most. */
function mostAtOnce(pattern: RegExp): number {
  const tasks = world
    .model(atlas)
    .tasks.all.filter(({ type, upid }) => pattern.test(type) && upid.includes('holdfast'));
  const moments = tasks.flatMap(({ startedAtMs, endedAtMs = Number.POSITIVE_INFINITY }) => [
    { at: startedAtMs, by: 1 },
    { at: endedAtMs, by: -1 },
  ]);
  let now = 0;
  let most = 0;
  for (const { by } of moments.sort((a, b) => a.at - b.at || a.by - b.by)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

describe('many guests under one plan', () => {
  it(
    'are worked on five at a time, each with a result of its own, in one pair of rows',
    { timeout: 60_000 },
    async () => {
      const plan = await bulk(
        'pve.guest.shutdown',
        running.map((guest) => ({ ...guest, ...shutdown })),
      );
      expect(plan.steps).toHaveLength(7);
      const result = await world.core.run(plan);
      expect(result.outcome).toBe('ok');
      expect(result.steps.map(({ status }) => status)).toEqual(running.map(() => 'done'));
      // What each said stands with it, whatever ran beside it.
      for (const [index, { vmid }] of running.entries())
        expect(result.steps[index]?.stdout).toContain(`:${vmid}:`);
      expect(mostAtOnce(/^(?:qm|vz)shutdown$/)).toBe(5);
      const rows = await world.core.rows(atlas, result.operationId);
      expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
      expect(rows[1]?.commands.split('\n')).toEqual(plan.steps.map(({ commandLine }) => commandLine));
    },
  );

  it('are moved three at a time', { timeout: 60_000 }, async () => {
    const plan = await bulk('pve.guest.migrate', [
      ...[100, 101, 110].map((vmid) => ({ ...on(vmid, 'atlas-1'), target: 'atlas-2' })),
      ...[111, 131].map((vmid) => ({ ...on(vmid, 'atlas-2'), target: 'atlas-1' })),
    ]);
    expect((await world.core.run(plan)).outcome).toBe('ok');
    expect(mostAtOnce(/^qmmigrate$/)).toBe(3);
  });

  it('go on after one failed, or begin no other and say what came of each', { timeout: 60_000 }, async () => {
    for (const vmid of [100, 101]) {
      const guest = world.model(atlas).guests.get(vmid);
      if (guest !== undefined) guest.ignoresShutdown = true;
    }
    const items = running.map((guest) => ({ ...guest, timeout: 10, forceStop: false }));
    const stopped = await world.core.run(await bulk('pve.guest.shutdown', items, false));
    expect(stopped.outcome).toBe('failed');
    const statuses = stopped.steps.map(({ status }) => status);
    expect(statuses.slice(0, 5)).toEqual(['failed', 'failed', 'done', 'done', 'done']);
    // Others took their turn while the first two still waited.
    expect(stopped.message).toContain('Shut down guest: 2 of 7 failed.');
    expect(stopped.message).toMatch(/Done: .*Shut down guest 110/);
    const rest = items.filter((_, index) => statuses[index] !== 'done');
    const goesOn = await world.core.run(await bulk('pve.guest.shutdown', rest, true));
    expect(goesOn.steps.map(({ status }) => status).filter((status) => status === 'not-run')).toEqual([]);
    expect(world.model(atlas).guests.get(202)?.running).toBe(false);
  });

  it(
    'are called off: what is under way is asked to stop and followed, and no other is begun',
    { timeout: 60_000 },
    async () => {
      for (const { vmid } of running) {
        const guest = world.model(atlas).guests.get(vmid);
        if (guest !== undefined) guest.ignoresShutdown = true;
      }
      const plan = await bulk(
        'pve.guest.shutdown',
        running.map((guest) => ({ ...guest, timeout: 3600, forceStop: false })),
      );
      const started = (): number =>
        world
          .model(atlas)
          .tasks.all.filter(({ type, upid }) => /shutdown$/.test(type) && upid.includes('holdfast')).length;
      const before = started();
      const result = world.core.run(plan);
      while (started() < before + 5) await new Promise((done) => setTimeout(done, 20));
      await world.core.call('operations:cancel', { planId: plan.id });
      const { outcome, message, steps } = await result;
      expect(outcome).toBe('cancelled');
      expect(steps.map(({ status }) => status)).toEqual([
        ...Array.from({ length: 5 }, () => 'failed'),
        'not-run',
        'not-run',
      ]);
      expect(started() - before).toBe(5);
      expect(message).toContain('Cancelled before "Shut down guest 200". Failed: Shut down guest 100;');
      expect(message).toContain('Not done: Shut down guest 202.');
    },
  );

  it('are fifty at most', async () => {
    const items = Array.from({ length: 51 }, (_, index) => on(1000 + index, 'atlas-1'));
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.guest.start',
      input: { items, goOn: true },
    });
    expect(failure).toMatchObject({ code: 'invalid-request' });
    expect(failure.message).toContain('at most 50 guests at a time');
  });

  it(
    'with an answer that does not come are unknown, and those beside are told',
    { timeout: 60_000 },
    async () => {
      const plan = await bulk(
        'pve.guest.shutdown',
        running.map((guest) => ({ ...guest, ...shutdown })),
      );
      const model = world.model(atlas);
      const { get } = model.guests;
      // The node of one of them does not answer the one that was asked in time.
      let answers = true;
      model.guests.get = (vmid) => {
        if (vmid !== 110 || !answers) return get.call(model.guests, vmid);
        answers = false;
        throw new HttpError(596, 'Connection timed out', '');
      };
      const result = await world.core.run(plan);
      expect(result.outcome).toBe('unknown');
      expect(result.steps.map(({ status }) => status)).toEqual([
        'done',
        'done',
        'unknown',
        'done',
        'done',
        'not-run',
        'not-run',
      ]);
      expect(result.message).toContain('"Shut down guest 110" was sent and no answer came');
      expect(result.message).toContain(
        'Done: Shut down guest 100; Shut down guest 101; Shut down guest 111;',
      );
      expect(result.message).toContain('Not done: Shut down guest 200; Shut down guest 202.');
    },
  );
});
