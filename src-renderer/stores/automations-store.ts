import { create } from 'zustand';
import type { Automation } from '../../src-preload/contract/automations';
import type { StagedChange } from '../../src-preload/contract/changes';
import type { Request } from '../../src-preload/contract';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

interface AutomationsState {
  status: 'unasked' | 'loading' | 'ready' | 'failed';
  /** Oldest first. */
  automations: readonly Automation[];
  error: WireError | null;
  /** What a button met. */
  problem: WireError | null;
  /** The change that a new rule is to stage; null: the form is closed. */
  form: StagedChange | null;
}

export const useAutomationsStore = create<AutomationsState>(() => ({
  status: 'unasked',
  automations: [],
  error: null,
  problem: null,
  form: null,
}));

let latest = 0;

/** Of overlapping reads only the newest counts. */
export async function loadAutomations(): Promise<void> {
  const mine = ++latest;
  if (useAutomationsStore.getState().status !== 'ready') useAutomationsStore.setState({ status: 'loading' });
  const answer = await call('automations:list', {});
  if (mine !== latest) return;
  useAutomationsStore.setState(
    answer.ok
      ? { status: 'ready', automations: answer.value.automations, error: null }
      : { status: 'failed', error: answer.error },
  );
}

export function followAutomations(): () => void {
  return listen('automations:changed', () => {
    if (useAutomationsStore.getState().status !== 'unasked') void loadAutomations();
  });
}

export function openAutomationForm(form: StagedChange): void {
  useAutomationsStore.setState({ form });
}

export function closeAutomationForm(): void {
  useAutomationsStore.setState({ form: null });
}

/** null: done; else why not. */
export async function createAutomation(request: Request<'automations:create'>): Promise<WireError | null> {
  const answer = await call('automations:create', request);
  if (!answer.ok) return answer.error;
  await loadAutomations();
  return null;
}

export async function enableAutomation(automationId: string, enabled: boolean): Promise<void> {
  const answer = await call('automations:enable', { automationId, enabled });
  useAutomationsStore.setState({ problem: answer.ok ? null : answer.error });
  await loadAutomations();
}

export async function deleteAutomation(automationId: string): Promise<void> {
  const answer = await call('automations:delete', { automationId });
  useAutomationsStore.setState({ problem: answer.ok ? null : answer.error });
  await loadAutomations();
}
