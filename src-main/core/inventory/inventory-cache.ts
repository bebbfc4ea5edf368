import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { hostSummarySchema, type HostSummary } from '../../../src-preload/contract/hosts';
import { hostInventorySchema, snapshotSchema, type Snapshot } from '../../../src-preload/contract/inventory';
import { withoutWaiting } from '../data/without-waiting';
import type { InventoryCachePort } from './service';

/** Raised whenever the shape changes: a reading of another format is dropped, never misread. */
const format = 5;

/** Snapshots of one part: a few milliseconds to write and to parse strictly. */
const snapshotsPerPart = 2_000;
const snapshotsSchema = z.array(snapshotSchema);

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
/** Level 1: 100,000 snapshots take a tenth of the time of the default level and a fifth more space. */
const fast = { level: 1 } as const;
const lengthBytes = 4;

/**
 * Last readings in app.sqlite. What can't be read counts as never read: `read` rejects, and the caller goes on.
 *
 * A body is a row of parts, each its length (32 bits, big-endian) and deflated JSON: first the inventory, then the
 * snapshots. One part at a time with a turn of the event loop in between, because 100,000 snapshots at once would
 * hold up everything else the core does for most of a second. Snapshots that are still the array written last are not
 * packed again: their parts are taken over from the stored body.
 */
export function createInventoryCache(db: Database): InventoryCachePort {
  const summaryOf = db
    .prepare<[string, number], string>('SELECT summary FROM inventory WHERE host_id = ? AND format = ?')
    .pluck();
  const bodyOf = db
    .prepare<[string, number], Buffer>('SELECT body FROM inventory WHERE host_id = ? AND format = ?')
    .pluck();
  const put = db.prepare(
    `INSERT INTO inventory (host_id, taken_at_ms, format, summary, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (host_id) DO UPDATE SET taken_at_ms = excluded.taken_at_ms, format = excluded.format,
       summary = excluded.summary, body = excluded.body`,
  );
  const drop = db.prepare('DELETE FROM inventory WHERE host_id = ?');
  /** The newest write or removal of each host: one that it overtook must not come after it. */
  const newest = new Map<string, symbol>();
  const stored = new Map<string, WeakRef<readonly Snapshot[]>>();

  /** Parts of the snapshots as they are stored; null: others are, or none. */
  const storedParts = (hostId: string, snapshots: readonly Snapshot[]): Buffer[] | null => {
    if (stored.get(hostId)?.deref() !== snapshots) return null;
    const body = bodyOf.get(hostId, format);
    return body === undefined ? null : [...partsOf(body)].slice(1).map(framed);
  };

  return {
    summary: (hostId): HostSummary | null => {
      const summary = summaryOf.get(hostId, format);
      return summary === undefined ? null : hostSummarySchema.parse(JSON.parse(summary));
    },
    read: async (hostId) => {
      const body = bodyOf.get(hostId, format);
      if (body === undefined) return null;
      const [first, ...rest] = partsOf(body);
      if (first === undefined) throw new Error('The stored inventory is empty.');
      const inventory = hostInventorySchema.parse(await parsed(first));
      const snapshots: Snapshot[] = [];
      for (const part of rest) {
        for (const snapshot of snapshotsSchema.parse(await parsed(part))) snapshots.push(snapshot);
        await setImmediate();
      }
      return { inventory, snapshots };
    },
    write: async (hostId, { inventory, snapshots }, summary) => {
      const turn = Symbol(hostId);
      newest.set(hostId, turn);
      const first = await packed(inventory);
      if (newest.get(hostId) !== turn) return;
      const kept = storedParts(hostId, snapshots);
      const parts = [first, ...(kept ?? [])];
      for (let at = 0; kept === null && at < snapshots.length; at += snapshotsPerPart) {
        if (newest.get(hostId) !== turn) return;
        parts.push(await packed(snapshots.slice(at, at + snapshotsPerPart)));
        await setImmediate();
      }
      if (newest.get(hostId) !== turn) return;
      newest.delete(hostId);
      const body = Buffer.concat(parts);
      withoutWaiting(db, () => put.run(hostId, summary.takenAtMs, format, JSON.stringify(summary), body));
      stored.set(hostId, new WeakRef(snapshots));
    },
    remove: (hostId) => {
      newest.delete(hostId);
      stored.delete(hostId);
      drop.run(hostId);
    },
  };
}

async function packed(value: unknown): Promise<Buffer> {
  return framed(await deflate(Buffer.from(JSON.stringify(value)), fast));
}

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

async function parsed(part: Buffer): Promise<unknown> {
  return JSON.parse((await inflate(part)).toString('utf8')) as unknown;
}

function* partsOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length;) {
    const start = at + lengthBytes;
    const end = start + body.readUInt32BE(at);
    if (end > body.length) throw new Error('The stored inventory is cut short.');
    yield body.subarray(start, end);
    at = end;
  }
}
