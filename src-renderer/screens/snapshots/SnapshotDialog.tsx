import { Loader, Modal, MultiSelect, Select, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Volume } from '../../../src-preload/contract/inventory';
import type { ActionInfo, Offer } from '../../../src-preload/contract/operations';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferForm } from '../../components/OfferForm';
import { plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { loadOffers, type OffersAnswer } from '../../stores/offers-store';
import { mostSelected } from '../../stores/selection-store';
import { snapshotActionOf } from './snapshot-actions';

/** “Snapshot now”: host, volume, and what the backend asks. Ends in a plan. */
export function SnapshotDialog() {
  const preset = useDialogStore((state) => state.snapshot);
  return (
    <Modal opened={preset !== null} onClose={closeDialogs} title="Snapshot now" size={520}>
      {preset !== null && <SnapshotForm hostId={preset.hostId} volumeId={preset.volumeId} />}
    </Modal>
  );
}

function SnapshotForm({ hostId: preset, volumeId: presetVolume }: { hostId?: string; volumeId?: string }) {
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const actions = useAppStore((state) => state.actions);
  const [hostId, setHostId] = useState(
    preset ?? hosts.find(({ state }) => state.status === 'online')?.host.id ?? hosts[0]?.host.id ?? '',
  );
  const [volumeId, setVolumeId] = useState(presetVolume ?? '');
  useEffect(() => {
    if (hostId !== '') void loadInventory(hostId);
  }, [hostId]);

  const inventory = byHost[hostId]?.inventory ?? null;
  const volumes = (inventory?.volumes ?? []).filter(
    ({ backend, kind }) => kind !== 'other' && snapshotActionOf(actions, backend) !== undefined,
  );
  const volume = volumes.find(({ id }) => id === volumeId);
  const action = volume === undefined ? undefined : snapshotActionOf(actions, volume.backend);
  return (
    <Stack gap="md">
      <Select
        label="Host"
        data={hosts.map((entry) => ({ value: entry.host.id, label: entry.host.name }))}
        value={hostId}
        onChange={(value) => {
          setHostId(value ?? '');
          setVolumeId('');
        }}
      />
      <Select
        label="Volume"
        searchable
        nothingFoundMessage={
          inventory === null ? 'This host was never read: connect it first' : 'No volume by that name'
        }
        placeholder={volumes.length === 0 ? 'No volumes known' : 'Choose a dataset, volume or subvolume'}
        data={volumes.map((entry) => ({ value: entry.id, label: entry.name }))}
        limit={200}
        classNames={{ input: 'mono', option: 'mono' }}
        value={volumeId}
        onChange={(value) => setVolumeId(value ?? '')}
      />
      {volume !== undefined && action !== undefined && (
        <Several
          key={`${hostId} ${volume.id}`}
          hostId={hostId}
          volumeId={volume.id}
          action={action}
          others={volumes.filter(({ id, backend }) => id !== volume.id && backend === volume.backend)}
        />
      )}
    </Stack>
  );
}

/** One volume, and where the backend can, more of the same kind under one plan. */
function Several({
  hostId,
  volumeId,
  action,
  others,
}: {
  hostId: string;
  volumeId: string;
  action: ActionInfo;
  others: readonly Volume[];
}) {
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <>
      {action.bulk && others.length > 0 && (
        <MultiSelect
          label="Also of"
          description="Each gets a snapshot, one after the other under one plan."
          searchable
          clearable
          maxValues={mostSelected - 1}
          placeholder={chosen.length === 0 ? 'Further volumes, if any' : undefined}
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          limit={200}
          classNames={{ option: 'mono' }}
          value={chosen}
          onChange={setChosen}
        />
      )}
      <Questions hostId={hostId} volumeId={volumeId} actionId={action.id} others={chosen} />
    </>
  );
}

const loading: OffersAnswer = { status: 'loading' };

function Questions({
  hostId,
  volumeId,
  actionId,
  others,
}: {
  hostId: string;
  volumeId: string;
  actionId: string;
  others: readonly string[];
}) {
  const [answers, setAnswers] = useState<ReadonlyMap<string, OffersAnswer>>(new Map());
  const asked = [volumeId, ...others].join('\n');
  useEffect(() => {
    let current = true;
    for (const id of asked.split('\n')) {
      void loadOffers(hostId, { kind: 'volume', volumeId: id }).then((found) => {
        if (current) setAnswers((before) => new Map(before).set(id, found));
      });
    }
    return () => {
      current = false;
    };
  }, [hostId, asked]);
  const answer = answers.get(volumeId) ?? loading;
  if (answer.status === 'loading') return <Loader size="sm" aria-label="Asking" />;
  if (answer.status === 'failed') return <ErrorNotice error={answer.error} />;
  const offerIn = (found: OffersAnswer): Offer[] =>
    found.status === 'ready' ? found.offers.filter(({ action }) => action === actionId).slice(0, 1) : [];
  const [offer] = offerIn(answer);
  const further = others.flatMap((id) => offerIn(answers.get(id) ?? loading));
  if (offer === undefined) return null;
  const missing = others.length - further.length;
  const excuse =
    missing > 0 ? `What ${plural(missing, 'further volume')} can is not known yet.` : offer.excuse;
  // Of one volume another name is asked than of several: what was typed for the one is none for all.
  return (
    <OfferForm
      key={further.length === 0 ? 'one' : 'several'}
      hostId={hostId}
      offer={offer}
      others={further}
      excuse={excuse}
    />
  );
}
