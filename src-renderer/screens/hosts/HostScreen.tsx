import { ActionIcon, Alert, Button, Group, Menu, Stack, Table, Text, Title } from '@mantine/core';
import {
  IconDots,
  IconPencil,
  IconPlus,
  IconPlugConnected,
  IconPlugConnectedX,
  IconQuestionMark,
  IconRefresh,
  IconServerOff,
  IconShieldLock,
  IconTrash,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import type { BackendStatus } from '../../../src-preload/contract/inventory';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ActionMenu } from '../../components/ActionMenu';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { HostStatus } from '../../components/HostStatus';
import { NoSuchTarget } from '../../components/HostParts';
import { PageHeader } from '../../components/PageHeader';
import { ProblemList } from '../../components/ProblemList';
import { plural } from '../../format/bytes-format';
import { accessWords, capWords } from '../../format/words-format';
import { openAccessDialog, openHostDialog } from '../../stores/dialog-store';
import { openCreatePool } from '../../stores/offers-store';
import { selectSource } from '../../stores/audit-store';
import { loadFleet, useFleetStore, useHost } from '../../stores/fleet-store';
import { usePoliciesStore } from '../../stores/policies-store';
import { overdueProblems } from '../policies/overdue';
import { loadInventory, refreshInventory, useInventoryStore } from '../../stores/inventory-store';
import { HostDisks } from '../disks/HostDisks';
import { PoolCard } from '../pools/PoolCard';
import { HostSensors } from './HostSensors';
import { TrustNotice } from './TrustNotice';

export function HostScreen({ hostId }: { hostId: string }) {
  const entry = useHost(hostId);
  const jumpHost = useHost(entry?.host.via);
  const fleetStatus = useFleetStore((state) => state.status);
  const policies = usePoliciesStore((state) => state.policies);
  const known = useInventoryStore((state) => state.byHost[hostId]);
  const [removeError, setRemoveError] = useState<WireError | null>(null);
  const [, go] = useLocation();
  useEffect(() => {
    void loadInventory(hostId);
  }, [hostId]);

  if (entry === undefined) return <NoSuchTarget kind="host" loading={fleetStatus === 'loading'} />;

  const { host, state, summary } = entry;
  const problems = [...(summary?.problems ?? []), ...overdueProblems(policies, hostId)];
  const inventory = known?.inventory ?? null;
  const online = state.status === 'online';
  const busy = known?.refreshing === true || state.status === 'connecting';
  // The state first: a reading in the background may have found a changed key since the page last asked.
  const error = state.error ?? known?.error ?? null;
  const remove = async () => {
    const answer = await call('hosts:remove', { hostId });
    if (!answer.ok) setRemoveError(answer.error);
    else if (answer.value.removed) {
      await loadFleet();
      go('/');
    }
  };
  const connect = () => void refreshInventory(hostId);
  return (
    <div className="page">
      <PageHeader
        title={host.name}
        actions={
          <>
            <Button
              leftSection={online ? <IconRefresh size={16} /> : <IconPlugConnected size={16} />}
              variant={online ? 'default' : 'filled'}
              loading={busy}
              onClick={connect}
            >
              {online ? 'Refresh' : 'Connect'}
            </Button>
            <ActionMenu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="default" size={34} aria-label={`More for ${host.name}`}>
                  <IconDots size={17} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => openHostDialog(host)}>
                  Edit host…
                </Menu.Item>
                <Menu.Item leftSection={<IconShieldLock size={15} />} onClick={() => openAccessDialog(host)}>
                  Least privilege…
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconPlugConnectedX size={15} />}
                  disabled={!online}
                  onClick={() => void call('hosts:disconnect', { hostId })}
                >
                  Disconnect
                </Menu.Item>
                <Menu.Divider />
                <Menu.Item
                  color="var(--hf-critical)"
                  leftSection={<IconTrash size={15} />}
                  onClick={() => void remove()}
                >
                  Remove from Holdfast…
                </Menu.Item>
              </Menu.Dropdown>
            </ActionMenu>
          </>
        }
      >
        <Group gap="sm">
          <EnvironmentBadge environment={host.environment} />
          <HostStatus state={state} />
          <span className="mono">
            {host.user}@{host.address}:{host.port}
          </span>
          {jumpHost !== undefined && <span>through {jumpHost.host.name}</span>}
          <span title={accessWords[host.accessLevel].text}>
            Access: {accessWords[host.accessLevel].title}
            {capWords(host)}
          </span>
          <span>
            {summary === null ? (
              'never read'
            ) : (
              <>
                {online ? 'read ' : 'as last seen '}
                <Age atMs={summary.takenAtMs} />
              </>
            )}
          </span>
        </Group>
      </PageHeader>
      {removeError !== null && <ErrorNotice error={removeError} />}
      {error !== null &&
        (error.hostKey === undefined ? (
          <ErrorNotice
            error={error}
            quiet={error.code === 'unreachable' && summary !== null}
            note={
              error.code === 'unreachable' && summary !== null ? (
                <>
                  What follows is as last seen <Age atMs={summary.takenAtMs} />.
                </>
              ) : undefined
            }
            actions={
              <>
                <Button size="xs" variant="default" onClick={connect}>
                  Try again
                </Button>
                {(error.code === 'unauthorized' || error.code === 'vault-unavailable') && (
                  <Button size="xs" onClick={() => openHostDialog(host)}>
                    Change credentials…
                  </Button>
                )}
              </>
            }
          />
        ) : (
          <TrustNotice problem={error.hostKey} onTrusted={connect} />
        ))}
      {state.unknownOperations > 0 && (
        <UnknownNotice hostId={hostId} count={state.unknownOperations} online={online} />
      )}
      {problems.length > 0 && (
        <section className="panel" aria-label="Problems">
          <ProblemList problems={problems} />
        </section>
      )}
      {inventory === null ? (
        error === null && (
          <section className="panel">
            <EmptyState
              icon={<IconPlugConnected size={24} />}
              title={busy ? 'Reading the host…' : 'Not read yet'}
              action={
                <Button loading={busy} onClick={connect}>
                  Connect
                </Button>
              }
            >
              Holdfast connects over SSH, checks the host key first, then reads pools, volumes and snapshots.
              Reading changes nothing.
            </EmptyState>
          </section>
        )
      ) : (
        <>
          <section aria-label="Pools">
            <Group mb={10} gap="xs">
              <Title order={2}>Pools</Title>
              <Text size="sm" c="dimmed">
                {plural(inventory.pools.length, 'pool')}, {plural(inventory.volumes.length, 'volume')},{' '}
                {plural(inventory.snapshotCount, 'snapshot')}
              </Text>
              <Button
                ml="auto"
                size="compact-sm"
                variant="light"
                leftSection={<IconPlus size={14} />}
                onClick={() => openCreatePool(hostId)}
              >
                Create pool
              </Button>
            </Group>
            {inventory.pools.length === 0 ? (
              <div className="panel">
                <EmptyState icon={<IconServerOff size={24} />} title="No pools">
                  The tools that were found report none. Missing tools are listed below.
                </EmptyState>
              </div>
            ) : (
              <Stack gap="sm">
                {inventory.pools
                  .filter((pool) => pool.parentPoolId === null)
                  .map((pool) => (
                    <PoolCard key={pool.id} host={host} pool={pool} inventory={inventory} />
                  ))}
              </Stack>
            )}
          </section>
          <HostDisks host={host} inventory={inventory} />
          <HostSensors name={host.name} inventory={inventory} />
          <Backends backends={inventory.backends} />
        </>
      )}
    </div>
  );
}

/** Changes whose end nobody heard of: what that means, and how it gets known. */
function UnknownNotice({ hostId, count, online }: { hostId: string; count: number; online: boolean }) {
  const [, go] = useLocation();
  const showAudit = () => {
    void selectSource(hostId);
    go('/audit');
  };
  return (
    <Alert
      color="violet"
      icon={<IconQuestionMark size={18} />}
      title={`${plural(count, 'operation')} with unknown outcome`}
      role="status"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {count === 1 ? 'Its end was' : 'Their ends were'} never heard: the connection or Holdfast’s core
          went away. {count === 1 ? 'It' : 'Each'} may or may not have happened. Nothing is sent again;{' '}
          {online
            ? 'Holdfast reads the host to find out.'
            : 'at the next contact Holdfast reads the host to find out.'}
        </Text>
        <Button size="xs" variant="default" onClick={showAudit}>
          Show in the audit
        </Button>
      </Stack>
    </Alert>
  );
}

function Backends({ backends }: { backends: readonly BackendStatus[] }) {
  return (
    <section aria-label="Storage tools" className="panel">
      <Title order={2} px={16} pt={12} pb={6}>
        Storage tools
      </Title>
      <Table>
        <Table.Tbody>
          {backends.map((backend) => (
            <Table.Tr key={backend.kind}>
              <Table.Td w={190} pl={16}>
                <Group gap={8}>
                  <HealthMark
                    health={backend.available ? (backend.error === null ? 'ok' : 'critical') : 'unknown'}
                  />
                  <Text size="sm" fw={500}>
                    {backend.title}
                  </Text>
                </Group>
              </Table.Td>
              <Table.Td w={150}>
                <Text size="sm" c="dimmed" className="mono">
                  {backend.version ?? (backend.available ? 'version unknown' : 'not installed')}
                </Text>
              </Table.Td>
              <Table.Td>
                {backend.error !== null ? (
                  <Stack gap={2}>
                    <Text size="sm">{backend.error.message}</Text>
                    {backend.error.remedy !== undefined && (
                      <Text size="xs" className="mono" c="dimmed">
                        {backend.error.remedy}
                      </Text>
                    )}
                  </Stack>
                ) : (
                  !backend.available && (
                    <Text size="sm" c="dimmed">
                      Install the package{' '}
                      <span className="mono" style={{ color: 'var(--mantine-color-text)' }}>
                        {backend.packageName}
                      </span>{' '}
                      on the host, then refresh.
                    </Text>
                  )
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
