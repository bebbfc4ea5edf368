import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { relative, sep } from 'node:path';
import type { Database } from 'better-sqlite3';
import { AppError } from '../errors/app-error';
import { readSmallFile } from '../files/read-small-file';
import { inspectKey } from '../ssh/private-key';
import type { KeyFileRegistry } from './types';

/** No private key is that large; a wrong choice in the dialog must not be read whole. */
const largestKeyBytes = 64 * 1024;

export interface KeyFileContent {
  data: Buffer;
  encrypted: boolean;
}

/** @throws AppError `invalid-request` when the file is missing, too large or no private key */
export function readKeyFile(path: string): KeyFileContent {
  const refuse = (why: string, cause?: unknown): AppError =>
    new AppError('invalid-request', `${displayPath(path)} ${why}`, { cause });
  let data: Buffer | null;
  try {
    data = readSmallFile(path, largestKeyBytes);
  } catch (error) {
    throw refuse('can’t be read.', error);
  }
  if (data === null) throw refuse('is no file, or too large to be a private key.');
  const kind = inspectKey(data);
  if (kind === 'unreadable') throw refuse('is not a private SSH key that Holdfast can read.');
  if (kind === 'public') throw refuse('is a public key; choose the private one beside it.');
  return { data, encrypted: kind === 'encrypted' };
}

/** `~/.ssh/id_ed25519` where it lies below the home folder. */
export function displayPath(path: string): string {
  const inside = relative(homedir(), path);
  return inside !== '' && !inside.startsWith('..') && !inside.startsWith(sep) ? `~${sep}${inside}` : path;
}

/**
 * Key files the person chose in the native dialog.
 * SECURITY: the page names them by id only, so it can't make Holdfast read a file.
 */
export function createKeyFileRegistry(db: Database): KeyFileRegistry {
  const byId = db.prepare<[string], { path: string }>('SELECT path FROM key_files WHERE id = ?');
  const byPath = db.prepare<[string], { id: string }>('SELECT id FROM key_files WHERE path = ?');
  const insert = db.prepare('INSERT INTO key_files (id, path) VALUES (?, ?)');
  return {
    path: (keyFileId) => {
      const row = byId.get(keyFileId);
      if (row === undefined)
        throw new AppError('invalid-request', 'Choose the key file again: it is not known.');
      return row.path;
    },
    register: (path) => {
      const known = byPath.get(path);
      if (known !== undefined) return known.id;
      const id = randomUUID();
      insert.run(id, path);
      return id;
    },
  };
}
