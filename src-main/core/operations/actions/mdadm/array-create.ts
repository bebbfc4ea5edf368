import { z } from 'zod';
import {
  arrayLevels,
  createArrayArgv,
  fewestMembers,
  mostMembers,
  type ArrayLevel,
} from '../../../storage/mdadm/commands';
import { arrayLine } from '../../../storage/mdadm/parse';
import { capacityOf } from '../../../storage/mdadm/redundancy';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { choiceField, pickField, textField } from '../fields';
import { bytes, hint, listed, plural } from '../words';
import { deviceBlockers, deviceForComparison, deviceItem, diskChoice, duplicateBlockers } from './devices';
import { createFailures } from './failures';
import {
  arrayPathSchema,
  devicePathSchema,
  readDetail,
  readDevice,
  readMdstat,
  type LiveDevice,
} from './reads';

const input = z
  .strictObject({
    array: arrayPathSchema,
    level: z.enum(arrayLevels),
    devices: z.array(devicePathSchema).min(2).max(mostMembers),
    spares: z.array(devicePathSchema).max(mostMembers),
    /** What a raid0 has none of, whatever is asked for. */
    bitmap: z.enum(['internal', 'none']),
  })
  .superRefine(({ level, devices, spares }, issue) => {
    const all = [...devices, ...spares];
    if (devices.length < fewestMembers[level]) {
      issue.addIssue({
        code: 'custom',
        path: ['devices'],
        message: `RAID ${level} needs at least ${fewestMembers[level]} disks`,
      });
    }
    if (new Set(all).size !== all.length) {
      issue.addIssue({ code: 'custom', path: ['devices'], message: 'each disk may be chosen once' });
    }
    if (level === '0' && spares.length > 0) {
      issue.addIssue({ code: 'custom', path: ['spares'], message: 'a RAID 0 has no spares' });
    }
  });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({
  uuid: z.string().nullable(),
  taken: z.boolean(),
  devices: z.array(z.object({ path: z.string() }).nullable()),
});

const mayFail: Record<ArrayLevel, string> = {
  '0': 'There is no redundancy: when one disk fails, all data is lost.',
  '1': 'All disks but one may fail.',
  '5': 'One disk may fail.',
  '6': 'Two disks may fail.',
  '10': 'One disk may fail, and more as long as both copies of nothing are lost.',
};

/** mdadm asks when members differ by more than 1 % (4.2), and on RAID1 whether it is to be booted from. */
function mustAnswer(level: ArrayLevel, sizes: readonly number[]): boolean {
  if (level === '1') return true;
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  return level !== '0' && sizes.length > 0 && (largest - smallest) * 100 > smallest;
}

function freeName(inventory: HostInventory): string {
  const taken = new Set(inventory.pools.map(({ name }) => name));
  for (let number = 0; number < 1000; number += 1) {
    if (!taken.has(`/dev/md${number}`)) return `/dev/md${number}`;
  }
  return '';
}

function effects(asked: Input, members: readonly LiveDevice[], spares: readonly LiveDevice[]): Consequence[] {
  const { array, level } = asked;
  const sizes = members.map(({ block }) => block.sizeBytes);
  const smallest = Math.min(...sizes);
  const consequences: Consequence[] = [
    {
      severity: 'loss',
      text: `What these ${plural(members.length + spares.length, 'disk')} hold is overwritten. No file system, partition or member of anything was found on them.`,
      items: [...members, ...spares].map(deviceItem),
    },
    {
      severity: level === '0' ? 'warning' : 'info',
      text: `RAID ${level} over ${plural(members.length, 'disk')}: about ${bytes(capacityOf(level, members.length, smallest))}. ${mayFail[level]}`,
      items: [],
    },
  ];
  if (Math.max(...sizes) > smallest * 1.01 && level !== '0') {
    consequences.push({
      severity: 'warning',
      text: `The disks differ in size: of each only ${bytes(smallest)} are used.`,
      items: [],
    });
  }
  if (spares.length > 0) {
    consequences.push({
      severity: 'info',
      text: `${plural(spares.length, 'spare')} waits and takes the place of the first disk that fails.`,
      items: spares.map(deviceItem),
    });
  }
  if (level !== '0') {
    consequences.push({
      severity: 'info',
      text: 'The first synchronisation runs in the background, for hours on large disks. The array can be used meanwhile.',
      items: [],
    });
  }
  consequences.push({
    severity: 'info',
    text: `To keep the name ${array} after a start of the host, put the line that "${hint('mdadm', '--detail', '--brief', array)}" prints into mdadm.conf (/etc/mdadm/mdadm.conf on Debian and Ubuntu, then update-initramfs -u; /etc/mdadm.conf on RHEL, then dracut -f). Holdfast never writes that file. Without the line the array comes back as /dev/md127 or so.`,
    items: [],
  });
  return consequences;
}

export const mdadmArrayCreate: ActionDefinition<Input> = {
  id: 'mdadm.array.create',
  title: 'Create RAID array',
  backend: 'mdadm',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer(subject, { inventory }) {
    if (subject.kind !== 'host') return null;
    const { options, excuse } = diskChoice(inventory);
    const free = options.filter((option) => option.excuse === null).length;
    return {
      label: 'Create RAID array…',
      group: 'create',
      excuse: excuse ?? (free < 2 ? 'An array takes two disks or more, and only one is free.' : null),
      input: {},
      fields: [
        textField('array', 'Device', freeName(inventory), {
          maxLength: 10,
          help: '/dev/md and a number of up to three digits.',
        }),
        choiceField(
          'level',
          'Level',
          arrayLevels.map((level) => ({
            value: level,
            label: `RAID ${level}`,
            hint: `${plural(fewestMembers[level], 'disk')} or more. ${mayFail[level]}`,
            excuse: free < fewestMembers[level] ? `Needs ${fewestMembers[level]} free disks.` : null,
          })),
          { value: '1' },
        ),
        pickField('devices', 'Disks', options, { min: 2, max: mostMembers }),
        pickField('spares', 'Spares', options, {
          min: 0,
          max: mostMembers,
          help: 'Wait in the array and step in when a disk fails. None for RAID 0.',
        }),
        choiceField(
          'bitmap',
          'Write-intent bitmap',
          [
            {
              value: 'internal',
              label: 'On',
              hint: 'After a crash only what was being written is compared.',
            },
            {
              value: 'none',
              label: 'Off',
              hint: 'A little faster to write, hours to synchronise after a crash.',
            },
          ],
          { help: 'RAID 0 has none.' },
        ),
      ],
    };
  },

  async plan(context, asked) {
    const { array, level, bitmap } = asked;
    const [present, mdstat, devices, spares] = await Promise.all([
      readDetail(context, array),
      readMdstat(context),
      Promise.all(asked.devices.map((device) => readDevice(context, device))),
      Promise.all(asked.spares.map((device) => readDevice(context, device))),
    ]);
    const all = [...devices, ...spares];
    const names = [...asked.devices, ...asked.spares];
    const found = devices.flatMap((device) => (device === null ? [] : [device]));
    const foundSpares = spares.flatMap((device) => (device === null ? [] : [device]));
    const taken = present !== null || mdstat.some(({ name }) => `/dev/${name}` === array);

    const blockers: Blocker[] = taken
      ? [{ text: `There is an array ${array} already.`, remedy: 'Choose another name.' }]
      : [];
    names.forEach((name, index) => blockers.push(...deviceBlockers(name, all[index] ?? null)));
    blockers.push(...duplicateBlockers(all));

    const sizes = found.map(({ block }) => block.sizeBytes);
    const smallest = sizes.length === 0 ? 0 : Math.min(...sizes);
    for (const { block } of foundSpares) {
      if (block.sizeBytes < smallest) {
        blockers.push({
          text: `The spare ${block.path} (${bytes(block.sizeBytes)}) is smaller than the members (${bytes(smallest)}) and could replace none.`,
          remedy: 'Choose a larger spare, or none.',
        });
      }
    }
    const run = mustAnswer(level, sizes);
    const undo = [...found, ...foundSpares].map(({ asked: device }) => device);

    return {
      risk: 'destructive',
      target: { kind: 'array', name: array },
      steps: [
        {
          title: `Create ${array}`,
          argv: createArrayArgv({
            path: array,
            level,
            devices: asked.devices,
            spares: asked.spares,
            bitmap: level === '0' ? null : bitmap,
            run,
          }),
          explain: `mdadm --create writes superblocks to the disks and starts the array.${
            level === '0' ? '' : ' --bitmap says whether it keeps a map of what is being written.'
          }${
            run
              ? ` --run answers the question that mdadm asks ${level === '1' ? 'about booting from a RAID1' : 'about disks of unequal size'}; without a terminal it would stop there.`
              : ' Should mdadm find data on a disk after all, it stops, because nobody answers its question.'
          }`,
          acceptExitCodes: [0],
          timeoutSeconds: 180,
        },
      ],
      consequences: found.length === devices.length ? effects(asked, found, foundSpares) : [],
      blockers,
      undo: taken
        ? null
        : `${hint('mdadm', '--stop', array)}, then ${hint('mdadm', '--zero-superblock', ...undo)}. What was on the disks does not come back.`,
      preconditions: {
        uuid: present?.uuid ?? null,
        taken,
        devices: devices.map(deviceForComparison),
        spares: spares.map(deviceForComparison),
      },
    };
  },

  async verify(context, { array, level }, { preconditions }) {
    const before = preconditionsSchema.parse(preconditions);
    const detail = await readDetail(context, array);
    if (detail === null) return { status: 'not-there', text: `There is no array ${array}.` };
    if (before.taken && detail.uuid === before.uuid) {
      return { status: 'not-there', text: `${array} is the array that was there before.` };
    }
    const paths = before.devices.flatMap((device) => (device === null ? [] : [device.path]));
    const members = new Set(detail.members.map(({ path }) => path));
    const absent = paths.filter((path) => !members.has(path));
    if (detail.level !== `raid${level}` || absent.length > 0) {
      return {
        status: 'not-there',
        text: `${array} is there as ${detail.level ?? 'an array of unknown level'}${absent.length === 0 ? '' : `, without ${listed(absent)}`}.`,
      };
    }
    const line =
      detail.uuid === null
        ? ''
        : ` For mdadm.conf: ${arrayLine(array, detail.uuid, detail.metadata, detail.name)}`;
    return {
      status: 'confirmed',
      text: `${array} is there with ${plural(paths.length, 'disk')} (${detail.state ?? ''}).${line}`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(createFailures, exitCode, stderr),
};
