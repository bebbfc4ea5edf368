import { z } from 'zod';
import type { ResourcePool } from '../../../../src-preload/contract/datacenter';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { looseNumber, looseText, optionalNumber, optionalText, settingsOf } from '../loose';

const membersSchema = z.array(
  z.looseObject({
    name: optionalText,
    node: optionalText,
    ring0_addr: optionalText,
    quorum_votes: optionalText,
  }),
);

/** `GET /cluster/options` and the nodes that vote; on a node that is in no cluster nobody does. */
export async function readOptions(client: ApiClient, signal: AbortSignal) {
  const [options, members] = await Promise.all([
    client.get(apiPath('/cluster/options'), z.record(z.string(), z.unknown()), {
      operation: 'read the options of the cluster',
      signal,
    }),
    client
      .get(apiPath('/cluster/config/nodes'), membersSchema, {
        operation: 'list the members of the cluster',
        signal,
      })
      .catch((thrown: unknown) => {
        const error = toAppError(thrown);
        if (error.code === 'forbidden' || error.code === 'api-failed') return [];
        throw error;
      }),
  ]);
  return {
    options: settingsOf(options, ['digest']).map((setting) => {
      const at = setting.indexOf('=');
      return { key: setting.slice(0, at), value: setting.slice(at + 1) };
    }),
    members: members.map((row) => ({
      name: row.name ?? row.node ?? '',
      address: row.ring0_addr ?? '',
      votes: row.quorum_votes ?? '',
    })),
  };
}

const poolSchema = z.object({ poolid: z.string(), comment: optionalText });
const memberSchema = z.object({
  type: z.string(),
  vmid: optionalNumber,
  storage: optionalText,
  id: optionalText,
});
const poolMembersSchema = z.union([
  z
    .array(z.object({ members: z.array(memberSchema).optional() }))
    .transform(([first]) => first?.members ?? []),
  z.object({ members: z.array(memberSchema).optional() }).transform(({ members }) => members ?? []),
]);

/** Names and comments of `/pools`; the members of each stand in its own answer. */
export async function readPools(client: ApiClient, signal: AbortSignal): Promise<ResourcePool[]> {
  const pools = await client.get(apiPath('/pools'), z.array(poolSchema), {
    operation: 'list the resource pools',
    signal,
  });
  return Promise.all(
    pools
      .toSorted((a, b) => a.poolid.localeCompare(b.poolid))
      .map(async ({ poolid, comment }) => {
        const members = await client.get(apiPath('/pools/{poolid}', { poolid }), poolMembersSchema, {
          operation: 'list the members of the resource pool',
          signal,
        });
        return {
          name: poolid,
          comment: comment ?? '',
          guests: members.flatMap(({ vmid }) => vmid ?? []).sort((a, b) => a - b),
          storages: [...new Set(members.flatMap(({ storage }) => storage ?? []))].sort(),
        };
      }),
  );
}

const logRowsSchema = z.array(
  z.object({
    id: z.string().optional(),
    uid: looseText.optional(),
    time: looseNumber,
    node: z.string(),
    user: optionalText,
    tag: optionalText,
    pri: optionalNumber,
    msg: z.string(),
  }),
);

/** F36 */
export async function readLog(client: ApiClient, maxEntries: number, signal: AbortSignal) {
  const rows = await client.get(apiPath('/cluster/log'), logRowsSchema, {
    operation: 'read the log of the cluster',
    query: { max: maxEntries },
    signal,
  });
  return rows.map((row, index) => ({
    id: row.id ?? `${row.uid ?? index}:${row.node}`,
    atMs: row.time * 1000,
    node: row.node,
    user: row.user ?? '',
    tag: row.tag ?? '',
    severity: row.pri ?? 6,
    message: row.msg,
  }));
}
