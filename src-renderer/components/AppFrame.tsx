import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Group,
  Kbd,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
} from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconAnchor, IconLock, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import type { Environment, Health, HostState } from '../../src-preload/contract/hosts';
import { call } from '../api';
import { statusWords } from '../format/words-format';
import { places } from '../places';
import { updateSettings, useAppStore } from '../stores/app-store';
import { useChangesStore } from '../stores/changes-store';
import { useCluster, useClustersStore } from '../stores/clusters-store';
import { useFleetStore, useHost } from '../stores/fleet-store';
import { usePoliciesStore } from '../stores/policies-store';
import { environmentColour } from './EnvironmentBadge';
import { HealthMark } from './HealthMark';

/** Navigation, the bar with the wrong-host guard, and the place for a screen. */
export function AppFrame({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const [, params] = useRoute<{ hostId: string }>('/hosts/:hostId');
  const [, clusterParams] = useRoute<{ clusterId: string }>('/clusters/:clusterId');
  const host = useHost(params?.hostId)?.host;
  const cluster = useCluster(clusterParams?.clusterId)?.cluster;
  const current = host ?? cluster;
  const main = useRef<HTMLElement>(null);
  const place = places.find((entry) => entry.path === location)?.label ?? current?.name ?? 'Holdfast';
  const environment = current?.environment;
  useEffect(() => {
    document.title =
      environment === undefined ? `${place} – Holdfast` : `${place} [${environment.label}] – Holdfast`;
  }, [place, environment]);
  return (
    <div className="shell">
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <Navigation location={location} />
      <div className="shell-bar">
        <div
          className="environment-band"
          style={{ background: environment === undefined ? 'transparent' : environmentColour(environment) }}
          title={environment === undefined ? undefined : `Environment: ${environment.label}`}
        />
        <TopBar />
        <Banners />
      </div>
      <main id="main" ref={main} className="shell-main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Navigation({ location }: { location: string }) {
  const hosts = useFleetStore((state) => state.hosts);
  const clusters = useClustersStore((state) => state.clusters);
  const due = usePoliciesStore(({ policies }) => policies.filter(({ state }) => state === 'due').length);
  const pending = useChangesStore(({ changes }) => changes.filter(({ state }) => state === 'pending').length);
  const counts: Record<string, { count: number; words: string }> = {
    '/policies': { count: due, words: `${due} due` },
    '/changes': { count: pending, words: `${pending} pending` },
  };
  return (
    <nav className="shell-nav" aria-label="Main">
      <Group gap={9} px={10} pb={14} pt={2}>
        <IconAnchor size={22} color="var(--mantine-primary-color-filled)" aria-hidden />
        <Text fw={650} size="md" lh={1}>
          Holdfast
        </Text>
      </Group>
      {places.map(({ path, label, icon: Icon }) => {
        const { count, words } = counts[path] ?? { count: 0, words: '' };
        return (
          <Link
            key={path}
            href={path}
            className="nav-link"
            aria-current={location === path ? 'page' : undefined}
            aria-description={count > 0 ? words : undefined}
          >
            <Icon size={17} stroke={1.7} aria-hidden />
            {label}
            {count > 0 && <span className="nav-count numeric" data-count={count} aria-hidden />}
          </Link>
        );
      })}
      <ScrollArea style={{ flex: 1, minHeight: 0 }} type="hover">
        <Targets
          title="Hosts"
          location={location}
          targets={hosts.map(({ host, state, summary }) => ({
            path: `/hosts/${host.id}`,
            name: host.name,
            environment: host.environment,
            status: state.status,
            health: summary?.health ?? 'unknown',
          }))}
        />
        <Targets
          title="Clusters"
          location={location}
          targets={clusters.map(({ cluster, state, summary }) => ({
            path: `/clusters/${cluster.id}`,
            name: cluster.name,
            environment: cluster.environment,
            status: state.status,
            health: summary?.health ?? 'unknown',
          }))}
        />
      </ScrollArea>
    </nav>
  );
}

interface Target {
  path: string;
  name: string;
  environment: Environment;
  status: HostState['status'];
  health: Health;
}

/** Hosts or clusters in the navigation, each with its environment and its health as far as it is known. */
function Targets({
  title,
  targets,
  location,
}: {
  title: string;
  targets: readonly Target[];
  location: string;
}) {
  if (targets.length === 0) return null;
  return (
    <>
      <Text size="xs" c="dimmed" fw={600} px={10} pt={18} pb={6} component="h2">
        {title}
      </Text>
      {targets.map(({ path, name, environment, status, health }) => (
        <Link
          key={path}
          href={path}
          className="nav-link nav-host"
          aria-current={location === path ? 'page' : undefined}
          title={`${name} – ${statusWords[status]} – ${environment.label}`}
        >
          <span
            aria-hidden
            style={{
              width: 4,
              height: 16,
              borderRadius: 2,
              background: environmentColour(environment),
              flex: 'none',
            }}
          />
          <span className="truncate" style={{ flex: 1, opacity: status === 'online' ? 1 : 0.7 }}>
            {name}
          </span>
          <HealthMark health={status === 'online' ? health : 'unknown'} size={13} />
        </Link>
      ))}
    </>
  );
}

function TopBar() {
  const info = useAppStore((state) => state.info);
  const settings = useAppStore((state) => state.settings);
  const scheme = useComputedColorScheme('light');
  const dark = scheme === 'dark';
  return (
    <header className="topbar">
      <UnstyledButton
        onClick={spotlight.open}
        style={{
          display: 'flex',
          alignItems: 'center',
          gap: 8,
          width: 300,
          padding: '5px 10px',
          border: '1px solid var(--hf-border)',
          borderRadius: 7,
          background: 'var(--hf-raised)',
        }}
      >
        <IconSearch size={15} aria-hidden />
        <Text size="xs" c="dimmed" style={{ flex: 1 }}>
          Hosts, guests, pools, screens
        </Text>
        <Kbd size="xs">Ctrl K</Kbd>
      </UnstyledButton>
      <div style={{ flex: 1 }} />
      {info?.evaluationRuntime === true && (
        <Tooltip
          label={`Runs on Electron ${info.electron}, an old runtime for evaluation and tests only. Do not manage real hosts with it.`}
        >
          <Badge color="orange" variant="light" radius="sm" tt="none" tabIndex={0}>
            Evaluation runtime
          </Badge>
        </Tooltip>
      )}
      {info?.demo === true && (
        <>
          <Badge color="violet" variant="light" radius="sm" tt="none">
            Demo fleet
          </Badge>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => void call('app:closeDemo', {})}
          >
            Leave demo
          </Button>
        </>
      )}
      {settings?.readOnly === true && (
        <Badge color="gray" variant="light" radius="sm" tt="none" leftSection={<IconLock size={12} />}>
          Read-only
        </Badge>
      )}
      <Tooltip label={dark ? 'Light theme' : 'Dark theme'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={dark ? 'Switch to light theme' : 'Switch to dark theme'}
          onClick={() => void updateSettings({ colourScheme: dark ? 'light' : 'dark' })}
        >
          {dark ? <IconSun size={17} /> : <IconMoon size={17} />}
        </ActionIcon>
      </Tooltip>
    </header>
  );
}

function Banners() {
  const core = useAppStore((state) => state.core);
  if (core === null || core.state === 'running') return null;
  const words = {
    starting: 'Holdfast’s core is starting…',
    restarting:
      'Holdfast’s core stopped and is being restarted. What was in flight is recorded as unknown and will be checked.',
    failed: `Holdfast’s core does not run, so hosts can be neither read nor changed. ${core.message ?? ''}`,
  }[core.state];
  return (
    <Alert color={core.state === 'failed' ? 'red' : 'orange'} radius={0} py="xs" role="status">
      <Group gap="sm">
        <Text size="sm">{words}</Text>
        {core.state === 'failed' && (
          <Button size="compact-xs" onClick={() => void call('app:restartCore', {})}>
            Start it again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
