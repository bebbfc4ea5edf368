import { expect } from 'vitest';
import type { microsandboxActionIds } from '../../../../src-preload/contract/actions/microsandbox';
import { AppError } from '../../../core/errors/app-error';
import type { ActionContext } from '../../../core/operations/action';
import { actions } from '../../../core/operations/actions';
import { microsandbox } from '../../../core/sandbox/microsandbox';
import { readSandbox } from '../../../core/sandbox/read-sandbox';
import { quoteArgv } from '../../../core/ssh/quote';
import { isWhitelisted } from '../../../core/whitelist/catalogue';
import { createMachine } from '../../machine';
import { succeeded } from '../../result';
import { microsandboxTools, raid05Microsandbox } from '../raid-05';

export const nowMs = Date.parse('2026-11-29T01:00:00Z');
export const paths: Record<string, string> = { msb: '/usr/local/bin/msb' };
export type Id = (typeof microsandboxActionIds)[number];

/** Every command is on the whitelist, and none runs as root. @param version what `msb --version` says */
export function demoMsb({ virtualised = true, version = null as string | null } = {}) {
  const model = raid05Microsandbox(nowMs, virtualised);
  const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => nowMs });
  const send = (argv: readonly string[]) => {
    expect(isWhitelisted(argv), argv.join(' ')).toBe(true);
    if (version !== null && argv.join(' ') === 'msb --version') return succeeded(version);
    const [tool = '', ...rest] = argv;
    return machine.run(`LC_ALL=C ${quoteArgv([paths[tool] ?? `/usr/bin/${tool}`, ...rest])}`);
  };
  const context: ActionContext = {
    nowMs: () => nowMs,
    lastKnownStatus: () => Promise.resolve(null),
    read: async (operation, argv, { acceptExitCodes = [0], privileged } = {}) => {
      expect(privileged).toBe(false);
      const result = send(argv);
      if (!acceptExitCodes.includes(result.exitCode)) {
        throw new AppError('command-failed', `${operation} failed.`, { detail: result.stderr });
      }
      return result;
    },
  };
  const read = () =>
    readSandbox([microsandbox], new Map([['msb', '/usr/local/bin/msb']]), async (probe) => {
      expect(probe.privileged).toBe(false);
      return { ok: true, ...send(probe.argv) };
    });
  const operate = async (id: Id, input: Record<string, unknown>) => {
    const action = actions[id].parse(input);
    const plan = await action.plan(context);
    if (plan.blockers.length > 0) return { plan, told: null, verification: null };
    expect((await action.plan(context)).preconditions).toEqual(plan.preconditions);
    const results = plan.steps.map((step) => {
      expect(step.privileged).toBe(false);
      return send(step.argv);
    });
    const bad = results.find(({ exitCode }) => exitCode !== 0);
    const told = bad === undefined ? null : actions[id].explainFailure(bad.exitCode, bad.stderr);
    return { plan, told, verification: await action.verify(context, plan.preconditions) };
  };
  return { model, read, operate };
}

export const blockersOf = ({ plan }: { plan: { blockers: { text: string }[] } }) =>
  plan.blockers.map(({ text }) => text).join(' ');
export const wordsOf = ({ plan }: { plan: { consequences: { text: string }[] } }) =>
  plan.consequences.map(({ text }) => text).join(' ');
