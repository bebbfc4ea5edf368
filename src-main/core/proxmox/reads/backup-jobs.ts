import { z } from 'zod';
import { guestTypeSchema } from '../../../../src-preload/contract/clusters';
import { keepRules, type BackupJob } from '../../../../src-preload/contract/datacenter';
import { toAppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import {
  listOf,
  looseNumber,
  looseText,
  momentOf,
  optionalFlag,
  optionalNumber,
  optionalText,
} from '../loose';

/** `GET /cluster/backup`: `prune-backups` is sent as text and comes as an object of text. */
export const backupJobRowSchema = z.object({
  id: z.string(),
  type: z.string().optional(),
  enabled: optionalFlag,
  comment: optionalText,
  schedule: optionalText,
  'next-run': optionalNumber,
  storage: optionalText,
  mode: optionalText,
  compress: optionalText,
  all: optionalFlag,
  vmid: optionalText,
  exclude: optionalText,
  pool: optionalText,
  node: optionalText,
  mailto: optionalText,
  mailnotification: optionalText,
  'notification-mode': optionalText,
  'notes-template': optionalText,
  'prune-backups': z.union([z.record(z.string(), looseText), z.string()]).nullish(),
});
export const backupJobRowsSchema = z.array(backupJobRowSchema);
type Row = z.infer<typeof backupJobRowSchema>;

function keepOf(value: Row['prune-backups']): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  const rules = ['keep-all', ...keepRules].flatMap((rule) =>
    value[rule] === undefined ? [] : [`${rule}=${value[rule]}`],
  );
  return rules.length === 0 ? null : rules.join(',');
}

export function backupJobOf(row: Row): BackupJob {
  return {
    id: row.id,
    enabled: row.enabled ?? true,
    comment: row.comment ?? '',
    schedule: row.schedule ?? '',
    nextRunAtMs: momentOf(row['next-run']),
    storage: row.storage,
    mode: row.mode ?? 'snapshot',
    compress: row.compress,
    selection: row.pool !== null ? 'pool' : row.all === true ? 'all' : 'list',
    vmids: listOf(row.vmid).map(Number).filter(Number.isInteger),
    exclude: listOf(row.exclude).map(Number).filter(Number.isInteger),
    pool: row.pool,
    node: row.node,
    keep: keepOf(row['prune-backups']),
    mailTo: row.mailto,
    mailWhen: row.mailnotification,
    notifyBy: row['notification-mode'],
    notesTemplate: row['notes-template'],
  };
}

const uncoveredSchema = z.array(z.object({ vmid: looseNumber, type: guestTypeSchema, name: optionalText }));

/** Guests that no backup job takes, by id; null: this login may not know. Throws AppError. */
export async function readUncovered(client: ApiClient, signal: AbortSignal) {
  try {
    const guests = await client.get(apiPath('/cluster/backup-info/not-backed-up'), uncoveredSchema, {
      operation: 'list the guests without a backup job',
      signal,
    });
    return guests.sort((a, b) => a.vmid - b.vmid);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'forbidden') return null;
    throw error;
  }
}

/** The jobs, and the guests that none of them takes. */
export async function readBackupJobs(client: ApiClient, signal: AbortSignal) {
  const [rows, uncovered] = await Promise.all([
    client.get(apiPath('/cluster/backup'), backupJobRowsSchema, {
      operation: 'list the backup jobs',
      signal,
    }),
    readUncovered(client, signal),
  ]);
  return {
    jobs: rows
      .filter(({ type }) => type === undefined || type === 'vzdump')
      .map(backupJobOf)
      .sort((a, b) => (a.nextRunAtMs ?? Infinity) - (b.nextRunAtMs ?? Infinity) || (a.id < b.id ? -1 : 1)),
    uncovered,
  };
}
