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
  /** Hosts of ~/.ssh/config to take over. */
  sshConfig: boolean;
  /** Exporting and importing the list of hosts. */
  hostList: boolean;
  /** The sheet of shortcuts. */
  shortcuts: boolean;
}

const closed: DialogState = {
  host: null,
  snapshot: null,
  access: null,
  sshConfig: false,
  hostList: false,
  shortcuts: false,
};

export const useDialogStore = create<DialogState>(() => closed);

export function openHostDialog(host: Host | null): void {
  useDialogStore.setState({ host: { host } });
}

export function openSnapshotDialog(preset: SnapshotPreset): void {
  useDialogStore.setState({ snapshot: preset });
}

export function openAccessDialog(host: Host): void {
  useDialogStore.setState({ access: host });
}

/** In place of the dialog that led here. */
export function openSshConfigDialog(): void {
  useDialogStore.setState({ ...closed, sshConfig: true });
}

/** In place of the dialog that led here. */
export function openHostListDialog(): void {
  useDialogStore.setState({ ...closed, hostList: true });
}

export function openShortcuts(): void {
  useDialogStore.setState({ ...closed, shortcuts: true });
}

export function closeDialogs(): void {
  useDialogStore.setState(closed);
}
