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

interface PlanState {
  /** null: no plan is open. */
  request: PlanRequest | null;
  stage: 'planning' | 'shown' | 'running' | 'done' | 'failed';
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
export async function openPlan(request: PlanRequest): Promise<void> {
  planning?.abort();
  const mine = new AbortController();
  planning = mine;
  usePlanStore.setState({ ...closed, request });
  const answer = await call('operations:plan', request, mine.signal);
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
export function goesOn(request: PlanRequest | null): boolean | null {
  const asked = request?.input['goOn'];
  return typeof asked === 'boolean' && Array.isArray(request?.input['items']) ? asked : null;
}

/** The same objects, with the other choice of what follows a failure. */
export function planGoingOn(goOn: boolean): void {
  const { request } = usePlanStore.getState();
  if (request !== null) void openPlan({ ...request, input: { ...request.input, goOn } });
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
