import { ActionIcon, Button, Group, Menu, Stack, Tabs, Text, Title } from '@mantine/core';
import {
  IconDots,
  IconPencil,
  IconPlugConnected,
  IconRefresh,
  IconShieldLock,
  IconStethoscope,
  IconTerminal2,
  IconTrash,
} from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type {
  Cluster,
  ClusterInventory,
  ClusterNode,
  ClusterStorage,
} from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ActionMenu } from '../../components/ActionMenu';
import { Age } from '../../components/Age';
import { CapacityBar, FillBar } from '../../components/CapacityBar';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { HostStatus } from '../../components/HostStatus';
import { OfferMenu } from '../../components/OfferMenu';
import { NoSuchTarget } from '../../components/HostParts';
import { PageHeader } from '../../components/PageHeader';
import { PlainTable } from '../../components/PlainTable';
import { ProblemList } from '../../components/ProblemList';
import { formatBytes, formatPercent, plural } from '../../format/bytes-format';
import { partPercent, uptimeWords } from '../../format/guest-format';
import { accessWords, capWords } from '../../format/words-format';
import {
  loadClusters,
  openClusterForm,
  openPanel,
  refreshCluster,
  useCluster,
  useClustersStore,
} from '../../stores/clusters-store';
import { guestRows } from '../guests/guest-rows';
import { GuestSelectionBar } from '../guests/GuestSelectionBar';
import { GuestsTable } from '../guests/GuestsTable';
import { ClusterBackups } from './ClusterBackups';
import { ClusterCeph } from './ClusterCeph';
import { ClusterChanges } from './ClusterChanges';
import { ClusterHa } from './ClusterHa';
import { ClusterNetwork } from './ClusterNetwork';
import { ClusterLog, ClusterOptions } from './ClusterOptions';
import { ClusterReplication } from './ClusterReplication';
import { ClusterTasks } from './ClusterTasks';
import { NodeHour } from './NodeHour';
import { FirewallView } from './FirewallView';
import { ClusterChecks, type ClusterCheck } from './ClusterChecks';
import { changeLoginWords, noGuestsWords, noStoragesWords } from './login-words';

/** One Proxmox VE cluster: how it is, its nodes, guests, storages and tasks. */
export function ClusterScreen({ clusterId }: { clusterId: string }) {
  const entry = useCluster(clusterId);
  const status = useClustersStore((state) => state.status);
  const inventory = useClustersStore((state) => state.inventories[clusterId] ?? null);
  const busy = useClustersStore((state) => state.refreshing.has(clusterId));
  const asked = useClustersStore((state) => state.errors[clusterId] ?? null);
  const [problem, setProblem] = useState<WireError | null>(null);
  const [check, setCheck] = useState<ClusterCheck | null>(null);
  const [, go] = useLocation();
  if (entry === undefined) return <NoSuchTarget kind="cluster" loading={status === 'loading'} />;
  const { cluster, state, summary } = entry;
  const online = state.status === 'online';
  const error = state.error ?? asked;
  const [first] = cluster.endpoints;
  const connect = () => void refreshCluster(clusterId);
  const remove = async () => {
    const answer = await call('clusters:remove', { clusterId });
    if (!answer.ok) setProblem(answer.error);
    else if (answer.value.removed) {
      await loadClusters();
      go('/');
    }
  };
  return (
    <div className="page">
      <PageHeader
        title={cluster.name}
        actions={
          <>
            <Button
              leftSection={online ? <IconRefresh size={16} /> : <IconPlugConnected size={16} />}
              variant={online ? 'default' : 'filled'}
              loading={busy || state.status === 'connecting'}
              onClick={connect}
            >
              {online ? 'Refresh' : 'Connect'}
            </Button>
            <ActionMenu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="default" size={34} aria-label={`More for ${cluster.name}`}>
                  <IconDots size={17} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => openClusterForm(cluster)}>
                  Edit cluster…
                </Menu.Item>
                <Menu.Item leftSection={<IconShieldLock size={15} />} onClick={() => setCheck('permissions')}>
                  {cluster.login.kind === 'token' ? 'Permissions of the token…' : 'Permissions of the user…'}
                </Menu.Item>
                <Menu.Item leftSection={<IconStethoscope size={15} />} onClick={() => setCheck('health')}>
                  Health report…
                </Menu.Item>
                <Menu.Item leftSection={<IconTerminal2 size={15} />} onClick={() => setCheck('root')}>
                  What needs root…
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
          <EnvironmentBadge environment={cluster.environment} />
          <HostStatus state={state} />
          <span>Proxmox VE {summary?.version ?? ''}</span>
          <span className="mono">
            {first?.address}:{first?.port}
            {cluster.endpoints.length > 1 && ` and ${cluster.endpoints.length - 1} more`}
          </span>
          <span title={accessWords[cluster.accessLevel].text}>
            Access: {accessWords[cluster.accessLevel].title}
            {capWords(cluster)}
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
      <ClusterChecks cluster={cluster} check={check} onClose={() => setCheck(null)} />
      {problem !== null && <ErrorNotice error={problem} />}
      {error !== null && (
        <ErrorNotice
          error={error}
          quiet={error.code === 'unreachable' && summary !== null}
          actions={
            <>
              <Button size="xs" variant="default" onClick={connect}>
                Try again
              </Button>
              {['unauthorized', 'vault-unavailable', 'untrusted-host'].includes(error.code) && (
                <Button size="xs" onClick={() => openClusterForm(cluster)}>
                  {error.code === 'untrusted-host' ? 'Look at the certificates…' : changeLoginWords(cluster)}
                </Button>
              )}
            </>
          }
        />
      )}
      {inventory === null ? (
        <div className="panel">
          <EmptyState
            icon={<IconPlugConnected size={24} />}
            title="Never read"
            action={
              <Button loading={busy} onClick={connect}>
                Connect
              </Button>
            }
          >
            What the cluster holds appears here once it has been read, and stays for when it is away.
          </EmptyState>
        </div>
      ) : (
        <Known clusterId={clusterId} inventory={inventory} />
      )}
    </div>
  );
}

function Known({ clusterId, inventory }: { clusterId: string; inventory: ClusterInventory }) {
  const cluster = useCluster(clusterId)?.cluster;
  const open = useClustersStore((state) => state.open);
  const rows = useMemo(
    () => (cluster === undefined ? [] : guestRows(cluster, inventory).filter(({ guest }) => !guest.template)),
    [cluster, inventory],
  );
  if (cluster === undefined) return null;
  const { nodes, storages, problems, quorate } = inventory;
  return (
    <>
      {problems.length > 0 && (
        <section className="panel" aria-label="Needs attention">
          <Group px={16} pt={12} pb={4} gap="xs">
            <Title order={2}>Needs attention</Title>
            <Text size="sm" c="dimmed" className="numeric">
              {problems.length}
            </Text>
          </Group>
          <ProblemList problems={problems.map((each) => ({ ...each, poolId: null }))} shown={4} />
        </section>
      )}
      <Tabs defaultValue="nodes" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="nodes">Nodes</Tabs.Tab>
          <Tabs.Tab value="guests">Guests</Tabs.Tab>
          <Tabs.Tab value="storage">Storage</Tabs.Tab>
          <Tabs.Tab value="backups">Backups</Tabs.Tab>
          <Tabs.Tab value="tasks">Tasks</Tabs.Tab>
          <Tabs.Tab value="changes">Changes</Tabs.Tab>
          <Tabs.Tab value="ha">HA</Tabs.Tab>
          <Tabs.Tab value="replication">Replication</Tabs.Tab>
          <Tabs.Tab value="network">Network</Tabs.Tab>
          <Tabs.Tab value="firewall">Firewall</Tabs.Tab>
          <Tabs.Tab value="ceph">Ceph</Tabs.Tab>
          <Tabs.Tab value="pools">Pools and options</Tabs.Tab>
          <Tabs.Tab value="log">Log</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="nodes" pt="md">
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {plural(nodes.length, 'node')}
              {quorate === null ? '' : quorate ? ', with quorum' : ', WITHOUT quorum'}
            </Text>
            <section aria-label="Nodes" className="card-grid">
              {nodes.map((node) => (
                <NodeCard
                  key={node.name}
                  clusterId={clusterId}
                  node={node}
                  guests={rows.filter(({ guest }) => guest.node === node.name).length}
                />
              ))}
            </section>
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="guests" pt="md">
          <Group justify="flex-end" mb="xs">
            <OfferMenu
              hostId={clusterId}
              subject={{ kind: 'cluster' }}
              label="Create a guest"
              words="Create guest"
              hidden={({ action }) => !action.startsWith('pve.guest.')}
            />
          </Group>
          {rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              {noGuestsWords(cluster)}
            </Text>
          ) : (
            <>
              <GuestSelectionBar rows={rows} />
              <div
                style={{
                  height: Math.min(620, 60 + rows.length * 52),
                  display: 'flex',
                  flexDirection: 'column',
                }}
              >
                <GuestsTable
                  rows={rows}
                  withCluster={false}
                  selectedKey={open === null ? null : `${open.clusterId}/${open.vmid}`}
                />
              </div>
            </>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="storage" pt="md">
          <Storages cluster={cluster} storages={storages} />
        </Tabs.Panel>
        <Tabs.Panel value="backups" pt="md">
          <ClusterBackups cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="tasks" pt="md">
          <ClusterTasks cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="changes" pt="md">
          <ClusterChanges cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="ha" pt="md">
          <ClusterHa cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="replication" pt="md">
          <ClusterReplication cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="network" pt="md">
          <ClusterNetwork cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="firewall" pt="md">
          <FirewallView clusterId={clusterId} scope={{ level: 'cluster' }} />
        </Tabs.Panel>
        <Tabs.Panel value="ceph" pt="md">
          <ClusterCeph cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="pools" pt="md">
          <ClusterOptions cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="md">
          <ClusterLog cluster={cluster} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function NodeCard({ clusterId, node, guests }: { clusterId: string; node: ClusterNode; guests: number }) {
  const { name, status, cpu, cpuCount, memoryBytes, memoryTotalBytes, diskBytes, diskTotalBytes } = node;
  const percent = partPercent(cpu);
  return (
    <article className="panel" style={{ padding: 16 }} aria-label={`Node ${name}`}>
      <Stack gap={10}>
        <Group justify="space-between" wrap="nowrap">
          <Button
            variant="transparent"
            px={0}
            size="compact-md"
            fw={600}
            className="truncate"
            aria-label={`Open node ${name}`}
            onClick={() => openPanel({ kind: 'node', clusterId, node: name })}
          >
            {name}
          </Button>
          <HealthMark health={status === 'online' ? 'ok' : status === 'offline' ? 'critical' : 'unknown'} />
        </Group>
        {status !== 'online' ? (
          <Text size="sm" c="dimmed">
            {status === 'offline' ? 'Offline' : 'Its state is not known'}. {plural(guests, 'guest')} there.
          </Text>
        ) : (
          <>
            <div>
              <Group justify="space-between">
                <Text size="xs" c="dimmed">
                  CPU{cpuCount === null ? '' : `, ${cpuCount} threads`}
                </Text>
                <Text size="xs" fw={600} className="numeric">
                  {formatPercent(percent)}
                </Text>
              </Group>
              <FillBar percent={percent} label={`CPU of ${name}`} />
            </div>
            {memoryBytes !== null && memoryTotalBytes !== null && (
              <div>
                <Text size="xs" c="dimmed">
                  Memory
                </Text>
                <CapacityBar
                  usedBytes={memoryBytes}
                  sizeBytes={memoryTotalBytes}
                  label={`Memory of ${name}`}
                />
              </div>
            )}
            <NodeHour clusterId={clusterId} node={name} />
            <Text size="xs" c="dimmed" className="numeric">
              {plural(guests, 'guest')} · up {uptimeWords(node.uptimeSeconds)}
              {diskBytes !== null &&
                diskTotalBytes !== null &&
                ` · root ${formatBytes(diskBytes)} of ${formatBytes(diskTotalBytes)}`}
            </Text>
          </>
        )}
      </Stack>
    </article>
  );
}

function Storages({ cluster, storages }: { cluster: Cluster; storages: readonly ClusterStorage[] }) {
  const open = ({ node, name }: ClusterStorage) =>
    openPanel({ kind: 'storage', clusterId: cluster.id, node, storage: name });
  return (
    <PlainTable
      label="Storages"
      rows={storages}
      rowKey={({ node, name }) => `${node}/${name}`}
      empty={noStoragesWords(cluster)}
      onOpen={open}
      columns={[
        {
          header: 'Storage',
          render: (storage) => (
            <Button
              variant="transparent"
              size="compact-sm"
              px={0}
              aria-label={`${storage.name} on ${storage.node}`}
              onClick={() => open(storage)}
            >
              {storage.name}
            </Button>
          ),
        },
        { header: 'Node', render: ({ node, shared }) => (shared ? `${node} (shared)` : node) },
        { header: 'Type', render: ({ type }) => type },
        { header: 'Holds', render: ({ content }) => content.join(', ') },
        {
          header: 'Used',
          width: 260,
          render: ({ name, node, available, usedBytes, totalBytes }) =>
            available && usedBytes !== null && totalBytes !== null ? (
              <CapacityBar
                usedBytes={usedBytes}
                sizeBytes={totalBytes}
                label={`Used of ${name} on ${node}`}
              />
            ) : (
              <Text size="sm" c="dimmed">
                not available
              </Text>
            ),
        },
      ]}
    />
  );
}
