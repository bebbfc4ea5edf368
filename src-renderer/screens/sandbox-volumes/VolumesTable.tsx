import { Checkbox, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { Age } from '../../components/Age';
import { FillBar } from '../../components/CapacityBar';
import { HealthMark } from '../../components/HealthMark';
import { HostCell } from '../../components/HostParts';
import { OfferMenu } from '../../components/OfferMenu';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatPercent } from '../../format/bytes-format';
import { driverWords, kindOf, type VolumeRow } from './sandbox-rows';

function UsedBy({ volume }: VolumeRow) {
  if (volume.usedBy === null)
    return (
      <Text span size="sm" c="dimmed">
        not known
      </Text>
    );
  const active = volume.usedBy.filter((use) => use.active);
  const others = volume.usedBy.length - active.length;
  if (volume.usedBy.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        nothing
      </Text>
    );
  const names = volume.usedBy.map(({ sandbox, state }) => `${sandbox} (${state})`).join(', ');
  return (
    <span title={names}>
      {active.length > 0 ? active.map(({ sandbox }) => sandbox).join(', ') : null}
      {others > 0 && (
        <Text span size="sm" c="dimmed">
          {active.length > 0 ? ', ' : ''}
          {others === 1 && active.length === 0
            ? `${volume.usedBy[0]?.sandbox ?? ''} (${volume.usedBy[0]?.state ?? ''})`
            : `${others} stopped`}
        </Text>
      )}
    </span>
  );
}

const columns: readonly Column<VolumeRow>[] = [
  {
    id: 'name',
    header: 'Volume',
    width: 'minmax(116px, 2.4fr)',
    render: ({ volume }) => (
      <span style={{ display: 'flex', gap: 8, alignItems: 'center', minWidth: 0 }}>
        <HealthMark health={volume.health} />
        <span className="mono truncate" title={volume.name}>
          {volume.name}
        </span>
      </span>
    ),
  },
  {
    id: 'host',
    header: 'Host',
    width: '144px',
    render: ({ host }) => <HostCell host={host} />,
  },
  {
    id: 'kind',
    header: 'Kind',
    width: '108px',
    render: ({ volume }) => (
      <span title={`${driverWords[volume.driver]}, ${kindOf(volume)}`}>{kindOf(volume)}</span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: '92px',
    render: ({ volume }) => (
      <span style={{ color: volume.health === 'ok' ? undefined : `var(--hf-${volume.health})` }}>
        {volume.state}
      </span>
    ),
  },
  {
    id: 'actual',
    header: <span title="What it takes on the host’s disk">On disk</span>,
    width: '74px',
    align: 'right',
    render: ({ volume }) => <span className="numeric">{formatBytes(volume.actualSizeBytes)}</span>,
  },
  {
    id: 'limit',
    header: <span title="Capacity of a disk, quota of a directory">Limit</span>,
    width: '72px',
    align: 'right',
    render: ({ volume }) => (
      <span className="numeric">{formatBytes(volume.capacityBytes ?? volume.quotaBytes)}</span>
    ),
  },
  {
    id: 'full',
    header: 'Full',
    width: '80px',
    render: ({ volume }) =>
      volume.percentFull === null ? (
        <Text span size="sm" c="dimmed">
          –
        </Text>
      ) : (
        <span style={{ display: 'grid', gridTemplateColumns: '1fr 38px', gap: 8, alignItems: 'center' }}>
          <FillBar percent={volume.percentFull} label={`Fill of ${volume.name}`} />
          <span className="numeric">{formatPercent(volume.percentFull)}</span>
        </span>
      ),
  },
  {
    id: 'used',
    header: 'Used by',
    width: 'minmax(74px, 1fr)',
    render: (row) => <UsedBy {...row} />,
  },
  {
    id: 'created',
    header: 'Created',
    width: '84px',
    render: ({ volume }) => <Age atMs={volume.createdAtMs} />,
  },
  {
    id: 'menu',
    header: '',
    width: '40px',
    align: 'right',
    render: ({ host, volume }) => (
      <OfferMenu
        hostId={host.id}
        subject={{ kind: 'sandbox-volume', volumeId: volume.id }}
        label={`Actions for ${volume.name} of ${host.name}`}
      />
    ),
  },
];

/** Sandbox volumes of one or many hosts, in the order given. */
export function VolumesTable({
  rows,
  withHost,
  ticked,
  onTick,
  onOpen,
  selectedKey,
}: {
  rows: readonly VolumeRow[];
  withHost: boolean;
  ticked: ReadonlySet<string>;
  onTick: (key: string, chosen: boolean) => void;
  onOpen: (row: VolumeRow) => void;
  selectedKey: string | null;
}) {
  const shown = useMemo<readonly Column<VolumeRow>[]>(
    () => [
      {
        id: 'tick',
        header: '',
        width: '30px',
        render: ({ key, host, volume }) => (
          <Checkbox
            size="xs"
            aria-label={`Select ${volume.name} of ${host.name}`}
            checked={ticked.has(key)}
            onClick={(event) => event.stopPropagation()}
            onChange={(event) => onTick(key, event.currentTarget.checked)}
          />
        ),
      },
      ...columns.filter(({ id }) => withHost || id !== 'host'),
    ],
    [withHost, ticked, onTick],
  );
  const rowAt = useCallback((index: number) => rows[index], [rows]);
  return (
    <VirtualTable<VolumeRow>
      label="Sandbox volumes"
      columns={shown}
      rowCount={rows.length}
      rowAt={rowAt}
      rowKey={(row) => row.key}
      onOpen={onOpen}
      selectedKey={selectedKey}
    />
  );
}
