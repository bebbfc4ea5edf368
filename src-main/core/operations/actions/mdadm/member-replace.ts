import { z } from 'zod';
import {
  addMemberArgv,
  arrayPathPattern,
  isDevicePath,
  removeMemberArgv,
  replaceMemberArgv,
} from '../../../storage/mdadm/commands';
import type { DetailMember } from '../../../storage/mdadm/detail';
import { memberName } from '../../../storage/mdadm/parse';
import {
  isEmptyPlace,
  isFaulty,
  isInSync,
  isRebuilding,
  isSpare,
  unheldPlaces,
} from '../../../storage/mdadm/redundancy';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { explain } from '../failures';
import { choiceField } from '../fields';
import { bytes, hint } from '../words';
import {
  describeDevice,
  deviceBlockers,
  deviceForComparison,
  deviceItem,
  diskChoice,
  smallestMember,
  stablePathOf,
} from './devices';
import { replaceFailures } from './failures';
import { arrayExcuse } from './offering';
import {
  arrayBlockers,
  arrayPathSchema,
  devicePathSchema,
  membersForComparison,
  noSuchArrayBlocker,
  readArray,
  readDevice,
  readMember,
  type LiveArray,
  type LiveDevice,
} from './reads';

const input = z
  .strictObject({
    array: arrayPathSchema,
    /** The member that goes; null: none, an empty place is filled. */
    member: devicePathSchema.nullable(),
    newDisk: devicePathSchema,
  })
  .refine(({ member, newDisk }) => member !== newDisk, {
    error: 'must be another disk than the member',
    path: ['newDisk'],
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({
  path: z.string().nullable(),
  device: z.object({ path: z.string() }).nullable(),
});

const quick = 60;

function step(title: string, argv: string[], explanation: string): StepDraft {
  return { title, argv, explain: explanation, acceptExitCodes: [0], timeoutSeconds: quick * 2 };
}

/**
 * How a member goes:
 *
 * | the member is | steps                                                                                      |
 * | (empty place) | add the new disk: the rebuild starts                                                       |
 * | faulty        | remove it, add the new disk: the rebuild starts                                            |
 * | in sync       | add the new disk as a spare, --replace OLD --with NEW: copied first, then OLD turns faulty |
 *
 * `--with` must name a disk that is a spare already, or the old one is marked for whichever spare comes (4.2).
 */
function stepsFor(
  asked: Input,
  member: DetailMember | null,
  path: string | null,
  device: LiveDevice | null,
  alreadySpare: boolean,
): StepDraft[] {
  const { array, newDisk } = asked;
  const name = device === null ? newDisk : describeDevice(device);
  if (asked.member === null || member === null || path === null || isFaulty(member)) {
    const removal =
      asked.member === null || member === null
        ? []
        : [
            step(
              `Remove the failed ${path ?? ''}`,
              removeMemberArgv(array, member.missing ? null : asked.member),
              member.missing
                ? 'mdadm --remove detached removes the failed members whose device is no longer there.'
                : 'mdadm --remove takes the failed member out of the list.',
            ),
          ];
    const addition = alreadySpare
      ? []
      : [
          step(
            `Add ${name}`,
            addMemberArgv(array, newDisk),
            'mdadm --add takes the disk into the empty place; the rebuild starts at once in the background.',
          ),
        ];
    return [...removal, ...addition];
  }
  return [
    ...(alreadySpare
      ? []
      : [
          step(
            `Add ${name} as a spare`,
            addMemberArgv(array, newDisk, true),
            'mdadm --add-spare lets the disk wait in the array, as --with demands.',
          ),
        ]),
    step(
      `Replace ${path}`,
      replaceMemberArgv(array, asked.member, newDisk),
      'mdadm --replace copies the member to the spare named by --with while it goes on working, and sets it faulty when the copy is whole: the redundancy is kept all along.',
    ),
  ];
}

function memberBlockers(
  live: LiveArray,
  asked: Input,
  member: DetailMember | null,
  path: string | null,
): Blocker[] {
  const { detail } = live;
  const { array } = asked;
  const empty = detail.members.filter(isEmptyPlace).length;
  if (asked.member === null) {
    return unheldPlaces(detail).length - detail.members.filter(isRebuilding).length > 0
      ? []
      : [
          {
            text: `${array} has no empty place.`,
            remedy: 'Choose the member to replace, or add the disk as a spare.',
          },
        ];
  }
  if (member === null) {
    return [
      {
        text: `${path ?? asked.member} is not a member of ${array}.`,
        remedy: 'Refresh the host and choose one of its members.',
      },
    ];
  }
  if (isSpare(member)) {
    return [
      {
        text: `${path ?? ''} is a spare: there is nothing on it.`,
        remedy: 'Remove it and add another disk.',
      },
    ];
  }
  if (isRebuilding(member)) {
    return [
      {
        text: `${path ?? ''} is being rebuilt.`,
        remedy: 'Wait for it to end, or set it faulty if it is the wrong disk.',
      },
    ];
  }
  if (member.missing && !isFaulty(member)) {
    return [
      {
        text: `The disk of ${path ?? ''} is gone, but the array has not noticed yet.`,
        remedy: 'Start a check: the array then sets it faulty, and it can be replaced.',
      },
    ];
  }
  if (isInSync(member) && empty > 0) {
    return [
      {
        text: `${array} has an empty place, and a new disk would go there, not in the place of ${path ?? ''}.`,
        remedy: 'Fill the empty place first and wait for the rebuild to end.',
      },
    ];
  }
  const rebuilding = detail.members.filter(isRebuilding);
  if (isFaulty(member) && rebuilding.length > 0 && unheldPlaces(detail).length <= rebuilding.length) {
    return [
      {
        text: `The place of ${path ?? 'the failed member'} is taken already: ${array} is being rebuilt onto ${rebuilding.map((each) => each.path ?? 'another disk').join(', ')}.`,
        remedy: 'Remove the failed member, and add the disk as a spare.',
      },
    ];
  }
  const onto = rebuilding.find((each) => each.slot !== member.slot);
  if (isInSync(member) && onto !== undefined) {
    return [
      {
        text: `${array} is being rebuilt onto ${onto.path ?? 'another disk'}: until that has ended, ${path ?? ''} may be all that holds its data, and its copy would wait.`,
        remedy: 'Wait for the rebuild to end.',
      },
    ];
  }
  const twin = detail.members.find(
    (each) => each !== member && each.slot === member.slot && member.slot !== null,
  );
  if (isInSync(member) && twin !== undefined) {
    return [
      {
        text: `${path ?? ''} is being replaced already by ${twin.path ?? ''}.`,
        remedy: 'Wait for it to end.',
      },
    ];
  }
  return [];
}

export const mdadmMemberReplace: ActionDefinition<Input> = {
  id: 'mdadm.member.replace',
  title: 'Replace member of RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'member' || subject.pool.kind !== 'raid-array') return null;
    const { pool, node } = subject;
    if (!arrayPathPattern.test(pool.name) || pool.state === 'stopped') return null;
    if (node.role !== 'disk' && node.role !== 'empty') return null;
    if (node.role === 'disk' && !isDevicePath(node.name)) return null;
    const choice = diskChoice(inventory, { minimumBytes: smallestMember(pool), array: pool });
    const options = choice.options.filter(({ value }) => value !== stablePathOf(inventory, node.name));
    const gap = pool.topology.some(({ role }) => role === 'empty');
    const excuse =
      arrayExcuse(pool, { redundancy: true }) ??
      (/rebuilding/.test(node.state)
        ? 'It is being rebuilt.'
        : /missing/.test(node.state) && !/faulty/.test(node.state)
          ? 'Its disk is gone: start a check, so that the array notices.'
          : gap && /sync/.test(node.state)
            ? 'The array has an empty place: fill that first.'
            : choice.excuse);
    return {
      label: node.role === 'empty' ? 'Fill this place…' : 'Replace…',
      group: 'change',
      excuse,
      input: {
        array: pool.name,
        member: node.role === 'empty' ? null : stablePathOf(inventory, node.name),
      },
      fields: [choiceField('newDisk', 'New disk', options)],
    };
  },

  async plan(context, asked) {
    const { array, newDisk } = asked;
    const [live, device] = await Promise.all([readArray(context, array), readDevice(context, newDisk)]);
    const { member, path } =
      asked.member === null ? { member: null, path: null } : await readMember(context, live, asked.member);
    const detail = live?.detail ?? null;
    const spare = detail?.members.find((each) => each.path !== null && each.path === device?.block.path);
    const alreadySpare = spare !== undefined && isSpare(spare);
    const blockers: Blocker[] = [
      ...(live === null
        ? [noSuchArrayBlocker(array)]
        : [...arrayBlockers(live, { redundancy: true }), ...memberBlockers(live, asked, member, path)]),
      ...(alreadySpare
        ? []
        : deviceBlockers(newDisk, device, {
            memberOf: detail?.uuid ?? null,
            minimumBytes: detail?.usedDeviceBytes ?? null,
          })),
    ];
    const running = live?.mdstat?.sync ?? null;
    if (running?.kind === 'reshape') {
      blockers.push({ text: `${array} is being reshaped.`, remedy: 'Wait for it to end.' });
    }
    const working = member !== null && isInSync(member);
    if (alreadySpare && !working) {
      blockers.push({
        text: `${device?.block.path ?? newDisk} is a spare of ${array}: it steps in by itself.`,
        remedy: 'Remove the failed member alone.',
      });
    }

    const consequences: Consequence[] = [];
    if (detail !== null && device !== null && (asked.member === null || member !== null)) {
      if (working && path !== null) {
        consequences.push({
          severity: 'warning',
          text: `${path} works: it is "${member.state}" in ${array}. Make sure that this is the disk you mean.`,
          items: [{ name: path, sizeBytes: detail.usedDeviceBytes }],
        });
      }
      consequences.push(
        alreadySpare
          ? {
              severity: 'info',
              text: 'The new disk is a spare of this array already.',
              items: [deviceItem(device)],
            }
          : {
              severity: 'warning',
              text: 'What the new disk holds is overwritten. No file system, partition or foreign member was found on it.',
              items: [deviceItem(device)],
            },
      );
      consequences.push({
        severity: 'info',
        text: working
          ? `${bytes(detail.usedDeviceBytes ?? 0)} are copied in the background. The array keeps its redundancy; when the copy is whole, ${path ?? 'the old member'} turns faulty by itself and can be removed.`
          : `${bytes(detail.usedDeviceBytes ?? 0)} are rebuilt from the other members in the background. Until that has ended, the array has no more redundancy than now.`,
        items: [],
      });
      if (running !== null && running.kind !== 'reshape') {
        consequences.push({
          severity: 'info',
          text: `A ${running.kind} is running on the array: it is interrupted, or the copy waits for it.`,
          items: [],
        });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'member', name: path ?? array },
      // SECURITY: no command at all unless what goes is known to be a member, or an empty place is meant.
      steps:
        live === null || (asked.member !== null && member === null)
          ? []
          : stepsFor(asked, member, path, device, alreadySpare),
      consequences,
      blockers,
      undo: working
        ? `Until the copy has ended: ${hint('mdadm', array, '--fail', newDisk)} stops it, and the old member stays.`
        : null,
      preconditions: {
        uuid: detail?.uuid ?? null,
        path,
        members: membersForComparison(detail),
        device: deviceForComparison(device),
      },
    };
  },

  /**
   * | new disk   | old member     | the array             | says      |
   * | in sync    | gone or faulty | any                   | confirmed |
   * | rebuilding | any            | any                   | pending   |
   * | spare      | in sync        | is checked or rebuilt | pending: the copy waits for that |
   * | spare      | any            | any other             | not there |
   * | no member  | any            | any                   | not there |
   */
  async verify(context, { array, newDisk }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions);
    const live = await readArray(context, array);
    if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
    const path = before.device?.path ?? newDisk;
    const added = live.detail.members.find((each) => each.path === path);
    const old =
      before.path === null
        ? undefined
        : live.detail.members.find((each) => memberName(each, live.mdstat) === before.path);
    if (added === undefined || isFaulty(added)) {
      return { status: 'not-there', text: `${path} is not at work in ${array}.` };
    }
    if (isRebuilding(added)) {
      return {
        status: 'pending',
        text: `The rebuild onto ${path} is running${
          old !== undefined && isInSync(old) ? `; ${before.path ?? ''} works on until it has ended` : ''
        }.`,
      };
    }
    if (isInSync(added) && (old === undefined || !isInSync(old))) {
      return {
        status: 'confirmed',
        text: `${path} holds the place${old === undefined ? '' : `; ${before.path ?? ''} is ${old.state} and can be removed`}.`,
      };
    }
    const sync = live.mdstat?.sync ?? null;
    if (isSpare(added) && old !== undefined && isInSync(old) && sync !== null) {
      return {
        status: 'pending',
        text: `${path} waits as a spare; the copy begins when the ${sync.kind} that is running has ended.`,
      };
    }
    return { status: 'not-there', text: `${path} is ${added.state} in ${array}, and no copy is running.` };
  },

  explainFailure: (exitCode, stderr) => explain(replaceFailures, exitCode, stderr),
};
