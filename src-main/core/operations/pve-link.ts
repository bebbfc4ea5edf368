import type { Cluster } from '../../../src-preload/contract/clusters';
import type { PlanStep } from '../../../src-preload/contract/operations';
import { AppError, toAppError } from '../errors/app-error';
import { assertNever } from '../errors/assert-never';
import type { AnyStepDraft, ApiContext, ApiStepDraft, OtherCluster } from './action';
import type { ConsoleOpener, Consoles } from '../clusters/consoles';
import type { LocalFiles } from '../clusters/local-files';
import type { ContextOptions, Link, SendOptions, StepAnswer } from './link';
import { missingPrivilege } from '../proxmox/client/answer-errors';
import type { ApiClient } from '../proxmox/client/client';
import { shownParameters, withoutSecrets } from '../proxmox/client/parameters';
import { followCommand, fileAnswer } from '../proxmox/agent-answers';
import { followTask, type TaskEnd } from '../proxmox/client/task';
import { tellProgress } from './transfer-words';
import { taskAnswerSchema } from '../proxmox/client/upid';
import type { ApiCall } from '../proxmox/requests';

function callOf(step: AnyStepDraft): ApiStepDraft {
  if ('call' in step) return step;
  throw new Error('A command cannot be sent to an API.');
}

/** `POST /nodes/pve1/qemu/100/snapshot snapname=before vmstate=1` */
function lineOf(call: ApiCall): string {
  return [call.method, call.path, ...shownOf(call)].join(' ');
}

/** A file stands as curl(1) names one. */
function shownOf({ parameters, hidden, file }: ApiCall): string[] {
  return [...shownParameters(parameters, hidden), ...(file === undefined ? [] : [`filename=@${file.path}`])];
}

function render(step: ApiStepDraft): PlanStep {
  const { call, title, explain, timeoutSeconds } = step;
  return {
    kind: 'pve',
    title,
    method: call.method,
    path: call.path,
    parameters: shownOf(call),
    commandLine: lineOf(call),
    explain,
    needs: call.needs,
    timeoutSeconds,
  };
}

/** What a link to a cluster can reach beside it. */
export interface ApiSurroundings {
  files: LocalFiles;
  consoles: Consoles;
  /** Throws AppError. */
  otherCluster(from: string, clusterId: string): Promise<Omit<OtherCluster, 'get'> & { client: ApiClient }>;
}

/** Fresh reads over one client, for planning and verifying. */
function apiContext(
  client: ApiClient,
  { id: clusterId, login }: Cluster,
  { files, otherCluster }: ApiSurroundings,
  { nowMs, signal, onRead }: ContextOptions,
): ApiContext {
  return {
    login,
    nowMs,
    localFile: (fileId) => files.read(fileId),
    localText: (fileId) => files.readText(fileId),
    otherCluster: async (id) => {
      const { client: there, ...known } = await otherCluster(clusterId, id);
      return {
        ...known,
        get: (operation, path, schema, query) => {
          onRead(id);
          return there.get(path, schema, { operation, query, signal });
        },
      };
    },
    get: (operation, path, schema, query, shown) => {
      onRead(clusterId);
      return client.get(path, schema, { operation, query, shown, signal });
    },
  };
}

/** What the end of a task says, as an answer to its step. */
function answerOf(
  end: TaskEnd,
  login: Cluster['login'],
): Pick<StepAnswer, 'accepted' | 'failure' | 'warning' | 'stderr'> {
  switch (end.kind) {
    case 'ok':
      return { accepted: true, stderr: '' };
    case 'warnings':
      return {
        accepted: true,
        stderr: `TASK WARNINGS: ${end.count}\n`,
        warning: `Its task ended with ${end.count === 1 ? 'a warning' : `${end.count} warnings`}; look at the log.`,
      };
    case 'broken-off':
      return {
        accepted: false,
        stderr: 'TASK ERROR: unexpected status\n',
        failure: 'Its task was stopped, or its worker was killed.',
      };
    case 'failed': {
      const missing = missingPrivilege(end.message);
      return {
        accepted: false,
        stderr: `TASK ERROR: ${end.message}\n`,
        failure:
          missing === null
            ? `Its task failed: ${end.message}`
            : `Its task failed: the ${login.kind === 'token' ? 'token' : 'user'} lacks ${missing.privilege} on ${missing.path}.`,
      };
    }
    default:
      return assertNever(end);
  }
}

async function send(
  client: ApiClient,
  login: Cluster['login'],
  { call, timeoutSeconds, follow }: ApiStepDraft,
  consoles: ConsoleOpener,
  options: SendOptions,
): Promise<StepAnswer> {
  const startedAt = performance.now();
  const since = (): number => performance.now() - startedAt;
  // A change that was not sent yet is cancelled before it; one that was sent is asked to stop by its task.
  if (options.signal.aborted) throw new AppError('cancelled', 'Cancelled before it was sent.');
  let data: unknown;
  try {
    const { operation } = options;
    const { parameters, hidden, file } = call;
    data =
      file === undefined
        ? await client.change(call.method, call.path, { operation, parameters, hidden })
        : await client.upload(call.path, {
            operation,
            parameters,
            file,
            signal: options.signal,
            onProgress: tellProgress(file.sizeBytes, (line) => options.onOutput('stdout', line)),
          });
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'api-failed') throw error;
    // The API itself said no: an answer, which the action may know by its words.
    const stderr = error.detail ?? error.message;
    return {
      accepted: false,
      exitCode: null,
      stdout: '',
      stderr,
      durationMs: since(),
      failure: error.message,
    };
  }
  switch (follow) {
    case 'console':
      return { ...(await openConsole(consoles, client, call, data, options)), durationMs: since() };
    case 'agent-command':
      return {
        ...(await followCommand(client, call.path, data, { timeoutSeconds, signal: options.signal })),
        durationMs: since(),
        confidential: true,
      };
    case 'agent-file':
      return { ...fileAnswer(data), durationMs: since(), confidential: true };
    case 'any':
      return { accepted: true, exitCode: null, stdout: '', stderr: '', durationMs: since() };
    case undefined:
      break;
  }
  const answer = taskAnswerSchema.safeParse(data);
  if (!answer.success) {
    throw new AppError(
      'outcome-unknown',
      'It was answered in a form that Holdfast does not know, so its outcome is unknown.',
    );
  }
  const task = answer.data;
  if (task === null) return { accepted: true, exitCode: null, stdout: '', stderr: '', durationMs: since() };
  const lines: string[] = [];
  const say = (told: string): void => {
    const line = withoutSecrets(told, call.parameters, call.hidden);
    lines.push(line);
    options.onOutput('stdout', `${line}\n`);
  };
  say(task.upid);
  const end = await followTask(client, task, { timeoutSeconds, signal: options.signal, onLog: say });
  return { exitCode: null, stdout: `${lines.join('\n')}\n`, durationMs: since(), ...answerOf(end, login) };
}

type Answered = Omit<StepAnswer, 'durationMs'>;

/** SECURITY: nothing of the answer is shown or kept, for it holds the ticket. */
async function openConsole(
  consoles: ConsoleOpener,
  client: ApiClient,
  call: ApiCall,
  ticket: unknown,
  { operationId }: SendOptions,
): Promise<Answered> {
  const nothing = { exitCode: null, stdout: '', stderr: '' };
  try {
    await consoles.open(client, call, ticket, operationId);
    return { ...nothing, accepted: true };
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (code === 'internal') throw thrown;
    return { ...nothing, accepted: false, failure: `The console could not be opened. ${message}` };
  }
}

/** The road's link to a cluster: calls of its API, each followed to the end of its task. */
export function pveLink(client: ApiClient, cluster: Cluster, surroundings: ApiSurroundings): Link {
  const opener = surroundings.consoles.openerFor(cluster);
  return {
    context: (options) => apiContext(client, cluster, surroundings, options),
    render: async (steps) => steps.map((step) => render(callOf(step))),
    send: (draft, _step, options) => send(client, cluster.login, callOf(draft), opener, options),
  };
}
