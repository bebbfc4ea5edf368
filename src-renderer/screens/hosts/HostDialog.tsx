import {
  Alert,
  Button,
  Group,
  Loader,
  Modal,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Select,
  Stack,
  Stepper,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFileImport, IconFileTypography, IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { AccessLevel, Auth, Environment, Host, HostSettings } from '../../../src-preload/contract/hosts';
import type { Response } from '../../../src-preload/contract';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { TargetFields } from '../../components/TargetFields';
import { accessWords } from '../../format/words-format';
import {
  closeDialogs,
  openHostListDialog,
  openSshConfigDialog,
  useDialogStore,
} from '../../stores/dialog-store';
import { loadFleet, useFleetStore } from '../../stores/fleet-store';
import { refreshInventory } from '../../stores/inventory-store';
import { TrustNotice } from './TrustNotice';

/** Add or edit a host: how to reach it, then whether it is the right one. */
export function HostDialog() {
  const opened = useDialogStore((state) => state.host);
  return (
    <Modal
      opened={opened !== null}
      onClose={closeDialogs}
      title={opened?.host === null ? 'Add a host' : `Edit ${opened?.host?.name ?? 'host'}`}
      size={640}
      closeOnClickOutside={false}
    >
      {opened !== null && <HostForm key={opened.host?.id ?? 'new'} host={opened.host} />}
    </Modal>
  );
}

type Probe = Response<'hosts:probeKey'>;

function HostForm({ host }: { host: Host | null }) {
  const [step, setStep] = useState(0);
  const [probe, setProbe] = useState<Probe | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const [keyFile, setKeyFile] = useState<Extract<Auth, { kind: 'key-file' }> | null>(
    host?.auth.kind === 'key-file' ? host.auth : null,
  );
  const [, go] = useLocation();
  const form = useForm({
    initialValues: {
      name: host?.name ?? '',
      address: host?.address ?? '',
      port: host?.port ?? 22,
      user: host?.user ?? '',
      auth: host?.auth.kind ?? ('agent' as Auth['kind']),
      secret: '',
      sudo: host?.sudo ?? true,
      label: host?.environment.label ?? 'Lab',
      colour: host?.environment.colour ?? ('blue' as Environment['colour']),
      production: host?.environment.production ?? false,
      accessLevel: host?.accessLevel ?? ('view' as AccessLevel),
      via: host?.via ?? null,
    },
    validate: {
      name: (value) => (value.trim() === '' ? 'Give it the name you know it by' : null),
      address: (value) =>
        /^(?!-)[A-Za-z0-9._:%-]+$/.test(value) ? null : 'A host name or IP address, without user or port',
      port: (value) => (Number.isInteger(value) && value >= 1 && value <= 65535 ? null : '1 to 65535'),
      user: (value) => (/^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(value) ? null : 'A login name'),
      label: (value) => (value.trim() === '' || value.length > 24 ? '1 to 24 characters' : null),
    },
  });
  const { values } = form;
  const jumpHosts = useFleetStore((state) => state.hosts)
    .filter(({ host: other }) => other.id !== host?.id)
    .map(({ host: other }) => ({ value: other.id, label: other.name }));
  const jumpName = jumpHosts.find(({ value }) => value === values.via)?.label;
  const through = values.via === null ? {} : { via: values.via };

  const checkHost = async () => {
    setBusy(true);
    setError(null);
    setProbe(null);
    const answer = await call('hosts:probeKey', {
      address: values.address.trim(),
      port: values.port,
      ...through,
    });
    setBusy(false);
    if (answer.ok) setProbe(answer.value);
    else setError(answer.error);
  };
  const next = form.onSubmit(() => {
    if (values.auth === 'key-file' && keyFile === null) {
      form.setFieldError('auth', 'Choose the key file first');
      return;
    }
    setStep(1);
    void checkHost();
  });
  const save = async () => {
    const auth: Auth = values.auth === 'key-file' ? (keyFile ?? { kind: 'agent' }) : { kind: values.auth };
    const settings: HostSettings = {
      name: values.name.trim(),
      address: values.address.trim(),
      port: values.port,
      user: values.user,
      auth,
      sudo: values.sudo,
      environment: { label: values.label.trim(), colour: values.colour, production: values.production },
      accessLevel: values.accessLevel,
      ...through,
    };
    const secret = values.secret === '' ? null : values.secret;
    setBusy(true);
    const answer =
      host === null
        ? await call('hosts:add', { settings, secret })
        : await call('hosts:update', { hostId: host.id, settings, secret });
    setBusy(false);
    if (!answer.ok) {
      setError(answer.error);
      return;
    }
    form.setFieldValue('secret', '');
    closeDialogs();
    await loadFleet();
    go(`/hosts/${answer.value.id}`);
    void refreshInventory(answer.value.id);
  };
  const chooseKeyFile = async () => {
    const answer = await call('hosts:chooseKeyFile', {});
    if (!answer.ok) setError(answer.error);
    else if (answer.value.keyFile !== null) {
      const { keyFileId, displayPath } = answer.value.keyFile;
      setKeyFile({ kind: 'key-file', keyFileId, displayPath });
      form.clearFieldError('auth');
    }
  };

  return (
    <Stack gap="lg">
      <Stepper
        active={step}
        size="xs"
        allowNextStepsSelect={false}
        onStepClick={(index) => index < step && setStep(index)}
      >
        <Stepper.Step label="Host" description="How to reach it" />
        <Stepper.Step label="Identity" description="Is it the right one" />
      </Stepper>
      {step === 0 && (
        <form onSubmit={next}>
          <Stack gap="md">
            {host === null && (
              <Group justify="flex-end">
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconFileImport size={15} />}
                  onClick={openSshConfigDialog}
                >
                  Take hosts from ~/.ssh/config…
                </Button>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconFileImport size={15} />}
                  onClick={openHostListDialog}
                >
                  Take hosts from a list…
                </Button>
              </Group>
            )}
            <Group grow align="flex-start">
              <TextInput label="Name" placeholder="nas-01" data-autofocus {...form.getInputProps('name')} />
              <TextInput
                label="Login name"
                placeholder="admin"
                spellCheck={false}
                {...form.getInputProps('user')}
              />
            </Group>
            <Group align="flex-start" wrap="nowrap">
              <TextInput
                style={{ flex: 1 }}
                label="Address"
                placeholder="nas-01.example.net or 192.0.2.10"
                spellCheck={false}
                {...form.getInputProps('address')}
              />
              <NumberInput
                w={110}
                label="Port"
                min={1}
                max={65535}
                allowDecimal={false}
                hideControls
                {...form.getInputProps('port')}
              />
            </Group>
            <Select
              label="Reached through"
              description={
                jumpHosts.length === 0
                  ? 'A jump host is another host of the list. There is none yet: add it first.'
                  : 'A jump host of the list, with its own pinned key and login.'
              }
              placeholder="Directly"
              clearable
              searchable
              data={jumpHosts}
              disabled={jumpHosts.length === 0}
              nothingFoundMessage="No such host"
              {...form.getInputProps('via')}
            />
            <div>
              <Text size="sm" fw={500} mb={5} id="auth-label">
                Log in with
              </Text>
              <SegmentedControl
                aria-labelledby="auth-label"
                fullWidth
                data={[
                  { value: 'agent', label: 'SSH agent' },
                  { value: 'key-file', label: 'Key file' },
                  { value: 'password', label: 'Password' },
                ]}
                {...form.getInputProps('auth')}
              />
              {values.auth === 'key-file' && (
                <Group mt="sm" gap="sm">
                  <Button
                    variant="default"
                    leftSection={<IconFileTypography size={16} />}
                    onClick={() => void chooseKeyFile()}
                  >
                    Choose key file…
                  </Button>
                  <Text
                    size="sm"
                    className="mono truncate"
                    c={keyFile === null ? 'dimmed' : undefined}
                    style={{ flex: 1 }}
                  >
                    {keyFile?.displayPath ?? 'none chosen'}
                  </Text>
                </Group>
              )}
              {form.errors['auth'] !== undefined && (
                <Text size="xs" c="red" mt={4}>
                  {form.errors['auth']}
                </Text>
              )}
              {values.auth !== 'agent' && (
                <PasswordInput
                  mt="sm"
                  label={values.auth === 'password' ? 'Password' : 'Passphrase of the key'}
                  description={host === null ? undefined : 'Leave empty to keep the stored one.'}
                  autoComplete="off"
                  {...form.getInputProps('secret')}
                />
              )}
            </div>
            <Switch
              label="Run storage tools with sudo"
              description="Without a password prompt (sudo -n). A missing rule is reported with the line that adds it."
              {...form.getInputProps('sudo', { type: 'checkbox' })}
            />
            <TargetFields
              kind="host"
              access={accessWords}
              most={host?.most}
              input={(field, options) => form.getInputProps(field, options)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={closeDialogs}>
                Cancel
              </Button>
              <Button type="submit">Check the host’s identity</Button>
            </Group>
          </Stack>
        </form>
      )}
      {step === 1 && (
        <Stack gap="md">
          {busy && probe === null && (
            <Group gap="sm">
              <Loader size="sm" />
              <Text size="sm">
                Asking {values.address} for its host key
                {jumpName === undefined ? '' : `, through ${jumpName}, which Holdfast logs in to`}. No
                password or key is sent{jumpName === undefined ? '' : ' to it'}.
              </Text>
            </Group>
          )}
          {error !== null && <ErrorNotice error={error} />}
          {probe !== null &&
            (probe.status === 'trusted' ? (
              <Alert color="teal" icon={<IconShieldCheck size={18} />} title="The host key is pinned">
                <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {probe.offered.type} {probe.offered.sha256}
                </Text>
              </Alert>
            ) : (
              <>
                {probe.knownHostsMatch && (
                  <Alert color="teal" icon={<IconShieldCheck size={18} />}>
                    Your ~/.ssh/known_hosts already holds this very key for this host.
                  </Alert>
                )}
                <TrustNotice
                  problem={{
                    reason: probe.status,
                    address: values.address.trim(),
                    port: values.port,
                    ...through,
                    offered: probe.offered,
                    known: probe.known,
                  }}
                  onTrusted={() => void checkHost()}
                />
              </>
            ))}
          <Group justify="space-between">
            <Button variant="default" onClick={() => setStep(0)}>
              Back
            </Button>
            <Group gap="sm">
              {error !== null && (
                <Button variant="default" loading={busy} onClick={() => void checkHost()}>
                  Try again
                </Button>
              )}
              <Button loading={busy} disabled={probe?.status !== 'trusted'} onClick={() => void save()}>
                {host === null ? 'Add and connect' : 'Save and connect'}
              </Button>
            </Group>
          </Group>
        </Stack>
      )}
    </Stack>
  );
}
