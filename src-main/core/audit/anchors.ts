import type { Database } from 'better-sqlite3';

/** The newest checkpoint of an audit file, kept outside of it. */
export interface Anchor {
  fileId: string;
  rowCount: number;
  headHash: string;
}

export interface AnchorStore {
  /** One for every file that was ever begun for the host, oldest first. */
  read(hostId: string): Anchor[];
  /** Hosts that an audit was begun for. */
  hostIds(): string[];
  write(hostId: string, anchor: Anchor, atMs: number): void;
}

interface AnchorRow {
  file_id: string;
  row_count: number;
  head_hash: string;
}

/**
 * SECURITY: an anchor is kept per file, not per host. Were there one per host, a file put in the place of another
 * would overwrite what is remembered of the first, and nothing would show that it is gone.
 */
export function createAnchorStore(db: Database): AnchorStore {
  const find = db.prepare<[string], AnchorRow>(
    'SELECT file_id, row_count, head_hash FROM audit_anchors WHERE host_id = ? ORDER BY rowid',
  );
  const hosts = db.prepare<[], string>('SELECT DISTINCT host_id FROM audit_anchors ORDER BY host_id').pluck();
  const put = db.prepare(
    `INSERT INTO audit_anchors (host_id, file_id, row_count, head_hash, at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (host_id, file_id) DO UPDATE SET row_count = excluded.row_count,
       head_hash = excluded.head_hash, at_ms = excluded.at_ms`,
  );
  return {
    read: (hostId) =>
      find.all(hostId).map((row) => ({
        fileId: row.file_id,
        rowCount: row.row_count,
        headHash: row.head_hash,
      })),
    hostIds: () => hosts.all(),
    write: (hostId, { fileId, rowCount, headHash }, atMs) => {
      put.run(hostId, fileId, rowCount, headHash, atMs);
    },
  };
}
