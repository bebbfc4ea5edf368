import type { ChangeMethod } from './client/client';
import { apiPath, type ApiPath } from './client/path';
import type { ApiParameters } from './client/parameters';

/**
 * Every call that can change a cluster. A change that is not here cannot be written down, and a test holds each against
 * the parameters of the real API (proxmox/requests.test.ts).
 */
export const changeTemplates = [
  'POST /nodes/{node}/qemu/{vmid}/status/start',
  'POST /nodes/{node}/qemu/{vmid}/status/shutdown',
  'POST /nodes/{node}/qemu/{vmid}/status/stop',
  'POST /nodes/{node}/qemu/{vmid}/status/reboot',
  'POST /nodes/{node}/qemu/{vmid}/status/reset',
  'POST /nodes/{node}/qemu/{vmid}/status/suspend',
  'POST /nodes/{node}/qemu/{vmid}/status/resume',
  'POST /nodes/{node}/lxc/{vmid}/status/start',
  'POST /nodes/{node}/lxc/{vmid}/status/shutdown',
  'POST /nodes/{node}/lxc/{vmid}/status/stop',
  'POST /nodes/{node}/lxc/{vmid}/status/reboot',
  'POST /nodes/{node}/qemu/{vmid}/migrate',
  'POST /nodes/{node}/lxc/{vmid}/migrate',
  'POST /nodes/{node}/qemu/{vmid}/clone',
  'POST /nodes/{node}/lxc/{vmid}/clone',
  'POST /nodes/{node}/vzdump',
  'PUT /nodes/{node}/qemu/{vmid}/config',
  'PUT /nodes/{node}/lxc/{vmid}/config',
  'DELETE /nodes/{node}/qemu/{vmid}',
  'DELETE /nodes/{node}/lxc/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/snapshot',
  'POST /nodes/{node}/lxc/{vmid}/snapshot',
  'POST /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback',
  'POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback',
  'DELETE /nodes/{node}/qemu/{vmid}/snapshot/{snapname}',
  'DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}',
  'POST /nodes/{node}/qemu',
  'POST /nodes/{node}/lxc',
  'PUT /nodes/{node}/qemu/{vmid}/resize',
  'PUT /nodes/{node}/lxc/{vmid}/resize',
  'POST /nodes/{node}/qemu/{vmid}/template',
  'POST /nodes/{node}/lxc/{vmid}/template',
  'PUT /nodes/{node}/qemu/{vmid}/cloudinit',
  'PUT /nodes/{node}/storage/{storage}/content/{volume}',
  'DELETE /nodes/{node}/storage/{storage}/content/{volume}',
  'DELETE /nodes/{node}/storage/{storage}/prunebackups',
  'POST /cluster/backup',
  'PUT /cluster/backup/{id}',
  'DELETE /cluster/backup/{id}',
  'POST /nodes/{node}/status',
  'POST /nodes/{node}/apt/update',
  'POST /nodes/{node}/services/{service}/start',
  'POST /nodes/{node}/services/{service}/stop',
  'POST /nodes/{node}/services/{service}/restart',
  'DELETE /nodes/{node}/tasks/{upid}',
  'POST /nodes/{node}/replication/{id}/schedule_now',
  'POST /cluster/ha/resources',
  'PUT /cluster/ha/resources/{sid}',
  'DELETE /cluster/ha/resources/{sid}',
  'POST /cluster/ha/groups',
  'DELETE /cluster/ha/groups/{group}',
  'POST /cluster/ha/rules',
  'DELETE /cluster/ha/rules/{rule}',
  'POST /cluster/sdn/zones',
  'DELETE /cluster/sdn/zones/{zone}',
  'POST /cluster/sdn/vnets',
  'DELETE /cluster/sdn/vnets/{vnet}',
  'PUT /cluster/sdn',
  'POST /cluster/firewall/rules',
  'PUT /cluster/firewall/rules/{pos}',
  'DELETE /cluster/firewall/rules/{pos}',
  'PUT /cluster/firewall/options',
  'POST /nodes/{node}/firewall/rules',
  'PUT /nodes/{node}/firewall/rules/{pos}',
  'DELETE /nodes/{node}/firewall/rules/{pos}',
  'PUT /nodes/{node}/firewall/options',
  'POST /nodes/{node}/qemu/{vmid}/firewall/rules',
  'PUT /nodes/{node}/qemu/{vmid}/firewall/rules/{pos}',
  'DELETE /nodes/{node}/qemu/{vmid}/firewall/rules/{pos}',
  'PUT /nodes/{node}/qemu/{vmid}/firewall/options',
  'POST /nodes/{node}/lxc/{vmid}/firewall/rules',
  'PUT /nodes/{node}/lxc/{vmid}/firewall/rules/{pos}',
  'DELETE /nodes/{node}/lxc/{vmid}/firewall/rules/{pos}',
  'PUT /nodes/{node}/lxc/{vmid}/firewall/options',
] as const;
export type ChangeTemplate = (typeof changeTemplates)[number];

/** One change as it will be sent. Only `changeCall` makes one. */
export interface ApiCall {
  readonly template: ChangeTemplate;
  readonly method: ChangeMethod;
  readonly path: ApiPath;
  readonly parameters: ApiParameters;
}

const isChange = (word: string): word is ChangeMethod =>
  word === 'POST' || word === 'PUT' || word === 'DELETE';

/** @throws AppError `invalid-request` for a value that is no name of Proxmox VE */
export function changeCall(
  template: ChangeTemplate,
  values: Readonly<Record<string, string | number>>,
  parameters: ApiParameters = {},
): ApiCall {
  const [method = '', path = ''] = template.split(' ');
  if (!isChange(method)) throw new Error(`${template} changes nothing.`);
  return { template, method, path: apiPath(path, values), parameters };
}
