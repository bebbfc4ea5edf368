import { z } from 'zod';
import {
  createSnapshotArgv,
  lvmNameLimit,
  removeSnapshotArgv,
  sizeInBytes,
} from '../../../storage/lvm/commands';
import { fullWarningPercent } from '../../../storage/lvm/health';
import {
  isMerging,
  isThickSnapshot,
  isThin,
  isThinPool,
  type LogicalVolume,
} from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { nameOfEach, sizeField, snapshotName, textField } from '../fields';
import { createFailures } from './failures';
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
import { bytes, hint } from '../words';

/** Group and volume share one device-mapper name, where every `-` counts twice. */
function fitsDeviceName(group: string, name: string): boolean {
  const doubled = (word: string): number => word.length + (word.match(/-/g)?.length ?? 0);
  return doubled(group) + 1 + doubled(name) <= lvmNameLimit;
}

const input = z
  .strictObject({
    volumeGroup: lvmNameSchema,
    logicalVolume: lvmNameSchema,
    name: newLvmNameSchema,
    /** Space reserved for changes; null for a thin volume, which needs none. */
    size: sizeSchema.nullable(),
  })
  .refine(({ volumeGroup, name }) => fitsDeviceName(volumeGroup, name), {
    error: 'is too long together with the name of the volume group',
    path: ['name'],
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ taken: z.string().nullable() });

function originBlockers(origin: LogicalVolume | undefined, path: string, size: string | null): Blocker[] {
  if (origin === undefined) {
    return [
      {
        text: `There is no volume ${path} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (origin.hidden || isThinPool(origin)) {
    blockers.push({
      text: `${path} is ${isThinPool(origin) ? 'a thin pool' : 'an inner part of another volume'}: LVM takes no snapshot of it.`,
      remedy: 'Choose a volume that holds data.',
    });
  }
  if (isThickSnapshot(origin)) {
    blockers.push({
      text: `${path} is itself a snapshot with a size of its own: LVM takes no snapshot of it.`,
      remedy: `Take the snapshot of ${origin.groupName}/${origin.origin}.`,
    });
  }
  if (isMerging(origin)) {
    blockers.push({
      text: `A rollback of ${path} is under way or waits for its next activation.`,
      remedy: 'Wait for the merge to end.',
    });
  }
  if (isThin(origin) && size !== null) {
    blockers.push({
      text: `${path} is a thin volume: its snapshots live in the thin pool and have no size.`,
      remedy: 'Leave the size out.',
    });
  }
  if (!isThin(origin) && size === null && blockers.length === 0) {
    blockers.push({
      text: `${path} is not thin: its snapshot needs space reserved for the changes to come.`,
      remedy: 'Give a size, such as 10 to 20 % of the volume.',
    });
  }
  return blockers;
}

/** What a reservation of `size` means in this group, rounded up to whole extents as LVM does. */
function thickEffects(
  size: string,
  origin: LogicalVolume,
  group: GroupRow,
): { blockers: Blocker[]; consequences: Consequence[] } {
  const asked = sizeInBytes(size);
  const rounded = Math.ceil(asked / group.extentBytes) * group.extentBytes;
  const blockers: Blocker[] = [];
  const consequences: Consequence[] = [];
  // LVM lowers what is larger than the origin with its exception table, about 0.4 % and an extent (2.03.16).
  const most =
    Math.ceil((origin.sizeBytes * 1.01) / group.extentBytes) * group.extentBytes + group.extentBytes;
  const clamped = rounded > most;
  const reserved = clamped ? most : rounded;
  if (reserved > group.freeBytes) {
    blockers.push({
      text: `Volume group ${group.name} has ${bytes(group.freeBytes)} free and the snapshot reserves ${bytes(reserved)}.`,
      remedy: 'Choose a smaller size, or extend the volume group.',
    });
  }
  if (clamped) {
    consequences.push({
      severity: 'info',
      text: `${size} is more than the whole volume (${bytes(origin.sizeBytes)}) can change: LVM reserves about ${bytes(origin.sizeBytes)} and says so.`,
      items: [],
    });
  } else if (rounded !== asked) {
    consequences.push({
      severity: 'info',
      text: `LVM rounds ${size} up to ${bytes(rounded)}, whole extents of ${bytes(group.extentBytes)}.`,
      items: [],
    });
  }
  consequences.push(
    {
      severity: 'info',
      text: `${clamped ? 'This' : bytes(rounded)} is taken from volume group ${group.name}, which has ${bytes(group.freeBytes)} free.`,
      items: [],
    },
    {
      severity: 'warning',
      text: 'When more than the reserved space has changed on the volume, the snapshot becomes invalid and is lost. Until it is destroyed, writes to the volume are slower.',
      items: [],
    },
  );
  return { blockers, consequences };
}

function thinEffects(
  origin: LogicalVolume,
  pool: LogicalVolume | undefined,
): { blockers: Blocker[]; consequences: Consequence[] } {
  const name = `${origin.groupName}/${origin.poolName}`;
  const consequences: Consequence[] = [
    {
      severity: 'info',
      text: `The snapshot shares its data with the volume in thin pool ${name}; only what changes takes space there.`,
      items: [],
    },
    {
      severity: 'info',
      text: 'A thin snapshot is not activated by itself. To look into it: lvchange -ay -K, then mount it.',
      items: [],
    },
  ];
  const blockers: Blocker[] = [];
  const full = pool?.dataPercent ?? null;
  if (pool?.attributes[8] === 'D' || full === 100) {
    blockers.push({
      text: `Thin pool ${name} is out of space.`,
      remedy: `Extend it: lvextend -L +SIZE ${name}`,
    });
  } else if (full !== null && full > fullWarningPercent) {
    consequences.push({
      severity: 'warning',
      text: `Thin pool ${name} is ${full} % full; when it is full, writes to all of its volumes fail.`,
      items: [],
    });
  }
  const metadata = pool?.metadataPercent ?? null;
  if (metadata !== null && metadata > fullWarningPercent) {
    consequences.push({
      severity: 'warning',
      text: `The metadata of thin pool ${name} is ${metadata} % full, and every snapshot needs some.`,
      items: [],
    });
  }
  if (pool?.attributes[8] === 'F' || pool?.attributes[8] === 'M') {
    blockers.push({
      text: `Thin pool ${name} has failed or is read-only.`,
      remedy: `Repair it first: lvconvert --repair ${name}`,
    });
  }
  return { blockers, consequences };
}

/** Each plan holds its own size against what is free; here all of a group. */
async function reservedTogether(context: ActionContext, inputs: readonly Input[]): Promise<Consequence[]> {
  const asked = new Map<string, number>();
  for (const { volumeGroup, size } of inputs) {
    if (size !== null) asked.set(volumeGroup, (asked.get(volumeGroup) ?? 0) + sizeInBytes(size));
  }
  const found = await Promise.all(
    [...asked].map(async ([name, sizeBytes]): Promise<Consequence[]> => {
      const group = await readGroup(context, name);
      if (group === null || sizeBytes <= group.freeBytes) return [];
      return [
        {
          severity: 'warning',
          text: `Together the snapshots reserve ${bytes(sizeBytes)} of volume group ${name}, which has ${bytes(group.freeBytes)} free: not all of them can be taken.`,
          items: [],
        },
      ];
    }),
  );
  return found.flat();
}

export const lvmSnapshotCreate: ActionDefinition<Input> = {
  id: 'lvm.snapshot.create',
  title: 'Create LVM snapshot',
  backend: 'lvm',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },
  together: reservedTogether,

  offer(subject, { nowMs }) {
    if (subject.kind !== 'volume') return null;
    const { volume } = subject;
    const [volumeGroup, logicalVolume] = splitVolumeName(volume.name);
    const thin = volume.kind === 'thin';
    return {
      label: 'Snapshot now…',
      group: 'snapshot',
      excuse: volume.kind === 'other' ? 'LVM takes no snapshot of this kind of volume.' : null,
      input: { volumeGroup, logicalVolume, ...(thin ? { size: null } : {}) },
      fields: [
        textField('name', 'Name of the snapshot', snapshotName(nowMs), {
          maxLength: lvmNameLimit,
          // Volumes and snapshots of a group share one list of names.
          inBulk: nameOfEach(`${logicalVolume}-`, nowMs),
        }),
        ...(thin
          ? []
          : [
              sizeField('size', 'Reserved size', '1G', {
                help: 'Room for what changes while the snapshot lives, such as 1G or 512M. When it fills up, the snapshot is lost.',
              }),
            ]),
      ],
    };
  },

  async plan(context, { volumeGroup, logicalVolume, name, size }) {
    const path = `${volumeGroup}/${logicalVolume}`;
    const snapshot = `${volumeGroup}/${name}`;
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const origin = volumes.find((volume) => volume.name === logicalVolume);
    const taken = volumes.find((volume) => volume.name === name);

    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    const consequences: Consequence[] = [];
    if (group !== null) {
      blockers.push(...originBlockers(origin, path, size));
      if (taken !== undefined) {
        blockers.push({ text: `There is a volume ${snapshot} already.`, remedy: 'Choose another name.' });
      }
      if (origin !== undefined) {
        const effects = isThin(origin)
          ? thinEffects(
              origin,
              volumes.find((volume) => volume.name === origin.poolName),
            )
          : size === null
            ? { blockers: [], consequences: [] }
            : thickEffects(size, origin, group);
        blockers.push(...effects.blockers);
        consequences.push(...effects.consequences);
      }
    }

    return {
      risk: 'safe',
      target: { kind: 'volume', name: path },
      steps: [
        {
          title: `Create ${snapshot}`,
          argv: createSnapshotArgv(volumeGroup, logicalVolume, name, size),
          explain:
            size === null
              ? 'lvcreate -s takes a snapshot, -n names it; without -L it is a thin one in the volume’s own pool.'
              : 'lvcreate -s takes a snapshot, -n names it, -L reserves the space for what changes on the volume.',
          acceptExitCodes: [0],
          timeoutSeconds: 180,
        },
      ],
      consequences,
      blockers,
      undo: taken === undefined ? hint(...removeSnapshotArgv(volumeGroup, name)) : null,
      preconditions: {
        group: group?.uuid ?? null,
        origin: origin?.uuid ?? null,
        taken: taken?.uuid ?? null,
      },
    };
  },

  async verify(context, { volumeGroup, logicalVolume, name }, { preconditions }) {
    const { taken } = preconditionsSchema.parse(preconditions);
    const volumes = await readVolumes(context, volumeGroup);
    const made = volumes.find((volume) => volume.name === name && volume.uuid !== taken);
    if (made === undefined) {
      return { status: 'not-there', text: `There is no new volume ${volumeGroup}/${name}.` };
    }
    if (made.origin !== logicalVolume) {
      return {
        status: 'not-there',
        text: `${volumeGroup}/${name} is there, but is no snapshot of ${volumeGroup}/${logicalVolume}.`,
      };
    }
    return {
      status: 'confirmed',
      text: isThickSnapshot(made)
        ? `${volumeGroup}/${name} is there with ${bytes(made.sizeBytes)} reserved.`
        : `${volumeGroup}/${name} is there in thin pool ${volumeGroup}/${made.poolName}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(createFailures, exitCode, stderr),
};
