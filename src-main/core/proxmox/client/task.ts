import { z } from 'zod';
import { AppError, toAppError } from '../../errors/app-error';
import type { ApiClient } from './client';
import { apiPath } from './path';
import type { Upid } from './upid';

/** How a task ended. */
export type TaskEnd =
  | { kind: 'ok' }
  | { kind: 'warnings'; count: number }
  | { kind: 'failed'; message: string }
  /** It was stopped, or its worker was killed. */
  | { kind: 'broken-off' };

const statusSchema = z.object({ status: z.enum(['running', 'stopped']), exitstatus: z.string().optional() });
const logSchema = z.array(z.object({ n: z.number(), t: z.string() }));

/** Waits between readings, in milliseconds; the last one repeats. */
const waitsMs = [150, 300, 600, 1_000, 2_000, 3_000];
const linesAtATime = 500;

export function taskEnd(exitstatus: string | undefined): TaskEnd {
  if (exitstatus === undefined || exitstatus === 'unexpected status') return { kind: 'broken-off' };
  if (exitstatus === 'OK') return { kind: 'ok' };
  const warnings = /^WARNINGS: (\d+)$/.exec(exitstatus);
  if (warnings !== null) return { kind: 'warnings', count: Number(warnings[1]) };
  return { kind: 'failed', message: exitstatus };
}

export interface FollowOptions {
  timeoutSeconds: number;
  /** Lines of the task's log as they come, without the last one that repeats its end. */
  onLog: (line: string) => void;
  /** Asks the task to stop, once; it is still followed to its end. */
  signal?: AbortSignal;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** GET /nodes/{node}/tasks/{upid}/status. @throws AppError */
export async function readTaskEnd(client: ApiClient, { node, upid }: Upid): Promise<TaskEnd | null> {
  const { status, exitstatus } = await client.get(
    apiPath('/nodes/{node}/tasks/{upid}/status', { node, upid }),
    statusSchema,
    {
      operation: 'read the state of a task',
    },
  );
  return status === 'running' ? null : taskEnd(exitstatus);
}

/**
 * Follows a task to its end. A reading that fails is tried again until the time is over.
 *
 * @throws AppError `outcome-unknown` when the time is over and it still runs or cannot be read
 */
export async function followTask(client: ApiClient, task: Upid, options: FollowOptions): Promise<TaskEnd> {
  const { timeoutSeconds, onLog, signal } = options;
  const { node, upid } = task;
  const deadline = performance.now() + timeoutSeconds * 1000;
  let nextLine = 0;
  let asked = false;
  let lastError: AppError | null = null;

  const readLog = async (): Promise<void> => {
    const lines = await client.get(apiPath('/nodes/{node}/tasks/{upid}/log', { node, upid }), logSchema, {
      operation: 'read the log of a task',
      query: { start: nextLine, limit: linesAtATime },
    });
    const fresh = lines.filter(({ n }) => n > nextLine);
    for (const { t } of fresh) {
      // An empty log is one line that says so; the last line says again how it ended.
      if (t !== 'no content' && !/^TASK (?:OK|WARNINGS: \d+|ERROR: )/.test(t)) onLog(t);
    }
    // "no content" is line 1 until there is a first one.
    if (!(fresh.length === 1 && fresh[0]?.t === 'no content')) nextLine += fresh.length;
  };

  for (let turn = 0; ; turn += 1) {
    await pause(waitsMs[Math.min(turn, waitsMs.length - 1)] ?? 0);
    try {
      if (signal?.aborted === true && !asked) {
        asked = true;
        await client.change('DELETE', apiPath('/nodes/{node}/tasks/{upid}', { node, upid }), {
          operation: 'stop the task',
        });
      }
      const end = await readTaskEnd(client, task);
      await readLog();
      if (end !== null) return end;
      lastError = null;
    } catch (thrown) {
      lastError = toAppError(thrown);
      if (lastError.code === 'internal') throw lastError;
    }
    if (performance.now() > deadline) {
      throw new AppError(
        'outcome-unknown',
        lastError === null
          ? `The task on ${node} still runs after ${timeoutSeconds} s. It goes on there.`
          : `The task on ${node} could not be followed to its end. ${lastError.message}`,
        { detail: upid, cause: lastError ?? undefined },
      );
    }
  }
}
