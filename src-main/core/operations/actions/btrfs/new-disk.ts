import { z } from 'zod';
import type { Disk } from '../../../../../src-preload/contract/disks';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { probeDeviceArgv, readDeviceArgv } from '../../../storage/btrfs/commands';
import { readJson, unexpectedOutput } from '../../../storage/unexpected';
import type { ActionContext, OfferWorld } from '../../action';
import { choiceField } from '../fields';
import { bytes } from '../words';

interface BlockDevice {
  path: string;
  type: string;
  size: number;
  ro: boolean;
  fstype: string | null;
  label: string | null;
  mountpoint: string | null;
  children?: BlockDevice[] | undefined;
}

// util-linux before 2.33 prints numbers and switches as strings.
const sizeSchema = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
const switchSchema = z.union([z.boolean(), z.enum(['0', '1']).transform((text) => text === '1')]);
const deviceSchema: z.ZodType<BlockDevice> = z.lazy(() =>
  z.object({
    path: z.string(),
    type: z.string(),
    size: sizeSchema,
    ro: switchSchema,
    fstype: z.string().nullable(),
    label: z.string().nullable(),
    mountpoint: z.string().nullable(),
    children: z.array(deviceSchema).optional(),
  }),
);

/** A device as it is right now, and what stands against taking it. */
export interface NewDisk {
  /** Name of the kernel: what btrfs lists it by. null: it is not there. */
  path: string | null;
  sizeBytes: number | null;
  blockers: Blocker[];
}

function parseDevice(stdout: string): BlockDevice | null {
  const schema = z.object({ blockdevices: z.array(deviceSchema) });
  return readJson('lsblk', stdout, schema, 'it is not a list of devices').blockdevices[0] ?? null;
}

function usersOf(device: BlockDevice): string[] {
  const below = (device.children ?? []).flatMap((child) => [
    `${child.path} (${[child.type, child.fstype, child.mountpoint].filter((word) => word !== null).join(', ')})`,
    ...usersOf(child),
  ]);
  return [...(device.mountpoint === null ? [] : [`mounted at ${device.mountpoint}`]), ...below];
}

/** `KEY=value` lines of `blkid -o export`: what is on the device. null: nothing. */
function signatureOf(stdout: string, exitCode: number): string | null {
  if (exitCode === 2 && stdout.trim() === '') return null;
  if (exitCode === 8) return 'more than one kind of data';
  const lines = stdout.split('\n').filter((line) => line !== '');
  const fields = new Map(
    lines.map((line) => {
      const [, key, value = ''] = /^([A-Z_0-9]+)=(.*)$/.exec(line) ?? [];
      if (key === undefined) throw unexpectedOutput('blkid', 'a line is of another form', line);
      return [key, value.replaceAll('\\ ', ' ')];
    }),
  );
  const type = fields.get('TYPE');
  const table = fields.get('PTTYPE');
  const label = fields.get('LABEL');
  if (type !== undefined) return label === undefined ? type : `${type} "${label}"`;
  if (table !== undefined) return `a partition table (${table})`;
  return null;
}

/**
 * Reads a device that is to be taken, and refuses what holds anything: btrfs would need `-f`, which is never sent.
 * @param leastBytes it must hold; null: any size will do
 */
export async function readNewDisk(
  context: ActionContext,
  device: string,
  leastBytes: number | null,
): Promise<NewDisk> {
  const [listed, probed] = await Promise.all([
    context.read('read the disk', readDeviceArgv(device), { acceptExitCodes: [0, 32] }),
    context.read('look for data on the disk', probeDeviceArgv(device), { acceptExitCodes: [0, 2, 8] }),
  ]);
  const found = parseDevice(listed.stdout);
  const signature = signatureOf(probed.stdout, probed.exitCode);
  if (found === null) {
    return {
      path: null,
      sizeBytes: null,
      blockers: [{ text: `There is no device ${device} on this host.`, remedy: 'Refresh the host.' }],
    };
  }
  const blockers: Blocker[] = [];
  const users = usersOf(found);
  if (users.length > 0) {
    blockers.push({
      text: `${device} is in use: ${users.join('; ')}.`,
      remedy: 'Choose another disk, or take this one out of use first.',
    });
  }
  const content = signature ?? (found.fstype === null ? null : found.fstype);
  if (content !== null) {
    blockers.push({
      text: `${device} is not empty: it holds ${content}.`,
      remedy: `Choose another disk. If nothing on it is needed any more, clear it on the host: wipefs -a ${device}`,
    });
  }
  if (found.ro) {
    blockers.push({ text: `${device} is read-only.`, remedy: 'Choose another disk.' });
  }
  if (leastBytes !== null && found.size < leastBytes) {
    blockers.push({
      text: `${device} has ${bytes(found.size)} and ${bytes(leastBytes)} are needed.`,
      remedy: 'Choose a disk that is at least as large as the old one.',
    });
  }
  return { path: found.path, sizeBytes: found.size, blockers };
}

const optionLabel = (disk: Disk): string =>
  [
    disk.path.replace(/^\/dev\//, ''),
    bytes(disk.sizeBytes),
    [disk.model, disk.serial].filter((word) => word !== null).join(' '),
  ]
    .filter((word) => word !== '')
    .join(' · ');

/** The question for a disk, with the reason at each that can't be taken. */
export function newDiskField(label: string, { inventory }: OfferWorld, leastBytes: number | null): Field {
  return choiceField(
    'newDisk',
    label,
    (inventory.disks ?? []).map((disk) => ({
      value: disk.stablePath,
      label: optionLabel(disk),
      excuse:
        disk.ineligible[0] ??
        (leastBytes !== null && disk.sizeBytes < leastBytes
          ? `It is smaller than the old device (${bytes(leastBytes)}).`
          : null),
    })),
    { help: 'Everything on it is lost. Only empty disks can be taken.' },
  );
}

/** Why no disk can be chosen; null: one can. */
export function newDiskExcuse({ inventory }: OfferWorld): string | null {
  if (inventory.disks === null) {
    return `The disks of this host could not be read. ${inventory.disksError?.message ?? ''}`.trim();
  }
  return inventory.disks.some(({ ineligible }) => ineligible.length === 0)
    ? null
    : 'No disk of this host is free.';
}
