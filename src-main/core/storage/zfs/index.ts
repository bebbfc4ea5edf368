import type { HostInventory, Snapshot } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from '../backend';
import { outcomeOf, stdoutOf } from '../outcomes';
import { mostListedWhole, snapshotsProbe, statusJsonProbe, zfsProbes } from './commands';
import { parseVersion, parseZfs } from './parse';
import { tellsJson } from './read-status';
import { parseSnapshots, SnapshotNameReader } from './snapshot-reader';
import { snapshotDetails } from './snapshot-details';

const { snapshotNames, ...others } = zfsProbes;
const namesProbe: Probe = { ...snapshotNames, reader: () => new SnapshotNameReader() };

/** The reader of the names; throws what their probe met. */
function namesIn(outcomes: ReadonlyMap<string, ProbeOutcome>): SnapshotNameReader {
  const { reader } = outcomeOf(outcomes, namesProbe);
  if (!(reader instanceof SnapshotNameReader)) throw new AppError('internal', 'The names were not read.');
  return reader;
}

const areListedWhole = ({ count }: SnapshotNameReader): boolean => count > 0 && count <= mostListedWhole;

/**
 * A host whose last inventory held few enough snapshots is asked for them whole at once: names first would list them
 * twice. Where there are many meanwhile, that one listing takes long, and the next reading goes by names. The longest
 * comes first: it has the others beside it. Which form `zpool status` has is known by then, so that no round goes by for it.
 */
function probesAfter(last: HostInventory): Probe[] {
  const asked = tellsJson(
    last.backends.find(({ kind }) => kind === 'zfs'),
    last.takenAtMs,
  )
    ? { ...others, status: statusJsonProbe }
    : others;
  return [last.snapshotCount <= mostListedWhole ? snapshotsProbe : namesProbe, ...Object.values(asked)];
}

function followUp(outcomes: ReadonlyMap<string, ProbeOutcome>): Probe[] {
  // An older ZFS is booted again, or a forced command does not know this form: then the text, as ever.
  const status = outcomes.get(statusJsonProbe.id)?.ok === false ? [zfsProbes.status] : [];
  if (outcomes.get(namesProbe.id)?.ok !== true) return status;
  return areListedWhole(namesIn(outcomes)) ? [...status, snapshotsProbe] : status;
}

/** By one of the two listings. Throws AppError. */
function snapshotsIn(outcomes: ReadonlyMap<string, ProbeOutcome>): Snapshot[] {
  if (!outcomes.has(namesProbe.id)) return parseSnapshots(stdoutOf(outcomes, snapshotsProbe));
  const names = namesIn(outcomes);
  // Also of a listing that is not understood: what it names is then not asked for.
  const unread = names.end();
  return areListedWhole(names) ? parseSnapshots(stdoutOf(outcomes, snapshotsProbe)) : unread;
}

function parse(outcomes: ReadonlyMap<string, ProbeOutcome>): BackendInventory {
  const version = outcomes.get(zfsProbes.version.id);
  const parts = parseZfs({
    pools: stdoutOf(outcomes, zfsProbes.pools),
    status: stdoutOf(
      outcomes,
      outcomes.get(statusJsonProbe.id)?.ok === true ? statusJsonProbe : zfsProbes.status,
    ),
    datasets: stdoutOf(outcomes, zfsProbes.datasets),
    properties: stdoutOf(outcomes, zfsProbes.properties),
  });
  return {
    version: version?.ok === true ? parseVersion(version.stdout) : null,
    ...parts,
    snapshots: snapshotsIn(outcomes),
  };
}

export const zfs: StorageBackend = {
  kind: 'zfs',
  title: 'ZFS',
  tools: ['zpool', 'zfs'],
  packageName: 'zfsutils-linux',
  capabilities: { snapshots: true, rollback: 'newest-only', snapshotNeedsSize: false },
  probes: [namesProbe, ...Object.values(others)],
  probesAfter,
  followUp,
  snapshotDetails,
  parse,
};
