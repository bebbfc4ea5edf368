import { z } from 'zod';
import type { Ceph } from '../../../../src-preload/contract/datacenter';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { looseNumber, looseText, optionalNumber } from '../loose';

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

type Daemons = Extract<Ceph, { deployed: true }>['daemons'];

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

/** No Ceph is an answer, not an error (F251): nodes say so with a 500. */
const notDeployed = /binary not installed: \S*ceph|ceph configuration not initialized|pveceph init/i;

export async function readCeph(client: ApiClient, signal: AbortSignal): Promise<Ceph> {
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
    };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'api-failed' && notDeployed.test(`${error.message} ${error.detail ?? ''}`)) {
      return { deployed: false };
    }
    throw error;
  }
}
