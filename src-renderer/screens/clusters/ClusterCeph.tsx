import { Stack, Text, Title } from '@mantine/core';
import { IconBuildingWarehouse } from '@tabler/icons-react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { CapacityBar } from '../../components/CapacityBar';
import { EmptyState } from '../../components/EmptyState';
import { formatBytes, formatPercent } from '../../format/bytes-format';
import { partPercent } from '../../format/guest-format';
import { PlainTable, type PlainColumn } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { useTakenAt } from '../../stores/clusters-store';

const healthWords: Readonly<Record<string, { text: string; colour: string }>> = {
  HEALTH_OK: { text: 'Healthy', colour: 'var(--hf-ok)' },
  HEALTH_WARN: { text: 'Needs attention', colour: 'var(--hf-warning)' },
  HEALTH_ERR: { text: 'In trouble', colour: 'var(--hf-critical)' },
};

interface PartProps<Row> {
  title: string;
  /** null: not told. */
  rows: readonly Row[] | null;
  rowKey: (row: Row) => string;
  empty: string;
  children: readonly PlainColumn<Row>[];
}

function Part<Row>({ title, rows, rowKey, empty, children }: PartProps<Row>) {
  return (
    <section aria-label={title}>
      <Title order={3} mb={6}>
        {title}
      </Title>
      {rows === null ? (
        <Text size="sm" c="dimmed">
          Not told: no node can be asked, or this release of Proxmox VE has no call for it.
        </Text>
      ) : (
        <PlainTable label={title} rows={rows} rowKey={rowKey} empty={empty} columns={[...children]} />
      )}
    </section>
  );
}

/** Ceph of the cluster, or that there is none. */
export function ClusterCeph({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('datacenter:ceph', { clusterId: cluster.id }, useTakenAt(cluster.id));
  return (
    <Stack gap="md">
      <ReadBar onAgain={again}>Storage that the nodes make together.</ReadBar>
      <ReadView read={read} label="Reading Ceph">
        {(ceph) => {
          if (!ceph.deployed) {
            return (
              <EmptyState icon={<IconBuildingWarehouse size={24} />} title="Ceph is not deployed">
                The nodes of this cluster have no Ceph. It is installed node by node, in Proxmox VE.
              </EmptyState>
            );
          }
          const health = healthWords[ceph.health] ?? { text: ceph.health, colour: undefined };
          return (
            <Stack gap="lg">
              <Text fw={600} c={health.colour}>
                {health.text}
              </Text>
              {ceph.usedBytes !== null && ceph.totalBytes !== null && (
                <CapacityBar usedBytes={ceph.usedBytes} sizeBytes={ceph.totalBytes} label="Used of Ceph" />
              )}
              <Text size="sm">
                {ceph.osds.up} of {ceph.osds.total} OSDs up, {ceph.osds.in} in · monitors{' '}
                {ceph.monitors.join(', ')} (quorum: {ceph.quorum.join(', ')}) · placement groups{' '}
                {ceph.placementGroups.map(({ state, count }) => `${count} ${state}`).join(', ')}
              </Text>
              {ceph.checks.length > 0 && (
                <PlainTable
                  label="Checks"
                  rows={ceph.checks}
                  rowKey={({ code }) => code}
                  empty=""
                  columns={[
                    { header: 'Check', mono: true, render: ({ code }) => code },
                    { header: 'What', render: ({ text }) => text },
                  ]}
                />
              )}
              <Part title="Pools" rows={ceph.pools} rowKey={({ name }) => name} empty="No pools.">
                {[
                  { header: 'Pool', render: ({ name }) => name },
                  {
                    header: 'Copies',
                    numeric: true,
                    render: ({ size, minSize }) =>
                      size === null ? '–' : `${size}${minSize === null ? '' : `, ${minSize} to write`}`,
                  },
                  {
                    header: 'Placement groups',
                    numeric: true,
                    render: ({ placementGroups, autoscale }) =>
                      `${placementGroups ?? '–'}${autoscale === '' ? '' : ` (autoscale ${autoscale})`}`,
                  },
                  { header: 'CRUSH rule', mono: true, render: ({ rule }) => rule },
                  {
                    header: 'Used',
                    numeric: true,
                    render: ({ usedBytes, used }) =>
                      `${formatBytes(usedBytes)}${used === null ? '' : `, ${formatPercent(partPercent(used))}`}`,
                  },
                ]}
              </Part>
              <Part
                title="File systems"
                rows={ceph.fileSystems}
                rowKey={({ name }) => name}
                empty="No file systems."
              >
                {[
                  { header: 'File system', render: ({ name }) => name },
                  { header: 'Data in', mono: true, render: ({ dataPools }) => dataPools.join(', ') },
                  { header: 'Metadata in', mono: true, render: ({ metadataPool }) => metadataPool },
                ]}
              </Part>
              <Part
                title="Metadata servers"
                rows={ceph.metadataServers}
                rowKey={({ name, host }) => `${name} ${host}`}
                empty="No metadata servers: there is no file system to serve."
              >
                {[
                  { header: 'Server', render: ({ name }) => name },
                  { header: 'Host', render: ({ host }) => host },
                  { header: 'State', render: ({ state }) => state },
                  {
                    header: 'Serves',
                    render: ({ fileSystem, rank }) =>
                      fileSystem === null ? '–' : `${fileSystem}${rank === null ? '' : `, rank ${rank}`}`,
                  },
                ]}
              </Part>
              <Part
                title="CRUSH rules"
                rows={ceph.rules?.map((name) => ({ name })) ?? null}
                rowKey={({ name }) => name}
                empty="No rules."
              >
                {[{ header: 'Rule', mono: true, render: ({ name }) => name }]}
              </Part>
              <section aria-label="Daemons">
                <Title order={3} mb={6}>
                  Daemons
                </Title>
                <PlainTable
                  label="Daemons"
                  rows={ceph.daemons}
                  rowKey={({ type, id, host }) => `${type} ${id} ${host}`}
                  empty="None are told."
                  columns={[
                    { header: 'Daemon', render: ({ type, id }) => `${type} ${id}` },
                    { header: 'Host', render: ({ host }) => host },
                    { header: 'Version', mono: true, render: ({ version }) => version },
                  ]}
                />
              </section>
            </Stack>
          );
        }}
      </ReadView>
    </Stack>
  );
}
