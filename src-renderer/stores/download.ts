import type { Result, WireError } from '../../src-preload/contract/result';
import { listen } from '../api';

export interface Transfer {
  id: string;
  name: string;
  doneBytes: number;
  totalBytes: number;
  /** Left out: its speed is not told. */
  startedAtMs?: number;
}

/** The part of a store that its downloads keep. */
export interface DownloadState<Saved> {
  transfer: Transfer | null;
  saved: Saved | null;
  error: WireError | null;
}

interface DownloadStore<Saved> {
  getState: () => DownloadState<Saved>;
  setState: (part: Partial<DownloadState<Saved>>) => void;
}

/** Downloads of one place, one at a time: a person chooses where each goes. */
export function createDownloads<Saved>(store: DownloadStore<Saved>): {
  /** Nothing happens while another one runs. */
  run: (
    file: Omit<Transfer, 'id' | 'doneBytes'>,
    ask: (transferId: string, signal: AbortSignal) => Promise<Result<{ saved: Saved | null }>>,
  ) => Promise<void>;
  cancel: () => void;
  /** @returns ends it */
  followProgress: () => () => void;
} {
  let running: AbortController | null = null;
  return {
    run: async (file, ask) => {
      if (store.getState().transfer !== null) return;
      const mine = new AbortController();
      running = mine;
      const id = crypto.randomUUID();
      store.setState({ transfer: { ...file, id, doneBytes: 0 }, saved: null, error: null });
      const answer = await ask(id, mine.signal);
      // Closed in the meantime: what is shown now belongs to another.
      if (store.getState().transfer?.id !== id) return;
      if (answer.ok) store.setState({ transfer: null, saved: answer.value.saved });
      else store.setState({ transfer: null, error: answer.error.code === 'cancelled' ? null : answer.error });
    },
    cancel: () => running?.abort(),
    followProgress: () =>
      listen('files:progress', ({ transferId, doneBytes, totalBytes }) => {
        const { transfer } = store.getState();
        if (transfer?.id === transferId) store.setState({ transfer: { ...transfer, doneBytes, totalBytes } });
      }),
  };
}
