import type { Pool } from '../../../../../src-preload/contract/inventory';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Verification } from '../../../../../src-preload/contract/operations';
import type { OfferDraft, Subject } from '../../action';

export const notMounted: Verification = {
  status: 'skipped',
  text: 'The file system is not mounted any more, so it was not looked at.',
};

/** UUID of a file system from the id of its pool. */
export const filesystemOf = (poolId: string): string => poolId.replace(/^btrfs:/, '');

/** Something that is done to a whole mounted file system. */
export function poolOffer(
  subject: Subject,
  offer: {
    label: string;
    group: OfferDraft['group'];
    excuse: (pool: Pool) => string | null;
    fields?: (pool: Pool) => Field[];
  },
): OfferDraft | null {
  if (subject.kind !== 'pool') return null;
  const { pool } = subject;
  return {
    label: offer.label,
    group: offer.group,
    excuse: whyNot(pool) ?? offer.excuse(pool),
    input: { filesystem: filesystemOf(pool.id) },
    fields: offer.fields?.(pool) ?? [],
  };
}

/** Nothing can be done to a file system that is not mounted, or only to be read. */
export function whyNot(pool: Pool): string | null {
  if (pool.state === 'not mounted') return 'It is not mounted.';
  return pool.state.includes('read-only') ? 'It is mounted read-only.' : null;
}

/** What keeps the whole file system busy, as the inventory knows it. */
export function busyWith(pool: Pool): string | null {
  const { activity } = pool;
  if (activity === null || (activity.state !== 'running' && activity.state !== 'paused')) return null;
  const words: Partial<Record<typeof activity.kind, string>> = {
    balance: 'A balance',
    replace: 'A replacement',
    move: 'The removal of a device',
  };
  const word = words[activity.kind];
  return word === undefined ? null : `${word} ${activity.state === 'paused' ? 'is paused' : 'is running'}.`;
}
