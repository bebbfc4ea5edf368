import { Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconLock, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import type { Cluster, ClusterStorage } from '../../../src-preload/contract/clusters';
import type { StorageVolume } from '../../../src-preload/contract/volumes';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ActionButton } from '../../components/ActionButton';
import { CapacityBar } from '../../components/CapacityBar';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { formatBytes, plural } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { closePanel, useCluster, useClustersStore, useTakenAt } from '../../stores/clusters-store';
import { startOffer } from '../../stores/offers-store';

const contentWords = {
  images: 'Disks of VMs',
  rootdir: 'Disks of containers',
  iso: 'ISO images',
  vztmpl: 'Container templates',
  backup: 'Backups',
  snippets: 'Snippets',
  import: 'To import',
} as const;
type Content = keyof typeof contentWords;
const isContent = (word: string | null): word is Content => word !== null && word in contentWords;

/** One storage on one node: how full it is, and what it holds. */
export function StorageDrawer() {
  const panel = useClustersStore((state) => state.panel);
  const open = panel?.kind === 'storage' ? panel : null;
  const cluster = useCluster(open?.clusterId)?.cluster;
  const storage = useClustersStore((state) =>
    open === null
      ? undefined
      : state.inventories[open.clusterId]?.storages.find(
          ({ node, name }) => node === open.node && name === open.storage,
        ),
  );
  const shown = cluster !== undefined && storage !== undefined;
  return (
    <Drawer
      opened={shown}
      onClose={closePanel}
      position="right"
      size={880}
      title={
        shown ? (
          <Group gap="sm" wrap="nowrap">
            <Text fw={600} className="truncate" maw={260} title={storage.name}>
              {storage.name}
            </Text>
            <Text size="sm" c="dimmed" className="truncate">
              {storage.shared ? 'shared,' : `on ${storage.node},`} {cluster.name}
            </Text>
            <EnvironmentBadge environment={cluster.environment} />
            <OfferMenu
              hostId={cluster.id}
              subject={{ kind: 'storage', node: storage.node, storage: storage.name }}
              label={`Actions for ${storage.name}`}
              size="md"
            />
          </Group>
        ) : (
          ''
        )
      }
    >
      {shown && (
        <StorageContent
          key={`${cluster.id}/${storage.node}/${storage.name}`}
          cluster={cluster}
          storage={storage}
        />
      )}
    </Drawer>
  );
}

const shownRows = 300;

function StorageContent({ cluster, storage }: { cluster: Cluster; storage: ClusterStorage }) {
  const [content, setContent] = useState<Content | null>(null);
  const [search, setSearch] = useState('');
  const { read, again } = useRead(
    'volumes:list',
    { clusterId: cluster.id, node: storage.node, storage: storage.name, content },
    useTakenAt(cluster.id),
  );
  const [problem, setProblem] = useState<WireError | null>(null);
  const upload = async () => {
    const answer = await call('volumes:chooseUpload', {
      clusterId: cluster.id,
      node: storage.node,
      storage: storage.name,
    });
    setProblem(answer.ok ? null : answer.error);
    if (answer.ok && answer.value.offer !== null) startOffer(cluster.id, answer.value.offer);
  };
  const words = search.trim().toLowerCase();
  const fits = ({ volid, notes, vmid }: StorageVolume): boolean =>
    `${volid} ${notes} ${vmid ?? ''}`.toLowerCase().includes(words);
  return (
    <Stack gap="md">
      {storage.usedBytes !== null && storage.totalBytes !== null && (
        <CapacityBar
          usedBytes={storage.usedBytes}
          sizeBytes={storage.totalBytes}
          label={`Used of ${storage.name}`}
        />
      )}
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {storage.type}, for {storage.content.join(', ')}
        </Text>
        <ActionButton
          variant="light"
          size="compact-sm"
          leftSection={<IconUpload size={14} aria-hidden />}
          excuse={
            storage.content.some((kind) => kind === 'iso' || kind === 'vztmpl')
              ? storage.available
                ? null
                : 'It is not available.'
              : 'It holds neither ISO images nor container templates.'
          }
          onClick={() => void upload()}
        >
          Upload…
        </ActionButton>
      </Group>
      {problem !== null && <ErrorNotice error={problem} />}
      <ReadBar
        onAgain={again}
        actions={
          <Select
            size="xs"
            w={190}
            aria-label="What is shown"
            value={content ?? ''}
            data={[
              { value: '', label: 'Everything' },
              ...storage.content.filter(isContent).map((value) => ({ value, label: contentWords[value] })),
            ]}
            onChange={(value) => setContent(isContent(value) ? value : null)}
          />
        }
      >
        <TextInput
          size="xs"
          w={240}
          placeholder="Search"
          aria-label="Search volumes"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </ReadBar>
      <ReadView read={read} label="Reading the storage">
        {({ volumes }) => {
          const found = volumes.filter(fits);
          return (
            <Stack gap={6}>
              <PlainTable
                label="Volumes"
                rows={found.slice(0, shownRows)}
                rowKey={({ volid }) => volid}
                empty={volumes.length === 0 ? 'It holds nothing of that kind.' : 'None by that name.'}
                columns={[
                  {
                    header: 'Volume',
                    render: ({ volid, notes, protected: kept }) => (
                      <>
                        <Group gap={6} wrap="nowrap">
                          {kept && (
                            <IconLock size={13} role="img" aria-label="Protected" style={{ flex: 'none' }} />
                          )}
                          <span
                            className="mono"
                            style={{ fontSize: 12.5, overflowWrap: 'anywhere' }}
                            title={volid}
                          >
                            {volid.slice(Math.max(volid.indexOf(':'), volid.lastIndexOf('/')) + 1)}
                          </span>
                        </Group>
                        {notes !== '' && (
                          <Text size="xs" c="dimmed">
                            {notes}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  {
                    header: 'Kind',
                    width: 130,
                    render: ({ content: kind }) => (isContent(kind) ? contentWords[kind] : kind),
                  },
                  { header: 'Guest', width: 70, numeric: true, render: ({ vmid }) => vmid ?? '–' },
                  {
                    header: 'Size',
                    width: 90,
                    numeric: true,
                    render: ({ sizeBytes }) => formatBytes(sizeBytes),
                  },
                  {
                    header: 'Made',
                    oneLine: true,
                    numeric: true,
                    render: ({ createdAtMs }) =>
                      createdAtMs === null ? '–' : formatMoment(createdAtMs).slice(0, 16),
                  },
                  {
                    header: '',
                    width: 40,
                    render: (volume) => (
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{
                          kind: 'storage-volume',
                          node: storage.node,
                          storage: storage.name,
                          volume,
                        }}
                        label={`Actions for ${volume.volid}`}
                      />
                    ),
                  },
                ]}
              />
              {found.length > shownRows && (
                <Text size="sm" c="dimmed">
                  {shownRows} of {plural(found.length, 'volume')} are shown. Search for the others.
                </Text>
              )}
            </Stack>
          );
        }}
      </ReadView>
    </Stack>
  );
}
