import { Autocomplete, Button, Group, Modal, NumberInput, Select, Stack, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import type { PolicyRow, PolicySettings } from '../../../src-preload/contract/policies';
import type { WireError } from '../../../src-preload/contract/result';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { formatMoment } from '../../format/time-format';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { closePolicyForm, savePolicy, usePoliciesStore } from '../../stores/policies-store';

/** What is to be taken when, and how many stay. */
export function PolicyDialog() {
  const form = usePoliciesStore((state) => state.form);
  const policy = form?.policy ?? null;
  return (
    <Modal
      opened={form !== null}
      onClose={closePolicyForm}
      title={policy === null ? 'New snapshot policy' : 'Edit snapshot policy'}
      size={560}
    >
      {form !== null && <PolicyForm key={policy?.id ?? 'new'} policy={policy} />}
    </Modal>
  );
}

/** Offered below the field; any other can be typed. */
const usualSchedules = ['@hourly', '@daily', '@weekly', '@monthly', '0 */4 * * *', '30 2 * * 1-5'];

type Target = Pick<PolicySettings, 'backend' | 'poolName'> & { pool: boolean };

function targetsOf(inventory: HostInventory | null): Target[] {
  const pools = (inventory?.pools ?? [])
    .filter(({ backend, parentPoolId }) => backend !== 'mdadm' && parentPoolId === null)
    .map(({ backend, name }) => ({ backend, poolName: name, pool: true }));
  const names = new Set(pools.map(({ backend, poolName }) => `${backend} ${poolName}`));
  const volumes = (inventory?.volumes ?? [])
    .filter(({ kind, backend, name }) => kind !== 'other' && !names.has(`${backend} ${name}`))
    .map(({ backend, name }) => ({ backend, poolName: name, pool: false }));
  return [...pools, ...volumes];
}

const keyOf = ({ backend, poolName }: Pick<Target, 'backend' | 'poolName'>): string =>
  `${backend} ${poolName}`;

function choicesOf(targets: readonly Target[]) {
  const group = (pool: boolean) =>
    targets
      .filter((target) => target.pool === pool)
      .map((target) => ({ value: keyOf(target), label: target.poolName }));
  return [
    { group: 'Whole pools, groups and file systems', items: group(true) },
    { group: 'Datasets, volumes and subvolumes', items: group(false) },
  ];
}

function PolicyForm({ policy }: { policy: PolicyRow | null }) {
  const hosts = useFleetStore((state) => state.hosts);
  const [hostId, setHostId] = useState(policy?.hostId ?? hosts[0]?.host.id ?? '');
  const inventory = useInventoryStore((state) => state.byHost[hostId]?.inventory ?? null);
  const [targetKey, setTargetKey] = useState(policy === null ? '' : keyOf(policy));
  const [recursive, setRecursive] = useState(policy?.recursive ?? true);
  const [schedule, setSchedule] = useState(policy?.schedule ?? '@daily');
  const [retentionCount, setRetentionCount] = useState<number | string>(policy?.retentionCount ?? 14);
  const [enabled, setEnabled] = useState(policy?.enabled ?? true);
  const [error, setError] = useState<WireError | null>(null);
  const [saving, setSaving] = useState(false);
  useEffect(() => {
    if (hostId !== '') void loadInventory(hostId);
  }, [hostId]);

  const known = targetsOf(inventory);
  // What the policy names may be gone by now; it still has to be shown.
  const targets =
    policy !== null && policy.hostId === hostId && !known.some((each) => keyOf(each) === keyOf(policy))
      ? [...known, { backend: policy.backend, poolName: policy.poolName, pool: false }]
      : known;
  const target = targets.find((each) => keyOf(each) === targetKey);
  const count = typeof retentionCount === 'number' ? retentionCount : 0;
  const ready = target !== undefined && count >= 1;

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (target === undefined || !ready) return;
    setSaving(true);
    const failed = await savePolicy(policy?.id ?? null, {
      hostId,
      backend: target.backend,
      poolName: target.poolName,
      recursive: target.backend === 'zfs' && !target.pool && recursive,
      schedule,
      retentionCount: count,
      enabled,
    });
    setSaving(false);
    setError(failed);
    if (failed === null) closePolicyForm();
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="md">
        <Select
          label="Host"
          data={hosts.map(({ host }) => ({ value: host.id, label: host.name }))}
          value={hostId}
          allowDeselect={false}
          onChange={(value) => {
            setHostId(value ?? '');
            setTargetKey('');
          }}
        />
        <Select
          label="What"
          withAsterisk
          searchable
          nothingFoundMessage={
            inventory === null ? 'This host was never read: connect it first' : 'Nothing by that name'
          }
          placeholder="Choose a pool, dataset or volume"
          data={choicesOf(targets)}
          limit={200}
          classNames={{ input: 'mono', option: 'mono' }}
          value={targetKey}
          onChange={(value) => setTargetKey(value ?? '')}
        />
        {target?.backend === 'zfs' && !target.pool && (
          <Switch
            label="Also the datasets below it"
            checked={recursive}
            onChange={(event) => setRecursive(event.currentTarget.checked)}
          />
        )}
        <div>
          <Autocomplete
            label="Schedule"
            withAsterisk
            description="Five fields as cron(5) has them, or an alias; by the clock of this computer."
            data={usualSchedules}
            filter={({ options }) => options}
            maxLength={120}
            spellCheck={false}
            classNames={{ input: 'mono', option: 'mono' }}
            value={schedule}
            onChange={setSchedule}
          />
          <Moments schedule={schedule} />
        </div>
        <NumberInput
          label="Snapshots that stay, of each volume"
          description="Older ones are offered for pruning."
          withAsterisk
          w={260}
          min={1}
          max={1000}
          clampBehavior="strict"
          allowDecimal={false}
          allowNegative={false}
          value={retentionCount}
          onChange={setRetentionCount}
        />
        <Switch
          label="Enabled"
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        {error !== null && <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={closePolicyForm}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={saving}
            disabled={!ready}
            title={ready ? undefined : 'Choose what it is about, and how many stay.'}
          >
            {policy === null ? 'Create policy' : 'Save policy'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type Described = { words: string; nextAtMs: number[] } | { error: string } | null;

/** What a schedule means, while it is typed. */
function Moments({ schedule }: { schedule: string }) {
  const [asked] = useDebouncedValue(schedule, 200);
  const [described, setDescribed] = useState<Described>(null);
  useEffect(() => {
    const controller = new AbortController();
    void call('policies:describe', { schedule: asked }, controller.signal).then((answer) => {
      if (controller.signal.aborted) return;
      setDescribed(answer.ok ? answer.value : { error: answer.error.message });
    });
    return () => controller.abort();
  }, [asked]);
  if (described === null) return null;
  if ('error' in described) {
    return (
      <Text size="xs" c="var(--hf-warning)" mt={6} role="alert">
        {described.error}
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed" mt={6} role="status">
      {described.words}. Next:{' '}
      {described.nextAtMs
        .slice(0, 3)
        .map((atMs) => formatMoment(atMs).slice(0, -3))
        .join(', ')}
    </Text>
  );
}
