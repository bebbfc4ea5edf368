import { checkPermission, type Identity } from './access';
import type { UploadedFile } from './call';
import { ApiError, badParameters, died, forbidden, HttpError } from './errors';
import { handlers } from './handlers';
import type { RawParameters } from './request-body';
import { findRoute, type Route } from './router';
import type { ClusterNode, Cluster } from './types';
import { validate } from './validate';

export interface Request {
  method: string;
  /** Below /api2/json, decoded. */
  path: string;
  sent: RawParameters;
  /** Null where the call needs nobody. */
  who: Identity | null;
  upload?: UploadedFile;
}

/** How the answer reached the client: this decides its Connection headers. */
export type Way = 'direct' | 'daemon' | 'other-node';

export interface Answer {
  way: Way;
  result: unknown;
}

/** Calls that came with Proxmox VE 9. */
const newIn9 = [/^\/cluster\/bulk-action/, /^\/cluster\/ha\/rules/, /^\/cluster\/ha\/status\/(?:dis)?arm-ha/];

export function routeOf(cluster: Cluster, method: string, path: string): Route {
  const route = findRoute(method, path);
  const missing = cluster.release.major < 9 && newIn9.some((pattern) => pattern.test(path));
  if (route === undefined || missing) throw new ApiError(501, `Method '${method} ${path}' not implemented`);
  return route;
}

function merge(sent: RawParameters, fromPath: Readonly<Record<string, string>>): RawParameters {
  for (const [name, value] of Object.entries(fromPath)) {
    if (sent[name] !== undefined && sent[name] !== value) {
      throw badParameters({
        [name]: 'duplicate parameter (already defined in URI) with conflicting values!',
      });
    }
  }
  return { ...sent, ...fromPath };
}

const nobody: Identity = { user: '', id: '' };

function checkRights(cluster: Cluster, { call }: Route, who: Identity | null, values: RawParameters): void {
  if (call.permissions?.user === 'world') return;
  if (who === null) throw new Error('A call that needs a login got none.');
  if (call.ticketOnly === true && who.token !== undefined) {
    throw forbidden(`URI '${call.path}' not available with API token, need proper ticket.\n`);
  }
  if (who.id === 'root@pam' || call.permissions?.user === 'all') return;
  if (call.permissions?.check === undefined) throw forbidden('user != root@pam');
  checkPermission(cluster.access, who, call.permissions.check, values);
}

function findNode(cluster: Cluster, name: string): ClusterNode {
  const node = cluster.nodes.get(name);
  if (node === undefined) {
    throw died(
      `hostname lookup '${name}' failed - failed to get address info for: ${name}: Name or service not known`,
    );
  }
  if (!node.online) throw new HttpError(595, 'No route to host', '');
  return node;
}

/** Without a quorum /etc/pve cannot be written. */
function checkQuorum(cluster: Cluster, method: string, path: string): void {
  if (cluster.quorate || method === 'GET' || path === '/access/ticket') return;
  const config = /^\/nodes\/([^/]+)\/(qemu|lxc)\/(\d+)\/config$/.exec(path);
  if (config === null) throw died('cluster not ready - no quorum?');
  const [, node, type, vmid] = config;
  const folder = type === 'qemu' ? 'qemu-server' : 'lxc';
  throw died(
    `unable to open file '/etc/pve/nodes/${node}/${folder}/${vmid}.conf.tmp.130' - Permission denied`,
  );
}

export async function dispatch(cluster: Cluster, receiver: ClusterNode, request: Request): Promise<Answer> {
  const { method, path } = request;
  const route = routeOf(cluster, method, path);
  const { call } = route;
  const values = merge(request.sent, route.parameters);
  checkRights(cluster, route, request.who, values);
  const target = route.parameters['node'];
  const onNode = target !== undefined && (call.proxyto === 'node' || findTargetless(call.path));
  const remote = onNode && findNode(cluster, target) !== receiver;
  const parameters = validate(call, values);
  const handler = handlers[`${method} ${call.path}`];
  if (handler === undefined) {
    throw new ApiError(501, `Method '${method} ${call.path}' is in the API, but the demo does not model it`);
  }
  checkQuorum(cluster, method, path);
  const result = await handler({
    cluster,
    receiver,
    who: request.who ?? nobody,
    parameters,
    upload: request.upload,
  });
  const way = call.protected !== true ? 'direct' : remote ? 'other-node' : 'daemon';
  return { way, result };
}

/** Calls below a node that any node answers: firewall rules, charts, uploads. */
function findTargetless(path: string): boolean {
  return !/\/(?:firewall|rrd|rrddata|upload)\b/.test(path);
}
