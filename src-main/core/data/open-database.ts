import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { AppError, toAppError } from '../errors/app-error';
import { migrate, type Migration } from './migrate';

export interface OpenedDatabase {
  db: Database;
  /** Where a damaged file of the same name went, or null. */
  setAsidePath: string | null;
}

function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'SQLITE_NOTADB' || (typeof code === 'string' && code.startsWith('SQLITE_CORRUPT'));
}

/** Opens with the pragmas every file of ours has; a crash loses nothing that was acknowledged. */
function open(path: string): Database {
  const db = new BetterSqlite3(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    // Reads the file's header and its schema now, so that damage shows here and not in a query.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens or creates a database file. A damaged one is set aside under a name with the time, never overwritten.
 * @throws AppError `internal` for a newer format or a file that can't be opened
 */
export function openDatabase(
  path: string,
  migrations: readonly Migration[],
  what: string,
  nowMs: () => number = Date.now,
): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let setAsidePath: string | null = null;
  let db: Database;
  try {
    db = open(path);
  } catch (error) {
    if (!isDamage(error)) throw cannotOpen(what, path, error);
    setAsidePath = `${path}.damaged-${new Date(nowMs()).toISOString().replaceAll(':', '')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, setAsidePath + suffix);
    }
    try {
      db = open(path);
    } catch (again) {
      throw cannotOpen(what, path, again);
    }
  }
  try {
    migrate(db, migrations, what);
    return { db, setAsidePath };
  } catch (error) {
    db.close();
    throw toAppError(error);
  }
}

function cannotOpen(what: string, path: string, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError('internal', `${what} could not be opened: ${why}. It was left untouched.`, {
    detail: path,
    cause,
  });
}
