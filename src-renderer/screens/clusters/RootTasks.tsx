import { Anchor, Code, Group, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { Response } from '../../../src-preload/contract';
import type { Cluster, NodeHost } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { smartWords } from '../disks/disk-rows';
import { NodeHostSelect } from './NodeHostSelect';

type Found = Response<'clusters:rootTasks'>;
type Read =
  { status: 'loading' } | { status: 'ready'; found: Found } | { status: 'failed'; error: WireError };

/** H14 to H17: what the API leaves to root on a node, why, and what Holdfast does of it all the same. */
export function RootTasks({ cluster }: { cluster: Cluster }) {
  const [read, setRead] = useState<Read>({ status: 'loading' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const mine = new AbortController();
    void call('clusters:rootTasks', { clusterId: cluster.id }, mine.signal).then((answer) => {
      if (mine.signal.aborted) return;
      setRead(
        answer.ok ? { status: 'ready', found: answer.value } : { status: 'failed', error: answer.error },
      );
    });
    return () => mine.abort();
  }, [cluster.id, turn]);
  if (read.status === 'loading') return <Loader size="sm" aria-label="Reading" />;
  if (read.status === 'failed') return <ErrorNotice error={read.error} />;
  const { tasks, nodes } = read.found;
  return (
    <Stack gap="lg">
      {tasks.map(({ id, title, why, commands, byHoldfast }) => (
        <Stack key={id} gap={6} component="section">
          <Title order={3} fz="sm">
            {title}
          </Title>
          <Text size="sm">{why}</Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {commands.join('\n')}
          </Code>
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <Text size="xs" c="dimmed">
              As root on the node. {byHoldfast}
            </Text>
            <CopyButton value={commands.join('\n')} label={`Copy the commands: ${title}`} />
          </Group>
        </Stack>
      ))}
      <Stack gap="sm" component="section">
        <Title order={3} fz="sm">
          Nodes that are hosts of yours
        </Title>
        <Text size="sm">
          Add a node as a host too, and say here which it is: its disks, their SMART and its sensors are then
          read over SSH.
        </Text>
        {nodes.map((node) => (
          <NodeRow key={node.node} cluster={cluster} node={node} onChanged={() => setTurn(turn + 1)} />
        ))}
      </Stack>
    </Stack>
  );
}

function NodeRow({
  cluster,
  node: { node, host, disks },
  onChanged,
}: {
  cluster: Cluster;
  node: NodeHost;
  onChanged: () => void;
}) {
  return (
    <Stack gap={6}>
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" fw={600} className="mono" w={140} truncate title={node}>
          {node}
        </Text>
        <NodeHostSelect clusterId={cluster.id} node={node} host={host} onChanged={onChanged} />
        {host !== null && (
          <Anchor component={Link} href={`/hosts/${host.hostId}`} size="sm">
            Open {host.name}
          </Anchor>
        )}
      </Group>
      {host !== null && !host.chosen && (
        <Text size="xs" c="dimmed">
          Taken for it because it has the same name.
        </Text>
      )}
      {host !== null && <Disks name={host.name} disks={disks} />}
    </Stack>
  );
}

function Disks({ name, disks }: { name: string; disks: NodeHost['disks'] }) {
  if (disks === null) {
    return (
      <Text size="sm" c="dimmed">
        The disks of {name} were not read yet, or could not be. Connect it.
      </Text>
    );
  }
  if (disks.length === 0) return <Text size="sm">{name} has no disks.</Text>;
  return (
    <Table fz="xs" aria-label={`Disks of ${name}`}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={30} />
          <Table.Th>Disk</Table.Th>
          <Table.Th>SMART</Table.Th>
          <Table.Th ta="right">Temperature</Table.Th>
          <Table.Th ta="right">Worn</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {disks.map(({ path, model, health, smart }) => (
          <Table.Tr key={path}>
            <Table.Td>
              <HealthMark health={health} size={14} />
            </Table.Td>
            <Table.Td>
              <span className="mono">{path}</span> {model}
            </Table.Td>
            <Table.Td>{smart.reason ?? smartWords[smart.status]}</Table.Td>
            <Table.Td ta="right">
              {smart.temperatureCelsius === null ? '–' : `${smart.temperatureCelsius} °C`}
            </Table.Td>
            <Table.Td ta="right">{smart.wearPercent === null ? '–' : `${smart.wearPercent} %`}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
