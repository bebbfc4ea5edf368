import { Button, Collapse, Group, Table, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCamera, IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory, Pool, TopologyNode, Volume } from '../../../src-preload/contract/inventory';
import { ActionButton } from '../../components/ActionButton';
import { ActivityBar } from '../../components/ActivityBar';
import { CapacityBar, FillBar } from '../../components/CapacityBar';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { excuseForAction } from '../../components/excuse';
import { HealthMark } from '../../components/HealthMark';
import { OfferMenu } from '../../components/OfferMenu';
import { formatBytes, formatPercent, plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { openSnapshotDialog } from '../../stores/dialog-store';
import { openReplaceDisk } from '../../stores/offers-store';
import { useHost } from '../../stores/fleet-store';
import { setSnapshotQuery } from '../../stores/snapshots-store';
import { AskedHistory } from '../history/AskedHistory';
import { PoolTrends, SoonFull } from './PoolTrends';
import { snapshotActionOf } from '../snapshots/snapshot-actions';

const kindWords: Record<Pool['kind'], string> = {
  zpool: 'ZFS pool',
  'volume-group': 'LVM volume group',
  'thin-pool': 'LVM thin pool',
  'raid-array': 'RAID array',
  'btrfs-filesystem': 'btrfs filesystem',
};

const shownVolumes = 12;

/** One pool: how full, how well, what it is made of and what lives on it. */
export function PoolCard({
  host,
  pool,
  inventory,
  showHost = false,
}: {
  host: Host;
  pool: Pool;
  inventory: HostInventory;
  showHost?: boolean;
}) {
  const [open, setOpen] = useState(pool.health !== 'ok');
  const [, go] = useLocation();
  const live = useHost(host.id)?.state.status === 'online';
  const children = inventory.pools.filter((entry) => entry.parentPoolId === pool.id);
  const ids = new Set([pool.id, ...children.map((entry) => entry.id)]);
  const volumes = inventory.volumes.filter((volume) => ids.has(volume.poolId));
  const showSnapshots = () => {
    void setSnapshotQuery({ hostId: host.id, poolId: pool.id, volumeName: null, search: '' });
    go('/snapshots');
  };
  return (
    <article className="panel" aria-label={`${kindWords[pool.kind]} ${pool.name} on ${host.name}`}>
      <div className="pool-head" data-with-host={showHost || undefined}>
        <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} style={{ minWidth: 0 }}>
          <Group gap={10} wrap="nowrap">
            {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
            <HealthMark health={pool.health} size={18} />
            <div style={{ minWidth: 0 }}>
              <Text fw={600} className="mono truncate" title={pool.name}>
                {pool.name}
              </Text>
              <Text size="xs" c="dimmed" className="truncate">
                {/* Where pools of all hosts are shown they stand below the name of their backend. */}
                {!showHost && `${kindWords[pool.kind]} · `}
                {pool.state}
                {pool.fragmentationPercent !== null &&
                  ` · ${formatPercent(pool.fragmentationPercent)} fragmented`}
              </Text>
            </div>
          </Group>
        </UnstyledButton>
        <CapacityBar
          usedBytes={pool.usedBytes}
          sizeBytes={pool.sizeBytes}
          label={`${pool.name} capacity used`}
        />
        <div className="pool-activity">
          <SoonFull hostId={host.id} poolId={pool.id} />
          {pool.activity !== null && <ActivityBar activity={pool.activity} live={live} />}
        </div>
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          {showHost && (
            <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
              <Text size="xs" fw={500} className="truncate" title={host.name}>
                {host.name}
              </Text>
              <EnvironmentBadge environment={host.environment} />
            </Group>
          )}
          <Button
            variant="subtle"
            size="compact-sm"
            color="gray"
            onClick={showSnapshots}
            style={{ flex: 'none' }}
          >
            Snapshots
          </Button>
          <OfferMenu
            hostId={host.id}
            subject={{ kind: 'pool', poolId: pool.id }}
            label={`Actions for ${pool.name}`}
            extra={
              pool.topology.length > 0
                ? [{ label: 'Replace a disk…', onClick: () => openReplaceDisk(host.id, pool.id) }]
                : []
            }
          />
        </Group>
      </div>
      {children.length > 0 && (
        <div style={{ padding: '0 16px 10px 58px', display: 'grid', gap: 6 }}>
          {children.map((thin) => (
            <ThinPool key={thin.id} hostId={host.id} pool={thin} />
          ))}
        </div>
      )}
      <Collapse expanded={open}>
        <div style={{ borderTop: '1px solid var(--hf-border)', padding: '12px 16px 14px 58px' }}>
          {/* A host's own page lists its problems above all pools. */}
          {showHost &&
            pool.problems.map((problem, index) => (
              <Group key={index} gap={8} mb={8} wrap="nowrap" align="flex-start">
                <HealthMark health={problem.severity} size={15} />
                <div>
                  <Text size="sm">{problem.text}</Text>
                  <Text size="xs" c="dimmed">
                    {problem.advice}
                  </Text>
                </div>
              </Group>
            ))}
          <PoolTrends hostId={host.id} poolIds={[...ids]} />
          <Facts pool={pool} />
          <Topology hostId={host.id} pool={pool} />
          <Volumes host={host} volumes={volumes} pool={pool} />
          <AskedHistory hostId={host.id} name={pool.name} stateful={{ kind: 'pool', id: pool.id }} />
        </div>
      </Collapse>
    </article>
  );
}

function ThinPool({ hostId, pool }: { hostId: string; pool: Pool }) {
  return (
    <div
      style={{
        display: 'grid',
        gridTemplateColumns: '18px minmax(140px, 1fr) 2fr 2fr 90px 24px',
        gap: 14,
        alignItems: 'center',
      }}
    >
      <HealthMark health={pool.health} size={14} />
      <Text size="sm" className="mono truncate" title={pool.name}>
        {pool.name}
      </Text>
      <LabelledFill label="data" percent={pool.dataPercent} />
      <LabelledFill label="metadata" percent={pool.metadataPercent} />
      <Text size="xs" c="dimmed" ta="right" className="numeric">
        {formatBytes(pool.sizeBytes)}
      </Text>
      <OfferMenu
        hostId={hostId}
        subject={{ kind: 'pool', poolId: pool.id }}
        label={`Actions for ${pool.name}`}
      />
    </div>
  );
}

function LabelledFill({ label, percent }: { label: string; percent: number | null }) {
  return (
    <div
      style={{
        display: 'grid',
        gridTemplateColumns: '58px minmax(0, 1fr) 48px',
        gap: 8,
        alignItems: 'center',
      }}
    >
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <FillBar percent={percent} label={`Thin pool ${label} used`} />
      <Text size="xs" fw={500} className="numeric" ta="right">
        {formatPercent(percent)}
      </Text>
    </div>
  );
}

/** The folder says nothing and the end of a by-id name is what tells disks apart; the title has it whole. */
function shortDevice(name: string): string {
  return name.replace(/^\/dev\/(?:disk\/by-[a-z]+\/)?/, '');
}

function countsErrors({ readErrors, children }: TopologyNode): boolean {
  return readErrors !== null || children.some(countsErrors);
}

/** Level and detail in the tool's own words. */
function Facts({ pool }: { pool: Pool }) {
  const facts = [
    ...(pool.level === undefined || pool.level === null ? [] : [{ label: 'Level', text: pool.level }]),
    ...(pool.facts ?? []),
  ];
  if (facts.length === 0) return null;
  return (
    <dl className="facts">
      {facts.map(({ label, text }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="mono" title={text}>
            {text}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Topology({ hostId, pool }: { hostId: string; pool: Pool }) {
  const nodes = pool.topology;
  if (nodes.length === 0) return null;
  const errors = nodes.some(countsErrors);
  return (
    <div style={{ marginBottom: 14 }}>
      <div className="tree-line">
        {['Member', 'State', ...(errors ? ['Read', 'Write', 'Checksum'] : ['', '', '']), '', ''].map(
          (head, index) => (
            <Text
              key={index}
              size="xs"
              c="dimmed"
              fw={500}
              ta={index >= 2 && index <= 4 ? 'right' : undefined}
            >
              {head}
            </Text>
          ),
        )}
      </div>
      {nodes.map((node, index) => (
        <TreeNode key={index} hostId={hostId} poolId={pool.id} node={node} depth={0} />
      ))}
    </div>
  );
}

/** `470 GiB, 53 GiB free`: a physical volume says what is left of it. */
function sizeWords({ sizeBytes, freeBytes }: TopologyNode): string {
  if (sizeBytes === null) return '';
  return freeBytes === null
    ? formatBytes(sizeBytes)
    : `${formatBytes(sizeBytes)}, ${formatBytes(freeBytes)} free`;
}

function TreeNode({
  hostId,
  poolId,
  node,
  depth,
}: {
  hostId: string;
  poolId: string;
  node: TopologyNode;
  depth: number;
}) {
  return (
    <>
      <div className="tree-line" style={{ borderTop: '1px solid var(--hf-border)' }}>
        <Group gap={7} wrap="nowrap" style={{ paddingLeft: depth * 18, minWidth: 0 }}>
          <HealthMark health={node.health} size={13} />
          <span className="mono truncate" title={node.name}>
            {shortDevice(node.name)}
          </span>
        </Group>
        <Text size="xs" style={{ color: `var(--hf-${node.health})` }} fw={500}>
          {node.state}
        </Text>
        {[node.readErrors, node.writeErrors, node.checksumErrors].map((count, index) => (
          <Text
            key={index}
            size="xs"
            ta="right"
            className="numeric"
            fw={count !== null && count > 0 ? 700 : 400}
            c={count !== null && count > 0 ? 'var(--hf-critical)' : 'dimmed'}
          >
            {count ?? ''}
          </Text>
        ))}
        <Text size="xs" c="dimmed" className="truncate" title={node.note ?? undefined}>
          {node.note ?? sizeWords(node)}
        </Text>
        <OfferMenu
          hostId={hostId}
          subject={{ kind: 'member', poolId, name: node.name }}
          label={`Actions for ${node.name}`}
          size="xs"
        />
      </div>
      {node.children.map((child, index) => (
        <TreeNode key={index} hostId={hostId} poolId={poolId} node={child} depth={depth + 1} />
      ))}
    </>
  );
}

function Volumes({ host, volumes, pool }: { host: Host; volumes: readonly Volume[]; pool: Pool }) {
  const [all, setAll] = useState(false);
  const actions = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  if (volumes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No volumes on {pool.name}.
      </Text>
    );
  }
  const shown = all ? volumes : volumes.slice(0, shownVolumes);
  return (
    <>
      <Table layout="fixed" aria-label={`Volumes of ${pool.name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Volume</Table.Th>
            <Table.Th w={100}>Kind</Table.Th>
            <Table.Th w={100} ta="right">
              Size
            </Table.Th>
            <Table.Th w={100} ta="right">
              Used
            </Table.Th>
            <Table.Th w={110} ta="right">
              By snapshots
            </Table.Th>
            <Table.Th w="22%">Mounted at</Table.Th>
            <Table.Th w={150} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((volume) => {
            const action = snapshotActionOf(actions, volume.backend);
            return (
              <Table.Tr key={volume.id}>
                <Table.Td>
                  <Tooltip label={volume.name} openDelay={600}>
                    <div className="mono truncate">{volume.name}</div>
                  </Tooltip>
                </Table.Td>
                <Table.Td>
                  <Text size="xs" c="dimmed">
                    {volume.kind}
                  </Text>
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatBytes(volume.sizeBytes)}
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatBytes(volume.usedBytes)}
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatBytes(volume.usedBySnapshotsBytes)}
                </Table.Td>
                <Table.Td>
                  <div
                    className="mono truncate"
                    title={volume.mountpoint ?? undefined}
                    style={{ fontSize: '0.75rem' }}
                  >
                    {volume.mountpoint ?? (volume.open === true ? 'in use' : '–')}
                  </div>
                </Table.Td>
                <Table.Td ta="right" py={3}>
                  <Group gap={4} wrap="nowrap" justify="flex-end">
                    {action !== undefined && (
                      <ActionButton
                        variant="subtle"
                        size="compact-xs"
                        leftSection={<IconCamera size={13} />}
                        excuse={excuseForAction(action, host, readOnly)}
                        label={`Take a snapshot of ${volume.name}`}
                        onClick={() => openSnapshotDialog({ hostId: host.id, volumeId: volume.id })}
                      >
                        Snapshot
                      </ActionButton>
                    )}
                    <OfferMenu
                      hostId={host.id}
                      subject={{ kind: 'volume', volumeId: volume.id }}
                      label={`Actions for ${volume.name}`}
                    />
                  </Group>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      {volumes.length > shownVolumes && (
        <Button variant="subtle" size="compact-sm" mt={8} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${plural(volumes.length, 'volume')}`}
        </Button>
      )}
    </>
  );
}
