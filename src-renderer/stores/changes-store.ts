import { create } from 'zustand';
import type { Response } from '../../src-preload/contract';
import type { StagedChange } from '../../src-preload/contract/changes';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

type Detail = Response<'changes:read'>;

interface ChangesState {
  status: 'unasked' | 'loading' | 'ready' | 'failed';
  /** Newest first. */
  changes: readonly StagedChange[];
  error: WireError | null;
  /** What a button met. */
  problem: WireError | null;
  /** The change whose drawer is open; `detail: null`: not read yet. */
  open: { changeId: string; detail: Detail | null; error: WireError | null } | null;
}

export const useChangesStore = create<ChangesState>(() => ({
  status: 'unasked',
  changes: [],
  error: null,
  problem: null,
  open: null,
}));

let latest = 0;

/** Of overlapping reads only the newest counts. */
export async function loadChanges(): Promise<void> {
  const mine = ++latest;
  if (useChangesStore.getState().status !== 'ready') useChangesStore.setState({ status: 'loading' });
  const answer = await call('changes:list', {});
  if (mine !== latest) return;
  useChangesStore.setState(
    answer.ok
      ? { status: 'ready', changes: answer.value.changes, error: null }
      : { status: 'failed', error: answer.error },
  );
}

export function followChanges(): () => void {
  return listen('changes:changed', () => {
    void loadChanges();
    const { open } = useChangesStore.getState();
    if (open !== null) void readChange(open.changeId);
  });
}

async function readChange(changeId: string): Promise<void> {
  const answer = await call('changes:read', { changeId });
  const { open } = useChangesStore.getState();
  if (open?.changeId !== changeId) return;
  useChangesStore.setState({
    open: answer.ok
      ? { changeId, detail: answer.value, error: null }
      : { changeId, detail: null, error: answer.error },
  });
}

export async function openChange(changeId: string): Promise<void> {
  useChangesStore.setState({ open: { changeId, detail: null, error: null } });
  await readChange(changeId);
}

export function closeChange(): void {
  useChangesStore.setState({ open: null });
}

/** One after another; the first that cannot be discarded ends it. */
export async function discardChanges(changeIds: readonly string[]): Promise<void> {
  useChangesStore.setState({ problem: null });
  for (const changeId of changeIds) {
    const answer = await call('changes:discard', { changeId });
    if (!answer.ok) {
      useChangesStore.setState({ problem: answer.error });
      break;
    }
  }
  await loadChanges();
}

export async function clearChanges(): Promise<void> {
  const answer = await call('changes:clear', {});
  useChangesStore.setState({ problem: answer.ok ? null : answer.error });
  await loadChanges();
}
