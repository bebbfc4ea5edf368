import { Button, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Cluster, HealthCheck, HealthReport as Report } from '../../../src-preload/contract/clusters';
import type { Health } from '../../../src-preload/contract/hosts';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { formatMoment } from '../../format/time-format';
import { reportText } from './health-report-text';

type Read =
  { status: 'loading' } | { status: 'ready'; report: Report } | { status: 'failed'; error: WireError };

const marks: Readonly<Record<HealthCheck['outcome'], Health>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'critical',
  unknown: 'unknown',
};

/** H24: read when it is opened, and again on demand. Nothing is changed, and nothing goes on by itself. */
export function HealthReport({ cluster }: { cluster: Cluster }) {
  const [read, setRead] = useState<Read>({ status: 'loading' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const mine = new AbortController();
    void call('clusters:healthReport', { clusterId: cluster.id }, mine.signal).then((answer) => {
      if (mine.signal.aborted) return;
      setRead(
        answer.ok ? { status: 'ready', report: answer.value } : { status: 'failed', error: answer.error },
      );
    });
    return () => mine.abort();
  }, [cluster.id, turn]);
  if (read.status === 'loading') {
    return (
      <Group gap="sm">
        <Loader size="sm" />
        <Text size="sm">Reading {cluster.name}. Nothing is changed.</Text>
      </Group>
    );
  }
  if (read.status === 'failed') return <ErrorNotice error={read.error} />;
  const { report } = read;
  return (
    <Stack gap="md">
      <Table fz="sm" aria-label="Health report" verticalSpacing="xs">
        <Table.Tbody>
          {report.checks.map(({ title, outcome, text }) => (
            <Table.Tr key={title}>
              <Table.Td w={36}>
                <HealthMark health={marks[outcome]} />
              </Table.Td>
              <Table.Th scope="row" w={130} fw={600}>
                {title}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{text}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          Read {formatMoment(report.takenAtMs)}. Whether changes work shows the self-test, in the menu of a
          stopped guest that nobody needs.
        </Text>
        <Group gap="sm">
          <CopyButton value={reportText(cluster.name, report)} label="Copy the report" />
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={15} />}
            onClick={() => {
              setRead({ status: 'loading' });
              setTurn(turn + 1);
            }}
          >
            Read again
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}
