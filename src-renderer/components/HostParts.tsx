import { Button, Center, Drawer, Group, Loader, Select, Text } from '@mantine/core';
import { IconServerOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Health, Host } from '../../src-preload/contract/hosts';
import type { SubjectRef } from '../../src-preload/contract/offers';
import { useFleetStore } from '../stores/fleet-store';
import { EmptyState } from './EmptyState';
import { EnvironmentBadge } from './EnvironmentBadge';
import { HealthMark } from './HealthMark';
import { OfferMenu } from './OfferMenu';

/** What screens and drawers about the things of many hosts have in common. */

/** A host in a cell of a table. */
export function HostCell({ host }: { host: Host }) {
  return (
    <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center', minWidth: 0 }}>
      <span className="truncate">{host.name}</span>
      <EnvironmentBadge environment={host.environment} />
    </span>
  );
}

/** Narrows a screen to one host; '' are all. */
export function HostFilter({
  value,
  onChange,
  width,
}: {
  value: string;
  onChange: (hostId: string) => void;
  width: number;
}) {
  const hosts = useFleetStore((state) => state.hosts);
  return (
    <Select
      w={width}
      aria-label="Host"
      value={value}
      data={[
        { value: '', label: 'All hosts' },
        ...hosts.map(({ host }) => ({ value: host.id, label: host.name })),
      ]}
      onChange={(chosen) => onChange(chosen ?? '')}
    />
  );
}

/** In place of a host or cluster that is not in the list; a loader while the list is still read. */
export function NoSuchTarget({ kind, loading }: { kind: 'host' | 'cluster'; loading: boolean }) {
  const [, go] = useLocation();
  if (loading) {
    return (
      <Center h={300}>
        <Loader />
      </Center>
    );
  }
  return (
    <EmptyState
      icon={<IconServerOff size={24} />}
      title={`No such ${kind}`}
      action={<Button onClick={() => go('/')}>Back to the fleet</Button>}
    >
      It may have been removed. Its audit is still there.
    </EmptyState>
  );
}

/** One thing of a host, with its title and what can be done to it; closed without one. */
export function ThingDrawer({
  thing,
  onClose,
  children,
}: {
  thing: { host: Host; name: string; health: Health; subject: SubjectRef } | null;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Drawer
      opened={thing !== null}
      onClose={onClose}
      position="right"
      size={600}
      title={
        thing === null ? (
          ''
        ) : (
          <Group gap="sm">
            <HealthMark health={thing.health} />
            <Text fw={600} className="mono" style={{ overflowWrap: 'anywhere' }}>
              {thing.name}
            </Text>
            <Text size="sm" c="dimmed">
              on {thing.host.name}
            </Text>
            <EnvironmentBadge environment={thing.host.environment} />
            <OfferMenu
              hostId={thing.host.id}
              subject={thing.subject}
              label={`Actions for ${thing.name}`}
              size="md"
            />
          </Group>
        )
      }
    >
      {children}
    </Drawer>
  );
}
