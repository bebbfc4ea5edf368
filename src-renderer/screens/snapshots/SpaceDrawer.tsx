import { Badge, Drawer, Group, Progress, Stack, Switch, Text } from '@mantine/core';
import { IconCamera } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import type { VolumeSpace } from '../../../src-preload/contract/space';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { LongName } from '../../components/LongName';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount, plural } from '../../format/bytes-format';
import { setSnapshotQuery } from '../../stores/snapshots-store';
import { closeSpace, useSpaceStore } from '../../stores/space-store';

/** Which snapshots hold the space: by volume, with what was forgotten marked. */
export function SpaceDrawer({ onChoose }: { onChoose: (search: string) => void }) {
  const open = useSpaceStore((state) => state.open);
  return (
    <Drawer
      opened={open}
      onClose={closeSpace}
      position="right"
      size={960}
      title="Space held by snapshots"
      styles={{ body: { height: 'calc(100% - 60px)' } }}
    >
      {open && <Volumes onChoose={onChoose} />}
    </Drawer>
  );
}

function Volumes({ onChoose }: { onChoose: (search: string) => void }) {
  const { status, volumes, total, error } = useSpaceStore();
  const [forgotten, setForgotten] = useState(false);
  const shown = useMemo(
    () => (forgotten ? volumes.filter((volume) => volume.forgotten) : volumes),
    [forgotten, volumes],
  );
  const rowAt = useCallback((index: number) => shown[index], [shown]);
  const columns = useMemo(() => columnsOf(weightOf(shown[0]), !forgotten), [forgotten, shown]);
  const forgottenCount = volumes.filter((volume) => volume.forgotten).length;
  return (
    <Stack gap="sm" h="100%">
      <Group justify="space-between" wrap="nowrap" gap="lg">
        <Text size="sm" c="dimmed">
          What all snapshots of a volume hold together, shared blocks included, where the tool tells; else
          what each holds alone. Choose a volume to see its snapshots.
        </Text>
        <Switch
          size="sm"
          style={{ flex: 'none' }}
          label={`Forgotten (${formatCount(forgottenCount)})`}
          checked={forgotten}
          onChange={(event) => setForgotten(event.currentTarget.checked)}
        />
      </Group>
      {error !== null && <ErrorNotice error={error} />}
      {status === 'ready' && shown.length === 0 ? (
        <EmptyState
          icon={<IconCamera size={24} />}
          title={forgotten ? 'Nothing forgotten' : 'No snapshots known'}
        >
          {forgotten
            ? 'Every volume with snapshots has one of the last 90 days.'
            : 'Connect a host to see what its snapshots hold.'}
        </EmptyState>
      ) : (
        <VirtualTable<VolumeSpace>
          label="Space by volume"
          busy={status === 'loading'}
          columns={columns}
          rowCount={status === 'loading' ? 12 : shown.length}
          rowAt={rowAt}
          rowKey={({ hostId, volumeName }) => `${hostId} ${volumeName ?? ''}`}
          onOpen={({ hostId, volumeName }) => {
            closeSpace();
            void setSnapshotQuery({
              hostId,
              poolId: null,
              search: volumeName ?? '',
              sort: 'usedBytes',
              descending: true,
            });
            onChoose(volumeName ?? '');
          }}
        />
      )}
      {volumes.length < total && (
        <Text size="xs" c="dimmed">
          {formatCount(volumes.length)} of {plural(total, 'volume')} are listed, those that hold most.
        </Text>
      )}
    </Stack>
  );
}

function weightOf(volume: VolumeSpace | undefined): number {
  return volume?.heldBytes ?? volume?.aloneBytes ?? 0;
}

/** @param marks whether what may be forgotten is marked: not where nothing else is listed */
function columnsOf(mostBytes: number, marks: boolean): Column<VolumeSpace>[] {
  return [
    {
      id: 'volume',
      header: 'Volume',
      width: 'minmax(0, 1.6fr)',
      render: ({ volumeName, forgotten }) => (
        <Group gap={8} wrap="nowrap">
          <LongName name={volumeName ?? 'origin gone'} />
          {marks && forgotten && (
            <Badge size="xs" variant="light" color="orange" style={{ flex: 'none' }}>
              forgotten?
            </Badge>
          )}
        </Group>
      ),
    },
    {
      id: 'host',
      header: 'Host',
      width: 'minmax(0, 0.8fr)',
      render: ({ hostName }) => <span className="truncate">{hostName}</span>,
    },
    {
      id: 'count',
      header: 'Snapshots',
      width: '84px',
      align: 'right',
      render: ({ count }) => <span className="numeric">{formatCount(count)}</span>,
    },
    {
      id: 'held',
      header: 'Held',
      width: '170px',
      align: 'right',
      render: (row) => (
        <Group gap={8} wrap="nowrap" justify="flex-end">
          {(row.heldBytes ?? row.aloneBytes) !== null && mostBytes > 0 && (
            <Progress value={(100 * weightOf(row)) / mostBytes} size={5} w={70} aria-hidden />
          )}
          <span
            className="numeric"
            style={{ minWidth: 68 }}
            title={
              row.heldBytes === null
                ? 'Each alone, added up; what they share is not told.'
                : `Each alone: ${formatBytes(row.aloneBytes)}`
            }
          >
            {formatBytes(row.heldBytes ?? row.aloneBytes)}
          </span>
        </Group>
      ),
    },
    { id: 'oldest', header: 'Oldest', width: '96px', render: ({ oldestAtMs }) => <Age atMs={oldestAtMs} /> },
    { id: 'newest', header: 'Newest', width: '96px', render: ({ newestAtMs }) => <Age atMs={newestAtMs} /> },
  ];
}
