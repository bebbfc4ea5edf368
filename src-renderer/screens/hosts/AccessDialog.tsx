import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  List,
  Loader,
  Modal,
  Paper,
  SegmentedControl,
  Stack,
  Tabs,
  Text,
} from '@mantine/core';
import { IconCheck, IconDeviceFloppy, IconInfoCircle, IconShieldCheck } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type {
  AccessFile,
  AccessFileKind,
  AccessFiles,
  FileAccess,
  SelfTest,
} from '../../../src-preload/contract/access';
import type { AccessLevel, Host } from '../../../src-preload/contract/hosts';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNotice } from '../../components/ErrorNotice';
import { plural } from '../../format/bytes-format';
import { accessWords } from '../../format/words-format';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';

/** How a host is made to refuse what Holdfast would not send, and whether it does. */
export function AccessDialog() {
  const host = useDialogStore((state) => state.access);
  return (
    <Modal
      opened={host !== null}
      onClose={closeDialogs}
      title={host === null ? 'Least privilege' : `Least privilege on ${host.name}`}
      size={860}
    >
      {host !== null && <Content key={host.id} host={host} />}
    </Modal>
  );
}

const titles: Record<AccessFileKind, string> = {
  sudoers: 'sudoers file',
  gate: 'Forced command',
  'authorized-keys': 'authorized_keys line',
};

type Loaded<T> =
  { status: 'loading' } | { status: 'ready'; value: T } | { status: 'failed'; error: WireError };

function Content({ host }: { host: Host }) {
  const [level, setLevel] = useState<AccessLevel>(host.accessLevel);
  const [write, setWrite] = useState(false);
  const files: FileAccess = write && level === 'administer' ? 'write' : 'read';
  return (
    <Stack gap="md">
      <Text size="sm">
        The laptop holds itself to its list of commands. These files make {host.name} hold it to the same
        list, whoever uses the key. They are made from what Holdfast can send at the level you choose and from
        the tools that are on the host.
      </Text>
      <Group gap="md">
        <SegmentedControl
          aria-label="Access level"
          value={level}
          onChange={(value) => setLevel(value as AccessLevel)}
          data={Object.entries(accessWords).map(([value, { title }]) => ({ value, label: title }))}
        />
        <Text size="xs" c="dimmed">
          {accessWords[level].text}
        </Text>
      </Group>
      {level === 'administer' && (
        <Checkbox
          checked={write}
          onChange={(event) => setWrite(event.currentTarget.checked)}
          label="The forced command lets this key change files"
          description="Needed to upload, rename or delete files of sandbox volumes. Whoever has the key can then write every file of this login, also its authorized_keys."
        />
      )}
      <Files key={`${level} ${files}`} host={host} level={level} access={files} />
    </Stack>
  );
}

interface Chosen {
  host: Host;
  level: AccessLevel;
  access: FileAccess;
}

function Files({ host, level, access }: Chosen) {
  const [files, setFiles] = useState<Loaded<AccessFiles>>({ status: 'loading' });
  useEffect(() => {
    let current = true;
    void call('access:files', { hostId: host.id, level, files: access }).then((answer) => {
      if (!current) return;
      setFiles(
        answer.ok ? { status: 'ready', value: answer.value } : { status: 'failed', error: answer.error },
      );
    });
    return () => {
      current = false;
    };
  }, [host.id, level, access]);
  if (files.status === 'loading') return <Loader size="sm" aria-label="Reading what the host has" />;
  if (files.status === 'failed') return <ErrorNotice error={files.error} />;
  const { value } = files;
  return (
    <Stack gap="md">
      <Test
        host={host}
        level={level}
        access={access}
        sudo={value.files.some(({ kind }) => kind === 'sudoers')}
      />
      <Tabs defaultValue={value.files[0]?.kind ?? null} keepMounted={false}>
        <Tabs.List>
          {value.files.map(({ kind }) => (
            <Tabs.Tab key={kind} value={kind}>
              {titles[kind]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {value.files.map((file) => (
          <Tabs.Panel key={file.kind} value={file.kind} pt="sm">
            <FilePanel file={file} host={host} level={level} access={access} />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Alert variant="light" color="gray" icon={<IconInfoCircle size={18} />}>
        <List size="xs" spacing={4}>
          {value.notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      </Alert>
    </Stack>
  );
}

function FilePanel({ file, host, level, access }: Chosen & { file: AccessFile }) {
  const [said, setSaid] = useState<{ ok: boolean; text: string } | null>(null);
  const save = async () => {
    const answer = await call('access:saveFile', {
      ...{ hostId: host.id, level, files: access },
      kind: file.kind,
    });
    if (!answer.ok) setSaid({ ok: false, text: answer.error.message });
    else if (answer.value.saved !== null)
      setSaid({ ok: true, text: `Saved as ${answer.value.saved.displayPath}` });
  };
  return (
    <Stack gap={8}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          Belongs at <span className="mono">{file.remotePath}</span>
        </Text>
        <Group gap={4} wrap="nowrap">
          <CopyButton value={file.text} label={`Copy the ${titles[file.kind]}`} />
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<IconDeviceFloppy size={13} aria-hidden />}
            onClick={() => void save()}
          >
            Save…
          </Button>
        </Group>
      </Group>
      <pre
        className="command"
        tabIndex={0}
        role="group"
        aria-label={`Text of the ${titles[file.kind]}`}
        style={{ maxHeight: 200, overflow: 'auto', margin: 0 }}
      >
        {file.text}
      </pre>
      <Text size="xs" fw={600}>
        To install it, as root on {host.name}
      </Text>
      {file.install.map((line) => (
        <Text key={line} size="xs" className={line.includes('. ') ? undefined : 'mono'}>
          {line}
        </Text>
      ))}
      <Text size="xs" role="status" c={said?.ok === false ? 'var(--hf-critical)' : 'dimmed'}>
        {said?.text}
      </Text>
    </Stack>
  );
}

function Test({ host, level, access, sudo }: Chosen & { sudo: boolean }) {
  const [test, setTest] = useState<Loaded<SelfTest> | null>(null);
  const run = async () => {
    setTest({ status: 'loading' });
    const answer = await call('access:selfTest', { hostId: host.id, level, files: access });
    setTest(answer.ok ? { status: 'ready', value: answer.value } : { status: 'failed', error: answer.error });
  };
  return (
    <Paper component="section" withBorder p="sm" aria-label="Self-test">
      <Group justify="space-between" wrap="nowrap" mb={test === null ? 0 : 10}>
        <div>
          <Text size="sm" fw={600}>
            Self-test
          </Text>
          <Text size="xs" c="dimmed">
            {sudo
              ? `Asks sudo on ${host.name} about each command: what “${accessWords[level].title}” needs has to work, all else has to be refused; and whether files may be changed. Nothing is run or changed.`
              : `Asks ${host.name} whether this key may change files. Nothing is changed.`}
          </Text>
        </div>
        <Button
          size="xs"
          variant="default"
          style={{ flex: 'none' }}
          leftSection={<IconShieldCheck size={15} aria-hidden />}
          loading={test?.status === 'loading'}
          onClick={() => void run()}
        >
          Test this host
        </Button>
      </Group>
      {test?.status === 'failed' && <ErrorNotice error={test.error} />}
      {test?.status === 'ready' && <TestResult test={test.value} />}
    </Paper>
  );
}

function FilesResult({ expected, writable }: NonNullable<SelfTest['files']>) {
  const right = writable === expected;
  const words =
    writable === null
      ? 'Whether this key may change files is not known: the host offers no SFTP, or does not say.'
      : writable
        ? `This key may change files${right ? ', as chosen' : ': more than chosen. Install the forced command, or choose it'}.`
        : `This key gets files read-only${right ? ', as chosen' : ': install the forced command that lets it change them'}.`;
  return (
    <Group gap={8} wrap="nowrap">
      {right && <IconCheck size={16} color="var(--hf-ok)" aria-hidden style={{ flex: 'none' }} />}
      <Text size="sm">{words}</Text>
    </Group>
  );
}

function TestResult({ test }: { test: SelfTest }) {
  const wrong = test.checks.filter(({ expected, allowed }) => expected !== allowed);
  const needed = test.checks.filter(({ expected }) => expected).length;
  return (
    <Stack gap={8} role="status">
      {test.files !== undefined && <FilesResult {...test.files} />}
      {test.checks.length === 0 ? null : wrong.length === 0 ? (
        <Group gap={8}>
          <IconCheck size={16} color="var(--hf-ok)" aria-hidden />
          <Text size="sm">
            {plural(needed, 'command')} allowed as needed, {test.checks.length - needed} others refused.
          </Text>
        </Group>
      ) : (
        <Text size="sm">
          {[
            test.missing > 0 && `${plural(test.missing, 'needed command')} would be refused`,
            test.unlimited
              ? 'this login may run anything as root'
              : test.tooMuch > 0 && `${plural(test.tooMuch, 'command')} beyond this level would be allowed`,
          ]
            .filter(Boolean)
            .join('; ')
            .replace(/^./, (first) => first.toUpperCase())}
          . {plural(test.checks.length - wrong.length, 'answer')} as expected.
        </Text>
      )}
      {wrong.length > 0 && (
        <div tabIndex={0} aria-label="What differs" style={{ maxHeight: 200, overflow: 'auto' }}>
          {wrong.map(({ command, expected }) => (
            <Group key={command} gap={8} wrap="nowrap" py={3}>
              <Badge
                size="sm"
                variant="light"
                color={expected ? 'red' : 'orange'}
                style={{ flex: 'none' }}
                w={84}
              >
                {expected ? 'refused' : 'too much'}
              </Badge>
              <span className="mono truncate" title={command}>
                {command}
              </span>
            </Group>
          ))}
        </div>
      )}
    </Stack>
  );
}
