import { z } from 'zod';
import {
  addDeviceArgv,
  cancelReplaceArgv,
  removeDeviceArgv,
  resizeMaxArgv,
  startReplaceArgv,
} from '../../../storage/btrfs/commands';
import { errorCount, leastDevices, mayFail, type DeviceUsage } from '../../../storage/btrfs/filesystems';
import { deviceIdOf } from '../../../storage/btrfs/parse';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, OfferDraft, Subject } from '../../action';
import { explain } from '../failures';
import { switchField } from '../fields';
import { bytes, hint } from '../words';
import {
  addDeviceFailures,
  explainOrNothing,
  otherFailures,
  removeDeviceFailures,
  replaceFailures,
  resizeFailures,
} from './failures';
import { newDiskExcuse, newDiskField, readNewDisk } from './new-disk';
import { busyWith, filesystemOf, notMounted, poolOffer, whyNot } from './pool-offer';
import {
  deviceIdSchema,
  devicePathSchema,
  exclusiveBlockers,
  filesystemBlockers,
  filesystemName,
  filesystemSchema,
  readDevices,
  readExclusive,
  readFilesystem,
  readReplace,
  readStats,
  readUsage,
} from './reads';

const detachAfterSeconds = 10;
const target = (name: string): { kind: string; name: string } => ({ kind: 'file system', name });

/** `/dev/sdb (device id 2)`, `missing device 2` */
const describe = (device: DeviceUsage): string =>
  device.path === null ? `missing device ${device.id}` : `${device.path} (device id ${device.id})`;

const sizeOf = (device: DeviceUsage): number =>
  device.sizeBytes > 0 ? device.sizeBytes : device.allocatedBytes + device.unallocatedBytes;

/** Something that is done to one device of a mounted file system. */
function memberOffer(
  subject: Subject,
  offer: {
    label: string;
    group: OfferDraft['group'];
    excuse: (member: Extract<Subject, { kind: 'member' }>) => string | null;
    fields?: (member: Extract<Subject, { kind: 'member' }>) => OfferDraft['fields'];
  },
): OfferDraft | null {
  if (subject.kind !== 'member') return null;
  const { pool, node } = subject;
  const device = deviceIdOf(node);
  if (device === null) return null;
  return {
    label: offer.label,
    group: offer.group,
    excuse: whyNot(pool) ?? offer.excuse(subject),
    input: { filesystem: filesystemOf(pool.id), device },
    fields: offer.fields?.(subject) ?? [],
  };
}

const addInput = z.strictObject({ filesystem: filesystemSchema, newDisk: devicePathSchema });

export const btrfsDeviceAdd: ActionDefinition<z.infer<typeof addInput>> = {
  id: 'btrfs.device.add',
  title: 'Add device to btrfs file system',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: addInput,

  offer: (subject, world) =>
    poolOffer(subject, {
      label: 'Add device…',
      group: 'change',
      excuse: (pool) => {
        const busy = busyWith(pool);
        return busy !== null && !busy.endsWith('paused.') ? busy : newDiskExcuse(world);
      },
      fields: () => [newDiskField('New disk', world, null)],
    }),

  async plan(context, { filesystem: uuid, newDisk }) {
    const filesystem = await readFilesystem(context, uuid);
    const disk = await readNewDisk(context, newDisk, null);
    const blockers: Blocker[] = [...filesystemBlockers(filesystem, uuid), ...disk.blockers];
    if (filesystem !== null) {
      // A paused balance lets a device be added: the way out when it found no space (Linux 5.17).
      blockers.push(...exclusiveBlockers(await readExclusive(context, filesystem), ['balance paused']));
    }
    const mount = filesystem?.through.target ?? null;
    return {
      risk: 'destructive',
      target: target(filesystemName(filesystem, uuid)),
      steps:
        mount === null
          ? []
          : [
              {
                title: `Add ${newDisk} to ${mount}`,
                argv: addDeviceArgv(newDisk, mount),
                explain:
                  'btrfs device add takes the disk as a whole. Without -f it refuses one that holds anything. It discards (TRIM) the disk first.',
                acceptExitCodes: [0],
                timeoutSeconds: 600,
              },
            ],
      consequences: [
        {
          severity: 'loss',
          text: 'Whatever is on the disk is overwritten. btrfs found nothing on it.',
          items: [{ name: newDisk, sizeBytes: disk.sizeBytes }],
        },
        {
          severity: 'info',
          text: 'What is there stays where it is; new data uses the disk. To spread what is there, run a balance.',
          items: [],
        },
      ],
      blockers,
      undo: mount === null ? null : `btrfs device remove -- ${disk.path ?? newDisk} ${mount}`,
      preconditions: { disk: disk.path, sizeBytes: disk.sizeBytes },
    };
  },

  async verify(context, { filesystem: uuid, newDisk }, { preconditions }) {
    const { disk } = z.object({ disk: z.string().nullable() }).parse(preconditions);
    const filesystem = await readFilesystem(context, uuid);
    if (filesystem === null) return notMounted;
    const found = (await readDevices(context, filesystem)).find(({ path }) => path === disk && path !== null);
    return found === undefined
      ? { status: 'not-there', text: `${newDisk} is no device of the file system.` }
      : { status: 'confirmed', text: `${newDisk} is ${describe(found)} of the file system.` };
  },

  explainFailure: (exitCode, stderr) => explain(addDeviceFailures, exitCode, stderr),
};

const deviceInput = z.strictObject({ filesystem: filesystemSchema, device: deviceIdSchema });
type DeviceInput = z.infer<typeof deviceInput>;

function noSuchDevice(id: number): Blocker {
  return { text: `The file system has no device with the id ${id}.`, remedy: 'Refresh the host.' };
}

export const btrfsDeviceRemove: ActionDefinition<DeviceInput> = {
  id: 'btrfs.device.remove',
  title: 'Remove device from btrfs file system',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: deviceInput,

  offer: (subject) =>
    memberOffer(subject, {
      label: 'Remove…',
      group: 'destroy',
      excuse: ({ pool }) =>
        busyWith(pool) ?? (pool.topology.length < 2 ? 'It is the only device of the file system.' : null),
    }),

  async plan(context, { filesystem: uuid, device: id }) {
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    const consequences: Consequence[] = [];
    let device: DeviceUsage | undefined;
    if (filesystem !== null) {
      const [exclusive, devices, usage] = await Promise.all([
        readExclusive(context, filesystem),
        readDevices(context, filesystem),
        readUsage(context, filesystem),
      ]);
      blockers.push(...exclusiveBlockers(exclusive));
      device = devices.find((each) => each.id === id);
      if (device === undefined) blockers.push(noSuchDevice(id));
      else {
        const others = devices.filter((each) => each.id !== id && each.id !== 0);
        const least = leastDevices(usage.chunks);
        if (others.length < least) {
          blockers.push({
            text:
              others.length === 0
                ? 'It is the only device of the file system.'
                : `The profiles of the file system need at least ${least} devices and ${others.length} would be left.`,
            remedy: 'Replace the device instead, add another first, or convert to another profile.',
          });
        }
        const room = others.reduce((sum, each) => sum + (each.path === null ? 0 : each.unallocatedBytes), 0);
        consequences.push({
          severity: 'warning',
          text: `${bytes(device.allocatedBytes)} of chunks move from ${describe(device)} to the other devices. That can take hours and cannot be paused.`,
          items: [{ name: device.path ?? `missing device ${id}`, sizeBytes: sizeOf(device) }],
        });
        if (room < device.allocatedBytes) {
          consequences.push({
            severity: 'warning',
            text: `The other devices have only ${bytes(room)} unallocated: it may stop with "no space left". Nothing is lost then, and the device stays.`,
            items: [],
          });
        }
        consequences.push({
          severity: 'loss',
          text: `At its end the file system is smaller by ${bytes(sizeOf(device))} of raw space${device.path === null ? '' : ', and the disk is no part of it any more'}.`,
          items: [],
        });
        const missing = others.filter(({ path }) => path === null);
        if (missing.length > 0) {
          consequences.push({
            severity: 'warning',
            text: `Another device is missing as well (${missing.map(describe).join(', ')}): everything is rebuilt from what is left, and a read error on the way loses data.`,
            items: [],
          });
        }
        if (mayFail(usage.chunks) === 0) {
          consequences.push({
            severity: 'warning',
            text: 'The profiles in use hold one copy only of some data: a read error on this device loses it.',
            items: [],
          });
        }
      }
    }
    const mount = filesystem?.through.target ?? null;
    return {
      risk: 'destructive',
      target: target(filesystemName(filesystem, uuid)),
      steps:
        mount === null || device === undefined
          ? []
          : [
              {
                title: `Remove ${describe(device)} from ${mount}`,
                argv: removeDeviceArgv(id, mount),
                explain:
                  'btrfs device remove moves all chunks off the device, then lets go of it. It works on the host until that is done, whether Holdfast runs or not.',
                acceptExitCodes: [0],
                timeoutSeconds: 120,
                detachAfterSeconds,
              },
            ],
      consequences,
      blockers,
      undo: null,
      preconditions: { path: device?.path ?? null, there: device !== undefined },
    };
  },

  async verify(context, { filesystem: uuid, device: id }) {
    const filesystem = await readFilesystem(context, uuid);
    if (filesystem === null) return notMounted;
    const [devices, exclusive] = await Promise.all([
      readDevices(context, filesystem),
      readExclusive(context, filesystem),
    ]);
    const left = devices.find((each) => each.id === id);
    if (left === undefined) return { status: 'confirmed', text: `Device ${id} is no part of it any more.` };
    return exclusive === 'device remove'
      ? {
          status: 'pending',
          text: `Chunks move off ${describe(left)}: ${bytes(left.allocatedBytes)} are left on it.`,
        }
      : { status: 'not-there', text: `${describe(left)} is still part of it, and no removal is under way.` };
  },

  explainFailure: (exitCode, stderr) => explain(removeDeviceFailures, exitCode, stderr),
};

const replaceInput = z.strictObject({
  filesystem: filesystemSchema,
  device: deviceIdSchema,
  newDisk: devicePathSchema,
  /** Read the old device only where no other copy is left. */
  avoidOld: z.boolean(),
});

export const btrfsDeviceReplace: ActionDefinition<z.infer<typeof replaceInput>> = {
  id: 'btrfs.device.replace',
  title: 'Replace device of btrfs file system',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: replaceInput,

  offer: (subject, world) =>
    memberOffer(subject, {
      label: 'Replace…',
      group: 'change',
      excuse: ({ pool }) => busyWith(pool) ?? newDiskExcuse(world),
      fields: ({ node }) => [
        newDiskField('New disk', world, node.sizeBytes),
        switchField(
          'avoidOld',
          'Spare the old device',
          node.health !== 'ok',
          'Reads it only where no other copy is left: for a device that fails. A healthy one is read at full speed without it.',
        ),
      ],
    }),

  async plan(context, { filesystem: uuid, device: id, newDisk, avoidOld }) {
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    const consequences: Consequence[] = [];
    let device: DeviceUsage | undefined;
    let disk = { path: null as string | null, sizeBytes: null as number | null };
    if (filesystem !== null) {
      const [exclusive, replacement, devices, stats, usage] = await Promise.all([
        readExclusive(context, filesystem),
        readReplace(context, filesystem),
        readDevices(context, filesystem),
        readStats(context, filesystem),
        readUsage(context, filesystem),
      ]);
      blockers.push(...exclusiveBlockers(exclusive));
      if (blockers.length === 0 && (replacement.state === 'running' || replacement.state === 'suspended')) {
        blockers.push({
          text: `A replacement is ${replacement.state} already: ${replacement.text}.`,
          remedy: 'Wait for its end, or cancel it.',
        });
      }
      device = devices.find((each) => each.id === id);
      if (device === undefined) blockers.push(noSuchDevice(id));
      else {
        const checked = await readNewDisk(context, newDisk, sizeOf(device));
        disk = checked;
        blockers.push(...checked.blockers);
        const errors = stats.get(device.path ?? `devid:${id}`);
        const failing = errors !== undefined && errorCount(errors) > 0;
        if (device.path !== null && !failing) {
          consequences.push({
            severity: 'warning',
            text: `${describe(device)} is there and has made no errors. Make sure that it is the one you mean.`,
            items: [],
          });
        }
        consequences.push({
          severity: 'loss',
          text: 'Whatever is on the new disk is overwritten. btrfs found nothing on it.',
          items: [{ name: newDisk, sizeBytes: checked.sizeBytes }],
        });
        if (device.path !== null) {
          consequences.push({
            severity: 'loss',
            text: 'At its end the old device is no part of the file system any more and its signature is wiped.',
            items: [{ name: device.path, sizeBytes: sizeOf(device) }],
          });
        }
        if (mayFail(usage.chunks) === 0) {
          consequences.push({
            severity: 'warning',
            text: 'The profiles in use hold one copy only of some data: what cannot be read from the old device is lost.',
            items: [],
          });
        }
        consequences.push({
          severity: 'info',
          text: `${bytes(device.allocatedBytes)} of chunks are written to the new disk. It works on the host until that is done and can be cancelled.`,
          items: [],
        });
        if (checked.sizeBytes !== null && checked.sizeBytes > sizeOf(device)) {
          consequences.push({
            severity: 'info',
            text: `The new disk is larger by ${bytes(checked.sizeBytes - sizeOf(device))}: resize the device afterwards to use that.`,
            items: [],
          });
        }
      }
    }
    const mount = filesystem?.through.target ?? null;
    return {
      risk: 'destructive',
      target: target(filesystemName(filesystem, uuid)),
      steps:
        mount === null || device === undefined
          ? []
          : [
              {
                title: `Replace ${describe(device)} by ${newDisk}`,
                argv: startReplaceArgv(id, newDisk, mount, avoidOld),
                explain: `btrfs replace start copies the device, named by its id, onto the new disk in the background${avoidOld ? '; -r reads it only where no other copy is left' : ''}. Without -f it refuses a disk that holds anything.`,
                acceptExitCodes: [0],
                timeoutSeconds: 600,
                detachAfterSeconds: 120,
              },
            ],
      consequences,
      blockers,
      undo: mount === null ? null : hint(...cancelReplaceArgv(mount)),
      preconditions: {
        device: device?.path ?? null,
        there: device !== undefined,
        disk: disk.path,
        sizeBytes: disk.sizeBytes,
      },
    };
  },

  async verify(context, { filesystem: uuid, device: id, newDisk }, { preconditions }) {
    const { disk } = z.object({ disk: z.string().nullable() }).parse(preconditions);
    const filesystem = await readFilesystem(context, uuid);
    if (filesystem === null) return notMounted;
    const [devices, replacement, exclusive] = await Promise.all([
      readDevices(context, filesystem),
      readReplace(context, filesystem),
      readExclusive(context, filesystem),
    ]);
    // While it still prepares the new disk, `replace status` says that it was never started (6.2).
    const begins = exclusive === 'device replace' && replacement.state === 'none';
    if (begins || replacement.state === 'running' || replacement.state === 'suspended') {
      return { status: 'pending', text: `The replacement is under way: ${replacement.text}.` };
    }
    const now = devices.find((each) => each.id === id);
    return now !== undefined && now.path !== null && now.path === disk
      ? { status: 'confirmed', text: `${newDisk} is device ${id} now: ${replacement.text}.` }
      : {
          status: 'not-there',
          text: `Device ${id} is ${now?.path ?? 'missing'}, and no replacement is under way: ${replacement.text}.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(replaceFailures, exitCode, stderr),
};

const poolInput = z.strictObject({ filesystem: filesystemSchema });

export const btrfsReplaceCancel: ActionDefinition<z.infer<typeof poolInput>> = {
  id: 'btrfs.replace.cancel',
  title: 'Cancel replacement of btrfs device',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: poolInput,

  offer: (subject) =>
    poolOffer(subject, {
      label: 'Cancel replacement',
      group: 'maintenance',
      excuse: ({ activity }) =>
        activity?.kind === 'replace' && (activity.state === 'running' || activity.state === 'paused')
          ? null
          : 'No replacement is under way.',
    }),

  async plan(context, { filesystem: uuid }) {
    const filesystem = await readFilesystem(context, uuid);
    const replacement = filesystem === null ? null : await readReplace(context, filesystem);
    const underWay = replacement?.state === 'running' || replacement?.state === 'suspended';
    const mount = filesystem?.through.target ?? null;
    return {
      risk: 'safe',
      target: target(filesystemName(filesystem, uuid)),
      steps:
        mount === null
          ? []
          : [
              {
                title: `Cancel the replacement on ${mount}`,
                argv: cancelReplaceArgv(mount),
                explain: 'btrfs replace cancel stops it; the old device stays what it was.',
                acceptExitCodes: [0],
                timeoutSeconds: 300,
              },
            ],
      consequences: [
        {
          severity: 'info',
          text: `The file system keeps the old device. What was written to the new disk is thrown away${replacement === null ? '' : ` (${replacement.text})`}.`,
          items: [],
        },
      ],
      blockers: [
        ...filesystemBlockers(filesystem, uuid),
        ...(filesystem === null || underWay
          ? []
          : [{ text: 'No replacement is under way.', remedy: 'Refresh the host.' }]),
      ],
      undo: null,
      preconditions: { underWay },
    };
  },

  async verify(context, { filesystem: uuid }) {
    const filesystem = await readFilesystem(context, uuid);
    if (filesystem === null) return notMounted;
    const { state, text } = await readReplace(context, filesystem);
    return state === 'canceled'
      ? { status: 'confirmed', text: `It is cancelled: ${text}.` }
      : { status: 'not-there', text: `It is not cancelled: ${text}.` };
  },

  explainFailure: explainOrNothing(
    otherFailures,
    'btrfs found no replacement that it could cancel: it has ended, or is only just beginning. None was cancelled.',
  ),
};

export const btrfsDeviceResize: ActionDefinition<DeviceInput> = {
  id: 'btrfs.device.resize',
  title: 'Grow btrfs device to its disk',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: deviceInput,

  offer: (subject) =>
    memberOffer(subject, {
      label: 'Use the whole disk',
      group: 'change',
      excuse: ({ pool, node }) => busyWith(pool) ?? (node.state === 'missing' ? 'It is missing.' : null),
    }),

  async plan(context, { filesystem: uuid, device: id }) {
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    let device: DeviceUsage | undefined;
    if (filesystem !== null) {
      const [exclusive, devices] = await Promise.all([
        readExclusive(context, filesystem),
        readDevices(context, filesystem),
      ]);
      blockers.push(...exclusiveBlockers(exclusive));
      device = devices.find((each) => each.id === id);
      if (device === undefined) blockers.push(noSuchDevice(id));
      else if (device.path === null) {
        blockers.push({ text: `Device ${id} is missing.`, remedy: 'Bring it back, or replace it.' });
      } else if (device.slackBytes === 0) {
        blockers.push({
          text: `${describe(device)} is used to its end already: ${bytes(device.sizeBytes)}.`,
          remedy: 'Grow the disk or partition first.',
        });
      }
    }
    const mount = filesystem?.through.target ?? null;
    return {
      risk: 'safe',
      target: target(filesystemName(filesystem, uuid)),
      steps:
        mount === null || device === undefined
          ? []
          : [
              {
                title: `Grow ${describe(device)} of ${mount}`,
                argv: resizeMaxArgv(id, mount),
                explain:
                  'btrfs filesystem resize ID:max uses all of the disk; it never shrinks and needs no unmount.',
                acceptExitCodes: [0],
                timeoutSeconds: 120,
              },
            ],
      consequences:
        device === undefined
          ? []
          : [
              {
                severity: 'info',
                text: `${bytes(device.slackBytes)} more of the disk are used, ${bytes(device.sizeBytes + device.slackBytes)} in all.`,
                items: [],
              },
            ],
      blockers,
      undo: null,
      preconditions: { sizeBytes: device?.sizeBytes ?? null, slackBytes: device?.slackBytes ?? null },
    };
  },

  async verify(context, { filesystem: uuid, device: id }) {
    const filesystem = await readFilesystem(context, uuid);
    if (filesystem === null) return notMounted;
    const device = (await readDevices(context, filesystem)).find((each) => each.id === id);
    if (device === undefined) return { status: 'not-there', text: `There is no device ${id} any more.` };
    return device.slackBytes === 0
      ? { status: 'confirmed', text: `${describe(device)} has ${bytes(device.sizeBytes)} now.` }
      : {
          status: 'not-there',
          text: `${bytes(device.slackBytes)} of ${describe(device)} are still not used.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(resizeFailures, exitCode, stderr),
};
