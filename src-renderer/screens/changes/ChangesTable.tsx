import { Badge, Checkbox, Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { ChangeState, StagedChange } from '../../../src-preload/contract/changes';
import { Age } from '../../components/Age';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { LongName } from '../../components/LongName';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { changeStateWords, riskColours, riskWords } from '../../format/words-format';
import { openChange, useChangesStore } from '../../stores/changes-store';

const stateColours: Record<ChangeState, string> = {
  pending: 'blue',
  applying: 'cyan',
  applied: 'teal',
  failed: 'red',
  unknown: 'violet',
  discarded: 'gray',
};

export function StateBadge({ state }: { state: ChangeState }) {
  return (
    <Badge color={stateColours[state]} variant="light" radius="sm" size="sm" tt="none">
      {changeStateWords[state]}
    </Badge>
  );
}

export function RiskBadge({ risk }: Pick<StagedChange, 'risk'>) {
  return (
    <Badge color={riskColours[risk]} variant="light" radius="sm" size="sm" tt="none">
      {riskWords[risk]}
    </Badge>
  );
}

export interface Ticks {
  ticked: ReadonlySet<string>;
  onTick: (changeId: string, on: boolean) => void;
}

function columnsOf(withHost: boolean, ticks: Ticks | null): Column<StagedChange>[] {
  const tick: Column<StagedChange>[] =
    ticks === null
      ? []
      : [
          {
            id: 'tick',
            header: '',
            width: '24px',
            render: (row) =>
              row.state !== 'pending' ? null : (
                <Checkbox
                  size="xs"
                  aria-label={`Choose ${row.title}: ${row.target.name}`}
                  checked={ticks.ticked.has(row.id)}
                  onClick={(event) => event.stopPropagation()}
                  onChange={(event) => ticks.onTick(row.id, event.currentTarget.checked)}
                />
              ),
          },
        ];
  const host: Column<StagedChange>[] = withHost
    ? [
        {
          id: 'host',
          header: 'Host or cluster',
          width: 'minmax(100px, 1fr)',
          render: ({ hostName, environment }) => (
            <Group gap={6} wrap="nowrap">
              <span className="truncate" title={hostName}>
                {hostName}
              </span>
              <EnvironmentBadge environment={environment} />
            </Group>
          ),
        },
      ]
    : [];
  return [
    ...tick,
    {
      id: 'state',
      header: 'State',
      width: '112px',
      render: ({ state }) => <StateBadge state={state} />,
    },
    {
      id: 'what',
      header: 'What',
      width: 'minmax(116px, 2fr)',
      render: ({ title, target }) => (
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={500} className="truncate" title={title}>
            {title}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            <LongName name={target.name} />
          </Text>
        </div>
      ),
    },
    ...host,
    { id: 'risk', header: 'Risk', width: '92px', render: ({ risk }) => <RiskBadge risk={risk} /> },
    {
      id: 'when',
      header: 'Staged',
      width: '80px',
      render: ({ stagedAtMs }) => <Age atMs={stagedAtMs} />,
    },
    {
      id: 'note',
      header: 'Note',
      width: 'minmax(60px, 1.2fr)',
      render: ({ note, message, state }) => {
        const text = state === 'pending' ? note : (message ?? note);
        return <span title={text}>{text}</span>;
      },
    },
  ];
}

/** @param ticks what is chosen; null: nothing can be */
export function ChangesTable({
  changes,
  withHost,
  ticks,
}: {
  changes: readonly StagedChange[];
  withHost: boolean;
  ticks: Ticks | null;
}) {
  const selected = useChangesStore((state) => state.open?.changeId ?? null);
  const columns = useMemo(() => columnsOf(withHost, ticks), [withHost, ticks]);
  return (
    <VirtualTable<StagedChange>
      label="Changes"
      columns={columns}
      rowCount={changes.length}
      rowAt={(index) => changes[index]}
      rowKey={({ id }) => id}
      rowHeight={52}
      onOpen={({ id }) => void openChange(id)}
      selectedKey={selected}
    />
  );
}
