import { Alert, Button, Code, Collapse, Group, Stack, Text } from '@mantine/core';
import { IconAlertOctagon, IconChevronDown, IconChevronRight, IconQuestionMark } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { WireError } from '../../src-preload/contract/result';
import { CopyButton } from './CopyButton';

const titles: Record<WireError['code'], string> = {
  'invalid-request': 'That input was not accepted',
  refused: 'Refused',
  unreachable: 'Host not reachable',
  'untrusted-host': 'Not trusted',
  unauthorized: 'Login failed',
  forbidden: 'A permission is missing',
  'command-failed': 'The command failed',
  'command-missing': 'A tool is missing on the host',
  'sudo-refused': 'sudo refused',
  'output-too-large': 'Too much output',
  'timed-out': 'No answer in time',
  'api-failed': 'The API refused',
  'task-failed': 'The task failed',
  'unexpected-output': 'Output not understood',
  'outcome-unknown': 'Outcome unknown',
  'audit-unavailable': 'The audit can’t be written',
  'vault-unavailable': 'The secret can’t be read',
  'not-found': 'Not found',
  conflict: 'Not twice',
  'limit-reached': 'Too many',
  cancelled: 'Cancelled',
  'core-unavailable': 'Holdfast’s core is not running',
  internal: 'A bug in Holdfast',
};

interface ErrorNoticeProps {
  error: WireError;
  /** What the error means here: what was not done, or what is shown all the same. */
  note?: ReactNode;
  /** A state like any other (a host that is away), not an alarm. */
  quiet?: boolean;
  actions?: ReactNode;
}

/** What happened, what was not done, what to do next. Raw tool output stays one click away. */
export function ErrorNotice({ error, note, quiet = false, actions }: ErrorNoticeProps) {
  const [open, setOpen] = useState(false);
  const unknown = error.code === 'outcome-unknown';
  // Most remedies are a line to copy; some are a sentence, which ends like one.
  const sentence = error.remedy?.endsWith('.') === true ? error.remedy : null;
  return (
    <Alert
      // Unknown is not failed, and has the colour it has in the audit.
      color={unknown ? 'violet' : quiet ? 'gray' : 'red'}
      variant="light"
      icon={unknown ? <IconQuestionMark size={18} /> : <IconAlertOctagon size={18} />}
      title={titles[error.code]}
      role="alert"
    >
      <Stack gap="xs">
        <Text size="sm">{error.message}</Text>
        {sentence !== null && <Text size="sm">{sentence}</Text>}
        {error.remedy !== undefined && sentence === null && (
          <Group gap="xs" wrap="nowrap" align="flex-start">
            <Code block style={{ flex: 1, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {error.remedy}
            </Code>
            <CopyButton value={error.remedy} label="Copy" />
          </Group>
        )}
        {note !== undefined && (
          <Text size="sm" c="dimmed">
            {note}
          </Text>
        )}
        {error.detail !== undefined && error.detail !== '' && (
          <div>
            <Button
              variant="subtle"
              size="compact-xs"
              color="gray"
              aria-expanded={open}
              onClick={() => setOpen(!open)}
              leftSection={open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
            >
              Details
            </Button>
            <Collapse expanded={open}>
              <pre className="command" style={{ margin: '6px 0 0' }}>
                {error.detail}
              </pre>
            </Collapse>
          </div>
        )}
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Stack>
    </Alert>
  );
}
