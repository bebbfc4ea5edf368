import { ActionIcon, Button, Checkbox, Group, Select, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconCamera, IconChartBar, IconScissors, IconSearch, IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Host } from '../../../src-preload/contract/hosts';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import { Age } from '../../components/Age';
import { CutOffTransfers } from '../../components/CutOffTransfers';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HostFilter } from '../../components/HostParts';
import { LongName } from '../../components/LongName';
import { OfferMenu } from '../../components/OfferMenu';
import { PageHeader } from '../../components/PageHeader';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount, formatPercent } from '../../format/bytes-format';
import { openSnapshotDialog } from '../../stores/dialog-store';
import { useFleetStore } from '../../stores/fleet-store';
import { mostSelected, select, selectionKey, tick, useSelectionStore } from '../../stores/selection-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import {
  ensureRange,
  isUnread,
  setSnapshotQuery,
  snapshotAt,
  useSnapshotsStore,
  type SnapshotQuery,
} from '../../stores/snapshots-store';
import { browse } from '../../stores/files-store';
import { openCompare } from '../../stores/compare-store';
import { openSpace } from '../../stores/space-store';
import { openPrune } from '../../stores/prune-store';
import { CompareDrawer } from './CompareDrawer';
import { FilesDrawer } from './FilesDrawer';
import { PruneDialog } from './PruneDialog';
import { SelectionBar } from './SelectionBar';
import { SnapshotHistoryDrawer } from './SnapshotHistoryDrawer';
import { SpaceDrawer } from './SpaceDrawer';

type SortKey = SnapshotQuery['sort'];

/** Every snapshot of every host, newest first, searched and paged in the core. */
export function SnapshotsScreen() {
  const { query, status, total, totalUsedBytes, unreadCount, pages, gone, error } = useSnapshotsStore();
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const [search, setSearch] = useState(query.search);
  const applySearch = useDebouncedCallback((value: string) => void setSnapshotQuery({ search: value }), 180);
  useEffect(() => {
    void setSnapshotQuery({});
  }, []);
  const hostIds = hosts.map(({ host }) => host.id).join(' ');
  useEffect(() => {
    hostIds.split(' ').forEach((id) => id !== '' && void loadInventory(id));
  }, [hostIds]);

  const hostById = useMemo(() => new Map(hosts.map(({ host }) => [host.id, host])), [hosts]);
  const [past, setPast] = useState<SnapshotRow | null>(null);
  const selected = useSelectionStore((state) => state.rows);
  const columns = useMemo(() => {
    const all = Array.from({ length: total }, (_, index) => snapshotAt(pages, index));
    const loaded = total <= mostSelected ? all.filter((row) => row !== undefined) : [];
    return [
      tickColumn(selected, loaded, total, (index) => snapshotAt(pages, index)),
      ...columnsOf(hostById, gone, setPast),
    ];
  }, [hostById, selected, pages, gone, total]);
  const rowAt = useCallback((index: number) => snapshotAt(pages, index), [pages]);
  const pools = query.hostId === null ? [] : (byHost[query.hostId]?.inventory?.pools ?? []);
  const filtered = query.search !== '' || query.hostId !== null || query.poolId !== null;
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Snapshots"
        actions={
          <Group gap="sm" wrap="nowrap">
            <Button
              variant="default"
              leftSection={<IconChartBar size={16} />}
              onClick={() => void openSpace()}
            >
              Space
            </Button>
            <Button
              variant="default"
              leftSection={<IconScissors size={16} />}
              disabled={hosts.length === 0}
              onClick={() => {
                const hostId = query.hostId ?? snapshotAt(pages, 0)?.hostId ?? hosts[0]?.host.id;
                if (hostId !== undefined) openPrune({ hostId, poolId: query.poolId, search: query.search });
              }}
            >
              Prune…
            </Button>
            <Button
              leftSection={<IconCamera size={16} />}
              onClick={() => openSnapshotDialog({ hostId: query.hostId ?? undefined })}
            >
              Snapshot now
            </Button>
          </Group>
        }
      >
        <span className="numeric">
          {formatCount(total)} {filtered ? 'found' : 'on all hosts'} ·{' '}
          {unreadCount === 0
            ? `${formatBytes(totalUsedBytes)} held by single snapshots`
            : unreadCount >= total
              ? 'what they hold is not read yet'
              : `${formatBytes(totalUsedBytes)} held by single snapshots, ${formatCount(unreadCount)} of them not read yet`}
        </span>
      </PageHeader>
      <Group gap="sm">
        <TextInput
          w={320}
          placeholder="Search by name, volume or host"
          aria-label="Search snapshots"
          leftSection={<IconSearch size={15} />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            applySearch(event.currentTarget.value);
          }}
          rightSection={
            search === '' ? undefined : (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label="Clear the search"
                onClick={() => {
                  setSearch('');
                  void setSnapshotQuery({ search: '' });
                }}
              >
                <IconX size={14} />
              </ActionIcon>
            )
          }
        />
        <HostFilter
          width={200}
          value={query.hostId ?? ''}
          onChange={(id) => void setSnapshotQuery({ hostId: id === '' ? null : id, poolId: null })}
        />
        {pools.length > 0 && (
          <Select
            w={200}
            aria-label="Pool"
            value={query.poolId ?? ''}
            data={[
              { value: '', label: 'All pools' },
              ...pools.map((pool) => ({ value: pool.id, label: pool.name })),
            ]}
            onChange={(value) => void setSnapshotQuery({ poolId: value === '' ? null : value })}
          />
        )}
      </Group>
      <CutOffTransfers of={({ side }) => side === 'laptop'} />
      <SelectionBar />
      <FilesDrawer />
      <PruneDialog />
      <CompareDrawer />
      <SnapshotHistoryDrawer row={past} onClose={() => setPast(null)} />
      <SpaceDrawer onChoose={setSearch} />
      {error !== null && <ErrorNotice error={error} />}
      {status === 'ready' && total === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<IconCamera size={24} />}
            title={filtered ? 'Nothing matches' : 'No snapshots known'}
          >
            {filtered
              ? 'Try fewer words, or another host.'
              : 'A snapshot keeps the state of a volume at one moment. Connect a host to see its snapshots, or take the first one.'}
          </EmptyState>
        </div>
      ) : (
        <VirtualTable<SnapshotRow, SortKey>
          label="Snapshots"
          busy={status === 'loading' || search !== query.search}
          question={JSON.stringify(query)}
          columns={columns}
          rowCount={status === 'loading' && total === 0 ? 12 : total}
          rowAt={rowAt}
          rowKey={selectionKey}
          sort={{ key: query.sort, descending: query.descending }}
          onSort={(sort, descending) => void setSnapshotQuery({ sort, descending })}
          onRange={ensureRange}
        />
      )}
    </div>
  );
}

/** Ticks rows; with Shift all between this one and the last. The head ticks all found, when they are few enough. */
function tickColumn(
  selected: ReadonlyMap<string, SnapshotRow>,
  loaded: readonly SnapshotRow[],
  total: number,
  rowAt: (index: number) => SnapshotRow | undefined,
): Column<SnapshotRow, SortKey> {
  const few = total > 0 && loaded.length === total;
  const ticked = loaded.filter((row) => selected.has(selectionKey(row))).length;
  return {
    id: 'tick',
    width: '20px',
    header: (
      <Tooltip
        label={
          few
            ? 'Select all that were found'
            : `Narrow the list to at most ${mostSelected} snapshots to select all of them`
        }
      >
        <Checkbox
          size="xs"
          aria-label="Select all that were found"
          aria-disabled={!few}
          checked={few && ticked === total}
          indeterminate={ticked > 0 && ticked < total}
          onChange={(event) => {
            if (few) select(loaded, event.currentTarget.checked);
          }}
        />
      </Tooltip>
    ),
    render: (row, index) => (
      <Checkbox
        size="xs"
        aria-label={`Select ${row.fullName}`}
        checked={selected.has(selectionKey(row))}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          const { shiftKey } = event.nativeEvent as MouseEvent;
          tick(index, row, checked, shiftKey, rowAt);
        }}
      />
    ),
  };
}

function NotRead() {
  return (
    <span className="numeric" title="Not read yet" aria-label="not read yet">
      …
    </span>
  );
}

function Bytes({ row, of }: { row: SnapshotRow; of: 'usedBytes' | 'sizeBytes' }) {
  if (row[of] === null && isUnread(row)) return <NotRead />;
  return <span className="numeric">{formatBytes(row[of])}</span>;
}

function columnsOf(
  hosts: ReadonlyMap<string, Host>,
  gone: ReadonlySet<string>,
  showPast: (row: SnapshotRow) => void,
): Column<SnapshotRow, SortKey>[] {
  return [
    {
      id: 'name',
      header: 'Snapshot',
      width: 'minmax(220px, 3.2fr)',
      sortKey: 'fullName',
      render: (row) => <LongName name={row.name} title={row.fullName} />,
    },
    {
      id: 'volume',
      header: 'Of volume',
      width: 'minmax(150px, 1.9fr)',
      render: (row) => <LongName name={row.volumeName ?? 'origin gone'} />,
    },
    {
      id: 'host',
      header: 'Host',
      width: 'minmax(140px, 1.7fr)',
      sortKey: 'hostName',
      render: (row) => {
        const host = hosts.get(row.hostId);
        return (
          <Group gap={8} wrap="nowrap">
            <span className="truncate">{row.hostName}</span>
            {host !== undefined && <EnvironmentBadge environment={host.environment} />}
          </Group>
        );
      },
    },
    {
      id: 'used',
      header: 'Used',
      width: '76px',
      align: 'right',
      sortKey: 'usedBytes',
      render: (row) => <Bytes row={row} of="usedBytes" />,
    },
    {
      id: 'size',
      header: 'Size',
      width: '76px',
      align: 'right',
      sortKey: 'sizeBytes',
      render: (row) => <Bytes row={row} of="sizeBytes" />,
    },
    {
      id: 'created',
      header: 'Created',
      width: '92px',
      sortKey: 'createdAtMs',
      render: (row) =>
        row.createdAtMs === null && isUnread(row) ? <NotRead /> : <Age atMs={row.createdAtMs} />,
    },
    {
      id: 'state',
      header: 'State',
      width: '88px',
      render: (row) => <SnapshotState row={row} gone={gone.has(selectionKey(row))} />,
    },
    {
      id: 'actions',
      header: '',
      width: '34px',
      align: 'right',
      render: (row) => (
        <OfferMenu
          hostId={row.hostId}
          subject={{ kind: 'snapshot', snapshotId: row.id }}
          label={`Actions for ${row.fullName}`}
          extra={[
            { label: 'Browse files…', onClick: () => browse(row) },
            { label: 'What changed since…', onClick: () => openCompare(row) },
            { label: 'What happened here?', onClick: () => showPast(row) },
          ]}
        />
      ),
    },
  ];
}

function SnapshotState({ row, gone }: { row: SnapshotRow; gone: boolean }) {
  if (gone) {
    return (
      <Text size="xs" c="dimmed" fw={600} title="It vanished since this host was read">
        Gone
      </Text>
    );
  }
  if (row.state === 'invalid') {
    return (
      <Text size="xs" c="var(--hf-critical)" fw={600}>
        Invalid
      </Text>
    );
  }
  if (row.state === 'merging') {
    return (
      <Text size="xs" c="var(--hf-warning)" fw={600}>
        Merging
      </Text>
    );
  }
  const clones = row.cloneNames ?? [];
  const notes = [
    row.percentFull === null ? null : `${formatPercent(row.percentFull)} full`,
    row.holdCount !== null && row.holdCount > 0 ? 'held' : null,
    clones.length > 0 ? `${clones.length} clone${clones.length === 1 ? '' : 's'}` : null,
  ].filter((note) => note !== null);
  const nearlyFull = (row.percentFull ?? 0) >= 80;
  return (
    <Text
      size="xs"
      c={nearlyFull ? 'var(--hf-warning)' : 'dimmed'}
      fw={nearlyFull ? 600 : 400}
      title={clones.join(', ')}
    >
      {isUnread(row) ? (
        <NotRead />
      ) : notes.length > 0 ? (
        notes.join(' · ')
      ) : (
        row.state === 'unknown' && 'Unknown'
      )}
    </Text>
  );
}
