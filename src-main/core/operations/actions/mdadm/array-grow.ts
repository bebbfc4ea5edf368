import { z } from 'zod';
import { growDevicesArgv, mostMembers } from '../../../storage/mdadm/commands';
import { isSpare } from '../../../storage/mdadm/redundancy';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { numberField, pickField } from '../fields';
import { bytes, plural } from '../words';
import {
  deviceBlockers,
  deviceForComparison,
  deviceItem,
  diskChoice,
  duplicateBlockers,
  smallestMember,
} from './devices';
import { growFailures } from './failures';
import { arrayExcuse, factOf } from './offering';
import {
  arrayBlockers,
  arrayPathSchema,
  devicePathSchema,
  membersForComparison,
  noSuchArrayBlocker,
  readArray,
  readDevice,
} from './reads';

const input = z
  .strictObject({
    array: arrayPathSchema,
    /** Places afterwards. */
    raidDevices: z.int().min(2).max(mostMembers),
    newDisks: z.array(devicePathSchema).max(mostMembers),
  })
  .refine(({ newDisks }) => new Set(newDisks).size === newDisks.length, {
    error: 'each disk may be chosen once',
    path: ['newDisks'],
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ sizeBytes: z.number().nullable() });

/** Bytes more after a reshape, by what one member gives; null: the level does not grow by members. */
function gain(level: string | null, added: number, memberBytes: number): number | null {
  switch (level) {
    case 'raid1':
      return 0;
    case 'raid5':
    case 'raid6':
      return added * memberBytes;
    case 'raid10':
      return Math.floor((added * memberBytes) / 2);
    default:
      return null;
  }
}

export const mdadmArrayGrow: ActionDefinition<Input> = {
  id: 'mdadm.array.grow',
  title: 'Grow RAID array over more disks',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'pool') return null;
    const { pool } = subject;
    const places = Number(factOf(pool, 'Places') ?? '0');
    const spares = pool.topology.filter(({ role }) => role === 'spare').length;
    const choice = diskChoice(inventory, { minimumBytes: smallestMember(pool) });
    return {
      label: 'Grow over more disks…',
      group: 'change',
      excuse:
        arrayExcuse(pool, { redundancy: true, quiet: true, whole: true }) ??
        (spares > 0 ? null : choice.excuse),
      input: { array: pool.name },
      fields: [
        numberField('raidDevices', 'Places', Math.min(mostMembers, places + 1), {
          min: Math.min(mostMembers, places + 1),
          max: mostMembers,
          help: `Now ${places}. Each new place takes a new disk${spares === 0 ? '' : ` or one of the ${plural(spares, 'spare')}`}.`,
        }),
        pickField('newDisks', 'New disks', choice.options, { min: 0, max: mostMembers }),
      ],
    };
  },

  async plan(context, { array, raidDevices, newDisks }) {
    const [live, devices] = await Promise.all([
      readArray(context, array),
      Promise.all(newDisks.map((device) => readDevice(context, device))),
    ]);
    const detail = live?.detail ?? null;
    const blockers: Blocker[] =
      live === null
        ? [noSuchArrayBlocker(array)]
        : arrayBlockers(live, { redundancy: true, quiet: true, whole: true });
    newDisks.forEach((name, index) =>
      blockers.push(
        ...deviceBlockers(name, devices[index] ?? null, {
          memberOf: detail?.uuid ?? null,
          minimumBytes: detail?.usedDeviceBytes ?? null,
        }),
      ),
    );
    blockers.push(...duplicateBlockers(devices));

    const places = detail?.raidDevices ?? 0;
    const added = raidDevices - places;
    const spares = detail?.members.filter(isSpare).length ?? 0;
    if (detail !== null && added <= 0) {
      blockers.push({
        text: `${array} has ${places} places already.`,
        remedy: `Choose more than ${places}. Holdfast does not shrink arrays.`,
      });
    } else if (detail !== null && spares + newDisks.length < added) {
      blockers.push({
        text: `${plural(added, 'new place')} ${added === 1 ? 'takes a disk' : 'take as many disks'}, and there are ${spares + newDisks.length}.`,
        remedy: 'Choose more new disks, or fewer places.',
      });
    }
    const found = devices.flatMap((device) => (device === null ? [] : [device]));
    const more = detail === null ? null : gain(detail.level, added, detail.usedDeviceBytes ?? 0);
    const reshapes = detail?.level !== 'raid1';
    const consequences: Consequence[] = [
      ...(found.length === 0
        ? []
        : [
            {
              severity: 'warning' as const,
              text: `What ${found.length === 1 ? 'this disk holds' : 'these disks hold'} is overwritten. No file system, partition or foreign member was found on ${found.length === 1 ? 'it' : 'them'}.`,
              items: found.map(deviceItem),
            },
          ]),
      {
        severity: 'warning',
        text: reshapes
          ? 'All data is laid out anew in the background, for hours or days on large disks. It cannot be stopped or undone; a crash on the way is survived, a failing disk with less redundancy to spare.'
          : 'The new disk is filled from the others in the background. A RAID1 gets another copy, not more space.',
        items: [],
      },
      ...(more !== null && more > 0
        ? [
            {
              severity: 'info' as const,
              text: `Afterwards the array has ${bytes(more)} more. What is on it (file system, physical volume) must then be grown by itself.`,
              items: [],
            },
          ]
        : []),
      ...(spares + newDisks.length > added && added > 0
        ? [
            {
              severity: 'info' as const,
              text: `${plural(spares + newDisks.length - added, 'spare')} ${spares + newDisks.length - added === 1 ? 'is' : 'are'} left.`,
              items: [],
            },
          ]
        : []),
    ];
    return {
      risk: 'destructive',
      target: { kind: 'array', name: array },
      steps: [
        {
          title: `Grow ${array} to ${raidDevices} places`,
          argv: growDevicesArgv(array, raidDevices, newDisks),
          explain: `mdadm --grow --raid-devices sets the number of places${newDisks.length === 0 ? '' : '; --add takes the new disks in first'}. The kernel does the rest in the background.`,
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences: detail === null ? [] : consequences,
      blockers,
      undo: null,
      preconditions: {
        uuid: detail?.uuid ?? null,
        places,
        sizeBytes: detail?.sizeBytes ?? null,
        members: membersForComparison(detail),
        devices: devices.map(deviceForComparison),
      },
    };
  },

  /** Disks that were added before the growing failed stay as spares: said, because nothing takes them out. */
  async verify(context, { array, raidDevices }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions);
    const live = await readArray(context, array);
    if (live === null) return { status: 'not-there', text: `There is no array ${array}.` };
    const { detail, mdstat } = live;
    if (detail.raidDevices !== raidDevices) {
      const spares = detail.members.filter(isSpare).length;
      return {
        status: 'not-there',
        text: `${array} has ${detail.raidDevices ?? '?'} places${spares === 0 ? '' : ` and ${plural(spares, 'spare')}`}.`,
      };
    }
    if (mdstat?.sync !== null && mdstat?.sync !== undefined) {
      return {
        status: 'pending',
        text: `${array} has ${raidDevices} places; the ${mdstat.sync.kind} is running${mdstat.sync.kind === 'reshape' ? ', and the new space is there when it ends' : ''}.`,
      };
    }
    const grown = (detail.sizeBytes ?? 0) - (before.sizeBytes ?? 0);
    return {
      status: 'confirmed',
      text: `${array} has ${raidDevices} places${grown > 0 ? ` and ${bytes(grown)} more space` : ''}.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(growFailures, exitCode, stderr),
};
