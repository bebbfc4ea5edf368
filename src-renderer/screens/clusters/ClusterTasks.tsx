import { Badge, Button, Code, Drawer, Group, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Cluster, ClusterTask } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { Age } from '../../components/Age';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { taskOutcomeColours, taskOutcomeWords, taskWords } from '../../format/guest-format';
import { formatDuration, formatMoment } from '../../format/time-format';
import { closePanel, openPanel, useCluster, useClustersStore, useTakenAt } from '../../stores/clusters-store';
import { noTasksWords } from './login-words';

/** The last tasks of a cluster, newest first. A row opens its log. */
export function ClusterTasks({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('clusters:tasks', { clusterId: cluster.id }, useTakenAt(cluster.id));
  return (
    <Stack gap="sm">
      <ReadBar onAgain={again}>What ran last on all nodes, by whoever started it.</ReadBar>
      <ReadView read={read} label="Reading the tasks">
        {({ tasks }) => (
          <TaskTable
            rows={tasks.map((task) => ({ cluster, task }))}
            empty={noTasksWords(cluster)}
            withCluster={false}
          />
        )}
      </ReadView>
    </Stack>
  );
}

interface TaskRow {
  cluster: Cluster;
  task: ClusterTask;
}

export function TaskTable({
  rows,
  empty,
  withCluster,
}: {
  rows: readonly TaskRow[];
  empty: string;
  withCluster: boolean;
}) {
  const open = ({ cluster, task }: TaskRow) => openPanel({ kind: 'task', clusterId: cluster.id, task });
  return (
    <PlainTable
      label="Tasks"
      rows={rows}
      rowKey={({ cluster, task }) => `${cluster.id} ${task.upid}`}
      empty={empty}
      onOpen={open}
      columns={[
        {
          header: 'Task',
          render: (row) => (
            <Button variant="transparent" size="compact-sm" px={0} onClick={() => open(row)}>
              {taskWords(row.task)}
            </Button>
          ),
        },
        ...(withCluster ? [{ header: 'Cluster', render: ({ cluster }: TaskRow) => cluster.name }] : []),
        { header: 'Node', oneLine: true, render: ({ task }) => task.node },
        { header: 'By', mono: true, oneLine: true, render: ({ task }) => task.user },
        {
          header: 'Started',
          oneLine: true,
          render: ({ task }) => (
            <span title={formatMoment(task.startedAtMs)}>
              <Age atMs={task.startedAtMs} />
            </span>
          ),
        },
        {
          header: 'Took',
          numeric: true,
          oneLine: true,
          render: ({ task }) =>
            task.endedAtMs === null ? '–' : formatDuration((task.endedAtMs - task.startedAtMs) / 1000),
        },
        {
          header: 'Outcome',
          render: ({ task }) => (
            <>
              <Outcome outcome={task.outcome} />
              {task.outcome === 'failed' && (
                <Text size="xs" c="dimmed" lineClamp={2}>
                  {task.status}
                </Text>
              )}
            </>
          ),
        },
        {
          header: '',
          width: 48,
          render: ({ cluster, task }) =>
            task.outcome === 'running' && (
              <OfferMenu
                hostId={cluster.id}
                subject={{ kind: 'task', task }}
                label={`Actions for ${taskWords(task)}`}
              />
            ),
        },
      ]}
    />
  );
}

/** The log of one task, which grows while it runs. */
export function TaskDrawer() {
  const panel = useClustersStore((state) => state.panel);
  const open = panel?.kind === 'task' ? panel : null;
  const cluster = useCluster(open?.clusterId)?.cluster;
  return (
    <Drawer
      opened={open !== null && cluster !== undefined}
      onClose={closePanel}
      position="right"
      size={640}
      title={open === null ? '' : taskWords(open.task)}
    >
      {open !== null && cluster !== undefined && (
        <TaskLog key={open.task.upid} cluster={cluster} task={open.task} />
      )}
    </Drawer>
  );
}

function Outcome({ outcome }: { outcome: ClusterTask['outcome'] }) {
  return (
    <Badge variant="dot" size="sm" radius="sm" tt="none" color={taskOutcomeColours[outcome]}>
      {taskOutcomeWords[outcome]}
    </Badge>
  );
}

type Log = { lines: string[]; outcome: ClusterTask['outcome']; status: string | null };

/** How often the log of a running task is read again, in milliseconds. */
const againMs = 2_000;

function TaskLog({ cluster, task }: { cluster: Cluster; task: ClusterTask }) {
  const [log, setLog] = useState<Log | null>(null);
  const [error, setError] = useState<WireError | null>(null);
  useEffect(() => {
    const mine = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      const answer = await call('clusters:taskLog', { clusterId: cluster.id, upid: task.upid }, mine.signal);
      if (mine.signal.aborted) return;
      if (!answer.ok) setError(answer.error);
      else {
        setLog(answer.value);
        setError(null);
        if (answer.value.outcome === 'running') timer = setTimeout(() => void read(), againMs);
      }
    };
    void read();
    return () => {
      mine.abort();
      clearTimeout(timer);
    };
  }, [cluster.id, task.upid]);
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Outcome outcome={log?.outcome ?? task.outcome} />
        <Text size="sm" c="dimmed">
          on {task.node} by {task.user}, {formatMoment(task.startedAtMs)}
        </Text>
        {(log?.outcome ?? task.outcome) === 'running' && (
          <OfferMenu
            hostId={cluster.id}
            subject={{ kind: 'task', task }}
            label="Stop the task"
            words="Stop"
          />
        )}
      </Group>
      <Text size="xs" className="mono" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {task.upid}
      </Text>
      {error !== null && <ErrorNotice error={error} />}
      {log === null ? (
        error === null && <Loader size="sm" aria-label="Reading the log" />
      ) : (
        <Code block aria-label="Log of the task" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {log.lines.length === 0 ? '(empty)' : log.lines.join('\n')}
        </Code>
      )}
    </Stack>
  );
}
