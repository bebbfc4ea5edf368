import {
  Center,
  Drawer,
  Group,
  Loader,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
  UnstyledButton,
} from '@mantine/core';
import type { Foreseen, ForeseenSnapshot } from '../../../src-preload/contract/policies';
import { Age } from '../../components/Age';
import { ErrorNotice } from '../../components/ErrorNotice';
import { formatCount, plural } from '../../format/bytes-format';
import { formatDay, formatMoment } from '../../format/time-format';
import { closeDryRun, openDryRun, usePoliciesStore, type DryRun } from '../../stores/policies-store';

const spans = [7, 30, 90] as const;
export const firstDays = spans[1];

/** What would exist when, if a policy were taken and pruned at each of its moments. */
export function DryRunDrawer() {
  const dryRun = usePoliciesStore((state) => state.dryRun);
  return (
    <Drawer
      opened={dryRun !== null}
      onClose={closeDryRun}
      position="right"
      size={860}
      title={dryRun === null ? '' : `Dry run of ${dryRun.policy.poolName} on ${dryRun.policy.hostName}`}
    >
      {dryRun !== null && <Run dryRun={dryRun} />}
    </Drawer>
  );
}

function Run({ dryRun }: { dryRun: DryRun }) {
  const { policy, days, foreseen, error } = dryRun;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {policy.words}, the last {formatCount(policy.retentionCount)} stay. This is what would be there if you
        took and pruned it at each of its moments; nothing is sent to the host. How much space it would hold
        can’t be foretold.
      </Text>
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Days ahead"
          value={String(days)}
          data={spans.map((span) => ({ value: String(span), label: `${span} days` }))}
          onChange={(value) => void openDryRun(policy, Number(value))}
        />
        {foreseen !== null && (
          <Text size="xs" c="dimmed">
            {plural(foreseen.volumeCount, 'volume')}, {plural(foreseen.presentCount, 'snapshot')} of Holdfast
            there now, as read <Age atMs={foreseen.readAtMs} />
          </Text>
        )}
      </Group>
      {error !== null && <ErrorNotice error={error} />}
      {foreseen === null && error === null && (
        <Center h={200}>
          <Loader aria-label="Working it out" />
        </Center>
      )}
      {foreseen !== null && (
        <Group align="flex-start" gap="lg" wrap="nowrap">
          <Days dryRun={dryRun} foreseen={foreseen} />
          <There foreseen={foreseen} />
        </Group>
      )}
    </Stack>
  );
}

/** The last millisecond of a day is still that day. */
const dayOf = (endMs: number): string => formatDay(endMs - 1);

function Days({ dryRun, foreseen }: { dryRun: DryRun; foreseen: Foreseen }) {
  return (
    <Table verticalSpacing={4} w={360} style={{ flex: 'none' }} aria-label="Days">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Day</Table.Th>
          <Table.Th ta="right">Taken</Table.Th>
          <Table.Th ta="right">Pruned</Table.Th>
          <Table.Th ta="right">There</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {foreseen.days.map(({ endMs, taken, removed, there, stay }, index) => {
          const shown = index === dryRun.shownDay;
          return (
            <Table.Tr key={endMs} bg={shown ? 'var(--mantine-color-default-hover)' : undefined}>
              <Table.Td>
                <UnstyledButton
                  aria-pressed={shown}
                  onClick={() => void openDryRun(dryRun.policy, dryRun.days, index)}
                >
                  <Text size="sm" td={shown ? undefined : 'underline'} fw={shown ? 600 : undefined}>
                    {dayOf(endMs)}
                  </Text>
                </UnstyledButton>
              </Table.Td>
              <Table.Td ta="right" className="numeric">
                {formatCount(taken)}
              </Table.Td>
              <Table.Td ta="right" className="numeric">
                {formatCount(removed)}
              </Table.Td>
              <Table.Td
                ta="right"
                className="numeric"
                title={stay > 0 ? `${stay} of them can’t be pruned` : undefined}
              >
                {formatCount(there)}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function There({ foreseen: { shown, shownCount, shownDay, days } }: { foreseen: Foreseen }) {
  // By the answer itself: the next one may be on its way.
  const endMs = days[shownDay]?.endMs;
  if (endMs === undefined) return null;
  const byVolume = new Map<string, ForeseenSnapshot[]>();
  for (const row of shown) byVolume.set(row.volumeName, [...(byVolume.get(row.volumeName) ?? []), row]);
  return (
    <section aria-label="There at the end of the day" style={{ flex: 1, minWidth: 0 }}>
      <Title order={3} mb={8}>
        At the end of {dayOf(endMs)}
      </Title>
      {shownCount > shown.length && (
        <Text size="xs" c="dimmed" mb={6}>
          The first {formatCount(shown.length)} of {formatCount(shownCount)}.
        </Text>
      )}
      <Stack gap="md">
        {[...byVolume].map(([volumeName, rows]) => (
          <div key={volumeName}>
            <Text size="sm" className="mono" fw={600} style={{ overflowWrap: 'anywhere' }}>
              {volumeName}
            </Text>
            {rows.map((row, index) => (
              <Line key={row.name ?? `${row.createdAtMs} ${index}`} row={row} />
            ))}
          </div>
        ))}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed">
            No snapshot of this policy would be there.
          </Text>
        )}
      </Stack>
    </section>
  );
}

function Line({ row: { name, createdAtMs, reason } }: { row: ForeseenSnapshot }) {
  return (
    <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {name === null ? 'to be taken ' : <span className="mono">{name} </span>}
      {createdAtMs !== null && formatMoment(createdAtMs)}
      {reason !== null && ` · stays: ${reason}`}
    </Text>
  );
}
