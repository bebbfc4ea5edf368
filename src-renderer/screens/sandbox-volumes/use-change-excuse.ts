import type { Host } from '../../../src-preload/contract/hosts';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore } from '../../stores/fleet-store';
import { useVolumeFilesStore } from '../../stores/volume-files-store';

/** Why files of volumes of this host cannot be changed now; null: they can be. */
export function changeExcuse(host: Host | undefined, readOnly: boolean): string | null {
  if (readOnly) return 'Holdfast is in read-only mode. Turn it off in Settings.';
  if (host !== undefined && host.accessLevel !== 'administer') {
    return `This laptop may only ${host.accessLevel} on ${host.name}; it takes “administer”. Change it in its settings.`;
  }
  return null;
}

/** Why files of the open volume cannot be changed now; null: they can be. */
export function useChangeExcuse(): string | null {
  const volume = useVolumeFilesStore((state) => state.volume);
  const kind = useVolumeFilesStore((state) => state.kind);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  const host = useFleetStore((state) => state.hosts.find((each) => each.host.id === volume?.hostId)?.host);
  if (kind === 'disk') return 'A disk volume is changed from inside a sandbox.';
  return changeExcuse(host, readOnly);
}
