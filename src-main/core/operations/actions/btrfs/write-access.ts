import { z } from 'zod';
import { setReadOnlyArgv } from '../../../storage/btrfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint } from '../words';
import { writeAccessFailures } from './failures';
import {
  filesystemBlockers,
  filesystemSchema,
  isSendablePath,
  pathSchema,
  readFilesystem,
  readSubvolumeAt,
  unsendable,
} from './reads';

const input = z.strictObject({
  filesystem: filesystemSchema,
  /** Absolute path of the subvolume. */
  path: pathSchema,
  readOnly: z.boolean(),
});
type Input = z.infer<typeof input>;

export const btrfsSubvolumeWriteAccess: ActionDefinition<Input> = {
  id: 'btrfs.subvolume.write-access',
  title: 'Change write access of btrfs subvolume',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const of = (name: string, poolId: string, readOnly: boolean) => ({
      label: readOnly ? 'Make writable…' : 'Make read-only…',
      group: 'change' as const,
      excuse: isSendablePath(name) ? null : unsendable,
      input: { filesystem: poolId.replace(/^btrfs:/, ''), path: name, readOnly: !readOnly },
      fields: [],
    });
    if (subject.kind === 'snapshot') {
      const { fullName, poolId, readOnly } = subject.snapshot;
      return of(fullName, poolId, readOnly === true);
    }
    if (subject.kind === 'volume' && subject.volume.state !== 'top level') {
      const { name, poolId, state } = subject.volume;
      return of(name, poolId, state === 'read-only');
    }
    return null;
  },

  async plan(context, { filesystem: uuid, path, readOnly }) {
    const filesystem = await readFilesystem(context, uuid);
    const details = filesystem === null ? null : await readSubvolumeAt(context, path);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    const consequences: Consequence[] = [];
    if (filesystem !== null && details === null) {
      blockers.push({ text: `There is no subvolume at ${path}.`, remedy: 'Refresh the host.' });
    }
    if (details?.readOnly === readOnly) {
      blockers.push({
        text: `${path} is ${readOnly ? 'read-only' : 'writable'} already.`,
        remedy: 'Refresh the host.',
      });
    }
    if (details !== null && !readOnly && details.receivedUuid !== null) {
      blockers.push({
        text: `${path} was received from another host: made writable, no further incremental receive could build on it, and btrfs refuses.`,
        remedy: 'Take a writable snapshot of it instead.',
      });
    }
    consequences.push(
      readOnly
        ? {
            severity: 'warning',
            text: 'Nothing can be written to it any more. A program that has a file of it open for writing keeps btrfs from doing so.',
            items: [],
          }
        : {
            severity: 'warning',
            text: 'From then on it can be changed: it is no safe record of its time any more, and no base for incremental sends.',
            items: [],
          },
    );
    return {
      risk: 'safe',
      target: { kind: 'subvolume', name: path },
      steps: [
        {
          title: `Make ${path} ${readOnly ? 'read-only' : 'writable'}`,
          argv: setReadOnlyArgv(path, readOnly),
          explain: 'btrfs property set changes the property "ro" of this one subvolume.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences,
      blockers,
      undo: hint(...setReadOnlyArgv(path, !readOnly)),
      preconditions: { uuid: details?.uuid ?? null, readOnly: details?.readOnly ?? null },
    };
  },

  async verify(context, { path, readOnly }) {
    const details = await readSubvolumeAt(context, path);
    if (details === null) return { status: 'not-there', text: `There is no subvolume at ${path}.` };
    return details.readOnly === readOnly
      ? { status: 'confirmed', text: `${path} is ${readOnly ? 'read-only' : 'writable'}.` }
      : { status: 'not-there', text: `${path} is still ${readOnly ? 'writable' : 'read-only'}.` };
  },

  explainFailure: (exitCode, stderr) => explain(writeAccessFailures, exitCode, stderr),
};
