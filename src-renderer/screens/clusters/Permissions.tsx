import { Alert, Code, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Response } from '../../../src-preload/contract';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNotice } from '../../components/ErrorNotice';
import { HealthMark } from '../../components/HealthMark';
import { plural } from '../../format/bytes-format';
import { accessWords } from '../../format/words-format';
import { loginName } from './ClusterLogin';
import { pveumLines } from './pveum-lines';

type Found = Response<'clusters:permissions'>;
type Read =
  { status: 'loading' } | { status: 'ready'; found: Found } | { status: 'failed'; error: WireError };

/** What the access level needs, what the token has of it, and the line that gives the rest. */
export function Permissions({ cluster }: { cluster: Cluster }) {
  const [read, setRead] = useState<Read>({ status: 'loading' });
  useEffect(() => {
    const mine = new AbortController();
    void call('clusters:permissions', { clusterId: cluster.id }, mine.signal).then((answer) => {
      if (mine.signal.aborted) return;
      setRead(
        answer.ok ? { status: 'ready', found: answer.value } : { status: 'failed', error: answer.error },
      );
    });
    return () => mine.abort();
  }, [cluster.id]);
  if (read.status === 'loading') return <Loader size="sm" aria-label="Reading the permissions" />;
  if (read.status === 'failed') return <ErrorNotice error={read.error} />;
  const { checks, exceptions } = read.found;
  const missing = checks.filter(({ held }) => !held);
  return (
    <Stack gap="md">
      {missing.length === 0 ? (
        <Alert color="teal" icon={<IconShieldCheck size={18} />}>
          {loginName(cluster.login)} has all that “{accessWords[cluster.accessLevel].title}” needs.
        </Alert>
      ) : (
        <Alert color="orange" title={`${plural(missing.length, 'privilege')} missing`}>
          <Text size="sm" mb={6}>
            {cluster.login.kind === 'token'
              ? 'User and token both need them: what holds is what both have. On any node, as root:'
              : 'On any node, as root:'}
          </Text>
          <Group justify="flex-end">
            <CopyButton value={pveumLines(cluster, checks)} label="Copy the lines" />
          </Group>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {pveumLines(cluster, checks)}
          </Code>
        </Alert>
      )}
      <Table fz="sm" aria-label="Permissions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36} />
            <Table.Th>Privilege</Table.Th>
            <Table.Th>On</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>To</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {checks.map(({ privilege, path, level, what, held, lackedBy }) => (
            <Table.Tr key={`${path} ${privilege}`}>
              <Table.Td>
                <HealthMark health={held ? 'ok' : 'warning'} />
              </Table.Td>
              <Table.Td className="mono">{privilege}</Table.Td>
              <Table.Td className="mono">{path}</Table.Td>
              <Table.Td>{accessWords[level].title}</Table.Td>
              <Table.Td>
                {what}
                {lackedBy !== null && (
                  <Text span size="sm" c="var(--hf-warning)">
                    {' '}
                    · {lackedWords(cluster, lackedBy)}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {exceptions.map(({ path, missing: less }) => (
        <Text key={path} size="sm" c="var(--hf-warning)">
          Less on <span className="mono">{path}</span>: without {less.join(', ')}.
        </Text>
      ))}
    </Stack>
  );
}

/** Whose permissions to look at first: a right that the user lacks cannot be given to the token alone. */
function lackedWords({ login }: Cluster, lackedBy: 'user' | 'token'): string {
  if (login.kind === 'password') return `${login.userId} lacks it`;
  return lackedBy === 'token'
    ? 'the user has it, the token lacks it'
    : 'the user lacks it, so the token cannot have it';
}
