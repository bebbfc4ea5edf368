import { ActionIcon, Button, Center, Group, Loader, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconDeviceTv, IconPlus, IconRefresh } from '@tabler/icons-react';
import { memo, type CSSProperties, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { ClusterOverview, ClusterSummary } from '../../../src-preload/contract/clusters';
import type { HostOverview } from '../../../src-preload/contract/hosts';
import { Age } from '../../components/Age';
import { CapacityBar } from '../../components/CapacityBar';
import { EnvironmentBadge, environmentColour } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { HostStatus } from '../../components/HostStatus';
import { PageHeader } from '../../components/PageHeader';
import { ProblemList } from '../../components/ProblemList';
import { formatBytes, formatCount, formatPercent, plural, usedPercent } from '../../format/bytes-format';
import { openHostDialog } from '../../stores/dialog-store';
import { openClusterForm, refreshClusters, useClustersStore } from '../../stores/clusters-store';
import { loadFleet, refreshFleet, useFleetStore } from '../../stores/fleet-store';
import { usePoliciesStore } from '../../stores/policies-store';
import { overdueProblems } from '../policies/overdue';
import { FillsUpFirst } from './FillsUpFirst';
import { storageTotals } from './storage-totals';
import { Welcome } from '../welcome/Welcome';

/** All hosts and clusters at a glance: trouble first, then each with its capacity and what runs there. */
export function FleetScreen() {
  const [, go] = useLocation();
  const { status, hosts, error, refreshing } = useFleetStore();
  const { clusters, error: clustersError, refreshing: clustersRefreshing } = useClustersStore();
  const clustersStatus = useClustersStore((state) => state.status);
  const policies = usePoliciesStore((state) => state.policies);
  if (status === 'loading' || clustersStatus === 'loading') {
    return (
      <Center h={300}>
        <Loader aria-label="Reading the host list" />
      </Center>
    );
  }
  if (status === 'ready' && hosts.length === 0 && clusters.length === 0) return <Welcome />;
  const problems = [
    ...hosts.flatMap(({ host, summary }) =>
      [...(summary?.problems ?? []), ...overdueProblems(policies, host.id)].map((problem) => ({
        ...problem,
        place: <Place path={`/hosts/${host.id}`} name={host.name} />,
      })),
    ),
    ...clusters.flatMap(({ cluster, summary }) =>
      (summary?.problems ?? []).map((problem) => ({
        ...problem,
        poolId: null,
        place: <Place path={`/clusters/${cluster.id}`} name={cluster.name} />,
      })),
    ),
  ];
  return (
    <div className="page">
      <PageHeader
        title="Fleet"
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing || clustersRefreshing.size > 0}
              onClick={() => void Promise.all([refreshFleet(), refreshClusters()])}
            >
              Refresh all
            </Button>
            <ActionIcon
              variant="default"
              size={36}
              aria-label="Show on the wall"
              title="Show on the wall: full screen, read every minute, nothing to press"
              onClick={() => go('/kiosk')}
            >
              <IconDeviceTv size={18} aria-hidden />
            </ActionIcon>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} />}
              onClick={() => openClusterForm(null)}
            >
              Add cluster
            </Button>
            <Button leftSection={<IconPlus size={16} />} onClick={() => openHostDialog(null)}>
              Add host
            </Button>
          </>
        }
      >
        {plural(hosts.length, 'storage host')}
        {clusters.length > 0 && `, ${plural(clusters.length, 'Proxmox VE cluster')}`}
      </PageHeader>
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={() => void loadFleet()}>
              Try again
            </Button>
          }
        />
      )}
      {clustersError !== null && <ErrorNotice error={clustersError} />}
      {hosts.length > 0 && <Counters hosts={hosts} />}
      {clusters.length > 0 && <ClusterCounters clusters={clusters} />}
      {problems.length > 0 && (
        <section className="panel" aria-label="Needs attention">
          <Group px={16} pt={12} pb={4} gap="xs">
            <Title order={2}>Needs attention</Title>
            <Text size="sm" c="dimmed" className="numeric">
              {problems.length}
            </Text>
          </Group>
          <ProblemList problems={problems} shown={4} />
        </section>
      )}
      <FillsUpFirst />
      <section aria-label="Hosts" className="card-grid">
        {hosts.map((entry) => (
          <HostCard key={entry.host.id} entry={entry} />
        ))}
      </section>
      {clusters.length > 0 && (
        <section aria-label="Clusters" className="card-grid">
          {clusters.map((entry) => (
            <ClusterCard key={entry.cluster.id} entry={entry} />
          ))}
        </section>
      )}
    </div>
  );
}

function Place({ path, name }: { path: string; name: string }) {
  return (
    <Text size="xs" component={Link} href={path} c="var(--mantine-primary-color-light-color)" fw={500}>
      {name}
    </Text>
  );
}

/** Over all clusters, weighted by processors; those that are away count as they were last seen. */
function ClusterCounters({ clusters }: { clusters: readonly ClusterOverview[] }) {
  const known = clusters.flatMap(({ summary }) => (summary === null ? [] : [summary]));
  const sum = (pick: (summary: ClusterSummary) => number) =>
    known.reduce((total, summary) => total + pick(summary), 0);
  const inventories = useClustersStore((state) => state.inventories);
  const storage = storageTotals(clusters.map(({ cluster }) => inventories[cluster.id]));
  const online = clusters.filter(({ state }) => state.status === 'online').length;
  const threads = sum((summary) => summary.cpuCount);
  const busy = sum((summary) => (summary.cpu ?? 0) * summary.cpuCount);
  const [memory, memoryTotal] = [
    sum((summary) => summary.memoryBytes),
    sum((summary) => summary.memoryTotalBytes),
  ];
  return (
    <SimpleGrid cols={{ base: 2, md: 5 }} spacing="md">
      <Counter
        label="Clusters online"
        value={`${online} / ${clusters.length}`}
        note={`${sum((summary) => summary.nodesOnline)} of ${plural(
          sum((summary) => summary.nodeCount),
          'node',
        )} up`}
      />
      <Counter
        label="Guests running"
        value={`${formatCount(sum((summary) => summary.guestsRunning))} / ${formatCount(sum((summary) => summary.guestCount))}`}
        note="templates left out"
      />
      <Counter
        label="CPU of the nodes"
        value={formatPercent(threads === 0 ? null : (busy / threads) * 100)}
        note={`of ${plural(threads, 'thread')}`}
      />
      <Counter
        label="Memory of the nodes"
        value={formatPercent(usedPercent(memory, memoryTotal))}
        note={memoryTotal === 0 ? 'not known' : `${formatBytes(memory)} of ${formatBytes(memoryTotal)}`}
      />
      <Counter
        label="Storage of clusters"
        value={formatPercent(usedPercent(storage.usedBytes, storage.totalBytes))}
        note={
          storage.totalBytes === 0
            ? 'not known'
            : `${formatBytes(storage.usedBytes)} of ${formatBytes(storage.totalBytes)}`
        }
      />
    </SimpleGrid>
  );
}

const ClusterCard = memo(function ClusterCard({
  entry: { cluster, state, summary },
}: {
  entry: ClusterOverview;
}) {
  const live = state.status === 'online';
  const environment = { '--environment': environmentColour(cluster.environment) } as CSSProperties;
  const [first] = cluster.endpoints;
  return (
    <article className="panel host-card" style={environment}>
      <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap={8} wrap="nowrap">
            <Text
              fw={600}
              c="var(--mantine-color-text)"
              component={Link}
              href={`/clusters/${cluster.id}`}
              className="truncate stretched"
              title={cluster.name}
            >
              {cluster.name}
            </Text>
            <EnvironmentBadge environment={cluster.environment} />
          </Group>
          <Text size="xs" c="dimmed" className="mono truncate">
            {first?.address}:{first?.port}
            {cluster.endpoints.length > 1 && ` and ${cluster.endpoints.length - 1} more`}
          </Text>
        </div>
        <HostStatus state={state} />
      </Group>
      {summary === null ? (
        <Text size="sm" c="dimmed" style={{ flex: 1 }}>
          {state.error?.message ?? 'Never read. Open it to connect.'}
        </Text>
      ) : (
        <>
          <div>
            <Text size="xs" c="dimmed">
              Memory
            </Text>
            <CapacityBar
              usedBytes={summary.memoryBytes}
              sizeBytes={summary.memoryTotalBytes}
              label={`Memory used on ${cluster.name}`}
            />
          </div>
          <Group gap="lg">
            <HealthMark health={live ? summary.health : 'unknown'} label />
            <Text size="xs" c="dimmed" className="numeric">
              {summary.nodesOnline} of {plural(summary.nodeCount, 'node')} · {summary.guestsRunning} of{' '}
              {plural(summary.guestCount, 'guest')} running
            </Text>
          </Group>
          <Text size="xs" c="dimmed" style={{ flex: 1 }}>
            Proxmox VE {summary.version ?? ''}
            {summary.quorate === false && ' · WITHOUT quorum'}
          </Text>
          <Text size="xs" c="dimmed">
            {live ? 'Read ' : 'As last seen '}
            <Age atMs={summary.takenAtMs} />
            {state.unknownOperations > 0 &&
              ` · ${plural(state.unknownOperations, 'operation')} with unknown outcome`}
          </Text>
        </>
      )}
    </article>
  );
});

function Counters({ hosts }: { hosts: readonly HostOverview[] }) {
  const online = hosts.filter(({ state }) => state.status === 'online').length;
  const sum = (pick: (entry: NonNullable<HostOverview['summary']>) => number) =>
    hosts.reduce((total, { summary }) => total + (summary === null ? 0 : pick(summary)), 0);
  const sizeBytes = sum((summary) => summary.sizeBytes);
  const usedBytes = sum((summary) => summary.usedBytes);
  const troubled = sum(
    (summary) => summary.problems.filter((problem) => problem.severity === 'critical').length,
  );
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      <Counter
        label="Hosts online"
        value={`${online} / ${hosts.length}`}
        note={online < hosts.length ? `${hosts.length - online} as last seen` : 'all answering'}
      />
      <Counter
        label="Capacity used"
        value={formatPercent(usedPercent(usedBytes, sizeBytes))}
        note={
          sizeBytes === 0 ? 'no capacity known' : `${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)}`
        }
      />
      <Counter
        label="Pools"
        value={formatCount(sum((summary) => summary.poolCount))}
        note={plural(
          sum((summary) => summary.volumeCount),
          'volume',
        )}
      />
      <Counter
        label="Snapshots"
        value={formatCount(sum((summary) => summary.snapshotCount))}
        note={troubled === 0 ? 'no critical problems' : plural(troubled, 'critical problem')}
      />
    </SimpleGrid>
  );
}

function Counter({ label, value, note }: { label: string; value: ReactNode; note: string }) {
  return (
    <div className="panel" style={{ padding: '12px 16px' }}>
      <Text size="xs" c="dimmed" fw={500}>
        {label}
      </Text>
      <Text fz={22} fw={600} lh={1.3} className="numeric">
        {value}
      </Text>
      <Text size="xs" c="dimmed" className="numeric">
        {note}
      </Text>
    </div>
  );
}

const HostCard = memo(function HostCard({ entry: { host, state, summary } }: { entry: HostOverview }) {
  const live = state.status === 'online';
  const environment = { '--environment': environmentColour(host.environment) } as CSSProperties;
  return (
    <article className="panel host-card" style={environment}>
      <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap={8} wrap="nowrap">
            <Text
              fw={600}
              c="var(--mantine-color-text)"
              component={Link}
              href={`/hosts/${host.id}`}
              className="truncate stretched"
              title={host.name}
            >
              {host.name}
            </Text>
            <EnvironmentBadge environment={host.environment} />
          </Group>
          <Text size="xs" c="dimmed" className="mono truncate">
            {host.user}@{host.address}
            {host.port === 22 ? '' : `:${host.port}`}
          </Text>
        </div>
        <HostStatus state={state} />
      </Group>
      {summary === null ? (
        <Text size="sm" c="dimmed" style={{ flex: 1 }}>
          {state.error?.message ?? 'Never read. Open it to connect.'}
        </Text>
      ) : (
        <>
          <CapacityBar
            usedBytes={summary.usedBytes}
            sizeBytes={summary.sizeBytes}
            label={`Capacity used on ${host.name}`}
          />
          <Group gap="lg">
            <HealthMark health={state.status === 'online' ? summary.health : 'unknown'} label />
            <Text size="xs" c="dimmed" className="numeric">
              {plural(summary.poolCount, 'pool')} · {plural(summary.snapshotCount, 'snapshot')}
            </Text>
          </Group>
          <Stack gap={2} style={{ flex: 1 }}>
            {summary.activities.map((activity) => (
              <Text
                key={activity}
                size="xs"
                className="truncate"
                title={activity}
                c={live ? undefined : 'dimmed'}
              >
                {live ? activity : `Then: ${activity}`}
              </Text>
            ))}
          </Stack>
          <Text size="xs" c="dimmed">
            {state.status === 'online' ? 'Read ' : 'As last seen '}
            <Age atMs={summary.takenAtMs} />
            {state.unknownOperations > 0 &&
              ` · ${plural(state.unknownOperations, 'operation')} with unknown outcome`}
          </Text>
        </>
      )}
    </article>
  );
});
