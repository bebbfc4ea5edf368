import { Alert, Button, Drawer, Stack, Text } from '@mantine/core';
import { IconDownload, IconFolderOpen } from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import { create } from 'zustand';
import type { BackupFile } from '../../../src-preload/contract/backup-files';
import type { Cluster, GuestBackup } from '../../../src-preload/contract/clusters';
import { call } from '../../api';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { FileName, FolderPath, Transfers } from '../../components/FileParts';
import { ReadBar } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { createDownloads, type DownloadState } from '../../stores/download';

/** The files of a backup on a Proxmox Backup Server: look, and save one. */
export function BackupFilesDrawer({
  cluster,
  backup,
  onClose,
}: {
  cluster: Cluster;
  backup: GuestBackup | null;
  onClose: () => void;
}) {
  return (
    <Drawer
      opened={backup !== null}
      onClose={onClose}
      position="right"
      size={760}
      title={backup === null ? '' : `Files of guest ${backup.vmid ?? '?'}`}
      styles={{ body: { height: 'calc(100% - 60px)' } }}
    >
      {backup !== null && <Files key={backup.volid} cluster={cluster} backup={backup} />}
    </Drawer>
  );
}

const nothing: readonly BackupFile[] = [];

/** A step down: what it is called, and what the API calls it. */
interface Step {
  name: string;
  path: string;
}

function Files({ cluster, backup }: { cluster: Cluster; backup: GuestBackup }) {
  const { node, storage, volid, createdAtMs, type } = backup;
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const place = { clusterId: cluster.id, node, storage, volid, path: steps.at(-1)?.path ?? null };
  const { read, again } = useRead('backupFiles:list', place);
  const { transfer, saved, error, start, cancel } = useDownload(place);
  const entries = read.status === 'ready' ? read.found.entries : nothing;
  const rowAt = useCallback((index: number) => entries[index], [entries]);
  return (
    <Stack gap="sm" h="100%">
      <ReadBar onAgain={again}>
        As it was on {createdAtMs === null ? 'a day that is not known' : formatMoment(createdAtMs)}, from{' '}
        {storage}. Reading changes nothing
        {type === 'qemu' ? `; ${node} starts a small machine for it, which may take half a minute.` : '.'}
      </ReadBar>
      <FolderPath
        root="Backup"
        path={steps.map(({ name }) => name)}
        onOpen={(names) => setSteps(steps.slice(0, names.length))}
      />
      <Transfers transfer={transfer} saved={saved} onCancel={cancel} />
      {saved !== null && !saved.compared && (
        <Alert color="orange" py={8}>
          <Text size="sm">
            The backup does not tell the size of this file, so nothing says whether all of it came. Look at
            it.
          </Text>
        </Alert>
      )}
      {error !== null && <ErrorNotice error={error} />}
      {read.status === 'loading' && (
        <Text size="sm" c="dimmed" role="status">
          {node} opens the backup…
        </Text>
      )}
      {read.status === 'failed' && (
        <ErrorNotice
          error={read.error}
          actions={
            <Button size="xs" variant="default" onClick={again}>
              Try again
            </Button>
          }
        />
      )}
      {read.status === 'ready' && entries.length === 0 && (
        <EmptyState icon={<IconFolderOpen size={24} />} title="Nothing in it">
          When the backup was made there was nothing in this folder.
        </EmptyState>
      )}
      {read.status === 'ready' && entries.length > 0 && (
        <VirtualTable<BackupFile>
          label="Files of the backup"
          question={place.path ?? ''}
          columns={columnsWith((file) => void start(file))}
          rowCount={entries.length}
          rowAt={rowAt}
          rowKey={(row) => row.path}
          rowHeight={36}
          onOpen={({ kind, name, path }) => {
            if (kind === 'folder' || kind === 'part') setSteps([...steps, { name, path }]);
          }}
        />
      )}
      {read.status === 'ready' && read.found.total > entries.length && (
        <Text size="xs" c="dimmed">
          Only the first {formatCount(entries.length)} of {formatCount(read.found.total)} are listed.
        </Text>
      )}
    </Stack>
  );
}

interface Saved {
  displayPath: string;
  sizeBytes: number;
  compared: boolean;
}

/** Of this drawer alone: who closes it wants no more of it. */
function useDownload(of: { clusterId: string; node: string; storage: string; volid: string }) {
  const [store] = useState(() =>
    create<DownloadState<Saved>>(() => ({ transfer: null, saved: null, error: null })),
  );
  const [downloads] = useState(() => createDownloads(store));
  useEffect(() => downloads.followProgress(), [downloads]);
  useEffect(() => () => downloads.cancel(), [downloads]);
  const { clusterId, node, storage, volid } = of;
  const start = ({ path, name, sizeBytes }: BackupFile) =>
    downloads.run({ name, totalBytes: sizeBytes ?? 0 }, (transferId, signal) =>
      call('backupFiles:download', { clusterId, node, storage, volid, path, transferId }, signal),
    );
  return { ...store(), start, cancel: downloads.cancel };
}

const columnsWith = (save: (file: BackupFile) => void): Column<BackupFile>[] => [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(0, 1fr)',
    render: ({ name, kind }) => <FileName name={name} kind={kind === 'part' ? 'folder' : kind} />,
  },
  {
    id: 'size',
    header: 'Size',
    width: '100px',
    align: 'right',
    render: ({ kind, sizeBytes }) => (
      <span className="numeric">{kind === 'folder' ? '' : formatBytes(sizeBytes)}</span>
    ),
  },
  {
    id: 'changed',
    header: 'Changed',
    width: '160px',
    render: ({ modifiedAtMs }) => (
      <span className="numeric">{modifiedAtMs === null ? '' : formatMoment(modifiedAtMs)}</span>
    ),
  },
  {
    id: 'save',
    header: '',
    width: '120px',
    align: 'right',
    render: (file) =>
      file.kind === 'file' ? (
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconDownload size={13} />}
          aria-label={`Download ${file.name}`}
          onClick={(event) => {
            event.stopPropagation();
            save(file);
          }}
        >
          Download
        </Button>
      ) : (
        <Text size="xs" c="dimmed">
          {file.kind === 'link' ? 'link' : ''}
        </Text>
      ),
  },
];
