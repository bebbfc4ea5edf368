import { z } from 'zod';
import type { GuestConfigEntry } from '../../../src-preload/contract/clusters';
import type { GuestType } from '../../../src-preload/contract/clusters';
import { apiPath, type ApiPath } from './client/path';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** `GET …/pending`: every key with what holds and what waits for the next start. `delete`: 1 wished, 2 by force. */
export const pendingRowsSchema = z.array(
  z.object({
    key: z.string(),
    value: scalar.optional(),
    pending: scalar.optional(),
    delete: z.union([z.number(), z.string(), z.boolean()]).optional(),
  }),
);
export type PendingRows = z.infer<typeof pendingRowsSchema>;

export function pendingPath(type: GuestType, node: string, vmid: number): ApiPath {
  return apiPath(`/nodes/{node}/${type}/{vmid}/pending`, { node, vmid });
}

/** Values that are or may hold secrets, and those that run on the node (F83, F242): their keys are shown, no more. */
const secretKey = /^(?:cipassword|sshkeys|ipconfig\d+|args|hookscript|password)$/;
export const hiddenValue = '(not shown)';

const isDeleted = (mark: PendingRows[number]['delete']): boolean => mark !== undefined && Number(mark) > 0;

/** As the page may see it, in the order of its keys. */
export function configEntries(rows: PendingRows): GuestConfigEntry[] {
  return rows
    .filter(({ key }) => key !== 'digest')
    .map(({ key, value, pending, delete: mark }) => {
      const hide = (text: string): string => (secretKey.test(key) ? hiddenValue : text.trimEnd());
      return {
        key,
        value: value === undefined ? null : hide(value),
        pending: pending === undefined ? null : hide(pending),
        deleted: isDeleted(mark),
      };
    })
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
}

/** What a key will be from the next start on; null: nothing. */
export function comingValue(rows: PendingRows, key: string): string | null {
  const row = rows.find((each) => each.key === key);
  if (row === undefined || isDeleted(row.delete)) return null;
  return row.pending ?? row.value ?? null;
}

/** What a key is now, whatever waits for the next start; null: nothing. */
export function currentValue(rows: PendingRows, key: string): string | null {
  return rows.find((each) => each.key === key)?.value ?? null;
}

/** Whether a key waits for the next start. */
export function isPending(rows: PendingRows, key: string): boolean {
  const row = rows.find((each) => each.key === key);
  return (
    row !== undefined && (isDeleted(row.delete) || (row.pending !== undefined && row.pending !== row.value))
  );
}
