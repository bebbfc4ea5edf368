import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors/app-error';
import type { FileFilter, ShellPort } from '../port/shell-port';

/** A file of this laptop that a person chose in the native dialog, as it is now. */
export interface ChosenFile {
  path: string;
  name: string;
  sizeBytes: number;
  modifiedAtMs: number;
}

export interface LocalFile extends ChosenFile {
  /** Hexadecimal, of the whole file. */
  sha256: string;
}

/** F107: what Holdfast uploads at most. */
const mostBytes = 4 * 1024 ** 3;

/** Certificates and keys are far smaller. */
const mostTextBytes = 256 * 1024;

/** As many as a person chooses in a session; the oldest are forgotten first. */
const mostFiles = 64;

/**
 * Files that may be sent. SECURITY: the page knows them by an id that only the native dialog gives, so it can name no
 * file by itself.
 */
export class LocalFiles {
  readonly #paths = new Map<string, string>();
  readonly #digests = new Map<string, { of: string; sha256: string }>();

  constructor(private readonly shell: Pick<ShellPort, 'chooseOpenPath'>) {}

  /** null: the person cancelled. Throws AppError `refused`. */
  async choose(
    title: string,
    filters: FileFilter[],
    limitBytes = mostBytes,
  ): Promise<{ fileId: string; path: string; name: string; sizeBytes: number } | null> {
    const path = await this.shell.chooseOpenPath(title, filters);
    if (path === null) return null;
    const { sizeBytes } = await this.#stat(path, limitBytes);
    const fileId = randomUUID();
    this.#paths.set(fileId, path);
    const [oldest] = this.#paths.keys();
    if (this.#paths.size > mostFiles && oldest !== undefined) this.#paths.delete(oldest);
    return { fileId, path, name: basename(path), sizeBytes };
  }

  /** As it is now, of any size. Throws AppError `not-found`, `refused`. */
  async look(fileId: string): Promise<ChosenFile> {
    const path = this.#pathOf(fileId);
    return { path, name: basename(path), ...(await this.#stat(path, Number.POSITIVE_INFINITY)) };
  }

  /** As it is now, read whole where it changed since. Throws AppError `not-found`, `refused`. */
  async read(fileId: string): Promise<LocalFile> {
    const path = this.#pathOf(fileId);
    const { sizeBytes, modifiedAtMs } = await this.#stat(path);
    const of = `${sizeBytes} ${modifiedAtMs}`;
    const known = this.#digests.get(path);
    if (known?.of === of)
      return { path, name: basename(path), sizeBytes, modifiedAtMs, sha256: known.sha256 };
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    const sha256 = hash.digest('hex');
    this.#digests.set(path, { of, sha256 });
    return { path, name: basename(path), sizeBytes, modifiedAtMs, sha256 };
  }

  /** SECURITY: nothing of it is kept; it may be a private key. Throws AppError `not-found`, `refused`. */
  async readText(fileId: string): Promise<string> {
    const path = this.#pathOf(fileId);
    const { sizeBytes } = await this.#stat(path);
    if (sizeBytes > mostTextBytes) {
      throw new AppError('refused', `The file ${basename(path)} is too large to be what was asked for.`, {
        remedy: 'Choose another file.',
      });
    }
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
  }

  #pathOf(fileId: string): string {
    const path = this.#paths.get(fileId);
    if (path !== undefined) return path;
    throw new AppError('not-found', 'This file was not chosen in this session.', {
      remedy: 'Choose the file again.',
    });
  }

  async #stat(path: string, limitBytes = mostBytes): Promise<{ sizeBytes: number; modifiedAtMs: number }> {
    let found: Stats;
    try {
      found = await stat(path);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    const { size, mtimeMs } = found;
    if (!found.isFile()) {
      throw new AppError('refused', `${basename(path)} is no regular file, so it cannot be sent.`);
    }
    if (size > limitBytes) {
      throw new AppError('refused', `The file ${basename(path)} is too large: at most 4 GiB are uploaded.`, {
        remedy: 'Copy it to the node by scp, or let the node download it by itself.',
      });
    }
    return { sizeBytes: size, modifiedAtMs: Math.round(mtimeMs) };
  }
}

function unreadable(path: string, thrown: unknown): AppError {
  return new AppError('refused', `The file ${basename(path)} cannot be read on this laptop.`, {
    detail: thrown instanceof Error ? thrown.message : String(thrown),
    cause: thrown,
  });
}
