import { create } from 'zustand';
import type { CutOffTransfer } from '../../src-preload/contract/files';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

interface CutOffState {
  transfers: readonly CutOffTransfer[];
  /** Why the last question or deletion failed. */
  error: WireError | null;
}

/** What transfers left behind that were cut off, on hosts and on this computer. */
export const useCutOffStore = create<CutOffState>(() => ({ transfers: [], error: null }));

export async function readCutOff(): Promise<void> {
  const answer = await call('files:cutOff', {});
  useCutOffStore.setState(
    answer.ok ? { transfers: answer.value.transfers, error: null } : { error: answer.error },
  );
}

/** On this computer; the native dialog asks first. */
export async function deletePart(transferId: string): Promise<void> {
  const answer = await call('files:deletePart', { transferId });
  if (answer.ok) await readCutOff();
  else useCutOffStore.setState({ error: answer.error });
}

export function followCutOff(): () => void {
  void readCutOff();
  return listen('files:cutOffChanged', () => void readCutOff());
}
