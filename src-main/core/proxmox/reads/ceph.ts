import { z } from 'zod';
import type { Ceph } from '../../../../src-preload/contract/datacenter';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath, type ApiPath } from '../client/path';
import { isUnknownCall } from '../client/answer-errors';
import { looseNumber, looseText, optionalNumber, optionalText } from '../loose';

/** `ceph status --format json` (Reef, Squid) as Proxmox VE passes it on. */
const osdMapSchema = z.object({
  num_osds: looseNumber,
  num_up_osds: looseNumber,
  num_in_osds: looseNumber,
});
const statusSchema = z.object({
  health: z.object({
    status: z.string(),
    checks: z
      .record(
        z.string(),
        z.object({ severity: z.string().optional(), summary: z.object({ message: z.string() }).optional() }),
      )
      .optional(),
  }),
  monmap: z.object({ mons: z.array(z.object({ name: z.string() })).optional() }).optional(),
  quorum_names: z.array(z.string()).optional(),
  // Until Nautilus the numbers stood one level deeper.
  osdmap: z.union([z.object({ osdmap: osdMapSchema }).transform(({ osdmap }) => osdmap), osdMapSchema]),
  pgmap: z
    .object({
      bytes_used: optionalNumber,
      bytes_total: optionalNumber,
      pgs_by_state: z.array(z.object({ state_name: z.string(), count: looseNumber })).optional(),
    })
    .optional(),
});
const daemonSchema = z.object({ hostname: z.string().optional(), ceph_version_short: looseText.optional() });
const metadataSchema = z.record(z.string(), z.unknown());

type Deployed = Extract<Ceph, { deployed: true }>;
type Daemons = Deployed['daemons'];

/** `/cluster/ceph/metadata`: an object of each kind by `id@host`, and the OSDs as a list. */
function daemonsOf(metadata: z.infer<typeof metadataSchema>): Daemons {
  return ['mon', 'mgr', 'mds', 'osd'].flatMap((type): Daemons => {
    const part = metadata[type];
    if (typeof part !== 'object' || part === null) return [];
    return Object.entries(part).flatMap(([key, value]) => {
      const parsed = daemonSchema.safeParse(value);
      if (!parsed.success) return [];
      const [id = key, host = ''] = key.split('@');
      return [
        {
          type,
          id: type === 'osd' ? `osd.${id}` : id,
          host: parsed.data.hostname ?? host,
          version: parsed.data.ceph_version_short ?? '',
        },
      ];
    });
  });
}

const poolRowsSchema = z.array(
  z.object({
    pool_name: z.string(),
    type: optionalText,
    size: optionalNumber,
    min_size: optionalNumber,
    pg_num: optionalNumber,
    pg_autoscale_mode: optionalText,
    crush_rule: optionalNumber,
    crush_rule_name: optionalText,
    bytes_used: optionalNumber,
    percent_used: optionalNumber,
  }),
);
const fsRowsSchema = z.array(
  z.object({
    name: z.string(),
    metadata_pool: optionalText,
    data_pool: optionalText,
    data_pools: z.array(z.string()).nullish(),
  }),
);
const ruleRowsSchema = z.array(z.object({ name: z.string() }));
const mdsRowsSchema = z.array(
  z.object({
    name: z.string(),
    host: optionalText,
    state: optionalText,
    fs_name: optionalText,
    rank: optionalNumber,
  }),
);

type Details = Pick<Deployed, 'pools' | 'fileSystems' | 'rules' | 'metadataServers'>;

/** What only nodes tell. null: their release has no such call, which is said and is no failure of the whole. */
async function readDetails(client: ApiClient, node: string | null, signal: AbortSignal): Promise<Details> {
  if (node === null) return { pools: null, fileSystems: null, rules: null, metadataServers: null };
  const ask = async <T>(path: ApiPath, schema: z.ZodType<T>): Promise<T | null> => {
    try {
      return await client.get(path, schema, {
        operation: `ask ${node} about Ceph`,
        signal,
      });
    } catch (thrown) {
      if (isUnknownCall(thrown)) return null;
      throw thrown;
    }
  };
  const [pools, fileSystems, rules, servers] = await Promise.all([
    ask(apiPath('/nodes/{node}/ceph/pool', { node }), poolRowsSchema),
    ask(apiPath('/nodes/{node}/ceph/fs', { node }), fsRowsSchema),
    ask(apiPath('/nodes/{node}/ceph/rules', { node }), ruleRowsSchema),
    ask(apiPath('/nodes/{node}/ceph/mds', { node }), mdsRowsSchema),
  ]);
  return {
    pools:
      pools?.map((row) => ({
        name: row.pool_name,
        type: row.type ?? '',
        size: row.size,
        minSize: row.min_size,
        placementGroups: row.pg_num,
        autoscale: row.pg_autoscale_mode ?? '',
        rule: row.crush_rule_name ?? (row.crush_rule === null ? '' : String(row.crush_rule)),
        usedBytes: row.bytes_used,
        used: row.percent_used,
      })) ?? null,
    fileSystems:
      fileSystems?.map((row) => ({
        name: row.name,
        metadataPool: row.metadata_pool ?? '',
        dataPools: row.data_pools ?? (row.data_pool === null ? [] : [row.data_pool]),
      })) ?? null,
    rules: rules?.map(({ name }) => name).sort() ?? null,
    metadataServers:
      servers?.map((row) => ({
        name: row.name,
        host: row.host ?? '',
        state: row.state ?? 'unknown',
        fileSystem: row.fs_name,
        rank: row.rank === null || row.rank < 0 ? null : row.rank,
      })) ?? null,
  };
}

/** No Ceph is an answer, not an error (F251): nodes say so with a 500. */
const notDeployed = /binary not installed: \S*ceph|ceph configuration not initialized|pveceph init/i;

/** @param node one that is online; null: none is */
export async function readCeph(client: ApiClient, node: string | null, signal: AbortSignal): Promise<Ceph> {
  try {
    const status = await client.get(apiPath('/cluster/ceph/status'), statusSchema, {
      operation: 'read the state of Ceph',
      signal,
    });
    const metadata = await client.get(apiPath('/cluster/ceph/metadata'), metadataSchema, {
      operation: 'list the daemons of Ceph',
      signal,
    });
    return {
      deployed: true,
      health: status.health.status,
      checks: Object.entries(status.health.checks ?? {}).map(([code, { severity, summary }]) => ({
        code,
        severity: severity ?? '',
        text: summary?.message ?? '',
      })),
      osds: {
        total: status.osdmap.num_osds,
        up: status.osdmap.num_up_osds,
        in: status.osdmap.num_in_osds,
      },
      monitors: (status.monmap?.mons ?? []).map(({ name }) => name),
      quorum: status.quorum_names ?? [],
      placementGroups: (status.pgmap?.pgs_by_state ?? []).map(({ state_name, count }) => ({
        state: state_name,
        count,
      })),
      usedBytes: status.pgmap?.bytes_used ?? null,
      totalBytes: status.pgmap?.bytes_total ?? null,
      daemons: daemonsOf(metadata),
      ...(await readDetails(client, node, signal)),
    };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'api-failed' && notDeployed.test(`${error.message} ${error.detail ?? ''}`)) {
      return { deployed: false };
    }
    throw error;
  }
}
