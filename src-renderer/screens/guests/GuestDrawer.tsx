import { Badge, Button, Drawer, Group, Loader, Menu, Stack, Table, Tabs, Text } from '@mantine/core';
import {
  IconCamera,
  IconChevronDown,
  IconCpu,
  IconMapPinFilled,
  IconPencil,
  IconRefresh,
} from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { Cluster, Guest, GuestSnapshots } from '../../../src-preload/contract/clusters';
import type { Offer } from '../../../src-preload/contract/operations';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Age } from '../../components/Age';
import { CapacityBar } from '../../components/CapacityBar';
import { Facts, Section } from '../../components/DetailParts';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferMenu } from '../../components/OfferMenu';
import { useRead } from '../../components/use-read';
import { formatBytes, formatPercent } from '../../format/bytes-format';
import {
  guestStatusColours,
  guestStatusWords,
  guestTypeWords,
  partPercent,
  uptimeWords,
} from '../../format/guest-format';
import { formatMoment } from '../../format/time-format';
import { closeGuest, useCluster, useClustersStore, useTakenAt } from '../../stores/clusters-store';
import { useConsoleStore } from '../../stores/console-store';
import { loadOffers, startOffer } from '../../stores/offers-store';
import { Charts } from '../clusters/Charts';
import { ObjectHistory } from '../history/ObjectHistory';
import { FirewallView } from '../clusters/FirewallView';
import { GuestConsole } from './GuestConsole';
import { GuestInsideView } from './GuestInsideView';
import { treeLines } from './snapshot-tree';

/** One guest: what it is, how busy, and its snapshots as a tree. */
export function GuestDrawer() {
  const open = useClustersStore((state) => state.open);
  const entry = useCluster(open?.clusterId);
  const guest = useClustersStore((state) =>
    open === null
      ? undefined
      : state.inventories[open.clusterId]?.guests.find(({ vmid }) => vmid === open.vmid),
  );
  const shown = open !== null && entry !== undefined && guest !== undefined;
  return (
    <Drawer
      opened={shown}
      onClose={closeGuest}
      position="right"
      size={760}
      title={shown ? <GuestTitle cluster={entry.cluster} guest={guest} /> : ''}
    >
      {shown && <GuestTabs key={`${entry.cluster.id}/${guest.vmid}`} cluster={entry.cluster} guest={guest} />}
    </Drawer>
  );
}

function GuestTabs({ cluster, guest }: { cluster: Cluster; guest: Guest }) {
  const [tab, setTab] = useState<string | null>('overview');
  const session = useConsoleStore((state) => state.session);
  const mine = session?.clusterId === cluster.id && session.vmid === guest.vmid ? session : null;
  const sessionId = mine?.sessionId ?? null;
  const [known, setKnown] = useState<string | null>(null);
  // What was just opened is what a person wants to see.
  if (sessionId !== known) {
    setKnown(sessionId);
    if (sessionId !== null) setTab('console');
  }
  // `display-none`: what is only hidden must go on, for a console that is taken away is ended.
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false} keepMountedMode="display-none">
      <Tabs.List>
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="inside" disabled={guest.status === 'unknown'}>
          Inside
        </Tabs.Tab>
        <Tabs.Tab value="console" disabled={guest.status === 'unknown' || guest.template}>
          Console
        </Tabs.Tab>
        <Tabs.Tab value="charts" disabled={guest.status === 'unknown'}>
          Charts
        </Tabs.Tab>
        <Tabs.Tab value="firewall" disabled={guest.status === 'unknown'}>
          Firewall
        </Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview" pt="md">
        <GuestDetail cluster={cluster} guest={guest} />
      </Tabs.Panel>
      <Tabs.Panel value="inside" pt="md">
        <GuestInsideView clusterId={cluster.id} vmid={guest.vmid} />
      </Tabs.Panel>
      <Tabs.Panel value="console" pt="md" keepMounted>
        {(tab === 'console' || mine !== null) && (
          <GuestConsole cluster={cluster} guest={guest} session={mine} visible={tab === 'console'} />
        )}
      </Tabs.Panel>
      <Tabs.Panel value="charts" pt="md">
        <Charts clusterId={cluster.id} subject={{ kind: 'guest', vmid: guest.vmid }} />
      </Tabs.Panel>
      <Tabs.Panel value="history" pt="md">
        <ObjectHistory
          hostId={cluster.id}
          object={{ kind: 'guest', vmid: guest.vmid }}
          stateful={{ kind: 'guest', vmid: guest.vmid }}
          clusterTasks
        />
      </Tabs.Panel>
      <Tabs.Panel value="firewall" pt="md">
        <FirewallView clusterId={cluster.id} scope={{ level: 'guest', vmid: guest.vmid }} />
      </Tabs.Panel>
    </Tabs>
  );
}

function GuestTitle({ cluster, guest }: { cluster: Cluster; guest: Guest }) {
  return (
    <Group gap="sm" wrap="nowrap">
      <Text fw={600} className="truncate" maw={260} title={guest.name ?? undefined}>
        <span className="numeric">{guest.vmid}</span> {guest.name ?? 'not known'}
      </Text>
      <Badge variant="dot" size="sm" radius="sm" tt="none" color={guestStatusColours[guest.status]}>
        {guest.template ? 'Template' : guestStatusWords[guest.status]}
      </Badge>
      <Text size="sm" c="dimmed" className="truncate">
        on {cluster.name}
      </Text>
      <EnvironmentBadge environment={cluster.environment} />
      <OfferMenu
        hostId={cluster.id}
        subject={{ kind: 'guest', vmid: guest.vmid }}
        label={`Actions for ${guest.name ?? guest.vmid}`}
        size="md"
      />
    </Group>
  );
}

function GuestDetail({ cluster, guest }: { cluster: Cluster; guest: Guest }) {
  const facts: (readonly [string, ReactNode])[] = [
    ['Kind', guest.type === 'qemu' ? 'Virtual machine (QEMU)' : 'Container (LXC)'],
    ['Node', guest.node],
    ['Up', uptimeWords(guest.uptimeSeconds)],
    [
      'CPU',
      guest.cpu === null
        ? 'not known'
        : `${formatPercent(partPercent(guest.cpu))} of ${guest.cpuCount ?? '?'}`,
    ],
    ['Disk', guest.diskTotalBytes === null ? 'not known' : formatBytes(guest.diskTotalBytes)],
    ['Tags', guest.tags.length === 0 ? 'none' : guest.tags.join(', ')],
    ...(guest.pool === null ? [] : [['Resource pool', guest.pool] as const]),
    ...(guest.haState === null ? [] : [['High availability', guest.haState] as const]),
  ];
  return (
    <Stack gap="lg">
      {guest.lock !== null && (
        <Text size="sm" c="var(--hf-warning)">
          Locked ({guest.lock}): something works on it, or died while it did. If no task holds it:{' '}
          <span className="mono">
            {guest.type === 'qemu' ? 'qm' : 'pct'} unlock {guest.vmid}
          </span>{' '}
          on {guest.node}.
        </Text>
      )}
      {guest.status === 'unknown' && (
        <Text size="sm" c="dimmed">
          Node {guest.node} does not answer, so nothing more is known of this {guestTypeWords[guest.type]}.
        </Text>
      )}
      <Section title="Overview">
        <Facts facts={facts} />
        {guest.status === 'running' && guest.memoryBytes !== null && guest.memoryTotalBytes !== null && (
          <div>
            <Text size="sm" c="dimmed" mt={3}>
              Memory
            </Text>
            <CapacityBar
              usedBytes={guest.memoryBytes}
              sizeBytes={guest.memoryTotalBytes}
              label="Memory used"
            />
          </div>
        )}
      </Section>
      {guest.status !== 'unknown' && <Snapshots cluster={cluster} guest={guest} />}
      {guest.status !== 'unknown' && <Configuration cluster={cluster} guest={guest} />}
    </Stack>
  );
}

function Configuration({ cluster, guest }: { cluster: Cluster; guest: Guest }) {
  const { read } = useRead(
    'clusters:guestConfig',
    { clusterId: cluster.id, vmid: guest.vmid },
    useTakenAt(cluster.id),
  );
  const edit = read.status === 'ready' ? read.found.edit : null;
  return (
    <Section
      title="Configuration"
      actions={
        <Group gap={4}>
          <ActionButton
            variant="light"
            size="compact-xs"
            leftSection={<IconPencil size={13} aria-hidden />}
            excuse={edit === null ? 'It is not read yet.' : edit.excuse}
            onClick={() => edit !== null && startOffer(cluster.id, edit)}
          >
            Change…
          </ActionButton>
          <PartsMenu clusterId={cluster.id} offers={read.status === 'ready' ? read.found.more : []} />
        </Group>
      }
    >
      {read.status === 'loading' && <Loader size="sm" aria-label="Reading the configuration" />}
      {read.status === 'failed' && <ErrorNotice error={read.error} />}
      {read.status === 'ready' && (
        <Table fz="xs" verticalSpacing={4} aria-label="Configuration">
          <Table.Tbody>
            {read.found.entries.map((entry) => (
              <Table.Tr key={entry.key}>
                <Table.Td w={130} pl={0} className="mono" style={{ verticalAlign: 'top' }}>
                  {entry.key}
                </Table.Td>
                <Table.Td className="mono" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}>
                  {entry.value ?? ''}
                  {(entry.pending !== null || entry.deleted) && (
                    <Text size="xs" c="var(--hf-warning)" className="mono">
                      {entry.deleted ? 'taken away' : `→ ${entry.pending ?? ''}`} at the next start
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

/** What its configuration holds beside that: cloud-init, network cards, mount points. */
function PartsMenu({ clusterId, offers }: { clusterId: string; offers: readonly Offer[] }) {
  if (offers.length === 0) return null;
  return (
    <ActionMenu position="bottom-end" withinPortal shadow="md">
      <Menu.Target>
        <Button variant="light" size="compact-xs" rightSection={<IconChevronDown size={13} aria-hidden />}>
          Parts
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offers.map((offer) => (
          <Menu.Item
            key={offer.label}
            disabled={offer.excuse !== null}
            onClick={() => startOffer(clusterId, offer)}
          >
            {offer.label}
            {offer.excuse !== null && (
              <Text size="xs" c="dimmed">
                {offer.excuse}
              </Text>
            )}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </ActionMenu>
  );
}

function Snapshots({ cluster, guest }: { cluster: Cluster; guest: Guest }) {
  // Each reading of the cluster may follow a change of ours or of somebody else's.
  const { read, again } = useRead(
    'clusters:guestSnapshots',
    { clusterId: cluster.id, vmid: guest.vmid },
    useTakenAt(cluster.id),
  );
  const take = async () => {
    const answer = await loadOffers(cluster.id, { kind: 'guest', vmid: guest.vmid });
    if (answer.status !== 'ready') return;
    const offer = answer.offers.find(({ action }) => action === 'pve.snapshot.create');
    if (offer !== undefined && offer.excuse === null) startOffer(cluster.id, offer);
  };
  return (
    <Section
      title="Snapshots"
      actions={
        <Group gap={4}>
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<IconRefresh size={13} aria-hidden />}
            onClick={again}
          >
            Read again
          </Button>
          <Button
            variant="light"
            size="compact-xs"
            leftSection={<IconCamera size={13} aria-hidden />}
            disabled={guest.template}
            onClick={() => void take()}
          >
            Take snapshot…
          </Button>
        </Group>
      }
    >
      {read.status === 'loading' && <Loader size="sm" aria-label="Reading the snapshots" />}
      {read.status === 'failed' && <ErrorNotice error={read.error} />}
      {read.status === 'ready' && <Tree cluster={cluster} guest={guest} found={read.found} />}
    </Section>
  );
}

function Tree({ cluster, guest, found }: { cluster: Cluster; guest: Guest; found: GuestSnapshots }) {
  if (found.snapshots.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No snapshots.
      </Text>
    );
  }
  return (
    <ul aria-label="Tree of snapshots" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {treeLines(found).map(({ snapshot, depth }) => (
        <li
          key={snapshot?.name ?? 'now'}
          style={{
            display: 'grid',
            gridTemplateColumns: 'minmax(0, 1fr) auto',
            alignItems: 'center',
            gap: 8,
            padding: '6px 0',
            paddingLeft: depth * 18,
            borderBottom: '1px solid var(--hf-border)',
          }}
        >
          {snapshot === null ? (
            <Group gap={6} wrap="nowrap">
              <IconMapPinFilled size={14} color="var(--mantine-primary-color-filled)" aria-hidden />
              <Text size="sm" fw={600}>
                Now
              </Text>
            </Group>
          ) : (
            <div style={{ minWidth: 0 }}>
              <Group gap={8} wrap="nowrap">
                <Text size="sm" fw={500} className="mono truncate" title={snapshot.name}>
                  {snapshot.name}
                </Text>
                {snapshot.withMemory && (
                  <Badge size="xs" variant="light" radius="sm" tt="none" leftSection={<IconCpu size={11} />}>
                    with memory
                  </Badge>
                )}
                {snapshot.state !== null && (
                  <Badge size="xs" variant="light" color="yellow" radius="sm" tt="none">
                    {snapshot.state}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}>
                {snapshot.createdAtMs === null ? (
                  'time not known'
                ) : (
                  <span title={formatMoment(snapshot.createdAtMs)}>
                    <Age atMs={snapshot.createdAtMs} />
                  </span>
                )}
                {snapshot.description !== '' && ` · ${snapshot.description}`}
              </Text>
            </div>
          )}
          {snapshot !== null && (
            <OfferMenu
              hostId={cluster.id}
              subject={{ kind: 'guest-snapshot', vmid: guest.vmid, snapshot }}
              label={`Actions for snapshot ${snapshot.name}`}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
