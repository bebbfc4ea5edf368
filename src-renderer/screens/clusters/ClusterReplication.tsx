import { Badge, Button, Code, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { ReplicationJob } from '../../../src-preload/contract/datacenter';
import { Age } from '../../components/Age';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { plural } from '../../format/bytes-format';
import { formatDuration } from '../../format/time-format';
import { useClustersStore, useTakenAt } from '../../stores/clusters-store';

function verdictOf({ enabled, error, lastSyncAtMs }: ReplicationJob): { words: string; colour: string } {
  if (!enabled) return { words: 'Off', colour: 'gray' };
  if (error !== null) return { words: 'Failing', colour: 'red' };
  return lastSyncAtMs === null ? { words: 'Not yet', colour: 'orange' } : { words: 'Well', colour: 'teal' };
}

/** Copies of guests' disks on other nodes, by the last transfer that worked (X22). */
export function ClusterReplication({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead(
    'datacenter:replication',
    { clusterId: cluster.id },
    useTakenAt(cluster.id),
  );
  const guests = useClustersStore((state) => state.inventories[cluster.id]?.guests);
  const [open, setOpen] = useState<ReplicationJob | null>(null);
  return (
    <Stack gap="md">
      <ReadBar onAgain={again}>
        Copies of guests on other nodes. What counts is the last transfer that worked, not the last try.
      </ReadBar>
      <ReadView read={read} label="Reading replication">
        {({ jobs, unread }) => (
          <Stack gap="sm">
            {unread.map(({ node, text }) => (
              <Text key={node} size="sm" c="var(--hf-warning)">
                {node}: {text} How its jobs stand is not known.
              </Text>
            ))}
            <PlainTable
              label="Replication"
              rows={jobs}
              rowKey={({ id }) => id}
              empty="No guest is replicated."
              columns={[
                {
                  header: 'Guest',
                  render: ({ vmid }) =>
                    `${vmid} ${guests?.find((guest) => guest.vmid === vmid)?.name ?? ''}`.trimEnd(),
                },
                { header: 'From', render: ({ source }) => source ?? 'not told' },
                { header: 'To', render: ({ target }) => target },
                { header: 'When', mono: true, render: ({ schedule }) => schedule },
                {
                  header: 'Last good transfer',
                  render: ({ lastSyncAtMs, durationSeconds }) =>
                    lastSyncAtMs === null ? (
                      'none is told'
                    ) : (
                      <>
                        <Age atMs={lastSyncAtMs} />
                        {durationSeconds !== null && `, took ${formatDuration(durationSeconds)}`}
                      </>
                    ),
                },
                {
                  header: 'State',
                  render: (job) => {
                    const { words, colour } = verdictOf(job);
                    return (
                      <>
                        <Badge variant="dot" size="sm" radius="sm" tt="none" color={colour}>
                          {words}
                        </Badge>
                        {job.error !== null && (
                          <Text size="xs" c="dimmed">
                            {job.failCount !== null && job.failCount > 1
                              ? `${plural(job.failCount, 'try', 'tries')}: `
                              : ''}
                            {job.error}
                          </Text>
                        )}
                      </>
                    );
                  },
                },
                {
                  header: '',
                  width: 110,
                  render: (job) => (
                    <>
                      <Button
                        variant="subtle"
                        size="compact-xs"
                        aria-label={`Log of ${job.id}`}
                        aria-expanded={open?.id === job.id}
                        disabled={job.source === null}
                        onClick={() => setOpen(open?.id === job.id ? null : job)}
                      >
                        Log
                      </Button>
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{ kind: 'replication', job }}
                        label={`Actions for ${job.id}`}
                      />
                    </>
                  ),
                },
              ]}
            />
            {open !== null && open.source !== null && (
              <Log clusterId={cluster.id} node={open.source} id={open.id} />
            )}
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}

function Log({ clusterId, node, id }: { clusterId: string; node: string; id: string }) {
  const { read } = useRead('datacenter:replicationLog', { clusterId, node, id });
  return (
    <ReadView read={read} label="Reading the log">
      {({ lines }) => (
        <Code block aria-label={`Log of ${id}`} style={{ whiteSpace: 'pre-wrap' }}>
          {lines.length === 0 ? '(empty)' : lines.join('\n')}
        </Code>
      )}
    </ReadView>
  );
}
