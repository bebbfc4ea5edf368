import { Badge, Stack, Text, Title } from '@mantine/core';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { useClustersStore, useTakenAt } from '../../stores/clusters-store';

const kindWords = {
  group: 'Group of nodes',
  'node-affinity': 'Guests on nodes',
  'resource-affinity': 'Guests together or apart',
} as const;

const stateColours: Readonly<Record<string, string>> = {
  started: 'teal',
  stopped: 'gray',
  disabled: 'gray',
  ignored: 'gray',
  error: 'red',
  fence: 'red',
  migrate: 'blue',
  relocate: 'blue',
};

/** What the cluster keeps running by itself, where, and who decides. */
export function ClusterHa({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('datacenter:ha', { clusterId: cluster.id }, useTakenAt(cluster.id));
  const guests = useClustersStore((state) => state.inventories[cluster.id]?.guests);
  const nameOf = (sid: string): string =>
    guests?.find(({ vmid }) => String(vmid) === sid.split(':')[1])?.name ?? '';
  return (
    <Stack gap="md">
      <ReadBar
        onAgain={again}
        actions={
          read.status === 'ready' && (
            <OfferMenu
              hostId={cluster.id}
              subject={{ kind: 'ha', system: read.found.system }}
              label="Add to high availability"
              words="Add"
            />
          )
        }
      >
        Guests that the cluster keeps in a state, and starts elsewhere when their node fails.
      </ReadBar>
      <ReadView read={read} label="Reading high availability">
        {({ resources, rules, managers, system }) => (
          <Stack gap="lg">
            <PlainTable
              label="Managed guests"
              rows={resources}
              rowKey={({ sid }) => sid}
              empty="No guest is managed. A node that fails takes its guests down until it is back."
              columns={[
                {
                  header: 'Guest',
                  render: ({ sid }) => (
                    <>
                      <span className="mono">{sid}</span> {nameOf(sid)}
                    </>
                  ),
                },
                { header: 'Node', render: ({ node }) => node ?? 'not told' },
                { header: 'Wanted', render: ({ state }) => state },
                {
                  header: 'State',
                  render: ({ status }) => (
                    <Badge
                      variant="dot"
                      size="sm"
                      radius="sm"
                      tt="none"
                      color={stateColours[status ?? ''] ?? 'gray'}
                    >
                      {status ?? 'not told'}
                    </Badge>
                  ),
                },
                {
                  header: 'Tries',
                  render: ({ maxRestart, maxRelocate }) => `${maxRestart} here, ${maxRelocate} elsewhere`,
                },
                ...(system === 'groups'
                  ? [{ header: 'Group', render: ({ group }: { group: string | null }) => group ?? '–' }]
                  : []),
                { header: 'Comment', render: ({ comment }) => comment },
                {
                  header: '',
                  width: 48,
                  render: (resource) => (
                    <OfferMenu
                      hostId={cluster.id}
                      subject={{ kind: 'ha-resource', resource }}
                      label={`Actions for ${resource.sid}`}
                    />
                  ),
                },
              ]}
            />
            <section aria-label={system === 'rules' ? 'Rules' : 'Groups'}>
              <Title order={3} mb={6}>
                {system === 'rules' ? 'Rules' : 'Groups'}
              </Title>
              <PlainTable
                label={system === 'rules' ? 'Rules' : 'Groups'}
                rows={rules}
                rowKey={({ name }) => name}
                empty={
                  system === 'rules'
                    ? 'No rules: a guest may be on any node.'
                    : 'No groups: a guest may be on any node.'
                }
                columns={[
                  { header: 'Name', render: ({ name }) => name },
                  { header: 'Kind', render: ({ kind }) => kindWords[kind] },
                  {
                    header: 'Guests',
                    mono: true,
                    render: ({ resources: of }) => (of === '' ? '–' : of.replaceAll(',', ', ')),
                  },
                  {
                    header: 'Where',
                    render: ({ nodes, strict, affinity, noFailback, disabled }) =>
                      [
                        nodes === '' ? '' : nodes.replaceAll(',', ', '),
                        strict ? 'nowhere else' : '',
                        noFailback ? 'stays when a better node comes back' : '',
                        affinity === 'positive' ? 'together' : affinity === 'negative' ? 'apart' : '',
                        disabled ? '(off)' : '',
                      ]
                        .filter((part) => part !== '')
                        .join(', '),
                  },
                  { header: 'Comment', render: ({ comment }) => comment },
                  {
                    header: '',
                    width: 48,
                    render: (rule) => (
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{ kind: 'ha-rule', rule }}
                        label={`Actions for ${rule.name}`}
                      />
                    ),
                  },
                ]}
              />
            </section>
            <section aria-label="Managers">
              <Title order={3} mb={6}>
                Managers
              </Title>
              {managers.map(({ type, node, status }) => (
                <Text key={`${type} ${node}`} size="sm" c="dimmed">
                  {type}: {status}
                </Text>
              ))}
            </section>
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}
