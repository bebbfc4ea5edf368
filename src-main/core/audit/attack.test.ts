import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditFilter, AuditReport } from '../../../src-preload/contract/audit';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { createAnchorStore } from './anchors';
import { createAuditStore, type AuditStore } from './audit-store';
import { chainHash } from './chain';
import { auditHandlers } from './handlers';
import { openSigner } from './signer';
import type { AuditDraft } from './types';

/** What someone can do who may write the files: each must be found, and stay found. */
const everything: AuditFilter = { search: '', outcomes: [], action: null, fromMs: null, toMs: null };
const vault = {
  seal: async (plain: string) => Buffer.from(plain),
  unseal: async (sealed: Uint8Array) => Buffer.from(sealed).toString(),
};

let folder: string;
let store: AuditStore;
let closeAll: () => void;
const path = (): string => join(folder, 'audit', 'nas.sqlite');

async function open(): Promise<void> {
  const { db } = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'app.sqlite');
  store = createAuditStore({
    directory: join(folder, 'audit'),
    hostName: () => 'nas-01',
    signer: await openSigner(db, vault),
    anchors: createAnchorStore(db),
    actor: 'mara@laptop',
    nowMs: Date.now,
  });
  closeAll = () => {
    store.close();
    db.close();
  };
}

async function reopen(): Promise<void> {
  closeAll();
  await open();
}

const sessionDraft: AuditDraft = {
  event: 'session',
  operationId: randomUUID(),
  hostName: 'nas-01',
  action: 'session',
  target: 'nas-01',
  risk: null,
  outcome: null,
  message: 'Connected',
  commands: [],
  planDigest: null,
  exitCode: null,
  durationMs: null,
  stdoutSnippet: '',
  stderrSnippet: '',
  recovery: null,
};

function record(count: number, outcome: 'ok' | 'failed' = 'ok'): void {
  for (let index = 0; index < count; index += 1) {
    const started: AuditDraft = {
      ...sessionDraft,
      event: 'started',
      operationId: randomUUID(),
      action: 'zfs.snapshot.destroy',
      target: `tank/data@${String(index)}`,
      risk: 'destructive',
      message: 'Destroy a snapshot',
      commands: ['zfs destroy -- tank/data@1'],
    };
    store.append('nas', started);
    store.append('nas', { ...started, event: 'finished', outcome, exitCode: outcome === 'ok' ? 0 : 1 });
  }
}

/** With the triggers out of the way while it works, as an attacker would, and put back afterwards. */
function attack(file: string, work: (db: Database) => void): void {
  const db = new BetterSqlite3(file);
  const triggers = db
    .prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  work(db);
  for (const { sql } of triggers) db.exec(sql);
  db.close();
}

/** Makes hashes and links fit again from `seq` on: what the chain alone cannot see. */
function rechain(db: Database, seq: number): void {
  let previous =
    db.prepare<[number], { hash: string }>('SELECT hash FROM rows WHERE seq = ?').get(seq - 1)?.hash ??
    '0'.repeat(64);
  const rows = db
    .prepare<[number], { seq: number; body: string }>(
      'SELECT seq, body FROM rows WHERE seq >= ? ORDER BY seq',
    )
    .all(seq);
  const put = db.prepare('UPDATE rows SET body = ?, hash = ? WHERE seq = ?');
  for (const row of rows) {
    previous = chainHash(previous, row.body);
    put.run(row.body, previous, row.seq);
  }
}

const texts = ({ problems }: AuditReport): string =>
  problems.map(({ seq, text }) => `${String(seq)} ${text}`).join('\n');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-attack-'));
  await open();
});
afterEach(() => {
  closeAll();
  rmSync(folder, { recursive: true, force: true });
});

describe('someone who may write the files', () => {
  it('cannot cut the file short and have it forgotten by going on', async () => {
    record(10);
    closeAll();
    attack(path(), (db) => {
      db.exec('DELETE FROM rows WHERE seq > 15; DELETE FROM entries WHERE seq > 14; DELETE FROM checkpoints');
      db.exec(`UPDATE entries SET closing_seq = NULL, outcome = 'unknown', state = 'open' WHERE seq = 15`);
    });
    await open();
    expect((await store.verify('nas')).ok).toBe(false);
    record(60);
    await reopen();
    const report = await store.verify('nas');
    expect(report.ok, texts(report)).toBe(false);
    record(60);
    await reopen();
    expect((await store.verify('nas')).ok).toBe(false);
  });

  it('cannot replace the file by a new one and have it forgotten by going on', async () => {
    record(10);
    closeAll();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path() + suffix, { force: true });
    await open();
    record(60);
    await reopen();
    const report = await store.verify('nas');
    expect(report.ok, texts(report)).toBe(false);
  });

  it('cannot remove the file without its name staying in the list', async () => {
    record(3);
    closeAll();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path() + suffix, { force: true });
    await open();
    const source = store.sources().find(({ id }) => id === 'nas');
    expect(source?.problem).toMatch(/missing/);
  });

  it('cannot make a failure look like a success in the list', async () => {
    record(3, 'failed');
    closeAll();
    attack(path(), (db) => db.exec(`UPDATE entries SET outcome = 'ok' WHERE seq = 3`));
    await open();
    const report = await store.verify('nas');
    expect(report.ok).toBe(false);
    expect(texts(report)).toMatch(/^4 .*another outcome/m);
  });

  it('raises no false alarm while rows are being written', async () => {
    record(60);
    const report = store.verify('nas');
    record(60);
    expect(await report).toMatchObject({ ok: true, problems: [] });
  });

  it('cannot swap one operation for another in the list', async () => {
    record(2);
    record(1, 'failed');
    closeAll();
    attack(path(), (db) => db.exec(`UPDATE entries SET closing_seq = 2 WHERE seq = 5`));
    await open();
    expect((await store.verify('nas')).ok).toBe(false);
  });

  it('cannot hide words from the search', async () => {
    record(3);
    await store.list('nas', { ...everything, search: 'tank' }, null, 10);
    closeAll();
    attack(path(), (db) => db.exec('DELETE FROM search WHERE rowid = 3'));
    await open();
    expect((await store.verify('nas')).ok).toBe(false);
  });

  it('cannot write the chain anew and drop its checkpoints in a copy that is handed on', async () => {
    record(120);
    closeAll();
    const copy = join(folder, 'copy.sqlite');
    copyFileSync(path(), copy);
    attack(copy, (db) => {
      db.exec(`UPDATE rows SET body = replace(body, 'Destroy', 'Create') WHERE seq = 3`);
      rechain(db, 3);
      db.exec('DELETE FROM checkpoints');
    });
    await open();
    const { id } = store.openFile(copy);
    const report = await store.verify(id);
    expect(report.ok).toBe(false);
  });

  it('cannot write the chain anew and drop only the checkpoints that no longer fit', async () => {
    record(200);
    closeAll();
    const copy = join(folder, 'copy.sqlite');
    copyFileSync(path(), copy);
    attack(copy, (db) => {
      db.exec(`UPDATE rows SET body = replace(body, 'Destroy', 'Create') WHERE seq = 150`);
      rechain(db, 150);
      db.exec('DELETE FROM checkpoints WHERE row_count >= 150');
    });
    await open();
    const { id } = store.openFile(copy);
    expect((await store.verify(id)).ok).toBe(false);
  });

  it('cannot put views or other triggers into a file that is handed on', async () => {
    record(2);
    closeAll();
    const copy = join(folder, 'copy.sqlite');
    copyFileSync(path(), copy);
    const db = new BetterSqlite3(copy);
    db.exec('DROP TRIGGER rows_no_update');
    db.close();
    await open();
    expect(() => store.openFile(copy)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
  });
});

describe('an anchor that was kept elsewhere', () => {
  const anchorPath = (): string => join(folder, 'anchor.json');
  const context = { callId: 'call', windowId: 1, signal: new AbortController().signal };
  const handlers = () =>
    auditHandlers(
      store,
      { chooseSavePath: async () => anchorPath(), chooseOpenPath: async () => anchorPath() },
      Date.now,
    );
  const exported = async (sourceId = 'nas') =>
    (await handlers()['audit:exportAnchor']({ sourceId }, context)).exported;
  const checked = async (sourceId = 'nas') =>
    (await handlers()['audit:checkAnchor']({ sourceId }, context)).checked;
  /** As a reviewer elsewhere opens it, who knows nothing of this installation but the anchor. */
  const reviewed = async () => {
    const copy = join(folder, 'copy.sqlite');
    for (const suffix of ['', '-wal']) {
      if (existsSync(`${path()}${suffix}`)) copyFileSync(`${path()}${suffix}`, `${copy}${suffix}`);
    }
    return checked(store.openFile(copy).id);
  };

  it('is found in the audit it was exported from, also after that has grown', async () => {
    record(3);
    expect(await exported()).toEqual({ displayPath: anchorPath(), rowCount: 6 });
    expect(await checked()).toMatchObject({
      verdict: 'contained',
      rowCount: 6,
      anchorRowCount: 6,
      firstBadSeq: null,
      ownKey: true,
    });
    record(300);
    expect(await checked()).toMatchObject({ verdict: 'contained', rowCount: 606, anchorRowCount: 6 });
    expect(await reviewed()).toMatchObject({ verdict: 'contained', rowCount: 606 });
  });

  it('shows that rows are missing at the end', async () => {
    record(300);
    await exported();
    closeAll();
    attack(path(), (db) => {
      db.exec('DELETE FROM rows WHERE seq > 550; DELETE FROM checkpoints WHERE row_count > 550');
    });
    await open();
    expect(await reviewed()).toMatchObject({
      verdict: 'cut-short',
      rowCount: 550,
      anchorRowCount: 600,
      firstBadSeq: 551,
    });
  });

  it('shows a chain that was written anew, also one that was signed anew', async () => {
    record(10);
    await exported();
    closeAll();
    attack(path(), (db) => {
      db.exec(`UPDATE rows SET body = replace(body, 'tank/data@4', 'tank/data@9') WHERE seq = 9`);
      rechain(db, 9);
      db.exec('DELETE FROM checkpoints');
    });
    rmSync(join(folder, 'app.sqlite'));
    await open();
    record(60);
    expect((await store.verify('nas')).problems.filter(({ seq }) => seq !== null && seq <= 20)).toEqual([]);
    expect(await reviewed()).toMatchObject({
      verdict: 'rewritten',
      rowCount: 140,
      firstBadSeq: null,
      ownKey: false,
    });
  });

  it('names the row that was edited', async () => {
    record(300);
    await exported();
    closeAll();
    attack(path(), (db) => {
      db.exec(`UPDATE rows SET body = replace(body, '"outcome":"ok"', '"outcome":"failed"') WHERE seq = 580`);
    });
    await open();
    expect(await checked()).toMatchObject({ verdict: 'rewritten', firstBadSeq: 580 });
    attack(path(), (db) => db.exec('DELETE FROM rows WHERE seq = 7'));
    expect(await checked()).toMatchObject({ verdict: 'rewritten', firstBadSeq: 7 });
  });

  it('says nothing about another file', async () => {
    record(2);
    await exported();
    store.append('other', { ...sessionDraft, hostName: 'other-02' });
    expect(await checked('other')).toMatchObject({ verdict: 'other-file' });
  });

  it('is refused when it was changed itself, or is something else', async () => {
    record(2);
    await exported();
    const good = readFileSync(anchorPath(), 'utf8');
    const of = (patch: object): string => JSON.stringify({ ...(JSON.parse(good) as object), ...patch });
    for (const text of [
      of({ rowCount: 2 }),
      of({ atMs: 1 }),
      of({ headHash: '0'.repeat(64) }),
      of({ note: 'more' }),
      of({ version: 2 }),
      good.slice(0, -5),
      'x'.repeat(10_000),
    ]) {
      writeFileSync(anchorPath(), text);
      await expect(checked(), text.slice(0, 300)).rejects.toThrow(
        expect.objectContaining({ code: 'unexpected-output' }),
      );
    }
    writeFileSync(anchorPath(), good);
    expect(await checked()).toMatchObject({ verdict: 'contained' });
  });

  it('is not made of an audit that does not fit what was signed of it', async () => {
    record(300);
    closeAll();
    attack(path(), (db) => {
      db.exec(`UPDATE rows SET body = replace(body, '"outcome":"ok"', '"outcome":"failed"') WHERE seq = 580`);
      rechain(db, 580);
    });
    await open();
    await expect(exported()).rejects.toThrow(expect.objectContaining({ code: 'refused' }));
    expect(existsSync(anchorPath())).toBe(false);
  });
});

describe('an append that fails', () => {
  it('leaves nothing behind and the next one works', async () => {
    record(1);
    const other = new BetterSqlite3(path());
    other.exec('BEGIN IMMEDIATE');
    expect(() => record(1)).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    other.exec('ROLLBACK');
    other.close();
    record(1);
    expect((await store.list('nas', everything, null, 10)).entries).toHaveLength(2);
  });

  it('goes on after a row that another window of Holdfast wrote', async () => {
    record(1);
    const mine = store;
    const closeMine = closeAll;
    await open();
    record(1);
    closeAll();
    store = mine;
    closeAll = closeMine;
    record(1);
    expect((await store.verify('nas')).rowCount).toBe(6);
  });
});

describe('the files around', () => {
  it('leaves a file of the name of its temporary one alone', async () => {
    record(1);
    const target = join(folder, 'out.csv');
    writeFileSync(`${target}.part`, 'mine');
    await store.exportCsv('nas', everything, target);
    expect(existsSync(target)).toBe(true);
    expect(readFileSync(`${target}.part`, 'utf8')).toBe('mine');
  });
});
