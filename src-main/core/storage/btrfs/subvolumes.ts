import { unexpectedOutput } from '../unexpected';

/** Id of the top level of every file system (BTRFS_FS_TREE_OBJECTID). */
export const topLevelId = 5;

export interface Subvolume {
  id: number;
  generation: number;
  parentId: number;
  uuid: string;
  /** What it was taken of; null: it is no snapshot, or its origin is not known. */
  parentUuid: string | null;
  /** It came from `btrfs receive`. */
  receivedUuid: string | null;
  /** From the top level of the file system: `/@home`, `/.snapshots/1/snapshot`. */
  path: string;
  readOnly: boolean;
  /** Local time of the host as `YYYY-MM-DD hh:mm:ss`; null: btrfs lists it for snapshots only. */
  takenAt: string | null;
}

const lineOfAll =
  /^ID (?<id>\d+) gen (?<gen>\d+) cgen \d+ parent (?<parent>\d+) top level \d+ parent_uuid (?<origin>\S+)\s+received_uuid (?<received>\S+)\s+uuid (?<uuid>\S+) path (?<path>.+)$/;
const lineOfSnapshot =
  /^ID (?<id>\d+) gen \d+ cgen \d+ top level \d+ otime (?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) uuid \S+ path .+$/;
const lineOfReadOnly = /^ID (?<id>\d+) gen \d+ top level \d+ uuid \S+ path .+$/;

const noUuid = (text: string): string | null => (text === '-' ? null : text);

function rowsOf<Row>(stdout: string, flags: string, read: (line: string) => Row | null): Row[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = read(line);
      if (row === null)
        throw unexpectedOutput(`btrfs subvolume list ${flags}`, 'a line is of another form', line);
      return row;
    });
}

/** What three listings of one file system say. */
export interface SubvolumeListings {
  /** `-pcguqR` */
  all: string;
  /** `-su` */
  snapshots: string;
  /** `-ru` */
  readOnly: string;
  /** The subvolume that the listing was asked through; paths below it come without its own. */
  throughId: number;
}

/**
 * All subvolumes but the top level, in the order of the tool, with full paths.
 *
 * Asked through a mounted subvolume, btrfs prints what lies below it relative to it and everything else from the top
 * level, and nothing tells the two apart but the parents' ids (6.2).
 */
export function parseSubvolumes(listings: SubvolumeListings): Subvolume[] {
  const { throughId } = listings;
  const times = new Map(
    rowsOf(listings.snapshots, '-s', (line) => {
      const { id, time } = lineOfSnapshot.exec(line)?.groups ?? {};
      return id === undefined || time === undefined ? null : ([Number(id), time] as const);
    }),
  );
  const readOnly = new Set(
    rowsOf(listings.readOnly, '-r', (line) => {
      const { id } = lineOfReadOnly.exec(line)?.groups ?? {};
      return id === undefined ? null : Number(id);
    }),
  );
  const rows = rowsOf(listings.all, '-pcguqR', (line) => {
    const groups = lineOfAll.exec(line)?.groups;
    if (groups === undefined) return null;
    const { id = '', gen = '', parent = '', origin = '', received = '', uuid = '', path = '' } = groups;
    return {
      id: Number(id),
      generation: Number(gen),
      parentId: Number(parent),
      uuid,
      parentUuid: noUuid(origin),
      receivedUuid: noUuid(received),
      printed: path,
    };
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const through = byId.get(throughId);
  const isBelow = (row: (typeof rows)[number]): boolean => {
    const seen = new Set<number>();
    for (let at = row.parentId; !seen.has(at);) {
      if (at === throughId) return true;
      seen.add(at);
      const parent = byId.get(at);
      if (parent === undefined) return false;
      at = parent.parentId;
    }
    return false;
  };
  return rows.map(({ printed, ...row }) => ({
    ...row,
    path:
      throughId !== topLevelId && through !== undefined && isBelow(byId.get(row.id) ?? through)
        ? `/${through.printed}/${printed}`
        : `/${printed}`,
    readOnly: readOnly.has(row.id),
    takenAt: times.get(row.id) ?? null,
  }));
}

/** `btrfs subvolume get-default`: id of what is mounted when no other is named. */
export function parseDefault(stdout: string): number {
  const id = /^ID (\d+) (?:\(FS_TREE\)|gen \d+ top level \d+ path .+)$/.exec(stdout.trim())?.[1];
  if (id === undefined) throw unexpectedOutput('btrfs subvolume get-default', 'it names no id', stdout);
  return Number(id);
}

export interface SubvolumeDetails {
  uuid: string;
  parentUuid: string | null;
  receivedUuid: string | null;
  id: number;
  readOnly: boolean;
  createdAtMs: number | null;
}

/** `btrfs subvolume show` of one path. */
export function parseSubvolumeShow(stdout: string): SubvolumeDetails {
  const field = (name: string): string | undefined =>
    new RegExp(`^\\t${name}:[ \\t]*(.*)$`, 'm').exec(stdout)?.[1]?.trim();
  const [uuid, id, flags] = [field('UUID'), field('Subvolume ID'), field('Flags')];
  if (uuid === undefined || id === undefined || flags === undefined || !/^\d+$/.test(id)) {
    throw unexpectedOutput('btrfs subvolume show', 'it has no UUID, no id or no flags', stdout);
  }
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/.exec(field('Creation time') ?? '');
  return {
    uuid,
    parentUuid: noUuid(field('Parent UUID') ?? '-'),
    receivedUuid: noUuid(field('Received UUID') ?? '-'),
    id: Number(id),
    readOnly: flags.split(/[\s,|]+/).includes('readonly'),
    createdAtMs: time === null ? null : Date.parse(`${time[1]}T${time[2]}${time[3]}:${time[4]}`),
  };
}

/** Bytes by subvolume id. null: quotas are off. */
export interface Quotas {
  sizes: ReadonlyMap<number, { referencedBytes: number; exclusiveBytes: number }>;
  /** btrfs says that its numbers are not right: sizes are then left out. */
  inconsistent: boolean;
}

/** `qgroup show --raw -re`. Columns by place: their headings changed with 5.17. */
export function parseQuotas(outcome: { exitCode: number; stdout: string; stderr: string }): Quotas | null {
  const { exitCode, stdout, stderr } = outcome;
  if (exitCode === 1 && /quotas? not enabled/.test(stderr)) return null;
  if (exitCode !== 0) throw unexpectedOutput('btrfs qgroup show', `it ended with ${exitCode}`, stderr);
  const [heading, rule, ...lines] = stdout.split('\n').filter((line) => line !== '');
  if (heading === undefined || !/^qgroupid\b/i.test(heading) || !/^-+ /.test(rule ?? '')) {
    throw unexpectedOutput('btrfs qgroup show', 'it has no headings', stdout);
  }
  const sizes = new Map<number, { referencedBytes: number; exclusiveBytes: number }>();
  for (const line of lines) {
    const [, level, id, referenced, exclusive] = /^(\d+)\/(\d+)\s+(\d+)\s+(\d+)(?:\s|$)/.exec(line) ?? [];
    if (level === undefined) throw unexpectedOutput('btrfs qgroup show', 'a line is of another form', line);
    // Level 0 is subvolumes; others are groups that people made.
    if (level === '0') {
      sizes.set(Number(id), { referencedBytes: Number(referenced), exclusiveBytes: Number(exclusive) });
    }
  }
  return { sizes, inconsistent: /inconsistent|rescan/.test(stderr) };
}
