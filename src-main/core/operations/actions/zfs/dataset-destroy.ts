import { z } from 'zod';
import { destroyDatasetArgv } from '../../../storage/zfs/dataset-commands';
import { poolOf } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { switchField } from '../fields';
import { bytes, hint, listed, moment, plural } from '../words';
import { destroyDatasetFailures } from './dataset-failures';
import { previewDestroyDataset, readSnapshotTree, zfsVolumeOf, type TreePreview } from './dataset-reads';
import { readUsers } from './pool-reads';
import {
  datasetNameSchema,
  poolBlockers,
  readBookmarksOf,
  readDataset,
  readDatasetTree,
  readPool,
  type DatasetRow,
  type SnapshotRow,
} from './reads';

const input = z.strictObject({
  dataset: datasetNameSchema,
  /** Agrees that children and snapshots are destroyed; without it they block. */
  recursive: z.boolean(),
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ guid: z.string().nullable() });
const mostLookedInto = 20;

function dependents(
  tree: readonly DatasetRow[],
  snapshots: readonly SnapshotRow[],
  dataset: string,
  recursive: boolean,
): Blocker[] {
  const blockers: Blocker[] = [];
  const children = tree.slice(1).map(({ name }) => name);
  const things = [...children, ...snapshots.map(({ name }) => name)];
  if (!recursive && things.length > 0) {
    blockers.push({
      text: `${dataset} has ${plural(children.length, 'dataset')} below it and ${plural(snapshots.length, 'snapshot')}: ${listed(things)}.`,
      remedy: 'Choose to destroy everything below it as well; the plan then lists it.',
    });
  }
  const inside = (name: string): boolean => name === dataset || name.startsWith(`${dataset}/`);
  const clones = snapshots.flatMap(({ cloneNames }) => cloneNames).filter((name) => !inside(name));
  if (clones.length > 0) {
    blockers.push({
      text: `Clones elsewhere depend on its snapshots: ${listed(clones)}.`,
      remedy: `Destroy the clones first, or make one independent: ${hint('zfs', 'promote', clones[0] ?? '')}. Holdfast never destroys clones along the way.`,
    });
  }
  const held = snapshots.filter(({ holdCount }) => holdCount > 0).map(({ name }) => name);
  if (held.length > 0) {
    // With -r what stands before the held snapshot would be gone by then (2.1.11).
    blockers.push({
      text: `Snapshots of it are held: ${listed(held)}.`,
      remedy: `List the holds with ${hint('zfs', 'holds', held[0] ?? '')} and release each.`,
    });
  }
  return blockers;
}

export const zfsDatasetDestroy: ActionDefinition<Input> = {
  id: 'zfs.dataset.destroy',
  title: 'Destroy ZFS dataset',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    if (volume === null) return null;
    return {
      label: 'Destroy…',
      group: 'destroy',
      excuse: !volume.name.includes('/')
        ? 'It is the pool itself.'
        : volume.mountpoint === '/' && volume.mounted === true
          ? 'It is the root file system of the host.'
          : null,
      input: { dataset: volume.name },
      fields: [
        switchField(
          'recursive',
          'With everything below it',
          false,
          'Datasets and snapshots below it are destroyed as well. The plan lists them.',
        ),
      ],
    };
  },

  async plan(context, { dataset, recursive }) {
    const [pool, tree, snapshots, bookmarks, preview] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readDatasetTree(context, dataset),
      readSnapshotTree(context, dataset),
      readBookmarksOf(context, dataset),
      previewDestroyDataset(context, dataset, recursive),
    ]);
    const [self] = tree;
    const blockers: Blocker[] = poolBlockers(pool, poolOf(dataset));
    if (pool !== null && self === undefined) {
      blockers.push({
        text: `There is no dataset ${dataset} on this host.`,
        remedy: 'Refresh the host: it may have been destroyed already.',
      });
    }
    if (!dataset.includes('/')) {
      blockers.push({
        text: `${dataset} is a pool, not a dataset in one.`,
        remedy: 'Choose a dataset below it.',
      });
    }
    if (self !== undefined) blockers.push(...dependents(tree, snapshots, dataset, recursive));

    const mounted = tree.filter((row) => row.mounted === true && row.mountpoint?.startsWith('/') === true);
    const looked = mounted.filter(({ mountpoint }) => mountpoint !== '/').slice(0, mostLookedInto);
    const users = await Promise.all(
      looked.map(async ({ mountpoint }) => ({
        mountpoint: mountpoint ?? '/',
        pids: await readUsers(context, mountpoint ?? '/'),
      })),
    );
    if (mounted.some(({ mountpoint }) => mountpoint === '/')) {
      blockers.push({
        text: `${dataset} holds the root file system of this host.`,
        remedy: 'It is not destroyed while the host runs on it.',
      });
    }
    for (const { mountpoint, pids } of users) {
      if (pids === null || pids.length === 0) continue;
      blockers.push({
        text: `${mountpoint} is in use by ${plural(pids.length, 'process', 'processes')}: ${listed(pids)}.`,
        remedy: `See who that is with ${hint('fuser', '-vm', mountpoint)}, stop it, then plan it again.`,
      });
    }
    if ('refusal' in preview && blockers.length === 0) {
      blockers.push({
        text: `ZFS would refuse: ${preview.refusal.replaceAll('\n', ' ')}`,
        remedy: 'Lift what it names, then plan it again.',
      });
    }

    return {
      risk: 'destructive',
      target: { kind: self?.type === 'volume' ? 'volume' : 'dataset', name: dataset },
      steps: [
        {
          title: `Destroy ${dataset}`,
          argv: destroyDatasetArgv(dataset, recursive),
          explain: recursive
            ? 'zfs destroy -r destroys the dataset with all datasets and snapshots below it, listed here. Without -R no clone elsewhere is touched, without -f nothing in use is unmounted.'
            : 'zfs destroy destroys this one dataset; without -r it refuses when there is anything below it.',
          acceptExitCodes: [0],
          timeoutSeconds: 900,
        },
      ],
      consequences:
        self === undefined
          ? []
          : losses(
              self,
              tree,
              snapshots,
              preview,
              recursive,
              mounted.length > looked.length || users.some(({ pids }) => pids === null),
              bookmarks.length,
            ),
      blockers,
      undo: null,
      preconditions: {
        guid: self?.guid ?? null,
        datasets: tree.map(({ name, guid }) => ({ name, guid })),
        snapshots: snapshots.map(({ name, guid }) => ({ name, guid })),
      },
    };
  },

  async verify(context, { dataset }, { preconditions }) {
    const { guid } = preconditionsSchema.parse(preconditions);
    const row = await readDataset(context, dataset);
    if (row === null) return { status: 'confirmed', text: `${dataset} is gone.` };
    return row.guid === guid
      ? { status: 'not-there', text: `${dataset} is still there.` }
      : { status: 'confirmed', text: `${dataset} is gone; another one of the same name was made since.` };
  },

  explainFailure: (exitCode, stderr) => explain(destroyDatasetFailures, exitCode, stderr),
};

function losses(
  self: DatasetRow,
  tree: readonly DatasetRow[],
  snapshots: readonly SnapshotRow[],
  preview: TreePreview,
  recursive: boolean,
  unknownUse: boolean,
  bookmarkCount: number,
): Consequence[] {
  const named = 'names' in preview ? new Set(preview.names) : null;
  const goes = ({ name }: { name: string }): boolean =>
    named === null ? name === self.name || recursive : named.has(name);
  const consequences: Consequence[] = [
    {
      severity: 'loss',
      text: `All that is in ${self.name} is lost: it was made ${moment(self.creationSeconds * 1000)}.`,
      items: tree.filter(goes).map(({ name, type, usedBytes, volumeBytes }) => ({
        name: type === 'volume' ? `${name} (volume of ${bytes(volumeBytes ?? 0)})` : name,
        sizeBytes: usedBytes,
      })),
    },
  ];
  const dying = snapshots.filter(goes);
  if (dying.length > 0) {
    consequences.push({
      severity: 'loss',
      text: `${plural(dying.length, 'snapshot is', 'snapshots are')} destroyed with it, and every old state in them.`,
      items: dying.map(({ name, usedBytes }) => ({ name, sizeBytes: usedBytes })),
    });
  }
  if (bookmarkCount > 0) {
    consequences.push({
      severity: 'warning',
      text: `${plural(bookmarkCount, 'bookmark goes', 'bookmarks go')} as well: replication that starts there has to begin anew.`,
      items: [],
    });
  }
  consequences.push({
    severity: 'info',
    text:
      self.origin === null
        ? `About ${bytes(self.usedBytes)} are freed, in the background.`
        : `About ${bytes(self.usedBytes)} are freed. It is a clone of ${self.origin}, which stays.`,
    items: [],
  });
  if (self.type === 'volume') {
    consequences.push({
      severity: 'warning',
      text: 'Holdfast cannot tell whether a guest uses this block device. ZFS refuses while it is open.',
      items: [],
    });
  } else if (unknownUse) {
    consequences.push({
      severity: 'warning',
      text: 'Holdfast cannot tell whether programs use all of these file systems. ZFS refuses to unmount one that is in use, and may have destroyed others below by then.',
      items: [],
    });
  }
  return consequences;
}
