import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../../src-preload/contract/audit';
import type { StagedChange } from '../../../../src-preload/contract/changes';
import type { Host } from '../../../../src-preload/contract/hosts';
import { outcomes, type Plan } from '../../../../src-preload/contract/operations';
import { isChange } from '../../testing/file-actions';
import { startShellHost, type ShellHost } from '../../testing/shell-host';
import { startTestCore, type TestCore } from '../../testing/test-core';
import { endingOf, stateAfter } from './staged-changes';
import { mostPending } from './store';

/** Staged changes over the whole road: a real SSH server with a real shell, real SQLite files. Objects are files. */
let box: ShellHost;
let test: TestCore;
let host: Host;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-staged-'));
  box = await startShellHost();
  test = await startTestCore();
  host = await test.addHost(box);
});
afterEach(async () => {
  box.hooks.beforeExec = undefined;
  await test.close();
  await box.close();
  rmSync(directory, { recursive: true, force: true });
});

const input = (name: string) => ({ directory, name });
const put = (name: string): void => writeFileSync(join(directory, name), '');
const files = (): string[] => readdirSync(directory).sort();
const sent = (): string[] => box.commands.filter(isChange);
const brief = (rows: readonly AuditRow[]): string[] =>
  rows.map(({ event, outcome }) => `${event} ${outcome ?? '-'}`);

async function stage(action: string, name: string, note = ''): Promise<StagedChange> {
  const plan = await test.plan(host.id, action, input(name));
  return (await test.call('changes:stage', { planId: plan.id, note })).change;
}
const stageCreate = (name: string, note = '') => stage('zfs.snapshot.create', name, note);
const stageDestroy = (name: string) => stage('zfs.snapshot.destroy', name);
const planOf = ({ id }: StagedChange): Promise<Plan> => test.call('changes:plan', { changeId: id });
const now = async ({ id }: StagedChange): Promise<StagedChange> =>
  (await test.call('changes:read', { changeId: id })).change;
/** The consequence that tells how the new plan compares with the staged one. */
const comparison = (plan: Plan) => plan.consequences.at(-1);

describe('staging a plan', () => {
  it('sends nothing, keeps what was shown and the note, and is a row', async () => {
    put('a');
    const change = await stageDestroy('a');
    expect(change).toMatchObject({
      state: 'pending',
      action: 'zfs.snapshot.destroy',
      target: { kind: 'file', name: 'a' },
      risk: 'destructive',
      hostName: 'box',
      environment: { label: 'Test' },
      stagedBy: 'tester@laptop',
      changedAtMs: null,
      operationId: null,
    });
    expect(sent()).toEqual([]);
    expect(test.questions).toEqual([]);
    const { shown } = await test.call('changes:read', { changeId: change.id });
    expect(shown.commands.map(({ line }) => line)).toEqual([expect.stringContaining('rm -- ')]);
    expect(shown.consequences.map(({ text }) => text)).toContain('The file is lost.');
    expect(brief(await test.rows(host.id, change.id))).toEqual(['staged ok']);
    const noted = await stageCreate('b', '  for Sunday  ');
    expect(noted.note).toBe('for Sunday');
    expect((await test.call('changes:list', {})).changes.map(({ id }) => id)).toEqual([noted.id, change.id]);
    expect(test.events.filter(({ event }) => event === 'changes:changed')).toHaveLength(2);
    expect(await test.call('audit:verify', { sourceId: host.id })).toMatchObject({ ok: true, problems: [] });
  });

  it('is refused while Holdfast is read-only, and at a level that is too low: a row, no change', async () => {
    const plan = await test.plan(host.id, 'zfs.snapshot.create', input('a'));
    await test.call('settings:update', { readOnly: true });
    expect(await test.failure('changes:stage', { planId: plan.id, note: '' })).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('read-only') as string,
    });
    await test.call('settings:update', { readOnly: false });
    const catastrophic = await test.plan(host.id, 'zfs.snapshot.rollback', input('a'));
    await test.call('hosts:update', {
      hostId: host.id,
      settings: {
        name: host.name,
        address: host.address,
        port: host.port,
        user: host.user,
        auth: host.auth,
        sudo: host.sudo,
        environment: host.environment,
        accessLevel: 'operate',
      },
      secret: null,
    });
    expect(await test.failure('changes:stage', { planId: catastrophic.id, note: '' })).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('"administer"') as string,
    });
    expect((await test.call('changes:list', {})).changes).toEqual([]);
    expect(brief(await test.allRows(host.id))).toEqual(['refused refused', 'refused refused']);
    expect(sent()).toEqual([]);
  });

  it('is refused of a plan that ran, is too old or is not known', async () => {
    const ran = await test.plan(host.id, 'zfs.snapshot.create', input('a'));
    await test.run(ran);
    expect(await test.failure('changes:stage', { planId: ran.id, note: '' })).toMatchObject({
      code: 'refused',
    });
    const old = await test.plan(host.id, 'zfs.snapshot.create', input('b'));
    test.clockOffsetMs = 11 * 60_000;
    expect(await test.failure('changes:stage', { planId: old.id, note: '' })).toMatchObject({
      code: 'refused',
    });
    expect(
      await test.failure('changes:stage', { planId: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0001', note: '' }),
    ).toMatchObject({ code: 'not-found' });
    expect((await test.call('changes:list', {})).changes).toEqual([]);
  });

  it('takes no flag that would spare the confirmation, neither with the plan nor with the change', async () => {
    for (const flag of ['confirmed', 'force']) {
      expect(
        await test.failure('operations:plan', {
          hostId: host.id,
          action: 'zfs.snapshot.create',
          input: { ...input('a'), [flag]: true },
        }),
      ).toMatchObject({ code: 'invalid-request' });
      const plan = await test.plan(host.id, 'zfs.snapshot.create', input('a'));
      expect(await test.failure('changes:stage', { planId: plan.id, note: '', [flag]: true })).toMatchObject({
        code: 'invalid-request',
      });
      const run = { planId: plan.id, typedTarget: null, typedHost: null };
      expect(await test.failure('operations:run', { ...run, [flag]: true })).toMatchObject({
        code: 'invalid-request',
      });
    }
    expect(sent()).toEqual([]);
  });

  it('is refused when so many wait, until one is gone', async () => {
    const first = await stageCreate('a');
    const file = new Database(join(test.dataDirectory, 'app.sqlite'));
    file
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO staged_changes (id, host_id, host_kind, host_name, environment, action, title, target_kind,
           target_name, risk, input, shown, state, note, staged_at_ms, staged_by)
         SELECT printf('6f1c2b84-5a0e-4f5e-9a64-%012d', i), host_id, host_kind, host_name, environment, action, title,
           target_kind, target_name, risk, input, shown, state, note, staged_at_ms, staged_by
         FROM n, staged_changes WHERE id = ?`,
      )
      .run(mostPending - 1, first.id);
    file.close();
    const plan = await test.plan(host.id, 'zfs.snapshot.create', input('b'));
    expect(await test.failure('changes:stage', { planId: plan.id, note: '' })).toMatchObject({
      code: 'limit-reached',
    });
    expect(brief(await test.allRows(host.id))).toEqual(['staged ok']);
    await test.call('changes:discard', { changeId: first.id });
    const { change } = await test.call('changes:stage', { planId: plan.id, note: '' });
    expect(change.state).toBe('pending');
    expect((await test.call('changes:list', {})).changes).toHaveLength(mostPending + 1);
  });

  it('keeps nothing when it cannot be recorded', async () => {
    await stageCreate('a');
    const plan = await test.plan(host.id, 'zfs.snapshot.create', input('b'));
    const audit = new Database(join(test.dataDirectory, 'audit', `${host.id}.sqlite`));
    audit.exec('BEGIN IMMEDIATE');
    try {
      expect(await test.failure('changes:stage', { planId: plan.id, note: '' })).toMatchObject({
        code: 'audit-unavailable',
      });
    } finally {
      audit.exec('ROLLBACK');
      audit.close();
    }
    expect((await test.call('changes:list', {})).changes).toHaveLength(1);
  });
});

describe('applying a staged change', () => {
  it('plans it anew, asks, runs, verifies, and links change and operation', async () => {
    put('a');
    const change = await stageDestroy('a');
    const plan = await planOf(change);
    expect(plan.change).toMatchObject({ id: change.id });
    expect(plan.typed.target).toBe('a');
    expect(comparison(plan)).toMatchObject({
      severity: 'info',
      text: expect.stringContaining('it is the same') as string,
    });
    const result = await test.run(plan);
    expect(result.outcome).toBe('ok');
    expect(files()).toEqual([]);
    expect(test.questions).toHaveLength(1);
    expect(test.questions[0]?.detail).toContain('It was staged');
    const after = await now(change);
    expect(after).toMatchObject({
      state: 'applied',
      operationId: result.operationId,
      message: result.message,
    });
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished ok']);
    expect(rows[0]?.message).toContain(change.id);
    const own = await test.rows(host.id, change.id);
    expect(brief(own)).toEqual(['staged ok', 'applied ok']);
    expect(own[1]?.message).toContain(result.operationId);
    expect(await test.failure('changes:plan', { changeId: change.id })).toMatchObject({ code: 'conflict' });
    expect(await test.call('audit:verify', { sourceId: host.id })).toMatchObject({ ok: true, problems: [] });
  });

  it('never replays what was staged: what is there now is planned, and what differs is said', async () => {
    const change = await stageDestroy('gone');
    const { shown } = await test.call('changes:read', { changeId: change.id });
    expect(shown.blockers.map(({ text }) => text)).toEqual(['gone is not there.']);
    put('gone');
    const plan = await planOf(change);
    expect(plan.blockers).toEqual([]);
    expect(comparison(plan)).toMatchObject({
      severity: 'warning',
      text: expect.stringContaining('what stands in its way has changed') as string,
      items: [{ name: '− gone is not there.' }],
    });
    expect((await test.run(plan)).outcome).toBe('ok');
    expect(files()).toEqual([]);
  });

  it('stays pending when the dialog is cancelled, the name is wrong, or it is read-only by then', async () => {
    put('a');
    const change = await stageDestroy('a');
    test.answer = async () => false;
    expect((await test.run(await planOf(change))).outcome).toBe('cancelled');
    expect(await now(change)).toMatchObject({ state: 'pending', message: expect.any(String) as string });
    test.answer = async () => true;
    expect((await test.run(await planOf(change), { target: 'b' })).outcome).toBe('refused');
    expect((await now(change)).state).toBe('pending');
    const plan = await planOf(change);
    await test.call('settings:update', { readOnly: true });
    expect((await test.run(plan)).outcome).toBe('refused');
    expect((await now(change)).state).toBe('pending');
    expect(sent()).toEqual([]);
    expect(files()).toEqual(['a']);
    // Each try is a row; of the change itself nothing has come yet.
    expect(brief(await test.rows(host.id, change.id))).toEqual(['staged ok']);
  });

  it('of a catastrophic one takes both names', async () => {
    const change = await stage('zfs.snapshot.rollback', 'a');
    const plan = await planOf(change);
    expect(plan.typed).toEqual({ target: 'a', host: 'box' });
    expect((await test.run(plan, { host: null })).outcome).toBe('refused');
    expect((await now(change)).state).toBe('pending');
    expect(sent()).toEqual([]);
    expect((await test.run(await planOf(change))).outcome).toBe('ok');
    expect((await now(change)).state).toBe('applied');
  });

  it('that the tool refuses has failed, with its reason, and is never called applied', async () => {
    put('a.lock');
    const change = await stage('zfs.snapshot.rollback', 'a');
    const result = await test.run(await planOf(change));
    expect(result.outcome).toBe('failed');
    expect(await now(change)).toMatchObject({ state: 'failed', message: result.message });
    expect(brief(await test.rows(host.id, change.id))).toEqual(['staged ok', 'applied failed']);
    expect(await test.failure('changes:plan', { changeId: change.id })).toMatchObject({ code: 'conflict' });
  });

  it('whose host changed after the plan sends nothing and stays pending', async () => {
    put('a');
    const change = await stageDestroy('a');
    const plan = await planOf(change);
    test.clockOffsetMs = 6_000;
    test.answer = async () => {
      // Both are there at once, so that the new one cannot get the inode of the old.
      put('other');
      renameSync(join(directory, 'other'), join(directory, 'a'));
      return true;
    };
    expect((await test.run(plan)).outcome).toBe('refused');
    expect(sent()).toEqual([]);
    expect((await now(change)).state).toBe('pending');
  });

  it('whose connection drops is unknown, and settled once the host was read', async () => {
    const change = await stageCreate('a');
    const plan = await planOf(change);
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command)) return;
      box.setDown(true);
      await new Promise(() => undefined);
    };
    expect((await test.run(plan)).outcome).toBe('unknown');
    expect((await now(change)).state).toBe('unknown');
    expect(await test.failure('changes:plan', { changeId: change.id })).toMatchObject({ code: 'conflict' });
    box.hooks.beforeExec = undefined;
    box.setDown(false);
    put('a');
    await test.call('hosts:connect', { hostId: host.id });
    await expect.poll(async () => (await now(change)).state, { timeout: 10_000 }).toBe('applied');
    expect(brief(await test.rows(host.id, change.id))).toEqual([
      'staged ok',
      'applied unknown',
      'applied ok',
    ]);
  });

  it('is not staged a second time by its own plan', async () => {
    const change = await stageCreate('a');
    const plan = await planOf(change);
    expect(await test.failure('changes:stage', { planId: plan.id, note: '' })).toMatchObject({
      code: 'refused',
    });
  });
});

describe('two at once', () => {
  it('push once: the second is told of the conflict, whichever plan it has', async () => {
    const change = await stageCreate('a');
    const [one, other] = await Promise.all([planOf(change), planOf(change)]);
    let answer = (_yes: boolean): void => undefined;
    test.answer = () => new Promise((resolve) => (answer = resolve));
    const first = test.run(one);
    await expect.poll(async () => (await now(change)).state).toBe('applying');
    for (const plan of [one, other]) {
      expect(
        await test.failure('operations:run', { planId: plan.id, typedTarget: null, typedHost: null }),
      ).toMatchObject({ code: 'conflict', message: expect.stringContaining('being applied') as string });
    }
    expect(await test.failure('changes:discard', { changeId: change.id })).toMatchObject({
      code: 'conflict',
    });
    await expect.poll(() => test.questions.length).toBe(1);
    answer(true);
    expect((await first).outcome).toBe('ok');
    expect(
      await test.failure('operations:run', { planId: other.id, typedTarget: null, typedHost: null }),
    ).toMatchObject({ code: 'conflict', message: expect.stringContaining('already') as string });
    expect(sent()).toHaveLength(1);
    expect(test.questions).toHaveLength(1);
  });

  it('push once, in whatever order they come', async () => {
    for (let round = 0; round < 4; round += 1) {
      const change = await stageCreate(`f${round}`);
      const plans = await Promise.all([planOf(change), planOf(change), planOf(change)]);
      const ends = await Promise.allSettled(plans.map((plan) => test.run(plan)));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await now(change)).state).toBe('applied');
      expect(sent()).toHaveLength(round + 1);
    }
  });
});

describe('discarding and clearing', () => {
  it('takes a pending one out of the way for good, with a row', async () => {
    const change = await stageCreate('a');
    const plan = await planOf(change);
    expect((await test.call('changes:discard', { changeId: change.id })).change.state).toBe('discarded');
    expect(brief(await test.rows(host.id, change.id))).toEqual(['staged ok', 'discarded cancelled']);
    expect(await test.failure('changes:discard', { changeId: change.id })).toMatchObject({
      code: 'conflict',
    });
    // Also a plan that was made before does not run any more.
    expect(
      await test.failure('operations:run', { planId: plan.id, typedTarget: null, typedHost: null }),
    ).toMatchObject({ code: 'conflict' });
    expect(sent()).toEqual([]);
    const waiting = await stageCreate('b');
    expect(await test.call('changes:clear', {})).toEqual({ cleared: 1 });
    expect((await test.call('changes:list', {})).changes.map(({ id }) => id)).toEqual([waiting.id]);
    expect(await test.failure('changes:read', { changeId: change.id })).toMatchObject({ code: 'not-found' });
  });

  it('happens to all that waits for a host that is removed', async () => {
    const change = await stageCreate('a');
    await test.call('hosts:remove', { hostId: host.id });
    expect(await now(change)).toMatchObject({
      state: 'discarded',
      message: expect.stringContaining('was removed') as string,
    });
    expect(brief(await test.rows(host.id, change.id))).toEqual(['staged ok', 'discarded cancelled']);
  });
});

describe('where a try leaves its change', () => {
  it('is applied, failed or unknown when something was sent, and pending when nothing was', () => {
    for (const outcome of outcomes) {
      const [unsent, done] = [stateAfter({ outcome, sent: false }), stateAfter({ outcome, sent: true })];
      if (outcome === 'ok' || outcome === 'warning') expect([unsent, done]).toEqual(['applied', 'applied']);
      else if (outcome === 'unknown') expect([unsent, done]).toEqual(['unknown', 'unknown']);
      else expect([unsent, done]).toEqual(['pending', 'failed']);
    }
  });

  it('is read from the audit, and only a row “started” means that something may have been sent', () => {
    const row = fc.record({
      event: fc.constantFrom('refused' as const, 'cancelled' as const),
      outcome: fc.constantFrom('refused' as const, 'cancelled' as const),
      message: fc.string(),
      commands: fc.constant(''),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 3 }), (rows) => {
        const ending = endingOf(rows);
        expect(ending).not.toBe('not-known-yet');
        if (ending !== 'not-known-yet') expect(stateAfter(ending)).toBe('pending');
      }),
    );
    const started = { event: 'started' as const, outcome: null, message: '', commands: 'rm a' };
    expect(endingOf([started])).toBe('not-known-yet');
    const finished = (outcome: 'ok' | 'refused' | 'unknown', commands: string) =>
      endingOf([started, { event: 'finished', outcome, message: 'so', commands }]);
    expect(finished('ok', 'rm a')).toEqual({ outcome: 'ok', message: 'so', sent: true });
    expect(finished('refused', '')).toEqual({ outcome: 'refused', message: 'so', sent: false });
    expect(finished('unknown', '')).toEqual({ outcome: 'unknown', message: 'so', sent: false });
  });
});
