import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from '../backend';
import { stdoutOf } from '../outcomes';
import { mostListedWhole, snapshotsProbe, zfsProbes } from './commands';
import { parseVersion, parseZfs } from './parse';
import { snapshotDetails } from './snapshot-details';

/** Counts lines without making them. */
function hasMoreLines(text: string, most: number): boolean {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines > most) return true;
  }
  return false;
}

const areListedWhole = (names: string): boolean => names !== '' && !hasMoreLines(names, mostListedWhole);

function followUp(outcomes: ReadonlyMap<string, ProbeOutcome>): Probe[] {
  const names = outcomes.get(zfsProbes.snapshotNames.id);
  return names?.ok === true && areListedWhole(names.stdout) ? [snapshotsProbe] : [];
}

function parse(outcomes: ReadonlyMap<string, ProbeOutcome>): BackendInventory {
  const version = outcomes.get(zfsProbes.version.id);
  const snapshotNames = stdoutOf(outcomes, zfsProbes.snapshotNames);
  const parts = parseZfs({
    pools: stdoutOf(outcomes, zfsProbes.pools),
    status: stdoutOf(outcomes, zfsProbes.status),
    datasets: stdoutOf(outcomes, zfsProbes.datasets),
    snapshots: areListedWhole(snapshotNames) ? stdoutOf(outcomes, snapshotsProbe) : null,
    snapshotNames,
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
  followUp,
  snapshotDetails,
  parse,
};
