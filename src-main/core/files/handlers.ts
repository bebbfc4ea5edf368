import type { CoreHandlers } from '../../../src-preload/contract';
import { AppError } from '../errors/app-error';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import type { ShellPort } from '../port/shell-port';
import type { FilePool } from '../ssh/types';
import { restoredName } from '../storage/files/commands';
import type { TransferJournal } from '../transfers/journal';
import { fetchFile, listFolder } from './browse';
import { reporter, type TransferReport } from './report';
import { originalRoot, snapshotRoot } from './snapshot-root';

export interface FileHandlerOptions {
  hosts: Pick<HostStore, 'get'>;
  inventory: Pick<InventoryService, 'lastKnown'>;
  sessions: FilePool;
  shell: Pick<ShellPort, 'chooseSavePath'>;
  transfers: TransferJournal;
  onProgress: (report: TransferReport) => void;
  nowMs: () => number;
}

/** Looking at the files of a snapshot. Reading only; paths on this computer come from native dialogs alone. */
export function fileHandlers(
  options: FileHandlerOptions,
): Pick<CoreHandlers, 'files:list' | 'files:download' | 'files:restore'> {
  const { hosts, inventory, sessions, shell, transfers, nowMs } = options;
  const rootOf = async (hostId: string, snapshotId: string): Promise<string> => {
    const { snapshot, known } = await inventory.lastKnown(hostId, snapshotId);
    return snapshotRoot(snapshot, known);
  };
  return {
    'files:list': async ({ hostId, snapshotId, path }, { signal }) => {
      const root = await rootOf(hostId, snapshotId);
      return sessions.files(hosts.get(hostId), (files) => listFolder(files, root, path), signal);
    },
    'files:download': async ({ hostId, snapshotId, path, transferId }, { signal }) => {
      const root = await rootOf(hostId, snapshotId);
      const suggested = path.at(-1) ?? 'file';
      const localPath = await shell.chooseSavePath(suggested, []);
      if (localPath === null) return { saved: null };
      const report = reporter(transferId, nowMs, options.onProgress);
      const host = hosts.get(hostId);
      const sizeBytes = await sessions.files(
        host,
        (files) => fetchFile(files, root, path, localPath, report, transfers.onLaptop(host)),
        signal,
      );
      return { saved: { displayPath: localPath, sizeBytes } };
    },
    'files:restore': async ({ hostId, snapshotId, path }) => {
      const { snapshot, known } = await inventory.lastKnown(hostId, snapshotId);
      const name = path.at(-1);
      if (name === undefined) throw new AppError('invalid-request', 'A snapshot is not restored as a file.');
      const folder = [originalRoot(snapshot, known), ...path.slice(0, -1)].join('/');
      const restored = restoredName(name, snapshot.createdAtMs ?? nowMs());
      return {
        action: 'file.restore',
        input: {
          source: [snapshotRoot(snapshot, known), ...path].join('/'),
          destination: `${folder === '/' ? '' : folder}/${restored}`,
        },
      };
    },
  };
}
