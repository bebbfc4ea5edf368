import { Badge, Button, Drawer, Group, Loader, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconEqual, IconSearch } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import type { Difference } from '../../../src-preload/contract/compare';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount, plural } from '../../format/bytes-format';
import { closeCompare, compareWith, useCompareStore } from '../../stores/compare-store';

const now = 'now';

/** What changed since a snapshot: until now, or until a later one. Nothing is changed on the host. */
export function CompareDrawer() {
  const earlier = useCompareStore((state) => state.earlier);
  return (
    <Drawer
      opened={earlier !== null}
      onClose={closeCompare}
      position="right"
      size={820}
      title={earlier === null ? '' : `Changes since ${earlier.name}`}
      styles={{ body: { height: 'calc(100% - 60px)' } }}
    >
      {earlier !== null && <Comparison key={`${earlier.hostId} ${earlier.id}`} earlier={earlier} />}
    </Drawer>
  );
}

function Comparison({ earlier }: { earlier: SnapshotRow }) {
  const { candidates, laterId, status, differences, total, note, error } = useCompareStore();
  const [search, setSearch] = useState('');
  const found = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/);
    return differences.filter(({ path, newPath }) => {
      const text = `${path}\n${newPath ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [differences, search]);
  const rowAt = useCallback((index: number) => found[index], [found]);
  return (
    <Stack gap="sm" h="100%">
      <Text size="sm" c="dimmed">
        <span className="mono">{earlier.volumeName}</span> on {earlier.hostName}, as it was{' '}
        <Age atMs={earlier.createdAtMs} />, compared with
      </Text>
      <Group gap="sm">
        <Select
          w={380}
          aria-label="Compare with"
          searchable
          allowDeselect={false}
          limit={200}
          data={[
            { value: now, label: 'As it is now' },
            ...candidates.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={laterId ?? now}
          onChange={(value) => compareWith(value === null || value === now ? null : value)}
        />
        <TextInput
          style={{ flex: 1 }}
          aria-label="Search changes"
          placeholder="Search by path"
          leftSection={<IconSearch size={15} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Group>
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={() => compareWith(laterId)}>
              Try again
            </Button>
          }
        />
      )}
      {status === 'loading' && (
        <Group gap="sm" role="status">
          <Loader size="sm" />
          <Text size="sm" c="dimmed">
            The host is looking through what changed. On a large volume that takes minutes.
          </Text>
          <Button size="compact-sm" variant="default" onClick={closeCompare}>
            Cancel
          </Button>
        </Group>
      )}
      {status === 'ready' && (
        <Text size="sm" role="status" className="numeric">
          {search === ''
            ? plural(total, 'change')
            : `${formatCount(found.length)} of ${plural(total, 'change')}`}
          {total > differences.length && `; the first ${formatCount(differences.length)} are listed`}
          {note !== null && (
            <Text span size="sm" c="dimmed">
              {' '}
              {note}
            </Text>
          )}
        </Text>
      )}
      {status === 'ready' && total === 0 && (
        <EmptyState icon={<IconEqual size={24} />} title="Nothing changed">
          Between these two moments no file was written.
        </EmptyState>
      )}
      {status === 'ready' && total > 0 && found.length === 0 && (
        <EmptyState icon={<IconSearch size={24} />} title="Nothing matches">
          No changed path has these words. Try fewer.
        </EmptyState>
      )}
      {status === 'ready' && found.length > 0 && (
        <VirtualTable<Difference>
          label="Changes"
          question={`${laterId ?? ''} ${search}`}
          columns={
            differences.some(({ writtenBytes }) => writtenBytes !== null) ? writtenColumns : datedColumns
          }
          rowCount={found.length}
          rowAt={rowAt}
          rowKey={({ change, path }) => `${change} ${path}`}
          rowHeight={36}
        />
      )}
    </Stack>
  );
}

const words: Record<Difference['change'], string> = {
  created: 'New',
  removed: 'Removed',
  modified: 'Changed',
  renamed: 'Renamed',
  written: 'Written',
};
const colours: Record<Difference['change'], string> = {
  created: 'teal',
  removed: 'red',
  modified: 'blue',
  renamed: 'grape',
  written: 'blue',
};

const columns: Column<Difference>[] = [
  {
    id: 'change',
    header: 'Change',
    width: '96px',
    render: ({ change }) => (
      <Badge size="sm" variant="light" color={colours[change]}>
        {words[change]}
      </Badge>
    ),
  },
  {
    id: 'path',
    header: 'Path',
    width: 'minmax(0, 1fr)',
    render: ({ path, newPath, kind }) => {
      const shown = `${path}${kind === 'folder' && path !== '/' ? '/' : ''}`;
      const text = newPath === null ? shown : `${shown} → ${newPath}`;
      return (
        <span className="mono truncate" title={text}>
          {text}
        </span>
      );
    },
  },
];

/** btrfs tells how much, ZFS when. */
const writtenColumns: Column<Difference>[] = [
  ...columns,
  {
    id: 'written',
    header: 'Written',
    width: '90px',
    align: 'right',
    render: ({ writtenBytes }) => <span className="numeric">{formatBytes(writtenBytes)}</span>,
  },
];
const datedColumns: Column<Difference>[] = [
  ...columns,
  {
    id: 'changed',
    header: 'When',
    width: '104px',
    render: ({ changedAtMs }) => <Age atMs={changedAtMs} />,
  },
];
