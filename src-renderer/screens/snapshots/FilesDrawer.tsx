import { Button, Drawer, Group, Loader, Stack, Text } from '@mantine/core';
import { IconDownload, IconFolderOpen, IconHistory } from '@tabler/icons-react';
import { useCallback } from 'react';
import type { FileEntry } from '../../../src-preload/contract/files';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { FileName, FolderPath, Transfers } from '../../components/FileParts';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount } from '../../format/bytes-format';
import {
  cancelDownload,
  closeFiles,
  download,
  openFolder,
  readAgain,
  restore,
  useFilesStore,
} from '../../stores/files-store';

/** The files of a snapshot: look, take one, or plan its way back beside the original. */
export function FilesDrawer() {
  const snapshot = useFilesStore((state) => state.snapshot);
  return (
    <Drawer
      opened={snapshot !== null}
      onClose={closeFiles}
      position="right"
      size={720}
      title={snapshot === null ? '' : `Files of ${snapshot.name}`}
      styles={{ body: { height: 'calc(100% - 60px)' } }}
    >
      {snapshot !== null && <Files />}
    </Drawer>
  );
}

function Files() {
  const { snapshot, path, status, entries, truncated, error, transfer, saved } = useFilesStore();
  const rowAt = useCallback((index: number) => entries[index], [entries]);
  return (
    <Stack gap="sm" h="100%">
      <Text size="sm" c="dimmed">
        {snapshot?.volumeName} on {snapshot?.hostName}, as it was <Age atMs={snapshot?.createdAtMs ?? null} />
      </Text>
      <FolderPath root="Snapshot" path={path} onOpen={openFolder} />
      <Transfers transfer={transfer} saved={saved} onCancel={cancelDownload} />
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={readAgain}>
              Try again
            </Button>
          }
        />
      )}
      {status === 'loading' && <Loader size="sm" aria-label="Reading the folder" />}
      {status === 'ready' && entries.length === 0 && (
        <EmptyState icon={<IconFolderOpen size={24} />} title="Empty folder">
          At the moment of the snapshot there was nothing in it.
        </EmptyState>
      )}
      {status === 'ready' && entries.length > 0 && (
        <VirtualTable<FileEntry>
          label="Files"
          question={path.join('/')}
          columns={columns}
          rowCount={entries.length}
          rowAt={rowAt}
          rowKey={(row) => row.name}
          rowHeight={36}
          onOpen={(row) => {
            if (row.kind === 'folder' && !row.unreadableName) openFolder([...path, row.name]);
          }}
        />
      )}
      {truncated && (
        <Text size="xs" c="dimmed">
          Only the first {formatCount(entries.length)} are listed.
        </Text>
      )}
    </Stack>
  );
}

const columns: Column<FileEntry>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(0, 1fr)',
    render: (row) => <FileName name={row.name} kind={row.kind} />,
  },
  {
    id: 'size',
    header: 'Size',
    width: '90px',
    align: 'right',
    render: (row) => <span className="numeric">{row.kind === 'file' ? formatBytes(row.sizeBytes) : ''}</span>,
  },
  {
    id: 'modified',
    header: 'Changed',
    width: '110px',
    render: (row) => <Age atMs={row.modifiedAtMs} />,
  },
  {
    id: 'download',
    header: '',
    width: '216px',
    align: 'right',
    render: (row) =>
      row.kind === 'file' && !row.unreadableName ? (
        <Group gap={2} wrap="nowrap" justify="flex-end">
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconHistory size={13} />}
            aria-label={`Restore ${row.name} beside the original`}
            onClick={(event) => {
              event.stopPropagation();
              void restore(row);
            }}
          >
            Restore…
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconDownload size={13} />}
            aria-label={`Download ${row.name}`}
            onClick={(event) => {
              event.stopPropagation();
              void download(row);
            }}
          >
            Download
          </Button>
        </Group>
      ) : (
        <Text size="xs" c="dimmed">
          {row.unreadableName ? 'name is no UTF-8' : row.kind === 'link' ? 'link' : ''}
        </Text>
      ),
  },
];
