import { ActionIcon, Alert, Badge, Button, Group, Menu, Stack, Switch, Table, Text } from '@mantine/core';
import {
  IconCalendarStats,
  IconCalendarTime,
  IconCamera,
  IconDots,
  IconInfoCircle,
  IconPencil,
  IconPlus,
  IconScissors,
  IconTrash,
} from '@tabler/icons-react';
import { useEffect } from 'react';
import type { PolicyRow } from '../../../src-preload/contract/policies';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Age, useNow } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { excuseForAction } from '../../components/excuse';
import { PageHeader } from '../../components/PageHeader';
import { formatCount, plural } from '../../format/bytes-format';
import { formatAge, formatMoment } from '../../format/time-format';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore, useHost } from '../../stores/fleet-store';
import {
  deletePolicy,
  loadPolicies,
  openDryRun,
  openPolicyForm,
  planDue,
  prunePolicy,
  switchPolicy,
  usePoliciesStore,
} from '../../stores/policies-store';
import { snapshotActionOf } from '../snapshots/snapshot-actions';
import { PruneDialog } from '../snapshots/PruneDialog';
import { DryRunDrawer, firstDays } from './DryRunDrawer';
import { PolicyDialog } from './PolicyDialog';

/** What is to be taken when, what of it is due, and how many stay. */
export function PoliciesScreen() {
  const { status, policies, error, problem } = usePoliciesStore();
  const hasHosts = useFleetStore((state) => state.hosts.length > 0);
  useEffect(() => {
    void loadPolicies();
  }, []);
  const due = policies.filter(({ state }) => state === 'due').length;
  return (
    <div className="page">
      <PageHeader
        title="Policies"
        actions={
          <Button
            leftSection={<IconPlus size={16} />}
            disabled={!hasHosts}
            title={hasHosts ? undefined : 'Add a host first.'}
            onClick={() => openPolicyForm(null)}
          >
            New policy
          </Button>
        }
      >
        {plural(policies.length, 'snapshot policy', 'snapshot policies')}
        {due > 0 && `, ${formatCount(due)} due`}
      </PageHeader>
      <Alert color="gray" variant="light" icon={<IconInfoCircle size={18} />} py={10}>
        <Text size="sm">
          Holdfast runs no policy by itself: it says what is due, and you take and prune it with one plan that
          you confirm.
        </Text>
      </Alert>
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={() => void loadPolicies()}>
              Try again
            </Button>
          }
        />
      )}
      {problem !== null && <ErrorNotice error={problem} />}
      {status === 'ready' && policies.length === 0 ? (
        <section className="panel">
          <EmptyState
            icon={<IconCalendarTime size={24} />}
            title="No policies yet"
            action={hasHosts && <Button onClick={() => openPolicyForm(null)}>New policy</Button>}
          >
            A policy names a pool or volume, a schedule, and how many of its snapshots stay. Holdfast then
            tells you when one is due.
          </EmptyState>
        </section>
      ) : (
        policies.length > 0 && <PolicyTable policies={policies} />
      )}
      <PolicyDialog />
      <PruneDialog />
      <DryRunDrawer />
    </div>
  );
}

function PolicyTable({ policies }: { policies: readonly PolicyRow[] }) {
  return (
    <section className="panel" aria-label="Snapshot policies" style={{ overflowX: 'auto' }}>
      <Table verticalSpacing={10}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl={16} w={112}>
              State
            </Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>When</Table.Th>
            <Table.Th ta="right" w={70}>
              Keeps
            </Table.Th>
            <Table.Th w={90}>Enabled</Table.Th>
            <Table.Th w={150} aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {policies.map((policy) => (
            <PolicyLine key={policy.id} policy={policy} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const looks: Record<PolicyRow['state'], { word: string; colour: string }> = {
  due: { word: 'Due', colour: 'orange' },
  unknown: { word: 'Not known', colour: 'violet' },
  waiting: { word: 'Waiting', colour: 'blue' },
  met: { word: 'Met', colour: 'teal' },
  off: { word: 'Off', colour: 'gray' },
};

function nameOf({ poolName, hostName }: PolicyRow): string {
  return `${poolName} on ${hostName}`;
}

function PolicyLine({ policy }: { policy: PolicyRow }) {
  const entry = useHost(policy.hostId);
  const { word, colour } = looks[policy.state];
  return (
    <Table.Tr>
      <Table.Td pl={16} valign="top">
        <Badge color={colour} variant="light" radius="sm" tt="none">
          {word}
        </Badge>
      </Table.Td>
      <Table.Td valign="top">
        <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
          {policy.poolName}
        </Text>
        <Group gap={8} mt={2}>
          <Text size="xs" c="dimmed">
            {policy.hostName} · {plural(policy.volumeCount, 'volume')}
            {policy.recursive && ', with those below'}
          </Text>
          {entry !== undefined && <EnvironmentBadge environment={entry.host.environment} />}
        </Group>
      </Table.Td>
      <Table.Td valign="top">
        <Text size="sm">{policy.words}</Text>
        <Text size="xs" c="dimmed" component="div">
          <Situation policy={policy} />
        </Text>
      </Table.Td>
      <Table.Td valign="top" ta="right" className="numeric">
        {formatCount(policy.retentionCount)}
      </Table.Td>
      <Table.Td valign="top">
        <Switch
          size="sm"
          aria-label={`${nameOf(policy)} is enabled`}
          checked={policy.enabled}
          onChange={(event) => void switchPolicy(policy, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td valign="top">
        <Ways policy={policy} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Why it stands as it does, and what comes next. */
function Situation({ policy }: { policy: PolicyRow }) {
  const now = useNow();
  const { state, reason, dueVolumeIds, volumeCount, lastDueAtMs, nextAtMs } = policy;
  if (state === 'off') return <>Nothing is said to be due.</>;
  const next =
    nextAtMs === null ? null : <span title={formatMoment(nextAtMs)}>next {formatAge(nextAtMs, now)}</span>;
  return (
    <Stack gap={0}>
      {reason !== null && <span>{reason}</span>}
      {state === 'due' && (
        <span style={{ color: 'var(--hf-warning)' }}>
          {dueVolumeIds.length === volumeCount
            ? `${plural(volumeCount, 'volume')} without a snapshot`
            : `${formatCount(dueVolumeIds.length)} of ${plural(volumeCount, 'volume')} without a snapshot`}{' '}
          since <Age atMs={lastDueAtMs} />
        </span>
      )}
      {next}
    </Stack>
  );
}

function Ways({ policy }: { policy: PolicyRow }) {
  const actions = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const entry = useHost(policy.hostId);
  const excuse =
    policy.dueVolumeIds.length === 0
      ? 'Nothing is due.'
      : excuseForAction(snapshotActionOf(actions, policy.backend), entry?.host, readOnly);
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap" pr={8}>
      <ActionButton
        size="compact-sm"
        variant="light"
        leftSection={<IconCamera size={14} />}
        label={`Take what is due: ${nameOf(policy)}`}
        excuse={excuse}
        onClick={() => void planDue(policy)}
      >
        Take…
      </ActionButton>
      <ActionMenu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`More for ${nameOf(policy)}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconCalendarStats size={15} />}
            onClick={() => void openDryRun(policy, firstDays)}
          >
            Dry run…
          </Menu.Item>
          <Menu.Item leftSection={<IconScissors size={15} />} onClick={() => prunePolicy(policy)}>
            Prune older ones…
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => openPolicyForm(policy)}>
            Edit…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={15} />}
            onClick={() => void deletePolicy(policy.id)}
          >
            Delete policy
          </Menu.Item>
        </Menu.Dropdown>
      </ActionMenu>
    </Group>
  );
}
