import type { Disk, Smart } from '../../../src-preload/contract/disks';
import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';

/** One disk with its host, as the table draws it. */
export interface DiskRow {
  key: string;
  host: Host;
  disk: Disk;
}

export function rowsOf(host: Host, inventory: HostInventory | null): DiskRow[] {
  return (inventory?.disks ?? []).map((disk) => ({ key: `${host.id} ${disk.id}`, host, disk }));
}

/** Failing first; a disk without SMART says least and comes last. */
function urgency({ health, smart }: Disk): number {
  if (health === 'critical') return 0;
  if (health === 'warning') return 1;
  if (smart.status === 'unknown') return 2;
  return smart.status === 'unavailable' ? 4 : 3;
}

export function byUrgency(rows: readonly DiskRow[]): DiskRow[] {
  return [...rows].sort(
    (a, b) =>
      urgency(a.disk) - urgency(b.disk) ||
      a.host.name.localeCompare(b.host.name) ||
      a.disk.path.localeCompare(b.disk.path, undefined, { numeric: true }),
  );
}

/** Every word must be found somewhere: path, model, serial, by-id name, host, user, self-test. */
export function matches({ host, disk }: DiskRow, search: string): boolean {
  const told = [
    host.name,
    disk.path,
    disk.id,
    disk.model ?? '',
    disk.serial ?? '',
    disk.wwn ?? '',
    disk.transport ?? '',
    smartWords[disk.smart.status],
    disk.smart.selfTest.text,
    ...disk.uses.flatMap(({ name, path }) => [name, path]),
  ]
    .join('\n')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => told.includes(word));
}

export const smartWords: Record<Smart['status'], string> = {
  passed: 'Passed',
  failed: 'Failing',
  unavailable: 'No SMART',
  unknown: 'Not known',
};

/** `HDD, sata`; a virtual disk's motor is made up by the kernel. */
export function kindOf({ transport, rotational }: Disk): string {
  if (transport === 'nvme') return 'NVMe';
  if (transport === 'virtio' || transport === 'xen') return transport;
  const kind = rotational === null ? null : rotational ? 'HDD' : 'SSD';
  return [kind, transport].filter((word) => word !== null).join(', ') || '–';
}

const poolKinds = new Set(['zpool', 'volume-group', 'raid-array', 'btrfs-filesystem']);

/** Pools by name, else mounts and whatever else; each once. Empty: nothing uses it. */
export function usersOf({ uses }: Disk): string[] {
  const pools = uses.filter(({ kind }) => poolKinds.has(kind));
  const shown = pools.length > 0 ? pools : uses;
  return [...new Set(shown.map(({ name }) => name))];
}

/** Why disks tell no health, one line for each host and reason. */
export function silences(
  rows: readonly DiskRow[],
): { key: string; host: Host; reason: string; paths: string[] }[] {
  const found = new Map<string, { key: string; host: Host; reason: string; paths: string[] }>();
  for (const { host, disk } of rows) {
    const { status, reason } = disk.smart;
    if (reason === null || (status !== 'unavailable' && status !== 'unknown')) continue;
    const key = `${host.id} ${reason}`;
    const known = found.get(key) ?? { key, host, reason, paths: [] };
    found.set(key, { ...known, paths: [...known.paths, disk.path] });
  }
  return [...found.values()];
}

const testWords: Record<Smart['selfTest']['state'], string> = {
  none: 'never run',
  running: 'running',
  passed: 'passed',
  failed: 'failed',
  aborted: 'stopped',
  unknown: 'unknown',
  unsupported: 'not here',
};

/** The last self-test in a word; what the disk says of it is longer. */
export function selfTestWords({ selfTest: { state, remainingPercent } }: Smart): string {
  return state === 'running' && remainingPercent !== null
    ? `${100 - remainingPercent} % done`
    : testWords[state];
}
