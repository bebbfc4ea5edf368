import { z } from 'zod';
import type { Field } from '../../../../../src-preload/contract/offers';
import { apiPath } from '../../../proxmox/client/path';
import { optionalText, settingsOf } from '../../../proxmox/loose';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterWorld } from '../../action';
import { choiceField, pickField, switchField, textField } from '../fields';
import { plural } from '../words';
import { nodeNameSchema } from './guest-reads';
import { bindChange, confirmed, info, notThere, pendingStill, warning } from './single-change';

/** As pve-network has it: at most 8 characters, since they become names of interfaces. */
const sdnIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,7}$/i, 'must begin with a letter and have at most 8 letters and digits');
const numberText = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,8}$/, 'must be a number')
    .refine((text) => Number(text) >= least && Number(text) <= most, `must be from ${least} to ${most}`)
    .nullable();

/** F129, F134 */
const controllerSchema = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,62}[a-zA-Z0-9]$/, 'must be the name of a controller')
  .nullable()
  .default(null);
const dnsSchema = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/, 'must be the name of a DNS server of the network')
  .nullable()
  .default(null);
const dnsZoneSchema = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    'must be a domain',
  )
  .nullable()
  .default(null);

const zoneInput = z
  .strictObject({
    zone: sdnIdSchema,
    type: z.enum(['simple', 'vlan', 'qinq', 'vxlan', 'evpn']),
    bridge: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/, 'must be the name of a bridge')
      .nullable(),
    tag: numberText(1, 4094),
    peers: z
      .string()
      .max(512)
      .regex(/^[0-9a-fA-F:.]+(?:[ ,]+[0-9a-fA-F:.]+)*$/, 'must be addresses with commas between them')
      .nullable(),
    mtu: numberText(576, 9216),
    nodes: z.array(nodeNameSchema).max(64),
    controller: controllerSchema,
    'vrf-vxlan': numberText(1, 16_777_215).default(null),
    dns: dnsSchema,
    dnszone: dnsZoneSchema,
  })
  .refine(({ type, controller }) => type !== 'evpn' || controller !== null, 'needs a controller')
  .refine(({ type, 'vrf-vxlan': vrf }) => type !== 'evpn' || vrf !== null, 'needs the VXLAN of its routing')
  .refine(({ dns, dnszone }) => dnszone === null || dns !== null, 'names a domain without a DNS server')
  .refine(({ type, bridge }) => (type !== 'vlan' && type !== 'qinq') || bridge !== null, 'needs a bridge')
  .refine(({ type, tag }) => type !== 'qinq' || tag !== null, 'needs a tag')
  .refine(({ type, peers }) => type !== 'vxlan' || peers !== null, 'needs the addresses of its peers');
type ZoneInput = z.infer<typeof zoneInput>;

/** F130 */
const vnetInput = z.strictObject({
  vnet: sdnIdSchema,
  zone: sdnIdSchema,
  alias: z
    .string()
    .max(256)
    .regex(/^[\p{L}\p{N} ()_.:-]+$/u, 'may have letters, digits, spaces and ( ) _ . : -')
    .nullable(),
  tag: numberText(1, 16_777_215),
  vlanaware: z.boolean(),
});

const rowsSchema = z.array(z.looseObject({ zone: optionalText, vnet: optionalText, state: optionalText }));

const controllerRowsSchema = z.array(z.object({ controller: z.string() }));

interface Found {
  controllers: string[];
  /** `is`: all that is written down of it. */
  zones: { name: string; state: string | null; is: string[] }[];
  vnets: { name: string; zone: string; state: string | null; is: string[] }[];
  /** One line for each object that an apply would change. */
  waiting: string[];
}

const pendingWords: Readonly<Record<string, string>> = { new: 'new', changed: 'changed', deleted: 'deleted' };

async function look(context: ApiContext): Promise<Found> {
  const [zones, vnets, controllers] = await Promise.all([
    context.get('list the zones', apiPath('/cluster/sdn/zones'), rowsSchema, { pending: true }),
    context.get('list the VNets', apiPath('/cluster/sdn/vnets'), rowsSchema, { pending: true }),
    context.get('list the controllers', apiPath('/cluster/sdn/controllers'), controllerRowsSchema),
  ]);
  const waitingOf = (kind: string, row: (typeof zones)[number], name: string): string[] => {
    const word = pendingWords[row.state ?? ''];
    if (word === undefined) return [];
    const pending = row['pending'];
    const changes =
      typeof pending === 'object' && pending !== null && !Array.isArray(pending)
        ? settingsOf(pending as Record<string, unknown>, [])
        : [];
    return [`${kind} ${name}: ${word}${changes.length === 0 ? '' : ` (${changes.join(', ')})`}`];
  };
  const zoneOf = (row: (typeof vnets)[number]): string => {
    const pending = row['pending'];
    const wanted =
      typeof pending === 'object' && pending !== null && 'zone' in pending ? pending.zone : undefined;
    return typeof wanted === 'string' ? wanted : (row.zone ?? '');
  };
  return {
    controllers: controllers.map(({ controller }) => controller).sort(),
    zones: zones.map((row) => ({ name: row.zone ?? '', state: row.state, is: settingsOf(row, ['digest']) })),
    vnets: vnets.map((row) => ({
      name: row.vnet ?? '',
      zone: zoneOf(row),
      state: row.state,
      is: settingsOf(row, ['digest']),
    })),
    waiting: [
      ...zones.flatMap((row) => waitingOf('Zone', row, row.zone ?? '')),
      ...vnets.flatMap((row) => waitingOf('VNet', row, row.vnet ?? '')),
    ].sort(),
  };
}

/** Deleted ones stand in the list until they are applied. */
const standing = <T extends { state: string | null }>(rows: readonly T[]): T[] =>
  rows.filter(({ state }) => state !== 'deleted');
const names = (rows: readonly { name: string; state: string | null }[]): string[] =>
  standing(rows)
    .map(({ name }) => name)
    .sort();

const notYet = info('It is only written down: nothing changes on the nodes until the network is applied.');

function zoneFields({ inventory }: ClusterWorld): Field[] {
  return [
    textField('zone', 'Name', '', {
      maxLength: 8,
      placeholder: 'lab',
      help: 'At most 8 letters and digits.',
    }),
    choiceField('type', 'Kind', [
      { value: 'simple', label: 'Simple', hint: 'A bridge on each node by itself; nodes are not joined.' },
      { value: 'vlan', label: 'VLAN', hint: 'On a bridge of the nodes; the switches carry the VLANs.' },
      { value: 'qinq', label: 'QinQ', hint: 'VLANs inside one VLAN.' },
      { value: 'vxlan', label: 'VXLAN', hint: 'Over IP between the nodes.' },
      { value: 'evpn', label: 'EVPN', hint: 'VXLAN with routing, by a controller.' },
    ]),
    textField('bridge', 'Bridge (VLAN, QinQ)', '', { required: false, maxLength: 15, placeholder: 'vmbr0' }),
    textField('tag', 'Outer VLAN (QinQ)', '', { required: false, maxLength: 4 }),
    textField('peers', 'Addresses of all nodes (VXLAN)', '', {
      required: false,
      maxLength: 512,
      placeholder: '192.0.2.11,192.0.2.12',
    }),
    textField('controller', 'Controller (EVPN)', '', { required: false, maxLength: 64 }),
    textField('vrf-vxlan', 'VXLAN of its routing (EVPN)', '', { required: false, maxLength: 8 }),
    textField('dns', 'DNS server', '', {
      required: false,
      maxLength: 64,
      help: 'One that is set up for the network, by its name: guests are written into it.',
    }),
    textField('dnszone', 'Domain in it', '', {
      required: false,
      maxLength: 253,
      placeholder: 'lab.example.net',
    }),
    textField('mtu', 'MTU', '', {
      required: false,
      maxLength: 4,
      help: 'Left empty: that of the bridge, 1450 for VXLAN.',
    }),
    pickField(
      'nodes',
      'Only on these nodes',
      inventory.nodes.map(({ name }) => ({
        value: name,
        label: name,
        hint: null,
        excuse: null,
        sizeBytes: null,
      })),
      { min: 0, help: 'None ticked: on all.' },
    ),
  ];
}

const createZone = bindChange<ZoneInput, Found>({
  id: 'pve.sdn.zone.create',
  title: 'Create SDN zone',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: zoneInput,
  offer: (subject, world) =>
    subject.kind === 'sdn'
      ? { label: 'Create zone…', group: 'create', excuse: null, input: {}, fields: zoneFields(world) }
      : null,
  look,
  draft: (input, found) => ({
    target: { kind: 'zone', name: input.zone },
    title: `Create the zone ${input.zone}`,
    call: changeCall(
      'POST /cluster/sdn/zones',
      {},
      {
        zone: input.zone,
        type: input.type,
        bridge: input.type === 'vlan' || input.type === 'qinq' ? (input.bridge ?? undefined) : undefined,
        tag: input.type === 'qinq' ? (input.tag ?? undefined) : undefined,
        peers: input.type === 'vxlan' ? input.peers?.replaceAll(/[ ,]+/g, ',') : undefined,
        controller: input.type === 'evpn' ? (input.controller ?? undefined) : undefined,
        'vrf-vxlan': input.type === 'evpn' ? (input['vrf-vxlan'] ?? undefined) : undefined,
        dns: input.dns ?? undefined,
        dnszone: input.dnszone ?? undefined,
        mtu: input.mtu ?? undefined,
        nodes: input.nodes.length === 0 ? undefined : input.nodes.join(','),
      },
    ),
    explain: 'Writes the zone into the configuration of the cluster.',
    consequences: [notYet],
    blockers: [
      ...(names(found.zones).includes(input.zone)
        ? [{ text: `There is a zone ${input.zone} already.`, remedy: 'Choose another name.' }]
        : []),
      ...(input.type === 'evpn' && !found.controllers.includes(input.controller ?? '')
        ? [
            {
              text: `There is no controller ${input.controller ?? ''} in the cluster.`,
              remedy:
                found.controllers.length === 0
                  ? 'Create one in Proxmox VE (Datacenter, SDN, Options) first.'
                  : `Choose one that is there: ${found.controllers.join(', ')}.`,
            },
          ]
        : []),
    ],
    undo: 'Delete the zone.',
    restsOn: { zones: names(found.zones) },
  }),
  judge: ({ zone }, found) =>
    names(found.zones).includes(zone)
      ? confirmed(`The zone ${zone} is there, and waits to be applied.`)
      : notThere(`There is no zone ${zone}.`),
});

const zoneRef = z.strictObject({ zone: sdnIdSchema });

const removeZone = bindChange<z.infer<typeof zoneRef>, Found>({
  id: 'pve.sdn.zone.delete',
  title: 'Delete SDN zone',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: zoneRef,
  offer: (subject) =>
    subject.kind === 'sdn-zone'
      ? {
          label: 'Delete…',
          group: 'destroy',
          excuse: subject.zone.state === 'deleted' ? 'It is deleted already, and waits to be applied.' : null,
          input: { zone: subject.zone.zone },
          fields: [],
        }
      : null,
  look,
  draft: ({ zone }, found) => {
    const inside = standing(found.vnets)
      .filter((vnet) => vnet.zone === zone)
      .toSorted((a, b) => a.name.localeCompare(b.name));
    return {
      target: { kind: 'zone', name: zone },
      title: `Delete the zone ${zone}`,
      call: changeCall('DELETE /cluster/sdn/zones/{zone}', { zone }),
      explain: 'Takes the zone out of the configuration of the cluster.',
      consequences: [notYet],
      blockers: [
        ...(names(found.zones).includes(zone)
          ? []
          : [{ text: `There is no zone ${zone} (any more).`, remedy: 'Read the list again.' }]),
        // F131
        ...(inside.length === 0
          ? []
          : [
              {
                text: `${plural(inside.length, 'VNet')} ${inside.length === 1 ? 'is' : 'are'} in it: ${inside.map(({ name }) => name).join(', ')}.`,
                remedy: 'Delete them first.',
              },
            ]),
      ],
      undo: 'Create it again with the same settings before the network is applied.',
      restsOn: {
        zone: found.zones.find(({ name }) => name === zone) ?? null,
        zones: names(found.zones),
        inside: inside.map(({ name }) => name),
      },
    };
  },
  judge: ({ zone }, found) =>
    names(found.zones).includes(zone)
      ? notThere(`The zone ${zone} is still there.`)
      : confirmed(`The zone ${zone} is deleted, and waits to be applied.`),
});

const createVnet = bindChange<z.infer<typeof vnetInput>, Found>({
  id: 'pve.sdn.vnet.create',
  title: 'Create VNet',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: vnetInput,
  offer: (subject) =>
    subject.kind === 'sdn'
      ? {
          label: 'Create VNet…',
          group: 'create',
          excuse: subject.zones.length === 0 ? 'Create a zone first.' : null,
          input: {},
          fields: [
            textField('vnet', 'Name', '', {
              maxLength: 8,
              placeholder: 'lab1',
              help: 'At most 8 letters and digits.',
            }),
            choiceField(
              'zone',
              'In zone',
              subject.zones.map((zone) => ({ value: zone, label: zone })),
            ),
            textField('tag', 'VLAN or VXLAN tag', '', { required: false, maxLength: 8 }),
            textField('alias', 'Alias', '', { required: false, maxLength: 256 }),
            switchField('vlanaware', 'Guests may use VLANs of their own in it', false),
          ],
        }
      : null,
  look,
  draft: (input, found) => ({
    target: { kind: 'VNet', name: input.vnet },
    title: `Create the VNet ${input.vnet}`,
    call: changeCall(
      'POST /cluster/sdn/vnets',
      {},
      {
        vnet: input.vnet,
        zone: input.zone,
        tag: input.tag ?? undefined,
        alias: input.alias ?? undefined,
        vlanaware: input.vlanaware || undefined,
      },
    ),
    explain: 'Writes the VNet into the configuration of the cluster. Guests see it as a bridge of that name.',
    consequences: [notYet],
    blockers: [
      ...(names(found.vnets).includes(input.vnet)
        ? [{ text: `There is a VNet ${input.vnet} already.`, remedy: 'Choose another name.' }]
        : []),
      ...(names(found.zones).includes(input.zone)
        ? []
        : [{ text: `There is no zone ${input.zone} (any more).`, remedy: 'Read the list again.' }]),
    ],
    undo: 'Delete the VNet.',
    restsOn: { zones: names(found.zones), vnets: names(found.vnets) },
  }),
  judge: ({ vnet }, found) =>
    names(found.vnets).includes(vnet)
      ? confirmed(`The VNet ${vnet} is there, and waits to be applied.`)
      : notThere(`There is no VNet ${vnet}.`),
});

const vnetRef = z.strictObject({ vnet: sdnIdSchema });

const removeVnet = bindChange<z.infer<typeof vnetRef>, Found>({
  id: 'pve.sdn.vnet.delete',
  title: 'Delete VNet',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: vnetRef,
  offer: (subject) =>
    subject.kind === 'sdn-vnet'
      ? {
          label: 'Delete…',
          group: 'destroy',
          excuse: subject.vnet.state === 'deleted' ? 'It is deleted already, and waits to be applied.' : null,
          input: { vnet: subject.vnet.vnet },
          fields: [],
        }
      : null,
  look,
  draft: ({ vnet }, found) => ({
    target: { kind: 'VNet', name: vnet },
    title: `Delete the VNet ${vnet}`,
    call: changeCall('DELETE /cluster/sdn/vnets/{vnet}', { vnet }),
    explain: 'Takes the VNet out of the configuration of the cluster.',
    consequences: [
      notYet,
      warning(
        `Guests whose network cards name ${vnet} lose their network when it is applied, and do not start then.`,
      ),
    ],
    blockers: names(found.vnets).includes(vnet)
      ? []
      : [{ text: `There is no VNet ${vnet} (any more).`, remedy: 'Read the list again.' }],
    undo: 'Create it again with the same settings before the network is applied.',
    restsOn: { vnet: found.vnets.find(({ name }) => name === vnet) ?? null, vnets: names(found.vnets) },
  }),
  judge: ({ vnet }, found) =>
    names(found.vnets).includes(vnet)
      ? notThere(`The VNet ${vnet} is still there.`)
      : confirmed(`The VNet ${vnet} is deleted, and waits to be applied.`),
});

const nothing = z.strictObject({});

const apply = bindChange<z.infer<typeof nothing>, Found>({
  id: 'pve.sdn.apply',
  title: 'Apply the network',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: nothing,
  offer: (subject) =>
    subject.kind === 'sdn'
      ? {
          label: 'Apply…',
          group: 'change',
          excuse: subject.pending ? null : 'Nothing waits to be applied.',
          input: {},
          fields: [],
        }
      : null,
  look,
  draft: (_input, found) => ({
    target: { kind: 'network', name: 'SDN' },
    title: 'Apply the software-defined network on all nodes',
    call: changeCall('PUT /cluster/sdn', {}),
    explain: 'Writes the network configuration of every node from what is written down, and reloads it.',
    timeoutSeconds: 900,
    consequences: [
      warning(
        `${plural(found.waiting.length, 'change')} ${found.waiting.length === 1 ? 'takes' : 'take'} effect on all nodes:`,
        found.waiting.map((name) => ({ name, sizeBytes: null })),
      ),
      warning('The network of every node is reloaded. A mistake there can cut nodes off from each other.'),
    ],
    blockers:
      found.waiting.length === 0
        ? [{ text: 'Nothing waits to be applied.', remedy: 'Create, change or delete something first.' }]
        : [],
    undo: null,
    restsOn: { waiting: found.waiting },
  }),
  judge: (_input, found) =>
    found.waiting.length === 0
      ? confirmed('Nothing waits to be applied any more.')
      : pendingStill(
          `${plural(found.waiting.length, 'change')} still ${found.waiting.length === 1 ? 'waits' : 'wait'}.`,
        ),
});

export const sdnActions = {
  'pve.sdn.zone.create': createZone,
  'pve.sdn.zone.delete': removeZone,
  'pve.sdn.vnet.create': createVnet,
  'pve.sdn.vnet.delete': removeVnet,
  'pve.sdn.apply': apply,
} as const;
