import { create } from 'zustand';
import type { Foreseen, PolicyRow, PolicySettings } from '../../src-preload/contract/policies';
import type { RetentionRule } from '../../src-preload/contract/prune';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';
import { fieldsOf, firstAnswers, inputOfEach } from '../components/offer-answers';
import { loadOffers } from './offers-store';
import { openPlan } from './plan-store';
import { openPrune } from './prune-store';
import { mostSelected } from './selection-store';

interface PoliciesState {
  status: 'unasked' | 'loading' | 'ready' | 'failed';
  policies: readonly PolicyRow[];
  error: WireError | null;
  /** The form; `policy: null`: a new one. null: closed. */
  form: { policy: PolicyRow | null } | null;
  /** What a button of one policy met. */
  problem: WireError | null;
  dryRun: DryRun | null;
}

/** One policy over the days to come; `foreseen: null`: not worked out yet. */
export interface DryRun {
  policy: PolicyRow;
  days: number;
  shownDay: number;
  foreseen: Foreseen | null;
  error: WireError | null;
}

export const usePoliciesStore = create<PoliciesState>(() => ({
  status: 'unasked',
  policies: [],
  error: null,
  form: null,
  problem: null,
  dryRun: null,
}));

let latest = 0;

/** Of overlapping reads only the newest counts. */
export async function loadPolicies(): Promise<void> {
  const mine = ++latest;
  if (usePoliciesStore.getState().status !== 'ready') usePoliciesStore.setState({ status: 'loading' });
  const answer = await call('policies:list', {});
  if (mine !== latest) return;
  usePoliciesStore.setState(
    answer.ok
      ? { status: 'ready', policies: answer.value.policies, error: null }
      : { status: 'failed', error: answer.error },
  );
}

/** Policies are judged by what was last read of the hosts. */
export function followPolicies(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    if (usePoliciesStore.getState().status === 'unasked') return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void loadPolicies();
    }, 200);
  };
  const stops = [
    listen('policies:changed', soon),
    listen('hosts:changed', soon),
    listen('inventory:changed', soon),
  ];
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}

export function openPolicyForm(policy: PolicyRow | null): void {
  usePoliciesStore.setState({ form: { policy } });
}

export function closePolicyForm(): void {
  usePoliciesStore.setState({ form: null });
}

/** null: done; else why not. */
export async function savePolicy(
  policyId: string | null,
  settings: PolicySettings,
): Promise<WireError | null> {
  const answer =
    policyId === null
      ? await call('policies:create', { settings })
      : await call('policies:update', { policyId, settings });
  if (!answer.ok) return answer.error;
  await loadPolicies();
  return null;
}

function settingsOf(policy: PolicyRow): PolicySettings {
  const { hostId, backend, poolName, recursive, schedule, retentionCount, enabled } = policy;
  return { hostId, backend, poolName, recursive, schedule, retentionCount, enabled };
}

export async function switchPolicy(policy: PolicyRow, enabled: boolean): Promise<void> {
  usePoliciesStore.setState({ problem: await savePolicy(policy.id, { ...settingsOf(policy), enabled }) });
}

export async function deletePolicy(policyId: string): Promise<void> {
  const answer = await call('policies:delete', { policyId });
  usePoliciesStore.setState({ problem: answer.ok ? null : answer.error });
  await loadPolicies();
}

/** Snapshots of what is due, all under one plan that a person confirms. */
export async function planDue(policy: PolicyRow): Promise<void> {
  usePoliciesStore.setState({ problem: null });
  const { hostId, backend } = policy;
  const answers = await Promise.all(
    policy.dueVolumeIds
      .slice(0, mostSelected)
      .map((volumeId) => loadOffers(hostId, { kind: 'volume', volumeId })),
  );
  const failed = answers.find((answer) => answer.status === 'failed');
  if (failed !== undefined) {
    usePoliciesStore.setState({ problem: failed.error });
    return;
  }
  const offers = answers.flatMap((answer) =>
    answer.status === 'ready'
      ? answer.offers.filter(({ action }) => action === `${backend}.snapshot.create`).slice(0, 1)
      : [],
  );
  const [first] = offers;
  if (first === undefined) return;
  const given = firstAnswers(fieldsOf(offers));
  const items = offers.map((offer) => inputOfEach(offer, given));
  await openPlan({
    hostId,
    action: first.action,
    input: items.length === 1 ? (items[0] ?? {}) : { items, goOn: true },
  });
}

/** Snapshots that Holdfast names begin so; those of other tools are theirs to prune. */
const ownNames = 'holdfast-';

export function prunePolicy(policy: PolicyRow): void {
  const { id: policyId, hostId, retentionCount } = policy;
  const rule: RetentionRule = {
    ...{ last: retentionCount, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
  };
  openPrune({ hostId, poolId: null, search: ownNames, policyId, rule });
}

/** What would exist when. Another span keeps the day that is shown while there is one. */
export async function openDryRun(policy: PolicyRow, days: number, shownDay = days - 1): Promise<void> {
  const asked = { policy, days, shownDay: Math.min(shownDay, days - 1) };
  const before = usePoliciesStore.getState().dryRun;
  const kept = before?.policy.id === policy.id && before.days === days ? before.foreseen : null;
  usePoliciesStore.setState({ dryRun: { ...asked, foreseen: kept, error: null } });
  const answer = await call('policies:dryRun', { policyId: policy.id, days, shownDay: asked.shownDay });
  const now = usePoliciesStore.getState().dryRun;
  // Closed, or another question meanwhile.
  if (now === null || now.policy.id !== policy.id || now.days !== days || now.shownDay !== asked.shownDay)
    return;
  usePoliciesStore.setState({
    dryRun: answer.ok
      ? { ...asked, foreseen: answer.value, error: null }
      : { ...asked, foreseen: null, error: answer.error },
  });
}

export function closeDryRun(): void {
  usePoliciesStore.setState({ dryRun: null });
}
