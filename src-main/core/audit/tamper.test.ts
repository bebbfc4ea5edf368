import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../../src-preload/contract/audit';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { createAnchorStore, type Anchor } from './anchors';
import { createAuditStore } from './audit-store';
import { chainHash, genesisHash } from './chain';
import { openSigner, type CheckpointSigner } from './signer';
import { verifyChain } from './verify';

/** Any single change of any row of a closed file is found, and the report names where. */
const rowCount = 240;
let folder: string;
let sound: string;
let anchor: Anchor | null;
let signer: CheckpointSigner;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-tamper-'));
  const { db } = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'app.sqlite');
  signer = await openSigner(db, {
    seal: async (plain) => Buffer.from(plain),
    unseal: async (sealed) => Buffer.from(sealed).toString(),
  });
  const anchors = createAnchorStore(db);
  const store = createAuditStore({
    directory: folder,
    hostName: () => 'nas-01',
    signer,
    anchors,
    actor: 'mara@laptop',
    nowMs: Date.now,
  });
  for (let index = 0; index < rowCount / 2; index += 1) {
    const operationId = randomUUID();
    for (const event of ['started', 'finished'] as const) {
      store.append('nas', {
        event,
        operationId,
        hostName: 'nas-01',
        action: 'zfs.snapshot.create',
        target: `tank/data@${String(index)}`,
        risk: 'safe',
        outcome: event === 'started' ? null : 'ok',
        message: `Create a snapshot, number ${String(index)}`,
        commands: [`zfs snapshot -- tank/data@${String(index)}`],
        planDigest: null,
        exitCode: event === 'started' ? null : 0,
        durationMs: null,
        stdoutSnippet: 'line one\nline "two"',
        stderrSnippet: '',
        recovery: event === 'started' ? '{"input":1}' : null,
      });
    }
  }
  store.close();
  anchor = anchors.read('nas')[0] ?? null;
  db.close();
  sound = join(folder, 'nas.sqlite');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Without what differs from run to run: the time, and which of two faults of the list is met first. */
const inOrder = ({ durationMs: _took, problems, ...rest }: AuditReport) => ({
  ...rest,
  problems: problems.map((problem) => JSON.stringify(problem)).sort(),
});

async function after(change: (db: Database) => void): Promise<AuditReport> {
  const path = join(folder, 'changed.sqlite');
  copyFileSync(sound, path);
  const db = new BetterSqlite3(path);
  try {
    db.pragma('journal_mode = DELETE');
    for (const name of db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
      .pluck()
      .all()) {
      db.exec(`DROP TRIGGER ${name}`);
    }
    change(db);
    const options = { anchor, isOwnKey: (key: string) => signer.isOwn(key) };
    const report = await verifyChain(db, options);
    // Whole pages are compared at once, a page with a fault row by row; where the pages end must not matter.
    for (const rowsPerTurn of [7, 60]) {
      expect(inOrder(await verifyChain(db, { ...options, rowsPerTurn }))).toEqual(inOrder(report));
    }
    return report;
  } finally {
    db.close();
  }
}

const seqs = ({ problems }: AuditReport): number[] =>
  problems.flatMap(({ seq }) => (seq === null ? [] : [seq]));
const anySeq = fc.integer({ min: 1, max: rowCount });

describe('a single change in a closed file', () => {
  it('is no alarm when there is none', async () => {
    expect(await after(() => undefined)).toMatchObject({
      ok: true,
      problems: [],
      rowCount,
      checkpointCount: 3,
    });
  });

  it('of one character of a row is found at that row', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, fc.nat(), fc.integer({ min: 1, max: 9 }), async (seq, at, step) => {
        const report = await after((db) => {
          const body =
            db.prepare<[number], string>('SELECT body FROM rows WHERE seq = ?').pluck().get(seq) ?? '';
          // Inside of texts and numbers only: what is no JSON at all cannot even be stored.
          const places = [...body.matchAll(/[a-z0-9]/g)].map(({ index }) => index);
          const place = places[at % places.length] ?? 0;
          const alphabet = /\d/.test(body[place] ?? '') ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz';
          const other = alphabet[(alphabet.indexOf(body[place] ?? '') + step) % alphabet.length] ?? '';
          const edited = body.slice(0, place) + other + body.slice(place + 1);
          expect(edited).not.toBe(body);
          try {
            db.prepare('UPDATE rows SET body = ? WHERE seq = ?').run(edited, seq);
          } catch (thrown) {
            // `null` with a changed letter: SQLite computes the columns and refuses it.
            expect(String(thrown)).toMatch(/JSON/);
            db.prepare(`UPDATE rows SET hash = 'x' WHERE seq = ?`).run(seq);
          }
        });
        expect(report.ok).toBe(false);
        expect(seqs(report)[0]).toBe(seq);
      }),
      { numRuns: 30 },
    );
  });

  it('that takes a row out is found at that row, or as a file cut short', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, async (seq) => {
        const report = await after((db) => void db.prepare('DELETE FROM rows WHERE seq = ?').run(seq));
        expect(report.ok).toBe(false);
        if (seq === rowCount)
          expect(report.problems.some(({ text }) => text.includes('cut short'))).toBe(true);
        else expect(seqs(report)[0]).toBe(seq);
      }),
      { numRuns: 20 },
    );
  });

  it('that cuts the end off is found, wherever the cut is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: rowCount - 1 }), async (kept) => {
        const report = await after((db) => {
          db.prepare('DELETE FROM rows WHERE seq > ?').run(kept);
          db.prepare('DELETE FROM checkpoints WHERE row_count > ?').run(kept);
          db.prepare('DELETE FROM entries WHERE seq > ?').run(kept);
        });
        expect(report.problems.some(({ text }) => text.includes('cut short'))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('that swaps two rows is found at the first of them', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, anySeq, async (one, two) => {
        fc.pre(one !== two);
        const report = await after((db) => {
          const read = db.prepare<[number], { body: string; hash: string }>(
            'SELECT body, hash FROM rows WHERE seq = ?',
          );
          const write = db.prepare('UPDATE rows SET body = ?, hash = ? WHERE seq = ?');
          const [a, b] = [read.get(one), read.get(two)];
          write.run(b?.body, b?.hash, one);
          write.run(a?.body, a?.hash, two);
        });
        expect(report.ok).toBe(false);
        expect(seqs(report)[0]).toBe(Math.min(one, two));
      }),
      { numRuns: 20 },
    );
  });

  it('of any field of a checkpoint is found at that checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(100, 200, 240),
        fc.constantFrom(
          `head_hash = '${'e'.repeat(64)}'`,
          'at_ms = at_ms + 1',
          `public_key = '${'ab'.repeat(32)}'`,
          `signature = '${Buffer.alloc(64).toString('base64')}'`,
        ),
        async (count, change) => {
          const report = await after(
            (db) => void db.exec(`UPDATE checkpoints SET ${change} WHERE row_count = ${String(count)}`),
          );
          expect(seqs(report)).toContain(count);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('that writes the chain anew from a row on is found at the next checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(anySeq, async (from) => {
        const report = await after((db) => {
          const write = db.prepare('UPDATE rows SET body = ?, hash = ? WHERE seq = ?');
          const all = db.prepare<[], { seq: number; body: string; hash: string }>(
            'SELECT * FROM rows ORDER BY seq',
          );
          let hash = genesisHash;
          db.transaction(() => {
            for (const row of all.all()) {
              const body = row.seq === from ? row.body.replace('nas-01', 'nas-02') : row.body;
              hash = chainHash(hash, body);
              write.run(body, hash, row.seq);
            }
          })();
        });
        expect(seqs(report)[0]).toBe([100, 200, 240].find((signed) => signed >= from));
      }),
      { numRuns: 20 },
    );
  });

  it('of any field of the list is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: rowCount / 2 - 1 }),
        fc.constantFrom(
          `outcome = 'failed'`,
          `action = 'zfs.snapshot.destroy'`,
          'at_ms = at_ms + 1',
          `state = 'open'`,
          `operation_id = '${randomUUID()}'`,
          `row_seqs = seq`,
          `row_seqs = row_seqs || ',999'`,
          `row_seqs = '0' || row_seqs`,
          `row_seqs = row_seqs || ',' || row_seqs`,
          `row_seqs = CASE seq WHEN 1 THEN '3,4' ELSE '1,2' END`,
          'closing_seq = NULL',
        ),
        async (index, change) => {
          const report = await after(
            (db) => void db.exec(`UPDATE entries SET ${change} WHERE seq = ${String(index * 2 + 1)}`),
          );
          expect(report.ok).toBe(false);
        },
      ),
      { numRuns: 30 },
    );
  });
});
