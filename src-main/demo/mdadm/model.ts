import type { Random } from '../random';
import type { DemoDisk } from './disks';

/**
 * Arrays of a simulated host: what md and mdadm 4.2 keep, and how it changes with time and commands. Sizes in KiB,
 * as md counts them.
 */

export type DemoLevel = 'raid0' | 'raid1' | 'raid5' | 'raid6' | 'raid10';
export type DemoMemberState = 'sync' | 'rebuilding' | 'spare' | 'faulty';

export interface DemoMember {
  /** In the superblock; never reused while the array lives. */
  number: number;
  disk: DemoDisk;
  slot: number | null;
  state: DemoMemberState;
  /** Marked by --replace: gives its place to the member that is rebuilt for it. */
  replaced: boolean;
  /** Takes the place of another that still works. */
  replacement: boolean;
}

export type DemoSyncAction = 'check' | 'repair' | 'resync' | 'recover' | 'reshape';

export interface DemoSync {
  action: DemoSyncAction;
  startedAtMs: number;
  totalKib: number;
  speedKib: number;
  /** Of a reshape: places before. */
  from: number | null;
}

export interface DemoArray {
  /** `md0` */
  name: string;
  level: DemoLevel;
  places: number;
  chunkKib: number | null;
  /** What each member gives. */
  usedKib: number;
  offsetKib: number;
  bitmap: boolean;
  uuid: string;
  label: string;
  createdAtMs: number;
  updatedAtMs: number;
  events: number;
  /** In the order in which the kernel took them in. */
  members: DemoMember[];
  started: boolean;
  sync: DemoSync | null;
  lastSyncAction: string;
  mismatchSectors: number;
  content: { type: string; uuid: string; label: string | null } | null;
  mountpoint: string | null;
}

export const dataOffsetKib = (level: DemoLevel, sizeKib: number): number => {
  if (sizeKib > 100 * 1024 * 1024) return 132_096;
  return level === 'raid1' ? 1024 : 2048;
};

const redundant = (level: DemoLevel): boolean => level !== 'raid0';

export class MdadmModel {
  readonly disks: DemoDisk[] = [];
  readonly arrays: DemoArray[] = [];
  /** Arrays that exist on disks only. */
  readonly stopped: DemoArray[] = [];
  readonly personalities: string[] = ['raid6', 'raid5', 'raid4', 'raid1', 'raid10'];

  constructor(
    private readonly random: Random,
    readonly hostname: string,
    /** KiB a second that a check, resync or rebuild makes of each member. */
    readonly speedKib: number,
  ) {}

  uuid(): string {
    const part = (): string =>
      Math.floor(this.random.next() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0');
    return [part(), part(), part(), part()].join(':');
  }

  disk(path: string): DemoDisk | undefined {
    return this.disks.find(({ name, byId }) => path === `/dev/${name}` || path === `/dev/disk/by-id/${byId}`);
  }

  array(path: string): DemoArray | undefined {
    return this.arrays.find(({ name }) => path === `/dev/${name}`);
  }

  holderOf(disk: DemoDisk): DemoArray | undefined {
    return this.arrays.find(({ members }) => members.some((member) => member.disk === disk));
  }

  /** Mounted, in an array, or divided: the kernel gives it to nobody else. */
  isBusy(disk: DemoDisk): boolean {
    return (
      this.holderOf(disk) !== undefined ||
      disk.mountpoint !== null ||
      disk.partitions.some(({ mountpoint }) => mountpoint !== null)
    );
  }

  sizeKib(array: DemoArray, places = array.places): number {
    switch (array.level) {
      case 'raid0':
        return array.usedKib * places;
      case 'raid1':
        return array.usedKib;
      case 'raid5':
        return array.usedKib * (places - 1);
      case 'raid6':
        return array.usedKib * (places - 2);
      case 'raid10':
        return Math.floor((array.usedKib * places) / 2);
    }
  }

  create(
    name: string,
    level: DemoLevel,
    disks: readonly DemoDisk[],
    options: {
      spares?: readonly DemoDisk[];
      bitmap?: boolean;
      atMs: number;
      synced?: boolean;
      label?: string;
      speedKib?: number;
    },
  ): DemoArray {
    const { spares = [], bitmap = false, atMs, synced = false } = options;
    const smallest = Math.floor(Math.min(...disks.map(({ sizeBytes }) => sizeBytes)) / 1024);
    const offsetKib = dataOffsetKib(level, smallest);
    const chunkKib = level === 'raid1' ? null : 512;
    const room = smallest - offsetKib;
    const array: DemoArray = {
      name,
      level,
      places: disks.length,
      chunkKib,
      usedKib: chunkKib === null ? room : Math.floor(room / chunkKib) * chunkKib,
      offsetKib,
      bitmap,
      uuid: this.uuid(),
      label: options.label ?? `${this.hostname}:${name.replace(/^md/, '')}`,
      createdAtMs: atMs,
      updatedAtMs: atMs,
      events: synced ? 17 : 0,
      members: [],
      started: true,
      sync: null,
      lastSyncAction: synced ? 'resync' : 'none',
      mismatchSectors: 0,
      content: null,
      mountpoint: null,
    };
    const add = (disk: DemoDisk, number: number, slot: number | null, state: DemoMemberState): void => {
      array.members.push({ number, disk, slot, state, replaced: false, replacement: false });
      this.label(disk, array);
    };
    // A new RAID5 is built by rebuilding its last member from the others, which is quicker than writing parity.
    const builds = level === 'raid5' && !synced;
    disks.forEach((disk, slot) => {
      const last = builds && slot === disks.length - 1;
      if (!last) add(disk, slot, slot, 'sync');
    });
    spares.forEach((disk, index) => add(disk, disks.length + index, null, 'spare'));
    const last = disks.at(-1);
    if (builds && last !== undefined) add(last, disks.length + spares.length, disks.length - 1, 'rebuilding');
    if (level === 'raid0' && !this.personalities.includes('raid0')) this.personalities.push('raid0');
    this.arrays.unshift(array);
    if (redundant(level) && !synced) {
      this.start(array, builds ? 'recover' : 'resync', atMs, options.speedKib);
    }
    return array;
  }

  /** Writes the superblock: what lsblk and blkid then see of the disk. */
  label(disk: DemoDisk, array: DemoArray): void {
    disk.partitions = [];
    disk.content = { type: 'linux_raid_member', uuid: array.uuid, label: array.label, version: '1.2' };
  }

  start(
    array: DemoArray,
    action: DemoSyncAction,
    atMs: number,
    speedKib = this.speedKib,
    from: number | null = null,
  ): void {
    const totalKib = array.level === 'raid10' && action !== 'recover' ? this.sizeKib(array) : array.usedKib;
    array.sync = { action, startedAtMs: atMs, totalKib, speedKib, from };
    array.lastSyncAction = action === 'recover' ? 'recovery' : action;
    if (action === 'check' || action === 'repair') array.mismatchSectors = 0;
  }

  doneKib(array: DemoArray, atMs: number): number {
    const { sync } = array;
    if (sync === null) return 0;
    const seconds = Math.max(0, atMs - sync.startedAtMs) / 1000;
    return Math.min(sync.totalKib, Math.floor((seconds * sync.speedKib) / 4) * 4);
  }

  inSync(array: DemoArray): DemoMember[] {
    return array.members.filter(({ state, replacement }) => state === 'sync' && !replacement);
  }

  emptySlots(array: DemoArray): number[] {
    const taken = new Set(array.members.map(({ slot }) => slot));
    return Array.from({ length: array.places }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  }

  /** Places without full data. */
  degraded(array: DemoArray): number {
    const held = new Set(this.inSync(array).map(({ slot }) => slot));
    return array.places - held.size;
  }

  /** How many places may be without data. */
  tolerance(array: DemoArray): number {
    switch (array.level) {
      case 'raid0':
        return 0;
      case 'raid1':
        return array.places - 1;
      case 'raid5':
      case 'raid10':
        return 1;
      case 'raid6':
        return 2;
    }
  }

  isFailed(array: DemoArray): boolean {
    return this.degraded(array) > this.tolerance(array);
  }

  /** What time has done since the last look. */
  advance(atMs: number): void {
    for (const array of this.arrays) {
      const { sync } = array;
      if (sync === null || this.doneKib(array, atMs) < sync.totalKib) continue;
      array.sync = null;
      array.updatedAtMs = sync.startedAtMs + Math.round((sync.totalKib / sync.speedKib) * 1000);
      array.events += 17;
      for (const member of array.members) {
        if (member.state !== 'rebuilding') continue;
        const old = array.members.find(
          (each) => each !== member && each.slot === member.slot && each.replaced,
        );
        if (old !== undefined) {
          old.state = 'faulty';
          old.slot = null;
          old.replaced = false;
        }
        member.state = 'sync';
        member.replacement = false;
      }
      this.recover(array, array.updatedAtMs);
    }
  }

  /** Gives spares the empty places, or those marked for replacement, as the kernel does by itself. */
  recover(array: DemoArray, atMs: number, preferred: DemoMember | null = null): void {
    if (!array.started || !redundant(array.level) || this.isFailed(array)) return;
    if (array.sync !== null && array.sync.action !== 'check' && array.sync.action !== 'repair') return;
    const spares = array.members.filter(({ state }) => state === 'spare');
    const next = (): DemoMember | undefined =>
      preferred !== null && spares.includes(preferred)
        ? spares.splice(spares.indexOf(preferred), 1)[0]
        : spares.shift();
    let busy = false;
    for (const slot of this.emptySlots(array)) {
      const spare = next();
      if (spare === undefined) break;
      spare.slot = slot;
      spare.state = 'rebuilding';
      busy = true;
    }
    for (const old of array.members.filter(({ replaced, state }) => replaced && state === 'sync')) {
      const spare = next();
      if (spare === undefined) break;
      spare.slot = old.slot;
      spare.state = 'rebuilding';
      spare.replacement = true;
      busy = true;
    }
    if (busy) this.start(array, 'recover', atMs);
  }

  stop(array: DemoArray): void {
    this.arrays.splice(this.arrays.indexOf(array), 1);
    array.sync = null;
    array.started = false;
    this.stopped.push(array);
  }

  /** Every array that superblocks of these disks tell of. */
  labelled(disks: readonly DemoDisk[] = this.disks): Map<DemoArray, DemoDisk[]> {
    const found = new Map<DemoArray, DemoDisk[]>();
    for (const disk of disks) {
      if (disk.content?.type !== 'linux_raid_member') continue;
      const array = [...this.arrays, ...this.stopped].find(({ uuid }) => uuid === disk.content?.uuid);
      if (array !== undefined) found.set(array, [...(found.get(array) ?? []), disk]);
    }
    return found;
  }
}
