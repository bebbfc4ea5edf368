import { z } from 'zod';
import { cloneArgv, destroyDatasetArgv } from '../../../storage/zfs/dataset-commands';
import {
  createSnapshotArgv,
  destroySnapshotArgv,
  isSnapshotName,
  poolOf,
  splitSnapshotName,
  zfsNameLimit,
} from '../../../storage/zfs/commands';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { snapshotName, textField } from '../fields';
import { bytes, hint, moment } from '../words';
import { newDatasetFailures } from './dataset-failures';
import { createFailures } from './failures';
import { mountpointBelow, newDatasetNameSchema, samePool } from './dataset-reads';
import { nameBeside, readCloneWorld, verifyClone } from './snapshot-clone';
import { newSnapshotPartSchema, readSnapshot, readWrittenSince, snapshotNameSchema } from './reads';

const input = z
  .strictObject({
    snapshot: snapshotNameSchema,
    /** Part of the snapshot that is taken of what is there now. */
    before: newSnapshotPartSchema,
    /** Full name of the dataset that shows the old state. */
    name: newDatasetNameSchema,
  })
  .refine(({ snapshot, name }) => samePool(snapshot, name), {
    error: 'must be in the pool of the snapshot',
    path: ['name'],
  })
  .refine(({ snapshot, before }) => isSnapshotName(`${snapshot.slice(0, snapshot.indexOf('@'))}@${before}`), {
    error: `must not be longer than ${zfsNameLimit} characters together`,
    path: ['before'],
  });
type Input = z.infer<typeof input>;

/** X9: an old state beside what is there now. Nothing is lost, so it stands before any roll back. */
export const zfsSnapshotRestoreBeside: ActionDefinition<Input> = {
  id: 'zfs.snapshot.restoreBeside',
  title: 'Restore ZFS snapshot beside, keeping everything',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer: (subject, { nowMs }) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Restore beside, keep everything…',
          group: 'change',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [
            textField('before', 'Snapshot of what is there now', snapshotName(nowMs), {
              maxLength: zfsNameLimit,
              help: 'Taken first, so that today’s state can be found again.',
            }),
            textField('name', 'Dataset with the old state', nameBeside(subject.snapshot.fullName), {
              maxLength: zfsNameLimit,
              help: `The full name, in pool ${poolOf(subject.snapshot.fullName)}.`,
            }),
          ],
        },

  async plan(context, { snapshot, before, name }) {
    const { dataset } = splitSnapshotName(snapshot);
    const precaution = `${dataset}@${before}`;
    const [world, taken, written] = await Promise.all([
      readCloneWorld(context, snapshot, name),
      readSnapshot(context, precaution),
      readWrittenSince(context, snapshot),
    ]);
    const { row, origin, found, blockers } = world;
    if (taken !== null) {
      blockers.push({ text: `There is a snapshot ${precaution} already.`, remedy: 'Choose another name.' });
    }
    const isVolume = origin?.type === 'volume';
    return {
      risk: 'safe',
      target: { kind: isVolume ? 'volume' : 'dataset', name },
      steps: [
        {
          title: `Create ${precaution}`,
          argv: createSnapshotArgv(dataset, before, false),
          explain:
            'zfs snapshot keeps what is there now, so that nothing of it can get lost in what follows.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
        {
          title: `Clone ${snapshot} to ${name}`,
          argv: cloneArgv(snapshot, name),
          explain:
            'zfs clone makes a writable dataset that begins as the old state; it takes no space at first.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: `${dataset} stays as it is, with all of its snapshots${written === null ? '' : ` and the ${bytes(written)} written since`}.`,
          items: [],
        },
        {
          severity: 'info',
          text: isVolume
            ? `The state${row === null ? '' : ` of ${moment(row.creationSeconds * 1000)}`} is at /dev/zvol/${name}.`
            : `The state${row === null ? '' : ` of ${moment(row.creationSeconds * 1000)}`} is in ${name}. ${mountpointBelow(found.parent, name)} Copy from it what is needed.`,
          items: [],
        },
        {
          severity: 'info',
          text: `To go on with the old state in its place: promote ${name}, then rename both. As long as the clone is there, ${snapshot} cannot be destroyed.`,
          items: [],
        },
      ],
      blockers,
      undo: `${hint(...destroyDatasetArgv(name, false))}; ${hint(...destroySnapshotArgv(precaution))}`,
      preconditions: {
        guid: row?.guid ?? null,
        parent: found.parent?.guid ?? null,
        taken: found.taken || taken !== null,
      },
    };
  },

  async verify(context, { snapshot, before, name }, { preconditions }) {
    const { taken } = z.object({ taken: z.boolean() }).parse(preconditions);
    const { dataset } = splitSnapshotName(snapshot);
    const [clone, precaution] = await Promise.all([
      verifyClone(context, snapshot, name, taken),
      readSnapshot(context, `${dataset}@${before}`),
    ]);
    return precaution === null
      ? { status: 'not-there', text: `There is no snapshot ${dataset}@${before}. ${clone.text}` }
      : { ...clone, text: `${dataset}@${before} keeps what was there. ${clone.text}` };
  },

  explainFailure: (exitCode, stderr) =>
    explain(/cannot create snapshot/.test(stderr) ? createFailures : newDatasetFailures, exitCode, stderr),
};
