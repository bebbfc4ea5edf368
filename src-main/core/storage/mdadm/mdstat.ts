import { clampPercent } from '../columns';
import { unexpectedOutput } from '../unexpected';
import { arrayNamePattern } from './commands';

/** What the kernel calls it; a repair shows as `resync` here and as `repair` in sync_action. */
export const syncKinds = ['resync', 'recovery', 'check', 'reshape'] as const;
export type SyncKind = (typeof syncKinds)[number];

export interface MdstatSync {
  kind: SyncKind;
  /**
   * `delayed`: waits for another array on the same disks; `pending`: starts with the first write; `remote`:
   * another host of a cluster does it.
   */
  state: 'running' | 'delayed' | 'pending' | 'remote';
  percent: number | null;
  etaSeconds: number | null;
  /** The line of the kernel, without its bar. */
  text: string;
}

export interface MdstatMember {
  /** Kernel name: `vdb`, `sda1`. */
  name: string;
  /** Number of the member in the superblock, not its place. */
  number: number;
  /** S spare, F faulty, R replacement, W write-mostly, J journal. */
  flags: string[];
}

export interface MdstatArray {
  /** `md0` */
  name: string;
  active: boolean;
  readOnly: 'auto' | 'yes' | null;
  level: string | null;
  members: MdstatMember[];
  /** `1.2`, `external:imsm`, `external:/md127/0`; null: 0.90 or none. */
  metadata: string | null;
  /** `UU_`: one letter for each place; null: the level has no redundancy. */
  places: string | null;
  sync: MdstatSync | null;
  bitmap: boolean;
}

const command = 'cat /proc/mdstat';

function parseHeader(line: string): MdstatArray {
  const match =
    /^(?<name>\S+) : (?<state>active|inactive|broken)(?: \((?<readOnly>auto-read-only|read-only)\))?(?<rest>(?: \S+)*) *$/.exec(
      line,
    )?.groups;
  const name = match?.['name'] ?? '';
  if (match === undefined || !arrayNamePattern.test(name)) {
    throw unexpectedOutput(command, 'a line is not about an array', line);
  }
  let level: string | null = null;
  const members: MdstatMember[] = [];
  for (const word of (match['rest'] ?? '').split(' ').filter((part) => part !== '')) {
    const member = /^(?<name>[^[\]]+)\[(?<number>\d+)\](?<flags>(?:\([A-Z]\))*)$/.exec(word)?.groups;
    if (member !== undefined) {
      members.push({
        name: member['name'] ?? '',
        number: Number(member['number']),
        flags: [...(member['flags'] ?? '').matchAll(/\(([A-Z])\)/g)].map(([, flag = '']) => flag),
      });
    } else if (level === null && members.length === 0) {
      level = word;
    } else {
      throw unexpectedOutput(command, `"${word}" is not a member`, line);
    }
  }
  const readOnly = match['readOnly'];
  return {
    name,
    active: match['state'] !== 'inactive',
    readOnly: readOnly === undefined ? null : readOnly === 'read-only' ? 'yes' : 'auto',
    level,
    members,
    metadata: null,
    places: null,
    sync: null,
    bitmap: false,
  };
}

function isSyncKind(word: string | undefined): word is SyncKind {
  return syncKinds.some((kind) => kind === word);
}

const waits: Record<string, MdstatSync['state']> = {
  DELAYED: 'delayed',
  PENDING: 'pending',
  REMOTE: 'remote',
};

function parseSync(line: string): MdstatSync | null {
  const waiting = /^\s*(?<kind>[a-z]+)=(?<word>DELAYED|PENDING|REMOTE)\s*$/.exec(line)?.groups;
  if (waiting !== undefined && isSyncKind(waiting['kind'])) {
    const state = waits[waiting['word'] ?? ''] ?? 'delayed';
    return { kind: waiting['kind'], state, percent: null, etaSeconds: null, text: line.trim() };
  }
  const running =
    /^\s*\[[=>.]+\]\s+(?<text>(?<kind>[a-z]+) = +(?<percent>\d+\.\d+)% \(\d+\/\d+\)(?: finish=(?<minutes>[\d.]+)min)?(?: speed=(?<speed>\d+)K\/sec)?)\s*$/.exec(
      line,
    )?.groups;
  if (running === undefined || !isSyncKind(running['kind'])) return null;
  const minutes = running['minutes'];
  return {
    kind: running['kind'],
    state: 'running',
    percent: clampPercent(Number(running['percent'])),
    // The kernel rounds to tenths of a minute and prints huge numbers while it stands still.
    etaSeconds: minutes === undefined || running['speed'] === '0' ? null : Math.round(Number(minutes) * 60),
    text: (running['text'] ?? '').replace(/ {2,}/g, ' '),
  };
}

/** Arrays of /proc/mdstat in the kernel's order (md(4)). Throws `unexpected-output`. */
export function parseMdstat(stdout: string): MdstatArray[] {
  const arrays: MdstatArray[] = [];
  let current: MdstatArray | null = null;
  let head = false;
  for (const line of stdout.split('\n')) {
    if (/^Personalities :/.test(line)) {
      head = true;
      continue;
    }
    if (line.trim() === '' || /^unused devices:/.test(line)) continue;
    if (!/^\s/.test(line)) {
      current = parseHeader(line);
      arrays.push(current);
      continue;
    }
    if (current === null) throw unexpectedOutput(command, 'a line stands before the first array', line);
    if (/^\s+\d+ blocks/.test(line)) {
      current.metadata = /\bsuper (\S+)/.exec(line)?.[1] ?? null;
      current.places = /\[\d+\/\d+\] \[([U_]+)\]/.exec(line)?.[1] ?? null;
      continue;
    }
    if (/^\s+bitmap:/.test(line)) {
      current.bitmap = true;
      continue;
    }
    const sync = parseSync(line);
    if (sync !== null) current.sync = sync;
    else if (/[=%]/.test(line)) throw unexpectedOutput(command, 'a line of progress is unknown', line);
  }
  if (!head) throw unexpectedOutput(command, 'the line "Personalities" is not in it', stdout);
  return arrays;
}
