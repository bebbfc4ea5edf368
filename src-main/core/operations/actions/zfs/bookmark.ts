import { z } from 'zod';
import {
  createBookmarkArgv,
  destroyBookmarkArgv,
  isBookmarkName,
} from '../../../storage/zfs/dataset-commands';
import { poolOf, splitSnapshotName } from '../../../storage/zfs/commands';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint, listed } from '../words';
import { bookmarkFailures } from './dataset-failures';
import { newComponentSchema, zfsVolumeOf } from './dataset-reads';
import {
  datasetNameSchema,
  poolBlockers,
  readBookmarksOf,
  readDataset,
  readPool,
  readSnapshot,
  snapshotNameSchema,
} from './reads';

const createInput = z
  .strictObject({ snapshot: snapshotNameSchema, name: newComponentSchema })
  .refine(({ snapshot, name }) => isBookmarkName(`${snapshot.slice(0, snapshot.indexOf('@'))}#${name}`), {
    error: 'is too long together with its dataset',
    path: ['name'],
  });
type CreateInput = z.infer<typeof createInput>;

export const zfsBookmarkCreate: ActionDefinition<CreateInput> = {
  id: 'zfs.bookmark.create',
  title: 'Create ZFS bookmark',
  backend: 'zfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input: createInput,

  offer: (subject) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Bookmark…',
          group: 'snapshot',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [
            textField('name', 'Name of the bookmark', subject.snapshot.name.replaceAll(' ', '-'), {
              help: 'Replication can go on from a bookmark after its snapshot is gone.',
            }),
          ],
        },

  async plan(context, { snapshot, name }) {
    const { dataset } = splitSnapshotName(snapshot);
    const bookmark = `${dataset}#${name}`;
    const [pool, row, bookmarks] = await Promise.all([
      readPool(context, poolOf(snapshot)),
      readSnapshot(context, snapshot),
      readBookmarksOf(context, dataset),
    ]);
    const blockers = poolBlockers(pool, poolOf(snapshot));
    if (pool !== null && row === null) {
      blockers.push({
        text: `There is no snapshot ${snapshot} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    const taken = bookmarks.some((each) => each.name === bookmark);
    if (taken) {
      blockers.push({ text: `There is a bookmark ${bookmark} already.`, remedy: 'Choose another name.' });
    }
    return {
      risk: 'safe',
      target: { kind: 'dataset', name: dataset },
      steps: [
        {
          title: `Create ${bookmark}`,
          argv: createBookmarkArgv(snapshot, bookmark),
          explain: 'zfs bookmark notes the moment of the snapshot, without its data.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: 'A bookmark takes next to no space. It serves as the start of a later incremental send; it cannot be rolled back to or looked into.',
          items: [],
        },
      ],
      blockers,
      undo: hint(...destroyBookmarkArgv(bookmark)),
      preconditions: { guid: row?.guid ?? null, taken },
    };
  },

  async verify(context, { snapshot, name }, { preconditions }) {
    const { guid } = z.object({ guid: z.string().nullable() }).parse(preconditions);
    const bookmark = `${splitSnapshotName(snapshot).dataset}#${name}`;
    const bookmarks = await readBookmarksOf(context, splitSnapshotName(snapshot).dataset);
    return bookmarks.some((each) => each.name === bookmark && each.guid === guid)
      ? { status: 'confirmed', text: `${bookmark} is there.` }
      : { status: 'not-there', text: `There is no bookmark ${bookmark} of this snapshot.` };
  },

  explainFailure: (exitCode, stderr) => explain(bookmarkFailures, exitCode, stderr),
};

const destroyInput = z
  .strictObject({
    dataset: datasetNameSchema,
    /** The part after the `#`. */
    name: z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9_.: ][^@#]*$/, 'must be the part after the "#"'),
  })
  .refine(({ dataset, name }) => isBookmarkName(`${dataset}#${name}`), {
    error: 'must be the name of a bookmark',
    path: ['name'],
  });
type DestroyInput = z.infer<typeof destroyInput>;

export const zfsBookmarkDestroy: ActionDefinition<DestroyInput> = {
  id: 'zfs.bookmark.destroy',
  title: 'Destroy ZFS bookmark',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: destroyInput,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    return volume === null
      ? null
      : {
          label: 'Destroy a bookmark…',
          group: 'snapshot',
          excuse: null,
          input: { dataset: volume.name },
          fields: [
            textField('name', 'Name of the bookmark', '', {
              help: 'Without the #. The plan says which there are.',
            }),
          ],
        };
  },

  async plan(context, { dataset, name }) {
    const bookmark = `${dataset}#${name}`;
    const [pool, row, bookmarks] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readDataset(context, dataset),
      readBookmarksOf(context, dataset),
    ]);
    const blockers = poolBlockers(pool, poolOf(dataset));
    const found = bookmarks.find((each) => each.name === bookmark);
    if (pool !== null && found === undefined) {
      blockers.push({
        text:
          row === null ? `There is no dataset ${dataset} on this host.` : `There is no bookmark ${bookmark}.`,
        remedy:
          bookmarks.length === 0
            ? `${dataset} has no bookmarks.`
            : `There are: ${listed(bookmarks.map((each) => each.name))}.`,
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'bookmark', name: bookmark },
      steps: [
        {
          title: `Destroy ${bookmark}`,
          argv: destroyBookmarkArgv(bookmark),
          explain: 'zfs destroy with a name that holds a "#" destroys this one bookmark and nothing else.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: 'Replication that starts from this bookmark has to begin anew, with all data. No data of the dataset is touched.',
          items: [{ name: bookmark, sizeBytes: null }],
        },
      ],
      blockers,
      undo: null,
      preconditions: { guid: found?.guid ?? null },
    };
  },

  async verify(context, { dataset, name }) {
    const bookmarks = await readBookmarksOf(context, dataset);
    return bookmarks.some((each) => each.name === `${dataset}#${name}`)
      ? { status: 'not-there', text: `${dataset}#${name} is still there.` }
      : { status: 'confirmed', text: `${dataset}#${name} is gone.` };
  },

  explainFailure: (exitCode, stderr) => explain(bookmarkFailures, exitCode, stderr),
};
