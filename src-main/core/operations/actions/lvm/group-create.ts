import { z } from 'zod';
import { createGroupArgv, extendGroupArgv } from '../../../storage/lvm/admin-commands';
import { lvmNameLimit } from '../../../storage/lvm/commands';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { pickField, textField } from '../fields';
import { bytes, hint, plural } from '../words';
import {
  deviceBlockers,
  deviceItem,
  devicePathSchema,
  diskOptions,
  duplicateBlockers,
  forComparison,
  readDevice,
  type LiveDevice,
} from './devices';
import { extendGroupFailures, groupFailures } from './admin-failures';
import { groupBlockers, lvmNameSchema, readGroup } from './reads';

const mostDevices = 64;

/** Names that are folders or devices below /dev would clash with what LVM puts there (vgcreate: "already exists in filesystem"). */
export const newGroupSchema = lvmNameSchema.refine(
  (name) =>
    !/^(?:md\d*|sd[a-z]+\d*|vd[a-z]+\d*|nvme.*|dm-\d+|loop\d*|mapper|disk|pts|shm|input|block|char)$/.test(
      name,
    ),
  'is the name of something else below /dev',
);

const devicesSchema = z
  .array(devicePathSchema)
  .max(mostDevices)
  .refine((devices) => new Set(devices).size === devices.length, 'each disk may be chosen once');

const preconditionsSchema = z.object({ uuid: z.string().nullable(), freeBytes: z.number().nullable() });

/** Nothing is claimed about disks that something stands in the way of. */
function taken(devices: readonly (LiveDevice | null)[], blockers: readonly Blocker[]): Consequence[] {
  if (blockers.length > 0) return [];
  const found = devices.flatMap((live) => (live === null ? [] : [live]));
  return [
    {
      severity: 'loss',
      text: `What ${found.length === 1 ? 'this disk holds' : `these ${plural(found.length, 'disk')} hold`} is overwritten. No file system, partition or member of anything was found on ${found.length === 1 ? 'it' : 'them'}.`,
      items: found.map(deviceItem),
    },
  ];
}

const createInput = z.strictObject({
  name: newGroupSchema,
  /** Two or more (Q26). */
  devices: devicesSchema.min(2, 'two disks or more must be chosen'),
});
type CreateInput = z.infer<typeof createInput>;

export const lvmGroupCreate: ActionDefinition<CreateInput> = {
  id: 'lvm.group.create',
  title: 'Create LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: createInput,

  offer(subject, { inventory }) {
    if (subject.kind !== 'host') return null;
    const { options, excuse } = diskOptions(inventory);
    const free = options.filter((option) => option.excuse === null).length;
    return {
      label: 'Create LVM volume group…',
      group: 'create',
      excuse: excuse ?? (free < 2 ? 'It takes two disks or more, and only one is free.' : null),
      input: {},
      fields: [
        textField('name', 'Name', 'vg0', { maxLength: lvmNameLimit }),
        pickField('devices', 'Disks', options, {
          min: 2,
          max: mostDevices,
          help: 'Whole disks become physical volumes. The group has no redundancy of its own: its volumes decide.',
        }),
      ],
    };
  },

  async plan(context, { name, devices }) {
    const [group, live] = await Promise.all([
      readGroup(context, name),
      Promise.all(devices.map((device) => readDevice(context, device))),
    ]);
    const blockers: Blocker[] =
      group === null
        ? []
        : [{ text: `There is a volume group ${name} already.`, remedy: 'Choose another name.' }];
    devices.forEach((device, index) => blockers.push(...deviceBlockers(device, live[index] ?? null)));
    blockers.push(...duplicateBlockers(live));
    const total = live.reduce((sum, each) => sum + (each?.device.sizeBytes ?? 0), 0);
    return {
      risk: 'destructive',
      target: { kind: 'volume group', name },
      steps: [
        {
          title: `Create ${name}`,
          argv: createGroupArgv(name, devices),
          explain:
            'vgcreate writes LVM labels to the disks and joins them in one group. It adds no option: should it find data on a disk after all, it asks, nobody answers, and it stops.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: [
        ...taken(live, blockers),
        {
          severity: 'info',
          text: `The group has about ${bytes(total)}. Without RAID volumes, the loss of one disk loses what lies on it.`,
          items: [],
        },
      ],
      blockers,
      undo:
        group === null
          ? `While it has no volumes: ${hint('vgremove', name)}, then ${hint('pvremove', ...devices)}. What was on the disks does not come back.`
          : null,
      preconditions: {
        uuid: group?.uuid ?? null,
        freeBytes: group?.freeBytes ?? null,
        devices: live.map(forComparison),
      },
    };
  },

  async verify(context, { name }, { preconditions }) {
    const { uuid } = preconditionsSchema.parse(preconditions);
    const group = await readGroup(context, name);
    return group === null || group.uuid === uuid
      ? { status: 'not-there', text: `There is no new volume group ${name}.` }
      : { status: 'confirmed', text: `${name} is there with ${bytes(group.sizeBytes)}.` };
  },

  explainFailure: (exitCode, stderr) => explain(groupFailures, exitCode, stderr),
};

const extendInput = z.strictObject({
  volumeGroup: lvmNameSchema,
  devices: devicesSchema.min(1, 'one disk or more must be chosen'),
});
type ExtendInput = z.infer<typeof extendInput>;

export const lvmGroupExtend: ActionDefinition<ExtendInput> = {
  id: 'lvm.group.extend',
  title: 'Extend LVM volume group',
  backend: 'lvm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: extendInput,

  offer(subject, { inventory }) {
    if (subject.kind !== 'pool' || subject.pool.kind !== 'volume-group') return null;
    const { options, excuse } = diskOptions(inventory);
    return {
      label: 'Add disks…',
      group: 'change',
      excuse,
      input: { volumeGroup: subject.pool.name },
      fields: [pickField('devices', 'Disks', options, { min: 1, max: mostDevices })],
    };
  },

  async plan(context, { volumeGroup, devices }) {
    const [group, live] = await Promise.all([
      readGroup(context, volumeGroup),
      Promise.all(devices.map((device) => readDevice(context, device))),
    ]);
    const blockers = groupBlockers(group, volumeGroup);
    devices.forEach((device, index) => blockers.push(...deviceBlockers(device, live[index] ?? null)));
    blockers.push(...duplicateBlockers(live));
    return {
      risk: 'destructive',
      target: { kind: 'volume group', name: volumeGroup },
      steps: [
        {
          title: `Add ${plural(devices.length, 'disk')} to ${volumeGroup}`,
          argv: extendGroupArgv(volumeGroup, devices),
          explain: 'vgextend labels the disks as physical volumes and adds them to the group.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences: taken(live, blockers),
      blockers,
      undo: `While nothing lies on them: ${hint('vgreduce', volumeGroup, ...devices)}. What was on the disks does not come back.`,
      preconditions: {
        uuid: group?.uuid ?? null,
        freeBytes: group?.freeBytes ?? null,
        devices: live.map(forComparison),
      },
    };
  },

  async verify(context, { volumeGroup }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions);
    const group = await readGroup(context, volumeGroup);
    if (group === null || group.uuid !== before.uuid) {
      return { status: 'not-there', text: `Volume group ${volumeGroup} is not there any more.` };
    }
    return group.freeBytes > (before.freeBytes ?? 0)
      ? { status: 'confirmed', text: `${volumeGroup} has ${bytes(group.freeBytes)} free now.` }
      : { status: 'not-there', text: `${volumeGroup} has no more free space than before.` };
  },

  explainFailure: (exitCode, stderr) => explain(extendGroupFailures, exitCode, stderr),
};
