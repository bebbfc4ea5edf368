import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './open-database';
import { withoutWaiting } from './without-waiting';

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-waiting-'));
  db = openDatabase(join(folder, 'a.sqlite'), [], 'a.sqlite').db;
  db.exec('CREATE TABLE t (a INTEGER)');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** 1: NORMAL, 2: FULL. */
const synchronous = (): unknown => db.pragma('synchronous', { simple: true });

describe('writing without waiting for the disk', () => {
  it('holds for that work alone, also when it fails', () => {
    const write = db.transaction(() => {
      db.prepare('INSERT INTO t VALUES (1)').run();
      return synchronous();
    });
    expect(withoutWaiting(db, write)).toBe(1);
    expect(synchronous()).toBe(2);
    expect(() =>
      withoutWaiting(db, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(synchronous()).toBe(2);
    expect(db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(1);
  });
});
