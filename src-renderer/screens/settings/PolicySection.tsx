import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Response } from '../../../src-preload/contract';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { plural } from '../../format/bytes-format';
import { accessWords } from '../../format/words-format';

type Policy = Response<'machinePolicy:read'>;

/** What whoever looks after this computer lets Holdfast do; nothing where nobody limits it. */
export function PolicySection() {
  const [policy, setPolicy] = useState<Policy | null>(null);
  const [error, setError] = useState<WireError | null>(null);
  useEffect(() => {
    let mine = true;
    void call('machinePolicy:read', {}).then((answer) => {
      if (!mine) return;
      if (answer.ok) setPolicy(answer.value);
      else setError(answer.error);
    });
    return () => {
      mine = false;
    };
  }, []);
  if (error !== null) return <ErrorNotice error={error} />;
  if (policy === null || policy.paths.length === 0) return null;
  const { paths, limited, hidden } = policy;
  return (
    <section className="panel" aria-label="Policy of this computer" style={{ padding: '14px 18px 12px' }}>
      <Title order={2} mb={6}>
        Policy of this computer
      </Title>
      <Stack gap={8} pt={10} style={{ borderTop: '1px solid var(--hf-border)' }}>
        <Text size="xs" c="dimmed">
          What may be done at most is decided outside of Holdfast, and read when it starts.
        </Text>
        {paths.map((path) => (
          <Text
            key={path}
            size="xs"
            className="mono"
            style={{ overflowWrap: 'anywhere', userSelect: 'text' }}
          >
            {path}
          </Text>
        ))}
        {limited.map(({ kind, name, most }) => (
          <Group key={`${kind} ${name}`} gap="sm">
            <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <Text size="sm">
              at most {accessWords[most].title}
              {kind === 'cluster' && ', a cluster'}
            </Text>
          </Group>
        ))}
        {limited.length === 0 && hidden === 0 && (
          <Text size="sm">It limits no host or cluster of the list.</Text>
        )}
        {hidden > 0 && (
          <Text size="sm">
            {plural(hidden, 'host or cluster of the list is', 'hosts and clusters of the list are')} hidden by
            it.
          </Text>
        )}
      </Stack>
    </section>
  );
}
