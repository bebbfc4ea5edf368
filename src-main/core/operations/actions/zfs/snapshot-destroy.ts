import { z } from 'zod';
import { destroySnapshotArgv, poolOf, splitSnapshotName } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { destroyFailures } from './failures';
import { bytes, hint, listed, moment } from '../words';
import { previewReclaim } from './dataset-reads';
import { poolBlockers, previewDestroy, readHolds, readPool, readSnapshot, snapshotNameSchema } from './reads';

const input = z.strictObject({
  /** `tank/data@daily-1` */
  snapshot: snapshotNameSchema,
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ guid: z.string().nullable() });

export const zfsSnapshotDestroy: ActionDefinition<Input> = {
  id: 'zfs.snapshot.destroy',
  title: 'Destroy ZFS snapshot',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },

  /** What each frees alone does not add up: blocks that only some of them share go with the last of those. */
  async together(context, inputs) {
    const parts = new Map<string, string[]>();
    for (const { snapshot } of inputs) {
      const { dataset, part } = splitSnapshotName(snapshot);
      parts.set(dataset, [...(parts.get(dataset) ?? []), part]);
    }
    const freed = await Promise.all(
      [...parts].map(([dataset, names]) => previewReclaim(context, dataset, names)),
    );
    const known = freed.filter((size) => size !== null);
    if (known.length === 0) return [];
    const sum = known.reduce((total, size) => total + size, 0);
    const text =
      known.length === freed.length
        ? `Together they free ${bytes(sum)}: what several of them share goes with the last of those.`
        : `Together they free at least ${bytes(sum)}; of some ZFS does not say.`;
    return [{ severity: 'info', text, items: [] }];
  },

  offer: (subject) =>
    subject.kind !== 'snapshot'
      ? null
      : {
          label: 'Destroy…',
          group: 'destroy',
          excuse: null,
          input: { snapshot: subject.snapshot.fullName },
          fields: [],
        },

  async plan(context, { snapshot }) {
    const [pool, row, preview] = await Promise.all([
      readPool(context, poolOf(snapshot)),
      readSnapshot(context, snapshot),
      previewDestroy(context, snapshot),
    ]);
    const holds = row !== null && row.holdCount > 0 ? await readHolds(context, snapshot) : [];

    const blockers: Blocker[] = poolBlockers(pool, poolOf(snapshot));
    if (row === null) {
      blockers.push({
        text: `There is no snapshot ${snapshot} on this host.`,
        remedy: 'Refresh the host: it may have been destroyed already.',
      });
    } else {
      if (row.cloneNames.length > 0) {
        blockers.push({
          text: `Clones depend on ${snapshot}: ${row.cloneNames.join(', ')}.`,
          remedy: `Destroy the clones first, or make one independent: ${hint('zfs', 'promote', row.cloneNames[0] ?? '')}`,
        });
      }
      if (row.holdCount > 0) {
        blockers.push({
          text: `${snapshot} is held: ${listed(holds)}.`,
          remedy: `Lift ${holds.length === 1 ? 'the hold' : 'every hold'}: ${holds
            .map((tag) => hint('zfs', 'release', '--', tag, snapshot))
            .join('; ')}`,
        });
      }
      if ('refusal' in preview && blockers.length === 0) {
        blockers.push({
          text: `ZFS would refuse: ${preview.refusal}`,
          remedy: 'Lift what it names, then plan it again.',
        });
      }
    }

    const consequences: Consequence[] = [];
    if (row !== null) {
      consequences.push({
        severity: 'loss',
        text: `The state of ${snapshot.slice(0, snapshot.indexOf('@'))} of ${moment(row.creationSeconds * 1000)} is lost, with all that exists only in it.`,
        items: [{ name: snapshot, sizeBytes: row.usedBytes }],
      });
      if ('freedBytes' in preview) {
        consequences.push({
          severity: 'info',
          text: `${bytes(preview.freedBytes)} are freed. What it shares with other snapshots stays until the last of them is gone.`,
          items: [],
        });
      }
    }

    return {
      risk: 'destructive',
      target: { kind: 'snapshot', name: snapshot },
      steps: [
        {
          title: `Destroy ${snapshot}`,
          argv: destroySnapshotArgv(snapshot),
          explain:
            'zfs destroy with one name that holds an "@" destroys this one snapshot; without -r, -R and -f it touches nothing else.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: null,
      preconditions: {
        guid: row?.guid ?? null,
        clones: row?.cloneNames ?? [],
        holds,
      },
    };
  },

  async verify(context, { snapshot }, { preconditions }) {
    const { guid } = preconditionsSchema.parse(preconditions);
    const row = await readSnapshot(context, snapshot);
    if (row === null) return { status: 'confirmed', text: `${snapshot} is gone.` };
    return row.guid === guid
      ? { status: 'not-there', text: `${snapshot} is still there.` }
      : {
          status: 'confirmed',
          text: `The snapshot is gone; another one of the same name was taken ${moment(row.creationSeconds * 1000)}.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(destroyFailures, exitCode, stderr),
};
