import { z } from 'zod';
import { extendVolumeArgv, renameVolumeArgv } from '../../../storage/lvm/admin-commands';
import { lvmNameLimit } from '../../../storage/lvm/commands';
import {
  isActive,
  isMerging,
  isOpen,
  isThickSnapshot,
  isThin,
  type LogicalVolume,
} from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, Subject } from '../../action';
import { explain } from '../failures';
import { sizeField, switchField, textField } from '../fields';
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

function missing(path: string): Blocker {
  return {
    text: `There is no volume ${path} on this host.`,
    remedy: 'Refresh the host and choose one that is there.',
  };
}

/** The group and name of what a menu stands on: a volume, or a thin pool. */
export function namesOf(subject: Subject): { volumeGroup: string; volume: string } | null {
  const name =
    subject.kind === 'volume'
      ? subject.volume.name
      : subject.kind === 'pool' && subject.pool.kind === 'thin-pool'
        ? subject.pool.name
        : null;
  if (name === null) return null;
  const [volumeGroup, volume] = splitVolumeName(name);
  return { volumeGroup, volume };
}

function mergingBlocker(volume: LogicalVolume | undefined, path: string): Blocker[] {
  return volume !== undefined && isMerging(volume)
    ? [{ text: `A merge into ${path} is under way or waits.`, remedy: 'Wait for its end.' }]
    : [];
}

const extendInput = z.strictObject({
  volumeGroup: lvmNameSchema,
  volume: lvmNameSchema,
  /** Added to what it has. */
  by: sizeSchema,
  /** Grow its file system with it. */
  resizeFilesystem: z.boolean(),
});
type ExtendInput = z.infer<typeof extendInput>;
const sizePreconditions = z.object({ uuid: z.string().nullable(), sizeBytes: z.number().nullable() });

export const lvmVolumeExtend: ActionDefinition<ExtendInput> = {
  id: 'lvm.volume.extend',
  title: 'Extend LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: extendInput,

  offer(subject, { inventory }) {
    const names = namesOf(subject);
    if (names === null) return null;
    const group = inventory.pools.find(({ id }) => id === `lvm:${names.volumeGroup}`);
    const thin = subject.kind === 'volume' && subject.volume.kind === 'thin';
    const free = group?.freeBytes ?? 0;
    return {
      label: 'Extend…',
      group: 'change',
      excuse: !thin && free === 0 ? `${names.volumeGroup} has no free space. Add a disk to it first.` : null,
      input: { ...names, ...(subject.kind === 'pool' ? { resizeFilesystem: false } : {}) },
      fields: [
        sizeField('by', 'Add', '', {
          help: thin
            ? 'Only what it shows grows; space is taken from its pool as it is written.'
            : `${bytes(free)} of ${names.volumeGroup} are free.`,
          ...(thin ? {} : { maxBytes: free }),
        }),
        ...(subject.kind === 'pool'
          ? []
          : [
              switchField(
                'resizeFilesystem',
                'Grow its file system too',
                false,
                'ext4 and XFS, by fsadm. Leave it off for a disk of a virtual machine.',
              ),
            ]),
      ],
    };
  },

  async plan(context, { volumeGroup, volume: name, by, resizeFilesystem }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const path = `${volumeGroup}/${name}`;
    const volume = volumes.find((each) => each.name === name && !each.hidden);
    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    const consequences: Consequence[] = [];
    if (group !== null && volume === undefined) blockers.push(missing(path));
    blockers.push(...mergingBlocker(volume, path));
    if (group !== null && volume !== undefined) {
      const rounded = roundUp(by, group);
      const snapshots = volumes.filter((each) => isThickSnapshot(each) && each.origin === name);
      if (!isThin(volume) && rounded > group.freeBytes) {
        blockers.push({
          text: `Volume group ${volumeGroup} has ${bytes(group.freeBytes)} free and ${bytes(rounded)} are needed.`,
          remedy: 'Choose a smaller size, or add a disk to the group.',
        });
      }
      // lvm2 2.03.16: "Snapshot origin volumes can be resized only while inactive".
      if (snapshots.length > 0 && isActive(volume)) {
        blockers.push({
          text: `${path} has snapshots (${snapshots.map((each) => each.name).join(', ')}), and LVM resizes such a volume only while it is inactive.`,
          remedy: `Destroy the snapshots, or deactivate it first: ${hint('lvchange', '-an', path)}`,
        });
      }
      consequences.push(...roundingNote(by, group), {
        severity: 'info',
        text: `${path} grows from ${bytes(volume.sizeBytes)} to ${bytes(volume.sizeBytes + rounded)}. ${
          resizeFilesystem
            ? 'Its file system grows with it.'
            : 'What is on it does not see the new space until it is grown as well.'
        }`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'volume', name: path },
      steps: [
        {
          title: `Add ${by} to ${path}`,
          argv: extendVolumeArgv(volumeGroup, name, by, resizeFilesystem),
          explain: `lvextend -L +${by} adds to the size.${resizeFilesystem ? ' -r grows the file system with it (fsadm), mounted or not.' : ''}`,
          acceptExitCodes: [0],
          timeoutSeconds: 600,
        },
      ],
      consequences,
      blockers,
      undo: null,
      preconditions: {
        uuid: volume?.uuid ?? null,
        sizeBytes: volume?.sizeBytes ?? null,
        freeBytes: group?.freeBytes ?? null,
      },
    };
  },

  async verify(context, { volumeGroup, volume: name }, { preconditions }) {
    const before = sizePreconditions.parse(preconditions);
    const now = (await readVolumes(context, volumeGroup)).find((each) => each.uuid === before.uuid);
    if (now === undefined)
      return { status: 'not-there', text: `${volumeGroup}/${name} is not there any more.` };
    return now.sizeBytes > (before.sizeBytes ?? 0)
      ? { status: 'confirmed', text: `${volumeGroup}/${name} has ${bytes(now.sizeBytes)} now.` }
      : { status: 'not-there', text: `${volumeGroup}/${name} still has ${bytes(now.sizeBytes)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};

const renameInput = z.strictObject({
  volumeGroup: lvmNameSchema,
  volume: lvmNameSchema,
  name: newLvmNameSchema,
});
type RenameInput = z.infer<typeof renameInput>;
const uuidPreconditions = z.object({ uuid: z.string().nullable() });

export const lvmVolumeRename: ActionDefinition<RenameInput> = {
  id: 'lvm.volume.rename',
  title: 'Rename LVM volume',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: renameInput,

  offer(subject) {
    const names = namesOf(subject);
    if (names === null) return null;
    return {
      label: 'Rename…',
      group: 'change',
      excuse: null,
      input: names,
      fields: [textField('name', 'New name', names.volume, { maxLength: lvmNameLimit })],
    };
  },

  async plan(context, { volumeGroup, volume: from, name: to }) {
    const [group, volumes] = await Promise.all([
      readGroup(context, volumeGroup),
      readVolumes(context, volumeGroup),
    ]);
    const path = `${volumeGroup}/${from}`;
    const volume = volumes.find((each) => each.name === from && !each.hidden);
    const blockers = [...groupBlockers(group, volumeGroup), ...nameBlockers(volumes, volumeGroup, to)];
    if (group !== null && volume === undefined) blockers.push(missing(path));
    blockers.push(...mergingBlocker(volume, path));
    const consequences: Consequence[] = [
      {
        severity: 'warning',
        text: `Whatever names the volume by path, such as /etc/fstab, crypttab, virtual machines or the boot loader, must be changed by hand: /dev/${path} becomes /dev/${volumeGroup}/${to}.`,
        items: [],
      },
    ];
    if (volume !== undefined && isOpen(volume) === true) {
      consequences.push({
        severity: 'info',
        text: 'It is in use. That goes on under the new name.',
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'volume', name: path },
      steps: [
        {
          title: `Rename ${path} to ${to}`,
          argv: renameVolumeArgv(volumeGroup, from, to),
          explain: 'lvrename changes the name and nothing else.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences,
      blockers,
      undo: hint(...renameVolumeArgv(volumeGroup, to, from)),
      preconditions: { uuid: volume?.uuid ?? null, open: volume === undefined ? null : isOpen(volume) },
    };
  },

  async verify(context, { volumeGroup, name }, { preconditions }) {
    const { uuid } = uuidPreconditions.parse(preconditions);
    const now = (await readVolumes(context, volumeGroup)).find((each) => each.uuid === uuid);
    if (now?.name === name) return { status: 'confirmed', text: `It is called ${volumeGroup}/${name} now.` };
    return {
      status: 'not-there',
      text: now === undefined ? 'The volume is not there any more.' : `It is still called ${now.name}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(volumeFailures, exitCode, stderr),
};
