import type { Host } from '../../../src-preload/contract/hosts';
import { levelExcuse, readOnlyExcuse } from '../../components/excuse';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore } from '../../stores/fleet-store';
import { useVolumeFilesStore } from '../../stores/volume-files-store';

/** Why files of volumes of this host cannot be changed now; null: they can be. */
export function changeExcuse(host: Host | undefined, readOnly: boolean): string | null {
  return readOnlyExcuse(readOnly) ?? (host === undefined ? null : levelExcuse(host, 'administer'));
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
