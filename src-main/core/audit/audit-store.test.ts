import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditFilter } from '../../../src-preload/contract/audit';
import { auditRowSchema, auditEntrySchema } from '../../../src-preload/contract/audit';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { createAnchorStore } from './anchors';
import { createAuditStore, type AuditStore } from './audit-store';
import { openSigner } from './signer';
import type { AuditDraft } from './types';

const everything: AuditFilter = { search: '', outcomes: [], action: null, fromMs: null, toMs: null };

function draft(patch: Partial<AuditDraft> = {}): AuditDraft {
  return {
    event: 'started',
    operationId: randomUUID(),
    hostName: 'nas-01',
    action: 'zfs.snapshot.create',
    target: 'tank/data@daily',
    risk: 'safe',
    outcome: null,
    message: 'Asked for a snapshot.',
    commands: ['LC_ALL=C zfs snapshot -- tank/data@daily'],
    planDigest: 'a'.repeat(64),
    exitCode: null,
    durationMs: null,
    stdoutSnippet: '',
    stderrSnippet: '',
    recovery: '{"input":{}}',
    ...patch,
  };
}

describe('the audit store', () => {
  let folder: string;
  let now: number;
  let store: AuditStore;
  const fileOf = (hostId: string) => join(folder, 'audit', `${hostId}.sqlite`);

  async function open(): Promise<AuditStore> {
    const { db } = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'app.sqlite');
    const signer = await openSigner(db, {
      seal: async (plain) => Buffer.from(plain),
      unseal: async (sealed) => Buffer.from(sealed).toString(),
    });
    const made = createAuditStore({
      directory: join(folder, 'audit'),
      hostName: (hostId) => (hostId === 'gone' ? null : `name of ${hostId}`),
      signer,
      anchors: createAnchorStore(db),
      actor: 'mara@laptop',
      nowMs: () => (now += 1000),
    });
    return { ...made, close: () => (made.close(), void db.close()) };
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
    now = Date.UTC(2026, 10, 23);
    store = await open();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const operation = (patch: Partial<AuditDraft> = {}, end: Partial<AuditDraft> = {}) => {
    const started = draft(patch);
    store.append('nas', started);
    store.append('nas', {
      ...started,
      event: 'finished',
      outcome: 'ok',
      exitCode: 0,
      durationMs: 12.6,
      message: 'Done.',
      ...end,
    });
    return started.operationId;
  };

  it('joins what opened and closed an operation, newest first, in pages', async () => {
    const ids = Array.from({ length: 5 }, () => operation());
    const open = draft();
    store.append('nas', open);
    const first = await store.list('nas', everything, null, 4);
    expect(first.entries.map((entry) => auditEntrySchema.parse(entry).operationId)).toEqual([
      open.operationId,
      ids[4],
      ids[3],
      ids[2],
    ]);
    expect(first.entries[0]).toMatchObject({ outcome: 'unknown', event: 'started' });
    expect(first.entries[1]).toMatchObject({ outcome: 'ok', message: 'Done.', exitCode: 0, durationMs: 13 });
    const rest = await store.list('nas', everything, first.nextBeforeSeq, 4);
    expect(rest.entries.map(({ operationId }) => operationId)).toEqual([ids[1], ids[0]]);
    expect(rest.nextBeforeSeq).toBeNull();
  });

  it('filters by outcome, action, time and words', async () => {
    operation({ target: 'tank/mail@a' });
    const failed = operation(
      { target: 'tank/web@b' },
      { outcome: 'failed', stderrSnippet: 'cannot create: out of space' },
    );
    store.append('nas', draft({ event: 'cancelled', outcome: 'cancelled', action: 'zfs.snapshot.destroy' }));
    const ids = async (patch: Partial<AuditFilter>) => {
      const { entries } = await store.list('nas', { ...everything, ...patch }, null, 50);
      return entries.map(({ operationId }) => operationId);
    };
    expect(await ids({ outcomes: ['failed'] })).toEqual([failed]);
    expect(await ids({ action: 'zfs.snapshot.destroy' })).toHaveLength(1);
    expect(await ids({ search: 'out of space' })).toEqual([failed]);
    expect(await ids({ search: 'tank/web' })).toEqual([failed]);
    expect(await ids({ search: 'tank/we' })).toEqual([failed]);
    expect(await ids({ search: '" OR *' })).toEqual([]);
    expect(await ids({ search: 'tank', outcomes: ['ok'] })).toHaveLength(1);
    expect(await ids({ search: 'tank', outcomes: ['failed', 'cancelled'] })).toHaveLength(2);
    expect(await ids({ search: 'tank', action: 'zfs.snapshot.destroy' })).toHaveLength(1);
    expect(await ids({ search: 'tank', action: 'zfs.snapshot.create', outcomes: ['failed'] })).toEqual([
      failed,
    ]);
    expect(await ids({ search: 'tank', action: 'zfs.snapshot', outcomes: ['failed'] })).toEqual([]);
    expect(await ids({ search: 'failed' })).toEqual([]);
    expect(await ids({ fromMs: Date.UTC(2027, 0, 1) })).toEqual([]);
  });

  it('finds an operation by the outcome it has by now', async () => {
    const started = draft({ target: 'tank/mail@a' });
    store.append('nas', started);
    const count = async (outcome: AuditFilter['outcomes'][number]) =>
      (await store.list('nas', { ...everything, search: 'mail', outcomes: [outcome] }, null, 50)).entries
        .length;
    expect([await count('unknown'), await count('ok')]).toEqual([1, 0]);
    store.append('nas', { ...started, event: 'finished', outcome: 'unknown' });
    expect([await count('unknown'), await count('ok')]).toEqual([1, 0]);
    store.append('nas', { ...started, event: 'resolved', outcome: 'ok' });
    expect([await count('unknown'), await count('ok')]).toEqual([0, 1]);
  });

  it('keeps the rows of one operation with their hashes', () => {
    const id = operation();
    const rows = store.read('nas', id).map((row) => auditRowSchema.parse(row));
    expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
    expect(rows[1]?.prevHash).toBe(rows[0]?.hash);
    expect(rows[0]?.actor).toBe('mara@laptop');
  });

  it('says which operations nothing has closed, also after a crash', async () => {
    operation();
    const open = draft();
    store.append('nas', open);
    expect(store.unclosed('nas')).toMatchObject([
      { operationId: open.operationId, markedUnknown: false, recovery: '{"input":{}}' },
    ]);
    store.append('nas', { ...open, event: 'finished', outcome: 'unknown' });
    expect(store.unclosed('nas')).toMatchObject([{ markedUnknown: true }]);
    store.append('nas', { ...open, event: 'resolved', outcome: 'ok' });
    expect(store.unclosed('nas')).toEqual([]);
    expect(store.unclosed('never-seen')).toEqual([]);
  });

  it('refuses to change or delete rows, checkpoints and entries', () => {
    operation();
    store.close();
    const db = new BetterSqlite3(fileOf('nas'));
    for (const sql of [
      `UPDATE rows SET body = '{}'`,
      'DELETE FROM rows',
      'UPDATE checkpoints SET at_ms = 0',
      'DELETE FROM checkpoints',
      'DELETE FROM entries',
      `INSERT INTO rows (seq, body, hash) VALUES (99, '{}', '')`,
    ]) {
      expect(() => db.exec(sql), sql).toThrow(/append-only/);
    }
    db.close();
  });

  it('removes secrets from what it keeps', () => {
    const id = operation(
      {},
      {
        stderrSnippet: 'login failed, password=hunter2 -----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk',
      },
    );
    expect(JSON.stringify(store.read('nas', id))).not.toMatch(/hunter2|b3BlbnNzaC1rZXk/);
  });

  it('keeps its order and its soundness when the clock of the laptop is set back', async () => {
    const first = operation();
    now -= 3_600_000;
    const second = operation();
    const { entries } = await store.list(
      'nas',
      { search: '', outcomes: [], action: null, fromMs: null, toMs: null },
      null,
      10,
    );
    expect(entries.map(({ operationId }) => operationId)).toEqual([second, first]);
    store.close();
    store = await open();
    expect(await store.verify('nas')).toMatchObject({ problems: [], rowCount: 4 });
  });

  it('keeps what an operation is checked by whole or not at all', () => {
    const recovery = (input: Record<string, unknown>): string => JSON.stringify({ input });
    const kept = (text: string): string | null | undefined => {
      const started = draft({ recovery: text });
      store.append('nas', started);
      return store.unclosed('nas').find(({ operationId }) => operationId === started.operationId)?.recovery;
    };
    const whole = recovery({ path: '/mnt/b/notes', password: null });
    expect(kept(whole)).toBe(whole);
    // Cut where it looks like a secret, it would name another file, which is not there: gone, it would seem.
    expect(kept(recovery({ path: '/mnt/b/my secret: notes of May' }))).toBeNull();
    expect(kept(recovery({ password: 'hunter2' }))).toBeNull();
  });

  it('verifies a sound chain with its signed checkpoints', async () => {
    for (let index = 0; index < 120; index += 1) operation();
    store.close();
    store = await open();
    const report = await store.verify('nas');
    expect(report).toMatchObject({ ok: true, problems: [], rowCount: 240, ownKey: true });
    expect(report.checkpointCount).toBe(3);
  });

  /** Opens the file as an attacker with write access would: without the triggers. */
  async function tamper(sql: string, checkpoint = true): Promise<string[]> {
    for (let index = 0; index < 6; index += 1) operation();
    if (checkpoint) store.close();
    const db = new BetterSqlite3(fileOf('nas'));
    for (const { name } of db
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
      .all()) {
      db.exec(`DROP TRIGGER ${name}`);
    }
    db.exec(sql);
    db.close();
    if (checkpoint) store = await open();
    const { ok, problems } = await store.verify('nas');
    expect(ok).toBe(false);
    return problems.map(({ seq, text }) => `${seq ?? ''} ${text}`);
  }

  it('finds an edited row', async () => {
    const problems = await tamper(`UPDATE rows SET body = replace(body, 'Done.', 'Nope.') WHERE seq = 4`);
    expect(problems).toEqual([expect.stringMatching(/^4 .*does not fit/)]);
  });

  it('finds an edited row whose hash was made to fit', async () => {
    const problems = await tamper(
      `UPDATE rows SET body = (SELECT body FROM rows WHERE seq = 2), hash = (SELECT hash FROM rows WHERE seq = 2) WHERE seq = 4`,
    );
    expect(problems.join('\n')).toMatch(/4 .*does not fit/);
  });

  it('finds a deleted row', async () => {
    expect((await tamper('DELETE FROM rows WHERE seq = 5')).join('\n')).toMatch(/^5 .*missing/m);
  });

  it('finds rows in another order', async () => {
    const problems = await tamper(
      `UPDATE rows SET seq = -1 WHERE seq = 3; UPDATE rows SET seq = 3 WHERE seq = 4; UPDATE rows SET seq = 4 WHERE seq = -1`,
    );
    expect(problems.length).toBeGreaterThan(0);
  });

  it('finds a file that was cut short', async () => {
    const problems = await tamper('DELETE FROM rows WHERE seq > 8; DELETE FROM checkpoints');
    expect(problems.join('\n')).toMatch(/cut short: this installation remembers 12 rows, 8 are there/);
  });

  it('finds a checkpoint with a forged signature', async () => {
    const problems = await tamper(`UPDATE checkpoints SET head_hash = '${'b'.repeat(64)}'`);
    expect(problems.join('\n')).toMatch(/signature of the checkpoint/);
  });

  it('finds operations taken out of the list', async () => {
    expect((await tamper('DELETE FROM entries WHERE seq = 1')).join('\n')).toMatch(/The list does not hold/);
  });

  it('sets a damaged file aside, says so and begins anew', async () => {
    operation();
    store.close();
    writeFileSync(fileOf('nas'), 'this is no database, not at all, and never was one');
    rmSync(`${fileOf('nas')}-wal`, { force: true });
    store = await open();
    operation();
    const sources = store.sources();
    expect(sources.find(({ id }) => id === 'nas')).toMatchObject({ rowCount: 2, problem: null });
    const damaged = sources.find(({ problem }) => problem !== null);
    expect(damaged?.problem).toContain('set aside');
  });

  it('will not run blind: a file of a newer Holdfast is refused and left alone', async () => {
    operation();
    store.close();
    const db = new BetterSqlite3(fileOf('nas'));
    db.pragma('user_version = 9990');
    db.close();
    const before = readFileSync(fileOf('nas'));
    store = await open();
    expect(() => store.append('nas', draft())).toThrow(
      expect.objectContaining({ code: 'audit-unavailable' }),
    );
    expect(readFileSync(fileOf('nas')).equals(before)).toBe(true);
    expect(store.sources()[0]?.problem).toContain('newer');
  });

  it('exports what the filter matches as CSV that a spreadsheet does not run', async () => {
    operation({ target: '=cmd|calc', message: 'a "quoted", two\nline message' });
    const failed = operation({ target: 'tank/x@y' }, { outcome: 'failed' });
    const path = join(folder, 'out.csv');
    expect(await store.exportCsv('nas', everything, path)).toBe(4);
    const records = parse(readFileSync(path), { bom: true, columns: true }) as Record<string, string>[];
    expect(records).toHaveLength(4);
    expect(records[0]).toMatchObject({
      seq: '1',
      target: "'=cmd|calc",
      event: 'started',
      atUtc: '2026-11-23T00:00:02.000Z',
    });
    expect(await store.exportCsv('nas', { ...everything, outcomes: ['failed'] }, path)).toBe(2);
    const some = parse(readFileSync(path), { bom: true, columns: true }) as Record<string, string>[];
    expect(new Set(some.map((record) => record['operationId']))).toEqual(new Set([failed]));
  });

  it('reviews a copy of any audit file without touching it', async () => {
    operation();
    store.close();
    const elsewhere = join(folder, 'from-another-laptop.sqlite');
    copyFileSync(fileOf('nas'), elsewhere);
    const before = readFileSync(elsewhere);
    store = await open();
    const source = store.openFile(elsewhere);
    expect(source).toMatchObject({ kind: 'review-file', rowCount: 2 });
    expect((await store.list(source.id, everything, null, 10)).entries).toHaveLength(1);
    expect(await store.verify(source.id)).toMatchObject({ ok: true, ownKey: true });
    expect(readFileSync(elsewhere).equals(before)).toBe(true);
    store.closeFile(source.id);
    await expect(store.list(source.id, everything, null, 10)).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
    const junk = join(folder, 'junk.sqlite');
    writeFileSync(junk, 'junk');
    expect(() => store.openFile(junk)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
  });

  it('keeps the audit of a removed host', () => {
    store.append('gone', draft({ hostName: 'old-09' }));
    store.release('gone');
    expect(store.sources()).toMatchObject([
      { id: 'gone', kind: 'removed-host', title: 'old-09', rowCount: 1 },
    ]);
  });
});
