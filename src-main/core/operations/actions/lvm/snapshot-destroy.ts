import { z } from 'zod';
import { removeSnapshotArgv } from '../../../storage/lvm/commands';
import {
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
import { destroyFailures } from './failures';
import { groupBlockers, lvmNameSchema, readGroup, readVolumes, splitVolumeName } from './reads';
import { bytes, listed, moment } from '../words';

const input = z.strictObject({
  volumeGroup: lvmNameSchema,
  /** The snapshot, without its group. */
  name: lvmNameSchema,
});
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ uuid: z.string().nullable() });

/** SECURITY: what is not a snapshot right now is never removed by this action, whatever its name. */
function blockersOf(snapshot: LogicalVolume | undefined, path: string): Blocker[] {
  if (snapshot === undefined) {
    return [
      {
        text: `There is no volume ${path} on this host.`,
        remedy: 'Refresh the host: it may have been destroyed already.',
      },
    ];
  }
  if (!isSnapshot(snapshot)) {
    return [
      {
        text: `${path} is not a snapshot, and this action destroys nothing else.`,
        remedy:
          'Refresh the host. A thin snapshot whose volume is gone or was rolled back is a volume of its own.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (isMerging(snapshot)) {
    blockers.push({
      text: `${path} is being merged into ${snapshot.groupName}/${snapshot.origin} and goes away by itself.`,
      remedy: 'Wait for the merge to end.',
    });
  }
  if (isOpen(snapshot) !== false) {
    blockers.push({
      text: `${path} is ${isOpen(snapshot) === true ? 'open: mounted or used by something' : 'in a state that LVM cannot tell'}.`,
      remedy: `Unmount it or stop what uses it: fuser -vm /dev/${path}`,
    });
  }
  return blockers;
}

export const lvmSnapshotDestroy: ActionDefinition<Input> = {
  id: 'lvm.snapshot.destroy',
  title: 'Destroy LVM snapshot',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer(subject) {
    if (subject.kind !== 'snapshot') return null;
    const [volumeGroup, name] = splitVolumeName(subject.snapshot.fullName);
    return {
      label: 'Destroy…',
      group: 'destroy',
      excuse: subject.snapshot.state === 'merging' ? 'It is being merged into its origin.' : null,
      input: { volumeGroup, name },
      fields: [],
    };
  },

  async plan(context, { volumeGroup, name }) {
    const path = `${volumeGroup}/${name}`;
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const snapshot = volumes.find((volume) => volume.name === name);
    const children = volumes.filter((volume) => isThinSnapshot(volume) && volume.origin === name);

    const consequences: Consequence[] = [];
    if (snapshot !== undefined && isSnapshot(snapshot)) {
      const when = snapshot.createdAtMs === null ? '' : ` of ${moment(snapshot.createdAtMs)}`;
      const thick = isThickSnapshot(snapshot);
      consequences.push(
        {
          severity: 'loss',
          text: isInvalid(snapshot)
            ? `The snapshot overflowed: the state of ${volumeGroup}/${snapshot.origin}${when} that it held is lost already.`
            : `The state of ${volumeGroup}/${snapshot.origin}${when} is lost, with what was written to the snapshot itself.`,
          items: [{ name: path, sizeBytes: thick ? snapshot.sizeBytes : null }],
        },
        {
          severity: 'info',
          text: thick
            ? `${bytes(snapshot.sizeBytes)} go back to volume group ${volumeGroup}.`
            : `What only this snapshot holds goes back to thin pool ${volumeGroup}/${snapshot.poolName}; LVM does not say how much that is.`,
          items: [],
        },
      );
      if (children.length > 0) {
        consequences.push({
          severity: 'warning',
          text: `Snapshots of this snapshot lose their origin and become volumes of their own: ${listed(children.map((child) => child.name))}.`,
          items: children.map((child) => ({ name: `${volumeGroup}/${child.name}`, sizeBytes: null })),
        });
      }
    }

    return {
      risk: 'destructive',
      target: { kind: 'snapshot', name: path },
      // SECURITY: there is no command at all unless the name is a snapshot's right now.
      steps:
        snapshot === undefined || !isSnapshot(snapshot)
          ? []
          : [
              {
                title: `Destroy ${path}`,
                argv: removeSnapshotArgv(volumeGroup, name),
                explain:
                  'lvremove removes this one snapshot; -y answers its question, which you have answered here. Without -f it still refuses a volume in use.',
                acceptExitCodes: [0],
                timeoutSeconds: 180,
              },
            ],
      consequences,
      blockers: [...groupBlockers(group, volumeGroup), ...(group === null ? [] : blockersOf(snapshot, path))],
      undo: null,
      preconditions: {
        group: group?.uuid ?? null,
        uuid: snapshot?.uuid ?? null,
        origin: snapshot?.origin ?? null,
        open: snapshot === undefined ? null : isOpen(snapshot),
        children: children.map(({ uuid }) => uuid),
      },
    };
  },

  async verify(context, { volumeGroup, name }, { preconditions }) {
    const { uuid } = preconditionsSchema.parse(preconditions);
    const volumes = await readVolumes(context, volumeGroup);
    const left = volumes.find((volume) => volume.uuid === uuid);
    return left === undefined
      ? { status: 'confirmed', text: `${volumeGroup}/${name} is gone.` }
      : { status: 'not-there', text: `${volumeGroup}/${left.name} is still there.` };
  },

  explainFailure: (exitCode, stderr) => explain(destroyFailures, exitCode, stderr),
};
