import { z } from 'zod';
import { readJson, unexpectedOutput } from '../../storage/unexpected';
import { loopPattern } from './names';

/** What dmsetup, losetup, stat, grep, df and dumpe2fs print. An empty list means that there are none. Pure. */

const nothing = 'No devices found\n';
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** `Library version: …`, `Driver version: …`; null: the kernel has no device-mapper. */
export function parseVersion(stdout: string): { library: string; driver: string | null } {
  const library = /^Library version:\s+(\S+)/m.exec(stdout)?.[1];
  if (library === undefined) throw unexpectedOutput('dmsetup version', 'it names no library version', stdout);
  return { library, driver: /^Driver version:\s+(\S+)/m.exec(stdout)?.[1] ?? null };
}

/** Names of the targets that the kernel has loaded, with their versions. */
export function parseTargets(stdout: string): ReadonlyMap<string, string> {
  return new Map(
    linesOf(stdout).map((line) => {
      const [, name, version] = /^(\S+)\s+v(\d+\.\d+\.\d+)$/.exec(line) ?? [];
      if (name === undefined || version === undefined) {
        throw unexpectedOutput('dmsetup targets', 'a line is not a target and its version', line);
      }
      return [name, version];
    }),
  );
}

export interface DeviceInfo {
  name: string;
  /** Of LVM: begins with `LVM-`. Ours have none. */
  uuid: string;
  /** `254:0` */
  number: string;
  open: number;
}

/** `dmsetup info -c --noheadings --separator '|' -o name,uuid,major,minor,open,segments,attr`. */
export function parseInfo(stdout: string): DeviceInfo[] {
  if (stdout === nothing) return [];
  return linesOf(stdout).map((line) => {
    // A UUID may hold a `|`, a name is what stands before the first one.
    const [, name, uuid = '', major, minor, open] =
      /^([^|]+)\|(.*)\|(\d+)\|(\d+)\|(\d+)\|\d+\|[^|]+$/.exec(line) ?? [];
    if (name === undefined) throw unexpectedOutput('dmsetup info', 'a line has not its seven columns', line);
    return { name, uuid, number: `${major}:${minor}`, open: Number(open) };
  });
}

export interface DeviceTable {
  name: string;
  target: string;
  sectors: number;
  /** Numbers of the devices it stands on. */
  below: string[];
  /** Of a snapshot: its origin, its store, whether it is kept and the chunk size in sectors. */
  snapshot: { base: string; cow: string; persistent: boolean; chunkSectors: number } | null;
}

/** `dmsetup table`: one line for each part of each device. */
export function parseTables(stdout: string): DeviceTable[] {
  if (stdout === nothing) return [];
  return linesOf(stdout).flatMap((line): DeviceTable[] => {
    const [, name = '', rest = ''] = /^(.+?): ?(.*)$/.exec(line) ?? [];
    // A device without a table yet.
    if (name !== '' && rest === '') return [];
    const [start, sectors, target, ...args] = rest.split(' ');
    if (name === '' || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(sectors ?? '') || target === undefined) {
      throw unexpectedOutput('dmsetup table', 'a line is not a name and its table', line);
    }
    const below = args.filter((word) => /^\d+:\d+$/.test(word));
    return [
      { name, target, sectors: Number(sectors), below, snapshot: snapshotArguments(target, args, line) },
    ];
  });
}

function snapshotArguments(target: string, args: readonly string[], line: string): DeviceTable['snapshot'] {
  if (target !== 'snapshot') return null;
  const [base, cow, kind, chunk] = args;
  const device = /^\d+:\d+$/;
  if (!device.test(base ?? '') || !device.test(cow ?? '') || !/^(?:P|PO|N|NO)$/.test(kind ?? '')) {
    throw unexpectedOutput('dmsetup table', 'a snapshot has not its origin, store and kind', line);
  }
  return {
    base: base ?? '',
    cow: cow ?? '',
    persistent: kind?.startsWith('P') === true,
    chunkSectors: Number(chunk),
  };
}

export type SnapshotStatus =
  | { kind: 'used'; usedSectors: number; totalSectors: number; metadataSectors: number }
  /** Lost for good. */
  | { kind: 'invalid' | 'overflow' | 'merge-failed' }
  | { kind: 'unknown' };

const lost = {
  Invalid: 'invalid',
  Overflow: 'overflow',
  'Merge failed': 'merge-failed',
  Unknown: 'unknown',
} as const;

function isLostWord(word: string): word is keyof typeof lost {
  return word in lost;
}

/** The part of a status line behind `snapshot `. */
export function parseSnapshotStatus(text: string): SnapshotStatus {
  if (isLostWord(text)) return { kind: lost[text] };
  const [, used, total, metadata] = /^(\d+)\/(\d+) (\d+)$/.exec(text) ?? [];
  if (used === undefined) throw unexpectedOutput('dmsetup status', 'a snapshot has no known status', text);
  return {
    kind: 'used',
    usedSectors: Number(used),
    totalSectors: Number(total),
    metadataSectors: Number(metadata),
  };
}

/** `dmsetup status --target snapshot`, by name. */
export function parseStatus(stdout: string): ReadonlyMap<string, SnapshotStatus> {
  if (stdout === nothing) return new Map();
  return new Map(
    linesOf(stdout).map((line) => {
      const [, name, rest] = /^(.+?): \d+ \d+ snapshot (.*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) {
        throw unexpectedOutput('dmsetup status', 'a line is not the status of a snapshot', line);
      }
      return [name, parseSnapshotStatus(rest.trimEnd())];
    }),
  );
}

const losetupSchema = z.object({
  loopdevices: z.array(
    z.object({
      name: z.string().regex(loopPattern),
      'maj:min': z.string().transform((text) => text.trim()),
      autoclear: z.boolean(),
      ro: z.boolean(),
      'back-file': z.string().nullable(),
    }),
  ),
});

export interface LoopDevice {
  name: string;
  /** `7:3` */
  number: string;
  /** It goes as soon as nobody uses it any more. */
  autoclear: boolean;
  readOnly: boolean;
  /** null: it has none, or the kernel does not say. */
  file: string | null;
  /** The file was deleted; it is still there as long as the device has it. */
  deleted: boolean;
}

/** `losetup --json --list`: only devices that have a file. util-linux before 2.37 prints nothing at all for none. */
export function parseLoops(stdout: string): LoopDevice[] {
  if (stdout.trim() === '') return [];
  return readJson('losetup --json', stdout, losetupSchema).loopdevices.map(
    ({ name, autoclear, ro, ...rest }) => {
      const path = rest['back-file'];
      const deleted = path?.endsWith(' (deleted)') === true;
      return {
        name,
        number: rest['maj:min'],
        autoclear,
        readOnly: ro,
        file: deleted ? (path?.slice(0, -' (deleted)'.length) ?? null) : path,
        deleted,
      };
    },
  );
}

/** `grep -rsZ -m1 … -e .`: the first line of each description, by path relative to the root. */
export function parseMetas(root: string, stdout: string): ReadonlyMap<string, string> {
  return new Map(
    linesOf(stdout).map((line) => {
      const at = line.indexOf('\0');
      const path = line.slice(0, Math.max(0, at));
      if (!path.startsWith(`${root}/`)) {
        throw unexpectedOutput('grep', 'a line is not a path and what the file begins with', line);
      }
      return [path.slice(root.length + 1), line.slice(at + 1)];
    }),
  );
}

export interface Space {
  sizeBytes: number;
  freeBytes: number;
}

/** `df -B1 --output=size,avail`. */
export function parseSpace(stdout: string): Space {
  const [, size, free] = /^\s*1B-blocks\s+Avail\n\s*(\d+)\s+(\d+)\n$/.exec(stdout) ?? [];
  if (size === undefined) throw unexpectedOutput('df', 'it is not a size and what is free', stdout);
  return { sizeBytes: Number(size), freeBytes: Number(free) };
}

/** `dumpe2fs -h`: how large the file system in an image is. */
export function parseSuperblock(stdout: string): { filesystemBytes: number; state: string } {
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(stdout)?.[1];
  const [count, size, state] = [field('Block count'), field('Block size'), field('Filesystem state')];
  if (count === undefined || size === undefined || state === undefined || !/^\d+$/.test(`${count}${size}`)) {
    throw unexpectedOutput('dumpe2fs -h', 'it names no block count, block size and state', stdout);
  }
  return { filesystemBytes: Number(count) * Number(size), state };
}

/** `The filesystem on X is now 60005 (1k) blocks long.` null: resize2fs says something else. */
export function parseResized(stdout: string): { blocks: number; blockBytes: number } | null {
  const [, blocks, size, unit] = /is (?:now|already) (\d+) \((\d+)(k|M)?\) blocks long/.exec(stdout) ?? [];
  if (blocks === undefined) return null;
  const scale = unit === 'M' ? 1024 ** 2 : unit === 'k' ? 1024 : 1;
  return { blocks: Number(blocks), blockBytes: Number(size) * scale };
}
