import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import { Age } from '../../components/Age';
import { CapacityBar } from '../../components/CapacityBar';
import { CopyButton } from '../../components/CopyButton';
import { Facts, Section } from '../../components/DetailParts';
import { ThingDrawer } from '../../components/HostParts';
import { ProblemList } from '../../components/ProblemList';
import { formatBytes } from '../../format/bytes-format';
import { browseVolume } from '../../stores/volume-files-store';
import { AskedHistory } from '../history/AskedHistory';
import { driverWords, kindOf, type VolumeRow } from './sandbox-rows';

/** Everything known of one sandbox volume: what it takes, what uses it, what is wrong with it. */
export function SandboxDrawer({ row, onClose }: { row: VolumeRow | null; onClose: () => void }) {
  return (
    <ThingDrawer
      onClose={onClose}
      thing={
        row && {
          host: row.host,
          name: row.volume.name,
          health: row.volume.health,
          subject: { kind: 'sandbox-volume', volumeId: row.volume.id },
        }
      }
    >
      {row !== null && <Detail row={row} onClose={onClose} />}
    </ThingDrawer>
  );
}

function BrowseButton({
  host,
  volume,
  onClose,
}: Pick<VolumeRow, 'host' | 'volume'> & { onClose: () => void }) {
  const excuse =
    volume.presence === 'missing'
      ? 'Its data is gone from the host.'
      : volume.presence === 'elsewhere'
        ? 'msb keeps it on another backend: its files are not on this host.'
        : null;
  return (
    <Group gap="sm">
      <Button
        size="compact-sm"
        variant="light"
        leftSection={<IconFolderOpen size={15} />}
        disabled={excuse !== null}
        onClick={() => {
          onClose();
          browseVolume({ hostId: host.id, hostName: host.name, volumeId: volume.id, name: volume.name });
        }}
      >
        Browse files
      </Button>
      {excuse !== null && (
        <Text size="xs" c="dimmed">
          {excuse}
        </Text>
      )}
    </Group>
  );
}

function Detail({ row: { host, volume }, onClose }: { row: VolumeRow; onClose: () => void }) {
  const limit = volume.capacityBytes ?? volume.quotaBytes;
  return (
    <Stack gap="lg">
      {volume.driver === 'microsandbox' && <BrowseButton host={host} volume={volume} onClose={onClose} />}
      {volume.problems.length > 0 && (
        <section className="panel" aria-label="Problems">
          <ProblemList problems={volume.problems.map((problem) => ({ ...problem, poolId: null }))} />
        </section>
      )}
      {limit !== null && volume.actualSizeBytes !== null && (
        <CapacityBar usedBytes={volume.actualSizeBytes} sizeBytes={limit} label={`Used of ${volume.name}`} />
      )}
      <Facts
        facts={[
          ['Kind', `${driverWords[volume.driver]}, ${kindOf(volume)}`],
          ['State', volume.state],
          [
            'Takes on disk',
            volume.actualSizeBytes === null ? 'not measured' : formatBytes(volume.actualSizeBytes),
          ],
          [
            'Apparent size',
            volume.apparentSizeBytes === null ? 'not measured' : formatBytes(volume.apparentSizeBytes),
          ],
          ...(volume.capacityBytes === null
            ? []
            : [['Capacity', formatBytes(volume.capacityBytes)] as const]),
          ...(volume.kind === 'directory'
            ? [['Quota', volume.quotaBytes === null ? 'none' : formatBytes(volume.quotaBytes)] as const]
            : []),
          [
            'Path',
            volume.path === null ? (
              'not known'
            ) : (
              <Group key="path" gap={6} wrap="nowrap">
                <span className="mono">{volume.path}</span>
                <CopyButton value={volume.path} label="Copy the path" />
              </Group>
            ),
          ],
          ['Created', <Age key="created" atMs={volume.createdAtMs} />],
          ...(volume.changedAtMs === undefined
            ? []
            : [
                [
                  'Last changed',
                  volume.changedAtMs === null ? 'not known' : <Age key="changed" atMs={volume.changedAtMs} />,
                ] as const,
              ]),
          ...volume.facts.map(({ label, text }) => [label, text] as const),
        ]}
      />
      <Section title="Used by">
        <Users row={{ volume }} />
      </Section>
      {volume.driver === 'microsandbox' && (
        <Section title="Labels">
          <Labels labels={volume.labels} />
        </Section>
      )}
      <AskedHistory
        key={volume.id}
        hostId={host.id}
        name={volume.name}
        stateful={{ kind: 'sandbox-volume', id: volume.id }}
      />
    </Stack>
  );
}

function Users({ row: { volume } }: { row: Pick<VolumeRow, 'volume'> }) {
  if (volume.usedBy === null) {
    return <Text size="sm">It is not known which sandboxes use it: one of them could not be read.</Text>;
  }
  if (volume.usedBy.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No sandbox uses it.
      </Text>
    );
  }
  return (
    <Stack gap={4}>
      {volume.usedBy.map(({ sandbox, state, active, guestPath, readOnly, mount }) => (
        <Group key={`${sandbox} ${guestPath ?? ''}`} gap={8}>
          <Badge variant="light" color={active ? 'blue' : 'gray'} radius="sm" tt="none">
            {state}
          </Badge>
          <Text size="sm" fw={500}>
            {sandbox}
          </Text>
          <Text
            size="xs"
            c="dimmed"
            className="mono"
            style={{ overflowWrap: 'anywhere' }}
            title={mount === undefined ? undefined : 'As msb takes it: NAME:DEST:OPTIONS'}
          >
            {mount ??
              [guestPath, readOnly === true ? 'read-only' : null].filter((word) => word !== null).join(' ')}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function Labels({ labels }: { labels: VolumeRow['volume']['labels'] }) {
  if (labels === null || labels.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {labels === null
          ? 'Not known.'
          : 'None. msb sets labels only through its SDK, when a volume is made.'}
      </Text>
    );
  }
  return (
    <Group gap={6}>
      {labels.map(({ key, value }) => (
        <Badge key={`${key}=${value}`} variant="light" color="gray" radius="sm" tt="none">
          {key}={value}
        </Badge>
      ))}
    </Group>
  );
}
