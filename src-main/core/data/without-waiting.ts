import type { Database } from 'better-sqlite3';

/**
 * Writes that nobody acknowledged, such as a reading that the next one replaces: the disk is not waited for. Whole they
 * are all the same, and they come before all that is written later; only a power cut may take the last of them.
 *
 * @param work synchronous, with its transactions inside
 */
export function withoutWaiting<T>(db: Database, work: () => T): T {
  db.pragma('synchronous = NORMAL');
  try {
    return work();
  } finally {
    db.pragma('synchronous = FULL');
  }
}
