import { create } from 'zustand';
import type { ClusterSubjectRef } from '../../src-preload/contract/cluster-subjects';
import type { Offer } from '../../src-preload/contract/operations';
import type { SubjectRef } from '../../src-preload/contract/offers';
import type { WireError } from '../../src-preload/contract/result';
import { call } from '../api';
import { closeDialogs } from './dialog-store';
import { openPlan, type PlanRequest } from './plan-store';

interface OffersState {
  /** The action whose form is open; null: none. */
  form: { hostId: string; offer: Offer; others: readonly Offer[] } | null;
  /** The host a pool is being created on; '' lets the person choose. null: closed. */
  createPool: { hostId: string } | null;
  /** The pool a disk is being replaced in; null: closed. */
  replace: { hostId: string; poolId: string } | null;
}

export const useOffersStore = create<OffersState>(() => ({ form: null, createPool: null, replace: null }));

export type OffersAnswer =
  { status: 'loading' } | { status: 'ready'; offers: Offer[] } | { status: 'failed'; error: WireError };

/** A record, so that `tsc` misses a kind that is not in it. */
const hostKinds: Readonly<Record<SubjectRef['kind'], true>> = {
  host: true,
  pool: true,
  member: true,
  volume: true,
  snapshot: true,
  disk: true,
  'sandbox-host': true,
  sandbox: true,
  'sandbox-volume': true,
  'sandbox-snapshot': true,
  'sandbox-template': true,
};
const isOfHost = (subject: SubjectRef | ClusterSubjectRef): subject is SubjectRef =>
  Object.hasOwn(hostKinds, subject.kind);

/** What can be done to one object, as the core says it. */
export async function loadOffers(
  hostId: string,
  subject: SubjectRef | ClusterSubjectRef,
): Promise<OffersAnswer> {
  const answer = isOfHost(subject)
    ? await call('operations:offers', { hostId, subject })
    : await call('clusters:offers', { clusterId: hostId, subject });
  return answer.ok
    ? { status: 'ready', offers: answer.value.offers }
    : { status: 'failed', error: answer.error };
}

/** An action without questions goes straight to its plan. */
export function startOffer(hostId: string, offer: Offer): void {
  if (offer.fields.length === 0) void openPlan({ hostId, action: offer.action, input: offer.input });
  else useOffersStore.setState({ form: { hostId, offer, others: [] } });
}

/** The same for several objects; `others` are offers of the same action for further ones. */
export function startOffers(hostId: string, offer: Offer, others: readonly Offer[]): void {
  if (others.length === 0) startOffer(hostId, offer);
  else if (offer.fields.length === 0) {
    submitOffers(
      hostId,
      offer.action,
      [offer, ...others].map(({ input }) => input),
    );
  } else useOffersStore.setState({ form: { hostId, offer, others } });
}

export function submitOffer(hostId: string, offer: Offer, answers: PlanRequest['input']): void {
  closeOffers();
  void openPlan({ hostId, action: offer.action, input: { ...offer.input, ...answers } });
}

/** The same action for several objects: one plan over all of them. */
export function submitOffers(
  hostId: string,
  action: Offer['action'],
  items: readonly PlanRequest['input'][],
): void {
  closeOffers();
  void openPlan({ hostId, action, input: { items: [...items], goOn: true } });
}

export function openCreatePool(hostId: string): void {
  useOffersStore.setState({ createPool: { hostId } });
}

export function openReplaceDisk(hostId: string, poolId: string): void {
  useOffersStore.setState({ replace: { hostId, poolId } });
}

/** Whichever form stands open: it stood on a menu, on “Create pool” or on “Snapshot now”. */
export function closeOffers(): void {
  closeDialogs();
  useOffersStore.setState({ form: null, createPool: null, replace: null });
}
