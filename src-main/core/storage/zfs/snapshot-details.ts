import type { Snapshot } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import { mostRepeats } from '../../whitelist/words';
import type { Probe, ProbeOutcome, SnapshotDetails } from '../backend';
import { outcomeOf } from '../outcomes';
import { unexpectedOutput } from '../unexpected';
import { manySnapshotsProbe } from './commands';
import { parseSnapshots } from './snapshot-reader';

const command = 'zfs list -t snapshot';
const gonePattern = /^cannot open '(.*)': dataset does not exist$/;

/** Names with spaces apart: a host's own rules leave them to an administrator and would refuse their neighbours too. */
function probes(fullNames: readonly string[]): Probe[] {
  const names = [...new Set(fullNames)];
  const kinds = [names.filter((name) => !name.includes(' ')), names.filter((name) => name.includes(' '))];
  return kinds.flatMap((list, kind) =>
    Array.from({ length: Math.ceil(list.length / mostRepeats) }, (_, index) =>
      manySnapshotsProbe(
        `zfs-snapshot-details-${kind}-${index}`,
        list.slice(index * mostRepeats, (index + 1) * mostRepeats),
      ),
    ),
  );
}

/** `zfs list` goes on behind a name that is gone: each is listed or named on stderr. */
function parseOne(probe: Probe, outcomes: ReadonlyMap<string, ProbeOutcome>): Snapshot[] {
  const { exitCode, stdout, stderr } = outcomeOf(outcomes, probe);
  const lines = exitCode === 0 ? [] : stderr.split('\n').filter((line) => line !== '');
  const gone = lines.flatMap((line) => gonePattern.exec(line)?.[1] ?? []);
  if (exitCode !== 0 && (gone.length === 0 || gone.length !== lines.length)) {
    throw new AppError('command-failed', 'The snapshots could not be read.', {
      detail: stderr.slice(0, 2000),
    });
  }
  const snapshots = parseSnapshots(stdout);
  const told = new Set([...snapshots.map(({ fullName }) => fullName), ...gone]);
  const asked = probe.argv.slice(probe.argv.indexOf('--') + 1);
  if (asked.some((name) => !told.has(name)) || snapshots.length + gone.length !== asked.length) {
    throw unexpectedOutput(command, 'it does not tell of just the snapshots that were asked for', stdout);
  }
  return snapshots;
}

export const snapshotDetails: SnapshotDetails = {
  probes,
  parse: (asked, outcomes) => asked.flatMap((probe) => parseOne(probe, outcomes)),
};
