import { z } from 'zod';
import type { ReplicationJob } from '../../../../src-preload/contract/datacenter';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { readLastLines } from './lines';
import { looseNumber, momentOf, optionalFlag, optionalNumber, optionalText } from '../loose';

export const replicationRowsSchema = z.array(
  z.object({
    id: z.string(),
    guest: looseNumber.optional(),
    source: optionalText,
    target: z.string(),
    schedule: optionalText,
    disable: optionalFlag,
    comment: optionalText,
  }),
);
const statusRowsSchema = z.array(
  z.object({
    id: z.string(),
    last_sync: optionalNumber,
    last_try: optionalNumber,
    next_sync: optionalNumber,
    duration: optionalNumber,
    fail_count: optionalNumber,
    error: optionalText,
  }),
);

/** The jobs of the cluster, with what their nodes say of the last transfers. */
export async function readReplication(
  client: ApiClient,
  onlineNodes: readonly string[],
  signal: AbortSignal,
) {
  const rows = await client.get(apiPath('/cluster/replication'), replicationRowsSchema, {
    operation: 'list the replication jobs',
    signal,
  });
  const unread: { node: string; text: string }[] = [];
  const online = new Set(onlineNodes);
  const sources = new Set(rows.flatMap(({ source }) => source ?? []));
  const told = await Promise.all(
    [...sources].map(async (node) => {
      if (!online.has(node)) {
        unread.push({ node, text: 'It is not online.' });
        return [];
      }
      try {
        return await client.get(apiPath('/nodes/{node}/replication', { node }), statusRowsSchema, {
          operation: 'read the state of replication',
          signal,
        });
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'cancelled') throw error;
        unread.push({ node, text: error.message });
        return [];
      }
    }),
  );
  const states = new Map(told.flat().map((row) => [row.id, row]));
  const jobs = rows.map((row): ReplicationJob => {
    const state = states.get(row.id);
    return {
      id: row.id,
      vmid: row.guest ?? Number(row.id.split('-')[0]),
      source: row.source,
      target: row.target,
      schedule: row.schedule ?? '*/15',
      enabled: !(row.disable ?? false),
      comment: row.comment ?? '',
      lastSyncAtMs: momentOf(state?.last_sync ?? null),
      lastTryAtMs: momentOf(state?.last_try ?? null),
      nextSyncAtMs: momentOf(state?.next_sync ?? null),
      durationSeconds: state?.duration ?? null,
      failCount: state?.fail_count ?? null,
      error: state?.error ?? null,
    };
  });
  return { jobs: jobs.sort((a, b) => a.vmid - b.vmid), unread };
}

const logLines = 500;

export function readReplicationLog(
  client: ApiClient,
  node: string,
  id: string,
  signal: AbortSignal,
): Promise<string[]> {
  return readLastLines(client, apiPath('/nodes/{node}/replication/{id}/log', { node, id }), {
    operation: 'read the log of the replication',
    most: logLines,
    signal,
  });
}
