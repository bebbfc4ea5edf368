import { z } from 'zod';
import {
  holdArgv,
  holdTagPattern,
  newHoldTagPattern,
  releaseArgv,
} from '../../../storage/zfs/dataset-commands';
import { poolOf } from '../../../storage/zfs/commands';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { textField } from '../fields';
import { hint, listed } from '../words';
import { holdFailures } from './dataset-failures';
import { poolBlockers, readHolds, readPool, readSnapshot, snapshotNameSchema } from './reads';

/** Bytes of a tag, less the end of the string (zfs-hold(8), MAXNAMELEN). */
const tagLimit = 200;
const newTagSchema = z
  .string()
  .max(tagLimit)
  .regex(newHoldTagPattern, 'may hold letters, digits, "_", "-", "." and ":", and may not start with "-"');
const tagSchema = z.string().max(tagLimit).regex(holdTagPattern, 'must be the name of a hold');

async function readHeld(context: ActionContext, snapshot: string) {
  const [pool, row] = await Promise.all([
    readPool(context, poolOf(snapshot)),
    readSnapshot(context, snapshot),
  ]);
  const holds = row !== null && row.holdCount > 0 ? await readHolds(context, snapshot) : [];
  const blockers: Blocker[] = poolBlockers(pool, poolOf(snapshot));
  if (pool !== null && row === null) {
    blockers.push({
      text: `There is no snapshot ${snapshot} on this host.`,
      remedy: 'Refresh the host and choose one that is there.',
    });
  }
  return { row, holds, blockers };
}

const holdInput = z.strictObject({ snapshot: snapshotNameSchema, tag: newTagSchema });
type HoldInput = z.infer<typeof holdInput>;

export const zfsSnapshotHold: ActionDefinition<HoldInput> = {
  id: 'zfs.snapshot.hold',
  title: 'Hold ZFS snapshot',
  backend: 'zfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input: holdInput,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer: (subject) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Hold…',
          group: 'snapshot',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [
            textField('tag', 'Name of the hold', 'keep', {
              maxLength: tagLimit,
              help: 'While a snapshot is held, nobody can destroy it. The name says why, such as legal or offsite.',
            }),
          ],
        },

  async plan(context, { snapshot, tag }) {
    const { row, holds, blockers } = await readHeld(context, snapshot);
    if (holds.includes(tag)) {
      blockers.push({ text: `${snapshot} has a hold ${tag} already.`, remedy: 'Choose another name.' });
    }
    return {
      risk: 'safe',
      target: { kind: 'snapshot', name: snapshot },
      steps: [
        {
          title: `Hold ${snapshot}`,
          argv: holdArgv(snapshot, tag),
          explain: 'zfs hold keeps the snapshot from being destroyed until every hold of it is released.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: 'Policies and people that want to destroy it are refused, and a roll back past it as well. The space it holds stays taken.',
          items: [],
        },
      ],
      blockers,
      undo: hint(...releaseArgv(snapshot, tag)),
      preconditions: { guid: row?.guid ?? null, holds },
    };
  },

  async verify(context, { snapshot, tag }) {
    const holds = await readHolds(context, snapshot);
    return holds.includes(tag)
      ? { status: 'confirmed', text: `${snapshot} is held: ${listed(holds)}.` }
      : { status: 'not-there', text: `${snapshot} has no hold ${tag}.` };
  },

  explainFailure: (exitCode, stderr) => explain(holdFailures, exitCode, stderr),
};

const releaseInput = z.strictObject({ snapshot: snapshotNameSchema, tag: tagSchema });
type ReleaseInput = z.infer<typeof releaseInput>;

export const zfsSnapshotRelease: ActionDefinition<ReleaseInput> = {
  id: 'zfs.snapshot.release',
  title: 'Release hold of ZFS snapshot',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: releaseInput,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer: (subject) =>
    subject.kind !== 'snapshot' || subject.snapshot.holdCount === 0
      ? null
      : {
          label: 'Release a hold…',
          group: 'snapshot',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [
            textField('tag', 'Name of the hold', 'keep', {
              maxLength: tagLimit,
              help: 'The plan says which holds there are.',
            }),
          ],
        },

  async plan(context, { snapshot, tag }) {
    const { row, holds, blockers } = await readHeld(context, snapshot);
    if (row !== null && !holds.includes(tag)) {
      blockers.push({
        text: `${snapshot} has no hold ${tag}.`,
        remedy: holds.length === 0 ? 'It is not held at all.' : `It has: ${listed(holds)}.`,
      });
    }
    const left = holds.filter((each) => each !== tag);
    return {
      risk: 'safe',
      target: { kind: 'snapshot', name: snapshot },
      steps: [
        {
          title: `Release ${tag} of ${snapshot}`,
          argv: releaseArgv(snapshot, tag),
          explain: 'zfs release takes away this one hold.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        left.length === 0
          ? {
              severity: 'warning',
              text: `${snapshot} can then be destroyed: by people, and by a policy that waits for it.`,
              items: [{ name: snapshot, sizeBytes: row?.usedBytes ?? null }],
            }
          : {
              severity: 'info',
              text: `It stays held: ${listed(left)}.`,
              items: [],
            },
      ],
      blockers,
      undo: newTagSchema.safeParse(tag).success ? hint(...holdArgv(snapshot, tag)) : null,
      preconditions: { guid: row?.guid ?? null, holds },
    };
  },

  async verify(context, { snapshot, tag }) {
    const row = await readSnapshot(context, snapshot);
    if (row === null) return { status: 'not-there', text: `${snapshot} is not there any more.` };
    const holds = row.holdCount > 0 ? await readHolds(context, snapshot) : [];
    return holds.includes(tag)
      ? { status: 'not-there', text: `${snapshot} is still held by ${tag}.` }
      : { status: 'confirmed', text: `${snapshot} has no hold ${tag} any more.` };
  },

  explainFailure: (exitCode, stderr) => explain(holdFailures, exitCode, stderr),
};
