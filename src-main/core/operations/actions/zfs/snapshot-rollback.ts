import { z } from 'zod';
import { poolOf, rollbackArgv, splitSnapshotName } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { rollbackFailures } from './failures';
import { bytes, hint, listed, moment, plural } from '../words';
import {
  poolBlockers,
  readBookmarksOf,
  readDataset,
  readPool,
  readRollbackHistory,
  readSnapshotsOf,
  readWrittenSince,
  snapshotNameSchema,
  type BookmarkRow,
  type DatasetRow,
  type SnapshotRow,
} from './reads';

const input = z.strictObject({
  snapshot: snapshotNameSchema,
  /** Agrees that newer snapshots and bookmarks are destroyed; without it they block. */
  destroyNewer: z.boolean(),
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({
  guid: z.string().nullable(),
  newer: z.array(z.object({ name: z.string(), guid: z.string() })),
  history: z.object({ readable: z.boolean(), lastTxg: z.number().nullable() }),
});

function blockersOf(
  snapshot: string,
  target: SnapshotRow | undefined,
  newer: readonly SnapshotRow[],
  bookmarks: readonly BookmarkRow[],
  destroyNewer: boolean,
): Blocker[] {
  const blockers: Blocker[] = [];
  if (target === undefined) {
    blockers.push({
      text: `There is no snapshot ${snapshot} on this host.`,
      remedy: 'Refresh the host and choose one that is there.',
    });
    return blockers;
  }
  const inTheWay = [...newer, ...bookmarks].map(({ name }) => name);
  if (inTheWay.length > 0 && !destroyNewer) {
    blockers.push({
      text: `Newer snapshots or bookmarks stand in the way: ${listed(inTheWay)}. ZFS can only roll back to the newest.`,
      remedy: `Agree that they are destroyed, or keep everything and clone: ${cloneHint(snapshot)}`,
    });
  }
  const cloned = newer.filter(({ cloneNames }) => cloneNames.length > 0);
  if (cloned.length > 0) {
    const clones = cloned.flatMap(({ cloneNames }) => cloneNames);
    blockers.push({
      text: `Clones depend on newer snapshots: ${listed(clones)}.`,
      remedy: `Destroy the clones first, or make one independent: ${hint('zfs', 'promote', clones[0] ?? '')}. Holdfast never destroys clones along the way.`,
    });
  }
  const held = newer.filter(({ holdCount }) => holdCount > 0);
  if (held.length > 0) {
    // Without this the newer snapshots before the held one would be destroyed and nothing rolled back (2.1.11).
    blockers.push({
      text: `Newer snapshots are held: ${listed(held.map(({ name }) => name))}.`,
      remedy: `List the holds with ${hint('zfs', 'holds', '--', held[0]?.name ?? '')}, lift each with zfs release TAG SNAPSHOT.`,
    });
  }
  return blockers;
}

function cloneHint(snapshot: string): string {
  const { dataset, part } = splitSnapshotName(snapshot);
  // A clone lives in the same pool; beside the dataset, or below the pool's root dataset.
  const parent = dataset.includes('/') ? dataset : `${dataset}/${dataset}`;
  return hint('zfs', 'clone', '--', snapshot, `${parent}-${part.replaceAll(' ', '-')}`);
}

function useOf(dataset: DatasetRow): Consequence {
  const text =
    dataset.type === 'volume'
      ? `${dataset.name} is a block device: a guest or file system that uses it now sees its contents change underneath and can be damaged. Stop it first.`
      : dataset.mounted === true
        ? `${dataset.name} is mounted at ${dataset.mountpoint ?? '?'}: programs with open files there see the change at once and may fail. ZFS does not wait for them.`
        : null;
  return text === null
    ? { severity: 'info', text: `${dataset.name} is not mounted.`, items: [] }
    : { severity: 'warning', text, items: [] };
}

export const zfsSnapshotRollback: ActionDefinition<Input> = {
  id: 'zfs.snapshot.rollback',
  title: 'Roll back ZFS dataset',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input,

  offer: (subject) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Roll back to this…',
          group: 'change',
          excuse: null,
          // The plan lists the newer snapshots that die; without consent to that it would only be a blocker.
          input: { snapshot: subject.snapshot.fullName, destroyNewer: true },
          fields: [],
        },

  async plan(context, { snapshot, destroyNewer }) {
    const { dataset } = splitSnapshotName(snapshot);
    const [pool, row, snapshots, bookmarks, written, history] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readDataset(context, dataset),
      readSnapshotsOf(context, dataset),
      readBookmarksOf(context, dataset),
      readWrittenSince(context, snapshot),
      readRollbackHistory(context, dataset),
    ]);
    const target = snapshots?.find(({ name }) => name === snapshot);
    const after = target?.createTxg ?? Number.POSITIVE_INFINITY;
    const newer = snapshots?.filter(({ createTxg }) => createTxg > after) ?? [];
    const newerBookmarks = bookmarks.filter(({ createTxg }) => createTxg > after);
    const destroys = newer.length + newerBookmarks.length > 0;

    const consequences: Consequence[] = [];
    if (target !== undefined) {
      consequences.push(
        written === 0
          ? {
              severity: 'info',
              text: `Nothing was written to ${dataset} since ${snapshot}.`,
              items: [],
            }
          : {
              severity: 'loss',
              text: `Everything written to ${dataset} since ${moment(target.creationSeconds * 1000)} is lost${written === null ? '' : `: ${bytes(written)}`}.`,
              items: [{ name: dataset, sizeBytes: written }],
            },
      );
    }
    if (newer.length > 0) {
      consequences.push({
        severity: 'loss',
        text: `${plural(newer.length, 'newer snapshot is', 'newer snapshots are')} destroyed.`,
        items: newer.map(({ name, usedBytes }) => ({ name, sizeBytes: usedBytes })),
      });
    }
    if (newerBookmarks.length > 0) {
      consequences.push({
        severity: 'loss',
        text: `${plural(newerBookmarks.length, 'newer bookmark is', 'newer bookmarks are')} destroyed: replication that starts there has to begin anew.`,
        items: newerBookmarks.map(({ name }) => ({ name, sizeBytes: null })),
      });
    }
    if (row !== null) consequences.push(useOf(row));
    consequences.push(
      {
        severity: 'info',
        text: `Datasets below ${dataset} are not rolled back.`,
        items: [],
      },
      {
        severity: 'info',
        text: `Another way that loses nothing: look at the old state in a clone and copy from it what is needed. ${cloneHint(snapshot)}`,
        items: [],
      },
    );

    return {
      risk: 'catastrophic',
      target: { kind: row?.type === 'volume' ? 'volume' : 'dataset', name: dataset },
      steps: [
        {
          title: `Roll ${dataset} back to ${snapshot}`,
          argv: rollbackArgv(snapshot, destroyNewer && destroys),
          explain:
            destroyNewer && destroys
              ? 'zfs rollback returns the dataset to the snapshot; -r destroys the newer snapshots and bookmarks listed here, which stand in the way.'
              : 'zfs rollback returns the dataset to its newest snapshot; without -r it refuses if a newer one has appeared.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
        },
      ],
      consequences,
      blockers: [
        ...poolBlockers(pool, poolOf(dataset)),
        ...blockersOf(snapshot, target, newer, newerBookmarks, destroyNewer),
      ],
      undo: null,
      preconditions: {
        dataset: row?.guid ?? null,
        guid: target?.guid ?? null,
        createTxg: target?.createTxg ?? null,
        newer: newer.map(({ name, guid, holdCount, cloneNames }) => ({ name, guid, holdCount, cloneNames })),
        bookmarks: newerBookmarks.map(({ name, guid }) => ({ name, guid })),
        mounted: row?.mounted ?? null,
        history,
      },
    };
  },

  /**
   * "Event": the pool's events show a rollback later than any known when it was planned.
   *
   * | snapshot | planned newer | event       | others newer | written | says        |
   * | gone     | any           | any         | any          | any     | not there   |
   * | there    | some left     | any         | any          | any     | not there   |
   * | there    | gone          | yes         | any          | any     | confirmed   |
   * | there    | gone          | no          | some         | any     | not there   |
   * | there    | gone          | no, unknown | none         | 0       | confirmed   |
   * | there    | gone          | no, unknown | any          | some    | skipped: reading can't tell |
   */
  async verify(context, { snapshot }, { preconditions }) {
    const { dataset } = splitSnapshotName(snapshot);
    const before = preconditionsSchema.parse(preconditions);
    const [snapshots, written, history] = await Promise.all([
      readSnapshotsOf(context, dataset),
      readWrittenSince(context, snapshot),
      readRollbackHistory(context, dataset),
    ]);
    const target = snapshots?.find(({ guid }) => guid === before.guid);
    if (snapshots === null || target === undefined) {
      return { status: 'not-there', text: `${snapshot} is not there any more.` };
    }
    const planned = new Set(before.newer.map(({ guid }) => guid));
    const left = snapshots.filter(({ guid }) => planned.has(guid));
    const since = written === null || written === 0 ? '' : ` ${bytes(written)} were written since.`;
    if (left.length > 0) {
      const gone = before.newer.length - left.length;
      return {
        status: 'not-there',
        text: `${dataset} was not rolled back: ${plural(left.length, 'newer snapshot is', 'newer snapshots are')} still there${gone > 0 ? `, ${gone} already destroyed` : ''}.`,
      };
    }
    const readable = before.history.readable && history.readable;
    const floor = before.history.lastTxg ?? target.createTxg;
    if (readable && history.lastTxg !== null && history.lastTxg > floor) {
      return {
        status: 'confirmed',
        text: `The pool's events show the rollback of ${dataset}, and ${snapshot} is there.${since}`,
      };
    }
    const newer = snapshots.filter(({ createTxg }) => createTxg > target.createTxg);
    if (newer.length > 0 && readable) {
      return {
        status: 'not-there',
        text: `The pool's events show no rollback of ${dataset}, and newer snapshots are there: ${listed(newer.map(({ name }) => name))}.`,
      };
    }
    if (newer.length === 0 && written === 0) {
      return { status: 'confirmed', text: `${dataset} is exactly as in ${snapshot}.` };
    }
    return {
      status: 'skipped',
      text: `${snapshot} is there.${since} Reading cannot tell whether that is new or was there before.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(rollbackFailures, exitCode, stderr),
};
