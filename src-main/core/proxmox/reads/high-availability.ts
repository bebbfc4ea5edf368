import { z } from 'zod';
import type { Ha, HaResource, HaRule } from '../../../../src-preload/contract/datacenter';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { optionalFlag, optionalNumber, optionalText } from '../loose';

const statusRowsSchema = z.array(
  z.object({
    type: z.string(),
    node: optionalText,
    status: optionalText,
    sid: optionalText,
    crm_state: optionalText,
  }),
);
export const haResourceRowSchema = z.object({
  sid: z.string(),
  state: optionalText,
  group: optionalText,
  max_restart: optionalNumber,
  max_relocate: optionalNumber,
  comment: optionalText,
  digest: optionalText,
});
export const haRuleRowSchema = z.object({
  rule: z.string(),
  type: z.string(),
  nodes: optionalText,
  resources: optionalText,
  strict: optionalFlag,
  affinity: optionalText,
  disable: optionalFlag,
  comment: optionalText,
});
export const haGroupRowSchema = z.object({
  group: z.string(),
  nodes: optionalText,
  restricted: optionalFlag,
  nofailback: optionalFlag,
  comment: optionalText,
});

export function haRuleOf(row: z.infer<typeof haRuleRowSchema>): HaRule {
  return {
    kind: row.type === 'resource-affinity' ? 'resource-affinity' : 'node-affinity',
    name: row.rule,
    nodes: row.nodes ?? '',
    resources: row.resources ?? '',
    strict: row.strict ?? false,
    noFailback: false,
    affinity: row.affinity,
    disabled: row.disable ?? false,
    comment: row.comment ?? '',
  };
}

export function haGroupOf(row: z.infer<typeof haGroupRowSchema>): HaRule {
  return {
    kind: 'group',
    name: row.group,
    nodes: row.nodes ?? '',
    resources: '',
    strict: row.restricted ?? false,
    noFailback: row.nofailback ?? false,
    affinity: null,
    disabled: false,
    comment: row.comment ?? '',
  };
}

/** Rules took the place of groups with 9.0, where the list of groups is an error. */
export function haSystem(version: string | null): Ha['system'] {
  return version === null || Number.parseInt(version, 10) >= 9 ? 'rules' : 'groups';
}

export async function readHa(client: ApiClient, version: string | null, signal: AbortSignal): Promise<Ha> {
  const system = haSystem(version);
  const ask = { operation: 'read high availability', signal };
  const [status, resources, rules] = await Promise.all([
    client.get(apiPath('/cluster/ha/status/current'), statusRowsSchema, ask),
    client.get(apiPath('/cluster/ha/resources'), z.array(haResourceRowSchema), ask),
    system === 'rules'
      ? client
          .get(apiPath('/cluster/ha/rules'), z.array(haRuleRowSchema), ask)
          .then((rows) => rows.map(haRuleOf))
      : client
          .get(apiPath('/cluster/ha/groups'), z.array(haGroupRowSchema), ask)
          .then((rows) => rows.map(haGroupOf)),
  ]);
  const told = new Map(status.flatMap((row) => (row.sid === null ? [] : [[row.sid, row] as const])));
  return {
    managers: status
      .filter(({ type }) => type !== 'service')
      .map(({ type, node, status: words }) => ({ type, node: node ?? '', status: words ?? '' })),
    resources: resources
      .map((row): HaResource => {
        const service = told.get(row.sid);
        return {
          sid: row.sid,
          state: row.state ?? 'started',
          status: service?.crm_state ?? service?.status ?? null,
          node: service?.node ?? null,
          group: row.group,
          maxRestart: row.max_restart ?? 1,
          maxRelocate: row.max_relocate ?? 1,
          comment: row.comment ?? '',
        };
      })
      .sort((a, b) => a.sid.localeCompare(b.sid, 'en', { numeric: true })),
    system,
    rules: rules.sort((a, b) => a.name.localeCompare(b.name)),
  };
}
