import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../src-preload/contract/hosts';
import type { OperationResult, Plan } from '../../../src-preload/contract/operations';
import { isChange } from '../testing/file-actions';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';
import { confirmWords } from './confirm-words';
import { planDigest } from './plan-digest';
import { planScript } from './plan-script';
import { asksForAnotherTry } from './send-step';

/** Input, tries and clean-up of steps over a real SSH server with a real shell. */
let box: ShellHost;
let test: TestCore;
let host: Host;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-clean-up-'));
  box = await startShellHost();
  test = await startTestCore();
  host = await test.addHost(box);
});
afterEach(async () => {
  await test.close();
  await box.close();
  rmSync(directory, { recursive: true, force: true });
});

const build = (name: string): Promise<Plan> =>
  test.plan(host.id, 'lvm.snapshot.rollback', { directory, name });
const put = (name: string): void => writeFileSync(join(directory, name), '');
const files = (): string[] => readdirSync(directory).sort();
const tries = (name: string): number => {
  const path = join(directory, `${name}.tries`);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
};
const changes = (): string[] => box.commands.filter(isChange);
const everyLine = (plan: Plan): string[] => [
  ...plan.steps.map(({ commandLine }) => commandLine),
  ...(plan.cleanUp ?? []).map(({ step }) => step.commandLine),
];
async function finishedCommands(result: OperationResult): Promise<string[]> {
  const rows = await test.rows(host.id, result.operationId);
  return rows.at(-1)?.commands.split('\n') ?? [];
}

describe('what a plan shows beyond its commands', () => {
  it('is the input, the tries and the clean-up: in the plan, the dialog, the script and the started row', async () => {
    const plan = await build('a');
    expect(plan.steps[1]).toMatchObject({ stdin: '{"name":"a"}' });
    expect(plan.steps[2]).toMatchObject({ retry: { tries: 5, waitMs: 50 } });
    expect(plan.cleanUp?.map(({ of, after, step }) => [of, after, step.title])).toEqual([
      [1, 'tried', 'Remove the second'],
      [0, 'done', 'Remove the first'],
    ]);
    const { detail } = confirmWords(plan);
    for (const line of everyLine(plan)) expect(detail).toContain(`$ ${line}`);
    expect(detail).toContain('its input: {"name":"a"}');
    expect(detail).toContain(
      'up to 5 times, 50 ms apart, while it says “remove ioctl … Device or resource busy”',
    );
    const script = planScript(plan);
    expect(script).toContain(`printf '%s' '{"name":"a"}' | LC_ALL=C `);
    expect(script).toMatch(/^# {3}Remove the first \(of step 1\): LC_ALL=C \S*rm -- /m);

    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'ok' });
    expect(result.cleanUp).toBeUndefined();
    expect(result.steps.every(({ durationMs }) => durationMs > 0)).toBe(true);
    const [started] = await test.rows(host.id, result.operationId);
    expect(started?.commands.split('\n')).toEqual([
      ...plan.steps.map(({ commandLine }) => commandLine),
      ...(plan.cleanUp ?? []).map(({ step }) => `if it does not end well: ${step.commandLine}`),
    ]);
    expect(readFileSync(join(directory, 'a.two'), 'utf8')).toBe('{"name":"a"}');
  });

  it('is bound by the digest', async () => {
    const plan = await build('a');
    const [first, second, last] = plan.steps;
    expect(planDigest(plan)).toBe(plan.digest);
    const others = [
      { ...plan, cleanUp: plan.cleanUp?.slice(1) },
      { ...plan, steps: [first, { ...second, stdin: 'other' }, last] as Plan['steps'] },
      { ...plan, steps: [first, second, { ...last, retry: undefined }] as Plan['steps'] },
    ];
    for (const other of others) expect(planDigest(other)).not.toBe(plan.digest);
  });
});

describe('trying again', () => {
  it('stops at once when the tool says something else', async () => {
    put('a.broken');
    const result = await test.run(await build('a'));
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result.steps[2]?.tries).toBeUndefined();
    expect(tries('a')).toBe(1);
  });

  it('sends it as often as shown while the device is busy, and records each time', async () => {
    put('a.busy');
    const plan = await build('a');
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result.steps[2]).toMatchObject({ status: 'failed', tries: 5 });
    expect(result.message).toContain('It was tried 5 times.');
    expect(tries('a')).toBe(5);
    const last = plan.steps[2]?.commandLine;
    expect((await finishedCommands(result)).filter((line) => line === last)).toHaveLength(5);
  });

  it('goes on as soon as it works', async () => {
    put('a.busy');
    const plan = await build('a');
    let tried = 0;
    box.hooks.beforeExit = async (command) => {
      if (!command.includes('a.tries')) return;
      tried += 1;
      if (tried === 2) rmSync(join(directory, 'a.busy'));
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'ok' });
    expect(result.steps[2]).toMatchObject({ status: 'done', tries: 3 });
  });

  it('stops when the person stops it, and still cleans up', async () => {
    put('a.busy');
    const plan = await build('a');
    box.hooks.beforeExit = async (command) => {
      if (command.includes('a.tries')) await test.call('operations:cancel', { planId: plan.id });
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'cancelled' });
    expect(tries('a')).toBeLessThan(3);
    expect(files()).toEqual(['a.busy', 'a.tries']);
    expect(result.cleanUp?.map(({ status }) => status)).toEqual(['done', 'done']);
  });

  it('asks only for the very words, on one line', () => {
    const retry = { tries: 5, waitMs: 1, stderrHas: ['remove ioctl', 'Device or resource busy'] };
    const say = (text: string): boolean => asksForAnotherTry(retry, text);
    expect(say('device-mapper: remove ioctl on x  failed: Device or resource busy\nCommand failed.\n')).toBe(
      true,
    );
    expect(say('device-mapper: create ioctl on x  failed: Device or resource busy\nCommand failed.\n')).toBe(
      false,
    );
    expect(say('remove ioctl\nDevice or resource busy\n')).toBe(false);
    expect(say('')).toBe(false);
  });
});

describe('cleaning up', () => {
  it('takes back what was made, newest first, and says so', async () => {
    put('a.broken');
    const plan = await build('a');
    const result = await test.run(plan);
    expect(files()).toEqual(['a.broken', 'a.tries']);
    expect(result.message).toContain('Taken back: Remove the second; Remove the first.');
    expect((await finishedCommands(result)).slice(-2)).toEqual(
      (plan.cleanUp ?? []).map(({ step }) => step.commandLine),
    );
    expect(changes().slice(-2)).toEqual((plan.cleanUp ?? []).map(({ step }) => step.commandLine));
  });

  it('goes on after one of its own commands failed, and names what is left', async () => {
    put('a.broken');
    const plan = await build('a');
    box.hooks.beforeExit = async (command) => {
      if (command.includes('a.tries')) rmSync(join(directory, 'a.two'));
    };
    const result = await test.run(plan);
    expect(result.cleanUp?.map(({ status }) => status)).toEqual(['failed', 'done']);
    expect(result.message).toContain('Could not be taken back: Remove the second.');
    expect(files()).toEqual(['a.broken', 'a.tries']);
  });

  it('takes back only what belongs to the object that failed', async () => {
    put('b.broken');
    const plan = await test.plan(host.id, 'lvm.snapshot.rollback', {
      items: ['a', 'b', 'c'].map((name) => ({ directory, name })),
      goOn: true,
    });
    const result = await test.run(plan);
    expect(result.outcome).toBe('failed');
    expect(files()).toEqual([
      'a.one',
      'a.tries',
      'a.two',
      'b.broken',
      'b.tries',
      'c.one',
      'c.tries',
      'c.two',
    ]);
  });

  it('takes nothing back when no answer came: the command may still run on it', async () => {
    const plan = await build('a');
    box.hooks.beforeExit = async (command) => {
      if (command.includes('a.tries')) box.drop();
    };
    const result = await test.run(plan);
    expect(result).toMatchObject({ outcome: 'ok', steps: [{}, {}, { status: 'unknown' }] });
    expect(result.cleanUp).toBeUndefined();
    expect(files()).toEqual(['a.one', 'a.tries', 'a.two']);
  });

  it('sends nothing that was not shown, wherever it stops', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          busy: fc.boolean(),
          broken: fc.boolean(),
          cancelAt: fc.option(fc.nat(2), { nil: null }),
        }),
        async ({ busy, broken, cancelAt }) => {
          const name = `p${Math.random().toString(36).slice(2, 10)}`;
          if (busy) put(`${name}.busy`);
          if (broken) put(`${name}.broken`);
          const plan = await build(name);
          const before = changes().length;
          const at = cancelAt === null ? null : plan.steps[cancelAt]?.commandLine;
          box.hooks.beforeExit = async (command) => {
            if (command === at) await test.call('operations:cancel', { planId: plan.id });
          };
          await test.run(plan);
          box.hooks.beforeExit = undefined;
          const shown = new Set(everyLine(plan));
          const sent = changes().slice(before);
          expect(sent.length).toBeGreaterThan(0);
          expect(sent.filter((line) => !shown.has(line))).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });
});
