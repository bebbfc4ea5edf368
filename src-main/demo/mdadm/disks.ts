/** Block devices of a simulated host: disks, partitions and what lies on them, as lsblk, blkid and wipefs see it. */

/** What is written at the start of a device. */
export interface DemoContent {
  /** `ext4`, `vfat`, `swap`, `linux_raid_member`, `LVM2_member` … */
  type: string;
  uuid: string;
  label: string | null;
  version: string | null;
}

export interface DemoDevice {
  name: string;
  type: string;
  major: number;
  minor: number;
  sizeBytes: number;
  content: DemoContent | null;
  mountpoint: string | null;
}

export interface DemoDisk extends DemoDevice {
  model: string | null;
  serial: string;
  /** Name in /dev/disk/by-id, without the folder. */
  byId: string;
  transport: string | null;
  rotational: boolean;
  physicalSectorBytes: number;
  partitions: DemoDevice[];
}

export function asctime(ms: number): string {
  const date = new Date(ms);
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  const weekday = date.toUTCString().slice(0, 3);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
