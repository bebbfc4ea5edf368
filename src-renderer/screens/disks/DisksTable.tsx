import { Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { HealthMark } from '../../components/HealthMark';
import { HostCell } from '../../components/HostParts';
import { OfferMenu } from '../../components/OfferMenu';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { kindOf, selfTestWords, smartWords, usersOf, type DiskRow } from './disk-rows';

function worry(value: number | null): string | undefined {
  return value !== null && value > 0 ? 'var(--hf-warning)' : undefined;
}

function Count({ value }: { value: number | null }) {
  return (
    <span className="numeric" style={{ color: worry(value), fontWeight: worry(value) ? 600 : undefined }}>
      {value ?? '–'}
    </span>
  );
}

const columns: readonly Column<DiskRow>[] = [
  {
    id: 'smart',
    header: 'SMART',
    width: '98px',
    render: ({ disk }) => (
      <span
        style={{ display: 'inline-flex', gap: 7, alignItems: 'center' }}
        title={disk.smart.reason ?? `As read ${formatMoment(disk.smartReadAtMs)}`}
      >
        <HealthMark health={disk.health} />
        {smartWords[disk.smart.status]}
      </span>
    ),
  },
  {
    id: 'host',
    header: 'Host',
    width: '142px',
    render: ({ host }) => <HostCell host={host} />,
  },
  {
    id: 'disk',
    header: 'Disk',
    width: 'minmax(120px, 1.7fr)',
    render: ({ disk }) => (
      <div title={`${disk.model ?? ''} ${disk.serial ?? ''} ${disk.stablePath}`.trim()}>
        <span className="mono">{disk.path.replace('/dev/', '')}</span>
        <Text size="xs" c="dimmed" ff="monospace" className="truncate">
          {[disk.model, disk.serial].filter((word) => word !== null).join(' · ')}
        </Text>
      </div>
    ),
  },
  {
    id: 'size',
    header: 'Size',
    width: '78px',
    align: 'right',
    render: ({ disk }) => <span className="numeric">{formatBytes(disk.sizeBytes)}</span>,
  },
  { id: 'kind', header: 'Kind', width: '72px', render: ({ disk }) => kindOf(disk) },
  {
    id: 'users',
    header: 'Used by',
    width: 'minmax(70px, 1fr)',
    render: ({ disk }) => {
      const users = usersOf(disk).join(', ');
      if (users !== '') return <span title={users}>{users}</span>;
      return (
        <Text span size="sm" c="dimmed">
          {disk.ineligible.length === 0 ? 'free' : 'nothing'}
        </Text>
      );
    },
  },
  {
    id: 'temperature',
    header: '°C',
    width: '40px',
    align: 'right',
    render: ({ disk }) => <span className="numeric">{disk.smart.temperatureCelsius ?? '–'}</span>,
  },
  {
    id: 'wear',
    header: 'Wear',
    width: '46px',
    align: 'right',
    render: ({ disk: { smart } }) => (
      <span
        className="numeric"
        style={{ color: (smart.wearPercent ?? 0) >= 80 ? 'var(--hf-warning)' : undefined }}
      >
        {smart.wearPercent === null ? '–' : `${smart.wearPercent} %`}
      </span>
    ),
  },
  {
    id: 'sectors',
    header: <span title="Reallocated and pending sectors, media errors">Realloc./pend./err.</span>,
    width: '124px',
    align: 'right',
    render: ({ disk: { smart } }) => (
      <span>
        <Count value={smart.reallocatedSectors} /> / <Count value={smart.pendingSectors} /> /{' '}
        <Count value={smart.mediaErrors} />
      </span>
    ),
  },
  {
    id: 'test',
    header: 'Self-test',
    width: 'minmax(70px, 0.7fr)',
    render: ({ disk: { smart } }) => (
      <span
        title={smart.selfTest.text}
        style={{ color: smart.selfTest.state === 'failed' ? 'var(--hf-critical)' : undefined }}
      >
        {selfTestWords(smart)}
      </span>
    ),
  },
  {
    id: 'menu',
    header: '',
    width: '34px',
    align: 'right',
    render: ({ host, disk }) => (
      <OfferMenu
        hostId={host.id}
        subject={{ kind: 'disk', diskId: disk.id }}
        label={`Actions for ${disk.path} of ${host.name}`}
      />
    ),
  },
];

/** Disks of one or many hosts, in the order given. */
export function DisksTable({
  rows,
  label,
  withHost,
  onOpen,
  selectedKey,
}: {
  rows: readonly DiskRow[];
  label: string;
  /** False on a host's own page. */
  withHost: boolean;
  onOpen: (row: DiskRow) => void;
  selectedKey: string | null;
}) {
  const shown = useMemo(() => columns.filter(({ id }) => withHost || id !== 'host'), [withHost]);
  const rowAt = useCallback((index: number) => rows[index], [rows]);
  return (
    <VirtualTable<DiskRow>
      label={label}
      columns={shown}
      rowCount={rows.length}
      rowAt={rowAt}
      rowKey={(row) => row.key}
      onOpen={onOpen}
      selectedKey={selectedKey}
    />
  );
}
