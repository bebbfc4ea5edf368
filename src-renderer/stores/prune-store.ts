import { create } from 'zustand';
import type { RetentionRule, VerdictRow } from '../../src-preload/contract/prune';
import type { WireError } from '../../src-preload/contract/result';
import { call } from '../api';

export interface PruneQuestion {
  hostId: string;
  poolId: string | null;
  search: string;
  /** Only the volumes of this snapshot policy. */
  policyId: string | null;
  rule: RetentionRule;
}

interface PruneState {
  /** null: closed. */
  question: PruneQuestion | null;
  status: 'loading' | 'ready' | 'failed';
  keep: number;
  remove: number;
  stay: number;
  removeUsedBytes: number;
  rows: readonly VerdictRow[];
  error: WireError | null;
}

const closed: PruneState = {
  question: null,
  status: 'loading',
  keep: 0,
  remove: 0,
  stay: 0,
  removeUsedBytes: 0,
  rows: [],
  error: null,
};

/** What many keep: a day by the hour, a week, a month and a year ever more coarsely. */
const usualRule: RetentionRule = { last: 3, hourly: 24, daily: 7, weekly: 4, monthly: 12, yearly: 0 };

export const usePruneStore = create<PruneState>(() => closed);

/** The core refuses such a rule; the form says so before it is asked. */
export function keepsNothing(rule: RetentionRule): boolean {
  return Object.values(rule).every((count) => count === 0);
}

let asking: AbortController | null = null;

async function ask(question: PruneQuestion): Promise<void> {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  if (keepsNothing(question.rule)) {
    usePruneStore.setState({ ...closed, question, status: 'failed' });
    return;
  }
  usePruneStore.setState({ question, status: 'loading' });
  const answer = await call('snapshots:prune', question, mine.signal);
  if (mine.signal.aborted) return;
  usePruneStore.setState(
    answer.ok ? { status: 'ready', error: null, ...answer.value } : { status: 'failed', error: answer.error },
  );
}

export function openPrune(
  question: Pick<PruneQuestion, 'hostId' | 'poolId' | 'search'> & Partial<PruneQuestion>,
): void {
  usePruneStore.setState(closed);
  void ask({ policyId: null, rule: usualRule, ...question });
}

export function changePrune(patch: Partial<PruneQuestion>): void {
  const { question } = usePruneStore.getState();
  if (question !== null) void ask({ ...question, ...patch });
}

export function closePrune(): void {
  asking?.abort();
  usePruneStore.setState(closed);
}
