import { z } from 'zod';
import { mergeSnapshotArgv } from '../../../storage/lvm/commands';
import { mergeLeftPercent } from '../../../storage/lvm/health';
import {
  fillOfSnapshot,
  isActive,
  isInvalid,
  isMerging,
  isOpen,
  isSnapshot,
  isThickSnapshot,
  isThinSnapshot,
  type LogicalVolume,
} from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { rollbackFailures } from './failures';
import { groupBlockers, lvmNameSchema, readGroup, readVolumes, splitVolumeName } from './reads';
import { bytes, moment, plural } from '../words';

const input = z.strictObject({
  volumeGroup: lvmNameSchema,
  /** The snapshot to merge back, without its group. */
  snapshot: lvmNameSchema,
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({
  uuid: z.string().nullable(),
  originUuid: z.string().nullable(),
  origin: z.string().nullable(),
});

function blockersOf(
  snapshot: LogicalVolume | undefined,
  origin: LogicalVolume | undefined,
  path: string,
): Blocker[] {
  if (snapshot === undefined) {
    return [
      {
        text: `There is no volume ${path} on this host.`,
        remedy: 'Refresh the host and choose a snapshot that is there.',
      },
    ];
  }
  if (!isSnapshot(snapshot)) {
    return [
      {
        text: `${path} is not a snapshot: there is no volume that it could be merged into.`,
        remedy:
          'Refresh the host. A thin snapshot whose volume is gone or was rolled back is a volume of its own.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (isInvalid(snapshot)) {
    blockers.push({
      text: `${path} overflowed and is invalid: it no longer holds the old state.`,
      remedy: 'Restore from a backup; the snapshot can only be destroyed.',
    });
  }
  if (isMerging(snapshot)) {
    blockers.push({
      text: `${path} is being merged already.`,
      remedy: 'Wait for the merge to end, or activate the volume anew so that it starts.',
    });
  }
  if (origin === undefined) {
    blockers.push({
      text: `The volume ${snapshot.groupName}/${snapshot.origin} that it was taken of is not there.`,
      remedy: 'Use the snapshot as a volume of its own.',
    });
  } else if (isMerging(origin) && !isMerging(snapshot)) {
    blockers.push({
      text: `Another snapshot is being merged into ${origin.groupName}/${origin.name}.`,
      remedy: 'Wait for that merge to end, or activate the volume anew so that it starts.',
    });
  }
  return blockers;
}

/**
 * When the merge happens (2.03.16, measured):
 *
 * | origin   | snapshot | merge                                                |
 * | inactive | any      | at the next activation of the origin                 |
 * | open     | any      | at the next activation of the origin                 |
 * | closed   | open     | at the next activation of the origin                 |
 * | closed   | closed   | now; a thick one while lvconvert waits               |
 */
function deferral(snapshot: LogicalVolume, origin: LogicalVolume): string | null {
  const name = `${origin.groupName}/${origin.name}`;
  if (!isActive(origin)) return `${name} is not active`;
  if (isOpen(origin) !== false) return `${name} is open (mounted or used by something)`;
  if (isOpen(snapshot) !== false) return `the snapshot is open (mounted or used by something)`;
  return null;
}

function consequencesOf(
  snapshot: LogicalVolume,
  origin: LogicalVolume,
  siblings: readonly LogicalVolume[],
): Consequence[] {
  const group = snapshot.groupName;
  const thick = isThickSnapshot(snapshot);
  const fill = fillOfSnapshot(snapshot);
  // The reservation holds one old block for each that changed: about what is lost.
  const changed = fill === null ? null : Math.round((snapshot.sizeBytes * fill) / 100);
  const when = snapshot.createdAtMs === null ? 'the snapshot was taken' : moment(snapshot.createdAtMs);
  const consequences: Consequence[] = [
    {
      severity: 'loss',
      text: `Everything written to ${group}/${origin.name} since ${when} is lost${
        changed === null ? '' : `: about ${bytes(changed)}`
      }.`,
      items: [{ name: `${group}/${origin.name}`, sizeBytes: changed }],
    },
    {
      severity: 'loss',
      text: 'The snapshot itself is gone afterwards, so this cannot be done twice.',
      items: [{ name: `${group}/${snapshot.name}`, sizeBytes: thick ? snapshot.sizeBytes : null }],
    },
  ];
  const why = deferral(snapshot, origin);
  if (why !== null) {
    consequences.push({
      severity: 'warning',
      text: `It does not happen now: ${why}. LVM notes the rollback down and carries it out at the next activation of ${group}/${origin.name}: at the next start of the host, or after it is closed with lvchange -an and lvchange -ay. Until then everything goes on as before, and all of it is lost then.`,
      items: [],
    });
  } else if (thick) {
    consequences.push({
      severity: 'info',
      text: `${group}/${origin.name} can be used while the merge runs and shows the old state from the start.`,
      items: [],
    });
  }
  if (siblings.length > 0 && thick) {
    consequences.push({
      severity: 'warning',
      text: 'The merge writes to the volume, which fills its other snapshots. One that overflows is invalid and lost.',
      items: siblings.map((volume) => ({ name: `${group}/${volume.name}`, sizeBytes: volume.sizeBytes })),
    });
  }
  if (siblings.length > 0 && !thick) {
    consequences.push({
      severity: 'loss',
      text: `${plural(siblings.length, 'other snapshot loses its origin', 'other snapshots lose their origin')}: they stay as volumes of their own, but ${group}/${origin.name} cannot be rolled back to them any more.`,
      items: siblings.map((volume) => ({ name: `${group}/${volume.name}`, sizeBytes: null })),
    });
  }
  consequences.push({
    severity: 'info',
    text: thick
      ? 'Another way that loses nothing: mount the snapshot read-only beside the volume and copy from it what is needed.'
      : 'Another way that loses nothing: activate the snapshot (lvchange -ay -K), mount it read-only and copy from it what is needed.',
    items: [],
  });
  return consequences;
}

export const lvmSnapshotRollback: ActionDefinition<Input> = {
  id: 'lvm.snapshot.rollback',
  title: 'Roll back LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input,

  offer(subject) {
    if (subject.kind !== 'snapshot') return null;
    const { state, volumeName, fullName } = subject.snapshot;
    const [volumeGroup, snapshot] = splitVolumeName(fullName);
    const excuse =
      state === 'invalid'
        ? 'The snapshot overflowed and is invalid: there is nothing to go back to.'
        : state === 'merging'
          ? 'It is being merged already.'
          : volumeName === null
            ? 'Its origin is gone.'
            : null;
    return {
      label: 'Roll back to this…',
      group: 'change',
      excuse,
      input: { volumeGroup, snapshot },
      fields: [],
    };
  },

  async plan(context, { volumeGroup, snapshot: name }) {
    const path = `${volumeGroup}/${name}`;
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const snapshot = volumes.find((volume) => volume.name === name);
    const origin =
      snapshot === undefined || snapshot.origin === ''
        ? undefined
        : volumes.find((volume) => volume.name === snapshot.origin);
    const siblings = volumes.filter(
      (volume) =>
        snapshot !== undefined &&
        snapshot.origin !== '' &&
        isSnapshot(volume) &&
        volume.origin === snapshot.origin &&
        volume.uuid !== snapshot.uuid,
    );
    const target = origin === undefined ? path : `${volumeGroup}/${origin.name}`;

    return {
      risk: 'catastrophic',
      target: { kind: 'volume', name: target },
      steps:
        snapshot === undefined || !isSnapshot(snapshot)
          ? []
          : [
              {
                title: `Merge ${path} into ${target}`,
                argv: mergeSnapshotArgv(volumeGroup, name),
                explain:
                  'lvconvert --merge writes the snapshot back over its volume and removes the snapshot. It reports progress until it is done, and stopping Holdfast does not stop it.',
                acceptExitCodes: [0],
                timeoutSeconds: 12 * 3600,
              },
            ],
      consequences:
        snapshot === undefined || origin === undefined || !isSnapshot(snapshot)
          ? []
          : consequencesOf(snapshot, origin, siblings),
      blockers: [
        ...groupBlockers(group, volumeGroup),
        ...(group === null ? [] : blockersOf(snapshot, origin, path)),
      ],
      undo: null,
      preconditions: {
        group: group?.uuid ?? null,
        uuid: snapshot?.uuid ?? null,
        origin: origin?.name ?? null,
        originUuid: origin?.uuid ?? null,
        originActive: origin === undefined ? null : isActive(origin),
        originOpen: origin === undefined ? null : isOpen(origin),
        snapshotOpen: snapshot === undefined ? null : isOpen(snapshot),
        siblings: siblings.map(({ uuid }) => uuid).sort(),
      },
    };
  },

  /**
   * | snapshot          | origin                 | says                              |
   * | gone              | there, not merging     | confirmed                         |
   * | merging           | shows what is left     | pending: runs                     |
   * | merging           | shows nothing          | pending: next activation          |
   * | there, as before  | any                    | not there                         |
   * | gone              | gone                   | not there: somebody removed both  |
   */
  async verify(context, { volumeGroup, snapshot: name }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions);
    const volumes = await readVolumes(context, volumeGroup);
    const snapshot = volumes.find((volume) => volume.uuid === before.uuid);
    const origin = volumes.find((volume) => volume.uuid === before.originUuid);
    const target = `${volumeGroup}/${before.origin ?? name}`;
    if (snapshot === undefined) {
      return origin === undefined
        ? { status: 'not-there', text: `Neither ${target} nor ${volumeGroup}/${name} is there.` }
        : {
            status: 'confirmed',
            text: `${volumeGroup}/${name} is merged into ${target} and gone.`,
          };
    }
    if (!isMerging(snapshot)) {
      return { status: 'not-there', text: `${volumeGroup}/${name} is still there and is not being merged.` };
    }
    const left = isThinSnapshot(snapshot) ? null : mergeLeftPercent(origin);
    return left === null
      ? {
          status: 'pending',
          text: `The merge waits for the next activation of ${target}.`,
        }
      : {
          status: 'pending',
          text: `The merge into ${target} is running: ${Math.round(100 - left)} % done. The volume shows the old state already.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(rollbackFailures, exitCode, stderr),
};
