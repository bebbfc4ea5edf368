import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditMigrations } from '../audit/migrations';
import { checkOrder, migrate, type Migration } from './migrate';
import { appMigrations } from './migrations';
import { openDatabase } from './open-database';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-data-'));
  path = join(folder, 'deep', 'app.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const step = (version: number, sql: string): Migration => ({
  version,
  name: `step ${String(version)}`,
  up: (db) => void db.exec(sql),
});
const one = step(10, 'CREATE TABLE a (x INTEGER) STRICT');
const two = step(20, 'CREATE TABLE b (x INTEGER) STRICT');

describe('opening a database', () => {
  it('makes folder and file, durable and private', () => {
    const { db, setAsidePath } = openDatabase(path, [one], 'It');
    expect(setAsidePath).toBeNull();
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.pragma('user_version', { simple: true })).toBe(10);
    db.close();
  });

  it('runs only the steps that are missing', () => {
    openDatabase(path, [one], 'It').db.close();
    const { db } = openDatabase(path, [one, two], 'It');
    expect(db.pragma('user_version', { simple: true })).toBe(20);
    db.close();
    openDatabase(path, [one, two], 'It').db.close();
  });

  it('takes a step back whole when it fails, and keeps the steps before', () => {
    const broken = step(20, 'CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT');
    expect(() => openDatabase(path, [one, broken], 'It')).toThrow();
    const db = new BetterSqlite3(path);
    expect(db.pragma('user_version', { simple: true })).toBe(10);
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all()).toEqual(['a']);
    db.close();
  });

  it('refuses a file of a newer Holdfast and leaves it as it is', () => {
    openDatabase(path, [one, two], 'It').db.close();
    const before = readFileSync(path);
    expect(() => openDatabase(path, [one], 'It')).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining('newer Holdfast') }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each([
    'no database at all, and long enough to be read as a header',
    'SQLite format 3\0 and then rubbish',
  ])('sets a damaged file aside under a name of its own: %j', (content) => {
    openDatabase(path, [one], 'It').db.close();
    const damaged = Buffer.from(content.padEnd(4096, 'x'));
    const nowMs = Date.UTC(2026, 10, 23);
    writeFileSync(path, damaged);
    const first = openDatabase(path, [one], 'It', () => nowMs);
    first.db.close();
    writeFileSync(path, damaged);
    const second = openDatabase(path, [one], 'It', () => nowMs + 1000);
    second.db.close();
    for (const { setAsidePath } of [first, second]) {
      expect(readFileSync(setAsidePath ?? '').equals(damaged)).toBe(true);
    }
    expect(readdirSync(join(folder, 'deep')).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
  });

  it('reports a file that cannot be opened and does not put it aside', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openDatabase(join(folder, 'file', 'app.sqlite'), [one], 'It')).toThrow();
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('the registries', () => {
  it.each([
    ['app.sqlite', appMigrations],
    ['an audit file', auditMigrations],
  ])('of %s are strictly increasing, in tens', (_what, migrations) => {
    expect(() => checkOrder(migrations)).not.toThrow();
    expect(migrations.every(({ version }) => version % 10 === 0)).toBe(true);
    expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
  });

  it('are refused when they are not', () => {
    const db = new BetterSqlite3(':memory:');
    expect(() => migrate(db, [two, one], 'It')).toThrow(/stands after/);
    expect(() => migrate(db, [one, one], 'It')).toThrow(/stands after/);
    db.close();
  });

  it('make STRICT tables only', () => {
    for (const migrations of [appMigrations, auditMigrations]) {
      const db = new BetterSqlite3(':memory:');
      migrate(db, migrations, 'It');
      const loose = db
        .prepare<[], { name: string; strict: number; type: string }>('PRAGMA table_list')
        .all()
        .filter(({ name, strict, type }) => type === 'table' && strict === 0 && !name.startsWith('sqlite_'));
      expect(loose).toEqual([]);
      db.close();
    }
  });
});
