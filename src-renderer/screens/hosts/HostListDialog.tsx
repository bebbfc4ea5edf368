import { Badge, Button, Checkbox, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconFileExport, IconFileImport } from '@tabler/icons-react';
import { useState } from 'react';
import type { Response } from '../../../src-preload/contract';
import type { HostListEntry } from '../../../src-preload/contract/hosts';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { plural } from '../../format/bytes-format';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';
import { loadFleet, useFleetStore } from '../../stores/fleet-store';
import { ImportOutcome } from './ImportOutcome';

type Found = NonNullable<Response<'hosts:openList'>['found']>;
type Answer = Response<'hosts:importList'>;

/** The list of hosts as a file that a team can share: written, or taken over host by host. */
export function HostListDialog() {
  const opened = useDialogStore((state) => state.hostList);
  return (
    <Modal opened={opened} onClose={closeDialogs} title="Host list as a file" size={760}>
      {opened && <Content />}
    </Modal>
  );
}

function Content() {
  const [found, setFound] = useState<Found | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  if (answer !== null) return <ImportOutcome {...answer} />;
  if (found !== null) return <Entries found={found} onAnswer={setAnswer} />;
  return <Start onFound={setFound} />;
}

function Start({ onFound }: { onFound: (found: Found) => void }) {
  const [error, setError] = useState<WireError | null>(null);
  const empty = useFleetStore((state) => state.hosts.length === 0);
  const save = async () => {
    setError(null);
    const answer = await call('hosts:exportList', {});
    if (!answer.ok) {
      setError(answer.error);
      return;
    }
    if (answer.value.exported === null) return;
    const { displayPath, hostCount } = answer.value.exported;
    notifications.show({
      title: 'Host list exported',
      message: `${plural(hostCount, 'host')} in ${displayPath}`,
    });
    closeDialogs();
  };
  const open = async () => {
    setError(null);
    const answer = await call('hosts:openList', {});
    if (!answer.ok) setError(answer.error);
    else if (answer.value.found !== null) onFound(answer.value.found);
  };
  return (
    <Stack gap="md">
      <Text size="sm">
        The file holds the name, address, login name, environment and jump host of each storage host, by name,
        so that a team can keep it under version control. It holds no password, no key file, no pinned host
        key and no access level: these are decided on each computer.
      </Text>
      {error !== null && <ErrorNotice error={error} />}
      <Group justify="flex-end">
        <Button
          variant="default"
          leftSection={<IconFileExport size={16} />}
          disabled={empty}
          title={empty ? 'There is no host to export yet' : undefined}
          onClick={() => void save()}
        >
          Export hosts…
        </Button>
        <Button leftSection={<IconFileImport size={16} />} onClick={() => void open()}>
          Import from a file…
        </Button>
      </Group>
    </Stack>
  );
}

const statusLooks: Record<HostListEntry['status'], { text: string; colour: string }> = {
  new: { text: 'New', colour: 'teal' },
  same: { text: 'In your list', colour: 'gray' },
  differs: { text: 'Differs', colour: 'yellow' },
  refused: { text: 'Refused', colour: 'red' },
};

const loginWords: Record<HostListEntry['login'], string> = {
  agent: 'SSH agent',
  password: 'Password, asked for later',
  'key-file': 'SSH agent, until you choose a key file',
};

const excuses: Record<HostListEntry['status'], string | undefined> = {
  new: undefined,
  same: 'It is in your list as it is in the file',
  differs: 'A host of your list is not changed by a file. Change it in its settings',
  refused: 'It can’t be added',
};

function Entries({ found, onAnswer }: { found: Found; onAnswer: (answer: Answer) => void }) {
  const possible = found.entries.filter(({ status }) => status === 'new').map(({ name }) => name);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const add = async () => {
    setBusy(true);
    setError(null);
    const answer = await call('hosts:importList', { listId: found.listId, names: [...chosen] });
    setBusy(false);
    if (!answer.ok) {
      setError(answer.error);
      return;
    }
    onAnswer(answer.value);
    await loadFleet();
  };
  const toggle = (name: string) =>
    setChosen(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <Stack gap="md">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {found.displayPath}: {plural(found.entries.length, 'host')}, {possible.length} new. Each chosen host
        is added at the level “view”. Nothing is connected to now, and no host of your list is changed.
      </Text>
      <Table.ScrollContainer minWidth={0} mah={380}>
        <Table aria-label="Hosts of the file" stickyHeader verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={36}>
                <Checkbox
                  aria-label="Choose all new"
                  disabled={possible.length === 0}
                  checked={possible.length > 0 && chosen.length === possible.length}
                  indeterminate={chosen.length > 0 && chosen.length < possible.length}
                  onChange={() => setChosen(chosen.length === possible.length ? [] : possible)}
                />
              </Table.Th>
              <Table.Th>Name</Table.Th>
              <Table.Th>Where</Table.Th>
              <Table.Th miw={120}>Login</Table.Th>
              <Table.Th w={110}>State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.entries.map((entry, index) => (
              <Table.Tr key={index} style={{ verticalAlign: 'top' }}>
                <Table.Td>
                  <Checkbox
                    aria-label={`Choose ${entry.name}`}
                    disabled={entry.status !== 'new'}
                    title={excuses[entry.status]}
                    checked={chosen.includes(entry.name)}
                    onChange={() => toggle(entry.name)}
                  />
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Text size="sm" fw={500}>
                    {entry.name}
                  </Text>
                  {entry.notes.map((note) => (
                    <Text key={note} size="xs" c="dimmed">
                      {note}
                    </Text>
                  ))}
                </Table.Td>
                <Table.Td className="mono" fz="xs" style={{ overflowWrap: 'anywhere' }}>
                  {entry.user}@{entry.address}:{entry.port}
                  {entry.via !== null && (
                    <Text size="xs" c="dimmed">
                      through {entry.via}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td fz="xs">{loginWords[entry.login]}</Table.Td>
                <Table.Td>
                  <Badge
                    color={statusLooks[entry.status].colour}
                    variant="light"
                    radius="sm"
                    size="sm"
                    tt="none"
                  >
                    {statusLooks[entry.status].text}
                  </Badge>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {error !== null && <ErrorNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={closeDialogs}>
          Cancel
        </Button>
        <Button
          loading={busy}
          disabled={chosen.length === 0}
          title={
            possible.length === 0
              ? 'The file holds no new host'
              : chosen.length === 0
                ? 'Choose at least one host'
                : undefined
          }
          onClick={() => void add()}
        >
          Add {plural(chosen.length, 'host')}
        </Button>
      </Group>
    </Stack>
  );
}
