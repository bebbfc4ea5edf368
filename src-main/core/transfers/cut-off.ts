import { lstat, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { CoreHandlers } from '../../../src-preload/contract';
import { insidePathSchema, type CutOffTransfer } from '../../../src-preload/contract/files';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError, toAppError } from '../errors/app-error';
import type { CoreLog } from '../log';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';
import type { FilePool } from '../ssh/types';
import type { TransferJournal, TransferRecord } from './journal';

type Found = NonNullable<CutOffTransfer['found']>;

export interface CutOffOptions {
  journal: TransferJournal;
  sessions: Pick<FilePool, 'files'>;
  shell: Pick<ShellPort, 'confirm' | 'notify'>;
  /** What is known of them changed. */
  onChanged: () => void;
  log: CoreLog;
}

/**
 * What transfers left behind that were cut off: by a crash of the core, or a connection that broke while the part of a
 * file was on a host. On this computer it is looked for when the core starts, on a host at each contact; what is not
 * there any more is forgotten.
 */
export class CutOffTransfers {
  readonly #found = new Map<string, Found>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(private readonly options: CutOffOptions) {}

  /** Never throws. */
  async lookHere(): Promise<void> {
    for (const record of this.#of('laptop')) {
      try {
        this.#saw(record, await lookLocally(record.partPath));
      } catch (thrown) {
        this.#couldNot(record, thrown);
      }
    }
  }

  /** The host answered. Never throws; what could not be looked at now is looked at in the next contact. */
  contact(host: Host): Promise<void> {
    const running = this.#running.get(host.id);
    if (running !== undefined) return running;
    const records = this.#of('host').filter(({ hostId }) => hostId === host.id);
    if (records.length === 0) return Promise.resolve();
    const work = this.options.sessions
      .files(host, async (files) => {
        for (const record of records) {
          try {
            const { sizeBytes, modifiedSeconds } = await files.lstat(record.partPath);
            const modifiedAtMs = modifiedSeconds === null ? null : Math.max(0, modifiedSeconds * 1000);
            this.#saw(record, { sizeBytes, modifiedAtMs });
          } catch (thrown) {
            if (toAppError(thrown).code === 'not-found') this.#saw(record, 'gone');
            else this.#couldNot(record, thrown);
          }
        }
      })
      .catch((thrown: unknown) => {
        for (const record of records) this.#couldNot(record, thrown);
      })
      .finally(() => this.#running.delete(host.id));
    this.#running.set(host.id, work);
    return work;
  }

  list(): CutOffTransfer[] {
    return this.options.journal.cutOff().map((record) => {
      const { id, side, hostId, hostName, partPath, targetPath, startedAtMs } = record;
      return {
        ...{ id, side, hostId, hostName, partPath, targetPath, startedAtMs },
        found: this.#found.get(id) ?? null,
        remove: removalOf(record),
      };
    });
  }

  /** @returns false: the person said no. @throws AppError `not-found`, `refused` */
  async deletePart(id: string, signal: AbortSignal): Promise<boolean> {
    const record = this.#of('laptop').find((each) => each.id === id);
    if (record === undefined) {
      throw new AppError('not-found', 'No part of such a download is recorded any more.');
    }
    const seen = await lookLocally(record.partPath);
    if (seen === 'gone') {
      this.#saw(record, 'gone');
      return true;
    }
    if (seen === null) throw unreachableFolder(record.partPath);
    if (!(await this.options.shell.confirm(questionOf(record, seen), signal))) return false;
    // SECURITY: never another file than the one that the person was asked about.
    const now = await lookLocally(record.partPath);
    if (now !== 'gone' && now !== null && isSame(now, seen)) {
      await unlink(record.partPath).catch((thrown: unknown) => {
        throw new AppError('internal', `${record.partPath} could not be deleted on this computer.`, {
          detail: thrown instanceof Error ? thrown.message : String(thrown),
          cause: thrown,
        });
      });
    } else if (now !== 'gone') {
      throw new AppError(
        'refused',
        `${record.partPath} changed since it was asked about, so it was not deleted.`,
      );
    }
    this.#saw(record, 'gone');
    return true;
  }

  forgetHost(hostId: string): void {
    this.options.journal.forgetHost(hostId);
    this.options.onChanged();
  }

  #of(side: TransferRecord['side']): TransferRecord[] {
    return this.options.journal.cutOff().filter((record) => record.side === side);
  }

  /** @param found null: nobody can say */
  #saw(record: TransferRecord, found: Found | 'gone' | null): void {
    const { journal, shell, onChanged } = this.options;
    const { id, side, hostName, partPath } = record;
    if (found === null) return;
    if (found === 'gone') {
      journal.forget(id);
      if (this.#found.delete(id) || side === 'host') onChanged();
      return;
    }
    const before = this.#found.get(id);
    this.#found.set(id, found);
    if (before !== undefined && isSame(before, found)) return;
    onChanged();
    if (before !== undefined) return;
    shell.notify(
      side === 'host' ? `${hostName}: a file was left unfinished` : 'A download was left unfinished',
      `${partPath} is what is left of a transfer that was cut off. “Sandbox volumes” offers to delete it.`,
    );
  }

  #couldNot({ id, partPath }: TransferRecord, thrown: unknown): void {
    this.options.log.write('warn', 'The part of a transfer could not be looked for', {
      id,
      partPath,
      error: toAppError(thrown),
    });
  }
}

const isSame = (one: Found, other: Found): boolean =>
  one.sizeBytes === other.sizeBytes && one.modifiedAtMs === other.modifiedAtMs;

/** null: its folder is not there, as on a disk that is not plugged in. */
async function lookLocally(path: string): Promise<Found | 'gone' | null> {
  try {
    const about = await lstat(path);
    // Only a regular file is ever made under such a name.
    if (!about.isFile()) return 'gone';
    return { sizeBytes: about.size, modifiedAtMs: Math.round(about.mtimeMs) };
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
  const folder = await lstat(dirname(path)).catch(() => null);
  return folder === null ? null : 'gone';
}

function unreachableFolder(path: string): AppError {
  return new AppError('refused', `${dirname(path)} is not there now, so nothing in it was deleted.`, {
    remedy: 'Plug in the disk that it is on, then try it again.',
  });
}

function questionOf(
  { partPath, targetPath, hostName }: TransferRecord,
  { sizeBytes }: Found,
): ConfirmQuestion {
  return {
    kind: 'delete-part',
    title: 'Delete unfinished download',
    message: `Delete ${basename(partPath)} on this computer?`,
    detail: `${partPath}\n\n${sizeBytes} bytes that came from ${hostName} for ${targetPath} before the transfer was cut off. It is no whole file. Nothing on the host is touched.`,
    confirmLabel: 'Delete the part',
  };
}

/** A part in a volume goes the way of every file there: planned, shown, confirmed, recorded. */
function removalOf({ root, partPath }: TransferRecord): CutOffTransfer['remove'] {
  if (root === null || !partPath.startsWith(`${root}/`)) return null;
  const path = insidePathSchema.safeParse(partPath.slice(root.length + 1).split('/'));
  if (!path.success) return null;
  return {
    action: 'sandbox.file.remove',
    input: { volumeId: `msb:${basename(root)}`, path: path.data },
  };
}

export function cutOffHandlers(
  transfers: CutOffTransfers,
): Pick<CoreHandlers, 'files:cutOff' | 'files:deletePart'> {
  return {
    'files:cutOff': async () => {
      // What lies on this computer is looked at each time: people delete it by hand too.
      await transfers.lookHere();
      return { transfers: transfers.list() };
    },
    'files:deletePart': async ({ transferId }, { signal }) => ({
      deleted: await transfers.deletePart(transferId, signal),
    }),
  };
}
