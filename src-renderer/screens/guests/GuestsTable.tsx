import { Badge, Checkbox, Group, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { FillBar } from '../../components/CapacityBar';
import { OfferMenu } from '../../components/OfferMenu';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatPercent, usedPercent } from '../../format/bytes-format';
import {
  guestStatusColours,
  guestStatusWords,
  guestTypeWords,
  partPercent,
  uptimeWords,
} from '../../format/guest-format';
import { openGuest, tickGuests, useClustersStore } from '../../stores/clusters-store';
import { sortGuests, type GuestRow, type GuestSort } from './guest-rows';

function Status({ guest }: GuestRow) {
  return (
    <Group gap={6} wrap="nowrap">
      <Badge variant="dot" size="sm" radius="sm" tt="none" color={guestStatusColours[guest.status]}>
        {guest.template ? 'Template' : guestStatusWords[guest.status]}
      </Badge>
      {guest.lock !== null && (
        <IconLock size={14} color="var(--hf-warning)" role="img" aria-label={`Locked (${guest.lock})`}>
          <title>{`Locked (${guest.lock})`}</title>
        </IconLock>
      )}
    </Group>
  );
}

function Part({ percent, of, label }: { percent: number | null; of: number | null; label: string }) {
  if (percent === null)
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    );
  return (
    <div style={{ width: '100%' }}>
      <Text size="xs" className="numeric">
        {formatPercent(percent)}
        {of === null ? '' : ` of ${of}`}
      </Text>
      <FillBar percent={percent} label={label} warnAt={85} />
    </div>
  );
}

function columnsOf(withCluster: boolean, ticked: ReadonlySet<string>): Column<GuestRow, GuestSort>[] {
  const cluster: Column<GuestRow, GuestSort> = {
    id: 'cluster',
    header: 'Cluster',
    width: 'minmax(120px, 1fr)',
    render: ({ cluster: { name, environment } }) => (
      <Group gap={6} wrap="nowrap">
        <span className="truncate">{name}</span>
        <EnvironmentBadge environment={environment} />
      </Group>
    ),
  };
  return [
    {
      id: 'tick',
      header: '',
      width: '32px',
      render: ({ key, guest }) => (
        <Checkbox
          size="xs"
          aria-label={`Select ${guest.name ?? guest.vmid}`}
          checked={ticked.has(key)}
          // The row opens the guest; its tick does not.
          onClick={(event) => event.stopPropagation()}
          onChange={(event) => tickGuests([key], event.currentTarget.checked)}
        />
      ),
    },
    {
      id: 'vmid',
      header: 'ID',
      width: '84px',
      sortKey: 'vmid',
      render: ({ guest }) => (
        <span className="numeric">
          {guest.vmid}{' '}
          <Text span size="xs" c="dimmed">
            {guestTypeWords[guest.type]}
          </Text>
        </span>
      ),
    },
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(120px, 2fr)',
      sortKey: 'name',
      render: ({ guest }) => (
        <div style={{ minWidth: 0 }}>
          <Text
            size="sm"
            fw={500}
            className="truncate"
            title={guest.name ?? undefined}
            c={guest.name === null ? 'dimmed' : undefined}
          >
            {guest.name ?? 'not known'}
          </Text>
          {guest.tags.length > 0 && (
            <Text size="xs" c="dimmed" className="truncate">
              {guest.tags.join(' · ')}
            </Text>
          )}
        </div>
      ),
    },
    {
      id: 'status',
      header: 'State',
      width: '114px',
      sortKey: 'status',
      render: (row) => <Status {...row} />,
    },
    ...(withCluster ? [cluster] : []),
    {
      id: 'node',
      header: 'Node',
      width: 'minmax(80px, 1fr)',
      sortKey: 'node',
      render: ({ guest }) => <span className="truncate">{guest.node}</span>,
    },
    {
      id: 'cpu',
      header: 'CPU',
      width: '92px',
      sortKey: 'cpu',
      render: ({ guest }) => (
        <Part
          percent={guest.status === 'running' ? partPercent(guest.cpu) : null}
          of={guest.cpuCount}
          label={`CPU of ${guest.name ?? guest.vmid}`}
        />
      ),
    },
    {
      id: 'memory',
      header: 'Memory',
      width: '124px',
      sortKey: 'memory',
      render: ({ guest }) =>
        guest.status === 'running' && guest.memoryBytes !== null && guest.memoryTotalBytes !== null ? (
          <div style={{ width: '100%' }}>
            <Text size="xs" className="numeric">
              {formatBytes(guest.memoryBytes)} of {formatBytes(guest.memoryTotalBytes)}
            </Text>
            <FillBar
              percent={usedPercent(guest.memoryBytes, guest.memoryTotalBytes)}
              label={`Memory of ${guest.name ?? guest.vmid}`}
              warnAt={90}
            />
          </div>
        ) : (
          <Text size="xs" c="dimmed" className="numeric">
            {guest.memoryTotalBytes === null ? '–' : formatBytes(guest.memoryTotalBytes)}
          </Text>
        ),
    },
    {
      id: 'uptime',
      header: 'Up',
      width: '84px',
      sortKey: 'uptime',
      render: ({ guest }) => (
        <Text size="sm" className="numeric">
          {uptimeWords(guest.uptimeSeconds)}
        </Text>
      ),
    },
    {
      id: 'actions',
      header: '',
      width: '40px',
      align: 'right',
      render: ({ cluster: { id }, guest }) => (
        <OfferMenu
          hostId={id}
          subject={{ kind: 'guest', vmid: guest.vmid }}
          label={`Actions for ${guest.name ?? guest.vmid}`}
        />
      ),
    },
  ];
}

/** Guests of one cluster or of all, sortable, as many as there are. */
export function GuestsTable({
  rows,
  withCluster,
  selectedKey,
}: {
  rows: readonly GuestRow[];
  withCluster: boolean;
  selectedKey: string | null;
}) {
  const [sort, setSort] = useState<{ key: GuestSort; descending: boolean }>({
    key: 'vmid',
    descending: false,
  });
  const ticked = useClustersStore((state) => state.ticked);
  const sorted = useMemo(() => sortGuests(rows, sort.key, sort.descending), [rows, sort]);
  return (
    <VirtualTable
      label="Guests"
      columns={columnsOf(withCluster, ticked)}
      rowCount={sorted.length}
      rowAt={(index) => sorted[index]}
      rowKey={(row) => row.key}
      rowHeight={52}
      sort={sort}
      onSort={(key, descending) => setSort({ key, descending })}
      onOpen={({ cluster, guest }) => openGuest(cluster.id, guest)}
      selectedKey={selectedKey}
    />
  );
}
