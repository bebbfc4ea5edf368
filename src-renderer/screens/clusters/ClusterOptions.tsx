import { Select, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { formatMoment } from '../../format/time-format';
import { useClustersStore } from '../../stores/clusters-store';
import { noLogWords, noPoolsWords } from './login-words';

/** Resource pools, members and options of a cluster. */
export function ClusterOptions({ cluster }: { cluster: Cluster }) {
  const ref = { clusterId: cluster.id };
  const pools = useRead('datacenter:pools', ref);
  const options = useRead('datacenter:options', ref);
  const guests = useClustersStore((state) => state.inventories[cluster.id]?.guests);
  const again = () => {
    pools.again();
    options.again();
  };
  return (
    <Stack gap="lg">
      <ReadBar onAgain={again}>
        What the cluster is set to. Holdfast changes none of it: nodes join and leave on their consoles.
      </ReadBar>
      <section aria-label="Resource pools">
        <Title order={3} mb={6}>
          Resource pools
        </Title>
        <ReadView read={pools.read} label="Reading the resource pools">
          {({ pools: rows }) => (
            <PlainTable
              label="Resource pools"
              rows={rows}
              rowKey={({ name }) => name}
              empty={noPoolsWords(cluster)}
              columns={[
                {
                  header: 'Pool',
                  render: ({ name }) => (
                    <Text fz="sm" fw={500}>
                      {name}
                    </Text>
                  ),
                },
                {
                  header: 'Guests',
                  render: ({ guests: members }) =>
                    members.length === 0
                      ? '–'
                      : members
                          .map((vmid) =>
                            `${vmid} ${guests?.find((guest) => guest.vmid === vmid)?.name ?? ''}`.trimEnd(),
                          )
                          .join(', '),
                },
                {
                  header: 'Storages',
                  render: ({ storages }) => (storages.length === 0 ? '–' : storages.join(', ')),
                },
                { header: 'Comment', render: ({ comment }) => comment },
              ]}
            />
          )}
        </ReadView>
      </section>
      <ReadView read={options.read} label="Reading the options">
        {({ members, options: rows }) => (
          <Stack gap="lg">
            <section aria-label="Members">
              <Title order={3} mb={6}>
                Members
              </Title>
              <PlainTable
                label="Members"
                rows={members}
                rowKey={({ name }) => name}
                empty="One node by itself, in no cluster."
                columns={[
                  { header: 'Node', render: ({ name }) => name },
                  { header: 'Address of the cluster network', mono: true, render: ({ address }) => address },
                  { header: 'Votes', numeric: true, render: ({ votes }) => votes },
                ]}
              />
            </section>
            <section aria-label="Options">
              <Title order={3} mb={6}>
                Options
              </Title>
              <PlainTable
                label="Options"
                rows={rows}
                rowKey={({ key }) => key}
                empty="All are as they come."
                columns={[
                  { header: 'Option', width: 220, mono: true, render: ({ key }) => key },
                  { header: 'Value', mono: true, render: ({ value }) => value },
                ]}
              />
            </section>
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}

const counts = ['50', '200', '1000', '5000'];
/** As syslog(3) numbers them; from error on it stands out. */
const errorSeverity = 3;

/** What happened on all nodes, newest first. */
export function ClusterLog({ cluster }: { cluster: Cluster }) {
  const [count, setCount] = useState('200');
  const { read, again } = useRead('datacenter:log', { clusterId: cluster.id, maxEntries: Number(count) });
  return (
    <Stack gap="md">
      <ReadBar
        onAgain={again}
        actions={
          <Select
            size="xs"
            w={140}
            aria-label="How many entries"
            value={count}
            data={counts.map((value) => ({ value, label: `${value} entries` }))}
            onChange={(value) => setCount(value ?? '200')}
          />
        }
      >
        The log of the cluster: logins, tasks, nodes that come and go.
      </ReadBar>
      <ReadView read={read} label="Reading the log of the cluster">
        {({ entries }) => (
          <PlainTable
            label="Log of the cluster"
            rows={entries}
            rowKey={({ id }) => id}
            empty={noLogWords(cluster)}
            columns={[
              { header: 'Time', oneLine: true, numeric: true, render: ({ atMs }) => formatMoment(atMs) },
              { header: 'Node', oneLine: true, render: ({ node }) => node },
              { header: 'By', mono: true, oneLine: true, render: ({ user }) => user },
              {
                header: 'What',
                render: ({ message, severity }) => (
                  <Text fz="sm" c={severity <= errorSeverity ? 'var(--hf-critical)' : undefined}>
                    {message}
                  </Text>
                ),
              },
            ]}
          />
        )}
      </ReadView>
    </Stack>
  );
}
