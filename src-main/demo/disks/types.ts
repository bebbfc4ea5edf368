/** Block devices of a simulated host, as lsblk draws them. */
export interface DemoBlock {
  /** `sda`, `sda1`, `vg0-root` */
  name: string;
  type: 'disk' | 'part' | 'lvm' | 'raid1' | 'raid5' | 'raid6' | 'raid10' | 'crypt' | 'loop' | 'rom';
  sizeBytes: number;
  /** Left out: `name`; of device-mapper `dm-3`. */
  kernelName?: string;
  /** `zfs_member`, `ext4`, `swap` … and its label. */
  content?: { type: string; label?: string; uuid?: string } | undefined;
  partitionLabel?: string;
  /** `[SWAP]` for swap that is on. */
  mountpoint?: string;
  filesystem?: { sizeBytes: number; usedBytes: number };
  children?: readonly DemoBlock[];
}

/** One row of the table of ATA attributes. */
export interface DemoAttribute {
  id: number;
  name: string;
  value: number;
  worst: number;
  thresh: number;
  /** Flags as smartctl prints them: `PO--CK `. */
  flags: string;
  raw: number;
  /** How smartctl prints the raw value, where it is not just the number. */
  rawText?: string;
}

export type DemoSmart =
  | {
      kind: 'ata';
      firmware: string;
      hours: number;
      celsius: number;
      powerCycles: number;
      rotationRate?: number;
      failing?: boolean;
      attributes: readonly DemoAttribute[];
      shortMinutes: number;
      longMinutes: number;
      /** Newest first. */
      tests: readonly DemoSelfTest[];
    }
  | {
      kind: 'nvme';
      firmware: string;
      hours: number;
      celsius: number;
      powerCycles: number;
      usedPercent: number;
      mediaErrors: number;
    };

export interface DemoSelfTest {
  type: 'Short offline' | 'Extended offline';
  status: { value: number; string: string; passed?: boolean; remaining_percent?: number };
  atHours: number;
}

export interface DemoDisk extends DemoBlock {
  type: 'disk';
  model: string | null;
  serial: string;
  wwn: string | null;
  /** Names in /dev/disk/by-id, those of partitions are added. */
  byId: readonly string[];
  transport: 'sata' | 'ata' | 'nvme' | 'sas' | 'usb' | null;
  subsystems: string;
  rotational: boolean;
  removable?: boolean;
  readOnly?: boolean;
  partitionTable?: 'gpt' | 'dos' | undefined;
  physicalSectorBytes: number;
  /** null: smartctl finds no SMART behind it. */
  smart: DemoSmart | null;
}

/** Every device with its disk, each path once. */
export function allBlocks(disks: readonly DemoDisk[]): Map<string, { block: DemoBlock; disk: DemoDisk }> {
  const found = new Map<string, { block: DemoBlock; disk: DemoDisk }>();
  const add = (block: DemoBlock, disk: DemoDisk): void => {
    found.set(pathOf(block), { block, disk });
    block.children?.forEach((child) => add(child, disk));
  };
  disks.forEach((disk) => add(disk, disk));
  return found;
}

export function pathOf({ name, type }: DemoBlock): string {
  return type === 'lvm' || type === 'crypt' ? `/dev/mapper/${name}` : `/dev/${name}`;
}

const partitionNumber = (part: DemoBlock): string => /(\d+)$/.exec(part.name)?.[1] ?? '';

/** Links of /dev/disk/by-id: name to kernel name. */
export function linksOf(disks: readonly DemoDisk[]): Map<string, string> {
  const links = new Map<string, string>();
  for (const disk of disks) {
    for (const name of disk.byId) {
      links.set(name, disk.name);
      for (const part of disk.children ?? []) {
        if (part.type === 'part') links.set(`${name}-part${partitionNumber(part)}`, part.name);
      }
    }
  }
  return new Map([...links].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** 32 hexadecimal digits that belong to this text. */
function digitsOf(text: string): string {
  const from = (seed: number): string =>
    [...text]
      .reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, seed)
      .toString(16)
      .padStart(8, '0');
  return [7, 11, 13, 17].map(from).join('');
}

function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Of a file system without one in the model, one that stays: of FAT it is a serial number. */
export function uuidOf({ name, content }: DemoBlock, { serial }: DemoDisk): string | null {
  if (content === undefined) return null;
  if (content.uuid !== undefined) return content.uuid;
  const digits = digitsOf(`${serial} ${name} ${content.label ?? ''}`);
  if (content.type === 'vfat' || content.type === 'exfat') {
    return digits
      .slice(0, 8)
      .toUpperCase()
      .replace(/^(.{4})/, '$1-');
  }
  return /^(?:ext[234]|xfs|swap)$/.test(content.type) ? dashed(digits) : null;
}

export function partitionUuidOf({ name }: DemoBlock, { serial }: DemoDisk): string {
  return dashed(digitsOf(`${serial} table ${name}`));
}
