import { z } from 'zod';
import { readJson, unexpectedOutput } from '../unexpected';

/** A disk that may come into a pool, as `lsblk -J -b` shows it with all that lies on it. */
export interface DeviceReading {
  /** As it was asked for: by-id. */
  asked: string;
  /** The kernel's name now. */
  path: string;
  type: string;
  sizeBytes: number;
  readOnly: boolean;
  removable: boolean;
  model: string | null;
  serial: string | null;
  /** Why it is not free, one sentence part each: `/dev/vdb1 is mounted at /srv`. */
  uses: string[];
  /** Signatures other than ZFS's own: `ext4 on /dev/vdb`. */
  signatures: string[];
  /** Partitions that no pool left behind. */
  partitions: string[];
  /** Name of the pool whose labels it carries; '' when they tell none; null: it has no labels of ZFS. */
  zfsLabel: string | null;
}

/** util-linux before 2.33 prints numbers and switches as text. */
const switchSchema = z
  .union([z.boolean(), z.enum(['0', '1'])])
  .transform((value) => value === true || value === '1');
const wordSchema = z
  .string()
  .nullish()
  .transform((value) => (value === undefined || value === null || value.trim() === '' ? null : value.trim()));
const rowSchema = z.looseObject({
  path: z.string(),
  type: z.string(),
  size: z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(Number),
  ro: switchSchema,
  rm: switchSchema,
  fstype: wordSchema,
  label: wordSchema,
  partlabel: wordSchema,
  mountpoint: wordSchema,
  model: wordSchema,
  serial: wordSchema,
  children: z.array(z.unknown()).nullish(),
});
const reportSchema = z.looseObject({ blockdevices: z.array(z.unknown()) });
type Row = z.infer<typeof rowSchema>;

/** The device and all that lies on it, itself first. */
function flatten(raw: unknown): Row[] {
  const parsed = rowSchema.safeParse(raw);
  if (!parsed.success) {
    throw unexpectedOutput('lsblk', 'a device is not described as it should be', JSON.stringify(raw));
  }
  return [parsed.data, ...(parsed.data.children ?? []).flatMap(flatten)];
}

/** zpool leaves partitions 1 and 9 behind: the second is 8 MiB and holds nothing. */
const zfsReservedBytes = 8 * 1024 * 1024;

/** null: there is no such device. Throws `unexpected-output`. */
export function parseDevice(stdout: string, asked: string): DeviceReading | null {
  const report = readJson('lsblk', stdout, reportSchema, 'it is not the list of one device');
  const [device, ...others] = report.blockdevices;
  if (device === undefined) return null;
  if (others.length > 0) throw unexpectedOutput('lsblk', 'it shows more than one device', stdout);
  const rows = flatten(device);
  const [self, ...below] = rows;
  if (self === undefined) return null;
  const isZfs = (row: Row): boolean => row.fstype === 'zfs_member';
  const zfs = rows.filter(isZfs);
  const ownLabel = (row: Row): boolean => isZfs(row) || row.partlabel?.startsWith('zfs-') === true;
  const leftBehind = (row: Row): boolean =>
    ownLabel(row) || (rows.some(ownLabel) && row.fstype === null && row.size === zfsReservedBytes);
  return {
    asked,
    path: self.path,
    type: self.type,
    sizeBytes: self.size,
    readOnly: self.ro,
    removable: self.rm,
    model: self.model,
    serial: self.serial,
    uses: rows.flatMap((row) => [
      ...(row.mountpoint === null
        ? []
        : [
            row.mountpoint === '[SWAP]'
              ? `${row.path} is swap space`
              : `${row.path} is mounted at ${row.mountpoint}`,
          ]),
      ...(row === self || row.type === 'part' ? [] : [`${row.path} (${row.type}) lies on it`]),
    ]),
    signatures: rows.flatMap((row) =>
      row.fstype === null || isZfs(row)
        ? []
        : [`${row.fstype}${row.label === null ? '' : ` "${row.label}"`} on ${row.path}`],
    ),
    partitions: below.filter((row) => row.type === 'part' && !leftBehind(row)).map(({ path }) => path),
    zfsLabel: zfs.length === 0 ? null : (zfs[0]?.label ?? ''),
  };
}
