import { Badge, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Disk, Partition, Smart } from '../../../src-preload/contract/disks';
import { Age } from '../../components/Age';
import { CapacityBar } from '../../components/CapacityBar';
import { CopyButton } from '../../components/CopyButton';
import { Facts, Section } from '../../components/DetailParts';
import { ThingDrawer } from '../../components/HostParts';
import { formatBytes, formatCount } from '../../format/bytes-format';
import { formatDuration } from '../../format/time-format';
import { kindOf, smartWords, type DiskRow } from './disk-rows';

/** Everything known of one disk: what it is, what is on it, what uses it, what SMART says. */
export function DiskDrawer({ row, onClose }: { row: DiskRow | null; onClose: () => void }) {
  return (
    <ThingDrawer
      onClose={onClose}
      thing={
        row && {
          host: row.host,
          name: row.disk.path,
          health: row.disk.health,
          subject: { kind: 'disk', diskId: row.disk.id },
        }
      }
    >
      {row !== null && <DiskDetail row={row} />}
    </ThingDrawer>
  );
}

const mono = (text: string | null): ReactNode => (text === null ? '–' : <span className="mono">{text}</span>);

function DiskDetail({ row: { disk } }: { row: DiskRow }) {
  const sectors = [disk.logicalSectorBytes, disk.physicalSectorBytes].map((size) => size ?? '–').join(' / ');
  return (
    <Stack gap="lg">
      <Facts
        facts={[
          ['Model', mono(disk.model)],
          ['Serial', mono(disk.serial)],
          ['WWN', mono(disk.wwn)],
          ['Size', `${formatBytes(disk.sizeBytes)} (${formatCount(disk.sizeBytes)} bytes)`],
          ['Kind', kindOf(disk)],
          ['Sectors', `${sectors} bytes, logical / physical`],
          [
            'Lasting name',
            <Group key="path" gap={6} wrap="nowrap">
              {mono(disk.stablePath)}
              <CopyButton value={disk.stablePath} label="Copy the lasting name" />
            </Group>,
          ],
        ]}
      />
      <Section title="Used by">
        <Users disk={disk} />
      </Section>
      <Section title="Partitions and file systems">
        {disk.partitions.length === 0 ? (
          <Text size="sm" c="dimmed">
            No partitions, and nothing of it is mounted.
          </Text>
        ) : (
          <Stack gap="xs">
            {disk.partitions.map((partition) => (
              <PartitionLine key={partition.path} partition={partition} />
            ))}
          </Stack>
        )}
      </Section>
      <Section title="For a new pool">
        <Eligibility disk={disk} />
      </Section>
      <Section title="SMART">
        <SmartDetail smart={disk.smart} readAtMs={disk.smartReadAtMs} />
      </Section>
    </Stack>
  );
}

const useWords: Record<Disk['uses'][number]['kind'], string> = {
  zpool: 'zpool',
  'volume-group': 'volume group',
  'raid-array': 'RAID array',
  'btrfs-filesystem': 'btrfs',
  mount: 'mounted at',
  swap: 'swap',
  'device-mapper': 'device-mapper',
  loop: 'loop',
  signature: 'signature',
  other: 'other',
};

function Users({ disk }: { disk: Disk }) {
  if (disk.uses.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing uses it.
      </Text>
    );
  }
  return (
    <Stack gap={4}>
      {disk.uses.map(({ kind, name, path }) => (
        <Group key={`${kind} ${name} ${path}`} gap={8}>
          <Badge variant="light" color="gray" radius="sm" tt="none">
            {useWords[kind]}
          </Badge>
          <Text size="sm" fw={500}>
            {name}
          </Text>
          <Text size="xs" c="dimmed" className="mono">
            {path}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function PartitionLine({ partition }: { partition: Partition }) {
  const { path, label, sizeBytes, content, mountpoints, filesystemSizeBytes, filesystemUsedBytes } =
    partition;
  const where = mountpoints.join(', ');
  return (
    <div className="panel" style={{ padding: '8px 12px' }}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" className="mono" fw={500}>
          {path}
        </Text>
        <Text size="xs" c="dimmed" className="numeric">
          {formatBytes(sizeBytes)}
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {[content ?? 'empty', label, where === '' ? null : `at ${where}`]
          .filter((word) => word !== null)
          .join(' · ')}
      </Text>
      {filesystemSizeBytes !== null && filesystemUsedBytes !== null && (
        <div style={{ marginTop: 6 }}>
          <CapacityBar
            usedBytes={filesystemUsedBytes}
            sizeBytes={filesystemSizeBytes}
            label={`Used of ${where === '' ? path : where}`}
          />
        </div>
      )}
    </div>
  );
}

function Eligibility({ disk }: { disk: Disk }) {
  if (disk.ineligible.length === 0) return <Text size="sm">It is free: it can be taken.</Text>;
  return (
    <Stack gap={4}>
      <Text size="sm">It can’t be taken:</Text>
      <ul style={{ margin: 0, paddingLeft: 20 }}>
        {disk.ineligible.map((reason) => (
          <li key={reason}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {reason}
            </Text>
          </li>
        ))}
      </ul>
    </Stack>
  );
}

const told = (value: number | null, unit = ''): string =>
  value === null ? '–' : `${formatCount(value)}${unit === '' ? '' : ` ${unit}`}`;

function SmartDetail({ smart, readAtMs }: { smart: Smart; readAtMs: number }) {
  const { selfTest } = smart;
  return (
    <Stack gap="xs">
      {smart.reason !== null && <Text size="sm">{smart.reason}</Text>}
      {smart.status !== 'unavailable' && (
        <Facts
          facts={[
            ['Its own verdict', smartWords[smart.status]],
            ['Self-test', selfTest.text],
            ['Temperature', told(smart.temperatureCelsius, '°C')],
            [
              'Powered on',
              smart.powerOnHours === null
                ? '–'
                : `${told(smart.powerOnHours, 'h')} (${formatDuration(smart.powerOnHours * 3600)})`,
            ],
            ['Endurance used', told(smart.wearPercent, '%')],
            ['Reallocated sectors', told(smart.reallocatedSectors)],
            ['Pending sectors', told(smart.pendingSectors)],
            ['Media errors', told(smart.mediaErrors)],
            ['Read', <Age key="read" atMs={readAtMs} />],
          ]}
        />
      )}
    </Stack>
  );
}
