import { z } from 'zod';
import type { GuestSnapshots, GuestType } from '../../../src-preload/contract/clusters';
import { AppError } from '../errors/app-error';
import { apiPath, type ApiPath } from './client/path';

const number = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

/** `GET …/snapshot`: in no order, with a row `current` that is no snapshot. */
export const snapshotRowsSchema = z.array(
  z.object({
    name: z.string(),
    description: z.string().optional(),
    snaptime: number.optional(),
    parent: z.string().optional(),
    vmstate: z.union([number, z.boolean()]).optional(),
    snapstate: z.string().optional(),
    running: z.union([number, z.boolean()]).optional(),
  }),
);

export function snapshotsPath(type: GuestType, node: string, vmid: number): ApiPath {
  return apiPath(`/nodes/{node}/${type}/{vmid}/snapshot`, { node, vmid });
}

export function guestSnapshotsOf(rows: z.infer<typeof snapshotRowsSchema>): GuestSnapshots {
  const current = rows.find(({ name }) => name === 'current');
  if (current === undefined) {
    throw new AppError(
      'unexpected-output',
      'The list of snapshots does not say where the guest stands, so it was not used.',
    );
  }
  const names = new Set(rows.map(({ name }) => name));
  const known = (parent: string | undefined): string | null =>
    parent !== undefined && parent !== 'current' && names.has(parent) ? parent : null;
  return {
    snapshots: rows
      .filter(({ name }) => name !== 'current')
      .map(({ name, description = '', snaptime, parent, vmstate, snapstate }) => ({
        name,
        description: description.trimEnd(),
        createdAtMs: snaptime === undefined ? null : snaptime * 1000,
        parent: known(parent),
        withMemory: Number(vmstate ?? 0) === 1,
        state: snapstate ?? null,
      }))
      .sort((a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0) || a.name.localeCompare(b.name)),
    current: { parent: known(current.parent), running: Number(current.running ?? 0) === 1 },
  };
}

/** `GET …/status/current` */
export const guestStatusSchema = z.object({
  status: z.string(),
  name: z.union([z.string(), z.number()]).transform(String).optional(),
  qmpstatus: z.string().optional(),
  lock: z.string().optional(),
  template: z.union([number, z.boolean(), z.literal('')]).optional(),
  uptime: number.optional(),
  /** Of its process, while it runs. */
  pid: number.optional(),
  agent: z.union([number, z.boolean()]).optional(),
  ha: z
    .object({ managed: z.union([number, z.boolean()]).optional(), state: z.string().optional() })
    .optional(),
});
export type GuestStatus = z.infer<typeof guestStatusSchema>;
