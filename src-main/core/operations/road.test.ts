import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditRow } from '../../../src-preload/contract/audit';
import type { Host } from '../../../src-preload/contract/hosts';
import type { OperationProgress, Plan } from '../../../src-preload/contract/operations';
import { isChange } from '../testing/file-actions';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

/** The whole road over a real SSH server with a real shell and real SQLite files. Objects are files. */
let box: ShellHost;
let test: TestCore;
let host: Host;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-road-'));
  box = await startShellHost();
  test = await startTestCore();
  host = await test.addHost(box);
});
afterEach(async () => {
  box.hooks.beforeExec = undefined;
  box.hooks.beforeExit = undefined;
  await test.close();
  await box.close();
  rmSync(directory, { recursive: true, force: true });
});

const input = (name: string): { directory: string; name: string } => ({ directory, name });
const files = (): string[] => readdirSync(directory).sort();
const create = (name: string): Promise<Plan> => test.plan(host.id, 'zfs.snapshot.create', input(name));
const destroy = (name: string): Promise<Plan> => test.plan(host.id, 'zfs.snapshot.destroy', input(name));
const put = (name: string): void => writeFileSync(join(directory, name), '');
const brief = (rows: readonly AuditRow[]): string[] =>
  rows.map(({ event, outcome }) => `${event} ${outcome ?? '-'}`);
/** Commands that change something, as they arrived. */
const changes = (): string[] => box.commands.filter(isChange);
const phases = (): string[] =>
  test.events
    .filter(({ event }) => event === 'operations:progress')
    .map(({ payload }) => (payload as OperationProgress).phase)
    .filter((phase, index, all) => phase !== all[index - 1]);

describe('an operation from plan to last row', () => {
  it('sends exactly what was shown, is verified and recorded', async () => {
    const plan = await create('a');
    expect(files()).toEqual([]);
    const result = await test.run(plan);
    expect(result).toMatchObject({
      planId: plan.id,
      outcome: 'ok',
      error: null,
      verification: { status: 'confirmed', text: 'a is there.' },
      steps: [{ status: 'done', exitCode: 0 }],
    });
    expect(files()).toEqual(['a']);
    expect(changes()).toEqual(plan.steps.map(({ commandLine }) => commandLine));
    expect(phases()).toEqual(['confirming', 'recording', 'rechecking', 'executing', 'verifying', 'finished']);

    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished ok']);
    for (const row of rows) {
      expect(row).toMatchObject({
        actor: 'tester@laptop',
        hostId: host.id,
        hostName: 'box',
        action: 'zfs.snapshot.create',
        target: 'a',
        risk: 'safe',
        planDigest: plan.digest,
        commands: plan.steps[0]?.commandLine,
      });
    }
    expect(rows[1]).toMatchObject({ exitCode: 0 });
    expect(await test.call('audit:verify', { sourceId: host.id })).toMatchObject({ ok: true, problems: [] });
  });

  it('asks with the words of the plan', async () => {
    put('a');
    const plan = await destroy('a');
    await test.run(plan);
    expect(test.questions).toHaveLength(1);
    expect(test.questions[0]).toMatchObject({
      kind: 'plan',
      title: 'Destroy file on box?',
      message: 'Host: box (127.0.0.1)\nEnvironment: Test\nTarget: file a',
    });
    expect(test.questions[0]?.detail).toContain(`$ ${plan.steps[0]?.commandLine ?? 'no step'}`);
    expect(test.questions[0]?.detail).toMatch(/LOSS: The file is lost\.[\s\S]*Frees its space/);
  });

  it('streams output as it comes', async () => {
    const plan = await test.plan(host.id, 'lvm.snapshot.create', { ...input('slow'), seconds: 0 });
    await test.run(plan);
    const output = test.events.flatMap(({ event, payload }) =>
      event === 'operations:progress' ? [(payload as OperationProgress).output?.chunk ?? ''] : [],
    );
    expect(output.join('')).toBe('waiting\n');
  });
});

describe('cancelling', () => {
  it('in the dialog changes nothing, leaves a row, and the plan may be run again', async () => {
    const plan = await create('a');
    test.answer = async () => false;
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'cancelled', error: null, steps: [{ status: 'not-run' }] });
    expect(files()).toEqual([]);
    expect(changes()).toEqual([]);
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['cancelled cancelled']);
    expect(rows[0]?.commands).toBe('');

    test.answer = async () => true;
    expect((await test.run(plan)).outcome).toBe('ok');
  });

  it('while the dialog is open takes the question back', async () => {
    const plan = await create('a');
    test.answer = (_question, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(false));
        void test.call('operations:cancel', { planId: plan.id });
      });
    const result = await test.run(plan);
    expect(result.outcome).toBe('cancelled');
    expect(changes()).toEqual([]);
  });

  it('when the page goes away ends a question but not a running command', async () => {
    const asked = await create('a');
    const page = new AbortController();
    test.answer = (_question, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(false));
        page.abort();
      });
    const request = { planId: asked.id, typedTarget: null, typedHost: null };
    expect((await test.call('operations:run', request, page.signal)).outcome).toBe('cancelled');

    test.answer = async () => true;
    const running = await create('b');
    const second = new AbortController();
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) second.abort();
    };
    const result = await test.call('operations:run', { ...request, planId: running.id }, second.signal);
    expect(result.outcome).toBe('ok');
    expect(files()).toEqual(['b']);
  });

  it('between two commands does not send the second', async () => {
    const plan = await test.plan(host.id, 'zfs.snapshot.rollback', input('x'));
    box.hooks.beforeExit = async (command) => {
      if (command.includes('x.one')) await test.call('operations:cancel', { planId: plan.id });
    };
    const result = await test.run(plan);
    expect(['cancelled', 'unknown']).toContain(result.outcome);
    expect(result.steps.slice(1).map(({ status }) => status)).toEqual(['not-run', 'not-run']);
    expect(files()).toEqual(['x.one']);
  });

  it('a running command asks it to stop, sends no further one and claims nothing', async () => {
    const plan = await test.plan(host.id, 'lvm.snapshot.create', { ...input('slow'), seconds: 3 });
    const running = test.run(plan);
    await expect.poll(() => changes().length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await test.call('operations:cancel', { planId: plan.id })).toEqual({ accepted: true });
    const result = await running;
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'outcome-unknown' } });
    expect(result.steps.map(({ status, stdout }) => [status, stdout])).toEqual([
      ['unknown', 'waiting\n'],
      ['not-run', ''],
    ]);
    expect(files()).toEqual([]);
    test.clockOffsetMs = 5 * 60_000;
    await test.call('hosts:connect', { hostId: host.id });
    await expect
      .poll(async () => brief(await test.rows(host.id, result.operationId)))
      .toEqual(['started -', 'finished unknown', 'resolved failed']);
  });

  it('of nothing is not accepted', async () => {
    const plan = await create('a');
    expect(await test.call('operations:cancel', { planId: plan.id })).toEqual({ accepted: false });
  });
});

describe('closing Holdfast', () => {
  it('lets a running command end and records it; a question that is open is cancelled', async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'holdfast-closing-'));
    const first = await startTestCore({ dataDirectory });
    const second = await first.addHost(box, { name: 'second' });
    const slow = await first.plan(second.id, 'lvm.snapshot.create', { ...input('slow'), seconds: 1 });
    const asked = await first.plan(second.id, 'zfs.snapshot.create', input('asked'));
    const running = first.run(slow);
    await expect.poll(() => changes().length).toBe(1);
    first.answer = (_question, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(false)));
    const waiting = first.run(asked);
    await expect.poll(() => first.questions.length).toBe(2);
    await first.close();
    expect((await running).outcome).toBe('ok');
    expect((await waiting).outcome).toBe('cancelled');
    expect(files()).toEqual(['slow', 'slow.done']);

    const again = await startTestCore({ dataDirectory });
    const rows = (await again.allRows(second.id)).filter(({ event }) => event !== 'session');
    expect(brief(rows).sort()).toEqual(['cancelled cancelled', 'finished ok', 'started -']);
    await again.close();
    rmSync(dataDirectory, { recursive: true });
  });
});

describe('closing Holdfast on a long command', () => {
  it('leaves it alone, records that its outcome is unknown, and resolves it later', async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'holdfast-closing-'));
    const first = await startTestCore({ dataDirectory });
    const second = await first.addHost(box, { name: 'second' });
    const plan = await first.plan(second.id, 'zfs.snapshot.create', input('late'));
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) await new Promise((resolve) => setTimeout(resolve, 6_000));
    };
    const running = first.run(plan);
    await expect.poll(() => changes().length).toBe(1);
    const startedAt = performance.now();
    await first.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const result = await running;
    expect(result.outcome).toBe('unknown');
    expect(files()).toEqual([]);
    // Its connection is gone; the command goes on, as under sshd.
    await expect.poll(files, { timeout: 8_000 }).toEqual(['late']);

    const again = await startTestCore({ dataDirectory });
    await again.call('hosts:setSecret', { hostId: second.id, secret: box.password });
    expect(brief(await again.rows(second.id, result.operationId))).toEqual(['started -', 'finished unknown']);
    await again.call('hosts:connect', { hostId: second.id });
    await expect
      .poll(async () => brief(await again.rows(second.id, result.operationId)))
      .toEqual(['started -', 'finished unknown', 'resolved ok']);
    await again.close();
    rmSync(dataDirectory, { recursive: true });
  });
});

describe('refusals, each with its row and without any command', () => {
  const expectRefused = async (plan: Plan, words: RegExp, typed = {}): Promise<void> => {
    const before = changes().length;
    const result = await test.run(plan, typed);
    expect(result.outcome).toBe('refused');
    expect(result.message).toMatch(words);
    expect(result.error).toMatchObject({ code: 'refused', message: result.message });
    expect(changes()).toHaveLength(before);
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['refused refused']);
    expect(rows[0]?.message).toBe(result.message);
  };
  const settingsOf = ({
    id: _id,
    demo: _demo,
    createdAtMs: _at,
    ...settings
  }: Host): Omit<Host, 'id' | 'demo' | 'createdAtMs'> => settings;

  it('a plan with a blocker', async () => {
    put('a');
    const plan = await create('a');
    expect(plan.blockers).toHaveLength(1);
    await expectRefused(plan, /a is there already/);
    expect(test.questions).toEqual([]);
  });

  it('the wrong words typed, of target and of host', async () => {
    put('a');
    const plan = await destroy('a');
    expect(plan.typed).toEqual({ target: 'a', host: null });
    for (const target of [null, '', 'A', 'a ', 'b'])
      await expectRefused(plan, /not the name of the target/, { target });

    const worse = await test.plan(host.id, 'zfs.snapshot.rollback', input('x'));
    expect(worse.typed).toEqual({ target: 'x', host: 'box' });
    for (const name of [null, 'Box', 'x'])
      await expectRefused(worse, /not the name of the host/, { host: name });
    expect(test.questions).toEqual([]);
    expect((await test.run(plan)).outcome).toBe('ok');
  });

  it('asks for the host name on destructive plans of production hosts', async () => {
    put('a');
    await test.call('hosts:update', {
      hostId: host.id,
      settings: { ...settingsOf(host), environment: { label: 'Prod', colour: 'red', production: true } },
      secret: null,
    });
    const plan = await destroy('a');
    expect(plan.typed).toEqual({ target: 'a', host: 'box' });
    await expectRefused(plan, /not the name of the host/, { host: null });
  });

  it('an access level that is too low, also when it was lowered while the dialog was open', async () => {
    put('a');
    const lower = (accessLevel: Host['accessLevel']): Promise<Host> =>
      test.call('hosts:update', {
        hostId: host.id,
        settings: { ...settingsOf(host), accessLevel },
        secret: null,
      });
    await lower('operate');
    await expectRefused(await destroy('a'), /needs the access level "administer"/);
    await lower('view');
    await expectRefused(await create('b'), /needs the access level "operate"/);
    expect(test.questions).toEqual([]);
  });

  it('the read-only switch, also when it is switched on while the dialog is open', async () => {
    const plan = await create('a');
    test.answer = async () => {
      await test.call('settings:update', { readOnly: true });
      return true;
    };
    await expectRefused(plan, /read-only/);
    test.questions.length = 0;
    await expectRefused(plan, /read-only/);
    expect(test.questions).toEqual([]);
  });

  it('an old plan', async () => {
    const plan = await create('a');
    test.clockOffsetMs = 10 * 60_000;
    await expectRefused(plan, /older than 10 minutes/);
  });

  it('a plan of a host whose settings changed since', async () => {
    const plan = await create('a');
    await test.call('hosts:update', {
      hostId: host.id,
      settings: { ...settingsOf(host), user: 'someone-else' },
      secret: null,
    });
    await expectRefused(plan, /settings of box were changed/);
  });

  it('a plan of a host whose trusted key was replaced since, also while the dialog was open', async () => {
    put('a');
    const plan = await destroy('a');
    const open = await create('b');
    let other = box;
    const replace = async (): Promise<void> => {
      await box.close();
      // The same address, login and files, as a clone of the machine would have them, and a key of its own.
      other = await startShellHost(box.port);
      await test.call('hosts:trustKey', { address: '127.0.0.1', port: box.port, sha256: other.sha256 });
    };
    test.answer = async ({ kind }) => {
      if (kind === 'plan') await replace();
      return true;
    };
    await expectRefused(plan, /host key that is trusted for box was replaced/);
    test.questions.length = 0;
    await expectRefused(open, /host key that is trusted for box was replaced/);
    expect(test.questions).toEqual([]);
    expect(other.commands).toEqual([]);
    expect(files()).toEqual(['a']);
    test.answer = async () => true;
    expect((await test.run(await destroy('a'))).outcome).toBe('ok');
    box = other;
  });

  it('a plan that a clock set back would make young again', async () => {
    const plan = await create('a');
    test.clockOffsetMs = -60_000;
    await expectRefused(plan, /clock of this laptop was set back/);
    expect(test.questions).toEqual([]);
  });

  it('a second run of a plan, while it runs and after', async () => {
    const plan = await create('a');
    const [first, second] = await Promise.all([test.run(plan), test.run(plan)]);
    expect([first.outcome, second.outcome].sort()).toEqual(['ok', 'refused']);
    await expectRefused(plan, /was run already/);
    expect(changes()).toHaveLength(1);
  });

  it('a confirmation that waited more than 60 seconds for its turn', async () => {
    const slow = await test.plan(host.id, 'lvm.snapshot.create', { ...input('slow'), seconds: 1 });
    const late = await create('late');
    const running = test.run(slow);
    let confirmed = false;
    test.answer = async () => (confirmed = true);
    const waiting = test.run(late);
    await expect.poll(() => confirmed).toBe(true);
    await expect.poll(() => changes().length).toBe(1);
    test.clockOffsetMs = 60_000;
    expect((await running).outcome).toBe('ok');
    const result = await waiting;
    expect(result.outcome).toBe('refused');
    expect(result.message).toMatch(/older than 60 seconds/);
    expect(files()).not.toContain('late');
  });

  it('an action that is not in the catalogue', async () => {
    for (const action of ['rm.everything', 'constructor', 'zfs.snapshot.create ', 'evil\u202Ename']) {
      const error = await test.failure('operations:plan', { hostId: host.id, action, input: input('a') });
      expect(error).toMatchObject({ code: 'refused' });
    }
    const rows = await test.allRows(host.id);
    expect(brief(rows)).toEqual(Array(4).fill('refused refused'));
    expect(rows.map(({ action }) => action)).toContain('evil\\u{202e}name');
    expect(box.commands).toEqual([]);
  });

  it('a plan that nobody knows', async () => {
    const request = { planId: '6f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c', typedTarget: null, typedHost: null };
    expect(await test.failure('operations:run', request)).toMatchObject({ code: 'not-found' });
  });

  it('input that the action does not take: a row, and not one byte to the host', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('directory', 'name', 'extra', '__proto__'), fc.jsonValue()),
        async (junk) => {
          const known = Object.keys(junk).every((key) => key === 'directory' || key === 'name');
          fc.pre(!(known && typeof junk['directory'] === 'string' && typeof junk['name'] === 'string'));
          const error = await test.failure('operations:plan', {
            hostId: host.id,
            action: 'zfs.snapshot.create',
            input: junk,
          });
          expect(error.code).toBe('invalid-request');
        },
      ),
      { numRuns: 60 },
    );
    expect(box.commands).toEqual([]);
    const rows = await test.allRows(host.id);
    expect(rows.length).toBeGreaterThan(40);
    expect(new Set(brief(rows))).toEqual(new Set(['refused refused']));
  });
});

describe('the world that changed since the plan', () => {
  it('is refused after the dialog, with both rows', async () => {
    put('a');
    const plan = await destroy('a');
    test.answer = async () => {
      // The same name, another file: exactly what must not be destroyed on an old yes.
      put('keeps-the-inode');
      renameSync(join(directory, 'a'), join(directory, 'old'));
      put('a');
      test.clockOffsetMs = 6_000;
      return true;
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'refused', error: { code: 'refused' } });
    expect(files()).toEqual(['a', 'keeps-the-inode', 'old']);
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished refused']);
    expect(rows[1]).toMatchObject({ commands: '', exitCode: null });
    expect(rows[1]?.message).toMatch(/host changed since the plan/);
  });

  it('is noticed although the clock was set back by almost all the time that passed', async () => {
    put('a');
    const plan = await destroy('a');
    put('keeps-the-inode');
    renameSync(join(directory, 'a'), join(directory, 'old'));
    put('a');
    const now = performance.now.bind(performance);
    const uptime = vi.spyOn(performance, 'now').mockImplementation(() => now() + 9 * 60_000);
    try {
      expect((await test.run(plan)).outcome).toBe('refused');
    } finally {
      uptime.mockRestore();
    }
    expect(files()).toEqual(['a', 'keeps-the-inode', 'old']);
  });

  it('is noticed at once when it was our own other change', async () => {
    put('a');
    const first = await destroy('a');
    const second = await destroy('a');
    expect((await test.run(first)).outcome).toBe('ok');
    expect((await test.run(second)).outcome).toBe('refused');
    expect(changes()).toHaveLength(1);
  });
});

describe('failures', () => {
  it('of the tool say what it said, with the remedy that the action knows', async () => {
    const plan = await create('a');
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) rmSync(directory, { recursive: true });
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({
      outcome: 'failed',
      steps: [{ status: 'failed', exitCode: 1 }],
      error: { code: 'command-failed', remedy: 'Create the folder.' },
    });
    expect(result.message).toContain('The folder is gone.');
    expect(result.error?.detail).toContain('No such file');
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished failed']);
    expect(rows[1]).toMatchObject({ exitCode: 1 });
    expect(rows[1]?.stderrSnippet).toContain('No such file');
  });

  it('in the middle name what was done and what was not', async () => {
    const plan = await test.plan(host.id, 'zfs.snapshot.rollback', input('x'));
    mkdirSync(join(directory, 'x.lock'));
    const result = await test.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.steps.map(({ status }) => status)).toEqual(['done', 'failed', 'not-run']);
    expect(result.message).toContain('Done before: Create the first.');
    expect(result.message).toContain('Not done: Create the last.');
    expect(files()).toEqual(['x.lock', 'x.one']);
    const rows = await test.rows(host.id, result.operationId);
    expect(rows[0]?.commands.split('\n')).toHaveLength(3);
    expect(rows[1]?.commands.split('\n')).toHaveLength(2);
  });

  it('to reach the host for the re-check send nothing', async () => {
    const plan = await create('a');
    test.answer = async () => {
      box.setDown(true);
      test.clockOffsetMs = 6_000;
      return true;
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'failed', steps: [{ status: 'not-run' }] });
    expect(result.message).toContain('nothing was sent');
    expect(brief(await test.rows(host.id, result.operationId))).toEqual(['started -', 'finished failed']);
    expect(changes()).toEqual([]);
  });
});

describe('a connection that drops during a change', () => {
  it('is read again at once: what is there is ok, and says how it was found', async () => {
    const plan = await create('a');
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) box.drop();
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({
      outcome: 'ok',
      error: null,
      steps: [{ status: 'unknown', exitCode: null }],
    });
    expect(result.message).toContain('No answer came');
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished ok']);
    expect(rows[1]?.message).toBe(result.message);
  });

  it('stays unknown while the effect may still come, and is resolved when it came', async () => {
    const plan = await create('a');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let first = true;
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command) || !first) return;
      first = false;
      box.drop();
      await held;
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'outcome-unknown' } });
    expect(brief(await test.rows(host.id, result.operationId))).toEqual(['started -', 'finished unknown']);
    const state = async (): Promise<number> => {
      const { hosts } = await test.call('hosts:list', {});
      return hosts[0]?.state.unknownOperations ?? -1;
    };
    expect(await state()).toBe(1);

    // Not there, and its time is not over: nothing may be claimed yet.
    await test.call('hosts:connect', { hostId: host.id });
    await create('other');
    expect(await state()).toBe(1);

    // The command was still on its way, as sshd leaves it; now it takes effect.
    put('a');
    release();
    await test.call('hosts:connect', { hostId: host.id });
    await expect.poll(state).toBe(0);
    const rows = await test.rows(host.id, result.operationId);
    expect(brief(rows)).toEqual(['started -', 'finished unknown', 'resolved ok']);
  });

  it('is resolved as failed only once the time of the command is over', async () => {
    const plan = await create('a');
    let first = true;
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command) || !first) return;
      first = false;
      box.drop();
      await new Promise(() => undefined);
    };
    const result = await test.run(plan);
    expect(result.outcome).toBe('unknown');
    test.clockOffsetMs = 5 * 60_000;
    await test.call('hosts:connect', { hostId: host.id });
    await expect
      .poll(async () => brief(await test.rows(host.id, result.operationId)))
      .toEqual(['started -', 'finished unknown', 'resolved failed']);
  });

  it('stays unknown for good when another machine answers in its place', async () => {
    const plan = await create('a');
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) box.setDown(true);
    };
    const result = await test.run(plan);
    expect(result.outcome).toBe('unknown');
    const other = await startShellHost();
    const peer = { address: '127.0.0.1', port: other.port };
    await test.call('hosts:trustKey', { ...peer, sha256: other.sha256 });
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = host;
    await test.call('hosts:update', {
      hostId: host.id,
      settings: { ...settings, port: other.port },
      secret: other.password,
    });
    await test.call('hosts:connect', { hostId: host.id });
    const rows = (): Promise<AuditRow[]> => test.rows(host.id, result.operationId);
    await expect.poll(async () => (await rows()).length).toBe(3);
    expect((await rows())[2]).toMatchObject({ event: 'resolved', outcome: 'unknown' });
    expect((await rows())[2]?.message).toContain('another host key');
    await other.close();
  });

  it('is unknown when the host cannot be read again', async () => {
    const plan = await create('a');
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) box.setDown(true);
    };
    const result = await test.run(plan);
    expect(result.outcome).toBe('unknown');
    expect(result.message).toContain('could not be read again');
    box.setDown(false);
    test.clockOffsetMs = 120_000;
    await expect
      .poll(
        async () => {
          await test.core.call('hosts:connect', { hostId: host.id }, new AbortController().signal);
          return brief(await test.rows(host.id, result.operationId));
        },
        { timeout: 20_000, interval: 500 },
      )
      .toEqual(['started -', 'finished unknown', 'resolved ok']);
  });

  it('is unknown too when a command outlives its time-out', async () => {
    const plan = await test.plan(host.id, 'lvm.snapshot.create', { ...input('slow'), seconds: 12 });
    const result = await test.run(plan);
    expect(result.outcome).toBe('unknown');
    expect(result.steps.map(({ status }) => status)).toEqual(['unknown', 'not-run']);
    expect(existsSync(join(directory, 'slow.done'))).toBe(false);
  });
});

describe('an audit that cannot be written', () => {
  /** Holds the write lock of the host's audit file, as a stuck backup program would. */
  function lockAudit(): () => void {
    const file = new Database(join(test.dataDirectory, 'audit', `${host.id}.sqlite`));
    file.exec('BEGIN IMMEDIATE');
    return () => {
      file.exec('ROLLBACK');
      file.close();
    };
  }

  it('before the change: nothing runs', async () => {
    await create('warm-up').then((plan) => test.run(plan));
    const plan = await create('a');
    const before = changes().length;
    const unlock = lockAudit();
    const error = await test.failure('operations:run', {
      planId: plan.id,
      typedTarget: null,
      typedHost: null,
    });
    unlock();
    expect(error.code).toBe('audit-unavailable');
    expect(changes()).toHaveLength(before);
    expect(files()).toEqual(['warm-up']);
    expect((await test.run(plan)).outcome).toBe('ok');
  });

  it('after the change: says so, shows it as unknown, and records the true end later', async () => {
    const plan = await create('a');
    let unlock = (): void => undefined;
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) unlock = lockAudit();
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'warning', error: { code: 'audit-unavailable' } });
    expect(result.message).toContain('a is there.');
    expect(files()).toEqual(['a']);
    unlock();
    box.hooks.beforeExec = undefined;
    const { hosts } = await test.call('hosts:list', {});
    expect(hosts[0]?.state.unknownOperations).toBe(1);
    expect(brief(await test.rows(host.id, result.operationId))).toEqual(['started -']);

    await test.call('hosts:connect', { hostId: host.id });
    await expect
      .poll(async () => brief(await test.rows(host.id, result.operationId)))
      .toEqual(['started -', 'finished ok']);
  });
});

describe('several at once', () => {
  it('changes of one host go one after another, each recorded before it is sent', async () => {
    let inside = 0;
    let most = 0;
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command)) return;
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 30));
    };
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) inside -= 1;
    };
    const plans = await Promise.all(['a', 'b', 'c', 'd'].map((name) => create(name)));
    const results = await Promise.all(plans.map((plan) => test.run(plan)));
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(most).toBe(1);
    expect(files()).toEqual(['a', 'b', 'c', 'd']);
    const rows = await test.allRows(host.id);
    expect(brief(rows)).toEqual(Array(4).fill(['started -', 'finished ok']).flat());
  });
});
