import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import { comingValue, pendingPath, pendingRowsSchema, type PendingRows } from '../../../proxmox/guest-config';
import type { GuestStatus } from '../../../proxmox/read-guest';
import type { ApiContext } from '../../action';
import { guestForComparison, readGuest, type GuestInput } from './guest-reads';
import { lookSnapshotFirst, type SnapshotFirst } from './snapshot-first';

const digestSchema = z.object({ digest: z.string().optional() });

/** A guest with its settings as its next start will find them. */
export interface GuestSettings {
  status: GuestStatus | null;
  rows: PendingRows;
  /** Sent with a change, so that nobody else's is overwritten; null: not known, or a snapshot comes first. */
  digest: string | null;
  /** The digest as it was read, also where it is not sent. */
  seen: string | null;
  first: SnapshotFirst | null;
}

/** @param shown keys that are compared although they may be secret; nothing of them goes to the page */
export async function readSettings(
  context: ApiContext,
  input: GuestInput & { snapshotFirst?: string | null },
  shown: readonly string[] = [],
): Promise<GuestSettings> {
  const { type, node, vmid } = input;
  const status = await readGuest(context, input);
  if (status === null) return { status, rows: [], digest: null, seen: null, first: null };
  const [rows, { digest = null }, first] = await Promise.all([
    context.get(
      'read the configuration of the guest',
      pendingPath(type, node, vmid),
      pendingRowsSchema,
      {},
      shown,
    ),
    context.get(
      'read the configuration of the guest',
      apiPath(`/nodes/{node}/${type}/{vmid}/config`, { node, vmid }),
      digestSchema.transform(({ digest: own }) => ({ digest: own ?? null })),
    ),
    lookSnapshotFirst(context, input),
  ]);
  // A snapshot is written into the configuration, so its digest is another one after it.
  return { status, rows, digest: first === null ? digest : null, seen: digest, first };
}

export const settingsForComparison = ({ status, seen }: GuestSettings): Record<string, unknown> => ({
  guest: guestForComparison(status),
  digest: seen,
});

export const has = ({ rows }: Pick<GuestSettings, 'rows'>, key: string): boolean =>
  comingValue(rows, key) !== null;

/** `virtio=BC:24:11:00:00:6E,bridge=vmbr0` as its parts, in their order. */
export type Parts = [key: string, value: string][];

export function partsOf(value: string): Parts {
  return value.split(',').map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
  });
}

export const partOf = (parts: Parts, key: string): string | null =>
  parts.find(([name]) => name === key)?.[1] ?? null;

/** Sets, or takes away with null, and leaves all others as they are. */
export function withPart(parts: Parts, key: string, value: string | null): Parts {
  if (value === null) return parts.filter(([name]) => name !== key);
  if (!parts.some(([name]) => name === key)) return [...parts, [key, value]];
  return parts.map((part): Parts[number] => (part[0] === key ? [key, value] : part));
}

export const joined = (parts: Parts): string =>
  parts.map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join(',');

/** Keys of one kind that the guest has, `net0`, `net1`, in their order. */
export function keysOf(rows: PendingRows, pattern: RegExp): string[] {
  return rows
    .map(({ key }) => key)
    .filter((key) => pattern.test(key) && comingValue(rows, key) !== null)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
