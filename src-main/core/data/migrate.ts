import type { Database } from 'better-sqlite3';
import { AppError } from '../errors/app-error';

/** One step of a file's format. Numbers grow by tens, so that a fix can stand between two. */
export interface Migration {
  version: number;
  name: string;
  up(db: Database): void;
}

/** @throws Error on a registry that is not strictly increasing: a bug of ours */
export function checkOrder(migrations: readonly Migration[]): void {
  migrations.forEach(({ version }, index) => {
    const before = migrations[index - 1]?.version ?? 0;
    if (version <= before) throw new Error(`Migration ${version} stands after ${before}.`);
  });
}

/**
 * Brings a database to the newest format, each step in a transaction of its own.
 * @throws AppError `internal` when the file was written by a newer Holdfast; it is left untouched.
 */
export function migrate(db: Database, migrations: readonly Migration[], what: string): void {
  checkOrder(migrations);
  const newest = migrations.at(-1)?.version ?? 0;
  const present = db.pragma('user_version', { simple: true }) as number;
  if (present > newest) {
    throw new AppError(
      'internal',
      `${what} was written by a newer Holdfast (format ${present}, this one knows ${newest}). It was left untouched; update Holdfast to open it.`,
    );
  }
  for (const { version, up } of migrations) {
    if (version <= present) continue;
    db.transaction(() => {
      up(db);
      db.pragma(`user_version = ${version}`);
    }).immediate();
  }
}
