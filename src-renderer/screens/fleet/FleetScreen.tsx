import { Button, Center, Group, Loader, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconPlus, IconRefresh } from '@tabler/icons-react';
import type { CSSProperties, ReactNode } from 'react';
import { Link } from 'wouter';
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
import { loadFleet, refreshFleet, useFleetStore } from '../../stores/fleet-store';
import { FillsUpFirst } from './FillsUpFirst';
import { Welcome } from '../welcome/Welcome';

/** All hosts at a glance: trouble first, then every host with its capacity and what runs there. */
export function FleetScreen() {
  const { status, hosts, error, refreshing } = useFleetStore();
  if (status === 'loading') {
    return (
      <Center h={300}>
        <Loader aria-label="Reading the host list" />
      </Center>
    );
  }
  if (status === 'ready' && hosts.length === 0) return <Welcome />;
  const problems = hosts.flatMap(({ host, summary }) =>
    (summary?.problems ?? []).map((problem) => ({
      ...problem,
      place: (
        <Text
          size="xs"
          component={Link}
          href={`/hosts/${host.id}`}
          c="var(--mantine-primary-color-light-color)"
          fw={500}
        >
          {host.name}
        </Text>
      ),
    })),
  );
  return (
    <div className="page">
      <PageHeader
        title="Fleet"
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={refreshing}
              onClick={() => void refreshFleet()}
            >
              Refresh all
            </Button>
            <Button leftSection={<IconPlus size={16} />} onClick={() => openHostDialog(null)}>
              Add host
            </Button>
          </>
        }
      >
        {plural(hosts.length, 'storage host')}
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
      <Counters hosts={hosts} />
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
    </div>
  );
}

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

function HostCard({ entry: { host, state, summary } }: { entry: HostOverview }) {
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
}
