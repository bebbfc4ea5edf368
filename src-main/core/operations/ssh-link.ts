import type { Host } from '../../../src-preload/contract/hosts';
import type { BackendKind, BackendStatus } from '../../../src-preload/contract/inventory';
import type { PlanStep } from '../../../src-preload/contract/operations';
import type { LocalFiles } from '../clusters/local-files';
import { volumeReads } from '../sandbox/volume-fs/read';
import { programsOf } from '../ssh/programs';
import type { FilePool, SessionPool, SshSession } from '../ssh/types';
import type { TransferJournal } from '../transfers/journal';
import type { ActionContext, AnyStepDraft, FileContext, StepDraft, VolumePlace } from './action';
import type { ContextOptions, Link, SendOptions, StepAnswer } from './link';
import { readContext } from './read-context';
import { renderFileStep, sendFileStep } from './sftp-step';

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
  const { foreignFailure } = draft;
  const {
    exitCode,
    stdout,
    stderr,
    durationMs,
    truncated,
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
    // SECURITY: what is streamed is also what is kept when no answer comes, and that is recorded.
    onOutput: foreignFailure === undefined ? options.onOutput : undefined,
    foreign: foreignFailure === undefined ? undefined : true,
  });
  const accepted = leftRunning || draft.acceptExitCodes.includes(exitCode);
  return {
    accepted,
    exitCode: leftRunning ? null : exitCode,
    stdout,
    stderr,
    durationMs,
    ...(foreignFailure === undefined
      ? {}
      : { ...inSandbox(truncated), ...(accepted ? {} : { failure: foreignFailure(exitCode, stderr) }) }),
  };
}

const inSandbox = (truncated: boolean): Pick<StepAnswer, 'confidential' | 'warning'> => ({
  confidential: true,
  ...(truncated ? { warning: 'It said more than 1 MiB; the rest was dropped.' } : {}),
});

export interface SshLinkParts {
  sessions: SessionPool & FilePool;
  /** Of the host, from its inventory. */
  volumePlace: (host: Host, volumeId: string) => Promise<VolumePlace>;
  localFiles: Pick<LocalFiles, 'look'>;
  transfers: TransferJournal;
  /** As the last inventory of the host told. */
  lastKnownStatus: (hostId: string, backend: BackendKind) => Promise<BackendStatus | null>;
}

/** The road's link to a Linux host: commands over its one SSH connection, and changes of files over SFTP on it. */
export async function sshLink(parts: SshLinkParts, host: Host, signal?: AbortSignal): Promise<Link> {
  const { sessions } = parts;
  const session = await sessions.session(host, signal);
  return {
    context: (options) => ({
      ...readContext(session, options, (backend) => parts.lastKnownStatus(host.id, backend)),
      ...fileReads(parts, host, options),
    }),
    render: async (steps) => {
      const commands = steps.flatMap((step) => ('argv' in step ? [step] : []));
      await session.locate([...new Set(commands.flatMap(({ argv }) => programsOf(argv)))]);
      return steps.map((step) =>
        'files' in step ? renderFileStep(step) : renderStep(session, commandOf(step)),
      );
    },
    send: (draft, _step, options) =>
      'files' in draft
        ? sendFileStep(sessions, host, draft, options, parts.transfers)
        : sendOver(session, commandOf(draft), options),
  };
}

/** Fresh reads of the files of sandbox volumes. */
function fileReads(
  { sessions, volumePlace, localFiles }: SshLinkParts,
  host: Host,
  { onRead, signal }: ContextOptions,
): Omit<FileContext, keyof ActionContext> {
  return {
    volumePlace: (volumeId) => volumePlace(host, volumeId),
    chosenFile: (fileId) => localFiles.look(fileId),
    volumeFiles: (place, work) => {
      onRead(host.id);
      return sessions.files(
        host,
        async (files) => work(volumeReads(files, await files.resolve(place.root))),
        signal,
      );
    },
  };
}
