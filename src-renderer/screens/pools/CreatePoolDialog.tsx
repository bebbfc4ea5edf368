import { Loader, Modal, Radio, Select, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Offer } from '../../../src-preload/contract/operations';
import { ErrorNotice } from '../../components/ErrorNotice';
import { OfferForm } from '../../components/OfferForm';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore } from '../../stores/fleet-store';
import { useInventoryStore } from '../../stores/inventory-store';
import { closeOffers, loadOffers, useOffersStore, type OffersAnswer } from '../../stores/offers-store';

/** Host, backend, then what that backend asks. A backend whose tools are missing stands there, with its package. */
export function CreatePoolDialog() {
  const request = useOffersStore((state) => state.createPool);
  return (
    <Modal opened={request !== null} onClose={closeOffers} title="Create pool" size={620}>
      {request !== null && <CreatePool hostId={request.hostId} />}
    </Modal>
  );
}

function CreatePool({ hostId: preset }: { hostId: string }) {
  const hosts = useFleetStore((state) => state.hosts);
  const [hostId, setHostId] = useState(
    preset !== '' ? preset : (hosts.find(({ state }) => state.status === 'online')?.host.id ?? ''),
  );
  return (
    <Stack gap="md">
      <Select
        label="Host"
        value={hostId}
        data={hosts.map(({ host }) => ({ value: host.id, label: host.name }))}
        onChange={(value) => setHostId(value ?? '')}
      />
      {hostId !== '' && <Backends key={hostId} hostId={hostId} />}
    </Stack>
  );
}

function Backends({ hostId }: { hostId: string }) {
  const [answer, setAnswer] = useState<OffersAnswer>({ status: 'loading' });
  const [action, setAction] = useState<string | null>(null);
  const inventory = useInventoryStore((state) => state.byHost[hostId]?.inventory ?? null);
  useEffect(() => {
    let current = true;
    void loadOffers(hostId, { kind: 'host' }).then((found) => {
      if (current) setAnswer(found);
    });
    return () => {
      current = false;
    };
  }, [hostId]);
  if (answer.status === 'loading') return <Loader size="sm" aria-label="Asking what can be created" />;
  if (answer.status === 'failed') return <ErrorNotice error={answer.error} />;
  const offers = answer.offers.filter(({ group }) => group === 'create');
  const chosen = offers.find((offer) => offer.action === action);
  const hasBtrfs = inventory?.backends.some(({ kind }) => kind === 'btrfs') === true;
  return (
    <Stack gap="md">
      <Radio.Group label="Kind" value={action ?? ''} onChange={setAction}>
        <Stack gap={8} mt={6}>
          {offers.map((offer) => (
            <BackendChoice key={offer.action} offer={offer} />
          ))}
        </Stack>
      </Radio.Group>
      {hasBtrfs && (
        <Text size="xs" c="dimmed">
          Holdfast does not create btrfs file systems: those made elsewhere are listed and managed.
        </Text>
      )}
      {chosen !== undefined && <OfferForm key={chosen.action} hostId={hostId} offer={chosen} />}
    </Stack>
  );
}

function BackendChoice({ offer }: { offer: Offer }) {
  const title = useAppStore((state) => state.actions.get(offer.action)?.title ?? offer.label);
  return (
    <Radio value={offer.action} label={title} description={offer.excuse} disabled={offer.excuse !== null} />
  );
}
