import {
  Alert,
  Anchor,
  Breadcrumbs,
  Button,
  Drawer,
  Group,
  Loader,
  Progress,
  Stack,
  Text,
} from '@mantine/core';
import {
  IconCheck,
  IconDownload,
  IconFile,
  IconFolder,
  IconFolderOpen,
  IconHistory,
  IconLink,
  IconQuestionMark,
} from '@tabler/icons-react';
import { useCallback } from 'react';
import type { FileEntry } from '../../../src-preload/contract/files';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
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

const icons = { folder: IconFolder, file: IconFile, link: IconLink, other: IconQuestionMark } as const;

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
  const { snapshot, path, status, entries, truncated, error } = useFilesStore();
  const rowAt = useCallback((index: number) => entries[index], [entries]);
  return (
    <Stack gap="sm" h="100%">
      <Text size="sm" c="dimmed">
        {snapshot?.volumeName} on {snapshot?.hostName}, as it was <Age atMs={snapshot?.createdAtMs ?? null} />
      </Text>
      <Place path={path} />
      <Transfers />
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

function Place({ path }: { path: readonly string[] }) {
  return (
    <Breadcrumbs separatorMargin={4} aria-label="Folder">
      <Anchor component="button" type="button" size="sm" onClick={() => openFolder([])}>
        Snapshot
      </Anchor>
      {path.map((part, index) => (
        <Anchor
          key={index}
          component="button"
          type="button"
          size="sm"
          className="mono truncate"
          maw={180}
          title={part}
          aria-current={index === path.length - 1 ? 'page' : undefined}
          onClick={() => openFolder(path.slice(0, index + 1))}
        >
          {part}
        </Anchor>
      ))}
    </Breadcrumbs>
  );
}

function Transfers() {
  const transfer = useFilesStore((state) => state.transfer);
  const saved = useFilesStore((state) => state.saved);
  if (transfer !== null) {
    const percent = transfer.totalBytes === 0 ? 0 : (100 * transfer.doneBytes) / transfer.totalBytes;
    return (
      <div className="panel" style={{ padding: '8px 12px' }} role="status">
        <Group gap="sm" wrap="nowrap">
          <Text size="sm" className="mono truncate" style={{ flex: 1 }}>
            {transfer.name}
          </Text>
          <Text size="xs" c="dimmed" className="numeric">
            {formatBytes(transfer.doneBytes)} of {formatBytes(transfer.totalBytes)}
          </Text>
          <Button size="compact-xs" variant="default" onClick={cancelDownload}>
            Cancel
          </Button>
        </Group>
        <Progress value={percent} size={4} mt={6} aria-label={`Download of ${transfer.name}`} />
      </div>
    );
  }
  if (saved === null) return null;
  return (
    <Alert color="teal" variant="light" icon={<IconCheck size={16} />} role="status" py={8}>
      <Text size="sm" className="truncate" title={saved.displayPath}>
        Saved {formatBytes(saved.sizeBytes)} as {saved.displayPath}
      </Text>
    </Alert>
  );
}

const columns: Column<FileEntry>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(0, 1fr)',
    render: (row) => {
      const Icon = icons[row.kind];
      return (
        <Group gap={8} wrap="nowrap">
          <Icon size={15} aria-label={row.kind} style={{ flex: 'none' }} />
          <span className="mono truncate" title={row.name}>
            {row.name}
          </span>
        </Group>
      );
    },
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
