import { Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { Age } from '../../components/Age';
import { HealthMark } from '../../components/HealthMark';
import { HostCell } from '../../components/HostParts';
import { OfferMenu } from '../../components/OfferMenu';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes } from '../../format/bytes-format';
import type { ThingRow } from './sandbox-rows';

const columns: readonly Column<ThingRow>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(130px, 1.4fr)',
    render: ({ name, health }) => (
      <span style={{ display: 'flex', gap: 8, alignItems: 'center', minWidth: 0 }}>
        {health !== null && <HealthMark health={health} />}
        <span className="mono truncate" title={name}>
          {name}
        </span>
      </span>
    ),
  },
  {
    id: 'host',
    header: 'Host',
    width: '150px',
    render: ({ host }) => <HostCell host={host} />,
  },
  { id: 'driver', header: 'Kind', width: '120px', render: ({ driver }) => driver },
  { id: 'state', header: 'State', width: '110px', render: ({ state }) => state ?? '–' },
  {
    id: 'size',
    header: 'Size',
    width: '90px',
    align: 'right',
    render: ({ sizeBytes }) => <span className="numeric">{formatBytes(sizeBytes)}</span>,
  },
  {
    id: 'actual',
    header: 'On disk',
    width: '90px',
    align: 'right',
    render: ({ actualBytes }) => <span className="numeric">{formatBytes(actualBytes)}</span>,
  },
  {
    id: 'facts',
    header: 'Details',
    width: 'minmax(120px, 2fr)',
    render: ({ facts, problems }) => {
      const text = [
        ...problems.map((problem) => problem.text),
        ...facts.map(({ label, text: told }) => `${label}: ${told}`),
      ].join(' · ');
      return (
        <Text span size="sm" c="dimmed" title={text}>
          {text}
        </Text>
      );
    },
  },
  {
    id: 'created',
    header: 'Created',
    width: '92px',
    render: ({ createdAtMs }) => <Age atMs={createdAtMs} />,
  },
  {
    id: 'menu',
    header: '',
    width: '40px',
    align: 'right',
    render: ({ host, name, subject }) =>
      subject === null ? null : (
        <OfferMenu hostId={host.id} subject={subject} label={`Actions for ${name} of ${host.name}`} />
      ),
  },
];

/** Sandboxes, their snapshots, or images. Columns that none of them fills are left out. */
export function ThingsTable({
  rows,
  label,
  withHost,
}: {
  rows: readonly ThingRow[];
  label: string;
  withHost: boolean;
}) {
  const shown = useMemo(() => {
    const empty: Record<string, boolean> = {
      host: !withHost,
      state: rows.every(({ state }) => state === null),
      size: rows.every(({ sizeBytes }) => sizeBytes === null),
      actual: rows.every(({ actualBytes }) => actualBytes === null),
      menu: rows.every(({ subject }) => subject === null),
    };
    return columns.filter(({ id }) => empty[id] !== true);
  }, [rows, withHost]);
  const rowAt = useCallback((index: number) => rows[index], [rows]);
  return (
    <VirtualTable<ThingRow>
      label={label}
      columns={shown}
      rowCount={rows.length}
      rowAt={rowAt}
      rowKey={(row) => row.key}
    />
  );
}
