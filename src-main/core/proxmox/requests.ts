import type { ChangeMethod, UploadFile } from './client/client';
import { apiPath, type ApiPath } from './client/path';
import type { ApiParameters, Hidden } from './client/parameters';

/**
 * Every call that can change a cluster, or that reads what is secret of a guest, with the privileges it takes (H55). A change that is not here cannot be written
 * down, and a test holds each against the parameters and the permissions of the real API (proxmox/requests.test.ts).
 */
const changes = {
  'POST /nodes/{node}/qemu/{vmid}/termproxy': 'VM.Console on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/termproxy': 'VM.Console on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/agent/exec':
    'VM.GuestAgent.Unrestricted on /vms/{vmid} (VM.Monitor before 9.0)',
  'GET /nodes/{node}/qemu/{vmid}/agent/file-read':
    'VM.GuestAgent.FileRead on /vms/{vmid} (VM.Monitor before 9.0)',
  'POST /nodes/{node}/qemu/{vmid}/agent/file-write':
    'VM.GuestAgent.FileWrite on /vms/{vmid} (VM.Monitor before 9.0)',
  'POST /nodes/{node}/qemu/{vmid}/status/start': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/shutdown': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/stop': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/reboot': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/reset': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/suspend': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/status/resume': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/status/start': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/status/shutdown': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/status/stop': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/status/reboot': 'VM.PowerMgmt on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/migrate': 'VM.Migrate on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/migrate': 'VM.Migrate on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/remote_migrate': 'VM.Migrate on /vms/{vmid}, VM.Allocate there',
  'POST /nodes/{node}/lxc/{vmid}/remote_migrate': 'VM.Migrate on /vms/{vmid}, VM.Allocate there',
  'POST /nodes/{node}/qemu/{vmid}/clone': 'VM.Clone on /vms/{vmid}, VM.Allocate on /vms/{newid}',
  'POST /nodes/{node}/lxc/{vmid}/clone': 'VM.Clone on /vms/{vmid}, VM.Allocate on /vms/{newid}',
  'POST /nodes/{node}/vzdump': 'VM.Backup on /vms/{vmid}, Datastore.AllocateSpace on /storage/{storage}',
  'PUT /nodes/{node}/qemu/{vmid}/config':
    'VM.Config.Options, VM.Config.CPU or VM.Config.Memory on /vms/{vmid}, as it changes',
  'PUT /nodes/{node}/lxc/{vmid}/config':
    'VM.Config.Options, VM.Config.CPU or VM.Config.Memory on /vms/{vmid}, as it changes (VM.Allocate for nesting)',
  'DELETE /nodes/{node}/qemu/{vmid}': 'VM.Allocate on /vms/{vmid}',
  'DELETE /nodes/{node}/lxc/{vmid}': 'VM.Allocate on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/snapshot': 'VM.Snapshot on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/snapshot': 'VM.Snapshot on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback':
    'VM.Snapshot or VM.Snapshot.Rollback on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback':
    'VM.Snapshot or VM.Snapshot.Rollback on /vms/{vmid}',
  'DELETE /nodes/{node}/qemu/{vmid}/snapshot/{snapname}': 'VM.Snapshot on /vms/{vmid}',
  'DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}': 'VM.Snapshot on /vms/{vmid}',
  'POST /nodes/{node}/qemu': 'VM.Allocate on /vms/{vmid}, Datastore.AllocateSpace on its storage',
  'POST /nodes/{node}/lxc': 'VM.Allocate on /vms/{vmid}, Datastore.AllocateSpace on its storage',
  'PUT /nodes/{node}/qemu/{vmid}/resize': 'VM.Config.Disk on /vms/{vmid}',
  'PUT /nodes/{node}/lxc/{vmid}/resize': 'VM.Config.Disk on /vms/{vmid}',
  'POST /nodes/{node}/qemu/{vmid}/template': 'VM.Allocate on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/template': 'VM.Allocate on /vms/{vmid}',
  'PUT /nodes/{node}/qemu/{vmid}/cloudinit': 'VM.Config.Cloudinit on /vms/{vmid}',
  'PUT /nodes/{node}/storage/{storage}/content/{volume}':
    'Datastore.Allocate on /storage/{storage}, or VM.Backup on the guest and Datastore.AllocateSpace',
  'DELETE /nodes/{node}/storage/{storage}/content/{volume}':
    'Datastore.Allocate on /storage/{storage} (images: Datastore.AllocateTemplate)',
  'DELETE /nodes/{node}/storage/{storage}/prunebackups': 'Datastore.Allocate on /storage/{storage}',
  'POST /nodes/{node}/storage/{storage}/upload': 'Datastore.AllocateTemplate on /storage/{storage}',
  'POST /cluster/backup': 'Sys.Modify on /',
  'PUT /cluster/backup/{id}': 'Sys.Modify on /',
  'DELETE /cluster/backup/{id}': 'Sys.Modify on /',
  'POST /nodes/{node}/status': 'Sys.PowerMgmt on /nodes/{node}',
  'POST /nodes/{node}/apt/update': 'Sys.Modify on /nodes/{node}',
  'POST /nodes/{node}/services/{service}/start': 'Sys.Modify on /nodes/{node}',
  'POST /nodes/{node}/services/{service}/stop': 'Sys.Modify on /nodes/{node}',
  'POST /nodes/{node}/services/{service}/restart': 'Sys.Modify on /nodes/{node}',
  'DELETE /nodes/{node}/tasks/{upid}': 'Sys.Modify on /nodes/{node}, or to be who started it',
  'POST /nodes/{node}/replication/{id}/schedule_now': 'VM.Replicate on its guest',
  'POST /nodes/{node}/certificates/custom': 'Sys.Modify on /nodes/{node}',
  'DELETE /nodes/{node}/certificates/custom': 'Sys.Modify on /nodes/{node}',
  'PUT /nodes/{node}/certificates/acme/certificate': 'Sys.Modify on /nodes/{node}',
  'POST /cluster/ha/resources': 'Sys.Console on /',
  'PUT /cluster/ha/resources/{sid}': 'Sys.Console on /',
  'DELETE /cluster/ha/resources/{sid}': 'Sys.Console on /',
  'POST /cluster/ha/groups': 'Sys.Console on /',
  'DELETE /cluster/ha/groups/{group}': 'Sys.Console on /',
  'POST /cluster/ha/rules': 'Sys.Console on /',
  'DELETE /cluster/ha/rules/{rule}': 'Sys.Console on /',
  'POST /cluster/sdn/zones': 'SDN.Allocate on /sdn/zones',
  'DELETE /cluster/sdn/zones/{zone}': 'SDN.Allocate on /sdn/zones/{zone}',
  'POST /cluster/sdn/vnets': 'SDN.Allocate on /sdn/zones/{zone}',
  'DELETE /cluster/sdn/vnets/{vnet}': 'SDN.Allocate on its zone',
  'PUT /cluster/sdn': 'SDN.Allocate on /sdn',
  'POST /cluster/firewall/rules': 'Sys.Modify on /',
  'PUT /cluster/firewall/rules/{pos}': 'Sys.Modify on /',
  'DELETE /cluster/firewall/rules/{pos}': 'Sys.Modify on /',
  'PUT /cluster/firewall/options': 'Sys.Modify on /',
  'POST /nodes/{node}/firewall/rules': 'Sys.Modify on /nodes/{node}',
  'PUT /nodes/{node}/firewall/rules/{pos}': 'Sys.Modify on /nodes/{node}',
  'DELETE /nodes/{node}/firewall/rules/{pos}': 'Sys.Modify on /nodes/{node}',
  'PUT /nodes/{node}/firewall/options': 'Sys.Modify on /nodes/{node}',
  'POST /nodes/{node}/qemu/{vmid}/firewall/rules': 'VM.Config.Network on /vms/{vmid}',
  'PUT /nodes/{node}/qemu/{vmid}/firewall/rules/{pos}': 'VM.Config.Network on /vms/{vmid}',
  'DELETE /nodes/{node}/qemu/{vmid}/firewall/rules/{pos}': 'VM.Config.Network on /vms/{vmid}',
  'PUT /nodes/{node}/qemu/{vmid}/firewall/options': 'VM.Config.Network on /vms/{vmid}',
  'POST /nodes/{node}/lxc/{vmid}/firewall/rules': 'VM.Config.Network on /vms/{vmid}',
  'PUT /nodes/{node}/lxc/{vmid}/firewall/rules/{pos}': 'VM.Config.Network on /vms/{vmid}',
  'DELETE /nodes/{node}/lxc/{vmid}/firewall/rules/{pos}': 'VM.Config.Network on /vms/{vmid}',
  'PUT /nodes/{node}/lxc/{vmid}/firewall/options': 'VM.Config.Network on /vms/{vmid}',
} as const;
export type ChangeTemplate = keyof typeof changes;
export const changeTemplates = Object.keys(changes) as ChangeTemplate[];

/** One change as it will be sent. Only `changeCall` makes one. */
export interface ApiCall {
  readonly template: ChangeTemplate;
  readonly method: ChangeMethod;
  readonly path: ApiPath;
  readonly parameters: ApiParameters;
  /** `VM.PowerMgmt on /vms/100` */
  readonly needs: string;
  /** Sent with it as `filename`. */
  readonly file?: UploadFile;
  /** What stands in the place of values that are never shown, beside the secrets by name. */
  readonly hidden?: Hidden;
}

const isChange = (word: string): word is ChangeMethod =>
  word === 'GET' || word === 'POST' || word === 'PUT' || word === 'DELETE';

/** @throws AppError `invalid-request` for a value that is no name of Proxmox VE */
export function changeCall(
  template: ChangeTemplate,
  values: Readonly<Record<string, string | number>>,
  parameters: ApiParameters = {},
  { file, hidden }: Pick<ApiCall, 'file' | 'hidden'> = {},
): ApiCall {
  const [method = '', path = ''] = template.split(' ');
  if (!isChange(method)) throw new Error(`${template} changes nothing.`);
  const known: Readonly<Record<string, unknown>> = { ...parameters, ...values };
  const needs = changes[template].replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = known[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
  return {
    template,
    method,
    path: apiPath(path, values),
    parameters,
    needs,
    ...(file === undefined ? {} : { file }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
