import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../src-preload/contract/hosts';
import type { Plan } from '../../../src-preload/contract/operations';
import { isChange } from '../testing/file-actions';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

/** Many objects under one confirmation, over a real SSH server with a real shell. Objects are files. */
let box: ShellHost;
let test: TestCore;
let host: Host;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-bulk-'));
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

const items = (names: readonly string[]) => names.map((name) => ({ directory, name }));
const bulk = (action: string, names: readonly string[], goOn = true): Promise<Plan> =>
  test.plan(host.id, action, { items: items(names), goOn });
const destroy = (...names: string[]): Promise<Plan> => bulk('zfs.snapshot.destroy', names);
const files = (): string[] => readdirSync(directory).sort();
const put = (...names: string[]): void => names.forEach((name) => writeFileSync(join(directory, name), ''));
const changes = (): string[] => box.commands.filter(isChange);

describe('one action over many objects', () => {
  it('is one plan with the steps of each, one confirmation and one pair of rows', async () => {
    put('a', 'b', 'c', 'other');
    const plan = await destroy('a', 'b', 'c');
    expect(plan).toMatchObject({
      risk: 'destructive',
      target: { name: '3 files' },
      typed: { target: '3 files' },
      blockers: [],
      undo: null,
    });
    expect(plan.consequences[0]).toMatchObject({
      severity: 'loss',
      items: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    });
    const result = await test.run(plan);
    expect(result).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed', text: 'Reading again confirms 3 of 3.' },
      steps: [{ status: 'done' }, { status: 'done' }, { status: 'done' }],
    });
    expect(files()).toEqual(['other']);
    expect(changes()).toEqual(plan.steps.map(({ commandLine }) => commandLine));
    expect(test.questions).toHaveLength(1);
    for (const { commandLine } of plan.steps) expect(test.questions[0]?.detail).toContain(commandLine);
    expect((await test.rows(host.id, result.operationId)).map(({ event }) => event)).toEqual([
      'started',
      'finished',
    ]);
  });

  it('leaves out what cannot be done, and says which and why', async () => {
    put('a', 'c');
    const plan = await destroy('a', 'gone', 'c');
    expect(plan.target.name).toBe('2 files');
    expect(plan.steps).toHaveLength(2);
    expect(plan.consequences.at(-1)).toMatchObject({
      severity: 'warning',
      text: '1 file of 3 cannot be done and is left out.',
      items: [{ name: 'gone: gone is not there.' }],
    });
    expect(await test.run(plan)).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(files()).toEqual([]);
  });

  it('is blocked when nothing of it can be done', async () => {
    const plan = await destroy('x', 'y');
    expect(plan.steps).toEqual([]);
    expect(plan.blockers.map(({ text }) => text)).toEqual(['x is not there.', 'y is not there.']);
    expect((await test.run(plan)).outcome).toBe('refused');
    expect(changes()).toEqual([]);
  });

  it('goes on after a failure with the next object, never with the next step of the failed one', async () => {
    mkdirSync(join(directory, 'a.lock'));
    const result = await test.run(await bulk('zfs.snapshot.rollback', ['a', 'b']));
    expect(result.steps.map(({ status }) => status)).toEqual([
      'done',
      'failed',
      'not-run',
      'done',
      'done',
      'done',
    ]);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('1 of 6 failed');
    expect(result.message).toContain('Reading again confirms 1 of 2.');
    expect(existsSync(join(directory, 'a.two'))).toBe(false);
    expect(existsSync(join(directory, 'b.two'))).toBe(true);
    const [, finished] = await test.rows(host.id, result.operationId);
    expect(finished).toMatchObject({ outcome: 'failed' });
  });

  it('stops at the first failure when asked to', async () => {
    mkdirSync(join(directory, 'a.lock'));
    const result = await test.run(await bulk('zfs.snapshot.rollback', ['a', 'b'], false));
    expect(result.steps.map(({ status }) => status)).toEqual([
      'done',
      'failed',
      'not-run',
      'not-run',
      'not-run',
      'not-run',
    ]);
    expect(existsSync(join(directory, 'b.two'))).toBe(false);
  });

  it('is refused when one of the objects is another by then', async () => {
    put('a', 'b');
    const plan = await destroy('a', 'b');
    rmSync(join(directory, 'b'));
    test.clockOffsetMs += 6_000;
    expect((await test.run(plan)).outcome).toBe('refused');
    expect(files()).toEqual(['a']);
  });

  it('refuses doubles, too many, junk among the items, and actions that take one object', async () => {
    const many = Array.from({ length: 201 }, (_, index) => `f${index}`);
    const bad: [string, Record<string, unknown>][] = [
      ['zfs.snapshot.destroy', { items: items(['a', 'a']), goOn: true }],
      ['zfs.snapshot.destroy', { items: items(many), goOn: true }],
      ['zfs.snapshot.destroy', { items: [], goOn: true }],
      ['zfs.snapshot.destroy', { items: [...items(['a']), { directory, name: '-rf' }], goOn: true }],
      ['zfs.snapshot.destroy', { items: items(['a']), goOn: true, force: true }],
      ['zfs.snapshot.create', { items: items(['a', 'b']), goOn: true }],
    ];
    for (const [action, input] of bad) {
      expect(await test.failure('operations:plan', { hostId: host.id, action, input })).toMatchObject({
        code: 'invalid-request',
      });
    }
    expect(changes()).toEqual([]);
  });
});
