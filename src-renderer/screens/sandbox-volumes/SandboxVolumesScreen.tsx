import {
  Alert,
  Button,
  Center,
  Group,
  Loader,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconBox, IconInfoCircle, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { CutOffTransfers } from '../../components/CutOffTransfers';
import { EmptyState } from '../../components/EmptyState';
import { HostFilter } from '../../components/HostParts';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { refreshFleet, useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { DriverList } from './DriverList';
import { SandboxDrawer } from './SandboxDrawer';
import { SandboxSelection } from './SandboxSelection';
import {
  byTrouble,
  driverRows,
  imageRows,
  isSeenBy,
  sandboxRows,
  snapshotRows,
  teamsOf,
  thingMatches,
  volumeMatches,
  volumeRows,
} from './sandbox-rows';
import { ThingsTable } from './ThingsTable';
import { changeExcuse } from './use-change-excuse';
import { VolumeFilesDrawer } from './VolumeFilesDrawer';
import { VolumesTable } from './VolumesTable';

const views = ['Volumes', 'Sandboxes', 'Snapshots', 'Images'] as const;
type View = (typeof views)[number];
const isView = (value: string): value is View => views.some((view) => view === value);

/** Volumes of sandboxes of both kinds, over all hosts or on one. */
export function SandboxVolumesScreen() {
  const hosts = useFleetStore((state) => state.hosts);
  const fleetStatus = useFleetStore((state) => state.status);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const refreshing = useFleetStore((state) => state.refreshing);
  const byHost = useInventoryStore((state) => state.byHost);
  const [hostId, setHostId] = useState('');
  const [search, setSearch] = useState('');
  const [view, setView] = useState<View>('Volumes');
  const [team, setTeam] = useState('');
  const [openKey, setOpenKey] = useState<string | null>(null);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const hostIds = hosts.map(({ host }) => host.id).join(' ');
  useEffect(() => {
    hostIds.split(' ').forEach((id) => id !== '' && void loadInventory(id));
  }, [hostIds]);
  const tick = useCallback((key: string, chosen: boolean) => {
    setTicked((before) => {
      const next = new Set(before);
      if (chosen) next.add(key);
      else next.delete(key);
      return next;
    });
  }, []);

  const shown = useMemo(
    () => hosts.filter(({ host }) => hostId === '' || host.id === hostId),
    [hosts, hostId],
  );
  const read = useMemo(
    () => shown.map(({ host }) => ({ host, inventory: byHost[host.id]?.inventory ?? null })),
    [shown, byHost],
  );
  const drivers = read.flatMap(({ host, inventory }) => driverRows(host, inventory));
  // Of all hosts: only where there is something, or something is wrong. Of one: also what is missing, and how to get it.
  const listed = drivers.filter(({ status }) => hostId !== '' || status.available);
  const volumes = useMemo(
    () => byTrouble(read.flatMap(({ host, inventory }) => volumeRows(host, inventory))),
    [read],
  );
  const words = search.trim();
  const rows = useMemo(() => volumes.filter((row) => volumeMatches(row, words)), [volumes, words]);
  const all = useMemo(
    () =>
      read.flatMap(({ host, inventory }) =>
        view === 'Sandboxes'
          ? sandboxRows(host, inventory)
          : view === 'Snapshots'
            ? snapshotRows(host, inventory)
            : imageRows(host, inventory),
      ),
    [read, view],
  );
  const teams = useMemo(() => (view === 'Images' ? teamsOf(all) : []), [all, view]);
  const asTeam = teams.includes(team) ? team : '';
  const things = useMemo(
    () => all.filter((row) => (asTeam === '' || isSeenBy(row, asTeam)) && thingMatches(row, words)),
    [all, asTeam, words],
  );
  const loading =
    fleetStatus === 'loading' ||
    shown.some(({ host }) => (byHost[host.id]?.status ?? 'loading') === 'loading');
  const troubled = volumes.filter(({ volume }) => volume.problems.length > 0).length;
  const count = view === 'Volumes' ? rows.length : things.length;
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Sandbox volumes"
        actions={
          <>
            <TextInput
              w={220}
              placeholder="Name, sandbox, label, path"
              aria-label="Search sandbox volumes"
              leftSection={<IconSearch size={15} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <HostFilter width={170} value={hostId} onChange={setHostId} />
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing}
              onClick={() => void refreshFleet()}
            >
              Refresh all
            </Button>
          </>
        }
      >
        {plural(volumes.length, 'volume')} on{' '}
        {plural(new Set(volumes.map(({ host }) => host.id)).size, 'host')}
        {troubled > 0 && ` · ${troubled} with problems`}
      </PageHeader>
      <Notes shown={shown} byHost={byHost} />
      <CutOffTransfers
        of={(transfer) => hostId === '' || transfer.hostId === hostId}
        excuseOf={(id) => changeExcuse(hosts.find(({ host }) => host.id === id)?.host, readOnly)}
      />
      <DriverList rows={listed} />
      <Group>
        <SegmentedControl
          size="xs"
          aria-label="What is listed"
          data={[...views]}
          value={view}
          onChange={(value) => isView(value) && setView(value)}
        />
        {teams.length > 0 && (
          <Select
            size="xs"
            w={330}
            aria-label="Seen by"
            value={asTeam}
            data={[
              { value: '', label: 'As the admin: of all teams' },
              ...teams.map((each) => ({ value: each, label: `As team ${each}` })),
            ]}
            onChange={(value) => setTeam(value ?? '')}
          />
        )}
      </Group>
      <SandboxSelection
        rows={volumes.filter(({ key }) => ticked.has(key))}
        onClear={() => setTicked(new Set())}
      />
      {count > 0 ? (
        view === 'Volumes' ? (
          <VolumesTable
            rows={rows}
            withHost={hostId === ''}
            ticked={ticked}
            onTick={tick}
            onOpen={(row) => setOpenKey(row.key)}
            selectedKey={openKey}
          />
        ) : (
          <ThingsTable rows={things} label={view} withHost={hostId === ''} />
        )
      ) : loading ? (
        <Center h={200}>
          <Loader aria-label="Loading the sandbox volumes" />
        </Center>
      ) : (
        <div className="panel">
          <Nothing view={view} search={words} anywhere={drivers.some(({ status }) => status.available)} />
        </div>
      )}
      <SandboxDrawer
        row={volumes.find(({ key }) => key === openKey) ?? null}
        onClose={() => setOpenKey(null)}
      />
      <VolumeFilesDrawer />
    </div>
  );
}

function Nothing({ view, search, anywhere }: { view: View; search: string; anywhere: boolean }) {
  if (search !== '') {
    return (
      <EmptyState icon={<IconSearch size={24} />} title="Nothing matches">
        Nothing here has “{search}” in its name, host, state, label or path.
      </EmptyState>
    );
  }
  if (!anywhere) {
    return (
      <EmptyState icon={<IconBox size={24} />} title="No sandbox volumes are known">
        They come from microsandbox (its msb in /usr/local/bin of the host) or from device-mapper (package
        dmsetup, kernel module dm_snapshot). Choose a host above to see what it lacks.
      </EmptyState>
    );
  }
  const texts: Record<View, string> = {
    Volumes: 'None was made yet. “New” above makes one, with its commands shown first.',
    Sandboxes:
      'None is recorded on these hosts. “New” above makes one of an image that its host has; volumes are mounted as it is made.',
    Snapshots: 'A snapshot is taken of a sandbox, from its menu in the list of sandboxes.',
    Images:
      'msb keeps no image and there is no base image for device-mapper volumes. An image is loaded from an archive among the snapshots; Holdfast downloads none.',
  };
  return (
    <EmptyState icon={<IconBox size={24} />} title={`No ${view.toLowerCase()}`}>
      {texts[view]}
    </EmptyState>
  );
}

type Shown = ReturnType<typeof useFleetStore.getState>['hosts'];
type ByHost = ReturnType<typeof useInventoryStore.getState>['byHost'];

/** What the lists can't show: hosts that were not read, are offline, or could not tell. */
function Notes({ shown, byHost }: { shown: Shown; byHost: ByHost }) {
  const notes = shown.flatMap(({ host, state }) => {
    const entry = byHost[host.id];
    const inventory = entry?.inventory ?? null;
    const error = entry?.error ?? inventory?.sandboxError ?? null;
    if (error !== null) return [{ host, text: [error.message, error.remedy ?? ''].join(' ').trim() }];
    if (entry?.status !== 'ready') return [];
    if (inventory === null) return [{ host, text: 'never read. Connect it to see its sandbox volumes.' }];
    if ((inventory.sandbox ?? null) === null) {
      return [{ host, text: 'its sandbox volumes were not read yet. Refresh it.' }];
    }
    const had = inventory.sandbox?.drivers.some(({ available }) => available) === true;
    return state.status !== 'online' && had ? [{ host, text: 'not connected: as last seen.' }] : [];
  });
  if (notes.length === 0) return null;
  return (
    <Alert color="gray" variant="light" icon={<IconInfoCircle size={18} />} role="status" py={8}>
      <Stack gap={2}>
        {notes.map(({ host, text }) => (
          <Group key={host.id} gap={8} wrap="nowrap" align="baseline">
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
