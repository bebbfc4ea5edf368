import { create } from 'zustand';
import type { Host } from '../../src-preload/contract/hosts';

interface SnapshotPreset {
  hostId?: string;
  volumeId?: string;
}

interface DialogState {
  /** null: closed; `host: null`: a new one. */
  host: { host: Host | null } | null;
  snapshot: SnapshotPreset | null;
  /** Least privilege of this host. */
  access: Host | null;
}

export const useDialogStore = create<DialogState>(() => ({ host: null, snapshot: null, access: null }));

export function openHostDialog(host: Host | null): void {
  useDialogStore.setState({ host: { host } });
}

export function openSnapshotDialog(preset: SnapshotPreset): void {
  useDialogStore.setState({ snapshot: preset });
}

export function openAccessDialog(host: Host): void {
  useDialogStore.setState({ access: host });
}

export function closeDialogs(): void {
  useDialogStore.setState({ host: null, snapshot: null, access: null });
}
