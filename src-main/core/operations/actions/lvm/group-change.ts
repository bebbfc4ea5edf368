import { z } from 'zod';
import {
  clearLabelArgv,
  destroyGroupArgv,
  extendGroupArgv,
  reduceGroupArgv,
  removeMissingArgv,
  renameGroupArgv,
} from '../../../storage/lvm/admin-commands';
import { lvmNameLimit } from '../../../storage/lvm/commands';
import { isMissing, type DiskRow } from '../../../storage/lvm/disks';
import { fullName, isOpen, isPartial, isRedundant, type LogicalVolume } from '../../../storage/lvm/volumes';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition, StepDraft, Subject } from '../../action';
import { explain } from '../failures';
import { switchField, textField } from '../fields';
import { bytes, hint, listed, plural } from '../words';
import { changeGroupFailures } from './admin-failures';
import { devicePathSchema } from './devices';
import { newGroupSchema } from './group-create';
import {
  diskMissingBlocker,
  missingPvExcuse,
  moveBlockers,
  namesOn,
  pvOf,
  readDisks,
  usedBytesOf,
} from './pv-reads';
import { groupBlockers, lvmNameSchema, readGroup, readVolumes, type GroupRow } from './reads';

const clearLabel = switchField(
  'clearLabel',
  'Take LVM’s label off too',
  true,
  'The disk is then blank and free for something else.',
);

function clearStep(devices: readonly string[]): StepDraft {
  return {
    title: `Take LVM’s label off ${listed(devices)}`,
    argv: clearLabelArgv(devices),
    explain: 'pvremove wipes the label of disks that belong to no group; without -f it refuses all others.',
    acceptExitCodes: [0],
    timeoutSeconds: 120,
  };
}

function poolName(subject: Subject): string | null {
  return subject.kind === 'pool' && subject.pool.kind === 'volume-group' ? subject.pool.name : null;
}

interface GroupReading {
  group: GroupRow | null;
  volumes: LogicalVolume[];
  disks: DiskRow[];
}

async function readAll(context: ActionContext, name: string): Promise<GroupReading> {
  const [group, volumes, disks] = await Promise.all([
    readGroup(context, name),
    readVolumes(context, name),
    readDisks(context, name),
  ]);
  return { group, volumes, disks };
}

const uuidSchema = z.object({ uuid: z.string().nullable() });

const reduceInput = z.strictObject({
  volumeGroup: lvmNameSchema,
  device: devicePathSchema,
  clearLabel: z.boolean(),
});
type ReduceInput = z.infer<typeof reduceInput>;

export const lvmGroupReduce: ActionDefinition<ReduceInput> = {
  id: 'lvm.group.reduce',
  title: 'Take disk out of LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: reduceInput,

  offer(subject) {
    const pv = pvOf(subject);
    if (pv === null || subject.kind !== 'member') return null;
    const { node, volumeGroup } = pv;
    const used = node.sizeBytes === null || node.freeBytes === null ? 0 : node.sizeBytes - node.freeBytes;
    const last =
      subject.pool.topology.length < 2
        ? 'It is the only disk of the group: destroy the group instead.'
        : null;
    return {
      label: 'Take out of the group…',
      group: 'change',
      excuse: missingPvExcuse(node) ?? (used > 0 ? `${bytes(used)} lie on it. Move its data first.` : last),
      input: { volumeGroup, device: node.name },
      fields: [clearLabel],
    };
  },

  async plan(context, { volumeGroup, device, clearLabel: clear }) {
    const { group, volumes, disks } = await readAll(context, volumeGroup);
    const disk = disks.find(({ name }) => name === device);
    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    if (group !== null && disk === undefined) blockers.push(diskMissingBlocker(volumeGroup, device));
    blockers.push(...moveBlockers(volumes, volumeGroup));
    if (disk !== undefined && usedBytesOf(disk) > 0) {
      blockers.push({
        text: `${bytes(usedBytesOf(disk))} lie on ${device}: ${listed(namesOn(volumes, device))}.`,
        remedy: 'Move its data to other disks first.',
      });
    }
    if (disk !== undefined && disks.length === 1) {
      blockers.push({
        text: `${device} is the only disk of ${volumeGroup}.`,
        remedy: 'Destroy the group instead.',
      });
    }
    const steps: StepDraft[] = [
      {
        title: `Take ${device} out of ${volumeGroup}`,
        argv: reduceGroupArgv(volumeGroup, device),
        explain: 'vgreduce takes an empty disk out of the group; it refuses one that holds anything.',
        acceptExitCodes: [0],
        timeoutSeconds: 120,
      },
    ];
    if (clear) steps.push(clearStep([device]));
    return {
      risk: 'destructive',
      target: { kind: 'physical volume', name: device },
      steps,
      consequences:
        disk === undefined || blockers.length > 0
          ? []
          : [
              {
                severity: 'info',
                text: `${volumeGroup} loses ${bytes(disk.sizeBytes)} of free space. No data is lost.`,
                items: [],
              },
            ],
      blockers,
      undo: hint(...extendGroupArgv(volumeGroup, [device])),
      preconditions: { uuid: disk?.uuid ?? null, free: disk?.freeBytes ?? null, count: disks.length },
    };
  },

  async verify(context, { volumeGroup, device, clearLabel: clear }, { preconditions }) {
    const { uuid } = uuidSchema.parse(preconditions);
    const there = (await readDisks(context, volumeGroup)).some((disk) => disk.uuid === uuid);
    if (there) return { status: 'not-there', text: `${device} still belongs to ${volumeGroup}.` };
    const orphan = (await readDisks(context, '')).some((disk) => disk.uuid === uuid);
    if (clear && orphan) {
      return {
        status: 'not-there',
        text: `${device} is out of ${volumeGroup}, but still carries LVM’s label.`,
      };
    }
    return { status: 'confirmed', text: `${device} does not belong to ${volumeGroup} any more.` };
  },

  explainFailure: (exitCode, stderr) => explain(changeGroupFailures, exitCode, stderr),
};

const groupInput = z.strictObject({ volumeGroup: lvmNameSchema });
type GroupInput = z.infer<typeof groupInput>;

export const lvmGroupRemoveMissing: ActionDefinition<GroupInput> = {
  id: 'lvm.group.removeMissing',
  title: 'Give up missing disks of LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: groupInput,

  offer(subject) {
    const volumeGroup = poolName(subject);
    if (volumeGroup === null || subject.kind !== 'pool') return null;
    if (!subject.pool.topology.some(({ state }) => state === 'missing')) return null;
    return {
      label: 'Give up missing disks…',
      group: 'maintenance',
      excuse: null,
      input: { volumeGroup },
      fields: [],
    };
  },

  async plan(context, { volumeGroup }) {
    const { group, volumes, disks } = await readAll(context, volumeGroup);
    const missing = disks.filter(isMissing);
    const partial = volumes.filter(isPartial);
    const blockers: Blocker[] = [];
    if (group === null) blockers.push(...groupBlockers(group, volumeGroup));
    else if (missing.length === 0) {
      blockers.push({
        text: `${volumeGroup} misses no disk.`,
        remedy: 'Refresh the host: the disk may be back.',
      });
    }
    const raid = partial.filter((volume) => !volume.hidden && isRedundant(volume));
    const [first] = raid.map(fullName);
    if (first !== undefined) {
      blockers.push({
        text: `A copy of ${listed(raid.map(fullName))} is on a missing disk, and the other still carries its data.`,
        remedy: `Repair it first on the host: ${hint('lvconvert', '--repair', first)}`,
      });
    }
    const lost = partial.filter(
      (volume) => !raid.includes(volume) && !/_r(?:image|meta)_\d+$/.test(volume.name),
    );
    if (lost.length > 0) {
      blockers.push({
        text: `Parts of ${listed(lost.map(fullName))} are on a missing disk. LVM would not give the disk up without destroying ${lost.length === 1 ? 'it' : 'them'}, and Holdfast adds no --force.`,
        remedy: `Bring the disk back. If it is lost for good and the data too, destroy what is left of it on the host: ${hint('vgreduce', '--removemissing', '--force', volumeGroup)}`,
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'volume group', name: volumeGroup },
      steps: [
        {
          title: `Give up the missing disks of ${volumeGroup}`,
          argv: removeMissingArgv(volumeGroup),
          explain:
            'vgreduce --removemissing forgets the disks that are not there. Without --force it stops when a volume has a part on them.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences:
        blockers.length > 0
          ? []
          : [
              {
                severity: 'loss',
                text: `${volumeGroup} forgets ${plural(missing.length, 'disk')}. ${missing.length === 1 ? 'It is' : 'They are'} not taken back when found again. No volume has a part on ${missing.length === 1 ? 'it' : 'them'}.`,
                items: missing.map(({ uuid, sizeBytes }) => ({ name: uuid, sizeBytes })),
              },
              {
                severity: 'info',
                text: 'After that the group can be changed again.',
                items: [],
              },
            ],
      blockers,
      undo: null,
      preconditions: {
        uuid: group?.uuid ?? null,
        missing: missing.map(({ uuid }) => uuid),
        partial: partial.map(({ uuid }) => uuid),
      },
    };
  },

  async verify(context, { volumeGroup }, { preconditions }) {
    const { uuid } = uuidSchema.parse(preconditions);
    const { group, disks } = await readAll(context, volumeGroup);
    if (group === null || group.uuid !== uuid) {
      return { status: 'not-there', text: `Volume group ${volumeGroup} is not there any more.` };
    }
    const left = disks.filter(isMissing);
    return left.length > 0
      ? { status: 'not-there', text: `${volumeGroup} still misses ${plural(left.length, 'disk')}.` }
      : { status: 'confirmed', text: `${volumeGroup} has all of its ${plural(disks.length, 'disk')}.` };
  },

  explainFailure: (exitCode, stderr) => explain(changeGroupFailures, exitCode, stderr),
};

const renameInput = z.strictObject({ volumeGroup: lvmNameSchema, name: newGroupSchema });
type RenameInput = z.infer<typeof renameInput>;

export const lvmGroupRename: ActionDefinition<RenameInput> = {
  id: 'lvm.group.rename',
  title: 'Rename LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'safe',
  input: renameInput,

  offer(subject) {
    const volumeGroup = poolName(subject);
    if (volumeGroup === null) return null;
    return {
      label: 'Rename…',
      group: 'change',
      excuse: null,
      input: { volumeGroup },
      fields: [textField('name', 'New name', volumeGroup, { maxLength: lvmNameLimit })],
    };
  },

  async plan(context, { volumeGroup, name }) {
    const [{ group, volumes }, taken] = await Promise.all([
      readAll(context, volumeGroup),
      readGroup(context, name),
    ]);
    const blockers: Blocker[] = [...groupBlockers(group, volumeGroup), ...moveBlockers(volumes, volumeGroup)];
    if (taken !== null) {
      blockers.push({ text: `There is a volume group ${name} already.`, remedy: 'Choose another name.' });
    }
    const open = volumes.filter((volume) => !volume.hidden && isOpen(volume) === true);
    const consequences: Consequence[] = [
      {
        severity: 'warning',
        text: `Whatever names its volumes by path, such as /etc/fstab, crypttab, virtual machines or the boot loader, must be changed by hand: /dev/${volumeGroup}/… becomes /dev/${name}/….`,
        items: [],
      },
    ];
    if (open.length > 0) {
      consequences.push({
        severity: 'warning',
        text: `${listed(open.map(fullName))} ${open.length === 1 ? 'is' : 'are'} in use. That goes on; if the system itself starts from one, it will not start again before its boot loader and initramfs know the new name.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'volume group', name: volumeGroup },
      steps: [
        {
          title: `Rename ${volumeGroup} to ${name}`,
          argv: renameGroupArgv(volumeGroup, name),
          explain: 'vgrename changes the name and nothing else.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: hint(...renameGroupArgv(name, volumeGroup)),
      preconditions: {
        uuid: group?.uuid ?? null,
        taken: taken?.uuid ?? null,
        open: open.map(({ uuid }) => uuid),
      },
    };
  },

  async verify(context, { volumeGroup, name }, { preconditions }) {
    const { uuid } = uuidSchema.parse(preconditions);
    const group = await readGroup(context, name);
    return group?.uuid === uuid
      ? { status: 'confirmed', text: `It is called ${name} now.` }
      : { status: 'not-there', text: `${volumeGroup} is not called ${name}.` };
  },

  explainFailure: (exitCode, stderr) => explain(changeGroupFailures, exitCode, stderr),
};

const destroyInput = z.strictObject({ volumeGroup: lvmNameSchema, clearLabel: z.boolean() });
type DestroyInput = z.infer<typeof destroyInput>;

export const lvmGroupDestroy: ActionDefinition<DestroyInput> = {
  id: 'lvm.group.destroy',
  title: 'Destroy LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: destroyInput,

  offer(subject, { inventory }) {
    const volumeGroup = poolName(subject);
    if (volumeGroup === null) return null;
    const id = `lvm:${volumeGroup}`;
    const inside =
      inventory.volumes.filter(({ name }) => name.startsWith(`${volumeGroup}/`)).length +
      inventory.pools.filter(({ parentPoolId }) => parentPoolId === id).length;
    return {
      label: 'Destroy…',
      group: 'destroy',
      excuse: inside > 0 ? 'It has volumes: destroy each of them first.' : null,
      input: { volumeGroup },
      fields: [
        switchField(
          'clearLabel',
          'Take LVM’s label off its disks too',
          true,
          'They are then free for something else.',
        ),
      ],
    };
  },

  async plan(context, { volumeGroup, clearLabel: clear }) {
    const { group, volumes, disks } = await readAll(context, volumeGroup);
    const blockers: Blocker[] = groupBlockers(group, volumeGroup);
    const inside = volumes.filter(({ hidden }) => !hidden);
    if (inside.length > 0) {
      blockers.push({
        text: `${volumeGroup} has ${plural(inside.length, 'volume')}: ${listed(inside.map(fullName))}.`,
        remedy: 'Destroy each of them first, from its own menu, which says what it holds.',
      });
    }
    const devices = disks.map(({ name }) => name);
    const steps: StepDraft[] = [
      {
        title: `Destroy ${volumeGroup}`,
        argv: destroyGroupArgv(volumeGroup),
        explain: 'vgremove removes the group. Without -y and -f it takes only one that has no volumes.',
        acceptExitCodes: [0],
        timeoutSeconds: 120,
      },
    ];
    if (clear && devices.length > 0) steps.push(clearStep(devices));
    return {
      risk: 'destructive',
      target: { kind: 'volume group', name: volumeGroup },
      steps,
      consequences:
        blockers.length > 0
          ? []
          : [
              {
                severity: 'loss',
                text: `Volume group ${volumeGroup} is gone. It holds no volume; its disks are free afterwards.`,
                items: disks.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
              },
            ],
      blockers,
      undo: `Make it anew: ${hint('vgcreate', volumeGroup, ...devices)}`,
      preconditions: {
        uuid: group?.uuid ?? null,
        volumes: volumes.map(({ uuid }) => uuid),
        disks: disks.map(({ uuid }) => uuid),
      },
    };
  },

  async verify(context, { volumeGroup, clearLabel: clear }, { preconditions }) {
    const { disks } = z.object({ disks: z.array(z.string()) }).parse(preconditions);
    const { uuid } = uuidSchema.parse(preconditions);
    const group = await readGroup(context, volumeGroup);
    if (group?.uuid === uuid) return { status: 'not-there', text: `${volumeGroup} is still there.` };
    const labelled = (await readDisks(context, '')).filter((disk) => disks.includes(disk.uuid));
    if (clear && labelled.length > 0) {
      return {
        status: 'not-there',
        text: `${volumeGroup} is gone, but ${listed(labelled.map(({ name }) => name))} still carry LVM’s label.`,
      };
    }
    return { status: 'confirmed', text: `${volumeGroup} is gone.` };
  },

  explainFailure: (exitCode, stderr) => explain(changeGroupFailures, exitCode, stderr),
};
