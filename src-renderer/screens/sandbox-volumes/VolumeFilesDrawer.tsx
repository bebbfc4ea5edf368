import { ActionIcon, Alert, Button, Drawer, Group, Loader, Menu, Stack, Text, Tooltip } from '@mantine/core';
import {
  IconCopy,
  IconDisc,
  IconDots,
  IconDownload,
  IconEye,
  IconFileText,
  IconFolderOpen,
  IconFolderPlus,
  IconInfoCircle,
  IconPencil,
  IconQuestionMark,
  IconTrash,
  IconUpload,
} from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import type { VolumeFile } from '../../../src-preload/contract/sandbox-files';
import { ActionMenu } from '../../components/ActionMenu';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { FileName, FolderPath, Transfers } from '../../components/FileParts';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount } from '../../format/bytes-format';
import { formatMode } from '../../format/mode-format';
import { usePlanStore } from '../../stores/plan-store';
import {
  cancelVolumeDownload,
  closeVolumeFiles,
  downloadVolumeFile,
  openVolumeFolder,
  planVolumeChange,
  readVolumeAgain,
  setVolumeDialog,
  showVolumeFile,
  uploadToVolume,
  useVolumeFilesStore,
  viewVolumeFile,
} from '../../stores/volume-files-store';
import { useChangeExcuse } from './use-change-excuse';
import { VolumeFileDialog } from './VolumeFileDialog';

/** The files of a sandbox volume: look, take, and plan every change of them. */
export function VolumeFilesDrawer() {
  const volume = useVolumeFilesStore((state) => state.volume);
  // A plan stands above all else; the drawer comes back when it is closed.
  const planning = usePlanStore((state) => state.request !== null);
  return (
    <>
      <Drawer
        opened={volume !== null && !planning}
        onClose={closeVolumeFiles}
        position="right"
        size={820}
        title={volume === null ? '' : `Files of ${volume.name} on ${volume.hostName}`}
        styles={{ body: { height: 'calc(100% - 60px)' }, title: { overflowWrap: 'anywhere' } }}
      >
        {volume !== null && <Files />}
      </Drawer>
      <VolumeFileDialog />
    </>
  );
}

function Files() {
  const { path, status, entries, total, error, kind, root, transfer, saved } = useVolumeFilesStore();
  const excuse = useChangeExcuse();
  const rowAt = useCallback((index: number) => entries[index], [entries]);
  const columns = useMemo(() => columnsFor(excuse), [excuse]);
  return (
    <Stack gap="sm" h="100%">
      {root !== null && (
        <Text size="xs" c="dimmed" className="mono truncate" title={root}>
          {root}
        </Text>
      )}
      <Group justify="space-between" wrap="nowrap" gap="md">
        <FolderPath root="Volume" path={path} onOpen={openVolumeFolder} />
        <Tools excuse={excuse} />
      </Group>
      {kind === 'disk' && (
        <Alert color="blue" variant="light" icon={<IconDisc size={18} />} py={8}>
          <Text size="sm">
            This is a disk volume: its files are inside the image disk.raw, which only a sandbox that mounts
            it can open. The image itself can be downloaded.
          </Text>
        </Alert>
      )}
      <Transfers transfer={transfer} saved={saved} onCancel={cancelVolumeDownload} />
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={readVolumeAgain}>
              Try again
            </Button>
          }
        />
      )}
      {status === 'loading' && entries.length === 0 && <Loader size="sm" aria-label="Reading the folder" />}
      {status === 'ready' && entries.length === 0 && (
        <EmptyState icon={<IconFolderOpen size={24} />} title="Empty folder">
          {kind === 'disk'
            ? 'The image disk.raw is not there.'
            : 'Nothing is in it. Upload a file or make a folder; each is shown as a plan first.'}
        </EmptyState>
      )}
      {entries.length > 0 && (
        <VirtualTable<VolumeFile>
          label="Files of the sandbox volume"
          question={path.join('/')}
          busy={status === 'loading'}
          columns={columns}
          rowCount={entries.length}
          rowAt={rowAt}
          rowKey={(row) => row.name}
          rowHeight={36}
          onOpen={(row) => {
            if (row.unreadableName) return;
            if (row.kind === 'folder') openVolumeFolder([...path, row.name]);
          }}
        />
      )}
      {total > entries.length && (
        <Text size="xs" c="dimmed">
          Only the first {formatCount(entries.length)} of {formatCount(total)} are listed.
        </Text>
      )}
    </Stack>
  );
}

function Tools({ excuse }: { excuse: string | null }) {
  const tools = [
    { label: 'Upload…', icon: IconUpload, onClick: () => void uploadToVolume() },
    { label: 'New folder…', icon: IconFolderPlus, onClick: () => setVolumeDialog({ kind: 'mkdir' }) },
    {
      label: 'New text file…',
      icon: IconFileText,
      onClick: () => setVolumeDialog({ kind: 'write', name: '', text: '' }),
    },
  ];
  return (
    <Group gap={6} wrap="nowrap" style={{ flex: 'none' }}>
      {tools.map(({ label, icon: Icon, onClick }) => (
        <Tooltip key={label} label={excuse} disabled={excuse === null} multiline maw={280}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon size={14} />}
            data-disabled={excuse !== null || undefined}
            aria-disabled={excuse !== null}
            onClick={excuse === null ? onClick : undefined}
          >
            {label}
          </Button>
        </Tooltip>
      ))}
    </Group>
  );
}

function columnsFor(excuse: string | null): Column<VolumeFile>[] {
  return [
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
      render: (row) => (
        <span className="numeric">{row.kind === 'file' ? formatBytes(row.sizeBytes) : ''}</span>
      ),
    },
    {
      id: 'mode',
      header: 'Mode',
      width: '92px',
      render: (row) => (
        <span className="mono" title={row.readOnly ? 'Nobody may write it' : undefined}>
          {formatMode(row.mode)}
        </span>
      ),
    },
    {
      id: 'owner',
      header: 'Owner',
      width: '96px',
      render: (row) => (
        <span className="mono truncate" title="User and group, by number">
          {row.uid === null ? '–' : `${row.uid}:${row.gid ?? '–'}`}
        </span>
      ),
    },
    { id: 'modified', header: 'Changed', width: '110px', render: (row) => <Age atMs={row.modifiedAtMs} /> },
    {
      id: 'actions',
      header: '',
      width: '44px',
      align: 'right',
      render: (row) => <RowMenu row={row} excuse={excuse} />,
    },
  ];
}

function RowMenu({ row, excuse }: { row: VolumeFile; excuse: string | null }) {
  if (row.unreadableName) {
    return (
      <Tooltip label="Its name is no UTF-8, so it cannot be asked for.">
        <IconQuestionMark size={15} aria-label="Its name is no UTF-8" />
      </Tooltip>
    );
  }
  const file = row.kind === 'file' || row.kind === 'link';
  const items = [
    { label: 'Details', icon: IconInfoCircle, run: () => void showVolumeFile(row), excuse: null },
    ...(file
      ? [
          { label: 'Download…', icon: IconDownload, run: () => void downloadVolumeFile(row), excuse: null },
          { label: 'View as text', icon: IconEye, run: () => void viewVolumeFile(row), excuse: null },
          {
            label: 'Copy…',
            icon: IconCopy,
            run: () => setVolumeDialog({ kind: 'copy', file: row }),
            excuse,
          },
        ]
      : []),
    {
      label: 'Rename or move…',
      icon: IconPencil,
      run: () => setVolumeDialog({ kind: 'rename', file: row }),
      excuse,
    },
    {
      label: row.kind === 'folder' ? 'Delete with all in it…' : 'Delete…',
      icon: IconTrash,
      run: () =>
        planVolumeChange(
          row.kind === 'folder' ? 'sandbox.file.removeFolder' : 'sandbox.file.remove',
          row.name,
        ),
      excuse,
    },
  ];
  return (
    <ActionMenu position="bottom-end" withinPortal shadow="md">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Actions for ${row.name}`}
          onClick={(event) => event.stopPropagation()}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        {items.map(({ label, icon: Icon, run, excuse: why }) => (
          <Menu.Item
            key={label}
            leftSection={<Icon size={14} />}
            aria-disabled={why !== null}
            data-disabled={why !== null || undefined}
            closeMenuOnClick={why === null}
            onClick={why === null ? run : undefined}
          >
            {label}
            {why !== null && (
              <Text size="xs" c="dimmed" maw={240}>
                {why}
              </Text>
            )}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </ActionMenu>
  );
}
