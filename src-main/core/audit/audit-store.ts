import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type {
  AnchorCheck,
  AuditEntry,
  AuditFilter,
  AuditReport,
  AuditRow,
  AuditSource,
} from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import { anchorOf, checkAnchor, readAnchorFile, unfitForAnchor, type AnchorFile } from './anchor-file';
import type { AnchorStore } from './anchors';
import {
  AuditFile,
  openReadable,
  readFileId,
  readHead,
  type ReadableDb,
  type WritableDb,
} from './audit-file';
import { genesisHash } from './chain';
import { exportRows } from './csv';
import { listEntries, readOperation, searchQuery } from './queries';
import { openReviewCopy, type ReviewCopy } from './review-file';
import { indexNewRows } from './search-index';
import type { CheckpointSigner } from './signer';
import type { AuditDraft, AuditWriter, UnclosedOperation } from './types';
import { verifyChain } from './verify';

export interface AuditStoreOptions {
  /** Holds one file per host. */
  directory: string;
  /** Name of a host that is still in the list; null: removed. */
  hostName: (hostId: string) => string | null;
  signer: CheckpointSigner;
  anchors: AnchorStore;
  actor: string;
  nowMs: () => number;
}

export interface AuditStore extends AuditWriter {
  sources(): AuditSource[];
  list(
    sourceId: string,
    filter: AuditFilter,
    beforeSeq: number | null,
    limit: number,
  ): Promise<{ entries: AuditEntry[]; nextBeforeSeq: number | null }>;
  read(sourceId: string, operationId: string): AuditRow[];
  verify(sourceId: string, signal?: AbortSignal): Promise<AuditReport>;
  exportCsv(sourceId: string, filter: AuditFilter, path: string, signal?: AbortSignal): Promise<number>;
  /** The newest signed checkpoint; of a host's own audit, all that is recorded is signed first. */
  anchor(sourceId: string, signal?: AbortSignal): Promise<AnchorFile>;
  /** Holds an audit against an anchor that was exported earlier. */
  checkAnchor(sourceId: string, anchorPath: string, signal?: AbortSignal): Promise<AnchorCheck>;
  /** Opens a copy of any audit file for review; the file itself is only read. */
  openFile(path: string): AuditSource;
  closeFile(sourceId: string): void;
  /** Signs and closes the file of a host that is being removed; it stays on disk. */
  release(hostId: string): void;
  close(): void;
}

interface Review extends ReviewCopy {
  source: AuditSource;
}

const fileSuffix = '.sqlite';
const hostIdPattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

export function createAuditStore(options: AuditStoreOptions): AuditStore {
  const { directory, signer, anchors, nowMs } = options;
  const files = new Map<string, AuditFile>();
  const reviews = new Map<string, Review>();
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  const pathOf = (hostId: string): string => join(directory, `${hostId}${fileSuffix}`);
  const fileOf = (hostId: string): AuditFile => {
    const open = files.get(hostId);
    if (open !== undefined) return open;
    const { file } = AuditFile.open(hostId, pathOf(hostId), signer, options.actor, nowMs);
    files.set(hostId, file);
    // From its beginning, so that a file which vanishes before its first checkpoint is missed too.
    if (!anchors.read(hostId).some(({ fileId }) => fileId === file.fileId)) {
      remember(file, { seq: 0, hash: genesisHash });
    }
    return file;
  };
  const contradictsAnchor = (file: AuditFile): boolean => {
    const before = anchors.read(file.hostId).find(({ fileId }) => fileId === file.fileId);
    return before !== undefined && file.hashAt(before.rowCount) !== before.headHash;
  };
  const remember = (file: AuditFile, head: { seq: number; hash: string } | null): void => {
    // SECURITY: a file that contradicts its anchor was cut short or rewritten. Going on must not make that forgotten.
    if (head === null || contradictsAnchor(file)) return;
    anchors.write(file.hostId, { fileId: file.fileId, rowCount: head.seq, headHash: head.hash }, nowMs());
  };
  const release = (hostId: string): void => {
    const file = files.get(hostId);
    if (file === undefined) return;
    files.delete(hostId);
    try {
      remember(file, file.checkpoint());
    } finally {
      file.close();
    }
  };
  /** A host's own file, or one opened for review. Throws AppError `not-found`. */
  const readable = (sourceId: string): { db: WritableDb; path: string } => {
    const review = reviews.get(sourceId);
    if (review !== undefined) return review;
    if (!hostIdPattern.test(sourceId) || !existsSync(pathOf(sourceId))) {
      throw new AppError('not-found', 'There is no audit of that name any more.');
    }
    const { db, path } = guarded(() => fileOf(sourceId));
    return { db, path };
  };

  /** On a connection of its own: a long read in a transaction must not stand in the way of an append. */
  const reading = async <T>(sourceId: string, work: (db: ReadableDb) => Promise<T>): Promise<T> => {
    const db = openReadable(readable(sourceId).path);
    try {
      return await work(db);
    } finally {
      db.close();
    }
  };

  const hostSource = (hostId: string): AuditSource => {
    const name = options.hostName(hostId);
    const kind = name === null ? ('removed-host' as const) : ('host' as const);
    try {
      const { db } = fileOf(hostId);
      return { ...summaryOf(db), id: hostId, title: name ?? lastHostName(db) ?? hostId, kind, problem: null };
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      return { id: hostId, title: name ?? hostId, kind, rowCount: 0, lastAtMs: null, problem };
    }
  };

  return {
    append: (hostId: string, draft: AuditDraft): AuditRow =>
      guarded(() => {
        const file = fileOf(hostId);
        const { row, checkpoint } = file.append(draft);
        remember(file, checkpoint);
        return row;
      }),

    unclosed: (hostId: string): UnclosedOperation[] =>
      files.has(hostId) || existsSync(pathOf(hostId)) ? guarded(() => fileOf(hostId).unclosed()) : [],

    sources: () => {
      const names = readdirSync(directory);
      const hosts = names
        .filter((name) => name.endsWith(fileSuffix))
        .map((name) => name.slice(0, -fileSuffix.length))
        .filter((hostId) => hostIdPattern.test(hostId))
        .map(hostSource);
      const damaged = names
        .filter((name) => /\.sqlite\.damaged-[^-]*-[^-]*-[^-]*$/.test(name) && !/-(?:wal|shm)$/.test(name))
        .map((name) => damagedSource(name));
      const present = new Set(hosts.map(({ id }) => id));
      const missing = anchors
        .hostIds()
        .filter((hostId) => !present.has(hostId))
        .map((hostId) => missingSource(hostId, options.hostName(hostId)));
      return [...hosts, ...missing, ...damaged, ...[...reviews.values()].map(({ source }) => source)];
    },

    list: async (sourceId, filter, beforeSeq, limit) => {
      const { db } = readable(sourceId);
      if (searchQuery(filter.search) !== null) await indexNewRows(db);
      return listEntries(db, filter, beforeSeq, limit);
    },

    read: (sourceId, operationId) => readOperation(readable(sourceId).db, operationId),

    verify: (sourceId, signal) =>
      reading(sourceId, (db) => {
        const known = reviews.has(sourceId) ? [] : anchors.read(sourceId);
        const fileId = readFileId(db);
        return verifyChain(db, {
          anchor: known.find((anchor) => anchor.fileId === fileId) ?? null,
          otherFiles: known.filter((anchor) => anchor.fileId !== fileId),
          isOwnKey: (key) => signer.isOwn(key),
          signal,
        });
      }),

    exportCsv: async (sourceId, filter, path, signal) => {
      const source = readable(sourceId);
      if (searchQuery(filter.search) !== null) await indexNewRows(source.db);
      return reading(sourceId, (db) => exportRows(db, filter, path, signal));
    },

    anchor: async (sourceId, signal) => {
      readable(sourceId);
      const own = files.get(sourceId);
      if (own !== undefined) {
        if (contradictsAnchor(own)) throw unfitForAnchor();
        guarded(() => remember(own, own.checkpoint()));
      }
      return reading(sourceId, (db) => anchorOf(db, signal));
    },

    checkAnchor: async (sourceId, anchorPath, signal) => {
      const anchor = await readAnchorFile(anchorPath, signal);
      return reading(sourceId, (db) => checkAnchor(db, anchor, (key) => signer.isOwn(key), signal));
    },

    openFile: (path) => {
      const copy = openReviewCopy(path);
      try {
        const id = `file-${randomUUID()}`;
        const title = `${lastHostName(copy.db) ?? 'empty audit'} – ${basename(path)}`;
        const source: AuditSource = { ...summaryOf(copy.db), id, title, kind: 'review-file', problem: null };
        reviews.set(id, { ...copy, source });
        return source;
      } catch (thrown) {
        copy.dispose();
        throw thrown;
      }
    },

    closeFile: (sourceId) => {
      const review = reviews.get(sourceId);
      if (review === undefined) throw new AppError('not-found', 'That file is not open.');
      reviews.delete(sourceId);
      review.dispose();
    },

    release,

    close: () => {
      for (const hostId of [...files.keys()]) release(hostId);
      for (const review of reviews.values()) review.dispose();
      reviews.clear();
    },
  };
}

/** Whatever keeps us from recording is `audit-unavailable`: nothing may run then. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('audit-unavailable', `The audit can’t be written, so nothing was run: ${why}`, {
      cause: thrown,
    });
  }
}

function summaryOf(db: ReadableDb): Pick<AuditSource, 'rowCount' | 'lastAtMs'> {
  const row = db.prepare<[], { at_ms: number }>('SELECT at_ms FROM rows ORDER BY seq DESC LIMIT 1').get();
  return { rowCount: readHead(db).seq, lastAtMs: row?.at_ms ?? null };
}

function lastHostName(db: ReadableDb): string | null {
  return (
    db.prepare<[], { host_name: string }>('SELECT host_name FROM rows ORDER BY seq DESC LIMIT 1').get()
      ?.host_name ?? null
  );
}

function missingSource(hostId: string, name: string | null): AuditSource {
  return {
    id: hostId,
    title: name ?? hostId,
    kind: name === null ? 'removed-host' : 'host',
    rowCount: 0,
    lastAtMs: null,
    problem: `The file ${hostId}${fileSuffix} is missing from the audit folder, though Holdfast wrote one. Put it back from a backup before this host is changed again.`,
  };
}

function damagedSource(name: string): AuditSource {
  const [hostId = name] = name.split('.');
  return {
    id: `damaged-${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}`.slice(0, 71),
    title: `${hostId} (damaged file)`,
    kind: 'removed-host',
    rowCount: 0,
    lastAtMs: null,
    problem: `The file was damaged and set aside as ${name} in the audit folder. It was not changed; a new audit was begun.`,
  };
}
