import { Group, Text, Title } from '@mantine/core';
import { useEffect, type CSSProperties, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Environment, HostState, Health } from '../../../src-preload/contract/hosts';
import { call } from '../../api';
import { Age } from '../../components/Age';
import { CapacityBar } from '../../components/CapacityBar';
import { EnvironmentBadge, environmentColour } from '../../components/EnvironmentBadge';
import { HealthMark } from '../../components/HealthMark';
import { HostStatus } from '../../components/HostStatus';
import { plural } from '../../format/bytes-format';
import { refreshClusters, useClustersStore } from '../../stores/clusters-store';
import { refreshFleet, useFleetStore } from '../../stores/fleet-store';

/** Milliseconds between readings while nobody is at the keyboard. */
export const kioskPeriodMs = 60_000;

const shownProblems = 12;

/**
 * The fleet for a screen on the wall: it fills the screen, reads by itself and offers nothing to press. Escape leaves.
 */
export function KioskScreen() {
  const { hosts } = useFleetStore();
  const clusters = useClustersStore((state) => state.clusters);
  const [, go] = useLocation();
  useEffect(() => {
    const read = (): void => void Promise.all([refreshFleet(), refreshClusters()]);
    const timer = setInterval(read, kioskPeriodMs);
    const leave = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') go('/');
    };
    void call('app:fullScreen', { on: true });
    read();
    window.addEventListener('keydown', leave);
    return () => {
      clearInterval(timer);
      window.removeEventListener('keydown', leave);
      void call('app:fullScreen', { on: false });
    };
  }, [go]);
  const problems = [
    ...hosts.flatMap(({ host, summary }) =>
      (summary?.problems ?? []).map(({ severity, text }) => ({ severity, text, name: host.name })),
    ),
    ...clusters.flatMap(({ cluster, summary }) =>
      (summary?.problems ?? []).map(({ severity, text }) => ({ severity, text, name: cluster.name })),
    ),
  ].toSorted((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
  return (
    <main aria-label="Fleet on the wall" style={{ height: '100%', overflow: 'auto', padding: 24 }}>
      <Group justify="space-between" mb="lg">
        <Title order={1}>Fleet</Title>
        <Text size="sm" c="dimmed">
          Read every minute. Escape leaves.
        </Text>
      </Group>
      {problems.length > 0 && (
        <section aria-label="Needs attention" className="panel" style={{ padding: 16, marginBottom: 24 }}>
          {problems.slice(0, shownProblems).map(({ severity, text, name }) => (
            <Group key={`${name} ${text}`} gap="sm" wrap="nowrap" align="flex-start" py={4}>
              <HealthMark health={severity} size={20} />
              <Text fw={600} className="truncate" w={180} style={{ flex: 'none' }} title={name}>
                {name}
              </Text>
              <Text style={{ overflowWrap: 'anywhere' }}>{text}</Text>
            </Group>
          ))}
          {problems.length > shownProblems && (
            <Text size="sm" c="dimmed" mt={4}>
              and {plural(problems.length - shownProblems, 'more problem')}
            </Text>
          )}
        </section>
      )}
      <section aria-label="Hosts and clusters" className="card-grid">
        {hosts.map(({ host, state, summary }) => (
          <Tile
            key={host.id}
            {...{ name: host.name, environment: host.environment, state }}
            health={summary?.health ?? 'unknown'}
            takenAtMs={summary?.takenAtMs ?? null}
          >
            {summary !== null && (
              <Measured what="Pools">
                <CapacityBar
                  usedBytes={summary.usedBytes}
                  sizeBytes={summary.sizeBytes}
                  label={`Capacity used on ${host.name}`}
                />
              </Measured>
            )}
          </Tile>
        ))}
        {clusters.map(({ cluster, state, summary }) => (
          <Tile
            key={cluster.id}
            {...{ name: cluster.name, environment: cluster.environment, state }}
            health={summary?.health ?? 'unknown'}
            takenAtMs={summary?.takenAtMs ?? null}
          >
            {summary !== null && (
              <>
                <Measured what="Memory">
                  <CapacityBar
                    usedBytes={summary.memoryBytes}
                    sizeBytes={summary.memoryTotalBytes}
                    label={`Memory used on ${cluster.name}`}
                  />
                </Measured>
                <Text size="sm" className="numeric">
                  {summary.nodesOnline} of {plural(summary.nodeCount, 'node')} · {summary.guestsRunning} of{' '}
                  {plural(summary.guestCount, 'guest')} running
                  {summary.quorate === false && ' · WITHOUT quorum'}
                </Text>
              </>
            )}
          </Tile>
        ))}
      </section>
    </main>
  );
}

/** From across a room two bars look the same: hosts fill their pools, clusters their memory. */
function Measured({ what, children }: { what: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {what}
      </Text>
      {children}
    </div>
  );
}

function Tile({
  name,
  environment,
  state,
  health,
  takenAtMs,
  children,
}: {
  name: string;
  environment: Environment;
  state: HostState;
  health: Health;
  takenAtMs: number | null;
  children: ReactNode;
}) {
  const live = state.status === 'online';
  const style = { '--environment': environmentColour(environment) } as CSSProperties;
  return (
    <article className="panel host-card" style={style} aria-label={name}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap={8} wrap="nowrap" style={{ minWidth: 0 }}>
          <HealthMark health={live ? health : 'unknown'} size={20} />
          <Text fw={600} fz="lg" className="truncate" title={name}>
            {name}
          </Text>
          <EnvironmentBadge environment={environment} />
        </Group>
        <HostStatus state={state} />
      </Group>
      {children}
      <Text size="xs" c="dimmed">
        {takenAtMs === null ? (
          'Never read'
        ) : (
          <>
            {live ? 'Read ' : 'As last seen '}
            <Age atMs={takenAtMs} />
          </>
        )}
      </Text>
    </article>
  );
}
