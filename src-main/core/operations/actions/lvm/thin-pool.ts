import { z } from 'zod';
import {
  createThinPoolArgv,
  destroyVolumeArgv,
  extendMetadataArgv,
} from '../../../storage/lvm/admin-commands';
import { lvmNameLimit } from '../../../storage/lvm/commands';
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
} from './reads';
import { nameBlockers, roundingNote, roundUp } from './volume-create';

/** The largest metadata LVM uses, in bytes (lvmthin(7): 15.88 GiB, one extent of 4 MiB less than 16). */
const mostMetadataBytes = 16 * 1024 ** 3 - 4 * 1024 ** 2;

const input = z.strictObject({
  volumeGroup: lvmNameSchema,
  name: newLvmNameSchema,
  size: sizeSchema,
  /** null: LVM chooses. */
  metadataSize: sizeSchema.nullable(),
});
type Input = z.infer<typeof input>;
const takenSchema = z.object({ taken: z.string().nullable() });

export const lvmThinPoolCreate: ActionDefinition<Input> = {
  id: 'lvm.thinpool.create',
  title: 'Create LVM thin pool',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'volume-group') return null;
    const { name: volumeGroup, freeBytes } = subject.pool;
    return {
      label: 'Create thin pool…',
      group: 'create',
      excuse: freeBytes === 0 ? `${volumeGroup} has no free space. Add a disk to it first.` : null,
      input: { volumeGroup },
      fields: [
        textField('name', 'Name', 'thin', { maxLength: lvmNameLimit }),
        sizeField('size', 'Size', '', {
          help: `${bytes(freeBytes)} of ${volumeGroup} are free. Its volumes may promise more than that, but not hold more.`,
          maxBytes: freeBytes,
        }),
        sizeField('metadataSize', 'Size of its metadata', '', {
          help: 'Left empty, LVM chooses by the size. Much smaller and it fills before the data does; it can be extended later. LVM keeps as much again as a spare.',
          required: false,
          maxBytes: mostMetadataBytes,
        }),
      ],
    };
  },

  async plan(context, { volumeGroup, name, size, metadataSize }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const blockers: Blocker[] = [
      ...groupBlockers(group, volumeGroup),
      ...nameBlockers(volumes, volumeGroup, name),
    ];
    const consequences: Consequence[] = [];
    if (group !== null) {
      // At least one extent of metadata, and a spare as large as the largest metadata of the group.
      const metadata = metadataSize === null ? group.extentBytes : roundUp(metadataSize, group);
      const spare = volumes.find((volume) => volume.name.endsWith('_pmspare'))?.sizeBytes ?? 0;
      const needed = roundUp(size, group) + metadata + Math.max(0, metadata - spare);
      if (needed > group.freeBytes) {
        blockers.push({
          text: `Volume group ${volumeGroup} has ${bytes(group.freeBytes)} free and at least ${bytes(needed)} are needed, metadata and its spare included.`,
          remedy: 'Choose a smaller size, or add a disk to the group.',
        });
      }
      consequences.push(...roundingNote(size, group), {
        severity: 'info',
        text: `About ${bytes(Math.max(0, group.freeBytes - needed))} stay free${metadataSize === null ? ', less what LVM takes for its metadata' : ''}. The pool is linear: it has no redundancy. When its data or its metadata runs full, writes to all of its volumes fail.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'thin pool', name: `${volumeGroup}/${name}` },
      steps: [
        {
          title: `Create thin pool ${volumeGroup}/${name}`,
          argv: createThinPoolArgv(volumeGroup, name, size, metadataSize),
          explain: `lvcreate --type thin-pool makes it, -L gives the size of its data${metadataSize === null ? '' : ', --poolmetadatasize that of its metadata'}. -y: should an old signature lie in the freed extents it takes, it is wiped instead of asked about.`,
          acceptExitCodes: [0],
          timeoutSeconds: 300,
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
    const { taken } = takenSchema.parse(preconditions);
    const made = (await readVolumes(context, volumeGroup)).find(
      (volume) => volume.name === name && volume.uuid !== taken && isThinPool(volume),
    );
    return made === undefined
      ? { status: 'not-there', text: `There is no new thin pool ${volumeGroup}/${name}.` }
      : { status: 'confirmed', text: `${volumeGroup}/${name} is there with ${bytes(made.sizeBytes)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};

const extendInput = z.strictObject({ volumeGroup: lvmNameSchema, pool: lvmNameSchema, by: sizeSchema });
type ExtendInput = z.infer<typeof extendInput>;
const metadataSchema = z.object({ uuid: z.string().nullable(), metadataBytes: z.number().nullable() });

function metadataOf(volumes: readonly LogicalVolume[], pool: string): LogicalVolume | undefined {
  return volumes.find((volume) => volume.hidden && volume.name === `${pool}_tmeta`);
}

export const lvmThinPoolExtendMetadata: ActionDefinition<ExtendInput> = {
  id: 'lvm.thinpool.extendMetadata',
  title: 'Extend metadata of LVM thin pool',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: extendInput,

  offer(subject, { inventory }) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'thin-pool') return null;
    const [volumeGroup, pool] = splitVolumeName(subject.pool.name);
    const free = inventory.pools.find(({ id }) => id === `lvm:${volumeGroup}`)?.freeBytes ?? 0;
    const size = subject.pool.topology.find(({ role }) => role === 'metadata')?.sizeBytes ?? null;
    const fill = subject.pool.metadataPercent;
    return {
      label: 'Extend metadata…',
      group: 'change',
      excuse: free === 0 ? `${volumeGroup} has no free space. Add a disk to it first.` : null,
      input: { volumeGroup, pool },
      fields: [
        sizeField('by', 'Add', '', {
          help: `${size === null ? 'It' : `It has ${bytes(size)} and`} is ${fill === null ? 'not active, so its fill is not known' : `${fill} % full`}. ${bytes(free)} of ${volumeGroup} are free; its spare grows with it.`,
          maxBytes: free,
        }),
      ],
    };
  },

  async plan(context, { volumeGroup, pool, by }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const path = `${volumeGroup}/${pool}`;
    const found = volumes.find((volume) => volume.name === pool && isThinPool(volume));
    const metadata = metadataOf(volumes, pool);
    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    const consequences: Consequence[] = [];
    if (group !== null && (found === undefined || metadata === undefined)) {
      blockers.push({
        text: `There is no thin pool ${path} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      });
    }
    if (group !== null && metadata !== undefined) {
      const grown = metadata.sizeBytes + roundUp(by, group);
      const spare = volumes.find((volume) => volume.name.endsWith('_pmspare'))?.sizeBytes ?? 0;
      const needed = roundUp(by, group) + Math.max(0, grown - Math.max(spare, metadata.sizeBytes));
      if (grown > mostMetadataBytes) {
        blockers.push({
          text: `LVM uses at most ${bytes(mostMetadataBytes)} of metadata, and ${path} would have ${bytes(grown)}.`,
          remedy: 'Choose a smaller size.',
        });
      } else if (roundUp(by, group) > group.freeBytes) {
        blockers.push({
          text: `Volume group ${volumeGroup} has ${bytes(group.freeBytes)} free and ${bytes(roundUp(by, group))} are needed.`,
          remedy: 'Choose a smaller size, or add a disk to the group.',
        });
      } else if (needed > group.freeBytes) {
        consequences.push({
          severity: 'warning',
          text: 'There is no room to let the spare grow with it: without a spare that is as large, a repair of the pool needs space of its own.',
          items: [],
        });
      }
      consequences.push(...roundingNote(by, group), {
        severity: 'info',
        text: `The metadata of ${path} grows from ${bytes(metadata.sizeBytes)} to ${bytes(grown)}. Its volumes stay in use.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'thin pool', name: path },
      steps: [
        {
          title: `Add ${by} to the metadata of ${path}`,
          argv: extendMetadataArgv(volumeGroup, pool, by),
          explain:
            'lvextend --poolmetadatasize adds to where the pool notes which block belongs to which volume.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences,
      blockers,
      undo: null,
      preconditions: {
        uuid: found?.uuid ?? null,
        metadataBytes: metadata?.sizeBytes ?? null,
        freeBytes: group?.freeBytes ?? null,
      },
    };
  },

  async verify(context, { volumeGroup, pool }, { preconditions }) {
    const before = metadataSchema.parse(preconditions);
    const volumes = await readVolumes(context, volumeGroup);
    const now = metadataOf(volumes, pool);
    if (now === undefined || !volumes.some(({ uuid }) => uuid === before.uuid)) {
      return { status: 'not-there', text: `Thin pool ${volumeGroup}/${pool} is not there any more.` };
    }
    return now.sizeBytes > (before.metadataBytes ?? 0)
      ? {
          status: 'confirmed',
          text: `The metadata of ${volumeGroup}/${pool} has ${bytes(now.sizeBytes)} now.`,
        }
      : {
          status: 'not-there',
          text: `The metadata of ${volumeGroup}/${pool} still has ${bytes(now.sizeBytes)}.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};
