import type { DemoAttribute, DemoBlock, DemoDisk, DemoSelfTest } from './types';

/** Disks as they are sold: by kind, with what SMART says of them. */

const mebibyte = 1024 ** 2;
const hashOf = (text: string): number =>
  [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 7);

/** `0x5000c500` and eight digits that belong to this serial. */
const wwnOf = (prefix: string, serial: string): string =>
  `${prefix}${hashOf(serial).toString(16).padStart(8, '0')}`;

export interface Worn {
  hours: number;
  celsius: number;
  reallocated?: number;
  pending?: number;
  uncorrectable?: number;
  failing?: boolean;
  tests?: readonly DemoSelfTest[];
}

function attribute(
  id: number,
  name: string,
  raw: number,
  more: Partial<Pick<DemoAttribute, 'value' | 'worst' | 'thresh' | 'flags' | 'rawText'>> = {},
): DemoAttribute {
  return { id, name, value: 100, worst: 100, thresh: 0, flags: '-O--CK ', raw, ...more };
}

export function passedTest(type: DemoSelfTest['type'], atHours: number): DemoSelfTest {
  return { type, status: { value: 0, string: 'Completed without error', passed: true }, atHours };
}

export function failedTest(atHours: number, remaining: number): DemoSelfTest {
  const status = {
    value: 121,
    string: 'Completed: read failure',
    passed: false,
    remaining_percent: remaining,
  };
  return { type: 'Extended offline', status, atHours };
}

type Base = Pick<DemoDisk, 'name' | 'serial' | 'sizeBytes'> & { model: string };

/** A hard disk on SATA. */
export function hardDisk(base: Base, worn: Worn): DemoDisk {
  const { hours, celsius, reallocated = 0, pending = 0, uncorrectable = 0, failing = false } = worn;
  const wwn = wwnOf('0x5000c500', base.serial);
  const spare = failing ? 4 : Math.max(60, 100 - Math.ceil(reallocated / 10));
  return {
    ...base,
    type: 'disk',
    wwn,
    byId: [`ata-${base.model}_${base.serial}`, `wwn-${wwn}`],
    transport: 'sata',
    subsystems: 'block:scsi:pci',
    rotational: true,
    physicalSectorBytes: 4096,
    smart: {
      kind: 'ata',
      firmware: 'SN02',
      hours,
      celsius,
      powerCycles: 41,
      rotationRate: 7200,
      failing,
      shortMinutes: 2,
      // About a minute a gigabyte and a half: what makers print.
      longMinutes: Math.round(base.sizeBytes / 1.2e10),
      attributes: [
        attribute(1, 'Raw_Read_Error_Rate', failing ? 218_113_920 : 0, {
          thresh: 44,
          flags: 'POSR-- ',
          value: 83,
        }),
        attribute(5, 'Reallocated_Sector_Ct', reallocated, { value: spare, thresh: 10, flags: 'PO--CK ' }),
        attribute(9, 'Power_On_Hours', hours),
        attribute(187, 'Reported_Uncorrect', uncorrectable),
        attribute(194, 'Temperature_Celsius', celsius, { value: celsius, flags: '-O---K ' }),
        attribute(197, 'Current_Pending_Sector', pending, { flags: '-O--C- ' }),
        attribute(198, 'Offline_Uncorrectable', uncorrectable, { flags: '----C- ' }),
      ],
      tests: worn.tests ?? [passedTest('Short offline', hours - 20)],
    },
  };
}

/** An SSD on SATA. @param usedPercent of its rated endurance */
export function solidState(base: Base, worn: Worn, usedPercent: number): DemoDisk {
  const disk = hardDisk(base, worn);
  if (disk.smart?.kind !== 'ata') return disk;
  const { rotationRate: _turns, ...smart } = disk.smart;
  const left = 100 - usedPercent;
  return {
    ...disk,
    rotational: false,
    smart: {
      ...smart,
      rotationRate: 0,
      longMinutes: 60,
      attributes: [
        attribute(5, 'Reallocated_Sector_Ct', worn.reallocated ?? 0, { flags: '-O--CK ' }),
        attribute(9, 'Power_On_Hours', worn.hours),
        attribute(194, 'Temperature_Celsius', worn.celsius, { value: 100 - worn.celsius, flags: '-O---K ' }),
        attribute(233, 'Media_Wearout_Indicator', 0, { value: left, worst: left }),
      ],
    },
  };
}

export function nvme(
  base: Base,
  worn: { hours: number; celsius: number; usedPercent: number; mediaErrors?: number },
): DemoDisk {
  const { hours, celsius, usedPercent, mediaErrors = 0 } = worn;
  const name = base.model.replaceAll(' ', '_');
  const wwn = wwnOf('eui.00253855', base.serial);
  return {
    ...base,
    type: 'disk',
    wwn,
    byId: [`nvme-${name}_${base.serial}`, `nvme-${wwn}`],
    transport: 'nvme',
    subsystems: 'block:nvme:pci',
    rotational: false,
    physicalSectorBytes: 512,
    smart: { kind: 'nvme', firmware: '5B2QGXA7', hours, celsius, powerCycles: 38, usedPercent, mediaErrors },
  };
}

/** A disk that a hypervisor provides: no model, no SMART. */
export function virtioDisk(base: Omit<Base, 'model'>): DemoDisk {
  return {
    ...base,
    type: 'disk',
    model: null,
    wwn: null,
    byId: [`virtio-${base.serial}`],
    transport: null,
    subsystems: 'block:virtio:pci',
    // As the kernel reports every virtio disk by itself.
    rotational: true,
    physicalSectorBytes: 512,
    smart: null,
  };
}

/** A disk in a case of its own, whose bridge lets no SMART through. */
export function usbDisk(base: Base): DemoDisk {
  return {
    ...base,
    type: 'disk',
    wwn: null,
    byId: [`usb-${base.model}_${base.serial}-0:0`],
    transport: 'usb',
    subsystems: 'block:scsi:usb:pci',
    rotational: true,
    physicalSectorBytes: 4096,
    smart: null,
  };
}

const partition = (disk: DemoDisk, number: number): string =>
  `${disk.name}${/\d$/.test(disk.name) ? 'p' : ''}${number}`;

export interface Part {
  number: number;
  sizeBytes: number;
  content?: DemoBlock['content'];
  partitionLabel?: string;
  mountpoint?: string;
  usedBytes?: number;
  children?: readonly DemoBlock[];
}

/** The disk cut into partitions; `sizeBytes: 0` takes what the others leave. */
export function partitioned(disk: DemoDisk, parts: readonly Part[]): DemoDisk {
  const taken = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    ...disk,
    partitionTable: 'gpt',
    children: parts.map(({ number, sizeBytes, usedBytes, mountpoint, ...part }): DemoBlock => {
      const size = sizeBytes === 0 ? disk.sizeBytes - taken - 2 * mebibyte : sizeBytes;
      const filesystem =
        usedBytes === undefined
          ? {}
          : { filesystem: { sizeBytes: Math.round(size * 0.982), usedBytes: Math.round(usedBytes) } };
      return {
        ...part,
        ...filesystem,
        ...(mountpoint === undefined ? {} : { mountpoint }),
        name: partition(disk, number),
        type: 'part',
        sizeBytes: size,
      };
    }),
  };
}

/** How `zpool create` cuts a whole disk: one for the pool, 8 MiB in reserve. */
export function wholeDiskZfs(disk: DemoDisk, pool: string): DemoDisk {
  const label = hashOf(pool + disk.serial)
    .toString(16)
    .padStart(8, '0');
  return partitioned(disk, [
    {
      number: 1,
      sizeBytes: disk.sizeBytes - 10 * mebibyte,
      content: { type: 'zfs_member', label: pool },
      partitionLabel: `zfs-${label}${label}`,
    },
    { number: 9, sizeBytes: 8 * mebibyte },
  ]);
}
