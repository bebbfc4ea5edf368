import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import { parseUpid } from '../../../proxmox/client/upid';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext } from '../../action';
import { bindChange, confirmed, notThere, pendingStill, warning } from './single-change';

/** F159 */
const input = z.strictObject({
  upid: z
    .string()
    .max(300)
    .refine((text) => parseUpid(text) !== null, 'must be the id of a task'),
});
type Input = z.infer<typeof input>;

const statusSchema = z.object({ status: z.string(), exitstatus: z.string().optional() });

interface Found {
  running: boolean;
  end: string | null;
}

function nodeOf(upid: string): string {
  const task = parseUpid(upid);
  if (task === null) throw new Error('A task without an id.');
  return task.node;
}

async function look(context: ApiContext, { upid }: Input): Promise<Found> {
  const { status, exitstatus } = await context.get(
    'read the state of the task',
    apiPath('/nodes/{node}/tasks/{upid}/status', { node: nodeOf(upid), upid }),
    statusSchema,
  );
  return { running: status === 'running', end: exitstatus ?? null };
}

/** What a task leaves behind when it is cut off, by its type. */
const leftovers: Readonly<Record<string, string>> = {
  vzdump: 'The backup is not finished and is thrown away. The guest may stay locked.',
  qmigrate: 'The guest stays where it is. Disks that were copied already may be left on the other node.',
  vzmigrate: 'The container stays where it is, perhaps stopped. Disks may be left on the other node.',
  qmclone: 'The clone is not finished; its disks may be left.',
  qmrestore: 'The guest is not finished: it may have to be deleted.',
  vzrestore: 'The container is not finished: it may have to be deleted.',
  qmsnapshot: 'The snapshot may be left half made, and the guest locked.',
  imgcopy: 'The upload is not finished.',
};

const stop = bindChange<Input, Found>({
  id: 'pve.task.stop',
  title: 'Stop task',
  backend: null,
  minimumAccess: 'operate',
  risk: 'destructive',
  input,
  offer: (subject) =>
    subject.kind === 'task'
      ? {
          label: 'Stop…',
          group: 'destroy',
          excuse: subject.task.outcome === 'running' ? null : 'It has ended.',
          input: { upid: subject.task.upid },
          fields: [],
        }
      : null,
  look,
  draft: ({ upid }, found) => {
    const task = parseUpid(upid);
    const of = task === null || task.id === '' ? '' : ` of ${task.id}`;
    return {
      target: { kind: 'task', name: `${task?.type ?? 'task'}${of} on ${nodeOf(upid)}` },
      title: `Stop the task ${task?.type ?? ''}${of}`,
      call: changeCall('DELETE /nodes/{node}/tasks/{upid}', { node: nodeOf(upid), upid }),
      explain: 'Sends the worker of the task the signal to end.',
      // F158
      consequences: [
        warning(
          leftovers[task?.type ?? ''] ??
            'What it has done so far stays as it is, perhaps half done. Look at its log afterwards.',
        ),
      ],
      blockers: found.running
        ? []
        : [{ text: 'The task has ended.', remedy: `It says: ${found.end ?? 'nothing'}.` }],
      undo: null,
      restsOn: { running: found.running },
    };
  },
  judge: (_given, found) => {
    if (found.running) return pendingStill('The task has not ended yet.');
    return found.end === 'OK'
      ? notThere('The task had ended by itself before it was stopped.')
      : confirmed('The task has ended.');
  },
});

export const taskActions = { 'pve.task.stop': stop } as const;
