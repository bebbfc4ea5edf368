import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Offer } from '../../src-preload/contract/operations';
import { useAppStore } from '../stores/app-store';
import { useCluster } from '../stores/clusters-store';
import { useHost } from '../stores/fleet-store';
import { closeOffers, submitOffer, submitOffers, useOffersStore } from '../stores/offers-store';
import { EnvironmentBadge } from './EnvironmentBadge';
import { complaintOf, fieldsOf, firstAnswers, inputOf, inputOfEach } from './offer-answers';
import { OfferFields } from './OfferFields';

/** The form of whichever action was chosen from a menu. Ends in a plan. */
export function OfferDialog() {
  const form = useOffersStore((state) => state.form);
  const host = useHost(form?.hostId)?.host;
  const cluster = useCluster(form?.hostId)?.cluster;
  const target = host ?? cluster;
  const title = useAppStore((state) =>
    form === null ? '' : (state.actions.get(form.offer.action)?.title ?? form.offer.label),
  );
  return (
    <Modal
      opened={form !== null}
      onClose={closeOffers}
      title={title}
      size={(form?.offer.fields.length ?? 0) > 6 ? 720 : 560}
    >
      {form !== null && (
        <Stack gap="md">
          {target !== undefined && (
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {form.others.length === 0 ? subjectWords(form.offer) : `${form.others.length + 1} objects `}on{' '}
                {target.name}
              </Text>
              <EnvironmentBadge environment={target.environment} />
            </Group>
          )}
          <OfferForm key={form.offer.action} hostId={form.hostId} offer={form.offer} others={form.others} />
        </Stack>
      )}
    </Modal>
  );
}

/** Keys whose values are for the core: no person knows an object by them. */
const notNames: ReadonlySet<string> = new Set(['type', 'file', 'place']);

/** The object's own name, as it stands in the input: `tank/data `. */
function subjectWords({ input }: Offer): string {
  // A guest is known by its number; which kind it is and where it runs says its own screen.
  if (typeof input['vmid'] === 'number') return `Guest ${input['vmid']} `;
  const names = Object.entries(input).flatMap(([key, value]) =>
    typeof value === 'string' && !notNames.has(key) ? [value] : [],
  );
  return names.length === 0 ? '' : `${names.join(' · ')} `;
}

/**
 * @param others offers of the same action for further objects, which get the same answers
 * @param excuse why it can't be planned yet, beside the offer's own
 */
export function OfferForm({
  hostId,
  offer,
  others = [],
  excuse = offer.excuse,
}: {
  hostId: string;
  offer: Offer;
  others?: readonly Offer[];
  excuse?: string | null;
}) {
  const offers = [offer, ...others];
  const fields = fieldsOf(offers);
  const [answers, setAnswers] = useState(() => firstAnswers(fields));
  const [tried, setTried] = useState(false);
  const valid = fields.every((field) => complaintOf(field, answers[field.name] ?? field.value) === null);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (excuse !== null || !valid) return;
    if (others.length === 0) submitOffer(hostId, offer, inputOf(fields, answers));
    else
      submitOffers(
        hostId,
        offer.action,
        offers.map((each) => inputOfEach(each, answers)),
      );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <OfferFields
          fields={fields}
          answers={answers}
          tried={tried}
          onAnswer={(name, answer) => setAnswers((before) => ({ ...before, [name]: answer }))}
        />
        {excuse !== null && (
          <Text size="sm" c="var(--hf-warning)">
            {excuse}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={closeOffers}>
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
