import type { BackendInventory, ProbeOutcome, StorageBackend } from '../backend';
import { stdoutOf } from '../outcomes';
import { zfsProbes } from './commands';
import { parseVersion, parseZfs } from './parse';

function parse(outcomes: ReadonlyMap<string, ProbeOutcome>): BackendInventory {
  const version = outcomes.get(zfsProbes.version.id);
  const parts = parseZfs({
    pools: stdoutOf(outcomes, zfsProbes.pools),
    status: stdoutOf(outcomes, zfsProbes.status),
    datasets: stdoutOf(outcomes, zfsProbes.datasets),
    snapshots: stdoutOf(outcomes, zfsProbes.snapshots),
    properties: stdoutOf(outcomes, zfsProbes.properties),
  });
  return { version: version?.ok === true ? parseVersion(version.stdout) : null, ...parts };
}

export const zfs: StorageBackend = {
  kind: 'zfs',
  title: 'ZFS',
  tools: ['zpool', 'zfs'],
  packageName: 'zfsutils-linux',
  capabilities: { snapshots: true, rollback: 'newest-only', snapshotNeedsSize: false },
  probes: Object.values(zfsProbes),
  parse,
};
