import { Badge, Stack, Text, Title } from '@mantine/core';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { BackupJob } from '../../../src-preload/contract/datacenter';
import { Age } from '../../components/Age';
import { OfferMenu } from '../../components/OfferMenu';
import { PlainTable } from '../../components/PlainTable';
import { ReadBar, ReadView } from '../../components/ReadView';
import { useRead } from '../../components/use-read';
import { plural } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { useTakenAt } from '../../stores/clusters-store';

function takes({ selection, vmids, exclude, pool, node }: BackupJob): string {
  const what =
    selection === 'pool'
      ? `pool ${pool ?? '?'}`
      : selection === 'list'
        ? `${plural(vmids.length, 'guest')}: ${vmids.join(', ')}`
        : exclude.length === 0
          ? 'all guests'
          : `all guests but ${exclude.join(', ')}`;
  return node === null ? what : `${what}, on ${node}`;
}

/** The jobs that back up guests by themselves, and whom they forget. */
export function BackupJobs({ cluster }: { cluster: Cluster }) {
  const { read, again } = useRead('datacenter:backupJobs', { clusterId: cluster.id }, useTakenAt(cluster.id));
  return (
    <Stack gap="sm" component="section" aria-label="Backup jobs">
      <Title order={3}>Backup jobs</Title>
      <ReadBar
        onAgain={again}
        actions={
          <OfferMenu
            hostId={cluster.id}
            subject={{ kind: 'cluster' }}
            label="Create a backup job"
            words="Create"
            hidden={({ action }) => action !== 'pve.job.create'}
          />
        }
      >
        The cluster runs them by itself, whether Holdfast is open or not.
      </ReadBar>
      <ReadView read={read} label="Reading the backup jobs">
        {({ jobs, uncovered }) => (
          <Stack gap="sm">
            <PlainTable
              label="Backup jobs"
              rows={jobs}
              rowKey={({ id }) => id}
              empty="No jobs: nothing is backed up unless somebody does it by hand."
              columns={[
                {
                  header: 'Job',
                  render: ({ comment, id, enabled }) => (
                    <>
                      <Text fz="sm" fw={500}>
                        {comment === '' ? id : comment}
                      </Text>
                      {!enabled && (
                        <Badge size="xs" variant="light" color="gray" radius="sm" tt="none">
                          off
                        </Badge>
                      )}
                    </>
                  ),
                },
                {
                  header: 'When',
                  render: ({ schedule, nextRunAtMs }) => (
                    <>
                      <span className="mono">{schedule}</span>
                      {nextRunAtMs !== null && (
                        <Text size="xs" c="dimmed" title={formatMoment(nextRunAtMs)}>
                          next <Age atMs={nextRunAtMs} />
                        </Text>
                      )}
                    </>
                  ),
                },
                { header: 'Takes', render: takes },
                { header: 'To', render: ({ storage }) => storage ?? '–' },
                {
                  header: 'Mode',
                  render: ({ mode, compress }) => [mode, compress ?? ''].filter(Boolean).join(', '),
                },
                {
                  header: 'Keeps',
                  mono: true,
                  render: ({ keep }) => keep?.replaceAll(',', ', ') ?? 'as the storage says',
                },
                {
                  header: '',
                  width: 48,
                  render: (job) => (
                    <OfferMenu
                      hostId={cluster.id}
                      subject={{ kind: 'backup-job', job }}
                      label={`Actions for job ${job.comment === '' ? job.id : job.comment}`}
                    />
                  ),
                },
              ]}
            />
            {uncovered !== null && uncovered.length > 0 && (
              <Text size="sm" c="var(--hf-warning)">
                No job takes {plural(uncovered.length, 'guest')}:{' '}
                {uncovered.map(({ vmid, name }) => `${vmid} ${name ?? ''}`.trimEnd()).join(', ')}
              </Text>
            )}
          </Stack>
        )}
      </ReadView>
    </Stack>
  );
}
