import { Alert, Button, Group, Loader, Modal, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Environment } from '../../../src-preload/contract/hosts';
import type { Response } from '../../../src-preload/contract';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { environmentColours } from '../../components/EnvironmentBadge';
import { ErrorNotice } from '../../components/ErrorNotice';
import { useRead } from '../../components/use-read';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';
import { loadFleet } from '../../stores/fleet-store';
import { ImportOutcome } from './ImportOutcome';
import { ImportTable } from './ImportTable';

/** Hosts of the person's own ~/.ssh/config, chosen one by one. */
export function SshConfigDialog() {
  const opened = useDialogStore((state) => state.sshConfig);
  return (
    <Modal opened={opened} onClose={closeDialogs} title="Hosts of ~/.ssh/config" size={760}>
      {opened && <Choice />}
    </Modal>
  );
}

type Answer = Response<'hosts:importSshConfig'>;
type Found = Response<'hosts:readSshConfig'>;

function Choice() {
  const { read } = useRead('hosts:readSshConfig', {}, 0);
  const [answer, setAnswer] = useState<Answer | null>(null);
  if (answer !== null) {
    const refused = answer.refused.map(({ alias, reason }) => ({ name: alias, reason }));
    return <ImportOutcome added={answer.added} refused={refused} />;
  }
  switch (read.status) {
    case 'loading':
      return (
        <Group gap="sm">
          <Loader size="sm" />
          <Text size="sm">Reading ~/.ssh/config…</Text>
        </Group>
      );
    case 'failed':
      return <ErrorNotice error={read.error} />;
    case 'ready':
      return <Entries found={read.found} onAnswer={setAnswer} />;
  }
}

function Entries({ found, onAnswer }: { found: Found; onAnswer: (answer: Answer) => void }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [label, setLabel] = useState('Imported');
  const [colour, setColour] = useState<Environment['colour']>('gray');
  const [sudo, setSudo] = useState(true);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const add = async () => {
    setBusy(true);
    setError(null);
    const answer = await call('hosts:importSshConfig', {
      aliases: [...chosen],
      sudo,
      environment: { label: label.trim(), colour, production: false },
    });
    setBusy(false);
    if (!answer.ok) {
      setError(answer.error);
      return;
    }
    onAnswer(answer.value);
    await loadFleet();
  };
  if (found.entries.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {found.displayPath} names no single host. Only `Host` lines without wildcards can be taken over.
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Text size="sm">
        Each chosen host is added at the level “view”. Nothing is connected to now: the fingerprint of each
        host is shown to you when you first open it.
      </Text>
      {found.notes.map((note) => (
        <Alert key={note} color="gray" p="xs">
          <Text size="sm">{note}</Text>
        </Alert>
      ))}
      <ImportTable
        chooseAll="Choose all"
        columns={[{ header: 'Key', width: 110 }]}
        rows={found.entries.map((entry) => ({
          ...entry,
          name: entry.alias,
          excuse: entry.obstacle ?? undefined,
          notes: entry.obstacle === null ? [] : [entry.obstacle],
          cells: [entry.keyFile ?? 'SSH agent'],
        }))}
        chosen={chosen}
        onChoose={setChosen}
      />
      <Group align="flex-end" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          label="Environment"
          maxLength={24}
          value={label}
          error={label.trim() === '' ? '1 to 24 characters' : null}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Select
          w={130}
          label="Colour"
          data={environmentColours}
          value={colour}
          allowDeselect={false}
          onChange={(value) => value !== null && setColour(value as Environment['colour'])}
        />
        <Switch
          pb={9}
          label="Run storage tools with sudo"
          checked={sudo}
          onChange={(event) => setSudo(event.currentTarget.checked)}
        />
      </Group>
      {error !== null && <ErrorNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={closeDialogs}>
          Cancel
        </Button>
        <Button
          loading={busy}
          disabled={chosen.length === 0 || label.trim() === ''}
          title={chosen.length === 0 ? 'Choose at least one host' : undefined}
          onClick={() => void add()}
        >
          Add {chosen.length === 1 ? '1 host' : `${chosen.length} hosts`}
        </Button>
      </Group>
    </Stack>
  );
}
