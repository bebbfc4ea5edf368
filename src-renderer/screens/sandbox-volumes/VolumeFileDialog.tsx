import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { VolumeFile } from '../../../src-preload/contract/sandbox-files';
import { Age } from '../../components/Age';
import { Facts } from '../../components/DetailParts';
import { formatBytes, formatCount } from '../../format/bytes-format';
import { formatMode } from '../../format/mode-format';
import { formatMoment } from '../../format/time-format';
import {
  planVolumeChange,
  setVolumeDialog,
  useVolumeFilesStore,
  type VolumeDialog,
} from '../../stores/volume-files-store';
import { useChangeExcuse } from './use-change-excuse';

const titles: Record<VolumeDialog['kind'], string> = {
  mkdir: 'New folder',
  write: 'Text file',
  copy: 'Copy file',
  rename: 'Rename or move',
  view: 'Text of the file',
  details: 'Details',
};

/** What a change of files still has to know; ends in a plan. */
export function VolumeFileDialog() {
  const dialog = useVolumeFilesStore((state) => state.dialog);
  return (
    <Modal
      opened={dialog !== null}
      onClose={() => setVolumeDialog(null)}
      title={dialog === null ? '' : titles[dialog.kind]}
      size={dialog?.kind === 'mkdir' ? 480 : dialog?.kind === 'details' ? 560 : 720}
      zIndex={300}
    >
      {dialog !== null && <Form dialog={dialog} />}
    </Modal>
  );
}

function Form({ dialog }: { dialog: VolumeDialog }) {
  switch (dialog.kind) {
    case 'view':
      return <TextView dialog={dialog} />;
    case 'details':
      return <Details dialog={dialog} />;
    case 'write':
      return <WriteForm name={dialog.name} text={dialog.text} />;
    case 'mkdir':
      return (
        <NameForm
          label="Name of the folder"
          help="In the folder that is open."
          value=""
          problem={nameProblem}
          onDone={(name) => planVolumeChange('sandbox.file.mkdir', name)}
        />
      );
    case 'copy':
    case 'rename':
      return <TargetForm kind={dialog.kind} name={dialog.file.name} />;
  }
}

/** The core alone decides; this spares a person the trip. */
function nameProblem(name: string): string | null {
  if (name === '') return 'Say a name.';
  if (name.includes('/')) return 'One name, without a slash.';
  return name === '.' || name === '..' ? 'This is not the name of a folder.' : null;
}

function TargetForm({ kind, name }: { kind: 'copy' | 'rename'; name: string }) {
  const path = useVolumeFilesStore((state) => state.path);
  return (
    <NameForm
      label="New path, from the root of the volume"
      help="Folders on the way are made. What is replaced is shown in the plan."
      value={`/${[...path, kind === 'copy' ? `${name}.copy` : name].join('/')}`}
      problem={(to) => (to.replaceAll('/', '') === '' ? 'Say a path.' : null)}
      onDone={(to) => planVolumeChange(`sandbox.file.${kind}`, name, { to })}
    />
  );
}

interface NameFormProps {
  label: string;
  help: string;
  value: string;
  problem: (value: string) => string | null;
  onDone: (value: string) => void;
}

function NameForm({ label, help, value, problem, onDone }: NameFormProps) {
  const [name, setName] = useState(value);
  const [asked, setAsked] = useState(false);
  const wrong = problem(name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (wrong === null) onDone(name);
      }}
    >
      <Stack gap="md">
        <TextInput
          label={label}
          description={help}
          value={name}
          error={asked ? wrong : null}
          maxLength={4096}
          data-autofocus
          classNames={{ input: 'mono' }}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Buttons />
      </Stack>
    </form>
  );
}

function Buttons() {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={() => setVolumeDialog(null)}>
        Cancel
      </Button>
      <Button type="submit">Show plan</Button>
    </Group>
  );
}

function WriteForm({ name: given, text: before }: { name: string; text: string }) {
  const [name, setName] = useState(given);
  const [text, setText] = useState(before);
  const [asked, setAsked] = useState(false);
  const wrong = nameProblem(name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (wrong === null) planVolumeChange('sandbox.file.write', name, { text });
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Name of the file"
          description="In the folder that is open. What has that name now is replaced; the plan shows it."
          value={name}
          error={asked ? wrong : null}
          maxLength={250}
          data-autofocus={given === '' || undefined}
          classNames={{ input: 'mono' }}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Text"
          description="UTF-8, at most 10,000 characters; all of it stands in the plan and in the confirmation."
          value={text}
          autosize
          minRows={8}
          maxRows={18}
          maxLength={10_000}
          classNames={{ input: 'mono' }}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Buttons />
      </Stack>
    </form>
  );
}

const kinds: Record<VolumeFile['kind'], string> = {
  file: 'file',
  folder: 'folder',
  link: 'symbolic link',
  other: 'device, socket or pipe',
};

function Details({ dialog: { path, file } }: { dialog: Extract<VolumeDialog, { kind: 'details' }> }) {
  const when = (atMs: number | null) =>
    atMs === null ? (
      '–'
    ) : (
      <>
        {formatMoment(atMs)}, <Age atMs={atMs} />
      </>
    );
  return (
    <Stack gap="sm">
      <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
        {path}
      </Text>
      <Facts
        facts={[
          ['Kind', kinds[file.kind]],
          [
            'Size',
            file.sizeBytes < 1024
              ? formatBytes(file.sizeBytes)
              : `${formatBytes(file.sizeBytes)} (${formatCount(file.sizeBytes)} bytes)`,
          ],
          [
            'Mode',
            <span key="mode">
              <span className="mono">{formatMode(file.mode)}</span>
              {file.readOnly && ', nobody may write it'}
            </span>,
          ],
          [
            'Owner and group',
            <span key="owner" className="mono">
              {file.uid === null ? '–' : `${file.uid}:${file.gid ?? '–'}`}
            </span>,
          ],
          ['Read', when(file.accessedAtMs)],
          ['Changed', when(file.modifiedAtMs)],
          [
            'Created',
            file.createdExcuse === null ? when(file.createdAtMs) : `Not known. ${file.createdExcuse}`,
          ],
        ]}
      />
      <Group justify="flex-end">
        <Button data-autofocus onClick={() => setVolumeDialog(null)}>
          Close
        </Button>
      </Group>
    </Stack>
  );
}

const editableCharacters = 10_000;

function TextView({ dialog: { file, text } }: { dialog: Extract<VolumeDialog, { kind: 'view' }> }) {
  const denied = useChangeExcuse();
  const excuse =
    denied ??
    (text.length > editableCharacters
      ? 'Only texts up to 10,000 characters are changed here. Upload a changed file instead.'
      : null);
  return (
    <Stack gap="sm">
      <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
        {file.name}
      </Text>
      <pre
        className="command"
        tabIndex={0}
        aria-label={`Text of ${file.name}`}
        style={{ margin: 0, maxHeight: '55vh', overflow: 'auto', whiteSpace: 'pre-wrap' }}
      >
        {text === '' ? '(empty)' : text}
      </pre>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {excuse}
        </Text>
        <Group>
          <Button variant="default" onClick={() => setVolumeDialog(null)}>
            Close
          </Button>
          <Button
            disabled={excuse !== null}
            onClick={() => setVolumeDialog({ kind: 'write', name: file.name, text })}
          >
            Change…
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}
