import { z } from 'zod';
import { arrayPathPattern, failMemberArgv } from '../../../storage/mdadm/commands';
import { isBroken } from '../../../storage/mdadm/health';
import {
  furtherLosses,
  isFaulty,
  isInSync,
  isSpare,
  survivesWithout,
} from '../../../storage/mdadm/redundancy';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, plural } from '../words';
import { stablePathOf } from './devices';
import { failFailures } from './failures';
import { arrayExcuse } from './offering';
import {
  arrayBlockers,
  arrayPathSchema,
  devicePathSchema,
  membersForComparison,
  noSuchArrayBlocker,
  readArray,
  readMember,
  wasMember,
} from './reads';

const input = z.strictObject({ array: arrayPathSchema, member: devicePathSchema });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ path: z.string(), members: z.array(z.string()) });

export const mdadmMemberFail: ActionDefinition<Input> = {
  id: 'mdadm.member.fail',
  title: 'Set member of RAID array faulty',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'member' || subject.pool.kind !== 'raid-array') return null;
    const { pool, node } = subject;
    if (node.role !== 'disk' || !arrayPathPattern.test(pool.name) || pool.state === 'stopped') return null;
    return {
      label: 'Set faulty',
      group: 'destroy',
      excuse:
        arrayExcuse(pool, { redundancy: true }) ??
        (/faulty/.test(node.state)
          ? 'It is faulty already.'
          : /missing/.test(node.state)
            ? 'Its disk is gone: the array notices with the next access.'
            : null),
      input: { array: pool.name, member: stablePathOf(inventory, node.name) },
      fields: [],
    };
  },

  async plan(context, { array, member: asked }) {
    const live = await readArray(context, array);
    const { member, path } = await readMember(context, live, asked);
    const blockers: Blocker[] =
      live === null ? [noSuchArrayBlocker(array)] : arrayBlockers(live, { redundancy: true });
    const consequences: Consequence[] = [];
    if (live !== null && member === null) {
      blockers.push({
        text: `${path} is not a member of ${array}.`,
        remedy: 'Refresh the host and choose one of its members.',
      });
    }
    if (live !== null && member !== null) {
      const { detail } = live;
      if (isFaulty(member)) {
        blockers.push({ text: `${path} is faulty already.`, remedy: 'Remove or replace it.' });
      } else if (member.missing) {
        blockers.push({
          text: `The disk of ${path} is gone, so mdadm cannot name it.`,
          remedy: 'Start a check: the array then notices, and the member can be removed.',
        });
      } else if (isInSync(member) && survivesWithout(detail, member) !== true) {
        // The kernel refuses with "busy", but RAID1 and RAID5 are broken by the attempt all the same.
        blockers.push({
          text: `${array} cannot do without ${path}: it would fail, and all data on it with it.`,
          remedy: 'Fill its empty places first, or replace this member, which keeps the redundancy.',
        });
      }
      const left = furtherLosses({ ...detail, members: detail.members.filter((each) => each !== member) });
      const spares = detail.members.filter(isSpare);
      consequences.push({
        severity: 'loss',
        text: `${path} drops out of ${array}${member.slot === null ? '' : ` (slot ${member.slot})`}, and its redundancy with it: ${
          left === null || left <= 0 ? 'no further disk may fail' : `${plural(left, 'more disk')} may fail`
        } until a rebuild has ended. Its data is not kept up to date from then on.`,
        items: [{ name: path, sizeBytes: detail.usedDeviceBytes }],
      });
      consequences.push(
        spares.length > 0
          ? {
              severity: 'info',
              text: `The rebuild onto the spare ${spares[0]?.path ?? ''} starts at once.`,
              items: [],
            }
          : {
              severity: 'warning',
              text: 'There is no spare: the array stays degraded until a disk is added. To swap a working disk, Replace keeps the redundancy.',
              items: [],
            },
      );
    }
    return {
      risk: 'destructive',
      target: { kind: 'member', name: path },
      steps: [
        {
          title: `Set ${path} faulty`,
          argv: failMemberArgv(array, asked),
          explain:
            'mdadm --fail tells the array to use this member no more. It stays listed until it is removed.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences,
      blockers,
      undo: `Remove it and add it again (with a bitmap that is quick): ${hint('mdadm', array, '--remove', asked)}, then ${hint('mdadm', array, '--add', asked)}`,
      preconditions: {
        uuid: live?.detail.uuid ?? null,
        path,
        members: membersForComparison(live?.detail ?? null),
      },
    };
  },

  async verify(context, { array }, { preconditions }) {
    const { path, members } = preconditionsSchema.parse(preconditions);
    const live = await readArray(context, array);
    if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
    const state = live.detail.state ?? '';
    const broken = isBroken(live.detail, live.sync) ? ' The array has failed: look at it now.' : '';
    const member = live.detail.members.find((each) => each.path === path);
    if (member === undefined) {
      return wasMember(members, path)
        ? { status: 'confirmed', text: `${path} is no longer in ${array}, which is ${state}.${broken}` }
        : { status: 'not-there', text: `${path} is not a member of ${array}.${broken}` };
    }
    return isFaulty(member)
      ? { status: 'confirmed', text: `${path} is faulty; ${array} is ${state}.${broken}` }
      : { status: 'not-there', text: `${path} is still ${member.state}; ${array} is ${state}.${broken}` };
  },

  explainFailure: (exitCode, stderr) => explain(failFailures, exitCode, stderr),
};
