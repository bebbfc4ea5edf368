import type { Migration } from '../../data/migrate';

/**
 * One file per host. `body` is the row as canonical JSON (RFC 8785); the hash covers it and the hash before. Every
 * other column of `rows` is computed from `body`, so that a row and its hash cannot drift apart.
 * `entries` (one per operation) and `search` are derived: they make listing and searching quick and can be rebuilt.
 * `search` is brought up to date when somebody searches, not when a row is written: recording must stay quick.
 */
export const migration: Migration = {
  version: 10,
  name: 'chain',
  up: (db) => {
    db.exec(`
      CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

      CREATE TABLE rows (
        seq INTEGER PRIMARY KEY,
        body TEXT NOT NULL,
        hash TEXT NOT NULL,
        operation_id TEXT GENERATED ALWAYS AS (body ->> '$.operationId') VIRTUAL,
        at_ms INTEGER GENERATED ALWAYS AS (body ->> '$.atMs') VIRTUAL,
        event TEXT GENERATED ALWAYS AS (body ->> '$.event') VIRTUAL,
        actor TEXT GENERATED ALWAYS AS (body ->> '$.actor') VIRTUAL,
        host_id TEXT GENERATED ALWAYS AS (body ->> '$.hostId') VIRTUAL,
        host_name TEXT GENERATED ALWAYS AS (body ->> '$.hostName') VIRTUAL,
        action TEXT GENERATED ALWAYS AS (body ->> '$.action') VIRTUAL,
        target TEXT GENERATED ALWAYS AS (body ->> '$.target') VIRTUAL,
        risk TEXT GENERATED ALWAYS AS (body ->> '$.risk') VIRTUAL,
        outcome TEXT GENERATED ALWAYS AS (body ->> '$.outcome') VIRTUAL,
        message TEXT GENERATED ALWAYS AS (body ->> '$.message') VIRTUAL,
        commands TEXT GENERATED ALWAYS AS (body ->> '$.commands') VIRTUAL,
        plan_digest TEXT GENERATED ALWAYS AS (body ->> '$.planDigest') VIRTUAL,
        exit_code INTEGER GENERATED ALWAYS AS (body ->> '$.exitCode') VIRTUAL,
        duration_ms INTEGER GENERATED ALWAYS AS (body ->> '$.durationMs') VIRTUAL,
        stdout_snippet TEXT GENERATED ALWAYS AS (body ->> '$.stdoutSnippet') VIRTUAL,
        stderr_snippet TEXT GENERATED ALWAYS AS (body ->> '$.stderrSnippet') VIRTUAL
      ) STRICT;

      CREATE TABLE checkpoints (
        row_count INTEGER PRIMARY KEY,
        head_hash TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        public_key TEXT NOT NULL,
        signature TEXT NOT NULL
      ) STRICT;

      CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        operation_id TEXT NOT NULL UNIQUE,
        at_ms INTEGER NOT NULL,
        action TEXT NOT NULL,
        outcome TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'closed')),
        /* Numbers of all its rows, ascending, separated by commas. */
        row_seqs TEXT NOT NULL,
        closing_seq INTEGER
      ) STRICT;
      CREATE INDEX entries_by_outcome ON entries (outcome, seq);
      CREATE INDEX entries_by_action ON entries (action, seq);
      CREATE INDEX entries_unclosed ON entries (seq) WHERE state <> 'closed';

      /* Without prefixes the first letter of a common word takes 170 ms to find among 500,000 operations, with them 0.2. */
      CREATE VIRTUAL TABLE search USING fts5 (text, content='', contentless_delete=1, tokenize='unicode61', prefix='1 2 3');

      CREATE TRIGGER rows_no_update BEFORE UPDATE ON rows BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER rows_no_delete BEFORE DELETE ON rows BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER rows_in_order BEFORE INSERT ON rows
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM rows)
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
      CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
    `);
  },
};
