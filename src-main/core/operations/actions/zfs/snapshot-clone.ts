import { z } from 'zod';
import { cloneArgv, destroyDatasetArgv } from '../../../storage/zfs/dataset-commands';
import { poolOf, splitSnapshotName, zfsNameLimit } from '../../../storage/zfs/commands';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint } from '../words';
import { newDatasetFailures } from './dataset-failures';
import { mountpointBelow, newDatasetNameSchema, readNewPlace, samePool } from './dataset-reads';
import { poolBlockers, readDataset, readPool, readSnapshot, snapshotNameSchema } from './reads';

const input = z
  .strictObject({ snapshot: snapshotNameSchema, name: newDatasetNameSchema })
  .refine(({ snapshot, name }) => samePool(snapshot, name), {
    error: 'must be in the pool of the snapshot',
    path: ['name'],
  });
type Input = z.infer<typeof input>;

/** A name beside the dataset, or below it when it is the pool itself. */
export function nameBeside(snapshot: string): string {
  const { dataset, part } = splitSnapshotName(snapshot);
  const suffix = part.replaceAll(' ', '-').replace(/^[^A-Za-z0-9]+/, '');
  const leaf = dataset.slice(dataset.lastIndexOf('/') + 1).replaceAll(' ', '-');
  return dataset.includes('/')
    ? `${dataset.slice(0, dataset.lastIndexOf('/'))}/${leaf}-${suffix}`
    : `${dataset}/${leaf}-${suffix}`;
}

/** What a clone of a snapshot rests on. */
export async function readCloneWorld(context: ActionContext, snapshot: string, name: string) {
  const { dataset } = splitSnapshotName(snapshot);
  const [pool, row, origin, found] = await Promise.all([
    readPool(context, poolOf(snapshot)),
    readSnapshot(context, snapshot),
    readDataset(context, dataset),
    readNewPlace(context, name),
  ]);
  const blockers: Blocker[] = poolBlockers(pool, poolOf(snapshot));
  if (pool !== null) {
    if (row === null) {
      blockers.push({
        text: `There is no snapshot ${snapshot} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    blockers.push(...found.blockers);
  }
  return { pool, row, origin, found, blockers };
}

export async function verifyClone(context: ActionContext, snapshot: string, name: string, taken: boolean) {
  const row = await readDataset(context, name);
  return row !== null && row.origin === snapshot && !taken
    ? ({
        status: 'confirmed',
        text: `${name} is there, a clone of ${snapshot}${row.mounted === true ? `, mounted at ${row.mountpoint ?? '?'}` : ''}.`,
      } as const)
    : ({ status: 'not-there', text: `There is no new clone ${name} of ${snapshot}.` } as const);
}

export const zfsSnapshotClone: ActionDefinition<Input> = {
  id: 'zfs.snapshot.clone',
  title: 'Clone ZFS snapshot',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer: (subject) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Clone…',
          group: 'create',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [
            textField('name', 'Name of the clone', nameBeside(subject.snapshot.fullName), {
              maxLength: zfsNameLimit,
              help: `The full name, in pool ${poolOf(subject.snapshot.fullName)}.`,
            }),
          ],
        },

  async plan(context, { snapshot, name }) {
    const { row, origin, found, blockers } = await readCloneWorld(context, snapshot, name);
    const isVolume = origin?.type === 'volume';
    return {
      risk: 'safe',
      target: { kind: isVolume ? 'volume' : 'dataset', name },
      steps: [
        {
          title: `Clone ${snapshot}`,
          argv: cloneArgv(snapshot, name),
          explain:
            'zfs clone makes a writable dataset that begins as the snapshot; it takes no space at first.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: isVolume
            ? `A new block device at /dev/zvol/${name}. What is written to it takes space of its own.`
            : `A new file system. ${mountpointBelow(found.parent, name)} What is written to it takes space of its own.`,
          items: [],
        },
        {
          severity: 'info',
          text: `As long as the clone is there, ${snapshot} cannot be destroyed.`,
          items: [],
        },
      ],
      blockers,
      undo: hint(...destroyDatasetArgv(name, false)),
      preconditions: { guid: row?.guid ?? null, parent: found.parent?.guid ?? null, taken: found.taken },
    };
  },

  async verify(context, { snapshot, name }, { preconditions }) {
    const { taken } = z.object({ taken: z.boolean() }).parse(preconditions);
    return verifyClone(context, snapshot, name, taken);
  },

  explainFailure: (exitCode, stderr) => explain(newDatasetFailures, exitCode, stderr),
};
