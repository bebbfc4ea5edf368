import {
  Alert,
  Badge,
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconScissors, IconTrash, IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import type { RetentionRule, VerdictRow } from '../../../src-preload/contract/prune';
import { ActionButton } from '../../components/ActionButton';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { excuseForAction } from '../../components/excuse';
import { LongName } from '../../components/LongName';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatBytes, formatCount, plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import {
  changePrune,
  closePrune,
  keepsNothing,
  usePruneStore,
  type PruneQuestion,
} from '../../stores/prune-store';
import {
  mostSelected,
  partsOf,
  planDestroy,
  useSelectionStore,
  type SelectionPart,
} from '../../stores/selection-store';
import { destroyActionOf } from './snapshot-actions';

const counts = [
  'last',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
] as const satisfies (keyof RetentionRule)[];
const countLabels: Record<(typeof counts)[number], string> = {
  last: 'Newest',
  hourly: 'Hourly',
  daily: 'Daily',
  weekly: 'Weekly',
  monthly: 'Monthly',
  yearly: 'Yearly',
};

/** A rule, its verdict on every snapshot of a host, and then a plan of exactly what it would remove. */
export function PruneDialog() {
  const question = usePruneStore((state) => state.question);
  return (
    <Modal
      opened={question !== null}
      onClose={closePrune}
      title="Prune snapshots"
      size={1020}
      styles={{ body: { height: 'min(720px, 78vh)', display: 'flex', flexDirection: 'column' } }}
    >
      {question !== null && <Preview question={question} />}
    </Modal>
  );
}

function Preview({ question }: { question: PruneQuestion }) {
  const { status, rows, keep, remove, stay, removeUsedBytes, error } = usePruneStore();
  const rowAt = useCallback((index: number) => rows[index], [rows]);
  const total = keep + remove + stay;
  const nothing = status === 'ready' && total === 0;
  return (
    <Stack gap="sm" style={{ flex: 1, minHeight: 0 }}>
      <Scope question={question} />
      <Rule rule={question.rule} />
      {error !== null && <ErrorNotice error={error} />}
      {status !== 'failed' && !nothing && (
        <Text size="sm" role="status" className="numeric">
          <b>{plural(remove, 'snapshot')}</b> would go, {formatCount(keep)} are kept
          {stay > 0 &&
            `, ${formatCount(stay)} ${stay === 1 ? 'stays because it has' : 'stay because they have'} to`}
          . Those that go hold {formatBytes(removeUsedBytes)} alone; what they share comes on top, and the
          plan says how much.
        </Text>
      )}
      {nothing || status === 'failed' ? (
        // The way out stays at the foot of the dialog.
        <div style={{ flex: 1 }}>
          {nothing && (
            <EmptyState icon={<IconScissors size={24} />} title="No snapshots here">
              Nothing is found by this pool and name. Choose another one.
            </EmptyState>
          )}
        </div>
      ) : (
        <VirtualTable<VerdictRow>
          label="Verdicts"
          busy={status === 'loading'}
          columns={columns}
          rowCount={rows.length}
          rowAt={rowAt}
          rowKey={({ snapshot }) => snapshot.id}
          rowHeight={36}
        />
      )}
      {rows.length < total && (
        <Text size="xs" c="dimmed">
          {formatCount(rows.length)} of {formatCount(total)} are listed, those that go first. The counts are
          about all.
        </Text>
      )}
      <Ways rows={rows} />
    </Stack>
  );
}

function Scope({ question }: { question: PruneQuestion }) {
  const hosts = useFleetStore((state) => state.hosts);
  const inventory = useInventoryStore((state) => state.byHost[question.hostId]?.inventory ?? null);
  const [search, setSearch] = useState(question.search);
  const apply = useDebouncedCallback((value: string) => changePrune({ search: value }), 250);
  useEffect(() => {
    void loadInventory(question.hostId);
  }, [question.hostId]);
  const pools = (inventory?.pools ?? []).filter(({ backend }) => backend !== 'mdadm');
  return (
    <Group gap="sm" align="flex-end">
      <Select
        label="Host"
        w={190}
        data={hosts.map(({ host }) => ({ value: host.id, label: host.name }))}
        value={question.hostId}
        allowDeselect={false}
        onChange={(value) => value !== null && changePrune({ hostId: value, poolId: null, policyId: null })}
      />
      <Select
        label="Pool"
        w={210}
        data={[
          { value: '', label: 'All pools' },
          ...pools.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={question.poolId ?? ''}
        allowDeselect={false}
        onChange={(value) => changePrune({ poolId: value === '' ? null : value })}
      />
      <TextInput
        label="Only those whose name has"
        placeholder="auto- daily"
        w={300}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          apply(event.currentTarget.value);
        }}
      />
      {question.policyId !== null && (
        <Button
          variant="light"
          rightSection={<IconX size={14} />}
          title="Look at all volumes again"
          onClick={() => changePrune({ policyId: null })}
        >
          Volumes of the policy only
        </Button>
      )}
    </Group>
  );
}

function Rule({ rule }: { rule: RetentionRule }) {
  const [shown, setShown] = useState(rule);
  const apply = useDebouncedCallback((next: RetentionRule) => changePrune({ rule: next }), 250);
  return (
    <div>
      <Group gap="sm" align="flex-end" role="group" aria-label="What is kept">
        {counts.map((name) => (
          <NumberInput
            key={name}
            label={countLabels[name]}
            w={92}
            size="xs"
            min={0}
            max={1000}
            clampBehavior="strict"
            allowDecimal={false}
            allowNegative={false}
            value={shown[name]}
            onChange={(value) => {
              const next = { ...shown, [name]: typeof value === 'number' ? value : 0 };
              setShown(next);
              apply(next);
            }}
          />
        ))}
      </Group>
      {keepsNothing(shown) && (
        <Text size="sm" c="var(--hf-warning)" role="alert" mt={6}>
          This rule keeps nothing at all, so nothing is shown. Name at least one that stays.
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={6}>
        Of each volume the newest of every hour, day, week, month and year is kept, this many back; by the
        clock of this computer, weeks from Monday.
      </Text>
    </div>
  );
}

/** One way on per backend: a plan is about one action. */
function Ways({ rows }: { rows: readonly VerdictRow[] }) {
  const actions = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const hosts = useFleetStore((state) => state.hosts);
  const problem = useSelectionStore((state) => state.problem);
  const going = rows.flatMap(({ verdict, snapshot }) => (verdict === 'remove' ? [snapshot] : []));
  return (
    <Stack gap="xs">
      {problem !== null && (
        <Alert color="orange" variant="light" role="alert" py={8}>
          {problem}
        </Alert>
      )}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={closePrune}>
          Close
        </Button>
        {partsOf(going).map((part) => (
          <ActionButton
            key={part.backend}
            color="red"
            leftSection={<IconTrash size={15} />}
            excuse={excuseForAction(
              destroyActionOf(actions, part.backend),
              hosts.find(({ host }) => host.id === part.hostId)?.host,
              readOnly,
            )}
            onClick={() => {
              void planDestroy(oldest(part)).then((planned) => {
                if (planned) closePrune();
              });
            }}
          >
            {part.rows.length > mostSelected
              ? `Plan the oldest ${mostSelected} of ${formatCount(part.rows.length)}…`
              : `Plan to destroy ${plural(part.rows.length, 'snapshot')}…`}
          </ActionButton>
        ))}
      </Group>
    </Stack>
  );
}

function oldest(part: SelectionPart): SelectionPart {
  const rows = [...part.rows].sort((a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0));
  return { ...part, rows: rows.slice(0, mostSelected) };
}

const words = { keep: 'Keep', remove: 'Remove', stay: 'Stays' } as const;
const colours = { keep: 'teal', remove: 'red', stay: 'gray' } as const;

const columns: Column<VerdictRow>[] = [
  {
    id: 'verdict',
    header: 'Verdict',
    width: '92px',
    render: ({ verdict }) => (
      <Badge size="sm" variant="light" color={colours[verdict]}>
        {words[verdict]}
      </Badge>
    ),
  },
  {
    id: 'name',
    header: 'Snapshot',
    width: 'minmax(0, 1.6fr)',
    render: ({ snapshot }) => <LongName name={snapshot.name} title={snapshot.fullName} />,
  },
  {
    id: 'volume',
    header: 'Of volume',
    width: 'minmax(0, 1.4fr)',
    render: ({ snapshot }) => <LongName name={snapshot.volumeName ?? 'origin gone'} />,
  },
  {
    id: 'created',
    header: 'Created',
    width: '96px',
    render: ({ snapshot }) => <Age atMs={snapshot.createdAtMs} />,
  },
  {
    id: 'used',
    header: 'Used',
    width: '84px',
    align: 'right',
    render: ({ snapshot }) => <span className="numeric">{formatBytes(snapshot.usedBytes)}</span>,
  },
  {
    id: 'why',
    header: 'Why',
    width: 'minmax(0, 1.8fr)',
    render: ({ reasons }) => (
      <Text size="xs" c="dimmed" className="truncate" title={reasons.join(' · ')}>
        {reasons.join(' · ')}
      </Text>
    ),
  },
];
