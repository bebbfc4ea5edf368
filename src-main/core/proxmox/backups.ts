import { z } from 'zod';
import type {
  BackupAge,
  ClusterInventory,
  ClusterStorage,
  Guest,
  GuestBackup,
} from '../../../src-preload/contract/clusters';
import { toAppError } from '../errors/app-error';
import type { ApiClient } from './client/client';
import { apiPath } from './client/path';

const number = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

/** `GET …/content?content=backup`; `ctime` in seconds. */
export const backupRowsSchema = z.array(
  z.object({
    volid: z.string(),
    ctime: number.optional(),
    size: number.optional(),
    vmid: number.optional(),
    subtype: z.string().optional(),
    notes: z.string().optional(),
    protected: z.union([number, z.boolean()]).optional(),
    verification: z.object({ state: z.string().optional() }).optional(),
    /** Fingerprint of the key. */
    encrypted: z.string().optional(),
  }),
);

/** `ok` or `failed`; any other word says neither. */
export function verdictOf(verification: { state?: string | undefined } | undefined): 'ok' | 'failed' | null {
  const state = verification?.state;
  return state === 'ok' || state === 'failed' ? state : null;
}

export type Reliability = Pick<GuestBackup, 'verified' | 'encrypted'>;

/** What a Proxmox Backup Server tells of a backup, of either listing of a storage. */
export function reliabilityOf(row: {
  verification?: { state?: string | undefined } | undefined;
  encrypted?: string | null | undefined;
}): Reliability {
  return { verified: verdictOf(row.verification), encrypted: (row.encrypted ?? '') !== '' };
}

/** A shared storage is the same one on every node. */
const placeOf = ({ name, node, shared }: ClusterStorage): string => (shared ? name : `${name} on ${node}`);

/** Storages that hold backups and can be read, each shared one once. */
export function backupStorages({ storages, nodes }: ClusterInventory): ClusterStorage[] {
  const online = new Set(nodes.flatMap(({ name, status }) => (status === 'online' ? [name] : [])));
  const seen = new Set<string>();
  return storages.filter((storage) => {
    if (!storage.content.includes('backup') || !storage.available || !online.has(storage.node)) return false;
    const place = placeOf(storage);
    return !seen.has(place) && seen.add(place);
  });
}

/** Storages for backups that no node can read now: what they hold is not known. */
function unreadableStorages(inventory: ClusterInventory): string[] {
  const readable = new Set(backupStorages(inventory).map(placeOf));
  const holding = inventory.storages.filter(({ content }) => content.includes('backup')).map(placeOf);
  return [...new Set(holding)].filter((place) => !readable.has(place));
}

export interface BackupsRead {
  backups: GuestBackup[];
  /** Storages that could not be read, with why: what is not found may be there. */
  unread: { storage: string; text: string }[];
}

/** One request for each storage that holds backups. A storage that fails is told, and does not hide the others. */
export async function readBackups(
  client: ApiClient,
  inventory: ClusterInventory,
  signal?: AbortSignal,
): Promise<BackupsRead> {
  const unread: BackupsRead['unread'] = unreadableStorages(inventory).map((storage) => ({
    storage,
    text: 'It is not available now.',
  }));
  const parts = await Promise.all(
    backupStorages(inventory).map(async ({ name, node }): Promise<GuestBackup[]> => {
      try {
        const rows = await client.get(
          apiPath('/nodes/{node}/storage/{storage}/content', { node, storage: name }),
          backupRowsSchema,
          { operation: `list the backups on ${name}`, query: { content: 'backup' }, signal },
        );
        return rows.map(({ volid, ctime, size, vmid, subtype, notes, protected: kept, ...of }) => ({
          ...reliabilityOf(of),
          volid,
          storage: name,
          node,
          vmid: vmid ?? null,
          type: subtype === 'qemu' || subtype === 'lxc' ? subtype : null,
          createdAtMs: ctime === undefined ? null : ctime * 1000,
          sizeBytes: size ?? null,
          notes: (notes ?? '').trimEnd(),
          protected: Number(kept ?? 0) === 1,
        }));
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'cancelled') throw error;
        unread.push({ storage: `${name} on ${node}`, text: error.message });
        return [];
      }
    }),
  );
  const backups = parts.flat().sort((a, b) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0));
  return { backups, unread };
}

/** When each guest was last backed up; templates left out. Oldest first, those never found before all. */
export function backupAges(guests: readonly Guest[], backups: readonly GuestBackup[]): BackupAge[] {
  const last = new Map<number, number>();
  for (const { vmid, createdAtMs } of backups) {
    if (vmid === null || createdAtMs === null) continue;
    last.set(vmid, Math.max(last.get(vmid) ?? 0, createdAtMs));
  }
  return guests
    .filter(({ template }) => !template)
    .map(({ vmid, name, node, type }) => ({ vmid, name, node, type, lastAtMs: last.get(vmid) ?? null }))
    .sort((a, b) => (a.lastAtMs ?? 0) - (b.lastAtMs ?? 0) || a.vmid - b.vmid);
}
