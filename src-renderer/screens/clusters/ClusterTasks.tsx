import { Badge, Button, Code, Drawer, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Cluster, ClusterTask } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { Age } from '../../components/Age';
import { ErrorNotice } from '../../components/ErrorNotice';
import { taskOutcomeColours, taskOutcomeWords, taskWords } from '../../format/guest-format';
import { formatDuration, formatMoment } from '../../format/time-format';
import { readTasks } from '../../stores/clusters-store';

type Read =
  { status: 'loading' } | { status: 'ready'; tasks: ClusterTask[] } | { status: 'failed'; error: WireError };

/** The last tasks of a cluster, newest first. A row opens its log. */
export function ClusterTasks({ cluster }: { cluster: Cluster }) {
  const [read, setRead] = useState<Read>({ status: 'loading' });
  const [turn, setTurn] = useState(0);
  const [open, setOpen] = useState<ClusterTask | null>(null);
  useEffect(() => {
    const mine = new AbortController();
    void readTasks(cluster.id, mine.signal).then((answer) => {
      if (mine.signal.aborted) return;
      setRead(
        'tasks' in answer
          ? { status: 'ready', tasks: answer.tasks }
          : { status: 'failed', error: answer.error },
      );
    });
    return () => mine.abort();
  }, [cluster.id, turn]);
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          What ran last on all nodes, by whoever started it.
        </Text>
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconRefresh size={13} aria-hidden />}
          onClick={() => setTurn(turn + 1)}
        >
          Read again
        </Button>
      </Group>
      {read.status === 'loading' && <Loader size="sm" aria-label="Reading the tasks" />}
      {read.status === 'failed' && <ErrorNotice error={read.error} />}
      {read.status === 'ready' &&
        (read.tasks.length === 0 ? (
          <Text size="sm" c="dimmed">
            No tasks are told. Without Sys.Audit on / a token is shown none, not even its own.
          </Text>
        ) : (
          <Table fz="sm" highlightOnHover aria-label="Tasks">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Task</Table.Th>
                <Table.Th>Node</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>Started</Table.Th>
                <Table.Th>Took</Table.Th>
                <Table.Th>Outcome</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {read.tasks.map((task) => (
                <Table.Tr key={task.upid} onClick={() => setOpen(task)} style={{ cursor: 'pointer' }}>
                  <Table.Td>
                    <Button variant="transparent" size="compact-sm" px={0} onClick={() => setOpen(task)}>
                      {taskWords(task)}
                    </Button>
                  </Table.Td>
                  <Table.Td>{task.node}</Table.Td>
                  <Table.Td className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {task.user}
                  </Table.Td>
                  <Table.Td title={formatMoment(task.startedAtMs)}>
                    <Age atMs={task.startedAtMs} />
                  </Table.Td>
                  <Table.Td className="numeric">
                    {task.endedAtMs === null
                      ? '–'
                      : formatDuration((task.endedAtMs - task.startedAtMs) / 1000)}
                  </Table.Td>
                  <Table.Td>
                    <Outcome outcome={task.outcome} />
                    {task.outcome === 'failed' && (
                      <Text size="xs" c="dimmed" lineClamp={2}>
                        {task.status}
                      </Text>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        ))}
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size={640}
        title={open === null ? '' : taskWords(open)}
      >
        {open !== null && <TaskLog key={open.upid} cluster={cluster} task={open} />}
      </Drawer>
    </Stack>
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
