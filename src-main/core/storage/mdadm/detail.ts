import { unexpectedOutput } from '../unexpected';

/** One row of the member table of `mdadm --detail`. */
export interface DetailMember {
  /** null: an empty place. */
  number: number | null;
  /** Place in the array; null: none (spare, faulty, journal). Two rows share one while a member is replaced. */
  slot: number | null;
  /** `active sync`, `spare rebuilding`, `faulty`, `removed`, `journal`; empty in an array that is not started. */
  state: string;
  /** null: an empty place, or the disk is no longer there (`missing`). */
  path: string | null;
  /** The member is listed, but its device is gone. */
  missing: boolean;
}

export interface ArrayDetail {
  path: string;
  metadata: string | null;
  /** `raid5`, `container`; null: not known while it is not started (mdadm 4.1 and older). */
  level: string | null;
  /** What the array offers; null while it is not started. */
  sizeBytes: number | null;
  /** What each member gives; null for raid0. */
  usedDeviceBytes: number | null;
  raidDevices: number | null;
  /** `clean, degraded, recovering`; null for a container. */
  state: string | null;
  layout: string | null;
  chunk: string | null;
  consistency: string | null;
  bitmap: string | null;
  uuid: string | null;
  name: string | null;
  created: string | null;
  /** Of a volume in a DDF or IMSM container: `/dev/md127, member 0`. */
  container: string | null;
  /** `1, (3->4)` during a reshape. */
  delta: string | null;
  members: DetailMember[];
}

const command = 'mdadm --detail';

function kibibytes(text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = /^(\d+)(?: \(|$)/.exec(text)?.[1];
  if (number === undefined) throw unexpectedOutput(command, `"${text}" is not a size`, text);
  return Number(number) * 1024;
}

function wholeNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d+$/.test(text)) throw unexpectedOutput(command, `"${text}" is not a whole number`, text);
  return Number(text);
}

function parseMember(line: string): DetailMember {
  const match = /^ *(?<number>\d+|-) +\d+ +\d+ +(?<slot>\d+|-)(?<rest>.*)$/.exec(line)?.groups;
  if (match === undefined) throw unexpectedOutput(command, 'a line of its table is unknown', line);
  const rest = (match['rest'] ?? '').trim();
  const path = /(?:^| )(\/dev\/\S+)$/.exec(rest)?.[1] ?? null;
  const missing = path === null && /(?:^| )missing$/.test(rest);
  const state = (path === null ? rest.replace(/(?:^| )missing$/, '') : rest.slice(0, -path.length)).trim();
  const number = match['number'] === '-' ? null : Number(match['number']);
  const slot = match['slot'] === '-' ? null : Number(match['slot']);
  if (path === null && !missing && state !== 'removed') {
    throw unexpectedOutput(command, 'a member has neither a device nor the word "removed"', line);
  }
  return { number, slot, state: state.replace(/ {2,}/g, ' '), path, missing };
}

/**
 * Output of `mdadm --detail ARRAY`: `key : value` lines, then the table of members (mdadm(8); 4.2 captured).
 * Keys that are not known are passed over, as each version adds some. Throws `unexpected-output`.
 */
export function parseDetail(stdout: string): ArrayDetail {
  const lines = stdout.split('\n');
  const path = /^(\/dev\/\S+):$/.exec(lines[0] ?? '')?.[1];
  if (path === undefined) throw unexpectedOutput(command, 'it does not begin with an array', stdout);
  const values = new Map<string, string>();
  const members: DetailMember[] = [];
  let table = false;
  for (const line of lines.slice(1)) {
    if (line.trim() === '') continue;
    if (/^ *Number +Major +Minor +RaidDevice/.test(line)) {
      table = true;
      continue;
    }
    if (table) {
      members.push(parseMember(line));
      continue;
    }
    const [, key, value] = /^ *([A-Z][A-Za-z ]*?) : (.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.trim());
  }
  if (!table) throw unexpectedOutput(command, 'there is no table of members in it', stdout);
  const level = values.get('Raid Level') ?? null;
  const state = values.get('State') ?? null;
  if (state === null && level !== 'container') {
    throw unexpectedOutput(command, 'the line "State" is not in it', stdout);
  }
  const text = (key: string): string | null => values.get(key) ?? null;
  const layout = text('Layout');
  return {
    path,
    metadata: text('Version'),
    level: level === '-unknown-' ? null : level,
    sizeBytes: kibibytes(values.get('Array Size')),
    usedDeviceBytes: kibibytes(values.get('Used Dev Size')),
    raidDevices: wholeNumber(values.get('Raid Devices')),
    state,
    layout: layout === '-unknown-' ? null : layout,
    chunk: text('Chunk Size'),
    consistency: text('Consistency Policy'),
    bitmap: text('Intent Bitmap'),
    uuid: text('UUID'),
    name: text('Name')?.replace(/ +\(local to host [^)]*\)$/, '') ?? null,
    created: text('Creation Time'),
    container: text('Container'),
    delta: text('Delta Devices'),
    members,
  };
}

/** What the files under /sys/block/mdN/md say; null: the file is not there. */
export interface SyncState {
  arrayState: string | null;
  syncAction: string | null;
  lastSyncAction: string | null;
  /** Sectors of 512 bytes that differed in the last check or repair. */
  mismatchSectors: number | null;
}

/** `grep -s . FILE…`: one `path:value` a line. */
export function parseSyncState(stdout: string): SyncState {
  const values = new Map<string, string>();
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const [, file, value] = /^\/sys\/block\/[^/:]+\/md\/([a-z_]+):(.*)$/.exec(line) ?? [];
    if (file === undefined || value === undefined) {
      throw unexpectedOutput('grep -s . /sys/block/…/md/…', 'a line is not of the form file:value', line);
    }
    values.set(file, value);
  }
  const mismatches = values.get('mismatch_cnt');
  return {
    arrayState: values.get('array_state') ?? null,
    syncAction: values.get('sync_action') ?? null,
    lastSyncAction: values.get('last_sync_action') ?? null,
    mismatchSectors: mismatches !== undefined && /^\d+$/.test(mismatches) ? Number(mismatches) : null,
  };
}

/**
 * It was stopped meanwhile, or never was: `cannot open …`, `… does not appear to be an md device`, and
 * `Array associated with md device … does not exist.` while its node outlives the array (4.2).
 */
export const noSuchArray =
  /No such file or directory|does not appear to be an md device|No such device|^mdadm: Array associated with md device \S+ does not exist/m;
export const notRoot = /must be super-user|Permission denied/;
