import { mayAll } from './access';
import { ApiError } from './errors';
import { list, numberOr, type Call, type Handlers } from './call';
import { levelOf } from './resources';

function readStatus({ cluster, receiver }: Call) {
  const nodes = [...cluster.nodes.values()];
  const rows = nodes.map((node) => ({
    id: `node/${node.name}`,
    type: 'node',
    name: node.name,
    ip: node.address,
    level: levelOf(node),
    local: node === receiver ? 1 : 0,
    // Without a quorum a node sees nobody but itself.
    online: node.online && (cluster.quorate || node === receiver) ? 1 : 0,
    nodeid: cluster.clustered ? node.id : 0,
  }));
  if (!cluster.clustered) return rows;
  const row = {
    id: 'cluster',
    type: 'cluster',
    name: cluster.name,
    version: cluster.configVersion,
    nodes: nodes.length,
    quorate: cluster.quorate ? 1 : 0,
  };
  return [row, ...rows];
}

function readLog(call: Call) {
  const { cluster, who } = call;
  const seesAll = mayAll(cluster.access, who, '/', ['Sys.Syslog']);
  return cluster.log
    .filter((entry) => seesAll || entry.user === who.id)
    .sort((left, right) => left.atMs - right.atMs)
    .slice(-numberOr(call, 'max', 50))
    .reverse()
    .map((entry) => ({
      uid: String(entry.uid),
      id: `${entry.uid}:${entry.node}`,
      time: Math.floor(entry.atMs / 1000),
      node: entry.node,
      user: entry.user,
      tag: entry.tag,
      pri: entry.severity,
      pid: entry.pid,
      msg: entry.message,
    }));
}

function readOptions({ cluster }: Call) {
  const tags = [...cluster.guests.values()].flatMap((guest) => String(guest.config['tags'] ?? '').split(';'));
  const allowed = [...new Set(tags.filter((tag) => tag !== ''))].sort();
  return { ...cluster.options, 'allowed-tags': allowed };
}

function changeOptions(call: Call): null {
  for (const [key, value] of Object.entries(call.parameters))
    if (key !== 'delete') call.cluster.options[key] = value;
  for (const key of list(call, 'delete')) delete call.cluster.options[key];
  return null;
}

function joinInformation({ cluster }: Call) {
  if (!cluster.clustered) throw new ApiError(424, 'node is not in a cluster, no join info available!');
  return {
    config_digest: '',
    preferred_node: [...cluster.nodes.keys()][0],
    nodelist: [...cluster.nodes.values()].map((node) => ({
      name: node.name,
      nodeid: String(node.id),
      pve_addr: node.address,
      pve_fp: node.certificate.fingerprint,
      quorum_votes: '1',
      ring0_addr: node.address,
    })),
    totem: { cluster_name: cluster.name, config_version: String(cluster.configVersion), version: '2' },
  };
}

const names =
  (...all: readonly string[]) =>
  () =>
    all.map((name) => ({ name }));

export const clusterHandlers: Handlers = {
  'GET /version': ({ cluster: { release } }) => ({
    version: release.version,
    release: release.release,
    repoid: release.repoid,
  }),
  'GET /cluster': names(
    'resources',
    'status',
    'tasks',
    'log',
    'options',
    'nextid',
    'backup',
    'ha',
    'sdn',
    'firewall',
    'replication',
  ),
  'GET /cluster/status': readStatus,
  'GET /cluster/log': readLog,
  'GET /cluster/options': readOptions,
  'PUT /cluster/options': changeOptions,
  'GET /cluster/config': names('nodes', 'totem', 'join', 'qdevice', 'apiversion'),
  'GET /cluster/config/join': joinInformation,
  'GET /cluster/config/nodes': ({ cluster }) =>
    cluster.clustered
      ? [...cluster.nodes.values()].map((node) => ({
          node: node.name,
          name: node.name,
          nodeid: String(node.id),
          ring0_addr: node.address,
          quorum_votes: '1',
        }))
      : [],
};
