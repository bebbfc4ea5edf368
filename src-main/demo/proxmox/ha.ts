import { badParameters, died } from './errors';
import { list, optionalText, text, type Call, type Handlers } from './call';
import { splitList } from './formats';
import { digestOf } from './guests';
import { setRunning } from './power';
import { startTask } from './tasks';
import type { Cluster } from './types';

type Settings = Record<string, string | number>;

export interface HaResource {
  sid: string;
  type: 'vm' | 'ct';
  state: string;
  settings: Settings;
}

export interface HighAvailability {
  resources: Map<string, HaResource>;
  /** Since release 9. */
  rules: Map<string, Settings>;
  /** Until release 8. */
  groups: Map<string, Settings>;
  armed: boolean;
}

export const emptyHa = (): HighAvailability => ({
  resources: new Map(),
  rules: new Map(),
  groups: new Map(),
  armed: true,
});

/** `100` and `vm:100` mean the same. */
function sidOf(cluster: Cluster, sid: string): string {
  const vmid = Number(sid.includes(':') ? sid.split(':')[1] : sid);
  const guest = cluster.guests.get(vmid);
  if (guest === undefined) throw died(`unable to find ID ${vmid} on any node`);
  return `${guest.type === 'qemu' ? 'vm' : 'ct'}:${vmid}`;
}

function settingsFrom(call: Call, skip: readonly string[]): Settings {
  const settings: Settings = {};
  for (const [key, value] of Object.entries(call.parameters)) {
    if (!skip.includes(key) && !Array.isArray(value)) settings[key] = value;
  }
  return settings;
}

function shownResource(cluster: Cluster, { sid, type, state, settings }: HaResource) {
  return { sid, type, state, ...settings, digest: digestOf([...cluster.ha.resources.keys()]) };
}

function resourceOf(call: Call): HaResource {
  const sid = text(call, 'sid');
  const full = sid.includes(':') ? sid : `vm:${sid}`;
  const resource = call.cluster.ha.resources.get(full) ?? call.cluster.ha.resources.get(`ct:${sid}`);
  if (resource === undefined) throw died(`no such resource '${sid}'`);
  return resource;
}

function addResource(call: Call): null {
  const { cluster } = call;
  const sid = sidOf(cluster, text(call, 'sid'));
  if (cluster.ha.resources.has(sid)) throw died(`resource ID '${sid}' already defined`);
  const state = optionalText(call, 'state') ?? 'started';
  const type = sid.startsWith('vm:') ? 'vm' : 'ct';
  cluster.ha.resources.set(sid, { sid, type, state, settings: settingsFrom(call, ['sid', 'state', 'type']) });
  follow(cluster, sid, state);
  return null;
}

/** The manager brings the guest to the state that was asked for. */
function follow(cluster: Cluster, sid: string, state: string): void {
  const guest = cluster.guests.get(Number(sid.split(':')[1]));
  if (guest === undefined || guest.template) return;
  if (state === 'started' && !guest.running) setRunning(cluster, guest, true);
  if ((state === 'stopped' || state === 'disabled') && guest.running) setRunning(cluster, guest, false);
}

function changeResource(call: Call): null {
  const resource = resourceOf(call);
  const state = optionalText(call, 'state');
  Object.assign(resource.settings, settingsFrom(call, ['sid', 'state', 'delete', 'digest']));
  for (const key of list(call, 'delete')) delete resource.settings[key];
  if (state !== undefined) {
    resource.state = state;
    follow(call.cluster, resource.sid, state);
  }
  return null;
}

function deleteResource(call: Call): null {
  const { sid } = resourceOf(call);
  call.cluster.ha.resources.delete(sid);
  for (const rule of call.cluster.ha.rules.values()) {
    const left = splitList(String(rule['resources'])).filter((id) => id !== sid);
    rule['resources'] = left.join(',');
  }
  return null;
}

function move(call: Call): unknown {
  const { cluster } = call;
  const { sid } = resourceOf(call);
  const node = text(call, 'node');
  const guest = cluster.guests.get(Number(sid.split(':')[1]));
  if (guest === undefined) throw died(`no such resource '${sid}'`);
  startTask(
    cluster,
    { node: guest.node, type: 'hamigrate', id: String(guest.vmid), by: call.who },
    function* (run) {
      run.log(`Requesting HA migration for ${sid} to node ${node}`);
      yield 2000;
      guest.node = node;
    },
  );
  return { sid, 'requested-node': node };
}

function shownRule(call: Call, rule: Settings, index: number) {
  return { ...rule, order: index + 1, digest: digestOf([...call.cluster.ha.rules]) };
}

function addRule(call: Call): null {
  const rule = text(call, 'rule');
  const { rules } = call.cluster.ha;
  if (rules.has(rule)) throw badParameters({ rule: `HA rule '${rule}' already defined` });
  if (text(call, 'type') === 'node-affinity' && optionalText(call, 'nodes') === undefined) {
    throw badParameters({ nodes: 'property is missing and it is not optional' });
  }
  if (text(call, 'type') === 'resource-affinity' && optionalText(call, 'affinity') === undefined) {
    throw badParameters({ affinity: 'property is missing and it is not optional' });
  }
  rules.set(rule, settingsFrom(call, []));
  return null;
}

function ruleOf(call: Call): Settings {
  const name = text(call, 'rule');
  const rule = call.cluster.ha.rules.get(name);
  if (rule === undefined) throw died(`no such ha rule '${name}'`);
  return rule;
}

function listRules(call: Call) {
  const resource = optionalText(call, 'resource');
  const type = optionalText(call, 'type');
  return [...call.cluster.ha.rules.values()]
    .map((rule, index) => shownRule(call, rule, index))
    .filter((rule) => type === undefined || (rule as Settings)['type'] === type)
    .filter(
      (rule) =>
        resource === undefined || splitList(String((rule as Settings)['resources'])).includes(resource),
    );
}

function groupsOf(call: Call): Map<string, Settings> {
  if (call.cluster.release.major >= 9)
    throw died('cannot index groups: ha groups have been migrated to rules');
  return call.cluster.ha.groups;
}

function groupOf(call: Call): Settings {
  const name = text(call, 'group');
  const group = groupsOf(call).get(name);
  if (group === undefined) throw died(`no such ha group '${name}'`);
  return group;
}

const groupHandlers: Handlers = {
  'GET /cluster/ha/groups': (call) =>
    [...groupsOf(call)].map(([group, settings]) => ({
      group,
      type: 'group',
      ...settings,
      digest: digestOf(settings),
    })),
  'POST /cluster/ha/groups': (call) => {
    const name = text(call, 'group');
    if (groupsOf(call).has(name)) throw died(`ha group ID '${name}' already defined`);
    groupsOf(call).set(name, settingsFrom(call, ['group', 'type']));
    return null;
  },
  'GET /cluster/ha/groups/{group}': (call) => ({
    group: text(call, 'group'),
    type: 'group',
    ...groupOf(call),
  }),
  'PUT /cluster/ha/groups/{group}': (call) => {
    Object.assign(groupOf(call), settingsFrom(call, ['group', 'delete', 'digest']));
    for (const key of list(call, 'delete')) delete groupOf(call)[key];
    return null;
  },
  'DELETE /cluster/ha/groups/{group}': (call) => {
    groupOf(call);
    groupsOf(call).delete(text(call, 'group'));
    return null;
  },
};

function masterOf(cluster: Cluster): string {
  return [...cluster.nodes.values()].find((node) => node.online)?.name ?? '';
}

const stamp = (ms: number) => new Date(ms).toUTCString().replace(',', '').replace(' GMT', '');

function currentStatus({ cluster }: Call) {
  const master = masterOf(cluster);
  const active = cluster.ha.resources.size > 0;
  const time = Math.floor(cluster.nowMs() / 1000);
  const when = stamp(cluster.nowMs());
  const quorum = {
    id: 'quorum',
    type: 'quorum',
    node: master,
    status: cluster.quorate ? 'OK' : 'No quorum',
    quorate: cluster.quorate ? 1 : 0,
  };
  const armed = cluster.ha.armed ? (active ? 'armed' : 'standby') : 'disarmed';
  const fencing = {
    id: 'fencing',
    type: 'fencing',
    node: master,
    status: armed === 'armed' ? 'armed (CRM watchdog active)' : `${armed} (CRM watchdog standby)`,
    'armed-state': armed,
  };
  const managers = active
    ? [
        {
          id: 'master',
          type: 'master',
          node: master,
          status: `${master} (active, ${when})`,
          timestamp: time,
        },
        ...[...cluster.nodes.values()].map((node) => ({
          id: `lrm:${node.name}`,
          type: 'lrm',
          node: node.name,
          status: node.online
            ? `${node.name} (active, ${when})`
            : `${node.name} (old timestamp - dead?, ${when})`,
          timestamp: time,
        })),
      ]
    : [];
  return [
    quorum,
    ...(cluster.release.major >= 9 ? [fencing] : []),
    ...managers,
    ...[...cluster.ha.resources.values()].map((resource) => serviceRow(cluster, resource)),
  ];
}

function serviceRow(cluster: Cluster, { sid, state, settings }: HaResource) {
  const node = cluster.guests.get(Number(sid.split(':')[1]))?.node ?? '';
  return {
    id: `service:${sid}`,
    type: 'service',
    sid,
    node,
    state,
    request_state: state,
    crm_state: state,
    status: `${sid} (${node}, ${state})`,
    max_relocate: settings['max_relocate'] ?? 1,
    max_restart: settings['max_restart'] ?? 1,
  };
}

function managerStatus({ cluster }: Call) {
  const nodes = [...cluster.nodes.values()];
  const active = cluster.ha.resources.size > 0;
  return {
    quorum: { node: masterOf(cluster), quorate: cluster.quorate ? '1' : '0' },
    manager_status: {
      ...(active ? { master_node: masterOf(cluster), timestamp: Math.floor(cluster.nowMs() / 1000) } : {}),
      node_status: active
        ? Object.fromEntries(nodes.map((node) => [node.name, node.online ? 'online' : 'unknown']))
        : {},
    },
  };
}

function arm(armed: boolean) {
  return ({ cluster }: Call) => {
    cluster.ha.armed = armed;
    return null;
  };
}

export const haHandlers: Handlers = {
  'GET /cluster/ha': () => ['status', 'resources', 'groups', 'rules'].map((id) => ({ id })),
  'GET /cluster/ha/resources': (call) => {
    const type = optionalText(call, 'type');
    return [...call.cluster.ha.resources.values()]
      .filter((resource) => type === undefined || resource.type === type)
      .map((resource) => shownResource(call.cluster, resource));
  },
  'POST /cluster/ha/resources': addResource,
  'GET /cluster/ha/resources/{sid}': (call) => shownResource(call.cluster, resourceOf(call)),
  'PUT /cluster/ha/resources/{sid}': changeResource,
  'DELETE /cluster/ha/resources/{sid}': deleteResource,
  'POST /cluster/ha/resources/{sid}/migrate': move,
  'POST /cluster/ha/resources/{sid}/relocate': move,
  'GET /cluster/ha/rules': listRules,
  'POST /cluster/ha/rules': addRule,
  'GET /cluster/ha/rules/{rule}': (call) => shownRule(call, ruleOf(call), 0),
  'PUT /cluster/ha/rules/{rule}': (call) => {
    Object.assign(ruleOf(call), settingsFrom(call, ['delete', 'digest', 'rule']));
    for (const key of list(call, 'delete')) delete ruleOf(call)[key];
    return null;
  },
  'DELETE /cluster/ha/rules/{rule}': (call) => {
    ruleOf(call);
    call.cluster.ha.rules.delete(text(call, 'rule'));
    return null;
  },
  ...groupHandlers,
  'GET /cluster/ha/status': () => ['current', 'manager_status'].map((name) => ({ name })),
  'GET /cluster/ha/status/current': currentStatus,
  'GET /cluster/ha/status/manager_status': managerStatus,
  'POST /cluster/ha/status/arm-ha': arm(true),
  'POST /cluster/ha/status/disarm-ha': arm(false),
};
