import { create } from 'zustand';
import type { FileEntry } from '../../src-preload/contract/files';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import { call } from '../api';
import { createDownloads, type DownloadState } from './download';
import { openPlan } from './plan-store';

interface FilesState extends DownloadState<{ displayPath: string; sizeBytes: number }> {
  /** The snapshot that is being looked through; null: none. */
  snapshot: SnapshotRow | null;
  path: readonly string[];
  status: 'loading' | 'ready' | 'failed';
  entries: readonly FileEntry[];
  truncated: boolean;
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

const downloads = createDownloads(useFilesStore);
export const cancelDownload = downloads.cancel;
export const followFiles = downloads.followProgress;

let reading: AbortController | null = null;

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

export async function download({ name, sizeBytes }: FileEntry): Promise<void> {
  const { snapshot, path } = useFilesStore.getState();
  if (snapshot === null) return;
  const { hostId, id: snapshotId } = snapshot;
  await downloads.run({ name, totalBytes: sizeBytes }, (transferId, signal) =>
    call('files:download', { hostId, snapshotId, path: [...path, name], transferId }, signal),
  );
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

export function closeFiles(): void {
  reading?.abort();
  downloads.cancel();
  useFilesStore.setState(closed);
}
