import { Badge, Drawer, Group, Loader, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AuditRow } from '../../../src-preload/contract/audit';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNotice } from '../../components/ErrorNotice';
import { formatElapsed, formatMoment } from '../../format/time-format';
import { outcomeWords } from '../../format/words-format';
import { closeEntry, useAuditStore } from '../../stores/audit-store';
import { outcomeColours } from './outcome-looks';

const eventWords: Record<AuditRow['event'], string> = {
  started: 'Started',
  finished: 'Finished',
  refused: 'Refused',
  cancelled: 'Cancelled',
  resolved: 'Resolved by reading the host',
  session: 'Session',
  staged: 'Staged',
  applied: 'Applied',
  discarded: 'Discarded',
};

/** All raw rows of one operation, with commands, output and hashes. */
export function AuditDetail() {
  const detail = useAuditStore((state) => state.detail);
  return (
    <Drawer
      opened={detail !== null}
      onClose={closeEntry}
      position="right"
      size={620}
      title={
        detail === null ? (
          ''
        ) : (
          <Group gap="sm">
            <Text fw={600} className="mono">
              {detail.entry.action}
            </Text>
            <Badge color={outcomeColours[detail.entry.outcome]} variant="light" radius="sm" tt="none">
              {outcomeWords[detail.entry.outcome]}
            </Badge>
          </Group>
        )
      }
    >
      {detail !== null && (
        <Stack gap="md">
          <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
            {detail.entry.target}
          </Text>
          <Text size="sm" c="dimmed">
            {detail.entry.hostName} · {detail.entry.actor}
          </Text>
          {detail.error !== null && <ErrorNotice error={detail.error} />}
          {detail.rows === null && detail.error === null && <Loader size="sm" />}
          {detail.rows?.map((row) => (
            <RowCard key={row.seq} row={row} />
          ))}
        </Stack>
      )}
    </Drawer>
  );
}

function RowCard({ row }: { row: AuditRow }) {
  return (
    <section className="panel" style={{ padding: '12px 14px' }} aria-label={`Row ${row.seq}`}>
      <Group justify="space-between" mb={6}>
        <Group gap="xs">
          <Title order={3}>{eventWords[row.event]}</Title>
          {row.outcome !== null && (
            <Badge color={outcomeColours[row.outcome]} variant="light" radius="sm" size="sm" tt="none">
              {outcomeWords[row.outcome]}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed" className="numeric">
          row {row.seq} · {formatMoment(row.atMs)}
        </Text>
      </Group>
      <Text size="sm">{row.message}</Text>
      {row.commands !== '' && (
        <Field label="Commands" copy={row.commands}>
          <pre className="command" style={{ margin: 0 }}>
            {row.commands}
          </pre>
        </Field>
      )}
      {(row.exitCode !== null || row.durationMs !== null) && (
        <Text size="xs" c="dimmed" mt={8} className="numeric">
          {row.exitCode !== null && `exit code ${row.exitCode}`}
          {row.exitCode !== null && row.durationMs !== null && ' · '}
          {row.durationMs !== null && formatElapsed(row.durationMs)}
        </Text>
      )}
      {row.stdoutSnippet !== '' && (
        <Field label="Standard output">
          <pre className="command" style={{ margin: 0 }}>
            {row.stdoutSnippet}
          </pre>
        </Field>
      )}
      {row.stderrSnippet !== '' && (
        <Field label="Standard error">
          <pre className="command" style={{ margin: 0 }}>
            {row.stderrSnippet}
          </pre>
        </Field>
      )}
      <Text size="xs" c="dimmed" mt={8} className="mono truncate" title={row.hash}>
        {row.hash}
      </Text>
    </section>
  );
}

function Field({ label, copy, children }: { label: string; copy?: string; children: ReactNode }) {
  return (
    <div style={{ marginTop: 10 }}>
      <Group justify="space-between" mb={4}>
        <Text size="xs" c="dimmed" fw={500}>
          {label}
        </Text>
        {copy !== undefined && <CopyButton value={copy} label={`Copy ${label.toLowerCase()}`} />}
      </Group>
      {children}
    </div>
  );
}
