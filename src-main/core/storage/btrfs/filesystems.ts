import { unexpectedOutput } from '../unexpected';

/** A device as the superblocks on the host's disks name it. */
export interface ShownDevice {
  id: number;
  sizeBytes: number;
  /** Allocated to chunks. */
  usedBytes: number;
  /** null: missing. */
  path: string | null;
}

/** A file system as `btrfs filesystem show` finds it, mounted or not. */
export interface ShownFilesystem {
  uuid: string;
  label: string | null;
  deviceCount: number;
  /** What files and trees take, each byte once, whatever the profile. */
  usedBytes: number;
  devices: ShownDevice[];
  /** Devices that the tool knows to be missing; unmounted ones are counted, not listed. */
  missing: boolean;
}

const heading = /^Label: (?:none|'(?<label>.*)')\s+uuid: (?<uuid>[0-9a-f-]{36})$/;
const total = /^\tTotal devices (?<count>\d+) FS bytes used (?<used>\d+)$/;
const device = /^\tdevid\s+(?<id>\d+) size (?<size>\d+) used (?<used>\d+) path (?<path>.*)$/;

/** `btrfs filesystem show --raw`: nothing printed means there are none. */
export function parseShow(stdout: string): ShownFilesystem[] {
  const found: ShownFilesystem[] = [];
  for (const line of stdout.split('\n')) {
    if (line === '' || /^warning, device \d+ is missing$/.test(line)) continue;
    const title = heading.exec(line)?.groups;
    if (title !== undefined) {
      const { label, uuid = '' } = title;
      found.push({ uuid, label: label ?? null, deviceCount: 0, usedBytes: 0, devices: [], missing: false });
      continue;
    }
    const current = found.at(-1);
    const count = total.exec(line)?.groups;
    const member = device.exec(line)?.groups;
    if (current !== undefined && count !== undefined) {
      current.deviceCount = Number(count['count']);
      current.usedBytes = Number(count['used']);
    } else if (current !== undefined && member !== undefined) {
      const path = (member['path'] ?? '').trim();
      const gone = path === '' || /^(?:<missing disk>\s*)?MISSING$/.test(path);
      current.missing ||= gone;
      current.devices.push({
        id: Number(member['id']),
        sizeBytes: Number(member['size']),
        usedBytes: Number(member['used']),
        path: gone ? null : path.replace(/ MISSING$/, ''),
      });
    } else if (current !== undefined && /^\t\*\*\* Some devices missing$/.test(line)) {
      current.missing = true;
    } else {
      throw unexpectedOutput('btrfs filesystem show', 'a line is of another form', line);
    }
  }
  return found;
}

export interface Chunks {
  kind: 'Data' | 'Metadata' | 'System' | 'Data+Metadata';
  profile: string;
  sizeBytes: number;
  usedBytes: number;
}

export interface Usage {
  deviceSizeBytes: number;
  unallocatedBytes: number;
  missingBytes: number;
  /** What can still be written, as far as the profile lets one say. */
  freeBytes: number;
  freeAtLeastBytes: number;
  multipleProfiles: boolean;
  chunks: Chunks[];
}

/** `btrfs filesystem usage -b`. */
export function parseUsage(stdout: string): Usage {
  const fail = (why: string): never => {
    throw unexpectedOutput('btrfs filesystem usage', why, stdout);
  };
  if (!stdout.startsWith('Overall:\n')) fail('it does not begin with "Overall:"');
  const number = (label: string): number => {
    const text = new RegExp(`^\\s+${label}:\\s+(\\d+)`, 'm').exec(stdout)?.[1];
    return text === undefined ? fail(`it has no "${label}"`) : Number(text);
  };
  const free = /^\s+Free \(estimated\):\s+(\d+)\s+\(min: (\d+)\)/m.exec(stdout);
  const chunks = [
    ...stdout.matchAll(/^(Data\+Metadata|Data|Metadata|System),\s*(\w+): Size:(\d+), Used:(\d+)/gm),
  ].map(([, kind, profile = '', size, used]): Chunks => ({
    kind: kind as Chunks['kind'],
    profile,
    sizeBytes: Number(size),
    usedBytes: Number(used),
  }));
  if (free === null) fail('it does not say what is free');
  if (chunks.length === 0) fail('it names no chunks');
  return {
    deviceSizeBytes: number('Device size'),
    unallocatedBytes: number('Device unallocated'),
    missingBytes: number('Device missing'),
    freeBytes: Number(free?.[1]),
    freeAtLeastBytes: Number(free?.[2]),
    // Not there before 5.11.
    multipleProfiles: /^\s+Multiple profiles:\s+yes/m.test(stdout),
    chunks,
  };
}

export interface DeviceUsage {
  /** 0: the target of a replacement under way. */
  id: number;
  /** null: missing. */
  path: string | null;
  /** 0 for a missing one (6.2). */
  sizeBytes: number;
  allocatedBytes: number;
  /** What of the device the file system does not use: it has grown, or was made smaller. */
  slackBytes: number;
  unallocatedBytes: number;
}

/** `btrfs device usage -b`. */
export function parseDevices(stdout: string): DeviceUsage[] {
  const blocks = stdout
    .split(/\n\n+/)
    .map((block) => block.trim())
    .filter((block) => block !== '');
  if (blocks.length === 0) throw unexpectedOutput('btrfs device usage', 'it names no device', stdout);
  return blocks.map((block) => {
    const [, name = '', id] = /^(.+), ID: (\d+)$/m.exec(block) ?? [];
    const number = (label: string): number | null => {
      const text = new RegExp(`^\\s+${label}:\\s+(-?\\d+)$`, 'm').exec(block)?.[1];
      // Below zero while the device is removed: its size counts as nothing, what is left on it still does.
      return text === undefined ? null : Math.max(0, Number(text));
    };
    const [size, slack, unallocated] = [number('Device size'), number('Device slack'), number('Unallocated')];
    if (id === undefined || size === null || unallocated === null) {
      throw unexpectedOutput('btrfs device usage', 'a device has no id, size or unallocated space', block);
    }
    return {
      id: Number(id),
      path: /^(?:<missing disk>|missing)$/i.test(name) ? null : name,
      sizeBytes: size,
      slackBytes: slack ?? 0,
      unallocatedBytes: unallocated,
      allocatedBytes: [...block.matchAll(/^\s+[A-Za-z+]+,\w+:\s+(\d+)$/gm)].reduce(
        (sum, [, bytes]) => sum + Number(bytes),
        0,
      ),
    };
  });
}

export interface DeviceErrors {
  write: number;
  read: number;
  flush: number;
  corruption: number;
  generation: number;
}

const counters: Record<string, keyof DeviceErrors> = {
  write_io_errs: 'write',
  read_io_errs: 'read',
  flush_io_errs: 'flush',
  corruption_errs: 'corruption',
  generation_errs: 'generation',
};

/** `btrfs device stats` by what stands in the brackets: a path, `devid:2` for a missing device. */
export function parseStats(stdout: string): Map<string, DeviceErrors> {
  const devices = new Map<string, DeviceErrors>();
  for (const line of stdout.split('\n')) {
    if (line === '') continue;
    const [, name, counter = '', value] = /^\[(.+)\]\.(\w+)\s+(\d+)$/.exec(line) ?? [];
    const key = counters[counter];
    if (name === undefined || key === undefined) {
      throw unexpectedOutput('btrfs device stats', 'a line is of another form', line);
    }
    const errors = devices.get(name) ?? { write: 0, read: 0, flush: 0, corruption: 0, generation: 0 };
    errors[key] = Number(value);
    devices.set(name, errors);
  }
  return devices;
}

export function errorCount(errors: DeviceErrors): number {
  return errors.write + errors.read + errors.flush + errors.corruption + errors.generation;
}

/** Copies of everything, so devices that may fail; least devices to make a new chunk on (btrfs-man5). */
const profiles: Record<string, { mayFail: number; leastDevices: number }> = {
  single: { mayFail: 0, leastDevices: 1 },
  DUP: { mayFail: 0, leastDevices: 1 },
  RAID0: { mayFail: 0, leastDevices: 1 },
  RAID1: { mayFail: 1, leastDevices: 2 },
  RAID1C3: { mayFail: 2, leastDevices: 3 },
  RAID1C4: { mayFail: 3, leastDevices: 4 },
  RAID10: { mayFail: 1, leastDevices: 2 },
  RAID5: { mayFail: 1, leastDevices: 2 },
  RAID6: { mayFail: 2, leastDevices: 3 },
};

/** Devices that may be missing before something is lost. An unknown profile is trusted with none. */
export function mayFail(chunks: readonly Chunks[]): number {
  return Math.min(...chunks.map(({ profile }) => profiles[profile]?.mayFail ?? 0));
}

/** The least devices that all profiles in use can live with. */
export function leastDevices(chunks: readonly Chunks[]): number {
  return Math.max(...chunks.map(({ profile }) => profiles[profile]?.leastDevices ?? 1));
}

/** `data RAID1, metadata RAID1`, both of each where a conversion is half done. */
export function describeProfiles(chunks: readonly Chunks[]): string {
  const of = (kind: Chunks['kind']): string =>
    chunks
      .filter((chunk) => chunk.kind === kind)
      .map(({ profile }) => profile)
      .join(' and ');
  const mixed = of('Data+Metadata');
  if (mixed !== '') return `mixed ${mixed}`;
  return `data ${of('Data')}, metadata ${of('Metadata')}`;
}
