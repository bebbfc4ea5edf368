import { Alert, Button, Drawer, Group, Loader, Stack, Text } from '@mantine/core';
import { IconBan, IconInfoCircle } from '@tabler/icons-react';
import type { ShownThen, StagedChange } from '../../../src-preload/contract/changes';
import { ActionButton } from '../../components/ActionButton';
import { Facts, Section } from '../../components/DetailParts';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { readOnlyExcuse } from '../../components/excuse';
import { formatBytes } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';
import { useAppStore } from '../../stores/app-store';
import { openAutomationForm } from '../../stores/automations-store';
import { closeChange, discardChanges, useChangesStore } from '../../stores/changes-store';
import { openSequence } from '../../stores/plan-store';
import { RiskBadge, StateBadge } from './ChangesTable';

/** One staged change: the plan as it was shown then, and what can be done with it. */
export function ChangeDrawer() {
  const open = useChangesStore((state) => state.open);
  const change = open?.detail?.change;
  return (
    <Drawer
      opened={open !== null}
      onClose={closeChange}
      position="right"
      size={620}
      title={
        change === undefined ? (
          'Staged change'
        ) : (
          <Group gap="sm">
            <Text fw={600}>{change.title}</Text>
            <StateBadge state={change.state} />
            <RiskBadge risk={change.risk} />
          </Group>
        )
      }
    >
      {open !== null && open.error !== null && <ErrorNotice error={open.error} />}
      {open !== null && open.error === null && open.detail === null && <Loader size="sm" />}
      {open !== null && open.detail !== null && (
        <Body change={open.detail.change} shown={open.detail.shown} />
      )}
    </Drawer>
  );
}

function Body({ change, shown }: { change: StagedChange; shown: ShownThen }) {
  const { target, hostName, environment, note, stagedAtMs, stagedBy, changedAtMs, message } = change;
  const problem = useChangesStore((state) => state.problem);
  return (
    <Stack gap="lg">
      <Facts
        facts={[
          [
            'Target',
            <span key="target" className="mono">
              {/* Of many at once the name says what they are. */}
              {target.name.endsWith(target.kind) ? target.name : `${target.kind} ${target.name}`}
            </span>,
          ],
          [
            change.hostKind === 'host' ? 'Host' : 'Cluster',
            <Group gap={6}>
              {hostName}
              <EnvironmentBadge environment={environment} />
            </Group>,
          ],
          ['Staged', `${formatMoment(stagedAtMs)} by ${stagedBy}`],
          ...(note === '' ? [] : [['Note', note] as const]),
          ...(changedAtMs === null ? [] : [['Last changed', formatMoment(changedAtMs)] as const]),
          ...(message === null ? [] : [['What came of it', message] as const]),
          ...(change.operationId === null
            ? []
            : [['Operation', <span className="mono">{change.operationId}</span>] as const]),
        ]}
      />
      <Ways change={change} />
      {problem !== null && <ErrorNotice error={problem} />}
      <Alert color="gray" variant="light" icon={<IconInfoCircle size={18} />} py={8}>
        <Text size="sm">
          This is the plan as it was then. Applying reads the {change.hostKind} anew, shows what differs, and
          asks you to confirm.
        </Text>
      </Alert>
      {shown.blockers.length > 0 && (
        <Alert color="orange" variant="light" icon={<IconBan size={18} />} title="What stood in its way then">
          {shown.blockers.map(({ text }, index) => (
            <Text key={index} size="sm">
              {text}
            </Text>
          ))}
        </Alert>
      )}
      {shown.consequences.length > 0 && (
        <Section title="What it meant">
          <Stack gap={6} component="ul" m={0} pl={18}>
            {shown.consequences.map(({ severity, text, items }, index) => (
              <li key={index}>
                <Text size="sm" fw={severity === 'loss' ? 600 : 400}>
                  {severity === 'loss' && 'Lost: '}
                  {text}
                </Text>
                {items.slice(0, mostItems).map(({ name, sizeBytes }, at) => (
                  <Text key={at} size="xs" c="dimmed" className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {name}
                    {sizeBytes === null ? '' : ` (${formatBytes(sizeBytes)})`}
                  </Text>
                ))}
                {items.length > mostItems && (
                  <Text size="xs" c="dimmed">
                    and {items.length - mostItems} more
                  </Text>
                )}
              </li>
            ))}
          </Stack>
        </Section>
      )}
      {shown.commands.length > 0 && (
        <Section title="What would have been sent">
          <Stack gap={8} component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
            {shown.commands.map(({ title, line }, index) => (
              <li key={index}>
                <Text size="xs" fw={600} mb={3}>
                  {title}
                </Text>
                <code className="command">{line}</code>
              </li>
            ))}
          </Stack>
        </Section>
      )}
      <Text size="sm">
        <Text span fw={600}>
          Undo:{' '}
        </Text>
        {shown.undo ?? 'this can’t be undone.'}
      </Text>
    </Stack>
  );
}

/** Of a plan over very many objects the audit and the new plan have the rest. */
const mostItems = 50;

function Ways({ change }: { change: StagedChange }) {
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const { id, state } = change;
  const open = state === 'pending' || state === 'unknown';
  return (
    <Group gap="sm">
      {state === 'pending' && (
        <ActionButton excuse={readOnlyExcuse(readOnly)} onClick={() => openSequence([id])}>
          Plan and apply…
        </ActionButton>
      )}
      {open && (
        <Button variant="default" onClick={() => void discardChanges([id])}>
          Discard
        </Button>
      )}
      {state !== 'applying' && (
        <Button variant="default" onClick={() => openAutomationForm(change)}>
          Stage it whenever…
        </Button>
      )}
    </Group>
  );
}
