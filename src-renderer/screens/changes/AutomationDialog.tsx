import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Trigger } from '../../../src-preload/contract/automations';
import type { StagedChange } from '../../../src-preload/contract/changes';
import type { ActionId } from '../../../src-preload/contract/operations';
import type { WireError } from '../../../src-preload/contract/result';
import { ErrorNotice } from '../../components/ErrorNotice';
import { useAppStore } from '../../stores/app-store';
import { closeAutomationForm, createAutomation, useAutomationsStore } from '../../stores/automations-store';
import { useClustersStore } from '../../stores/clusters-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { objectWords, troubles } from './trigger-words';

/** A rule that stages the change of a drawer again whenever something happened. */
export function AutomationDialog() {
  const change = useAutomationsStore((state) => state.form);
  return (
    <Modal opened={change !== null} onClose={closeAutomationForm} title="New automation" size={560}>
      {change !== null && <AutomationForm key={change.id} change={change} />}
    </Modal>
  );
}

type Kind = Trigger['kind'];

/** What readings tell the state of on this host or cluster. */
function useObjects(hostId: string): { value: string; label: string }[] {
  const inventory = useInventoryStore((state) => state.byHost[hostId]?.inventory ?? null);
  const cluster = useClustersStore((state) => state.inventories[hostId] ?? null);
  const keys = [
    ...(inventory?.pools ?? []).map(({ id }) => [`pool:${id}`, '']),
    ...(cluster?.nodes ?? []).map(({ name }) => [`node:${name}`, '']),
    ...(cluster?.guests ?? []).map(({ vmid, name }) => [`guest:${vmid}`, name ?? '']),
  ];
  return keys.map(([value = '', name = '']) => ({ value, label: `${objectWords(value)} ${name}`.trim() }));
}

function AutomationForm({ change }: { change: StagedChange }) {
  const hosts = useFleetStore((state) => state.hosts);
  const clusters = useClustersStore((state) => state.clusters);
  const actions = useAppStore((state) => state.actions);
  const [name, setName] = useState('');
  const [hostId, setHostId] = useState(change.hostId);
  const [kind, setKind] = useState<Kind>('operation');
  const [action, setAction] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [object, setObject] = useState<string | null>(null);
  const [to, setTo] = useState('');
  const [sameGuests, setSameGuests] = useState(false);
  const [allDue, setAllDue] = useState(true);
  const [error, setError] = useState<WireError | null>(null);
  const [busy, setBusy] = useState(false);
  const isCluster = clusters.some(({ cluster }) => cluster.id === hostId);
  const objects = useObjects(hostId);
  useEffect(() => {
    if (!isCluster) void loadInventory(hostId);
  }, [hostId, isCluster]);
  const chosenTrouble = troubles.find(({ what, state }) => `${what} ${state}` === trouble);
  const triggerOf = (): Trigger | null => {
    switch (kind) {
      case 'contact':
        return { kind, hostId };
      case 'operation':
        // The list below holds ids of the catalogue only.
        return { kind, hostId, action: action as ActionId | null };
      case 'trouble':
        return chosenTrouble === undefined
          ? null
          : { kind, hostId, what: chosenTrouble.what, state: chosenTrouble.state };
      case 'state':
        return object === null ? null : { kind, hostId, object, to: to.trim() === '' ? null : to.trim() };
    }
  };
  const trigger = triggerOf();
  const mayBeSame =
    kind === 'operation' && hostId === change.hostId && isCluster && change.target.kind !== 'guests';
  const mayBeAllDue =
    kind === 'contact' &&
    hostId === change.hostId &&
    [...actions.values()].some(({ id, upkeep }) => id === change.action && upkeep);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (trigger === null || name.trim() === '') return;
    setBusy(true);
    const failed = await createAutomation({
      changeId: change.id,
      name,
      trigger,
      sameGuests: mayBeSame && sameGuests,
      allDue: mayBeAllDue && allDue,
    });
    setBusy(false);
    setError(failed);
    if (failed === null) closeAutomationForm();
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="md">
        <Text size="sm">
          It stages “{change.title}: {change.target.name}” on {change.hostName} again. It never runs anything:
          you look at it and apply it.
        </Text>
        <TextInput
          label="Name"
          withAsterisk
          maxLength={80}
          placeholder="Snapshot after each change"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="On"
          allowDeselect={false}
          data={[
            { group: 'Hosts', items: hosts.map(({ host }) => ({ value: host.id, label: host.name })) },
            {
              group: 'Clusters',
              items: clusters.map(({ cluster }) => ({ value: cluster.id, label: cluster.name })),
            },
          ].filter(({ items }) => items.length > 0)}
          value={hostId}
          onChange={(value) => {
            setHostId(value ?? change.hostId);
            setAction(null);
            setTrouble(null);
            setObject(null);
          }}
        />
        <Select
          label="When"
          allowDeselect={false}
          data={[
            { value: 'operation', label: 'an operation of Holdfast ended well' },
            { value: 'trouble', label: 'trouble began or ended' },
            { value: 'state', label: 'a reading finds something in another state' },
            { value: 'contact', label: 'it is first read after Holdfast was started' },
          ]}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
        />
        {kind === 'operation' && (
          <Select
            label="Which operation"
            placeholder="Any"
            clearable
            searchable
            data={[...actions.values()]
              .filter(({ id }) => id.startsWith('pve.') === isCluster)
              .map(({ id, title }) => ({ value: id, label: title }))
              .sort((a, b) => a.label.localeCompare(b.label))}
            value={action}
            onChange={setAction}
          />
        )}
        {kind === 'trouble' && (
          <Select
            label="Which trouble"
            withAsterisk
            data={troubles
              .filter(({ of }) => of === 'both' || of === (isCluster ? 'cluster' : 'host'))
              .map(({ what, state, words }) => ({ value: `${what} ${state}`, label: words }))}
            value={trouble}
            onChange={setTrouble}
          />
        )}
        {kind === 'state' && (
          <Group grow align="flex-start">
            <Select
              label="What"
              withAsterisk
              searchable
              nothingFoundMessage="Nothing by that name was read"
              data={objects}
              value={object}
              onChange={setObject}
            />
            <TextInput
              label="State"
              description="In the words of the tool, such as DEGRADED. Empty: any other."
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              maxLength={100}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          </Group>
        )}
        {mayBeSame && (
          <Checkbox
            label="For the guests that the operation was about, instead of the one above"
            checked={sameGuests}
            onChange={(event) => setSameGuests(event.currentTarget.checked)}
          />
        )}
        {mayBeAllDue && (
          <Checkbox
            label="For all that it is due for then, instead of the one above"
            description="Nothing is staged when nothing is due."
            checked={allDue}
            onChange={(event) => setAllDue(event.currentTarget.checked)}
          />
        )}
        {error !== null && <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={closeAutomationForm}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={trigger === null || name.trim() === ''}>
            Create automation
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
