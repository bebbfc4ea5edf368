import { z } from 'zod';
import { arrayPathPattern, isDevicePath, removeMemberArgv } from '../../../storage/mdadm/commands';
import { memberName } from '../../../storage/mdadm/parse';
import { isFaulty, isInSync, isRebuilding, isSpare } from '../../../storage/mdadm/redundancy';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, listed } from '../words';
import { stablePathOf } from './devices';
import { removeFailures } from './failures';
import { arrayExcuse } from './offering';
import {
  arrayBlockers,
  arrayPathSchema,
  devicePathSchema,
  membersForComparison,
  noSuchArrayBlocker,
  readArray,
  readMember,
} from './reads';

const input = z.strictObject({ array: arrayPathSchema, member: devicePathSchema });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ path: z.string() });

export const mdadmMemberRemove: ActionDefinition<Input> = {
  id: 'mdadm.member.remove',
  title: 'Remove member from RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'member' || subject.pool.kind !== 'raid-array') return null;
    const { pool, node } = subject;
    if (node.role === 'empty' || !isDevicePath(node.name)) return null;
    if (!arrayPathPattern.test(pool.name) || pool.state === 'stopped') return null;
    return {
      label: 'Remove from the array',
      group: 'change',
      excuse:
        arrayExcuse(pool, { redundancy: true }) ??
        (/faulty/.test(node.state) || node.role === 'spare'
          ? null
          : 'It is at work: set it faulty first, or replace it.'),
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
    const detached =
      live?.detail.members
        .filter((each) => each.missing && isFaulty(each))
        .map((each) => memberName(each, live.mdstat)) ?? [];
    const gone = member?.missing === true && isFaulty(member);
    if (live !== null && member === null) {
      blockers.push({
        text: `${path} is not a member of ${array}.`,
        remedy: 'Refresh the host and choose one of its members.',
      });
    } else if (live !== null && member !== null) {
      if (member.missing && !isFaulty(member)) {
        blockers.push({
          text: `The disk of ${path} is gone, but the array has not noticed yet.`,
          remedy: 'Start a check: the array then sets it faulty, and it can be removed.',
        });
      } else if (isInSync(member) || isRebuilding(member)) {
        blockers.push({
          text: `${path} is at work in ${array} (${member.state}).`,
          remedy: 'Set it faulty first, or replace it, which keeps the redundancy.',
        });
      }
      consequences.push(
        isSpare(member)
          ? {
              severity: 'warning',
              text: `${array} has one spare less to step in when a member fails.`,
              items: [{ name: path, sizeBytes: null }],
            }
          : {
              severity: 'info',
              text: `${path} leaves the list of members; the array does not use it any more as it is.`,
              items: [{ name: path, sizeBytes: null }],
            },
      );
      if (gone && detached.length > 1) {
        consequences.push({
          severity: 'info',
          text: `mdadm removes every failed member whose disk is gone at once: ${listed(detached)}.`,
          items: [],
        });
      }
      if (!gone) {
        consequences.push({
          severity: 'info',
          text: `Its superblock stays on it. Before it is used elsewhere: ${hint('mdadm', '--zero-superblock', asked)}`,
          items: [],
        });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'member', name: path },
      steps: [
        {
          title: `Remove ${path}`,
          argv: removeMemberArgv(array, gone ? null : asked),
          explain: gone
            ? 'mdadm --remove detached removes the failed members whose device is no longer there; they have no path to be named by.'
            : 'mdadm --remove takes a failed member or a spare out of the array. It refuses one at work.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
        },
      ],
      consequences,
      blockers,
      undo: gone ? null : hint('mdadm', array, '--add', asked),
      preconditions: {
        uuid: live?.detail.uuid ?? null,
        path,
        detached,
        members: membersForComparison(live?.detail ?? null),
      },
    };
  },

  async verify(context, { array }, { preconditions }) {
    const { path } = preconditionsSchema.parse(preconditions);
    const live = await readArray(context, array);
    if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
    const left = live.detail.members.find((each) => memberName(each, live.mdstat) === path);
    return left === undefined
      ? { status: 'confirmed', text: `${path} is no longer a member of ${array}.` }
      : { status: 'not-there', text: `${path} is still there (${left.state}).` };
  },

  explainFailure: (exitCode, stderr) => explain(removeFailures, exitCode, stderr),
};
