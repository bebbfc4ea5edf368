import { z } from 'zod';
import { promoteArgv } from '../../../storage/zfs/dataset-commands';
import { poolOf, splitSnapshotName } from '../../../storage/zfs/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, listed, plural } from '../words';
import { promoteFailures } from './dataset-failures';
import { zfsVolumeOf } from './dataset-reads';
import { datasetNameSchema, poolBlockers, readDataset, readPool, readSnapshotsOf } from './reads';

const input = z.strictObject({ dataset: datasetNameSchema });
type Input = z.infer<typeof input>;

export const zfsDatasetPromote: ActionDefinition<Input> = {
  id: 'zfs.dataset.promote',
  title: 'Promote ZFS clone',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    const volume = zfsVolumeOf(subject);
    return volume === null || volume.origin === null
      ? null
      : {
          label: 'Promote clone…',
          group: 'change',
          excuse: null,
          input: { dataset: volume.name },
          fields: [],
        };
  },

  async plan(context, { dataset }) {
    const [pool, row] = await Promise.all([
      readPool(context, poolOf(dataset)),
      readDataset(context, dataset),
    ]);
    const blockers: Blocker[] = poolBlockers(pool, poolOf(dataset));
    const origin = row?.origin ?? null;
    if (pool !== null && origin === null) {
      blockers.push({
        text: row === null ? `There is no dataset ${dataset} on this host.` : `${dataset} is no clone.`,
        remedy: row === null ? 'Refresh the host.' : 'There is nothing to make independent.',
      });
    }
    const parent = origin === null ? null : splitSnapshotName(origin).dataset;
    const [mine, theirs] =
      parent === null
        ? [[], []]
        : await Promise.all([readSnapshotsOf(context, dataset), readSnapshotsOf(context, parent)]);
    const last = theirs?.find(({ name }) => name === origin)?.createTxg ?? 0;
    const moving = (theirs ?? []).filter(({ createTxg }) => createTxg <= last);
    const parts = new Set((mine ?? []).map(({ name }) => splitSnapshotName(name).part));
    const clash = moving.filter(({ name }) => parts.has(splitSnapshotName(name).part));
    if (clash.length > 0) {
      blockers.push({
        text: `Snapshots of the same name are on both sides: ${listed(clash.map(({ name }) => name))}.`,
        remedy: 'Rename or destroy those of the clone first.',
      });
    }
    const consequences: Consequence[] =
      parent === null
        ? []
        : [
            {
              severity: 'info',
              text: `${dataset} no longer depends on ${parent}: ${parent} becomes a clone of it, and can be destroyed.`,
              items: [],
            },
            {
              severity: 'info',
              text: `${plural(moving.length, 'snapshot moves', 'snapshots move')} from ${parent} to ${dataset}, with the space they hold. Policies and replication that look for them at ${parent} do not find them.`,
              items: moving.map(({ name, usedBytes }) => ({ name, sizeBytes: usedBytes })),
            },
          ];
    return {
      risk: 'safe',
      target: { kind: row?.type === 'volume' ? 'volume' : 'dataset', name: dataset },
      steps: [
        {
          title: `Promote ${dataset}`,
          argv: promoteArgv(dataset),
          explain:
            'zfs promote turns the clone and the dataset it came from around: the snapshots move to it.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: parent === null ? null : hint(...promoteArgv(parent)),
      preconditions: {
        guid: row?.guid ?? null,
        origin,
        moving: moving.map(({ name, guid }) => ({ name, guid })),
      },
    };
  },

  async verify(context, { dataset }, { preconditions }) {
    const { origin } = z.object({ origin: z.string().nullable() }).parse(preconditions);
    const row = await readDataset(context, dataset);
    if (row === null) return { status: 'not-there', text: `${dataset} is not there any more.` };
    return row.origin !== origin
      ? { status: 'confirmed', text: `${dataset} no longer depends on ${origin ?? 'another dataset'}.` }
      : { status: 'not-there', text: `${dataset} is still a clone of ${origin ?? '?'}.` };
  },

  explainFailure: (exitCode, stderr) => explain(promoteFailures, exitCode, stderr),
};
