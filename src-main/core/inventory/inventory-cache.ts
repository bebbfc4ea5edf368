import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { hostSummarySchema, type HostSummary } from '../../../src-preload/contract/hosts';
import { hostInventorySchema, snapshotSchema } from '../../../src-preload/contract/inventory';
import type { InventoryCachePort, InventoryReading } from './service';

/** Raised whenever the shape changes: a reading of another format is dropped, never misread. */
const format = 1;

const readingSchema = z.strictObject({ inventory: hostInventorySchema, snapshots: z.array(snapshotSchema) });

/** Level 1: 100,000 snapshots take a tenth of the time of the default level and a fifth more space. */
const fast = { level: 1 } as const;

/** Last readings in app.sqlite. What can't be read counts as never read. */
export function createInventoryCache(db: Database): InventoryCachePort {
  const summaryOf = db.prepare<[string, number], { summary: string }>(
    'SELECT summary FROM inventory WHERE host_id = ? AND format = ?',
  );
  const bodyOf = db.prepare<[string, number], { body: Buffer }>(
    'SELECT body FROM inventory WHERE host_id = ? AND format = ?',
  );
  const put = db.prepare(
    `INSERT INTO inventory (host_id, taken_at_ms, format, summary, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (host_id) DO UPDATE SET taken_at_ms = excluded.taken_at_ms, format = excluded.format,
       summary = excluded.summary, body = excluded.body`,
  );
  const drop = db.prepare('DELETE FROM inventory WHERE host_id = ?');

  return {
    summary: (hostId): HostSummary | null => {
      const row = summaryOf.get(hostId, format);
      return row === undefined ? null : hostSummarySchema.parse(JSON.parse(row.summary));
    },
    read: (hostId): InventoryReading | null => {
      const row = bodyOf.get(hostId, format);
      return row === undefined
        ? null
        : readingSchema.parse(JSON.parse(inflateRawSync(row.body).toString('utf8')));
    },
    write: (hostId, reading, summary) => {
      const body = deflateRawSync(Buffer.from(JSON.stringify(reading)), fast);
      put.run(hostId, summary.takenAtMs, format, JSON.stringify(summary), body);
    },
    remove: (hostId) => {
      drop.run(hostId);
    },
  };
}
