import { z } from 'zod';
import { createThinArgv, createVolumeArgv, destroyVolumeArgv } from '../../../storage/lvm/admin-commands';
import { lvmNameLimit, sizeInBytes } from '../../../storage/lvm/commands';
import { isThinPool, type LogicalVolume } from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { sizeField, textField } from '../fields';
import { bytes, hint } from '../words';
import { volumeFailures } from './admin-failures';
import {
  groupBlockers,
  lvmNameSchema,
  newLvmNameSchema,
  readGroup,
  readVolumes,
  sizeSchema,
  splitVolumeName,
  type GroupRow,
} from './reads';

const preconditionsSchema = z.object({ taken: z.string().nullable() });

export function nameBlockers(volumes: readonly LogicalVolume[], group: string, name: string): Blocker[] {
  return volumes.some((volume) => volume.name === name)
    ? [{ text: `There is a volume ${group}/${name} already.`, remedy: 'Choose another name.' }]
    : [];
}

/** Whole extents, as LVM takes them. */
export function roundUp(size: string, group: GroupRow): number {
  return Math.ceil(sizeInBytes(size) / group.extentBytes) * group.extentBytes;
}

export function roundingNote(size: string, group: GroupRow): Consequence[] {
  const rounded = roundUp(size, group);
  return rounded === sizeInBytes(size)
    ? []
    : [
        {
          severity: 'info',
          text: `LVM rounds ${size} up to ${bytes(rounded)}, whole extents of ${bytes(group.extentBytes)}.`,
          items: [],
        },
      ];
}

const input = z.strictObject({ volumeGroup: lvmNameSchema, name: newLvmNameSchema, size: sizeSchema });
type Input = z.infer<typeof input>;

export const lvmVolumeCreate: ActionDefinition<Input> = {
  id: 'lvm.volume.create',
  title: 'Create LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'volume-group') return null;
    const { name, freeBytes } = subject.pool;
    return {
      label: 'Create volume…',
      group: 'change',
      excuse: freeBytes === 0 ? `${name} has no free space.` : null,
      input: { volumeGroup: name },
      fields: [
        textField('name', 'Name', '', { maxLength: lvmNameLimit }),
        sizeField('size', 'Size', '', { maxBytes: freeBytes, help: `${bytes(freeBytes)} are free.` }),
      ],
    };
  },

  async plan(context, { volumeGroup, name, size }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const blockers = [...groupBlockers(group, volumeGroup), ...nameBlockers(volumes, volumeGroup, name)];
    const consequences: Consequence[] = [];
    if (group !== null) {
      const rounded = roundUp(size, group);
      if (rounded > group.freeBytes) {
        blockers.push({
          text: `Volume group ${volumeGroup} has ${bytes(group.freeBytes)} free and the volume takes ${bytes(rounded)}.`,
          remedy: 'Choose a smaller size, or add a disk to the group.',
        });
      }
      consequences.push(...roundingNote(size, group), {
        severity: 'info',
        text: `${bytes(rounded)} of ${volumeGroup} are taken, ${bytes(Math.max(0, group.freeBytes - rounded))} stay free. The volume is linear: it has no redundancy, and no file system yet.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'volume', name: `${volumeGroup}/${name}` },
      steps: [
        {
          title: `Create ${volumeGroup}/${name}`,
          argv: createVolumeArgv(volumeGroup, name, size),
          explain:
            'lvcreate -L gives the size, -n the name. -y: should an old signature lie in the freed extents it takes, it is wiped instead of asked about.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: hint(...destroyVolumeArgv(volumeGroup, name)),
      preconditions: {
        group: group?.uuid ?? null,
        freeBytes: group?.freeBytes ?? null,
        taken: volumes.find((volume) => volume.name === name)?.uuid ?? null,
      },
    };
  },

  async verify(context, { volumeGroup, name }, { preconditions }) {
    const { taken } = preconditionsSchema.parse(preconditions);
    const made = (await readVolumes(context, volumeGroup)).find(
      (volume) => volume.name === name && volume.uuid !== taken,
    );
    return made === undefined
      ? { status: 'not-there', text: `There is no new volume ${volumeGroup}/${name}.` }
      : { status: 'confirmed', text: `${volumeGroup}/${name} is there with ${bytes(made.sizeBytes)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};

const thinInput = z.strictObject({
  volumeGroup: lvmNameSchema,
  pool: lvmNameSchema,
  name: newLvmNameSchema,
  /** What the volume shows. */
  size: sizeSchema,
});
type ThinInput = z.infer<typeof thinInput>;

export const lvmThinCreate: ActionDefinition<ThinInput> = {
  id: 'lvm.thin.create',
  title: 'Create thin volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: thinInput,

  offer(subject) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'thin-pool') return null;
    const [volumeGroup, pool] = splitVolumeName(subject.pool.name);
    return {
      label: 'Create thin volume…',
      group: 'change',
      excuse: null,
      input: { volumeGroup, pool },
      fields: [
        textField('name', 'Name', '', { maxLength: lvmNameLimit }),
        sizeField('size', 'Size it shows', '', {
          help: 'Space is taken from the pool as it is written. More than the pool has may be promised, but not written.',
        }),
      ],
    };
  },

  async plan(context, { volumeGroup, pool, name, size }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const found = volumes.find((volume) => volume.name === pool && isThinPool(volume));
    const blockers = [...groupBlockers(group, volumeGroup), ...nameBlockers(volumes, volumeGroup, name)];
    const consequences: Consequence[] = [];
    if (group !== null && found === undefined) {
      blockers.push({
        text: `There is no thin pool ${volumeGroup}/${pool} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    if (found !== undefined) {
      const promised =
        sizeInBytes(size) +
        volumes
          .filter(({ poolName }) => poolName === pool)
          .reduce((sum, volume) => sum + volume.sizeBytes, 0);
      if (promised > found.sizeBytes) {
        consequences.push({
          severity: 'warning',
          text: `The pool has ${bytes(found.sizeBytes)} and its volumes then show ${bytes(promised)} together. When it runs full, writes to all of them fail.`,
          items: [],
        });
      }
      if ((found.dataPercent ?? 0) >= 80) {
        consequences.push({
          severity: 'warning',
          text: `The pool is ${found.dataPercent} % full already.`,
          items: [],
        });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'volume', name: `${volumeGroup}/${name}` },
      steps: [
        {
          title: `Create ${volumeGroup}/${name}`,
          argv: createThinArgv(volumeGroup, pool, name, size),
          explain:
            'lvcreate -V gives the size the volume shows, -T the pool its space comes from, -n its name.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: hint(...destroyVolumeArgv(volumeGroup, name)),
      preconditions: {
        group: group?.uuid ?? null,
        pool: found?.uuid ?? null,
        taken: volumes.find((volume) => volume.name === name)?.uuid ?? null,
      },
    };
  },

  async verify(context, { volumeGroup, pool, name }, { preconditions }) {
    const { taken } = preconditionsSchema.parse(preconditions);
    const made = (await readVolumes(context, volumeGroup)).find(
      (volume) => volume.name === name && volume.uuid !== taken && volume.poolName === pool,
    );
    return made === undefined
      ? { status: 'not-there', text: `There is no new thin volume ${volumeGroup}/${name}.` }
      : { status: 'confirmed', text: `${volumeGroup}/${name} is there and shows ${bytes(made.sizeBytes)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};
