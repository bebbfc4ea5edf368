import { z } from 'zod';
import { AppError, toAppError } from '../errors/app-error';
import type { ApiClient } from './client/client';
import { apiPath, type ApiPath } from './client/path';
import { looseFlag, optionalText } from './loose';

const pidSchema = z.object({ pid: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]) });
/** Both streams come decoded (PVE/API2/Qemu/Agent.pm). */
const statusSchema = z.object({
  exited: looseFlag,
  exitcode: z.number().optional(),
  signal: z.number().optional(),
  'out-data': optionalText,
  'err-data': optionalText,
  'out-truncated': looseFlag.optional(),
  'err-truncated': looseFlag.optional(),
});
const fileSchema = z.object({ content: z.string(), truncated: looseFlag.optional() });

/** What came of a call of the guest agent, as an answer to its step. */
export interface AgentAnswer {
  accepted: boolean;
  exitCode: number | null;
  stdout: string;
  stderr: string;
  failure?: string;
  warning?: string;
}

/** Waits between readings, in milliseconds; the last one repeats. */
const waitsMs = [100, 200, 500, 1_000, 2_000];
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const unknownForm = (): AppError =>
  new AppError(
    'outcome-unknown',
    'The guest agent answered in a form that Holdfast does not know, so its outcome is unknown.',
  );

/**
 * Waits for the end of a command that the guest agent started (F145). It cannot be stopped by the agent: cancelling ends
 * the waiting. @throws AppError `outcome-unknown` when it runs on, or is not told
 */
export async function followCommand(
  client: ApiClient,
  path: ApiPath,
  data: unknown,
  { timeoutSeconds, signal }: { timeoutSeconds: number; signal: AbortSignal },
): Promise<AgentAnswer> {
  const started = pidSchema.safeParse(data);
  const place = /^\/nodes\/([^/]+)\/qemu\/(\d+)\//.exec(path);
  if (!started.success || place === null) throw unknownForm();
  const [, node = '', vmid = ''] = place;
  const { pid } = started.data;
  const deadline = performance.now() + timeoutSeconds * 1000;
  let lastError: AppError | null = null;
  for (let turn = 0; performance.now() < deadline && !signal.aborted; turn += 1) {
    await pause(waitsMs[Math.min(turn, waitsMs.length - 1)] ?? 0);
    try {
      const status = await client.get(
        apiPath('/nodes/{node}/qemu/{vmid}/agent/exec-status', { node, vmid }),
        statusSchema,
        { operation: 'ask how the command ended', query: { pid } },
      );
      if (status.exited) return answerOf(status);
      lastError = null;
    } catch (thrown) {
      lastError = toAppError(thrown);
      if (lastError.code === 'internal') throw lastError;
    }
  }
  throw new AppError(
    'outcome-unknown',
    lastError === null
      ? `The command (process ${pid} of guest ${vmid}) ${signal.aborted ? 'was not waited for any longer' : `still runs after ${timeoutSeconds} s`}. It goes on there.`
      : `How the command (process ${pid} of guest ${vmid}) ended could not be read. ${lastError.message}`,
  );
}

function answerOf(status: z.infer<typeof statusSchema>): AgentAnswer {
  const { exitcode = null, signal } = status;
  const cut = status['out-truncated'] === true || status['err-truncated'] === true;
  return {
    accepted: exitcode === 0,
    exitCode: exitcode,
    stdout: status['out-data'] ?? '',
    stderr: status['err-data'] ?? '',
    ...(exitcode === 0
      ? {}
      : {
          failure:
            signal === undefined
              ? `The command ended with exit code ${exitcode ?? 'unknown'}.`
              : `The command was ended by signal ${signal}.`,
        }),
    ...(cut ? { warning: 'It said more than the guest agent keeps; the rest is not shown.' } : {}),
  };
}

/** What `agent/file-read` gave (F146). */
export function fileAnswer(data: unknown): AgentAnswer {
  const file = fileSchema.safeParse(data);
  if (!file.success) throw unknownForm();
  return {
    accepted: true,
    exitCode: null,
    stdout: file.data.content,
    stderr: '',
    ...(file.data.truncated === true
      ? { warning: 'The file is longer than what the guest agent reads at a time; the rest is not shown.' }
      : {}),
  };
}
