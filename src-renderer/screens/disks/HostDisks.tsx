import { Group, Text, Title } from '@mantine/core';
import { IconDisc } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { plural } from '../../format/bytes-format';
import { DiskDrawer } from './DiskDrawer';
import { byUrgency, rowsOf, silences } from './disk-rows';
import { DisksTable } from './DisksTable';

const rowHeight = 42;
const mostRows = 9;

/** The disks of one host, on its page. */
export function HostDisks({ host, inventory }: { host: Host; inventory: HostInventory }) {
  const [openKey, setOpenKey] = useState<string | null>(null);
  const rows = useMemo(() => byUrgency(rowsOf(host, inventory)), [host, inventory]);
  const { disks, disksError } = inventory;
  const free = rows.filter(({ disk }) => disk.ineligible.length === 0).length;
  return (
    <section aria-label="Disks">
      <Group mb={10} gap="xs">
        <Title order={2}>Disks</Title>
        {disks !== null && (
          <Text size="sm" c="dimmed">
            {plural(disks.length, 'disk')}, {free} free
          </Text>
        )}
      </Group>
      {disksError !== null && <ErrorNotice error={disksError} />}
      {disks === null && disksError === null && (
        <Text size="sm" c="dimmed">
          The disks were not read yet. Refresh the host.
        </Text>
      )}
      {disks?.length === 0 && (
        <div className="panel">
          <EmptyState icon={<IconDisc size={24} />} title="No disks">
            lsblk lists no disk here; a container usually sees none.
          </EmptyState>
        </div>
      )}
      {rows.length > 0 && (
        <div style={{ display: 'flex', height: (Math.min(rows.length, mostRows) + 1) * rowHeight }}>
          <DisksTable
            rows={rows}
            label={`Disks of ${host.name}`}
            withHost={false}
            onOpen={(row) => setOpenKey(row.key)}
            selectedKey={openKey}
          />
        </div>
      )}
      {silences(rows).map(({ key, reason, paths }) => (
        <Text key={key} size="xs" c="dimmed" mt={6}>
          {paths.length > 3 ? plural(paths.length, 'disk') : paths.join(', ')}: {reason}
        </Text>
      ))}
      <DiskDrawer row={rows.find(({ key }) => key === openKey) ?? null} onClose={() => setOpenKey(null)} />
    </section>
  );
}
