import { z } from 'zod';
import { readJson, unexpectedOutput } from '../unexpected';

/** One row of lsblk with what lies on it. A device with two parents stands below each of them. */
export interface BlockDevice {
  name: string;
  /** `sda`, `dm-3`: the kernel's name. */
  kernelName: string;
  /** `/dev/mapper/vg0-data` */
  path: string;
  /** disk, part, lvm, raid1, crypt, loop, rom … */
  type: string;
  sizeBytes: number;
  readOnly: boolean;
  removable: boolean;
  rotational: boolean | null;
  model: string | null;
  serial: string | null;
  wwn: string | null;
  transport: string | null;
  /** `block:virtio:pci` */
  subsystems: string;
  content: string | null;
  label: string | null;
  /** Of its file system; null also where the column was not asked for. */
  uuid: string | null;
  partitionUuid: string | null;
  partitionLabel: string | null;
  partitionTable: string | null;
  mountpoints: string[];
  filesystemSizeBytes: number | null;
  filesystemUsedBytes: number | null;
  logicalSectorBytes: number | null;
  physicalSectorBytes: number | null;
  children: BlockDevice[];
}

/** lsblk pads some columns (`"ATA     "`) and leaves others out by version. */
const text = z
  .string()
  .nullish()
  .transform((value) => {
    const trimmed = value?.trim() ?? '';
    return trimmed === '' ? null : trimmed;
  });
/** util-linux before 2.33 writes numbers and switches as text. */
const count = z
  .union([z.int().nonnegative(), z.string().regex(/^\d+$/)])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : Number(value)));
const yes = z
  .union([z.boolean(), z.enum(['0', '1'])])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : value === true || value === '1'));

const rowSchema = z.looseObject({
  name: z.string(),
  kname: z.string().nullish(),
  path: z.string().nullish(),
  type: z.string(),
  size: count,
  ro: yes,
  rm: yes,
  rota: yes,
  model: text,
  serial: text,
  wwn: text,
  tran: text,
  subsystems: text,
  fstype: text,
  label: text,
  uuid: text,
  partuuid: text,
  partlabel: text,
  pttype: text,
  /** util-linux 2.37 and newer; `[null]` where nothing is mounted. */
  mountpoints: z.array(z.string().nullable()).nullish(),
  mountpoint: z.string().nullish(),
  fssize: count,
  fsused: count,
  'log-sec': count,
  'phy-sec': count,
  children: z.array(z.unknown()).nullish(),
});
const reportSchema = z.looseObject({ blockdevices: z.array(z.unknown()) });

const command = 'lsblk';

function toDevice(raw: unknown): BlockDevice {
  const parsed = rowSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unexpectedOutput(
      command,
      `a device's "${issue?.path.join('.') ?? ''}" is not what it should be`,
      JSON.stringify(raw),
    );
  }
  const row = parsed.data;
  if (row.size === null) throw unexpectedOutput(command, 'a device has no size', JSON.stringify(raw));
  const kernelName = row.kname ?? row.name;
  const mountpoints = row.mountpoints ?? [row.mountpoint ?? null];
  return {
    name: row.name,
    kernelName,
    path: row.path ?? `/dev/${kernelName}`,
    type: row.type,
    sizeBytes: row.size,
    readOnly: row.ro === true,
    removable: row.rm === true,
    rotational: row.rota,
    model: row.model,
    serial: row.serial,
    wwn: row.wwn,
    transport: row.tran,
    subsystems: row.subsystems ?? '',
    content: row.fstype,
    label: row.label,
    uuid: row.uuid,
    partitionUuid: row.partuuid,
    partitionLabel: row.partlabel,
    partitionTable: row.pttype,
    mountpoints: mountpoints.filter((place) => place !== null),
    filesystemSizeBytes: row.fssize,
    filesystemUsedBytes: row.fsused,
    logicalSectorBytes: row['log-sec'],
    physicalSectorBytes: row['phy-sec'],
    children: (row.children ?? []).map(toDevice),
  };
}

/**
 * `lsblk -J -b` with any columns, of util-linux 2.32 to 2.41. Throws AppError `unexpected-output`: a machine
 * without any block device is not a thing, but an empty list is taken as one.
 */
export function parseBlockDevices(stdout: string): BlockDevice[] {
  const report = readJson(command, stdout, reportSchema, 'it holds no list "blockdevices"');
  return report.blockdevices.map(toDevice);
}

/** The device and all that lies on it, each path once. */
export function withDescendants(device: BlockDevice): BlockDevice[] {
  const found = new Map<string, BlockDevice>();
  const add = (each: BlockDevice): void => {
    if (found.has(each.path)) return;
    found.set(each.path, each);
    each.children.forEach(add);
  };
  add(device);
  return [...found.values()];
}

/**
 * Kernel names that are no disk of their own although lsblk calls them one: zvols, memory, loops, optical and
 * floppy drives, devices of the network, hidden parts of eMMC.
 */
const noDisk = /^(?:zd|ram|zram|loop|sr|fd|nbd|rbd|drbd|dm-|md|mmcblk\d+(?:boot|rpmb|gp))/;

export function isDisk({ type, kernelName }: BlockDevice): boolean {
  return type === 'disk' && !noDisk.test(kernelName);
}
