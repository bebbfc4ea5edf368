import { create } from 'zustand';
import type { ActionId } from '../../src-preload/contract/operations';
import type { VolumeFile, VolumeFileDetails } from '../../src-preload/contract/sandbox-files';
import { call } from '../api';
import { createDownloads, type DownloadState } from './download';
import { openPlan, usePlanStore, type PlanRequest } from './plan-store';

/** A sandbox volume whose files are looked at. */
export interface BrowsedVolume {
  hostId: string;
  hostName: string;
  volumeId: string;
  name: string;
}

/** What a name is asked for, or a text is shown in. */
export type VolumeDialog =
  | { kind: 'mkdir' }
  | { kind: 'write'; name: string; text: string }
  | { kind: 'copy' | 'rename'; file: VolumeFile }
  | { kind: 'view'; file: VolumeFile; text: string }
  | { kind: 'details'; path: string; file: VolumeFileDetails };

interface VolumeFilesState extends DownloadState<{ displayPath: string; sizeBytes: number }> {
  /** null: none is open. */
  volume: BrowsedVolume | null;
  path: readonly string[];
  status: 'loading' | 'ready' | 'failed';
  /** Where the volume is on its host; null: not read yet. */
  root: string | null;
  kind: 'directory' | 'disk';
  entries: readonly VolumeFile[];
  /** Of all that is there. */
  total: number;
  dialog: VolumeDialog | null;
}

const closed: VolumeFilesState = {
  volume: null,
  path: [],
  status: 'loading',
  root: null,
  kind: 'directory',
  entries: [],
  total: 0,
  error: null,
  transfer: null,
  saved: null,
  dialog: null,
};

export const useVolumeFilesStore = create<VolumeFilesState>(() => closed);

const downloads = createDownloads(useVolumeFilesStore);
export const cancelVolumeDownload = downloads.cancel;

let reading: AbortController | null = null;

async function read(path: readonly string[]): Promise<void> {
  const { volume } = useVolumeFilesStore.getState();
  if (volume === null) return;
  reading?.abort();
  const mine = new AbortController();
  reading = mine;
  useVolumeFilesStore.setState({ path, status: 'loading', error: null });
  const { hostId, volumeId } = volume;
  const answer = await call('sandboxFiles:list', { hostId, volumeId, path: [...path] }, mine.signal);
  if (mine.signal.aborted) return;
  if (answer.ok) useVolumeFilesStore.setState({ status: 'ready', ...answer.value });
  else useVolumeFilesStore.setState({ status: 'failed', entries: [], total: 0, error: answer.error });
}

export function browseVolume(volume: BrowsedVolume): void {
  closeVolumeFiles();
  useVolumeFilesStore.setState({ ...closed, volume });
  void read([]);
}

export function openVolumeFolder(path: readonly string[]): void {
  useVolumeFilesStore.setState({ saved: null, entries: [], total: 0 });
  void read(path);
}

export function readVolumeAgain(): void {
  void read(useVolumeFilesStore.getState().path);
}

export function closeVolumeFiles(): void {
  reading?.abort();
  downloads.cancel();
  useVolumeFilesStore.setState(closed);
}

export function setVolumeDialog(dialog: VolumeDialog | null): void {
  useVolumeFilesStore.setState({ dialog });
}

export async function downloadVolumeFile({ name, sizeBytes }: VolumeFile): Promise<void> {
  const { volume, path } = useVolumeFilesStore.getState();
  if (volume === null) return;
  const { hostId, volumeId } = volume;
  await downloads.run({ name, totalBytes: sizeBytes, startedAtMs: Date.now() }, (transferId, signal) =>
    call('sandboxFiles:download', { hostId, volumeId, path: [...path, name], transferId }, signal),
  );
}

/** Shows a small file as text. */
export async function viewVolumeFile(file: VolumeFile): Promise<void> {
  const { volume, path } = useVolumeFilesStore.getState();
  if (volume === null) return;
  const { hostId, volumeId } = volume;
  const answer = await call('sandboxFiles:text', { hostId, volumeId, path: [...path, file.name] });
  if (useVolumeFilesStore.getState().volume !== volume) return;
  if (answer.ok) setVolumeDialog({ kind: 'view', file, text: answer.value.text });
  else useVolumeFilesStore.setState({ error: answer.error });
}

/** Everything the host says of one name, fresh. */
export async function showVolumeFile({ name }: VolumeFile): Promise<void> {
  const { volume, path } = useVolumeFilesStore.getState();
  if (volume === null) return;
  const { hostId, volumeId } = volume;
  const at = [...path, name];
  const answer = await call('sandboxFiles:stat', { hostId, volumeId, path: at });
  const now = useVolumeFilesStore.getState();
  if (now.volume !== volume || now.path !== path) return;
  if (!answer.ok) useVolumeFilesStore.setState({ error: answer.error });
  else if (answer.value.file === null) readVolumeAgain();
  else setVolumeDialog({ kind: 'details', path: `/${at.join('/')}`, file: answer.value.file });
}

/** The file is chosen in the native dialog, then planned under its own name in the open folder. */
export async function uploadToVolume(): Promise<void> {
  const { volume } = useVolumeFilesStore.getState();
  if (volume === null) return;
  const { hostId, volumeId } = volume;
  const answer = await call('sandboxFiles:chooseUpload', { hostId, volumeId });
  if (!answer.ok) useVolumeFilesStore.setState({ error: answer.error });
  else if (answer.value.file !== null) {
    planVolumeChange('sandbox.file.upload', answer.value.file.name, { fileId: answer.value.file.fileId });
  }
}

/** Every change ends in a plan. `name` is in the open folder. */
export function planVolumeChange(action: ActionId, name: string, more: PlanRequest['input'] = {}): void {
  const { volume, path } = useVolumeFilesStore.getState();
  if (volume === null) return;
  useVolumeFilesStore.setState({ dialog: null, saved: null });
  const { hostId, volumeId } = volume;
  void openPlan({ hostId, action, input: { volumeId, path: [...path, name], ...more } });
}

/** Progress of downloads; and after a plan was closed, the folder is read again. */
export function followVolumeFiles(): () => void {
  const stops = [
    downloads.followProgress(),
    usePlanStore.subscribe(({ request }, before) => {
      if (request === null && before.request !== null) readVolumeAgain();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
