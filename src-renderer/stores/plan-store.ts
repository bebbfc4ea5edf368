import { create } from 'zustand';
import type {
  ActionId,
  OperationProgress,
  OperationResult,
  Plan,
} from '../../src-preload/contract/operations';
import type { Request } from '../../src-preload/contract';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

export interface PlanRequest {
  hostId: string;
  action: ActionId;
  input: Request<'operations:plan'>['input'];
}

/** A staged change, planned anew to be applied. */
export interface ChangeRequest {
  changeId: string;
  /** Of several that are applied one after another; each is planned, shown and confirmed by itself. */
  sequence: { changeIds: readonly string[]; at: number } | null;
}

interface PlanState {
  /** null: no plan is open. */
  request: PlanRequest | ChangeRequest | null;
  stage: 'planning' | 'shown' | 'running' | 'done' | 'failed' | 'staged';
  plan: Plan | null;
  error: WireError | null;
  phase: OperationProgress['phase'] | null;
  stepIndex: number | null;
  output: string;
  result: OperationResult | null;
}

const closed: PlanState = {
  request: null,
  stage: 'planning',
  plan: null,
  error: null,
  phase: null,
  stepIndex: null,
  output: '',
  result: null,
};

export const usePlanStore = create<PlanState>(() => closed);

/** What a page keeps of streamed output; the audit keeps its own. */
const outputCap = 64_000;

let planning: AbortController | null = null;

/** Asks the core for a plan from fresh state and shows it. */
export async function openPlan(request: PlanRequest | ChangeRequest): Promise<void> {
  planning?.abort();
  const mine = new AbortController();
  planning = mine;
  usePlanStore.setState({ ...closed, request });
  const answer =
    'changeId' in request
      ? await call('changes:plan', { changeId: request.changeId }, mine.signal)
      : await call('operations:plan', request, mine.signal);
  if (mine.signal.aborted) return;
  if (answer.ok) usePlanStore.setState({ stage: 'shown', plan: answer.value });
  else usePlanStore.setState({ stage: 'failed', error: answer.error });
}

/** The same question again: the world or the clock moved on. */
export function replan(): void {
  const { request } = usePlanStore.getState();
  if (request !== null) void openPlan(request);
}

/** Whether a plan over several objects goes on after one failed; null: it is of one object. */
export function goesOn(request: PlanState['request']): boolean | null {
  if (request === null || 'changeId' in request) return null;
  const asked = request.input['goOn'];
  return typeof asked === 'boolean' && Array.isArray(request.input['items']) ? asked : null;
}

/** The same objects, with the other choice of what follows a failure. */
export function planGoingOn(goOn: boolean): void {
  const { request } = usePlanStore.getState();
  if (request === null || 'changeId' in request) return;
  void openPlan({ ...request, input: { ...request.input, goOn } });
}

/** Staged changes one after another, each with its own plan and confirmation. */
export function openSequence(changeIds: readonly string[]): void {
  const [changeId] = changeIds;
  if (changeId === undefined) return;
  void openPlan({ changeId, sequence: changeIds.length < 2 ? null : { changeIds, at: 0 } });
}

/** Where a sequence stands; null: this plan belongs to none. */
export function sequenceOf(
  request: PlanState['request'],
): { at: number; count: number; next: (() => void) | null } | null {
  if (request === null || !('changeId' in request) || request.sequence === null) return null;
  const { changeIds, at } = request.sequence;
  const changeId = changeIds[at + 1];
  return {
    at,
    count: changeIds.length,
    next:
      changeId === undefined ? null : () => void openPlan({ changeId, sequence: { changeIds, at: at + 1 } }),
  };
}

/** Keeps the shown plan to be applied later. Returns why not, or null. */
export async function stagePlan(note: string): Promise<WireError | null> {
  const { plan, stage } = usePlanStore.getState();
  if (plan === null || stage !== 'shown') return null;
  const answer = await call('changes:stage', { planId: plan.id, note });
  if (!answer.ok) return answer.error;
  if (usePlanStore.getState().plan?.id === plan.id) usePlanStore.setState({ stage: 'staged', error: null });
  return null;
}

export async function runPlan(typedTarget: string | null, typedHost: string | null): Promise<void> {
  const { plan, stage } = usePlanStore.getState();
  if (plan === null || stage !== 'shown') return;
  usePlanStore.setState({ stage: 'running', phase: 'confirming', output: '', error: null });
  const answer = await call('operations:run', { planId: plan.id, typedTarget, typedHost });
  if (usePlanStore.getState().plan?.id !== plan.id) return;
  if (answer.ok) usePlanStore.setState({ stage: 'done', phase: 'finished', result: answer.value });
  else usePlanStore.setState({ stage: 'failed', error: answer.error });
}

export async function cancelRun(): Promise<void> {
  const { plan } = usePlanStore.getState();
  if (plan !== null) await call('operations:cancel', { planId: plan.id });
}

/** A running operation goes on; its row is in the audit. */
export function closePlan(): void {
  planning?.abort();
  planning = null;
  usePlanStore.setState(closed);
}

export function followOperations(): () => void {
  return listen('operations:progress', (progress) => {
    const { plan, output } = usePlanStore.getState();
    if (plan?.id !== progress.planId) return;
    const chunk = progress.output?.chunk ?? '';
    usePlanStore.setState({
      phase: progress.phase,
      stepIndex: progress.stepIndex,
      output: (output + chunk).slice(-outputCap),
    });
  });
}
