import type { Database } from 'better-sqlite3';

/** The newest checkpoint of an audit file, kept outside of it. */
export interface Anchor {
  fileId: string;
  rowCount: number;
  headHash: string;
}

export interface AnchorStore {
  read(hostId: string): Anchor | null;
  write(hostId: string, anchor: Anchor, atMs: number): void;
}

interface AnchorRow {
  file_id: string;
  row_count: number;
  head_hash: string;
}

export function createAnchorStore(db: Database): AnchorStore {
  const find = db.prepare<[string], AnchorRow>(
    'SELECT file_id, row_count, head_hash FROM audit_anchors WHERE host_id = ?',
  );
  const put = db.prepare(
    `INSERT INTO audit_anchors (host_id, file_id, row_count, head_hash, at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (host_id) DO UPDATE SET file_id = excluded.file_id, row_count = excluded.row_count,
       head_hash = excluded.head_hash, at_ms = excluded.at_ms`,
  );
  return {
    read: (hostId) => {
      const row = find.get(hostId);
      return row === undefined
        ? null
        : { fileId: row.file_id, rowCount: row.row_count, headHash: row.head_hash };
    },
    write: (hostId, { fileId, rowCount, headHash }, atMs) => {
      put.run(hostId, fileId, rowCount, headHash, atMs);
    },
  };
}
