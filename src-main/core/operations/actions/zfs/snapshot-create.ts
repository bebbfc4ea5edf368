import { z } from 'zod';
import {
  createSnapshotArgv,
  destroySnapshotArgv,
  isSnapshotName,
  poolOf,
  zfsNameLimit,
} from '../../../storage/zfs/commands';
import { fullWarningPercent } from '../../../storage/zfs/health';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { snapshotName, switchField, textField } from '../fields';
import { createFailures } from './failures';
import { hint, listed, moment, plural } from '../words';
import {
  datasetNameSchema,
  newSnapshotPartSchema,
  poolBlockers,
  readDataset,
  readDatasetTree,
  readPool,
  readSnapshot,
  readSnapshotsNamed,
} from './reads';

const input = z
  .strictObject({
    dataset: datasetNameSchema,
    /** The part after the `@`. */
    name: newSnapshotPartSchema,
    /** Also of every dataset below, at the same moment. */
    recursive: z.boolean(),
  })
  .refine(({ dataset, name }) => isSnapshotName(`${dataset}@${name}`), {
    message: `must not be longer than ${zfsNameLimit} characters together`,
    path: ['name'],
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({
  datasets: z.array(z.object({ name: z.string(), guid: z.string() })),
  existing: z.array(z.string()),
});

export const zfsSnapshotCreate: ActionDefinition<Input> = {
  id: 'zfs.snapshot.create',
  title: 'Create ZFS snapshot',
  backend: 'zfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer: (subject, { nowMs }) =>
    subject.kind !== 'volume'
      ? null
      : {
          label: 'Snapshot now…',
          group: 'snapshot',
          excuse: null,
          input: { dataset: subject.volume.name },
          fields: [
            textField('name', 'Name of the snapshot', snapshotName(nowMs), { maxLength: zfsNameLimit }),
            switchField('recursive', 'Include child datasets (recursive)', false),
          ],
        },

  async plan(context, { dataset, name, recursive }) {
    const snapshot = `${dataset}@${name}`;
    const [pool, datasets, existing] = await Promise.all([
      readPool(context, poolOf(dataset)),
      recursive
        ? readDatasetTree(context, dataset)
        : readDataset(context, dataset).then((row) => (row === null ? [] : [row])),
      recursive
        ? readSnapshotsNamed(context, dataset, name)
        : readSnapshot(context, snapshot).then((row) => (row === null ? [] : [row.name])),
    ]);

    const blockers: Blocker[] = poolBlockers(pool, poolOf(dataset));
    if (datasets.length === 0 && pool !== null) {
      blockers.push({
        text: `There is no dataset ${dataset} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    if (existing.length > 0) {
      blockers.push({
        text: `The name is taken: ${listed(existing)}.`,
        remedy: 'Choose another name.',
      });
    }
    const tooLong = datasets.filter((row) => row.name.length + 1 + name.length > zfsNameLimit);
    if (tooLong.length > 0) {
      blockers.push({
        text: `With this name the snapshot of ${tooLong[0]?.name ?? ''} is longer than ${zfsNameLimit} characters.`,
        remedy: 'Choose a shorter name.',
      });
    }

    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: 'A snapshot takes no space at first. What is changed or deleted from now on stays on the pool until the snapshot is destroyed.',
        items: [],
      },
    ];
    if (recursive && datasets.length > 0) {
      consequences.push({
        severity: 'info',
        text: `${plural(datasets.length, 'dataset gets', 'datasets get')} a snapshot, all at the same moment: either all or none.`,
        items: datasets.map((row) => ({ name: `${row.name}@${name}`, sizeBytes: row.referencedBytes })),
      });
    }
    if (pool !== null && pool.capacityPercent !== null && pool.capacityPercent > fullWarningPercent) {
      consequences.push({
        severity: 'warning',
        text: `Pool ${pool.name} is ${pool.capacityPercent} % full, and snapshots keep deleted data.`,
        items: [],
      });
    }

    return {
      risk: 'safe',
      target: { kind: 'dataset', name: dataset },
      steps: [
        {
          title: `Create ${snapshot}`,
          argv: createSnapshotArgv(dataset, name, recursive),
          explain: recursive
            ? 'zfs snapshot takes the snapshots; -r includes every dataset below, at the same moment.'
            : 'zfs snapshot takes the snapshot at once, whatever the size of the dataset.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo:
        recursive && datasets.length > 1
          ? `Destroy each of the ${datasets.length} snapshots: ${hint(...destroySnapshotArgv(snapshot))} …`
          : hint(...destroySnapshotArgv(snapshot)),
      preconditions: {
        datasets: datasets.map((row) => ({ name: row.name, guid: row.guid })),
        existing,
      },
    };
  },

  async verify(context, { dataset, name, recursive }, { preconditions }) {
    const { datasets, existing } = preconditionsSchema.parse(preconditions);
    if (existing.length > 0) {
      return { status: 'not-there', text: `The name was taken before: ${listed(existing)}.` };
    }
    if (!recursive) {
      const row = await readSnapshot(context, `${dataset}@${name}`);
      return row === null
        ? { status: 'not-there', text: `There is no snapshot ${dataset}@${name}.` }
        : {
            status: 'confirmed',
            text: `${row.name} is there, taken ${moment(row.creationSeconds * 1000)}.`,
          };
    }
    const found = new Set(await readSnapshotsNamed(context, dataset, name));
    const absent = datasets.map((row) => `${row.name}@${name}`).filter((expected) => !found.has(expected));
    return absent.length === 0
      ? { status: 'confirmed', text: `${plural(datasets.length, 'snapshot')} called ${name} are there.` }
      : { status: 'not-there', text: `Not there: ${listed(absent)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(createFailures, exitCode, stderr),
};
