import { Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { ActionButton } from '../../components/ActionButton';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { clearChanges, discardChanges, loadChanges, useChangesStore } from '../../stores/changes-store';
import { openSequence } from '../../stores/plan-store';
import { Automations } from './Automations';
import { filterChanges, hostsOf, inOrder, isOpen, sequenceExcuse, type ChangeFilter } from './change-rows';
import { ChangesTable } from './ChangesTable';

/** What was staged, to be looked at, applied and discarded. */
export function ChangesScreen() {
  const { status, changes, error, problem, open } = useChangesStore();
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const [filter, setFilter] = useState<ChangeFilter | 'automations'>('pending');
  const [hostId, setHostId] = useState<string | null>(null);
  const [search, setSearch] = useState('');
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    void loadChanges();
  }, []);
  const ticks = useMemo(
    () => ({
      ticked,
      onTick: (changeId: string, on: boolean) =>
        setTicked((before) => {
          const after = new Set(before);
          if (on) after.add(changeId);
          else after.delete(changeId);
          return after;
        }),
    }),
    [ticked],
  );
  const rows = filter === 'automations' ? [] : filterChanges(changes, filter, hostId, search);
  const chosen = inOrder(rows.filter(({ id }) => ticked.has(id)));
  const sequence = chosen.length > 0 ? chosen : inOrder(rows);
  const pending = changes.filter(({ state }) => state === 'pending').length;
  const ended = changes.filter((change) => !isOpen(change)).length;
  const unknown = changes.filter(({ state }) => state === 'unknown').length;
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Changes"
        actions={
          filter === 'automations' ? undefined : (
            <>
              <Button
                variant="default"
                disabled={chosen.length === 0}
                title={chosen.length === 0 ? 'Choose changes that are pending.' : undefined}
                onClick={() => void discardChanges(chosen.map(({ id }) => id))}
              >
                {chosen.length === 0 ? 'Discard chosen' : `Discard ${chosen.length} chosen`}
              </Button>
              <ActionButton
                excuse={sequenceExcuse(sequence, readOnly)}
                onClick={() => openSequence(sequence.map(({ id }) => id))}
              >
                {chosen.length > 0 ? `Apply ${chosen.length} chosen…` : 'Apply all shown…'}
              </ActionButton>
            </>
          )
        }
      >
        {pending === 0 ? 'Nothing waits' : plural(pending, 'change waits', 'changes wait')}
        {unknown > 0 && `, ${unknown} with unknown outcome`}. Applied one after another, in the order they
        were staged; the first that does not end well stops the rest.
      </PageHeader>
      {error !== null && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" onClick={() => void loadChanges()}>
              Try again
            </Button>
          }
        />
      )}
      {problem !== null && open === null && <ErrorNotice error={problem} />}
      <Group gap="sm">
        <SegmentedControl
          aria-label="Which changes"
          value={filter}
          data={[
            { value: 'pending', label: 'Open' },
            { value: 'ended', label: 'Ended' },
            { value: 'all', label: 'All' },
            { value: 'automations', label: 'Automations' },
          ]}
          onChange={(value) => setFilter(value as typeof filter)}
        />
        {filter !== 'automations' && (
          <>
            <TextInput
              w={180}
              placeholder="Search changes"
              aria-label="Search changes"
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <Select
              w={200}
              aria-label="Host or cluster"
              placeholder="All hosts and clusters"
              clearable
              data={hostsOf(changes)}
              value={hostId}
              onChange={setHostId}
            />
          </>
        )}
        {ended > 0 && (filter === 'ended' || filter === 'all') && (
          <Button variant="subtle" color="gray" onClick={() => void clearChanges()}>
            Clear what ended
          </Button>
        )}
      </Group>
      {filter === 'automations' ? (
        <Automations />
      ) : status === 'ready' && rows.length === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<IconInbox size={24} />}
            title={changes.length === 0 ? 'No staged changes yet' : 'None of that kind'}
          >
            {changes.length === 0
              ? 'In the plan of any change, “Stage for later” keeps it here instead of running it now: for a maintenance window, or to apply several in a row. Nothing is sent until you apply it.'
              : 'Others are hidden by the search or the filters above.'}
          </EmptyState>
        </div>
      ) : (
        rows.length > 0 && <ChangesTable changes={rows} withHost ticks={ticks} />
      )}
    </div>
  );
}
