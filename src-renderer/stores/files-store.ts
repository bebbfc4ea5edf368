import { create } from 'zustand';
import type { FileEntry } from '../../src-preload/contract/files';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';
import { openPlan } from './plan-store';

export interface Transfer {
  id: string;
  name: string;
  doneBytes: number;
  totalBytes: number;
}

interface FilesState {
  /** The snapshot that is being looked through; null: none. */
  snapshot: SnapshotRow | null;
  path: readonly string[];
  status: 'loading' | 'ready' | 'failed';
  entries: readonly FileEntry[];
  truncated: boolean;
  error: WireError | null;
  /** One at a time: a person chooses where each goes. */
  transfer: Transfer | null;
  saved: { displayPath: string; sizeBytes: number } | null;
}

const closed: FilesState = {
  snapshot: null,
  path: [],
  status: 'loading',
  entries: [],
  truncated: false,
  error: null,
  transfer: null,
  saved: null,
};

export const useFilesStore = create<FilesState>(() => closed);

let reading: AbortController | null = null;
let transferring: AbortController | null = null;

async function read(path: readonly string[]): Promise<void> {
  const { snapshot } = useFilesStore.getState();
  if (snapshot === null) return;
  reading?.abort();
  const mine = new AbortController();
  reading = mine;
  useFilesStore.setState({ path, status: 'loading', entries: [], truncated: false, error: null });
  const { hostId, id: snapshotId } = snapshot;
  const answer = await call('files:list', { hostId, snapshotId, path: [...path] }, mine.signal);
  if (mine.signal.aborted) return;
  if (answer.ok) useFilesStore.setState({ status: 'ready', ...answer.value });
  else useFilesStore.setState({ status: 'failed', error: answer.error });
}

export function browse(snapshot: SnapshotRow): void {
  closeFiles();
  useFilesStore.setState({ ...closed, snapshot });
  void read([]);
}

export function openFolder(path: readonly string[]): void {
  useFilesStore.setState({ saved: null });
  void read(path);
}

export function readAgain(): void {
  void read(useFilesStore.getState().path);
}

export async function download(entry: FileEntry): Promise<void> {
  const { snapshot, path, transfer } = useFilesStore.getState();
  if (snapshot === null || transfer !== null) return;
  const mine = new AbortController();
  transferring = mine;
  const transferId = crypto.randomUUID();
  useFilesStore.setState({
    transfer: { id: transferId, name: entry.name, doneBytes: 0, totalBytes: entry.sizeBytes },
    saved: null,
    error: null,
  });
  const answer = await call(
    'files:download',
    { hostId: snapshot.hostId, snapshotId: snapshot.id, path: [...path, entry.name], transferId },
    mine.signal,
  );
  if (useFilesStore.getState().transfer?.id !== transferId) return;
  if (answer.ok) useFilesStore.setState({ transfer: null, saved: answer.value.saved });
  else {
    const cancelled = answer.error.code === 'cancelled';
    useFilesStore.setState({ transfer: null, error: cancelled ? null : answer.error });
  }
}

/** Ends in a plan: the file comes back beside its original. */
export async function restore(entry: FileEntry): Promise<void> {
  const { snapshot, path } = useFilesStore.getState();
  if (snapshot === null) return;
  const { hostId, id: snapshotId } = snapshot;
  const answer = await call('files:restore', { hostId, snapshotId, path: [...path, entry.name] });
  if (answer.ok) {
    // The plan stands above whatever the drawer stands on.
    closeFiles();
    void openPlan({ hostId, ...answer.value });
  } else useFilesStore.setState({ error: answer.error });
}

export function cancelDownload(): void {
  transferring?.abort();
}

export function closeFiles(): void {
  reading?.abort();
  transferring?.abort();
  useFilesStore.setState(closed);
}

export function followFiles(): () => void {
  return listen('files:progress', ({ transferId, doneBytes, totalBytes }) => {
    useFilesStore.setState(({ transfer }) =>
      transfer?.id === transferId ? { transfer: { ...transfer, doneBytes, totalBytes } } : {},
    );
  });
}
