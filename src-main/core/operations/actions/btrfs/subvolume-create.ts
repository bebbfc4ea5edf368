import { z } from 'zod';
import { createSubvolumeArgv, deleteSubvolumeArgv } from '../../../storage/btrfs/commands';
import { holderBlockers, parentBlockers } from './places';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint } from '../words';
import { createFailures } from './failures';
import {
  filesystemBlockers,
  filesystemSchema,
  isSendablePath,
  newNameSchema,
  pathSchema,
  readFilesystem,
  readKind,
  readMountOf,
  readSubvolumeAt,
  readSubvolumes,
  unsendable,
} from './reads';

const input = z.strictObject({
  filesystem: filesystemSchema,
  /** Absolute path of the folder it is made in. */
  parent: pathSchema,
  name: newNameSchema,
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ taken: z.string().nullable() });

const inFolder = (parent: string, name: string): string => `${parent === '/' ? '' : parent}/${name}`;

export const btrfsSubvolumeCreate: ActionDefinition<Input> = {
  id: 'btrfs.subvolume.create',
  title: 'Create btrfs subvolume',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'volume' || subject.pool === null) return null;
    const { volume, pool } = subject;
    return {
      label: 'Create subvolume in it…',
      group: 'create',
      excuse: !isSendablePath(volume.name)
        ? unsendable
        : volume.state === 'read-only'
          ? 'It is read-only.'
          : null,
      input: { filesystem: pool.id.replace(/^btrfs:/, ''), parent: volume.name },
      fields: [textField('name', 'Name of the subvolume', '', { placeholder: '@data' })],
    };
  },

  async plan(context, { filesystem: uuid, parent, name }) {
    const path = inFolder(parent, name);
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    let taken: string | null = null;
    if (filesystem !== null) {
      const [mount, kind, subvolumes] = await Promise.all([
        readMountOf(context, parent),
        readKind(context, path),
        readSubvolumes(context, filesystem),
      ]);
      taken = kind;
      blockers.push(...parentBlockers(mount, parent, filesystem));
      if (mount !== null && kind === null) {
        blockers.push(...holderBlockers(path, mount, subvolumes.all, filesystem));
      }
      if (kind !== null) {
        blockers.push({ text: `There is a ${kind} at ${path} already.`, remedy: 'Choose another name.' });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'subvolume', name: path },
      steps: [
        {
          title: `Create ${path}`,
          argv: createSubvolumeArgv(path),
          explain: 'btrfs subvolume create makes an empty subvolume, which snapshots can be taken of.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences: [],
      blockers,
      undo: taken === null ? hint(...deleteSubvolumeArgv(path)) : null,
      preconditions: { taken },
    };
  },

  async verify(context, { parent, name }, { preconditions }) {
    const path = inFolder(parent, name);
    if (preconditionsSchema.parse(preconditions).taken !== null) {
      return { status: 'not-there', text: `${path} was there before.` };
    }
    const made = await readSubvolumeAt(context, path);
    return made === null
      ? { status: 'not-there', text: `There is no subvolume at ${path}.` }
      : { status: 'confirmed', text: `${path} is there.` };
  },

  explainFailure: (exitCode, stderr) => explain(createFailures, exitCode, stderr),
};
