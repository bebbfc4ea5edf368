import { z } from 'zod';
import {
  createFilesystemArgv,
  createVolumeArgv,
  destroyDatasetArgv,
  type PropertyValues,
} from '../../../storage/zfs/dataset-commands';
import { isDatasetName, poolOf } from '../../../storage/zfs/commands';
import { recordSizes, sizeBytes } from '../../../storage/zfs/properties';
import type { Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { choiceField, sizeField, switchField, textField } from '../fields';
import { bytes, hint } from '../words';
import { newDatasetFailures } from './dataset-failures';
import {
  mountpointBelow,
  newComponentSchema,
  readNewPlace,
  zfsSizeSchema,
  zfsVolumeOf,
} from './dataset-reads';
import { datasetNameSchema, poolBlockers, readDataset, readPool } from './reads';

const inherit = 'inherit';
const compressions = [inherit, 'lz4', 'zstd', 'zstd-9', 'gzip', 'off'] as const;

const place = {
  /** The dataset it stands below; a pool is its own root dataset. */
  parent: datasetNameSchema,
  name: newComponentSchema,
  compression: z.enum(compressions),
};
const fits = ({ parent, name }: { parent: string; name: string }): boolean =>
  isDatasetName(`${parent}/${name}`);
const tooLong = { error: 'is too long together with its parent', path: ['name'] };

const compressionField = choiceField('compression', 'Compression', [
  { value: inherit, label: 'As the parent' },
  { value: 'lz4', label: 'lz4', hint: 'Quick.' },
  { value: 'zstd', label: 'zstd', hint: 'Smaller.' },
  { value: 'zstd-9', label: 'zstd-9', hint: 'Smaller still, slow to write.' },
  { value: 'gzip', label: 'gzip' },
  { value: 'off', label: 'off' },
]);

const filesystemInput = z
  .strictObject({
    ...place,
    quota: zfsSizeSchema.nullable(),
    recordsize: z.enum([inherit, ...recordSizes]),
    atime: z.enum([inherit, 'on', 'off']),
  })
  .refine(fits, tooLong);
type FilesystemInput = z.infer<typeof filesystemInput>;

export const zfsDatasetCreate: ActionDefinition<FilesystemInput> = {
  id: 'zfs.dataset.create',
  title: 'Create ZFS dataset',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: filesystemInput,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    return volume === null || volume.kind !== 'filesystem'
      ? null
      : {
          label: 'New dataset below…',
          group: 'create',
          excuse: null,
          input: { parent: volume.name },
          fields: [
            textField('name', 'Name', '', { help: `Below ${volume.name}.`, placeholder: 'projects' }),
            compressionField,
            sizeField('quota', 'Quota', '', {
              required: false,
              help: 'Most it may take with its snapshots. Empty: no limit of its own.',
            }),
            choiceField('recordsize', 'Record size', [
              { value: inherit, label: 'As the parent' },
              ...recordSizes.map((size) => ({ value: size, label: size })),
            ]),
            choiceField('atime', 'Access times (atime)', [
              { value: inherit, label: 'As the parent' },
              { value: 'on', label: 'on' },
              { value: 'off', label: 'off' },
            ]),
          ],
        };
  },

  async plan(context, { parent: parentName, name, compression, quota, recordsize, atime }) {
    const dataset = `${parentName}/${name}`;
    const [pool, found] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readNewPlace(context, dataset),
    ]);
    const values: PropertyValues = [
      ...(compression === inherit ? [] : [['compression', compression] as const]),
      ...(quota === null ? [] : [['quota', quota] as const]),
      ...(recordsize === inherit ? [] : [['recordsize', recordsize] as const]),
      ...(atime === inherit ? [] : [['atime', atime] as const]),
    ];
    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: `A new, empty file system. ${mountpointBelow(found.parent, dataset)}`,
        items: [],
      },
    ];
    const room = found.parent?.availableBytes ?? null;
    if (quota !== null && room !== null && (sizeBytes(quota) ?? 0) > room) {
      consequences.push({
        severity: 'warning',
        text: `The quota of ${quota} is more than the ${bytes(room)} that are free now.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'dataset', name: dataset },
      steps: [
        {
          title: `Create ${dataset}`,
          argv: createFilesystemArgv(dataset, values),
          explain:
            values.length === 0
              ? 'zfs create makes the dataset; its properties come from its parent.'
              : 'zfs create makes the dataset; -o sets a property of its own, all others come from its parent.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers: [...poolBlockers(pool, poolOf(dataset)), ...(pool === null ? [] : found.blockers)],
      undo: hint(...destroyDatasetArgv(dataset, false)),
      preconditions: { parent: found.parent?.guid ?? null, taken: found.taken },
    };
  },

  async verify(context, { parent, name }, { preconditions }) {
    const { taken } = z.object({ taken: z.boolean() }).parse(preconditions);
    const row = await readDataset(context, `${parent}/${name}`);
    if (row === null || taken) {
      return {
        status: 'not-there',
        text: taken ? `${parent}/${name} was there before.` : `There is no dataset ${parent}/${name}.`,
      };
    }
    return {
      status: 'confirmed',
      text: `${row.name} is there${row.mounted === true ? `, mounted at ${row.mountpoint ?? '?'}` : ', not mounted'}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(newDatasetFailures, exitCode, stderr),
};

const volumeInput = z
  .strictObject({ ...place, size: zfsSizeSchema, sparse: z.boolean() })
  .refine(fits, tooLong);
type VolumeInput = z.infer<typeof volumeInput>;

/** Metadata of a reserved volume: about 3 % with the default block size (volsize_to_reservation). */
const reservationFactor = 1.03;

export const zfsVolumeCreate: ActionDefinition<VolumeInput> = {
  id: 'zfs.volume.create',
  title: 'Create ZFS volume',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: volumeInput,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    return volume === null || volume.kind !== 'filesystem'
      ? null
      : {
          label: 'New volume (zvol) below…',
          group: 'create',
          excuse: null,
          input: { parent: volume.name },
          fields: [
            textField('name', 'Name', '', { help: `Below ${volume.name}.`, placeholder: 'vm-101' }),
            sizeField('size', 'Size', '10G'),
            switchField(
              'sparse',
              'Sparse',
              false,
              'Reserves no space: when the pool is full, writes to the volume fail.',
            ),
            compressionField,
          ],
        };
  },

  async plan(context, { parent: parentName, name, size, sparse, compression }) {
    const dataset = `${parentName}/${name}`;
    const [pool, found] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readNewPlace(context, dataset),
    ]);
    const blockers = [...poolBlockers(pool, poolOf(dataset)), ...(pool === null ? [] : found.blockers)];
    const asked = sizeBytes(size) ?? 0;
    const room = found.parent?.availableBytes ?? null;
    if (!sparse && room !== null && asked > room) {
      blockers.push({
        text: `The volume reserves ${size} and ${parentName} has ${bytes(room)} free.`,
        remedy: 'Choose a smaller size, make it sparse, or free space first.',
      });
    }
    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: `A new block device of ${bytes(asked)} at /dev/zvol/${dataset}.`,
        items: [],
      },
      sparse
        ? {
            severity: 'warning',
            text: 'No space is reserved for it: when the pool is full, writes to it fail and what uses it may be damaged.',
            items: [],
          }
        : {
            severity: 'info',
            text: `About ${bytes(Math.ceil(asked * reservationFactor))} are reserved for it at once. Every snapshot of it needs room beyond that.`,
            items: [],
          },
    ];
    return {
      risk: 'safe',
      target: { kind: 'volume', name: dataset },
      steps: [
        {
          title: `Create ${dataset}`,
          argv: createVolumeArgv(
            dataset,
            size,
            sparse,
            compression === inherit ? [] : [['compression', compression]],
          ),
          explain: `zfs create -V makes a volume of this size${sparse ? '; -s reserves no space for it' : ''}.`,
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: hint(...destroyDatasetArgv(dataset, false)),
      preconditions: { parent: found.parent?.guid ?? null, taken: found.taken },
    };
  },

  async verify(context, { parent, name, size }, { preconditions }) {
    const { taken } = z.object({ taken: z.boolean() }).parse(preconditions);
    const row = await readDataset(context, `${parent}/${name}`);
    if (row === null || taken) {
      return {
        status: 'not-there',
        text: taken ? `${parent}/${name} was there before.` : `There is no volume ${parent}/${name}.`,
      };
    }
    return row.type === 'volume' && (row.volumeBytes ?? 0) >= (sizeBytes(size) ?? 0)
      ? { status: 'confirmed', text: `${row.name} is there with ${bytes(row.volumeBytes ?? 0)}.` }
      : { status: 'not-there', text: `${row.name} is there, but is no volume of ${size}.` };
  },

  explainFailure: (exitCode, stderr) => explain(newDatasetFailures, exitCode, stderr),
};
