import { z } from 'zod';
import { addMemberArgv, removeMemberArgv } from '../../../storage/mdadm/commands';
import { uuidDigits } from '../../../storage/mdadm/parse';
import { isFaulty, isInSync, isRebuilding, unheldPlaces } from '../../../storage/mdadm/redundancy';
import type { Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { choiceField } from '../fields';
import { hint } from '../words';
import {
  describeDevice,
  deviceBlockers,
  deviceForComparison,
  deviceItem,
  diskChoice,
  smallestMember,
} from './devices';
import { addFailures } from './failures';
import { arrayExcuse } from './offering';
import {
  arrayBlockers,
  arrayPathSchema,
  devicePathSchema,
  membersForComparison,
  noSuchArrayBlocker,
  readArray,
  readDevice,
} from './reads';

const input = z.strictObject({ array: arrayPathSchema, newDisk: devicePathSchema });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ device: z.object({ path: z.string() }).nullable() });

export const mdadmMemberAdd: ActionDefinition<Input> = {
  id: 'mdadm.member.add',
  title: 'Add disk to RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'pool') return null;
    const { pool } = subject;
    const choice = diskChoice(inventory, { minimumBytes: smallestMember(pool), array: pool });
    const options = choice.options.map((option) =>
      option.hint === 'spare of this array' ? { ...option, excuse: 'It is a spare of this array.' } : option,
    );
    const free = options.some(({ excuse }) => excuse === null);
    return {
      label: 'Add disk…',
      group: 'change',
      excuse:
        arrayExcuse(pool, { redundancy: true }) ??
        choice.excuse ??
        (free ? null : 'No disk of this host is free for it.'),
      input: { array: pool.name },
      fields: [
        choiceField('newDisk', 'Disk', options, {
          help: 'Fills an empty place at once; otherwise it waits as a spare.',
        }),
      ],
    };
  },

  async plan(context, { array, newDisk }) {
    const [live, device] = await Promise.all([readArray(context, array), readDevice(context, newDisk)]);
    const detail = live?.detail ?? null;
    const blockers = [
      ...(live === null ? [noSuchArrayBlocker(array)] : arrayBlockers(live, { redundancy: true })),
      ...deviceBlockers(newDisk, device, {
        memberOf: detail?.uuid ?? null,
        minimumBytes: detail?.usedDeviceBytes ?? null,
      }),
    ];
    const consequences: Consequence[] = [];
    if (detail !== null && device !== null) {
      const returning =
        device.signature.uuid !== null &&
        detail.uuid !== null &&
        uuidDigits(device.signature.uuid) === uuidDigits(detail.uuid);
      const empty = unheldPlaces(detail).length - detail.members.filter(isRebuilding).length;
      consequences.push({
        severity: 'warning',
        text: returning
          ? `${device.block.path} was a member of this array. With a bitmap only what changed since is copied, otherwise everything.`
          : 'What this disk holds is overwritten. No file system, partition or foreign member was found on it.',
        items: [deviceItem(device)],
      });
      consequences.push({
        severity: 'info',
        text:
          empty > 0
            ? 'The array has an empty place: the rebuild onto this disk starts at once and runs in the background.'
            : 'The array is complete: the disk waits as a spare and steps in when a member fails.',
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'array', name: array },
      steps: [
        {
          title: `Add ${device === null ? newDisk : describeDevice(device)}`,
          argv: addMemberArgv(array, newDisk),
          explain:
            'mdadm --add takes the disk into the array: a former member back where it left off, any other as a new one.',
          acceptExitCodes: [0],
          timeoutSeconds: 120,
        },
      ],
      consequences,
      blockers,
      undo: `While it is a spare: ${hint(...removeMemberArgv(array, newDisk))}`,
      preconditions: {
        uuid: detail?.uuid ?? null,
        members: membersForComparison(detail),
        device: deviceForComparison(device),
      },
    };
  },

  async verify(context, { array, newDisk }, { preconditions }) {
    const path = preconditionsSchema.parse(preconditions).device?.path ?? newDisk;
    const live = await readArray(context, array);
    const member = live?.detail.members.find((each) => each.path === path);
    if (member === undefined || isFaulty(member)) {
      return {
        status: 'not-there',
        text: `${path} is ${member === undefined ? 'no member of' : 'failed in'} ${array}.`,
      };
    }
    if (isRebuilding(member)) {
      return {
        status: 'confirmed',
        text: `${path} is a member of ${array}; the rebuild onto it is running.`,
      };
    }
    return {
      status: 'confirmed',
      text: isInSync(member)
        ? `${path} is a member of ${array}, up to date.`
        : `${path} is a spare of ${array}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(addFailures, exitCode, stderr),
};
