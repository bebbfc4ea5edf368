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
