import type { CoreHandlers } from '../../../src-preload/contract';
import { AppError } from '../errors/app-error';
import { checkWhole } from '../files/browse';
import { reporter, type TransferReport } from '../files/report';
import { saveStream } from '../files/save-stream';
import type { ShellPort } from '../port/shell-port';
import { apiPath } from '../proxmox/client/path';
import { findBackupFile, listBackupFiles, placeQuery, type BackupPlace } from '../proxmox/reads/backup-files';
import type { TransferJournal } from '../transfers/journal';
import type { ClusterService } from './cluster-service';
import type { ClusterStore } from './stores';

export interface BackupFileOptions {
  service: Pick<ClusterService, 'ask'>;
  clusters: Pick<ClusterStore, 'get'>;
  shell: Pick<ShellPort, 'chooseSavePath'>;
  transfers: TransferJournal;
  onProgress: (report: TransferReport) => void;
  nowMs: () => number;
}

function checked<Place extends BackupPlace>(place: Place): Place {
  if (place.volid.startsWith(`${place.storage}:`)) return place;
  throw new AppError('invalid-request', 'The backup lies on another storage.');
}

/**
 * Looking at the files of a backup on a Proxmox Backup Server, through the node that has it. Reading only; paths on this
 * computer come from native dialogs alone.
 */
export function backupFileHandlers({
  service,
  clusters,
  shell,
  transfers,
  onProgress,
  nowMs,
}: BackupFileOptions): Pick<CoreHandlers, 'backupFiles:list' | 'backupFiles:download'> {
  return {
    'backupFiles:list': ({ clusterId, ...place }, { signal }) =>
      service.ask(clusterId, (client) => listBackupFiles(client, checked(place), signal)),

    'backupFiles:download': async ({ clusterId, transferId, path, ...of }, { signal }) => {
      if (path === null) throw new AppError('invalid-request', 'A whole backup is not saved as a file.');
      const place = checked({ ...of, path });
      const { node, storage } = place;
      const file = await service.ask(clusterId, (client) => findBackupFile(client, place, signal));
      const localPath = await shell.chooseSavePath(file.name, []);
      if (localPath === null) return { saved: null };
      const report = reporter(transferId, nowMs, onProgress);
      const { name, sizeBytes: told } = file;
      const sizeBytes = await service.ask(clusterId, (client) =>
        client.download(
          apiPath('/nodes/{node}/storage/{storage}/file-restore/download', { node, storage }),
          { operation: `read ${name} out of the backup`, query: placeQuery(place), signal },
          (chunks) =>
            saveStream(localPath, chunks, {
              onProgress: (doneBytes) => report(doneBytes, Math.max(told ?? 0, doneBytes)),
              check: (written) => {
                if (told !== null) checkWhole(name, written, told);
              },
              journal: transfers.onLaptop(clusters.get(clusterId)),
            }),
        ),
      );
      return { saved: { displayPath: localPath, sizeBytes, compared: told !== null } };
    },
  };
}
