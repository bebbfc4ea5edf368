import { Loader, Modal, Select, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferForm } from '../../components/OfferForm';
import { useAppStore } from '../../stores/app-store';
import { closeDialogs, useDialogStore } from '../../stores/dialog-store';
import { useFleetStore } from '../../stores/fleet-store';
import { loadInventory, useInventoryStore } from '../../stores/inventory-store';
import { loadOffers, type OffersAnswer } from '../../stores/offers-store';
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
        <Questions key={`${hostId} ${volume.id}`} hostId={hostId} volumeId={volume.id} actionId={action.id} />
      )}
    </Stack>
  );
}

function Questions({ hostId, volumeId, actionId }: { hostId: string; volumeId: string; actionId: string }) {
  const [answer, setAnswer] = useState<OffersAnswer>({ status: 'loading' });
  useEffect(() => {
    let current = true;
    void loadOffers(hostId, { kind: 'volume', volumeId }).then((found) => {
      if (current) setAnswer(found);
    });
    return () => {
      current = false;
    };
  }, [hostId, volumeId]);
  if (answer.status === 'loading') return <Loader size="sm" aria-label="Asking" />;
  if (answer.status === 'failed') return <ErrorNotice error={answer.error} />;
  const offer = answer.offers.find(({ action }) => action === actionId);
  return offer === undefined ? null : <OfferForm hostId={hostId} offer={offer} />;
}
