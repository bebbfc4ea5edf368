import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import { optionalNumber, optionalText } from '../../../proxmox/loose';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext } from '../../action';
import { nodeNameSchema } from './guest-reads';
import { bindChange, confirmed, info, pendingStill } from './single-change';

const input = z.strictObject({
  node: nodeNameSchema,
  id: z.string().regex(/^[1-9]\d{2,8}-\d{1,9}$/, 'must be the id of a replication job'),
});
type Input = z.infer<typeof input>;

const rowsSchema = z.array(z.object({ id: z.string(), next_sync: optionalNumber, error: optionalText }));
interface Found {
  there: boolean;
  nextSync: number | null;
  error: string | null;
}

async function look(context: ApiContext, { node, id }: Input): Promise<Found> {
  const rows = await context.get(
    'read the state of replication',
    apiPath('/nodes/{node}/replication', { node }),
    rowsSchema,
  );
  const row = rows.find((each) => each.id === id);
  return { there: row !== undefined, nextSync: row?.next_sync ?? null, error: row?.error ?? null };
}

const run = bindChange<Input, Found>({
  id: 'pve.replication.run',
  title: 'Replicate now',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  offer: (subject) =>
    subject.kind === 'replication'
      ? {
          label: 'Replicate now',
          group: 'snapshot',
          excuse:
            subject.job.source === null
              ? 'It is not told where the guest is.'
              : subject.job.enabled
                ? null
                : 'It is switched off.',
          input: { node: subject.job.source ?? '', id: subject.job.id },
          fields: [],
        }
      : null,
  look,
  draft: ({ node, id }, found) => ({
    target: { kind: 'replication job', name: id },
    title: `Replicate ${id} as soon as possible`,
    call: changeCall('POST /nodes/{node}/replication/{id}/schedule_now', { node, id }),
    explain: 'Puts the job at the head of the queue; the scheduler of the node runs it within a minute.',
    consequences: found.error === null ? [] : [info(`Its last run failed: ${found.error}`)],
    blockers: found.there
      ? []
      : [{ text: `Node ${node} has no replication job ${id} (any more).`, remedy: 'Read the list again.' }],
    undo: null,
    restsOn: { there: found.there },
  }),
  judge: ({ id }, found) =>
    found.error === null
      ? confirmed(`${id} is queued.`)
      : pendingStill(`${id} is queued; its last run failed: ${found.error}`),
});

export const replicationActions = { 'pve.replication.run': run } as const;
