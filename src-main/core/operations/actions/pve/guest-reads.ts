import { z } from 'zod';
import { guestTypeSchema, type Guest, type GuestType } from '../../../../../src-preload/contract/clusters';
import type { Blocker, Verification } from '../../../../../src-preload/contract/operations';
import { toAppError } from '../../../errors/app-error';
import type { ApiContext } from '../../action';
import { apiPath } from '../../../proxmox/client/path';
import { guestStatusSchema, type GuestStatus } from '../../../proxmox/read-guest';

/** F55: as PVE's own pve-node format, and no longer than a host name. */
export const nodeNameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/, 'must be the name of a node');
/** F80 */
export const vmidSchema = z.int().min(100).max(999_999_999);

/** Which guest, and where it was when it was chosen: a guest that moved since is not followed. */
export const guestInputShape = { type: guestTypeSchema, node: nodeNameSchema, vmid: vmidSchema };
export interface GuestInput {
  type: GuestType;
  node: string;
  vmid: number;
}

export const guestWords: Readonly<Record<GuestType, string>> = { qemu: 'virtual machine', lxc: 'container' };

/** F90: up to 50 guests under one plan, five at a time. */
export const bulkGuests = { one: 'guest', many: 'guests', atOnce: 5, most: 50 } as const;

export function guestInput({ type, node, vmid }: Guest): GuestInput {
  return { type, node, vmid };
}

/** What a plan about a guest rests on. null: there is no such guest on that node (any more). */
export async function readGuest(
  context: ApiContext,
  { type, node, vmid }: GuestInput,
): Promise<GuestStatus | null> {
  try {
    return await context.get(
      'read the state of the guest',
      apiPath(`/nodes/{node}/${type}/{vmid}/status/current`, { node, vmid }),
      guestStatusSchema,
    );
  } catch (thrown) {
    const error = toAppError(thrown);
    // "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist": Proxmox VE knows no 404.
    if (error.code === 'api-failed' && /\.conf' does not exist/.test(error.detail ?? '')) return null;
    throw error;
  }
}

export function isPaused(status: GuestStatus): boolean {
  return status.qmpstatus === 'paused' || status.qmpstatus === 'suspended';
}

export function targetOf(
  { type, vmid }: GuestInput,
  status: GuestStatus | null,
): { kind: string; name: string } {
  const name = status?.name;
  return { kind: guestWords[type], name: name === undefined ? String(vmid) : `${vmid} ${name}` };
}

/** What stands in the way of every change of a guest. */
export function guestBlockers({ type, node, vmid }: GuestInput, status: GuestStatus | null): Blocker[] {
  if (status === null) {
    return [
      {
        text: `There is no ${guestWords[type]} ${vmid} on node ${node} (any more).`,
        remedy: 'Refresh the cluster: it may have moved to another node.',
      },
    ];
  }
  if (status.lock === undefined || status.lock === '') return [];
  return [
    {
      text: `Guest ${vmid} is locked (${status.lock}): something works on it, or died while it did.`,
      remedy: `Wait until its task has ended. If there is none: ${type === 'qemu' ? 'qm' : 'pct'} unlock ${vmid} on ${node}.`,
    },
  ];
}

export function templateBlocker(status: GuestStatus | null): Blocker[] {
  return Number(status?.template ?? 0) === 1
    ? [{ text: 'It is a template, which cannot run.', remedy: 'Clone it, and start the clone.' }]
    : [];
}

/** What must be the same when the plan runs. */
export function guestForComparison(status: GuestStatus | null): Record<string, unknown> {
  if (status === null) return { there: false };
  return {
    there: true,
    status: status.status,
    paused: isPaused(status),
    lock: status.lock ?? '',
    managed: Number(status.ha?.managed ?? 0) === 1,
  };
}

const nextIdSchema = z.union([z.string(), z.number()]);

/** Proxmox VE knows the ids of all guests, also of those that the token may not see. */
export async function isIdTaken(context: ApiContext, vmid: number): Promise<boolean> {
  try {
    await context.get('ask whether the id is free', apiPath('/cluster/nextid'), nextIdSchema, { vmid });
    return false;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'api-failed') return true;
    throw error;
  }
}

/** How far a guest is that was to be made. @param start it was to be started as well */
export function judgeMade(present: GuestStatus | null, vmid: number, start: boolean): Verification {
  if (present === null) return { status: 'not-there', text: `There is no guest ${vmid}.` };
  if (present.lock !== undefined && present.lock !== '') {
    return { status: 'pending', text: `Guest ${vmid} is being made (${present.lock}).` };
  }
  return start && present.status !== 'running'
    ? { status: 'pending', text: `Guest ${vmid} is there, and does not run.` }
    : { status: 'confirmed', text: `Guest ${vmid} is there.` };
}
