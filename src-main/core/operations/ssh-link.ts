import type { Host } from '../../../src-preload/contract/hosts';
import type { PlanStep } from '../../../src-preload/contract/operations';
import type { SessionPool, SshSession } from '../ssh/types';
import type { AnyStepDraft, StepDraft } from './action';
import type { Link, SendOptions, StepAnswer } from './link';
import { readContext } from './read-context';

/** Output of a change that is kept, per step; beyond it the transport drops what comes. */
const maxOutputBytes = 1024 * 1024;

/** Every exit code is an answer here: the road judges it by the plan, with the tool's own words at hand. */
const anyExitCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code);

function commandOf(step: AnyStepDraft): StepDraft {
  if ('argv' in step) return step;
  throw new Error('A call of an API cannot be sent over SSH.');
}

function renderStep(session: SshSession, step: StepDraft): PlanStep {
  const { argv, commandLine } = session.render(step.argv, step.privileged ?? true);
  return {
    kind: 'ssh',
    title: step.title,
    argv,
    commandLine,
    explain: step.explain,
    acceptExitCodes: [...step.acceptExitCodes],
    timeoutSeconds: step.timeoutSeconds,
    ...(step.stdin === undefined ? {} : { stdin: step.stdin }),
    ...(step.retry === undefined ? {} : { retry: step.retry }),
  };
}

async function sendOver(session: SshSession, draft: StepDraft, options: SendOptions): Promise<StepAnswer> {
  const {
    exitCode,
    stdout,
    stderr,
    durationMs,
    leftRunning = false,
  } = await session.exec({
    operation: options.operation,
    argv: draft.argv,
    privileged: draft.privileged ?? true,
    mutates: true,
    acceptExitCodes: anyExitCode,
    timeoutSeconds: draft.timeoutSeconds,
    maxOutputBytes,
    detachAfterSeconds: draft.detachAfterSeconds,
    stdin: draft.stdin,
    signal: options.signal,
    onOutput: options.onOutput,
  });
  return {
    accepted: leftRunning || draft.acceptExitCodes.includes(exitCode),
    exitCode: leftRunning ? null : exitCode,
    stdout,
    stderr,
    durationMs,
  };
}

/** The road's link to a Linux host: commands over its one SSH connection. */
export async function sshLink(sessions: SessionPool, host: Host, signal?: AbortSignal): Promise<Link> {
  const session = await sessions.session(host, signal);
  return {
    context: (options) => readContext(session, options),
    render: async (steps) => {
      const commands = steps.map(commandOf);
      await session.locate([...new Set(commands.flatMap(({ argv }) => argv.slice(0, 1)))]);
      return commands.map((step) => renderStep(session, step));
    },
    send: (draft, _step, options) => sendOver(session, commandOf(draft), options),
  };
}
