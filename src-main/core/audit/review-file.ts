import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { migrate } from '../data/migrate';
import { AppError } from '../errors/app-error';
import type { ReadableDb, WritableDb } from './audit-file';
import { auditMigrations } from './migrations';

/** A private copy of an audit file from anywhere. */
export interface ReviewCopy {
  db: WritableDb;
  path: string;
  /** Removes the copy. */
  dispose(): void;
}

const header = Buffer.from('SQLite format 3\0');

/**
 * Copies an audit file and opens the copy, because SQLite in WAL mode writes beside the file it reads, searching
 * writes an index, and the original may be evidence.
 *
 * SECURITY: the file may be made by someone else. Every table, index and trigger must be word for word what our own
 * migrations make, so no view, virtual table or trigger of theirs is ever run.
 * @throws AppError `unexpected-output` when it is not an audit file, was changed in its build, or is newer
 */
export function openReviewCopy(path: string): ReviewCopy {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-review-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  let db: WritableDb | undefined;
  try {
    // Before copying: a pipe would never end, and a disk image is not worth copying to find out.
    if (!statSync(path).isFile() || !startsAsDatabase(path)) throw new Error('It is not a database file.');
    const copy = join(folder, 'audit.sqlite');
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE);
    db = new BetterSqlite3(copy);
    db.pragma('trusted_schema = OFF');
    assertOurs(db);
    migrate(db, auditMigrations, 'This audit file');
    const opened = db;
    return {
      db: opened,
      path: copy,
      dispose: () => {
        opened.close();
        remove();
      },
    };
  } catch (thrown) {
    db?.close();
    remove();
    if (thrown instanceof AppError) throw thrown;
    throw new AppError(
      'unexpected-output',
      `${basename(path)} is not an audit file of Holdfast, or it is damaged. It was left untouched.`,
      { detail: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
    );
  }
}

function startsAsDatabase(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(header.length);
    readSync(file, start, 0, header.length, 0);
    return start.equals(header);
  } finally {
    closeSync(file);
  }
}

function assertOurs(db: ReadableDb): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  const newest = auditMigrations.at(-1)?.version ?? 0;
  if (version > newest) {
    throw new AppError(
      'unexpected-output',
      'This audit file was written by a newer Holdfast. Update Holdfast to open it.',
    );
  }
  const model = new BetterSqlite3(':memory:');
  try {
    migrate(
      model,
      auditMigrations.filter((migration) => migration.version <= version),
      'The model',
    );
    const expected = buildOf(model);
    const found = buildOf(db);
    for (const name of new Set([...expected.keys(), ...found.keys()])) {
      if (expected.get(name) !== found.get(name)) {
        throw new Error(`Its ${name} is not as Holdfast makes it.`);
      }
    }
  } finally {
    model.close();
  }
}

/** Name and making of everything in a file. SQLite itself words the tables behind `search`, differently by version. */
function buildOf(db: ReadableDb): Map<string, string> {
  const parts = db
    .prepare<[], { type: string; name: string; sql: string | null }>(
      'SELECT type, name, sql FROM sqlite_schema',
    )
    .all();
  return new Map(
    parts.map(({ type, name, sql }) => [
      `${type} ${name}`,
      type === 'table' && name.startsWith('search_') ? '' : (sql ?? ''),
    ]),
  );
}
