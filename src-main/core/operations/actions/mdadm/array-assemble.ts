import { z } from 'zod';
import {
  arrayPathPattern,
  arrayUuidPattern,
  assembleArrayArgv,
  detailScanArgv,
  examineScanArgv,
  stopArrayArgv,
} from '../../../storage/mdadm/commands';
import { parseArrayLines, type ExaminedArray } from '../../../storage/mdadm/examine';
import { isStarted } from '../../../storage/mdadm/health';
import { uuidDigits } from '../../../storage/mdadm/parse';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition, StepDraft } from '../../action';
import { explain } from '../failures';
import { switchField, textField } from '../fields';
import { hint, listed, plural } from '../words';
import { assembleFailures } from './failures';
import { isNotRunning, uuidOf } from './offering';
import { arrayPathSchema, readDetail } from './reads';

const input = z.strictObject({
  array: arrayPathSchema,
  uuid: z.string().regex(arrayUuidPattern, 'must be the UUID of an array'),
  /** Start it although members are missing. */
  startDegraded: z.boolean(),
});
type Input = z.infer<typeof input>;

async function scan(context: ActionContext, argv: readonly string[]): Promise<ExaminedArray[]> {
  const { stdout } = await context.read('look for arrays', argv, { acceptExitCodes: [0, 1] });
  return parseArrayLines(argv.slice(0, 2).join(' '), stdout);
}

/** Members that may be missing at the most; null: not known. RAID10: if the missing ones hold no common copy. */
function mayMiss(level: string | null, places: number): number | null {
  switch (level) {
    case 'raid0':
    case 'linear':
      return 0;
    case 'raid1':
      return places - 1;
    case 'raid4':
    case 'raid5':
      return 1;
    case 'raid6':
      return 2;
    case 'raid10':
      return Math.floor(places / 2);
    default:
      return null;
  }
}

export const mdadmArrayAssemble: ActionDefinition<Input> = {
  id: 'mdadm.array.assemble',
  title: 'Assemble RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'pool' || !isNotRunning(subject.pool) || subject.pool.level === 'container')
      return null;
    const { pool } = subject;
    const uuid = uuidOf(pool);
    return {
      label: 'Assemble…',
      group: 'change',
      excuse:
        uuid === null || !arrayUuidPattern.test(uuid)
          ? 'Its superblocks do not tell which array it is.'
          : arrayPathPattern.test(pool.name)
            ? null
            : 'Holdfast changes arrays named /dev/md0 to /dev/md999 only.',
      input: { uuid },
      fields: [
        textField('array', 'Device', pool.name, { maxLength: 10 }),
        switchField(
          'startDegraded',
          'Start with members missing',
          false,
          'Only if the missing disks will not come back: what is written now is not on them.',
        ),
      ],
    };
  },

  async plan(context, { array, uuid, startDegraded }) {
    const [examined, running, present] = await Promise.all([
      scan(context, examineScanArgv()),
      scan(context, detailScanArgv()),
      readDetail(context, array),
    ]);
    const same = (each: { uuid: string | null }): boolean =>
      each.uuid !== null && uuidDigits(each.uuid) === uuidDigits(uuid);
    const found = examined.filter(same);
    const devices = [...new Set(found.flatMap((each) => each.devices))];
    const spares = Math.max(0, ...found.map((each) => each.spares));
    const places = found.map(({ raidDevices }) => raidDevices).find((count) => count !== null) ?? null;
    const missing = places === null ? 0 : Math.max(0, places - (devices.length - spares));
    const inactive = present !== null && same(present) && !isStarted(present);
    const elsewhere = running.find((each) => same(each) && each.path !== array);

    const blockers: Blocker[] = [];
    if (found.length === 0) {
      blockers.push({
        text: `No connected disk carries the array ${uuid}.`,
        remedy: 'Connect its disks, then refresh the host.',
      });
    }
    if (present !== null && same(present) && isStarted(present)) {
      blockers.push({ text: `${array} is running already.`, remedy: 'There is nothing to do.' });
    } else if (present !== null && !same(present)) {
      blockers.push({ text: `${array} is another array.`, remedy: 'Choose another name.' });
    } else if (elsewhere !== undefined && !inactive) {
      blockers.push({
        text: `This array is there already as ${elsewhere.path ?? 'another device'}.`,
        remedy: 'Refresh the host. An inactive one can be assembled under its own name.',
      });
    }
    const level = found.map((each) => each.level).find((each) => each !== null) ?? null;
    const most = places === null ? null : mayMiss(level, places);
    if (missing > 0 && most !== null && missing > most) {
      blockers.push({
        text: `${plural(missing, 'member')} of ${places ?? '?'} ${missing === 1 ? 'is' : 'are'} not connected, and a ${level ?? ''} cannot be started without.`,
        remedy: 'Connect the missing disks. If they are lost, restore from a backup.',
      });
    } else if (missing > 0 && !startDegraded && found.length > 0) {
      blockers.push({
        text: `${plural(missing, 'member')} of ${places ?? '?'} ${missing === 1 ? 'is' : 'are'} not connected; mdadm would start the array without.`,
        remedy: 'Connect the missing disks, or choose to start it with members missing.',
      });
    }

    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: `${array} is started from ${listed(devices)}. What lies on it is not mounted by that, though the host may do so by itself.`,
        items: devices.map((name) => ({ name, sizeBytes: null })),
      },
    ];
    if (missing > 0) {
      consequences.push({
        severity: 'warning',
        text: `It starts with ${plural(missing, 'member')} missing. What is written from now on is not on the missing disks: they are rebuilt in full when they come back.`,
        items: [],
      });
    }
    const steps: StepDraft[] = inactive
      ? [
          {
            title: `Release the inactive ${array}`,
            argv: stopArrayArgv(array),
            explain:
              'mdadm --stop lets go of the disks of an array that did not start. Nothing can be using it, and nothing on the disks is changed.',
            acceptExitCodes: [0],
            timeoutSeconds: 60,
          },
        ]
      : [];
    return {
      risk: 'safe',
      target: { kind: 'array', name: array },
      steps: [
        ...steps,
        {
          title: `Assemble ${array}`,
          argv: assembleArrayArgv(array, uuid, startDegraded),
          explain: `mdadm --assemble finds the disks that carry this UUID by itself and starts the array.${
            startDegraded ? ' --run starts it even if members are missing.' : ''
          } It never adds --force, which would accept outdated disks.`,
          acceptExitCodes: [0],
          timeoutSeconds: 180,
        },
      ],
      consequences: found.length === 0 ? [] : consequences,
      blockers,
      undo: hint(...stopArrayArgv(array)),
      preconditions: {
        devices,
        places,
        inactive,
        present: present?.uuid ?? null,
        elsewhere: elsewhere?.path ?? null,
      },
    };
  },

  async verify(context, { array, uuid }) {
    const detail = await readDetail(context, array);
    if (detail === null || detail.uuid === null || uuidDigits(detail.uuid) !== uuidDigits(uuid)) {
      return { status: 'not-there', text: `${array} is not this array.` };
    }
    return isStarted(detail)
      ? { status: 'confirmed', text: `${array} is running (${detail.state ?? ''}).` }
      : { status: 'not-there', text: `${array} is there, but not started (${detail.state ?? ''}).` };
  },

  explainFailure: (exitCode, stderr) => explain(assembleFailures, exitCode, stderr),
};
