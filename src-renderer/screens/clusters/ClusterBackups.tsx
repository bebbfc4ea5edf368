import { Badge, Button, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { IconLock, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { Response } from '../../../src-preload/contract';
import type { BackupAge, Cluster, GuestBackup } from '../../../src-preload/contract/clusters';
import { Age, useNow } from '../../components/Age';
import { OfferMenu } from '../../components/OfferMenu';
import { ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { formatBytes, plural } from '../../format/bytes-format';
import { guestTypeWords } from '../../format/guest-format';
import { formatMoment } from '../../format/time-format';
import { useClustersStore, useTakenAt } from '../../stores/clusters-store';
import { BackupFilesDrawer } from './BackupFilesDrawer';
import { BackupJobs } from './BackupJobs';
import { judgeAge, thresholds, type AgeVerdict } from './backup-age';

type Found = Response<'clusters:backups'>;
const verdictColours: Record<AgeVerdict, string> = {
  fresh: 'teal',
  stale: 'orange',
  never: 'red',
  unknown: 'violet',
};
const verdictWords: Record<AgeVerdict, string> = {
  fresh: 'Fresh',
  stale: 'Stale',
  never: 'Never',
  unknown: 'None found',
};

/** The jobs, how old the last backup of each guest is, and all backups there are. */
export function ClusterBackups({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('clusters:backups', { clusterId: cluster.id }, useTakenAt(cluster.id));
  return (
    <Stack gap="xl">
      <BackupJobs cluster={cluster} />
      <ReadView read={read} label="Reading the backups">
        {(found) => <Known cluster={cluster} found={found} onAgain={again} />}
      </ReadView>
    </Stack>
  );
}

function Known({ cluster, found, onAgain }: { cluster: Cluster; found: Found; onAgain: () => void }) {
  const [hours, setHours] = useState('24');
  const nowMs = useNow();
  const [looked, setLooked] = useState<GuestBackup | null>(null);
  const storages = useClustersStore((state) => state.inventories[cluster.id]?.storages);
  const onBackupServer = new Set(storages?.flatMap(({ name, type }) => (type === 'pbs' ? [name] : [])));
  const { ages, backups, unread } = found;
  const complete = unread.length === 0;
  const judged = ages.map((age) => ({ age, verdict: judgeAge(age, Number(hours), nowMs, complete) }));
  const count = (verdict: AgeVerdict) => judged.filter((each) => each.verdict === verdict).length;
  return (
    <Stack gap="md">
      {unread.map(({ storage, text }) => (
        <Text key={storage} size="sm" c="var(--hf-warning)">
          {storage}: {text} What it holds is not counted.
        </Text>
      ))}
      <BackupFilesDrawer cluster={cluster} backup={looked} onClose={() => setLooked(null)} />
      <section aria-label="Age of backups">
        <Group justify="space-between" mb={6}>
          <Group gap="sm">
            <Title order={3}>Last backup of each guest</Title>
            <Text size="sm" c="dimmed" className="numeric">
              {plural(ages.length, 'guest')}: {count('fresh')} fresh, {count('stale')} stale,{' '}
              {count(complete ? 'never' : 'unknown')} {complete ? 'never backed up' : 'without any found'}
            </Text>
          </Group>
          <Group gap="xs">
            <Select
              size="xs"
              w={170}
              aria-label="Stale after"
              value={hours}
              data={thresholds.map(({ hours: value, label }) => ({
                value: String(value),
                label: `Stale after ${label}`,
              }))}
              onChange={(value) => setHours(value ?? '24')}
            />
            <Button
              variant="subtle"
              size="compact-xs"
              leftSection={<IconRefresh size={13} aria-hidden />}
              onClick={onAgain}
            >
              Read again
            </Button>
          </Group>
        </Group>
        <Table fz="sm" aria-label="Age of backups">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Guest</Table.Th>
              <Table.Th>Node</Table.Th>
              <Table.Th>Last backup</Table.Th>
              <Table.Th>Verdict</Table.Th>
              <Table.Td w={48} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {judged.map(({ age, verdict }) => (
              <AgeRow key={age.vmid} cluster={cluster} age={age} verdict={verdict} />
            ))}
          </Table.Tbody>
        </Table>
      </section>
      <section aria-label="Backups">
        <Title order={3} mb={6}>
          {plural(backups.length, 'backup')}
        </Title>
        {backups.length === 0 ? (
          <Text size="sm" c="dimmed">
            None were found. It takes Datastore.Audit on a storage to see what it holds.
          </Text>
        ) : (
          <Table fz="sm" aria-label="Backups">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Guest</Table.Th>
                <Table.Th>Taken</Table.Th>
                <Table.Th>Storage</Table.Th>
                <Table.Th>Size</Table.Th>
                <Table.Th>Notes</Table.Th>
                <Table.Td w={onBackupServer.size === 0 ? 48 : 130} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {backups.slice(0, shown).map((backup) => (
                <Table.Tr key={`${backup.node} ${backup.volid}`} title={backup.volid}>
                  <Table.Td className="numeric">{backup.vmid ?? 'not known'}</Table.Td>
                  <Table.Td>
                    {backup.createdAtMs === null ? 'not known' : formatMoment(backup.createdAtMs)}
                  </Table.Td>
                  <Table.Td>{backup.storage}</Table.Td>
                  <Table.Td className="numeric">{formatBytes(backup.sizeBytes)}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>
                    <Group gap={6} wrap="nowrap">
                      {backup.protected && (
                        <IconLock size={13} role="img" aria-label="Protected" style={{ flex: 'none' }} />
                      )}
                      {marksOf(backup).map(({ word, color }) => (
                        <Badge
                          key={word}
                          size="xs"
                          variant="light"
                          color={color}
                          tt="none"
                          style={{ flex: 'none' }}
                        >
                          {word}
                        </Badge>
                      ))}
                      {backup.notes}
                    </Group>
                  </Table.Td>
                  <Table.Td>
                    <Group gap={4} wrap="nowrap" justify="flex-end">
                      {onBackupServer.has(backup.storage) && (
                        <Button
                          size="compact-xs"
                          variant="subtle"
                          aria-label={`Files of ${backup.volid}`}
                          onClick={() => setLooked(backup)}
                        >
                          Files…
                        </Button>
                      )}
                      <OfferMenu
                        hostId={cluster.id}
                        subject={{ kind: 'backup', backup }}
                        label={`Actions for ${backup.volid}`}
                      />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        {backups.length > shown && (
          <Text size="sm" c="dimmed" mt={6}>
            The newest {shown} of {backups.length} are shown.
          </Text>
        )}
      </section>
    </Stack>
  );
}

/** Whether a backup can be relied on, as a Proxmox Backup Server tells it. */
function marksOf({ verified, encrypted }: GuestBackup): { word: string; color: string }[] {
  return [
    ...(verified === 'ok' ? [{ word: 'verified', color: 'teal' }] : []),
    ...(verified === 'failed' ? [{ word: 'damaged', color: 'red' }] : []),
    ...(encrypted ? [{ word: 'encrypted', color: 'gray' }] : []),
  ];
}

const shown = 200;

function AgeRow({ cluster, age, verdict }: { cluster: Cluster; age: BackupAge; verdict: AgeVerdict }) {
  const { vmid, name, node, type, lastAtMs } = age;
  return (
    <Table.Tr>
      <Table.Td>
        <span className="numeric">{vmid}</span> {name ?? 'not known'}{' '}
        <Text span size="xs" c="dimmed">
          {guestTypeWords[type]}
        </Text>
      </Table.Td>
      <Table.Td>{node}</Table.Td>
      <Table.Td title={lastAtMs === null ? undefined : formatMoment(lastAtMs)}>
        {lastAtMs === null ? '–' : <Age atMs={lastAtMs} />}
      </Table.Td>
      <Table.Td>
        <Badge variant="dot" size="sm" radius="sm" tt="none" color={verdictColours[verdict]}>
          {verdictWords[verdict]}
        </Badge>
      </Table.Td>
      <Table.Td>
        <OfferMenu
          hostId={cluster.id}
          subject={{ kind: 'guest', vmid }}
          label={`Actions for ${name ?? vmid}`}
          hidden={(offer) => offer.action !== 'pve.backup.create'}
        />
      </Table.Td>
    </Table.Tr>
  );
}
