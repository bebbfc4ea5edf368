import { z } from 'zod';
import { examineMembersArgv, growSizeArgv, isDevicePath } from '../../../storage/mdadm/commands';
import { parseUnusedSectors } from '../../../storage/mdadm/examine';
import { isInSync } from '../../../storage/mdadm/redundancy';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { bytes } from '../words';
import { growFailures } from './failures';
import { arrayExcuse } from './offering';
import { arrayBlockers, arrayPathSchema, membersForComparison, noSuchArrayBlocker, readArray } from './reads';

const input = z.strictObject({ array: arrayPathSchema });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ usedDeviceBytes: z.number().nullable() });

/** Less than this per member is rounding, not room: the kernel rounds to chunks. */
const leastGain = 4 * 1024 * 1024;

export const mdadmArrayResize: ActionDefinition<Input> = {
  id: 'mdadm.array.resize',
  title: 'Use all of the disks of a RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'pool') return null;
    return {
      label: 'Use all of the disks',
      group: 'change',
      excuse: arrayExcuse(subject.pool, { redundancy: true, quiet: true, whole: true }),
      input: { array: subject.pool.name },
      fields: [],
    };
  },

  async plan(context, { array }) {
    const live = await readArray(context, array);
    const detail = live?.detail ?? null;
    const blockers: Blocker[] =
      live === null
        ? [noSuchArrayBlocker(array)]
        : arrayBlockers(live, { redundancy: true, quiet: true, whole: true });
    const devices = (detail?.members ?? [])
      .filter(isInSync)
      .flatMap(({ path }) => (path !== null && isDevicePath(path) ? [path] : []));
    let room: number | null = null;
    if (blockers.length === 0 && devices.length > 0) {
      const { stdout } = await context.read('see what room the members have', examineMembersArgv(devices));
      const unused = parseUnusedSectors(stdout);
      room = Math.min(...devices.map((device) => (unused.get(device) ?? 0) * 512));
      if (room < leastGain) {
        blockers.push({
          text: `The array uses all of its smallest disk already (${bytes(detail?.usedDeviceBytes ?? 0)} of each).`,
          remedy: 'Replace every disk by a larger one first.',
        });
      }
    }
    const consequences: Consequence[] =
      detail === null
        ? []
        : [
            ...(room === null
              ? []
              : [
                  {
                    severity: 'info' as const,
                    text: `Of each disk about ${bytes(room)} more are used. What is on the array (file system, physical volume) must then be grown by itself.`,
                    items: [],
                  },
                ]),
            {
              severity: 'info' as const,
              text: 'The new part is synchronised in the background; the array can be used meanwhile.',
              items: [],
            },
          ];
    return {
      risk: 'safe',
      target: { kind: 'array', name: array },
      steps: [
        {
          title: `Let ${array} use all of its disks`,
          argv: growSizeArgv(array),
          explain:
            'mdadm --grow --size max uses as much of every member as the smallest one has. It never shrinks.',
          acceptExitCodes: [0],
          timeoutSeconds: 180,
        },
      ],
      consequences,
      blockers,
      undo: null,
      preconditions: {
        uuid: detail?.uuid ?? null,
        usedDeviceBytes: detail?.usedDeviceBytes ?? null,
        room,
        members: membersForComparison(detail),
      },
    };
  },

  async verify(context, { array }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions).usedDeviceBytes ?? 0;
    const live = await readArray(context, array);
    const now = live?.detail.usedDeviceBytes ?? 0;
    return now > before
      ? {
          status: 'confirmed',
          text: `${array} uses ${bytes(now)} of each disk, ${bytes(now - before)} more than before.`,
        }
      : { status: 'not-there', text: `${array} uses ${bytes(now)} of each disk, as before.` };
  },

  explainFailure: (exitCode, stderr) => explain(growFailures, exitCode, stderr),
};
