import { ActionIcon, Button, Group, Menu, Select, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconArrowBackUp, IconCamera, IconDots, IconSearch, IconTrash, IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Host } from '../../../src-preload/contract/hosts';
import type { SnapshotRow, BackendStatus } from '../../../src-preload/contract/inventory';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { excuseForAction, excuseForDestroy, excuseForRollback } from '../../components/excuse';
import { PageHeader } from '../../components/PageHeader';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount, formatPercent } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { openSnapshotDialog } from '../../stores/dialog-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { openPlan } from '../../stores/plan-store';
import {
  ensureRange,
  setSnapshotQuery,
  snapshotAt,
  useSnapshotsStore,
  type SnapshotQuery,
} from '../../stores/snapshots-store';
import { snapshotActionsOf } from './snapshot-actions';

type SortKey = SnapshotQuery['sort'];

/** Every snapshot of every host, newest first, searched and paged in the core. */
export function SnapshotsScreen() {
  const { query, status, total, totalUsedBytes, pages, error } = useSnapshotsStore();
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
  const columns = useColumns(hostById, (row) =>
    byHost[row.hostId]?.inventory?.backends.find((backend) => backend.kind === row.backend),
  );
  const rowAt = useCallback((index: number) => snapshotAt(pages, index), [pages]);
  const pools = query.hostId === null ? [] : (byHost[query.hostId]?.inventory?.pools ?? []);
  const filtered = query.search !== '' || query.hostId !== null || query.poolId !== null;
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Snapshots"
        actions={
          <Button
            leftSection={<IconCamera size={16} />}
            onClick={() => openSnapshotDialog({ hostId: query.hostId ?? undefined })}
          >
            Snapshot now
          </Button>
        }
      >
        <span className="numeric">
          {formatCount(total)} {filtered ? 'found' : 'on all hosts'} · {formatBytes(totalUsedBytes)} held by
          single snapshots
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
        <Select
          w={200}
          aria-label="Host"
          value={query.hostId ?? ''}
          data={[
            { value: '', label: 'All hosts' },
            ...hosts.map(({ host }) => ({ value: host.id, label: host.name })),
          ]}
          onChange={(value) => void setSnapshotQuery({ hostId: value === '' ? null : value, poolId: null })}
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
          columns={columns}
          rowCount={status === 'loading' && total === 0 ? 12 : total}
          rowAt={rowAt}
          rowKey={(row) => `${row.hostId} ${row.id}`}
          sort={{ key: query.sort, descending: query.descending }}
          onSort={(sort, descending) => void setSnapshotQuery({ sort, descending })}
          onRange={ensureRange}
        />
      )}
    </div>
  );
}

function useColumns(
  hosts: ReadonlyMap<string, Host>,
  backendOf: (row: SnapshotRow) => BackendStatus | undefined,
): Column<SnapshotRow, SortKey>[] {
  return [
    {
      id: 'name',
      header: 'Snapshot',
      width: 'minmax(0, 3.1fr)',
      sortKey: 'fullName',
      render: (row) => (
        <span className="mono" title={row.fullName}>
          {row.name}
        </span>
      ),
    },
    {
      id: 'volume',
      header: 'Of volume',
      width: 'minmax(0, 1.9fr)',
      render: (row) => (
        <span className="mono" title={row.volumeName ?? undefined}>
          {row.volumeName ?? 'origin gone'}
        </span>
      ),
    },
    {
      id: 'host',
      header: 'Host',
      width: 'minmax(0, 1.5fr)',
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
      render: (row) => <span className="numeric">{formatBytes(row.usedBytes)}</span>,
    },
    {
      id: 'size',
      header: 'Size',
      width: '76px',
      align: 'right',
      sortKey: 'sizeBytes',
      render: (row) => <span className="numeric">{formatBytes(row.sizeBytes)}</span>,
    },
    {
      id: 'created',
      header: 'Created',
      width: '92px',
      sortKey: 'createdAtMs',
      render: (row) => <Age atMs={row.createdAtMs} />,
    },
    { id: 'state', header: 'State', width: '104px', render: (row) => <SnapshotState row={row} /> },
    {
      id: 'actions',
      header: '',
      width: '34px',
      align: 'right',
      render: (row) => <RowActions row={row} host={hosts.get(row.hostId)} backend={backendOf(row)} />,
    },
  ];
}

function SnapshotState({ row }: { row: SnapshotRow }) {
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
  const notes = [
    row.percentFull === null ? null : `${formatPercent(row.percentFull)} full`,
    row.holdCount > 0 ? 'held' : null,
    row.cloneNames.length > 0
      ? `${row.cloneNames.length} clone${row.cloneNames.length === 1 ? '' : 's'}`
      : null,
  ].filter((note) => note !== null);
  const nearlyFull = (row.percentFull ?? 0) >= 80;
  return (
    <Text
      size="xs"
      c={nearlyFull ? 'var(--hf-warning)' : 'dimmed'}
      fw={nearlyFull ? 600 : 400}
      title={row.cloneNames.join(', ')}
    >
      {notes.length === 0 ? (row.state === 'unknown' ? 'Unknown' : '') : notes.join(' · ')}
    </Text>
  );
}

function RowActions({
  row,
  host,
  backend,
}: {
  row: SnapshotRow;
  host: Host | undefined;
  backend: BackendStatus | undefined;
}) {
  const catalogue = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const actions = snapshotActionsOf(row.backend);
  if (actions === undefined) return null;
  const rollbackExcuse =
    excuseForAction(catalogue.get(actions.rollback), host, readOnly) ?? excuseForRollback(row, backend);
  const destroyExcuse =
    excuseForAction(catalogue.get(actions.destroy), host, readOnly) ?? excuseForDestroy(row);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${row.fullName}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <MenuAction
          excuse={rollbackExcuse}
          icon={<IconArrowBackUp size={15} />}
          onClick={() =>
            void openPlan({ hostId: row.hostId, action: actions.rollback, input: actions.rollbackInput(row) })
          }
        >
          Roll back to this…
        </MenuAction>
        <MenuAction
          excuse={destroyExcuse}
          icon={<IconTrash size={15} />}
          colour="var(--hf-critical)"
          onClick={() =>
            void openPlan({ hostId: row.hostId, action: actions.destroy, input: actions.destroyInput(row) })
          }
        >
          Destroy…
        </MenuAction>
      </Menu.Dropdown>
    </Menu>
  );
}

function MenuAction({
  excuse,
  icon,
  colour,
  onClick,
  children,
}: {
  excuse: string | null;
  icon: React.ReactNode;
  colour?: string;
  onClick: () => void;
  children: string;
}) {
  const item = (
    <Menu.Item
      leftSection={icon}
      color={excuse === null ? colour : 'gray'}
      aria-disabled={excuse !== null}
      closeMenuOnClick={excuse === null}
      style={excuse === null ? undefined : { opacity: 0.55, cursor: 'not-allowed' }}
      onClick={excuse === null ? onClick : undefined}
    >
      {children}
    </Menu.Item>
  );
  if (excuse === null) return item;
  return (
    <Tooltip label={excuse} position="left" events={{ hover: true, focus: true, touch: true }}>
      {item}
    </Tooltip>
  );
}
