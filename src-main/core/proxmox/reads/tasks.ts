import { z } from 'zod';
import type { ClusterTask } from '../../../../src-preload/contract/clusters';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { taskEnd, type TaskEnd } from '../client/task';

const seconds = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
/** `GET /cluster/tasks`: running rows have neither status nor end. */
export const tasksSchema = z.array(
  z.object({
    upid: z.string(),
    node: z.string(),
    type: z.string(),
    id: z.union([z.string(), z.number()]).transform(String).optional(),
    user: z.string(),
    tokenid: z.string().optional(),
    starttime: seconds,
    endtime: seconds.optional(),
    status: z.string().optional(),
  }),
);

export const taskOutcomes: Readonly<Record<TaskEnd['kind'], ClusterTask['outcome']>> = {
  ok: 'ok',
  warnings: 'warnings',
  failed: 'failed',
  'broken-off': 'broken-off',
};

export function taskOf(row: z.infer<typeof tasksSchema>[number]): ClusterTask {
  const { upid, node, type, id = '', user, tokenid, starttime, endtime, status } = row;
  const running = endtime === undefined;
  return {
    upid,
    node,
    type,
    id,
    user: tokenid === undefined ? user : `${user}!${tokenid}`,
    startedAtMs: starttime * 1000,
    endedAtMs: running ? null : endtime * 1000,
    outcome: running ? 'running' : taskOutcomes[taskEnd(status).kind],
    status: running ? null : (status ?? null),
  };
}

/** Of one node: what runs comes first. A token without Sys.Audit there sees its own. */
export async function readNodeTasks(
  client: ApiClient,
  { node, limit, failed }: { node: string; limit: number; failed: boolean },
  signal: AbortSignal,
): Promise<ClusterTask[]> {
  const rows = await client.get(apiPath('/nodes/{node}/tasks', { node }), tasksSchema, {
    operation: `list the tasks of ${node}`,
    query: { source: 'all', limit, ...(failed ? { errors: true } : {}) },
    signal,
  });
  return rows.map(taskOf).sort((a, b) => b.startedAtMs - a.startedAtMs);
}
