import type { Snapshot } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import type { SshSession } from '../ssh/types';
import type { StorageBackend } from './backend';
import { runProbe } from './read-inventory';
import { backends as allBackends } from './registry';

/**
 * Reads snapshots whole that an inventory knows by name only. Those that are gone are left out; of a backend whose
 * inventory leaves nothing out they come back as they are. Throws AppError.
 */
export async function readSnapshotDetails(
  session: SshSession,
  snapshots: readonly Snapshot[],
  signal?: AbortSignal,
  backends: readonly StorageBackend[] = allBackends,
): Promise<Snapshot[]> {
  const parts = await Promise.all(
    backends.map(async ({ kind, snapshotDetails }) => {
      const own = snapshots.filter(({ backend }) => backend === kind);
      if (own.length === 0 || snapshotDetails === undefined) return own;
      const probes = snapshotDetails.probes(own.map(({ fullName }) => fullName));
      const outcomes = await Promise.all(
        probes.map(async (probe) => [probe.id, await runProbe(session, probe, signal)] as const),
      );
      return snapshotDetails.parse(probes, new Map(outcomes));
    }),
  );
  if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
  return parts.flat();
}
