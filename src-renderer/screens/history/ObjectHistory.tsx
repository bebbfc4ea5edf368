import { Badge, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { AuditEntry } from '../../../src-preload/contract/audit';
import type { ClusterTask } from '../../../src-preload/contract/clusters';
import type { StateChange, StatefulObject } from '../../../src-preload/contract/history';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { Age } from '../../components/Age';
import { ErrorNotice } from '../../components/ErrorNotice';
import { PlainTable } from '../../components/PlainTable';
import { taskOutcomeColours, taskOutcomeWords } from '../../format/guest-format';
import { formatMoment } from '../../format/time-format';
import { outcomeWords } from '../../format/words-format';
import { outcomeColours } from '../audit/outcome-looks';
import { timelineOf, type Happening, type HistoryObject } from './timeline';

/** Rows of the audit that are looked through. */
const auditRows = 500;
const shownRows = 100;

interface Found {
  entries: readonly AuditEntry[];
  tasks: readonly ClusterTask[];
  changes: readonly StateChange[];
  /** Why the cluster could not be asked; null: it was, or there is none to ask. */
  away: WireError | null;
}

const fromWords: Record<Happening['from'], string> = {
  holdfast: 'Holdfast',
  cluster: 'task of the cluster',
  reading: 'met by a reading',
};

function Outcome({ outcome }: { outcome: NonNullable<Happening['outcome']> }) {
  const task = outcome === 'running' || outcome === 'warnings' || outcome === 'broken-off';
  return (
    <Badge
      variant="dot"
      size="sm"
      radius="sm"
      tt="none"
      color={task ? taskOutcomeColours[outcome] : outcomeColours[outcome]}
    >
      {task ? taskOutcomeWords[outcome] : outcomeWords[outcome]}
    </Badge>
  );
}

/** X17: what was done to one object, by Holdfast and, in a cluster, by anybody. The audit is there without a network. */
export function ObjectHistory({
  hostId,
  object,
  stateful,
  clusterTasks = false,
}: {
  hostId: string;
  /** What the audit calls it. */
  object: HistoryObject;
  /** What readings tell the state of; null: they tell of none, as of snapshots. */
  stateful: StatefulObject | null;
  clusterTasks?: boolean;
}) {
  const key = JSON.stringify(stateful);
  const search = object.kind === 'guest' ? String(object.vmid) : object.name;
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<WireError | null>(null);
  useEffect(() => {
    const mine = new AbortController();
    const askedStates = JSON.parse(key) as StatefulObject | null;
    const read = async (): Promise<void> => {
      const filter = { search, outcomes: [], action: null, fromMs: null, toMs: null };
      const [audit, tasks, states] = await Promise.all([
        call('audit:list', { sourceId: hostId, filter, beforeSeq: null, limit: auditRows }, mine.signal),
        clusterTasks ? call('clusters:tasks', { clusterId: hostId }, mine.signal) : null,
        askedStates === null
          ? null
          : call('history:states', { sourceId: hostId, object: askedStates }, mine.signal),
      ]);
      if (mine.signal.aborted) return;
      // Nothing was ever done on this host: it has no audit yet.
      if (!audit.ok && audit.error.code !== 'not-found') {
        setError(audit.error);
        return;
      }
      if (states?.ok === false) {
        setError(states.error);
        return;
      }
      setError(null);
      setFound({
        changes: states?.value.changes ?? [],
        entries: audit.ok ? audit.value.entries : [],
        tasks: tasks?.ok === true ? tasks.value.tasks : [],
        away: tasks?.ok === false ? tasks.error : null,
      });
    };
    void read();
    return () => mine.abort();
  }, [hostId, search, key, clusterTasks]);
  if (error !== null) return <ErrorNotice error={error} />;
  if (found === null) return <Loader size="sm" aria-label="Reading what happened" />;
  const rows = timelineOf(found.entries, found.tasks, found.changes, object);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {clusterTasks
          ? 'What Holdfast did, from its audit, the last tasks of the cluster, by whoever started them, and changes of state that readings met.'
          : 'What Holdfast did, from its audit, and changes of state that readings met. Who else did what on the host is not known here.'}
      </Text>
      {found.away !== null && (
        <Text size="sm" c="var(--hf-warning)">
          The cluster could not be asked, so its tasks are missing: {found.away.message}
        </Text>
      )}
      <PlainTable
        label="What happened here"
        rows={rows.slice(0, shownRows)}
        rowKey={({ key }) => key}
        empty="Nothing that is known of."
        columns={[
          {
            header: 'When',
            oneLine: true,
            render: ({ atMs }) => (
              <span title={formatMoment(atMs)}>
                <Age atMs={atMs} />
              </span>
            ),
          },
          {
            header: 'What',
            render: ({ what, detail }) => (
              <>
                <span style={{ overflowWrap: 'anywhere' }}>{what}</span>
                {detail !== '' && (
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {detail}
                  </Text>
                )}
              </>
            ),
          },
          {
            header: 'By',
            oneLine: true,
            render: ({ from, by }) => (
              <>
                <span className="mono">{by}</span>
                <Text size="xs" c="dimmed">
                  {fromWords[from]}
                </Text>
              </>
            ),
          },
          {
            header: 'Outcome',
            width: 136,
            render: ({ outcome }) => outcome !== null && <Outcome outcome={outcome} />,
          },
        ]}
      />
      {rows.length > shownRows && (
        <Text size="sm" c="dimmed">
          The newest {shownRows} are shown; the audit has all.
        </Text>
      )}
    </Stack>
  );
}
