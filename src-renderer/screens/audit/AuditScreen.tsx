import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Chip,
  Group,
  Loader,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import {
  IconDownload,
  IconFileSearch,
  IconHistory,
  IconSearch,
  IconShieldCheck,
  IconShieldX,
  IconX,
} from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import type { AuditEntry, AuditSource } from '../../../src-preload/contract/audit';
import type { Outcome } from '../../../src-preload/contract/operations';
import type { WireError } from '../../../src-preload/contract/result';
import { EmptyState } from '../../components/EmptyState';
import { ErrorNotice } from '../../components/ErrorNotice';
import { LongName } from '../../components/LongName';
import { PageHeader } from '../../components/PageHeader';
import { VirtualTable, type Column } from '../../components/VirtualTable';
import { formatCount, plural } from '../../format/bytes-format';
import { formatElapsed, formatMoment } from '../../format/time-format';
import { outcomeWords } from '../../format/words-format';
import {
  closeAuditFile,
  closeVerification,
  exportCsv,
  loadMoreEntries,
  loadSources,
  openAuditFile,
  openEntry,
  selectSource,
  setAuditFilter,
  useAuditStore,
  verifySource,
} from '../../stores/audit-store';
import { AnchorMenu } from './AnchorMenu';
import { AnchorNotice } from './AnchorNotice';
import { AuditDetail } from './AuditDetail';
import { outcomeColours } from './outcome-looks';

const outcomeChoices: readonly Outcome[] = ['ok', 'warning', 'failed', 'refused', 'cancelled', 'unknown'];

/** What was done, by whom, and how it ended; from local files, so also without a network. */
export function AuditScreen() {
  const { sources, sourcesStatus, sourceId, filter, status, entries, nextBeforeSeq, error, detail } =
    useAuditStore();
  const [search, setSearch] = useState(filter.search);
  const [failure, setFailure] = useState<WireError | null>(null);
  const applySearch = useDebouncedCallback((value: string) => void setAuditFilter({ search: value }), 180);
  useEffect(() => {
    void loadSources();
  }, []);
  const source = sources.find((entry) => entry.id === sourceId);
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (last >= entries.length - 20) void loadMoreEntries();
    },
    [entries.length],
  );
  const rowAt = useCallback((index: number) => entries[index], [entries]);
  const saveCsv = async () => {
    const answer = await exportCsv();
    if (answer === null) return;
    if (!answer.ok) setFailure(answer.error);
    else if (answer.value.exported !== null) {
      setFailure(null);
      notifications.show({
        title: 'Audit exported',
        message: `${plural(answer.value.exported.rowCount, 'row')} in ${answer.value.exported.displayPath}`,
      });
    }
  };
  const filtered = filter.search !== '' || filter.outcomes.length > 0;
  return (
    <div className="page page-fixed">
      <PageHeader
        title="Audit"
        actions={
          <>
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconFileSearch size={16} />}
              onClick={() => void openAuditFile().then(setFailure)}
            >
              Open audit file…
            </Button>
            <AnchorMenu sourceId={source?.id ?? null} onFailure={setFailure} />
            <Button
              variant="default"
              leftSection={<IconShieldCheck size={16} />}
              disabled={source === undefined}
              onClick={() => void verifySource()}
            >
              Verify chain
            </Button>
            <Button
              leftSection={<IconDownload size={16} />}
              disabled={source === undefined}
              onClick={() => void saveCsv()}
            >
              Export CSV…
            </Button>
          </>
        }
      >
        Stored on this computer, one file per host, readable offline
      </PageHeader>
      {failure !== null && <ErrorNotice error={failure} />}
      <VerificationNotice />
      <AnchorNotice />
      {sourcesStatus === 'ready' && sources.length === 0 ? (
        <div className="panel">
          <EmptyState icon={<IconHistory size={24} />} title="No audit yet">
            The first change you plan on a host opens its audit: what was asked, the exact commands, who
            confirmed, and how it ended. Refusals and cancelled dialogs are recorded too.
          </EmptyState>
        </div>
      ) : (
        <>
          <Group gap="sm">
            <SourcePicker sources={sources} sourceId={sourceId} />
            {source?.kind === 'review-file' && (
              <ActionIcon
                variant="default"
                size={34}
                aria-label="Close this file"
                onClick={() => void closeAuditFile(source.id)}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
            <TextInput
              w={280}
              placeholder="Search targets, commands, output"
              aria-label="Search the audit"
              leftSection={<IconSearch size={15} />}
              value={search}
              onChange={(event) => {
                setSearch(event.currentTarget.value);
                applySearch(event.currentTarget.value);
              }}
            />
            <Chip.Group
              multiple
              value={filter.outcomes}
              onChange={(outcomes) => void setAuditFilter({ outcomes: outcomes as Outcome[] })}
            >
              <Group gap={6} role="group" aria-label="Outcomes">
                {outcomeChoices.map((outcome) => (
                  <Chip key={outcome} value={outcome} size="xs" radius="sm" variant="outline">
                    {outcomeWords[outcome]}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </Group>
          {typeof source?.problem === 'string' && <Alert color="red">{source.problem}</Alert>}
          {error !== null && <ErrorNotice error={error} />}
          {status === 'ready' && entries.length === 0 && error === null ? (
            <div className="panel">
              <EmptyState
                icon={<IconHistory size={24} />}
                title={filtered ? 'Nothing matches' : 'Nothing recorded here yet'}
              >
                {filtered
                  ? 'Try other words or outcomes.'
                  : 'The first operation on this host will be the first row.'}
              </EmptyState>
            </div>
          ) : (
            <VirtualTable<AuditEntry>
              label="Audit entries"
              question={`${sourceId ?? ''} ${JSON.stringify(filter)}`}
              columns={columns}
              rowCount={entries.length + (nextBeforeSeq === null ? 0 : 1)}
              rowAt={rowAt}
              rowKey={(row) => row.operationId}
              onRange={onRange}
              onOpen={(row) => void openEntry(row)}
              selectedKey={detail?.entry.operationId ?? null}
            />
          )}
        </>
      )}
      <AuditDetail />
    </div>
  );
}

/** A staged change that only waits has no outcome to speak of. */
function whatBecame({ event, lastEvent, outcome }: AuditEntry): string {
  if (event === 'session') return 'Session';
  if (lastEvent === 'staged') return 'Staged';
  return lastEvent === 'discarded' ? 'Discarded' : outcomeWords[outcome];
}

const columns: readonly Column<AuditEntry>[] = [
  {
    id: 'at',
    header: 'When',
    width: '172px',
    render: (row) => <span className="numeric">{formatMoment(row.atMs)}</span>,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '132px',
    render: (row) => (
      <Badge color={outcomeColours[row.outcome]} variant="light" radius="sm" size="sm" tt="none">
        {whatBecame(row)}
      </Badge>
    ),
  },
  {
    id: 'action',
    header: 'Action',
    width: '190px',
    render: (row) => <span className="mono">{row.action}</span>,
  },
  {
    id: 'target',
    header: 'Target',
    width: 'minmax(0, 2fr)',
    render: (row) => <LongName name={row.target} />,
  },
  {
    id: 'message',
    header: 'What happened',
    width: 'minmax(0, 2fr)',
    render: (row) => <span title={row.message}>{row.message}</span>,
  },
  { id: 'actor', header: 'Who', width: '112px', render: (row) => row.actor },
  {
    id: 'duration',
    header: 'Took',
    width: '70px',
    align: 'right',
    render: (row) => (
      <span className="numeric">{row.durationMs === null ? '' : formatElapsed(row.durationMs)}</span>
    ),
  },
];

function SourcePicker({ sources, sourceId }: { sources: readonly AuditSource[]; sourceId: string | null }) {
  const kinds = { host: 'Hosts', 'removed-host': 'Removed hosts', 'review-file': 'Opened files' } as const;
  return (
    <Select
      w={240}
      aria-label="Audit of"
      value={sourceId}
      data={(['host', 'removed-host', 'review-file'] as const)
        .map((kind) => ({
          group: kinds[kind],
          items: sources
            .filter((source) => source.kind === kind)
            .map((source) => ({
              value: source.id,
              label: `${source.title} (${formatCount(source.rowCount)} rows)`,
            })),
        }))
        .filter((group) => group.items.length > 0)}
      onChange={(value) => value !== null && void selectSource(value)}
    />
  );
}

function VerificationNotice() {
  const verification = useAuditStore((state) => state.verification);
  if (verification === null) return null;
  if (verification.status === 'running') {
    return (
      <Alert color="blue" icon={<Loader size={16} />}>
        Verifying every row and checkpoint…
      </Alert>
    );
  }
  if (verification.report === null) {
    return verification.error === null ? null : <ErrorNotice error={verification.error} />;
  }
  const { report } = verification;
  return (
    <Alert
      color={report.ok ? 'teal' : 'red'}
      icon={report.ok ? <IconShieldCheck size={18} /> : <IconShieldX size={18} />}
      title={report.ok ? 'The chain is sound' : 'The chain is BROKEN'}
      withCloseButton
      closeButtonLabel="Close the report"
      onClose={closeVerification}
      role="status"
    >
      <Stack gap={4}>
        <Text size="sm">
          {plural(report.rowCount, 'row')} and {plural(report.checkpointCount, 'signed checkpoint')} checked
          in {formatElapsed(report.durationMs)}.{' '}
          {report.keyFingerprint !== null &&
            (report.ownKey ? 'Signed by this installation.' : 'Signed by another installation.')}
        </Text>
        {report.problems.map((problem, index) => (
          <Text key={index} size="sm" fw={500}>
            {problem.seq === null ? '' : `Row ${problem.seq}: `}
            {problem.text}
          </Text>
        ))}
        <Text size="xs" c="dimmed" className="mono" style={{ overflowWrap: 'anywhere' }}>
          head {report.headHash}
        </Text>
      </Stack>
    </Alert>
  );
}
