import { Button, Group, Modal, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect, useState } from 'react';
import { excuseForAction } from '../../components/excuse';
import { snapshotNameAt } from '../../format/time-format';
import { useAppStore } from '../../stores/app-store';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { openPlan } from '../../stores/plan-store';
import { canSnapshot, snapshotActionsOf } from './snapshot-actions';

/** “Snapshot now”: host, volume, name, and a size where the backend reserves one. Ends in a plan. */
export function SnapshotDialog() {
  const preset = useDialogStore((state) => state.snapshot);
  return (
    <Modal opened={preset !== null} onClose={closeDialogs} title="Snapshot now" size={520}>
      {preset !== null && <SnapshotForm hostId={preset.hostId} volumeId={preset.volumeId} />}
    </Modal>
  );
}

function SnapshotForm({ hostId, volumeId }: { hostId: string | undefined; volumeId: string | undefined }) {
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const actions = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const [openedAtMs] = useState(() => Date.now());
  const form = useForm({
    initialValues: {
      hostId:
        hostId ?? hosts.find(({ state }) => state.status === 'online')?.host.id ?? hosts[0]?.host.id ?? '',
      volumeId: volumeId ?? '',
      name: snapshotNameAt(openedAtMs),
      size: '1G',
      recursive: false,
    },
    validate: {
      hostId: (value) => (value === '' ? 'Choose a host' : null),
      volumeId: (value) => (value === '' ? 'Choose a volume' : null),
      name: (value) =>
        /^[A-Za-z0-9][A-Za-z0-9_.:+-]*$/.test(value)
          ? null
          : 'Letters, digits and _ . : + - only; starts with a letter or digit',
    },
  });
  const { values } = form;
  useEffect(() => {
    if (values.hostId !== '') void loadInventory(values.hostId);
  }, [values.hostId]);

  const host = hosts.find((entry) => entry.host.id === values.hostId)?.host;
  const inventory = byHost[values.hostId]?.inventory ?? null;
  const volumes = (inventory?.volumes ?? []).filter(canSnapshot);
  const volume = volumes.find((entry) => entry.id === values.volumeId);
  const backend = inventory?.backends.find((entry) => entry.kind === volume?.backend);
  const needsSize = backend?.capabilities.snapshotNeedsSize === true && volume?.kind !== 'thin';
  const known = volume === undefined ? undefined : snapshotActionsOf(volume.backend);
  const excuse = known === undefined ? null : excuseForAction(actions.get(known.create), host, readOnly);

  const submit = form.onSubmit((input) => {
    if (volume === undefined || known === undefined || excuse !== null) return;
    closeDialogs();
    void openPlan({
      hostId: input.hostId,
      action: known.create,
      input: known.createInput(volume, input.name, needsSize ? input.size : null, input.recursive),
    });
  });
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label="Host"
          data={hosts.map((entry) => ({ value: entry.host.id, label: entry.host.name }))}
          {...form.getInputProps('hostId')}
          onChange={(value) => form.setValues({ hostId: value ?? '', volumeId: '' })}
        />
        <Select
          label="Volume"
          searchable
          nothingFoundMessage={
            inventory === null ? 'This host was never read: connect it first' : 'No volume by that name'
          }
          placeholder={volumes.length === 0 ? 'No volumes known' : 'Choose a dataset or logical volume'}
          data={volumes.map((entry) => ({ value: entry.id, label: entry.name }))}
          limit={200}
          classNames={{ input: 'mono', option: 'mono' }}
          {...form.getInputProps('volumeId')}
        />
        <TextInput
          label="Name of the snapshot"
          spellCheck={false}
          classNames={{ input: 'mono' }}
          {...form.getInputProps('name')}
        />
        {needsSize && (
          <TextInput
            label="Reserved size"
            description="Room for what changes while the snapshot lives, such as 1G or 512M. When it fills up, the snapshot is lost."
            classNames={{ input: 'mono' }}
            {...form.getInputProps('size')}
          />
        )}
        {volume?.backend === 'zfs' && (
          <Switch
            label="Include child datasets (recursive)"
            {...form.getInputProps('recursive', { type: 'checkbox' })}
          />
        )}
        {excuse !== null && (
          <Text size="sm" c="var(--hf-warning)">
            {excuse}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={closeDialogs}>
            Cancel
          </Button>
          <Button type="submit" disabled={excuse !== null}>
            Show the plan
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
