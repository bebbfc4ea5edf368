import { z } from 'zod';
import type { Sdn, SdnSubnet, SdnVnet, SdnZone } from '../../../../src-preload/contract/datacenter';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { looseFlag, optionalText, settingsOf } from '../loose';

const stateSchema = z.enum(['new', 'changed', 'deleted']).nullish();
const pendingSchema = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).nullish();
const zoneRowSchema = z.looseObject({
  zone: z.string(),
  type: optionalText,
  state: stateSchema,
  pending: pendingSchema,
});
const vnetRowSchema = z.looseObject({
  vnet: z.string(),
  type: optionalText,
  state: stateSchema,
  pending: pendingSchema,
});
const controllerRowSchema = z.looseObject({ controller: z.string(), type: optionalText });

const notSettings = ['zone', 'vnet', 'type', 'state', 'pending', 'digest', 'controller'];

/** An empty Perl hash may come as an empty array. */
function pendingOf(row: { pending?: z.infer<typeof pendingSchema> }): Record<string, unknown> {
  return row.pending === null || row.pending === undefined || Array.isArray(row.pending) ? {} : row.pending;
}

/** With `?pending=1` a new object has all its settings under `pending`, and its type only sometimes. */
function zoneOf(row: z.infer<typeof zoneRowSchema>): SdnZone {
  const pending = pendingOf(row);
  const type = row.type ?? (typeof pending['type'] === 'string' ? pending['type'] : '');
  return {
    zone: row.zone,
    type,
    state: row.state ?? 'applied',
    settings: settingsOf(row, notSettings),
    pending: settingsOf(pending, ['type']),
  };
}

function vnetOf(row: z.infer<typeof vnetRowSchema>): SdnVnet {
  const pending = pendingOf(row);
  const value = (key: string): unknown => pending[key] ?? row[key];
  const tag = Number(value('tag') ?? Number.NaN);
  return {
    vnet: row.vnet,
    zone: String(value('zone') ?? ''),
    type: row.type ?? '',
    alias: String(value('alias') ?? ''),
    tag: Number.isInteger(tag) ? tag : null,
    state: row.state ?? 'applied',
    settings: settingsOf(row, notSettings),
    pending: settingsOf(pending, ['type']),
  };
}

/** As it is written, each object with what an apply would change. */
export async function readSdn(client: ApiClient, signal: AbortSignal): Promise<Sdn> {
  const ask = { operation: 'read the software-defined network', signal, query: { pending: true } };
  const [zones, vnets, controllers] = await Promise.all([
    client.get(apiPath('/cluster/sdn/zones'), z.array(zoneRowSchema), ask),
    client.get(apiPath('/cluster/sdn/vnets'), z.array(vnetRowSchema), ask),
    client.get(apiPath('/cluster/sdn/controllers'), z.array(controllerRowSchema), ask),
  ]);
  return {
    zones: zones.map(zoneOf).sort((a, b) => a.zone.localeCompare(b.zone)),
    vnets: vnets.map(vnetOf).sort((a, b) => a.vnet.localeCompare(b.vnet)),
    controllers: controllers.map((row) => ({
      controller: row.controller,
      type: row.type ?? '',
      settings: settingsOf(row, notSettings),
    })),
  };
}

const subnetRowSchema = z.looseObject({
  subnet: z.string(),
  cidr: optionalText,
  state: stateSchema,
  pending: pendingSchema,
});
const notOfSubnet = [...notSettings, 'subnet', 'cidr', 'network', 'mask', 'gateway', 'snat'];

/** The networks of one VNet, as they are written down. */
export async function readSubnets(
  client: ApiClient,
  vnet: string,
  signal: AbortSignal,
): Promise<SdnSubnet[]> {
  const rows = await client.get(
    apiPath('/cluster/sdn/vnets/{vnet}/subnets', { vnet }),
    z.array(subnetRowSchema),
    { operation: `list the subnets of ${vnet}`, signal, query: { pending: true } },
  );
  return rows
    .map((row): SdnSubnet => {
      const wanted = { ...row, ...pendingOf(row) };
      const { cidr, gateway, snat } = wanted as Record<string, unknown>;
      return {
        // The id is `zone-10.0.0.0-24`.
        cidr: typeof cidr === 'string' ? cidr : row.subnet,
        gateway: typeof gateway === 'string' ? gateway : '',
        snat: looseFlag.safeParse(snat).data ?? false,
        state: row.state ?? 'applied',
        settings: settingsOf(row, notOfSubnet),
      };
    })
    .sort((a, b) => a.cidr.localeCompare(b.cidr, 'en', { numeric: true }));
}
