import { z } from 'zod';
import {
  ashifts,
  createPoolArgv,
  isNewPoolName,
  isReservedPoolName,
  minimumMembers,
  poolLevels,
  previewCreatePoolArgv,
  type PoolLevel,
} from '../../../storage/zfs/pool-commands';
import { zfsNameLimit } from '../../../storage/zfs/commands';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain } from '../failures';
import { choiceField, textField } from '../fields';
import { bytes, hint, plural } from '../words';
import { deviceFailures } from './pool-failures';
import { readPool } from './reads';
import {
  describeDevice,
  deviceForComparison,
  diskExcuse,
  disksField,
  duplicateDeviceBlockers,
  leavesOf,
  newDeviceBlockers,
  newDeviceSchema,
  readNewDevices,
  readStatus,
  settle,
  type NewDevice,
} from './pool-reads';

const mostDevices = 64;

const input = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(zfsNameLimit)
      .refine((name) => !isReservedPoolName(name), 'is a word that zpool keeps for itself')
      .refine(
        (name) => isReservedPoolName(name) || isNewPoolName(name),
        'must start with a letter and hold only letters, digits, "_", "-", "." and ":"',
      ),
    level: z.enum(poolLevels),
    devices: z
      .array(newDeviceSchema)
      .min(2)
      .max(mostDevices)
      .refine((devices) => new Set(devices).size === devices.length, 'names a disk twice'),
    ashift: z.enum(ashifts),
  })
  .refine(({ level, devices }) => devices.length >= minimumMembers[level], {
    error: 'are fewer than this level takes',
    path: ['devices'],
  });
type Input = z.infer<typeof input>;

const levelWords: Readonly<Record<PoolLevel, { label: string; hint: string; survives: string }>> = {
  mirror: {
    label: 'mirror',
    hint: 'Every disk holds everything. From 2 disks.',
    survives: 'all but one of its disks may fail',
  },
  raidz: { label: 'raidz', hint: 'One disk may fail. From 3 disks.', survives: 'one disk may fail' },
  raidz2: { label: 'raidz2', hint: 'Two disks may fail. From 4 disks.', survives: 'two disks may fail' },
  raidz3: { label: 'raidz3', hint: 'Three disks may fail. From 5 disks.', survives: 'three disks may fail' },
};
const parity: Readonly<Record<Exclude<PoolLevel, 'mirror'>, number>> = { raidz: 1, raidz2: 2, raidz3: 3 };

/** About what people can fill: the smallest disk counts, parity does not. */
function roughSize(level: PoolLevel, sizes: readonly number[]): number {
  const smallest = Math.min(...sizes);
  return level === 'mirror' ? smallest : smallest * (sizes.length - parity[level]);
}

/** `zpool create -n` over all of it: what it says against the whole; null: nothing. */
async function previewCreate(context: ActionContext, input: Input): Promise<string | null> {
  const { exitCode, stdout, stderr } = await context.read(
    'ask ZFS about the new pool',
    previewCreatePoolArgv(input),
    { acceptExitCodes: [0, 1] },
  );
  await settle(context);
  if (exitCode === 0 && !stdout.startsWith(`would create '${input.name}' with the following layout:`)) {
    throw unexpectedOutput('zpool create -n', 'it does not say what it would create', stdout);
  }
  return exitCode === 0 ? null : stderr.trim();
}

function consequencesOf(input: Input, devices: readonly NewDevice[]): Consequence[] {
  const readings = devices.flatMap(({ reading }) => (reading === null ? [] : [reading]));
  const consequences: Consequence[] = [
    {
      severity: 'loss',
      text: `${plural(readings.length, 'disk is', 'disks are')} taken whole and partitioned anew. All that is on them is lost.`,
      items: readings.map((reading) => ({ name: describeDevice(reading), sizeBytes: reading.sizeBytes })),
    },
  ];
  const former = devices.flatMap(({ reading, refusal }) =>
    reading === null || reading.zfsLabel === null || refusal !== null ? [] : [reading],
  );
  if (former.length > 0) {
    consequences.push({
      severity: 'warning',
      text: 'Labels of a pool that was destroyed are still there. After this, that pool can no longer be brought back.',
      items: former.map(({ asked, zfsLabel }) => ({
        name: zfsLabel === '' || zfsLabel === null ? asked : `${asked}: ${zfsLabel}`,
        sizeBytes: null,
      })),
    });
  }
  const sizes = readings.map(({ sizeBytes }) => sizeBytes);
  if (sizes.length > 0) {
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    consequences.push({
      severity: 'info',
      text: `Pool ${input.name} is a ${input.level} of ${input.devices.length}: ${levelWords[input.level].survives}. About ${bytes(roughSize(input.level, sizes))} can be filled.`,
      items: [],
    });
    if (most > least * 1.01) {
      consequences.push({
        severity: 'warning',
        text: `The disks are not of one size (${bytes(least)} to ${bytes(most)}): of each only ${bytes(least)} is used.`,
        items: [],
      });
    }
  }
  consequences.push({
    severity: 'info',
    text: `Its file system is mounted at /${input.name}. The level and the sector size cannot be changed later.`,
    items: [],
  });
  return consequences;
}

export const zfsPoolCreate: ActionDefinition<Input> = {
  id: 'zfs.pool.create',
  title: 'Create ZFS pool',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  offer: (subject, { inventory }) =>
    subject.kind !== 'host'
      ? null
      : {
          label: 'ZFS pool…',
          group: 'create',
          excuse: diskExcuse(inventory, 2),
          input: {},
          fields: [
            textField('name', 'Name of the pool', '', { maxLength: 64, placeholder: 'tank' }),
            choiceField(
              'level',
              'Level',
              poolLevels.map((level) => ({
                value: level,
                label: levelWords[level].label,
                hint: levelWords[level].hint,
                excuse: diskExcuse(inventory, minimumMembers[level]),
              })),
            ),
            disksField(inventory, 2),
            choiceField(
              'ashift',
              'Sector size (ashift)',
              [
                { value: 'auto', label: 'As the disks report' },
                { value: '12', label: '4 KiB (12)' },
                { value: '13', label: '8 KiB (13)' },
              ],
              { help: 'Some disks report 512 bytes and work with 4 KiB. It cannot be changed later.' },
            ),
          ],
        },

  async plan(context, input) {
    const { name, level, devices: paths, ashift } = input;
    const [taken, preview] = await Promise.all([readPool(context, name), previewCreate(context, input)]);
    const devices = await readNewDevices(context, paths, preview);
    const blockers: Blocker[] = [];
    if (taken !== null) {
      blockers.push({ text: `There is a pool ${name} on this host.`, remedy: 'Choose another name.' });
    }
    for (const [index, device] of devices.entries()) {
      blockers.push(...newDeviceBlockers(paths[index] ?? '', device));
    }
    blockers.push(...duplicateDeviceBlockers(devices));
    if (preview !== null && blockers.length === 0) {
      const known = explain(deviceFailures, 1, preview);
      blockers.push({
        text: known?.message ?? `ZFS would refuse: ${preview.replaceAll('\n', ' ')}`,
        remedy: known?.remedy ?? 'Lift what it names, then plan it again.',
      });
    }
    return {
      risk: 'destructive',
      target: { kind: 'pool', name },
      steps: [
        {
          title: `Create pool ${name}`,
          argv: createPoolArgv(input),
          explain: `zpool create makes the pool of one ${level} vdev${ashift === 'auto' ? '' : `; ashift=${ashift} sets its sector size to ${2 ** Number(ashift)} bytes`}. Without -f it takes no disk that is in use.`,
          acceptExitCodes: [0],
          timeoutSeconds: 300,
        },
      ],
      consequences: consequencesOf(input, devices),
      blockers,
      undo: `Destroys the new pool with all that was written to it by then: ${hint('zpool', 'destroy', name)}`,
      preconditions: {
        taken: taken?.guid ?? null,
        preview,
        devices: devices.map(deviceForComparison),
      },
    };
  },

  async verify(context, { name, devices, level }, { preconditions }) {
    const { taken } = z.object({ taken: z.string().nullable() }).parse(preconditions);
    const { row, status } = await readStatus(context, name);
    if (row === null || status === null || row.guid === taken) {
      return { status: 'not-there', text: `There is no new pool ${name}.` };
    }
    const members = leavesOf(status.topology).length;
    return {
      status: 'confirmed',
      text:
        members === devices.length
          ? `Pool ${name} is ${status.state}: a ${level} of ${members} disks.`
          : `Pool ${name} is ${status.state}, with ${members} of the ${devices.length} disks.`,
    };
  },

  explainFailure: (exitCode, stderr) => explain(deviceFailures, exitCode, stderr),
};
