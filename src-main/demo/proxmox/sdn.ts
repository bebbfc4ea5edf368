import { mayAny } from './access';
import { badParameters, died } from './errors';
import { flag, list, optionalText, text, type Call, type Handlers } from './call';
import { startTask } from './tasks';

type Settings = Record<string, string | number>;

export interface SdnConfig {
  zones: Map<string, Settings>;
  vnets: Map<string, Settings>;
  /** By `zone-10.0.0.0-24`. */
  subnets: Map<string, Settings>;
  controllers: Map<string, Settings>;
}

export interface Sdn {
  /** As it was written. */
  wanted: SdnConfig;
  /** As it was last applied. */
  running: SdnConfig;
}

export const emptySdnConfig = (): SdnConfig => ({
  zones: new Map(),
  vnets: new Map(),
  subnets: new Map(),
  controllers: new Map(),
});

type Kind = keyof SdnConfig;

const copyMap = (map: ReadonlyMap<string, Settings>) =>
  new Map([...map].map(([id, settings]) => [id, { ...settings }]));

export function copySdnConfig(config: SdnConfig): SdnConfig {
  return {
    zones: copyMap(config.zones),
    vnets: copyMap(config.vnets),
    subnets: copyMap(config.subnets),
    controllers: copyMap(config.controllers),
  };
}

const idKey: Readonly<Record<Kind, string>> = {
  zones: 'zone',
  vnets: 'vnet',
  subnets: 'subnet',
  controllers: 'controller',
};
const same = (left: Settings, right: Settings) => JSON.stringify(left) === JSON.stringify(right);

function without(settings: Settings, key: string): Settings {
  const { [key]: _, ...rest } = settings;
  return rest;
}

/** One row of `?pending=1`: what runs, and what would after an apply. */
function pendingRow(kind: Kind, id: string, wanted: Settings | undefined, running: Settings | undefined) {
  const type = (wanted ?? running)?.['type'] ?? '';
  const base = { [idKey[kind]]: id, type, digest: null };
  if (running === undefined) return { ...base, state: 'new', pending: without(wanted ?? {}, 'type') };
  if (wanted === undefined) return { ...base, ...running, state: 'deleted', pending: {} };
  if (same(wanted, running)) return { ...base, ...running };
  const changed = Object.entries(wanted).filter(([key, value]) => running[key] !== value);
  const dropped = Object.keys(running).filter((key) => wanted[key] === undefined);
  const pending = Object.fromEntries([...changed, ...dropped.map((key) => [key, 'deleted'] as const)]);
  return { ...base, ...running, state: 'changed', pending };
}

function rows(call: Call, kind: Kind, keep: (id: string) => boolean) {
  const { wanted, running } = call.cluster.sdn;
  if (flag(call, 'pending')) {
    const ids = new Set([...wanted[kind].keys(), ...running[kind].keys()]);
    return [...ids]
      .filter(keep)
      .map((id) => pendingRow(kind, id, wanted[kind].get(id), running[kind].get(id)));
  }
  const source = flag(call, 'running') ? running : wanted;
  return [...source[kind]]
    .filter(([id]) => keep(id))
    .map(([id, settings]) => ({ [idKey[kind]]: id, ...settings, digest: null }));
}

const auditOrAllocate = ['SDN.Audit', 'SDN.Allocate'];

const visible = (call: Call, path: string) => (id: string) =>
  mayAny(call.cluster.access, call.who, `${path}/${id}`, auditOrAllocate);

function settingsFrom(call: Call, skip: readonly string[]): Settings {
  const settings: Settings = {};
  for (const [key, value] of Object.entries(call.parameters)) {
    if (!skip.includes(key) && !Array.isArray(value)) settings[key] = value;
  }
  return settings;
}

const notSettings = ['delete', 'digest', 'lock-token'];

function find(call: Call, kind: Kind, id: string): Settings {
  const settings = call.cluster.sdn.wanted[kind].get(id);
  if (settings === undefined) throw died(`sdn '${id}' does not exist`);
  return settings;
}

function change(call: Call, kind: Kind): null {
  const key = idKey[kind];
  const settings = find(call, kind, text(call, key));
  Object.assign(settings, settingsFrom(call, [key, ...notSettings, ...(kind === 'subnets' ? ['vnet'] : [])]));
  for (const name of list(call, 'delete')) delete settings[name];
  return null;
}

function addZone(call: Call): null {
  const zone = text(call, 'zone');
  const { zones } = call.cluster.sdn.wanted;
  if (zones.has(zone)) throw died(`sdn zone object ID '${zone}' already defined`);
  if (!/^[a-z][a-z\d]{1,7}$/i.test(zone)) {
    throw badParameters({ zone: `invalid format - zone ID '${zone}' contains illegal characters\n` });
  }
  zones.set(zone, {
    ...settingsFrom(call, ['zone', ...notSettings]),
    ipam: optionalText(call, 'ipam') ?? 'pve',
  });
  return null;
}

/** A zone goes only after its vnets. */
function deleteZone(call: Call): null {
  const zone = text(call, 'zone');
  find(call, 'zones', zone);
  const user = [...call.cluster.sdn.wanted.vnets].find(([, settings]) => settings['zone'] === zone);
  if (user !== undefined)
    throw died(`delete sdn zone object failed: zone ${zone} is used by vnet ${user[0]}`);
  call.cluster.sdn.wanted.zones.delete(zone);
  return null;
}

function addVnet(call: Call): null {
  const vnet = text(call, 'vnet');
  const { vnets, zones } = call.cluster.sdn.wanted;
  if (vnets.has(vnet)) throw died(`sdn vnet object ID '${vnet}' already defined`);
  const zone = zones.get(text(call, 'zone'));
  if (zone === undefined)
    throw died(`create sdn vnet object failed: zone ${text(call, 'zone')} does not exist`);
  if (zone['type'] === 'vlan' && optionalText(call, 'tag') === undefined) {
    throw died('create sdn vnet object failed: missing vlan tag');
  }
  vnets.set(vnet, { type: 'vnet', ...settingsFrom(call, ['vnet', ...notSettings]) });
  return null;
}

function deleteVnet(call: Call): null {
  const vnet = text(call, 'vnet');
  find(call, 'vnets', vnet);
  const used = [...call.cluster.sdn.wanted.subnets].some(([, settings]) => settings['vnet'] === vnet);
  if (used) throw died(`delete sdn vnet object failed: Can't delete vnet if subnets exists`);
  call.cluster.sdn.wanted.vnets.delete(vnet);
  return null;
}

function addSubnet(call: Call): null {
  const vnet = find(call, 'vnets', text(call, 'vnet'));
  const cidr = text(call, 'subnet');
  const id = `${vnet['zone']}-${cidr.replace('/', '-')}`;
  const { subnets } = call.cluster.sdn.wanted;
  if (subnets.has(id)) throw died(`sdn subnet object ID '${id}' already defined`);
  const [network = '', mask = ''] = cidr.split('/');
  subnets.set(id, {
    ...settingsFrom(call, ['subnet', ...notSettings]),
    cidr,
    network,
    mask,
    zone: vnet['zone'] ?? '',
  });
  return null;
}

function apply(call: Call): string {
  const { cluster } = call;
  return startTask(
    cluster,
    { node: call.receiver.name, type: 'reloadnetworkall', id: '', by: call.who },
    function* (run) {
      for (const node of cluster.nodes.values()) {
        run.log(`${node.name}: reloading network config`);
        yield 800;
      }
      cluster.sdn.running = copySdnConfig(cluster.sdn.wanted);
    },
  );
}

const one = (kind: Kind) => (call: Call) => {
  const id = text(call, idKey[kind]);
  return { [idKey[kind]]: id, ...find(call, kind, id), digest: null };
};

function subnetsOf(call: Call) {
  const vnet = text(call, 'vnet');
  const { wanted, running } = call.cluster.sdn;
  return rows(
    call,
    'subnets',
    (id) => (wanted.subnets.get(id) ?? running.subnets.get(id))?.['vnet'] === vnet,
  );
}

export const sdnHandlers: Handlers = {
  'GET /cluster/sdn': () => ['vnets', 'zones', 'controllers', 'ipams', 'dns'].map((id) => ({ id })),
  'PUT /cluster/sdn': apply,
  'GET /cluster/sdn/zones': (call) => rows(call, 'zones', visible(call, '/sdn/zones')),
  'POST /cluster/sdn/zones': addZone,
  'GET /cluster/sdn/zones/{zone}': one('zones'),
  'PUT /cluster/sdn/zones/{zone}': (call) => change(call, 'zones'),
  'DELETE /cluster/sdn/zones/{zone}': deleteZone,
  'GET /cluster/sdn/vnets': (call) => rows(call, 'vnets', visible(call, '/sdn/zones')),
  'POST /cluster/sdn/vnets': addVnet,
  'GET /cluster/sdn/vnets/{vnet}': one('vnets'),
  'PUT /cluster/sdn/vnets/{vnet}': (call) => change(call, 'vnets'),
  'DELETE /cluster/sdn/vnets/{vnet}': deleteVnet,
  'GET /cluster/sdn/vnets/{vnet}/subnets': subnetsOf,
  'POST /cluster/sdn/vnets/{vnet}/subnets': addSubnet,
  'GET /cluster/sdn/vnets/{vnet}/subnets/{subnet}': one('subnets'),
  'PUT /cluster/sdn/vnets/{vnet}/subnets/{subnet}': (call) => change(call, 'subnets'),
  'DELETE /cluster/sdn/vnets/{vnet}/subnets/{subnet}': (call) => {
    find(call, 'subnets', text(call, 'subnet'));
    call.cluster.sdn.wanted.subnets.delete(text(call, 'subnet'));
    return null;
  },
  'GET /cluster/sdn/controllers': (call) => rows(call, 'controllers', visible(call, '/sdn/controllers')),
  'GET /nodes/{node}/sdn/zones': (call) =>
    ['localnetwork', ...call.cluster.sdn.running.zones.keys()].map((zone) => ({ zone, status: 'available' })),
};
