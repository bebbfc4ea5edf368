import { Badge, Button, Group, Modal, Stack, Text } from '@mantine/core';
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
import { ImportTable } from './ImportTable';

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

function Status({ status }: { status: HostListEntry['status'] }) {
  const { text, colour } = statusLooks[status];
  return (
    <Badge color={colour} variant="light" radius="sm" size="sm" tt="none">
      {text}
    </Badge>
  );
}

function Entries({ found, onAnswer }: { found: Found; onAnswer: (answer: Answer) => void }) {
  const newCount = found.entries.filter(({ status }) => status === 'new').length;
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
  return (
    <Stack gap="md">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {found.displayPath}: {plural(found.entries.length, 'host')}, {newCount} new. Each chosen host is added
        at the level “view”. Nothing is connected to now, and no host of your list is changed.
      </Text>
      <ImportTable
        chooseAll="Choose all new"
        columns={[
          { header: 'Login', width: 120 },
          { header: 'State', width: 110 },
        ]}
        rows={found.entries.map((entry) => ({
          ...entry,
          excuse: excuses[entry.status],
          cells: [loginWords[entry.login], <Status key="status" status={entry.status} />],
        }))}
        chosen={chosen}
        onChoose={setChosen}
      />
      {error !== null && <ErrorNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={closeDialogs}>
          Cancel
        </Button>
        <Button
          loading={busy}
          disabled={chosen.length === 0}
          title={
            newCount === 0
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
