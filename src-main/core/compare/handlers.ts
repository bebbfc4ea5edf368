import type { CoreHandlers } from '../../../src-preload/contract';
import { mostDifferences, type Difference } from '../../../src-preload/contract/compare';
import type { HostInventory, Snapshot } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import { mountedSource } from '../files/snapshot-root';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import type { SessionPool, SshSession } from '../ssh/types';
import { findNewArgv, latestGeneration, parseFindNew } from '../storage/btrfs/find-new';
import { diffSnapshots, parseDiff } from '../storage/zfs/diff';

export interface CompareOptions {
  hosts: Pick<HostStore, 'get'>;
  inventory: Pick<InventoryService, 'lastKnown'>;
  sessions: Pick<SessionPool, 'session'>;
}

interface Comparison {
  differences: Difference[];
  note: string | null;
}

async function read(
  session: SshSession,
  request: { operation: string; argv: readonly string[]; timeoutSeconds: number },
  signal: AbortSignal,
): Promise<string> {
  const { stdout } = await session.exec({
    ...request,
    privileged: true,
    mutates: false,
    acceptExitCodes: [0],
    maxOutputBytes: 64 * 1024 * 1024,
    signal,
  });
  return stdout;
}

async function compareZfs(
  session: SshSession,
  earlier: Snapshot,
  later: Snapshot | null,
  signal: AbortSignal,
): Promise<Comparison> {
  const stdout = await read(session, diffSnapshots(earlier.fullName, later?.fullName ?? null), signal);
  return {
    note: null,
    differences: parseDiff(stdout).map(({ change, kind, path, newPath, changedAtMs }) => ({
      change,
      kind,
      path,
      newPath,
      changedAtMs,
      writtenBytes: null,
    })),
  };
}

/** The generation of the earlier snapshot, then what was written to the later one after it. */
async function compareBtrfs(
  session: SshSession,
  earlier: Snapshot,
  laterPath: string,
  signal: AbortSignal,
): Promise<Comparison> {
  const ask = (path: string, generation: string) =>
    read(
      session,
      { operation: 'compare the snapshots', argv: findNewArgv(path, generation), timeoutSeconds: 600 },
      signal,
    );
  const { generation } = parseFindNew(await ask(earlier.fullName, latestGeneration));
  const { files } = parseFindNew(await ask(laterPath, generation));
  return {
    note: 'btrfs tells which files were written since. It does not tell which were new, removed or renamed, nor about folders.',
    differences: files.map(({ path, writtenBytes }) => ({
      change: 'written',
      kind: 'file',
      path,
      newPath: null,
      changedAtMs: null,
      writtenBytes,
    })),
  };
}

/** By the order the tool itself gives, where there is one; of the same moment neither is. */
function isEarlier(a: Snapshot, b: Snapshot): boolean {
  if (a.order !== undefined && b.order !== undefined) return a.order < b.order;
  return (a.createdAtMs ?? 0) < (b.createdAtMs ?? 0);
}

function sourceOf(snapshot: Snapshot, inventory: HostInventory): string {
  const source = mountedSource(snapshot, inventory);
  if (source !== null) return source;
  throw new AppError('refused', `Where the source of ${snapshot.fullName} is mounted is not known.`, {
    remedy: 'Compare it with another snapshot, or refresh the host.',
  });
}

/** What changed between two snapshots, or since one. Reading only. */
export function compareHandlers(options: CompareOptions): Pick<CoreHandlers, 'snapshots:compare'> {
  const { hosts, inventory, sessions } = options;
  return {
    'snapshots:compare': async ({ hostId, snapshotId, laterId }, { signal }) => {
      const { snapshot: earlier, known } = await inventory.lastKnown(hostId, snapshotId);
      const later = laterId === null ? null : (await inventory.lastKnown(hostId, laterId)).snapshot;
      if (
        later !== null &&
        (later.volumeName !== earlier.volumeName || later.kind !== earlier.kind || isEarlier(later, earlier))
      ) {
        throw new AppError(
          'invalid-request',
          `${later.fullName} is not a later snapshot of the same volume, so they were not compared.`,
        );
      }
      const session = async (): Promise<SshSession> => sessions.session(hosts.get(hostId), signal);
      const compare = async (): Promise<Comparison> => {
        switch (earlier.kind) {
          case 'zfs-snapshot':
            return compareZfs(await session(), earlier, later, signal);
          case 'btrfs-snapshot': {
            const laterPath = later?.fullName ?? sourceOf(earlier, known);
            return compareBtrfs(await session(), earlier, laterPath, signal);
          }
          case 'lvm-thick':
          case 'lvm-thin':
            throw new AppError(
              'refused',
              `${earlier.fullName} can't be compared: an LVM snapshot is a block device, and LVM knows no files.`,
              { remedy: 'Activate it, mount it read-only on the host and compare there.' },
            );
        }
      };
      const { differences, note } = await compare();
      return { total: differences.length, note, differences: differences.slice(0, mostDifferences) };
    },
  };
}
