import { Alert, Button, Center, Group, Loader, Stack, Text, TextInput } from '@mantine/core';
import { IconDisc, IconInfoCircle, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import type { Host } from '../../../src-preload/contract/hosts';
import { EmptyState } from '../../components/EmptyState';
import { HostFilter } from '../../components/HostParts';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { refreshFleet, useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { DiskDrawer } from './DiskDrawer';
import { byUrgency, matches, rowsOf, silences, type DiskRow } from './disk-rows';
import { DisksTable } from './DisksTable';

/** Every disk of every host in one table, failing first. */
export function DisksScreen() {
  const hosts = useFleetStore((state) => state.hosts);
  const fleetStatus = useFleetStore((state) => state.status);
  const refreshing = useFleetStore((state) => state.refreshing);
  const byHost = useInventoryStore((state) => state.byHost);
  const [hostId, setHostId] = useState('');
  const [search, setSearch] = useState('');
  const [openKey, setOpenKey] = useState<string | null>(null);
  const hostIds = hosts.map(({ host }) => host.id).join(' ');
  useEffect(() => {
    hostIds.split(' ').forEach((id) => id !== '' && void loadInventory(id));
  }, [hostIds]);

  const shown = useMemo(
    () => hosts.filter(({ host }) => hostId === '' || host.id === hostId),
    [hosts, hostId],
  );
  const all = useMemo(
    () => byUrgency(shown.flatMap(({ host }) => rowsOf(host, byHost[host.id]?.inventory ?? null))),
    [shown, byHost],
  );
  const rows = useMemo(() => all.filter((row) => matches(row, search.trim())), [all, search]);
  const open = all.find(({ key }) => key === openKey) ?? null;
  const failing = all.filter(({ disk }) => disk.health === 'critical').length;
  const worrying = all.filter(({ disk }) => disk.health === 'warning').length;
  const loading =
    fleetStatus === 'loading' ||
    shown.some(({ host }) => (byHost[host.id]?.status ?? 'loading') === 'loading');
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Disks"
        actions={
          <>
            <TextInput
              w={230}
              placeholder="Model, serial, pool, path"
              aria-label="Search disks"
              leftSection={<IconSearch size={15} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <HostFilter width={180} value={hostId} onChange={setHostId} />
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing}
              onClick={() => void refreshFleet({ smart: true })}
            >
              Refresh all
            </Button>
          </>
        }
      >
        {plural(all.length, 'disk')} on {plural(new Set(all.map(({ host }) => host.id)).size, 'host')}
        {failing > 0 && ` · ${failing} failing`}
        {worrying > 0 && ` · ${worrying} with warnings`}
      </PageHeader>
      <Notes shown={shown} byHost={byHost} rows={all} />
      {all.length === 0 ? (
        loading ? (
          <Center h={240}>
            <Loader aria-label="Loading the disks" />
          </Center>
        ) : (
          <div className="panel">
            <EmptyState icon={<IconDisc size={24} />} title="No disks known yet">
              Disks appear here once a host has been read: what they are, what uses them, and what SMART says
              of their health.
            </EmptyState>
          </div>
        )
      ) : rows.length === 0 ? (
        <div className="panel">
          <EmptyState icon={<IconSearch size={24} />} title="Nothing matches">
            No disk has “{search.trim()}” in its path, model, serial or use.
          </EmptyState>
        </div>
      ) : (
        <DisksTable
          rows={rows}
          label="Disks"
          withHost
          onOpen={(row) => setOpenKey(row.key)}
          selectedKey={openKey}
        />
      )}
      <DiskDrawer row={open} onClose={() => setOpenKey(null)} />
    </div>
  );
}

type Shown = ReturnType<typeof useFleetStore.getState>['hosts'];
type ByHost = ReturnType<typeof useInventoryStore.getState>['byHost'];

/** What the table can't show: hosts that were not read, are offline, or whose disks tell no health. */
function Notes({ shown, byHost, rows }: { shown: Shown; byHost: ByHost; rows: readonly DiskRow[] }) {
  const notes: { key: string; host: Host; text: string }[] = [];
  for (const { host, state } of shown) {
    const entry = byHost[host.id];
    const inventory = entry?.inventory ?? null;
    if (entry?.error !== null && entry?.error !== undefined) {
      notes.push({ key: `${host.id} failed`, host, text: entry.error.message });
    } else if (entry?.status === 'ready' && inventory === null) {
      notes.push({ key: `${host.id} never`, host, text: 'never read. Connect it to see its disks.' });
    } else if (inventory !== null && state.status !== 'online') {
      notes.push({ key: `${host.id} offline`, host, text: 'not connected: its disks as last seen.' });
    }
    if (inventory !== null && inventory.disks === null) {
      const why =
        inventory.disksError === null
          ? 'its disks were not read yet. Refresh it.'
          : [inventory.disksError.message, inventory.disksError.remedy]
              .filter((part) => part !== undefined)
              .join(' ');
      notes.push({ key: `${host.id} disks`, host, text: why });
    }
  }
  for (const { key, host, reason, paths } of silences(rows)) {
    const which = paths.length > 3 ? plural(paths.length, 'disk') : paths.join(', ');
    notes.push({ key, host, text: `${which}: ${reason}` });
  }
  if (notes.length === 0) return null;
  return (
    <Alert color="gray" variant="light" icon={<IconInfoCircle size={18} />} role="status" py={8}>
      <Stack gap={2}>
        {notes.map(({ key, host, text }) => (
          <Group key={key} gap={8} wrap="nowrap" align="baseline">
            <Text size="sm" fw={600} style={{ flex: 'none' }}>
              {host.name}
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {text}
            </Text>
          </Group>
        ))}
      </Stack>
    </Alert>
  );
}
