import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import { defineReport, optional, required } from '../../../storage/lvm/report';
import { contentOf, usersOf } from '../../../storage/mdadm/blocks';
import {
  arrayUuidPattern,
  assembleArrayArgv,
  readPhysicalVolumeArgv,
  stopArrayArgv,
} from '../../../storage/mdadm/commands';
import { isContainer } from '../../../storage/mdadm/health';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { hint, listed } from '../words';
import { stopFailures } from './failures';
import { arrayPathPattern } from '../../../storage/mdadm/commands';
import { arrayPathSchema, noSuchArrayBlocker, readArray, readBlock, readMdstat } from './reads';

const input = z.strictObject({ array: arrayPathSchema });
type Input = z.infer<typeof input>;

const volumeReport = defineReport('pv', {
  name: required('pv_name'),
  group: optional('vg_name'),
  exported: optional('vg_exported'),
});

/**
 * A volume group without an active volume keeps no device open: the kernel would let the array go, and the group
 * would be incomplete. null: no group, or one that was exported to be taken away.
 */
async function groupOn(context: ActionContext, array: string): Promise<Blocker | null> {
  try {
    // 5: lvm2 knows of no physical volume there.
    const { exitCode, stdout } = await context.read(
      'see which volume group is on it',
      readPhysicalVolumeArgv(array),
      {
        acceptExitCodes: [0, 5],
      },
    );
    if (exitCode === 5) return null;
    const [row] = volumeReport.parse('pvs', stdout);
    if (row === undefined || row.group === '' || row.exported !== '') return null;
    return {
      text: `Volume group ${row.group} lies on ${array} and would miss it.`,
      remedy: `Take the group out of use on the host: ${hint('vgchange', '-an', row.group)}, then ${hint('vgexport', row.group)}. After assembling: vgimport.`,
    };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'command-missing') throw error;
    return {
      text: `${array} belongs to LVM, and lvm2 is not installed here to say whether it is in use.`,
      remedy: 'Install lvm2, or stop the array on the host.',
    };
  }
}

export const mdadmArrayStop: ActionDefinition<Input> = {
  id: 'mdadm.array.stop',
  title: 'Stop RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject) {
    if (subject.kind !== 'pool' || subject.pool.state === 'stopped') return null;
    const { pool } = subject;
    return {
      label: 'Stop array',
      group: 'destroy',
      excuse: !arrayPathPattern.test(pool.name)
        ? 'Holdfast changes arrays named /dev/md0 to /dev/md999 only.'
        : pool.level === 'container'
          ? 'It is kept by the metadata of a RAID controller: Holdfast only reads it.'
          : null,
      input: { array: pool.name },
      fields: [],
    };
  },

  async plan(context, { array }) {
    const [live, block] = await Promise.all([readArray(context, array), readBlock(context, array)]);
    const blockers: Blocker[] = live === null ? [noSuchArrayBlocker(array)] : [];
    const users = block === null ? [] : usersOf(block);
    const content = block === null ? [] : contentOf(block);
    if (live !== null && (isContainer(live.detail) || live.detail.container !== null)) {
      blockers.push({
        text: `${array} is kept by the metadata of a RAID controller: Holdfast only reads it.`,
        remedy: 'Use mdadm on the host.',
      });
    }
    if (users.length > 0) {
      blockers.push({
        text: `${array} is in use: ${users.join('; ')}.`,
        remedy: 'Unmount it, swap it off, or take down what is built on it, then plan it again.',
      });
    } else if (block?.content === 'LVM2_member') {
      const group = await groupOn(context, array);
      if (group !== null) blockers.push(group);
    }
    const uuid = live?.detail.uuid ?? null;
    const consequences: Consequence[] =
      live === null
        ? []
        : [
            {
              severity: 'warning',
              text: `${array} goes away until it is assembled again; nothing on its disks is changed.${
                content.length === 0 ? '' : ` On it: ${listed(content)}.`
              }`,
              items: [{ name: array, sizeBytes: live.detail.sizeBytes }],
            },
            {
              severity: 'info',
              text: 'What mounts it by /etc/fstab finds it gone. After a start of the host it is assembled by itself, unless mdadm.conf forbids it.',
              items: [],
            },
          ];
    if (live?.mdstat?.sync !== null && live?.mdstat?.sync !== undefined) {
      consequences.push({
        severity: 'warning',
        text: 'What is running on it (check, synchronisation, rebuild or reshape) stops and goes on from about there when it is assembled again; a check starts over.',
        items: [],
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'array', name: array },
      steps:
        live === null
          ? []
          : [
              {
                title: `Stop ${array}`,
                argv: stopArrayArgv(array),
                explain:
                  'mdadm --stop releases the disks of the array. It refuses an array that is mounted or otherwise open.',
                acceptExitCodes: [0],
                timeoutSeconds: 120,
              },
            ],
      consequences,
      blockers,
      undo:
        uuid === null || !arrayUuidPattern.test(uuid) ? null : hint(...assembleArrayArgv(array, uuid, false)),
      preconditions: { uuid, users, content },
    };
  },

  async verify(context, { array }) {
    const left = (await readMdstat(context)).some(({ name }) => `/dev/${name}` === array);
    return left
      ? { status: 'not-there', text: `${array} is still there.` }
      : { status: 'confirmed', text: `${array} is stopped; its disks keep their data.` };
  },

  explainFailure: (exitCode, stderr) => explain(stopFailures, exitCode, stderr),
};
