import { ActionIcon, Group, Switch, Table, Text } from '@mantine/core';
import { IconRobot, IconTrash } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { Automation } from '../../../src-preload/contract/automations';
import { Age } from '../../components/Age';
import { EmptyState } from '../../components/EmptyState';
import { EnvironmentBadge } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { useAppStore } from '../../stores/app-store';
import {
  deleteAutomation,
  enableAutomation,
  loadAutomations,
  useAutomationsStore,
} from '../../stores/automations-store';
import { triggerWords } from './trigger-words';

/** Rules that stage a change by themselves; none of them runs one. */
export function Automations() {
  const { status, automations, error, problem } = useAutomationsStore();
  useEffect(() => {
    void loadAutomations();
  }, []);
  return (
    <>
      {error !== null && <ErrorNotice error={error} />}
      {problem !== null && <ErrorNotice error={problem} />}
      {status === 'ready' && automations.length === 0 && (
        <div className="panel">
          <EmptyState icon={<IconRobot size={24} />} title="No automations yet">
            Open a staged change and choose “Stage it whenever…”: Holdfast then stages it again when an
            operation ended, trouble began, something is found in another state, or a host is first read. It
            only ever stages; you apply.
          </EmptyState>
        </div>
      )}
      {automations.length > 0 && (
        <section className="panel" aria-label="Automations" style={{ overflowX: 'auto' }}>
          <Table verticalSpacing={10}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th pl={16}>When</Table.Th>
                <Table.Th>Stage</Table.Th>
                <Table.Th>Last</Table.Th>
                <Table.Th w={80}>Enabled</Table.Th>
                <Table.Th w={50} aria-label="Actions" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {automations.map((automation) => (
                <Line key={automation.id} automation={automation} />
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
    </>
  );
}

function Line({ automation }: { automation: Automation }) {
  const actions = useAppStore((state) => state.actions);
  const { id, name, trigger, triggerHostName, title, target, hostName, environment, sameGuests, allDue } =
    automation;
  return (
    <Table.Tr>
      <Table.Td pl={16} valign="top">
        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {triggerWords(trigger, triggerHostName ?? 'a host that is gone', actions)}
        </Text>
      </Table.Td>
      <Table.Td valign="top">
        <Text size="sm">{title}</Text>
        <Group gap={6}>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {sameGuests ? 'of the guests it was about' : allDue ? 'all that is due' : target} on {hostName}
          </Text>
          <EnvironmentBadge environment={environment} />
        </Group>
      </Table.Td>
      <Table.Td valign="top" style={{ maxWidth: 320 }}>
        <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
          {automation.lastMessage ?? 'It had nothing to do yet.'}
        </Text>
        {automation.lastAtMs !== null && (
          <Text size="xs" c="dimmed" component="div">
            <Age atMs={automation.lastAtMs} />
          </Text>
        )}
      </Table.Td>
      <Table.Td valign="top">
        <Switch
          size="sm"
          aria-label={`${name} is enabled`}
          checked={automation.enabled}
          onChange={(event) => void enableAutomation(id, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td valign="top">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Delete ${name}`}
          onClick={() => void deleteAutomation(id)}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}
