import { ActionIcon, Button, Loader, Menu, Text, Tooltip } from '@mantine/core';
import { IconChevronDown, IconDots } from '@tabler/icons-react';
import { Fragment, useRef, useState } from 'react';
import type { ClusterSubjectRef } from '../../src-preload/contract/cluster-subjects';
import type { Offer } from '../../src-preload/contract/operations';
import type { SubjectRef } from '../../src-preload/contract/offers';
import { loadOffers, startOffer, type OffersAnswer } from '../stores/offers-store';
import { ActionMenu } from './ActionMenu';

/**
 * What can be done to one object, asked of the core when the menu opens. What can't be done now stands there
 * all the same, with the reason.
 */
export function OfferMenu({
  hostId,
  subject,
  label,
  size = 'sm',
  hidden,
  extra = [],
  words,
}: {
  hostId: string;
  subject: SubjectRef | ClusterSubjectRef;
  /** Names the object for who can't see it: `Actions for tank/data`. */
  label: string;
  size?: 'xs' | 'sm' | 'md';
  /** Offers that stand elsewhere on the same row. */
  hidden?: (offer: Offer) => boolean;
  /** Stands on a button of its own instead of three dots. */
  words?: string;
  /** Ways in that are no action of their own. */
  extra?: readonly { label: string; onClick: () => void }[];
}) {
  const [answer, setAnswer] = useState<OffersAnswer>({ status: 'loading' });
  const asked = useRef(0);
  const open = async () => {
    asked.current += 1;
    const turn = asked.current;
    setAnswer({ status: 'loading' });
    const found = await loadOffers(hostId, subject);
    // A menu that was closed and opened again shows the later answer only.
    if (turn === asked.current) setAnswer(found);
  };
  return (
    <ActionMenu position="bottom-end" withinPortal onOpen={() => void open()} shadow="md">
      <Menu.Target>
        {words === undefined ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            size={size}
            aria-label={label}
            onClick={(event) => event.stopPropagation()}
          >
            <IconDots size={16} />
          </ActionIcon>
        ) : (
          <Button
            variant="light"
            size="compact-sm"
            aria-label={label}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            onClick={(event) => event.stopPropagation()}
          >
            {words}
          </Button>
        )}
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        {extra.map(({ label: way, onClick }) => (
          <Menu.Item key={way} onClick={onClick}>
            {way}
          </Menu.Item>
        ))}
        {extra.length > 0 && <Menu.Divider />}
        {answer.status === 'loading' && (
          <Menu.Item disabled leftSection={<Loader size={13} />}>
            Asking…
          </Menu.Item>
        )}
        {answer.status === 'failed' && (
          <Text size="sm" px="sm" py={6} maw={320}>
            {answer.error.message} {answer.error.remedy}
          </Text>
        )}
        {answer.status === 'ready' && (
          <Offers hostId={hostId} offers={answer.offers.filter((offer) => hidden?.(offer) !== true)} />
        )}
      </Menu.Dropdown>
    </ActionMenu>
  );
}

function Offers({ hostId, offers }: { hostId: string; offers: readonly Offer[] }) {
  if (offers.length === 0) {
    return (
      <Text size="sm" c="dimmed" px="sm" py={6}>
        Nothing can be done here.
      </Text>
    );
  }
  return offers.map((offer, index) => (
    <Fragment key={`${offer.action} ${offer.label}`}>
      {index > 0 && offers[index - 1]?.group !== offer.group && <Menu.Divider />}
      <OfferItem hostId={hostId} offer={offer} />
    </Fragment>
  ));
}

function OfferItem({ hostId, offer }: { hostId: string; offer: Offer }) {
  const { excuse, label } = offer;
  const colour = excuse !== null ? 'gray' : offer.group === 'destroy' ? 'var(--hf-critical)' : undefined;
  const item = (
    <Menu.Item
      color={colour}
      aria-disabled={excuse !== null}
      closeMenuOnClick={excuse === null}
      style={excuse === null ? undefined : { opacity: 0.55, cursor: 'not-allowed' }}
      onClick={excuse === null ? () => startOffer(hostId, offer) : undefined}
    >
      {label}
    </Menu.Item>
  );
  if (excuse === null) return item;
  return (
    <Tooltip label={excuse} position="left" events={{ hover: true, focus: true, touch: true }}>
      {item}
    </Tooltip>
  );
}
