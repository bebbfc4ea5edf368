import { Button, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { IconListCheck, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Cluster, ClusterTask } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { EmptyState } from '../../components/EmptyState';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { taskWords } from '../../format/guest-format';
import { useClustersStore } from '../../stores/clusters-store';
import { TaskTable } from '../clusters/ClusterTasks';
import { noTasksAtAllWords } from '../clusters/login-words';
import { taskStatistics } from './task-statistics';

interface Found {
  cluster: Cluster;
  tasks: readonly ClusterTask[];
  error: WireError | null;
}

type Shown = 'all' | 'failed' | 'running';

/** The tasks of all clusters, newest first. A cluster that does not answer is named, and hides no other. */
export function TasksScreen() {
  const clusters = useClustersStore((state) => state.clusters);
  const [found, setFound] = useState<ReadonlyMap<string, Found>>(new Map());
  const [busy, setBusy] = useState(true);
  const [turn, setTurn] = useState(0);
  const [shown, setShown] = useState<Shown>('all');
  const [search, setSearch] = useState('');
  const ids = clusters.map(({ cluster }) => cluster.id).join(' ');
  const readAt = useClustersStore((state) =>
    Object.values(state.inventories).reduce(
      (last, inventory) => Math.max(last, inventory?.takenAtMs ?? 0),
      0,
    ),
  );
  useEffect(() => {
    const mine = new AbortController();
    const known = useClustersStore.getState().clusters;
    const reads = known.map(async ({ cluster }) => {
      const answer = await call('clusters:tasks', { clusterId: cluster.id }, mine.signal);
      if (mine.signal.aborted) return;
      setFound((before) =>
        new Map(before).set(cluster.id, {
          cluster,
          tasks: answer.ok ? answer.value.tasks : [],
          error: answer.ok ? null : answer.error,
        }),
      );
    });
    void Promise.all(reads).then(() => {
      if (!mine.signal.aborted) setBusy(false);
    });
    return () => mine.abort();
  }, [ids, turn, readAt]);
  if (clusters.length === 0) {
    return (
      <div className="page">
        <PageHeader title="Tasks" />
        <div className="panel">
          <EmptyState icon={<IconListCheck size={24} />} title="No clusters yet">
            Tasks of Proxmox VE clusters are listed here. Add a cluster on the Fleet.
          </EmptyState>
        </div>
      </div>
    );
  }
  const parts = [...found.values()].filter(({ cluster }) =>
    clusters.some((each) => each.cluster.id === cluster.id),
  );
  const words = search.trim().toLowerCase();
  const rows = parts
    .flatMap(({ cluster, tasks }) => tasks.map((task) => ({ cluster, task })))
    .filter(({ task }) =>
      shown === 'all'
        ? true
        : shown === 'running'
          ? task.outcome === 'running'
          : task.outcome === 'failed' || task.outcome === 'broken-off',
    )
    .filter(({ cluster, task }) =>
      `${taskWords(task)} ${task.node} ${task.user} ${cluster.name} ${task.status ?? ''}`
        .toLowerCase()
        .includes(words),
    )
    .toSorted((a, b) => b.task.startedAtMs - a.task.startedAtMs);
  const statistics = taskStatistics(parts.flatMap(({ tasks }) => tasks));
  return (
    <div className="page">
      <PageHeader
        title="Tasks"
        actions={
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} />}
            loading={busy}
            onClick={() => {
              setBusy(true);
              setTurn(turn + 1);
            }}
          >
            Read again
          </Button>
        }
      >
        The last of all clusters, by whoever started them.
      </PageHeader>
      {parts
        .filter(({ error }) => error !== null)
        .map(({ cluster, error }) => (
          <Text key={cluster.id} size="sm" c="var(--hf-warning)">
            {cluster.name}: {error?.message} Its tasks are not listed.
          </Text>
        ))}
      <section className="panel" style={{ padding: '12px 16px' }} aria-label="Statistics">
        <Group gap="xl">
          <Text size="sm">
            <b className="numeric">{statistics.total}</b> {statistics.total === 1 ? 'task' : 'tasks'}
          </Text>
          <Text size="sm">
            <b className="numeric">{statistics.ok}</b> done
          </Text>
          <Text size="sm" c={statistics.warnings > 0 ? 'var(--hf-warning)' : undefined}>
            <b className="numeric">{statistics.warnings}</b> with warnings
          </Text>
          <Text size="sm" c={statistics.failed > 0 ? 'var(--hf-critical)' : undefined}>
            <b className="numeric">{statistics.failed}</b> failed
          </Text>
          <Text size="sm">
            <b className="numeric">{statistics.running}</b> running
          </Text>
          <Text size="sm" c="dimmed">
            {parts
              .map(({ cluster, tasks }) => {
                const own = taskStatistics(tasks);
                return `${cluster.name}: ${plural(own.total, 'task')}, ${own.failed} failed`;
              })
              .join(' · ')}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" mt={6}>
          {statistics.byType
            .slice(0, 8)
            .map(
              ({ type, count, failed }) =>
                `${taskWords({ type, id: '' })} ${count}${failed > 0 ? ` (${failed} failed)` : ''}`,
            )
            .join(' · ')}
        </Text>
      </section>
      <Group gap="sm">
        <TextInput
          w={280}
          placeholder="Search tasks"
          aria-label="Search tasks"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Which tasks"
          value={shown}
          data={[
            { value: 'all', label: 'All' },
            { value: 'failed', label: 'Failed' },
            { value: 'running', label: 'Running' },
          ]}
          onChange={(value) => setShown(value as Shown)}
        />
      </Group>
      {rows.length === 0 && (words !== '' || shown !== 'all') ? (
        <Text size="sm" c="dimmed">
          None of that kind.
        </Text>
      ) : (
        !(busy && parts.length === 0) && (
          <div className="panel" style={{ padding: rows.length === 0 ? 16 : 4 }}>
            <TaskTable rows={rows} empty={noTasksAtAllWords} withCluster />
          </div>
        )
      )}
    </div>
  );
}
