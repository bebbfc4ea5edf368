import { z } from 'zod';
import type { Sdn, SdnVnet, SdnZone } from '../../../../src-preload/contract/datacenter';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { optionalText, settingsOf } from '../loose';

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
