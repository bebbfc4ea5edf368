import type { Fact, Pool, TopologyNode } from '../../../../src-preload/contract/inventory';
import { allBlocks, contentOf, parseBlocks, type Block } from './blocks';
import {
  noSuchArray,
  notRoot,
  parseDetail,
  parseSyncState,
  type ArrayDetail,
  type DetailMember,
  type SyncState,
} from './detail';
import { parseArrayLines, type ExaminedArray } from './examine';
import {
  arrayActivity,
  arrayProblems,
  isContainer,
  isStarted,
  stateWords,
  type NameOf,
  type Problem,
} from './health';
import { parseMdstat, type MdstatArray } from './mdstat';
import { isEmptyPlace, isFaulty, isInSync, isRebuilding, isSpare } from './redundancy';
import { AppError } from '../../errors/app-error';

/** Labels of facts that offers read back. */
export const factLabels = {
  uuid: 'UUID',
  bitmap: 'Write-intent bitmap',
  content: 'On it',
  arrayLine: 'Line for mdadm.conf',
} as const;

export interface ArrayReading {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface MdadmReading {
  mdstat: MdstatArray[];
  blocks: Block[];
  /** By kernel name. */
  details: ReadonlyMap<string, ArrayReading>;
  syncs: ReadonlyMap<string, ArrayReading>;
  examined: ExaminedArray[];
}

export function withoutRoot(detail: string): AppError {
  return new AppError('unauthorized', 'Software RAID can only be read as root, so nothing of it is shown.', {
    detail: detail.slice(0, 1000),
    remedy: 'Turn on "Use sudo" for this host, or log in as a user that may run mdadm.',
  });
}

/** null: the array was stopped between two commands, or is just starting. Throws what else went wrong. */
export function detailOf(reading: ArrayReading): ArrayDetail | null {
  if (reading.exitCode === 0) return parseDetail(reading.stdout);
  if (notRoot.test(reading.stderr)) throw withoutRoot(reading.stderr);
  if (noSuchArray.test(reading.stderr)) return null;
  throw new AppError('command-failed', 'mdadm could not read an array.', {
    detail: reading.stderr.slice(0, 1000),
  });
}

/** `mdadm - v4.2 - 2021-12-30 - Debian 4.2-5`, on stderr in 4.2. */
export function parseVersion(text: string): string | null {
  return /^mdadm - v(\S+)/m.exec(text)?.[1] ?? null;
}

/** Devices whose superblock belongs to no array that is there. */
export function freeMembers(blocks: readonly Block[], mdstat: readonly MdstatArray[]): string[] {
  const held = new Set(mdstat.flatMap(({ members }) => members.map(({ name }) => name)));
  return [...allBlocks(blocks).values()]
    .filter(({ name, content }) => content === 'linux_raid_member' && !held.has(name))
    .map(({ path }) => path);
}

/** Digits of a UUID without what lies between them: mdadm and blkid write it differently. */
export function uuidDigits(uuid: string): string {
  return uuid.replace(/[^0-9a-f]/gi, '').toLowerCase();
}

/** The line that keeps an array's name after a start of the host (mdadm.conf(5)). It is shown, never written. */
export function arrayLine(path: string, uuid: string, metadata: string | null, name: string | null): string {
  return [
    `ARRAY ${path}`,
    ...(metadata === null ? [] : [`metadata=${metadata}`]),
    ...(name === null ? [] : [`name=${name}`]),
    `UUID=${uuid}`,
  ].join(' ');
}

/** A member by its device, or by the kernel's name where the disk is gone. */
export function memberName(member: DetailMember, array: MdstatArray | null): string {
  if (member.path !== null) return member.path;
  if (isEmptyPlace(member)) return `slot ${member.slot ?? '?'}`;
  const known = array?.members.find(({ number }) => number === member.number);
  return known === undefined ? `member ${member.number ?? '?'}` : `/dev/${known.name}`;
}

function roleOf(member: DetailMember): string {
  if (isEmptyPlace(member)) return 'empty';
  if (/(?:^| )journal(?: |$)/.test(member.state)) return 'journal';
  if (isSpare(member)) return 'spare';
  return 'disk';
}

function nodeHealth(member: DetailMember, started: boolean): TopologyNode['health'] {
  if (isFaulty(member) || member.missing) return 'critical';
  if (isEmptyPlace(member) || isRebuilding(member)) return 'warning';
  if (!started) return 'unknown';
  if (isInSync(member) || isSpare(member) || roleOf(member) === 'journal' || member.state === '') return 'ok';
  return 'unknown';
}

function noteOf(member: DetailMember, members: readonly DetailMember[], nameOf: NameOf): string | null {
  if (member.slot === null || isEmptyPlace(member)) return null;
  const twin = members.find((other) => other !== member && other.slot === member.slot && isInSync(other));
  const words = [`slot ${member.slot}`];
  if (twin !== undefined && isRebuilding(member)) words.push(`takes the place of ${nameOf(twin)}`);
  return words.join(', ');
}

function topologyOf(detail: ArrayDetail, nameOf: NameOf, blocks: ReadonlyMap<string, Block>): TopologyNode[] {
  const started = isStarted(detail);
  // An array that failed while starting lists its places as removed, beside the members that are there.
  const members = started ? detail.members : detail.members.filter((member) => !isEmptyPlace(member));
  return members.map((member) => {
    const size = member.path === null ? null : (blocks.get(member.path.slice(5))?.sizeBytes ?? null);
    const words = [member.state, member.missing ? 'missing' : ''].filter((word) => word !== '');
    return {
      name: nameOf(member),
      role: roleOf(member),
      state: words.length > 0 ? words.join(', ') : 'not started',
      health: isContainer(detail) ? 'ok' : nodeHealth(member, started),
      sizeBytes: size,
      freeBytes: null,
      readErrors: null,
      writeErrors: null,
      checksumErrors: null,
      note: noteOf(member, detail.members, nameOf),
      children: [],
    };
  });
}

/** What is on an array: nothing knows how much of a file system is used, so it counts whole or not at all. */
function useOf(block: Block | undefined, sizeBytes: number): { usedBytes: number; fact: Fact } {
  const label = factLabels.content;
  if (block === undefined)
    return { usedBytes: sizeBytes, fact: { label, text: 'not listed by lsblk: all of it counts as used' } };
  const content = contentOf(block);
  return content.length === 0
    ? { usedBytes: 0, fact: { label, text: 'nothing that lsblk knows: all of it counts as free' } }
    : {
        usedBytes: sizeBytes,
        fact: { label, text: `${content.join('; ')} (all of it counts as used)` },
      };
}

function factsOf(detail: ArrayDetail, array: MdstatArray, sync: SyncState | null, content: Fact): Fact[] {
  const facts: Fact[] = [];
  const add = (label: string, text: string | null): void => {
    if (text !== null && text !== '') facts.push({ label, text });
  };
  add('Level', detail.level);
  add('Places', detail.raidDevices === null ? null : String(detail.raidDevices));
  add('Layout', detail.layout);
  add('Chunk size', detail.chunk);
  add('Metadata', detail.metadata ?? array.metadata);
  add('In container', detail.container);
  if (isStarted(detail) && !isContainer(detail) && detail.level !== 'raid0' && detail.level !== 'linear') {
    add(factLabels.bitmap, detail.bitmap ?? 'none');
  }
  add('Consistency policy', detail.consistency);
  if (array.readOnly !== null) {
    add('Access', array.readOnly === 'yes' ? 'read-only' : 'read-only until the first write');
  }
  if (sync?.lastSyncAction === 'check' && sync.syncAction === 'idle' && sync.mismatchSectors !== null) {
    add(
      'Last check',
      sync.mismatchSectors === 0 ? 'no differences' : `${sync.mismatchSectors} sectors differ`,
    );
  }
  facts.push(content);
  add('Name', detail.name);
  add(factLabels.uuid, detail.uuid);
  add('Created', detail.created);
  if (detail.uuid !== null && !isContainer(detail)) {
    add(factLabels.arrayLine, arrayLine(detail.path, detail.uuid, detail.metadata, detail.name));
  }
  return facts;
}

function worstOf(problems: readonly Problem[]): Pool['health'] {
  if (problems.some(({ severity }) => severity === 'critical')) return 'critical';
  return problems.length > 0 ? 'warning' : 'ok';
}

const bare = {
  backend: 'mdadm' as const,
  kind: 'raid-array' as const,
  parentPoolId: null,
  fragmentationPercent: null,
  dataPercent: null,
  metadataPercent: null,
};

/** An array of /proc/mdstat that mdadm no longer finds: it is being stopped or started this moment. */
function passingPool(array: MdstatArray): Pool {
  const name = `/dev/${array.name}`;
  const id = `mdadm:${name}`;
  return {
    ...bare,
    id,
    name,
    health: 'unknown',
    state: array.active ? 'active' : 'inactive',
    sizeBytes: 0,
    usedBytes: 0,
    freeBytes: 0,
    topology: array.members.map(({ name: member }) => ({
      name: `/dev/${member}`,
      role: 'disk',
      state: 'unknown',
      health: 'unknown',
      sizeBytes: null,
      freeBytes: null,
      readErrors: null,
      writeErrors: null,
      checksumErrors: null,
      note: null,
      children: [],
    })),
    activity: null,
    problems: [
      {
        severity: 'warning',
        text: `Array ${name} is in /proc/mdstat, but mdadm does not find it: its device node is gone, or it is being started or stopped.`,
        advice: 'Refresh. If it stays, look at the kernel log of the host: its disks may be gone.',
        poolId: id,
      },
    ],
    level: array.level,
    facts: [],
  };
}

function poolOf(
  array: MdstatArray,
  reading: MdadmReading,
  blocks: ReadonlyMap<string, Block>,
): { pool: Pool; uuid: string | null } {
  const found = reading.details.get(array.name);
  const detail = found === undefined ? null : detailOf(found);
  if (detail === null) return { pool: passingPool(array), uuid: null };
  const syncReading = reading.syncs.get(array.name);
  const sync = syncReading === undefined ? null : parseSyncState(syncReading.stdout);
  const nameOf: NameOf = (member) => memberName(member, array);
  const id = `mdadm:${detail.path}`;
  const sizeBytes = detail.sizeBytes ?? 0;
  const block = blocks.get(array.name);
  const use =
    sizeBytes === 0
      ? {
          usedBytes: 0,
          fact: {
            label: factLabels.content,
            text: isContainer(detail)
              ? 'other arrays: it offers no space of its own'
              : 'not known while the array is not started',
          },
        }
      : useOf(block, sizeBytes);
  const former = reading.examined
    .filter(({ uuid }) => detail.uuid !== null && uuidDigits(uuid) === uuidDigits(detail.uuid))
    .flatMap(({ devices }) => devices);
  const problems = arrayProblems({ array, detail, sync, nameOf, former });
  return {
    uuid: detail.uuid,
    pool: {
      ...bare,
      id,
      name: detail.path,
      health: worstOf(problems),
      state: stateWords(detail, sync),
      sizeBytes,
      usedBytes: use.usedBytes,
      freeBytes: sizeBytes - use.usedBytes,
      topology: topologyOf(detail, nameOf, blocks),
      activity: arrayActivity(array, detail, sync),
      problems: problems.map((problem) => ({ ...problem, poolId: id })),
      level: detail.level ?? array.level,
      facts: factsOf(detail, array, sync, use.fact),
    },
  };
}

/** `/dev/md/7` of a superblock becomes `/dev/md7` where that is free, as mdadm itself would name it. */
export function freePath(examined: ExaminedArray, taken: ReadonlySet<string>): string {
  const number = /^\/dev\/md\/?(\d{1,3})$/.exec(examined.path ?? '')?.[1];
  const wanted = number === undefined ? null : `/dev/md${Number(number)}`;
  if (wanted !== null && !taken.has(wanted)) return wanted;
  // mdadm counts down from 127 for arrays whose number is not theirs.
  for (let next = 127; next >= 0; next -= 1) {
    if (!taken.has(`/dev/md${next}`)) return `/dev/md${next}`;
  }
  return '/dev/md128';
}

function stoppedPool(examined: ExaminedArray, path: string, blocks: ReadonlyMap<string, Block>): Pool {
  const id = `mdadm:${path}`;
  const { devices, level, metadata, name, raidDevices, spares, uuid } = examined;
  const present = devices.length - spares;
  const short = raidDevices !== null && present < raidDevices ? ` of ${raidDevices}` : '';
  return {
    ...bare,
    id,
    name: path,
    health: 'warning',
    state: 'stopped',
    sizeBytes: 0,
    usedBytes: 0,
    freeBytes: 0,
    topology: devices.map((device) => ({
      name: device,
      role: 'disk',
      state: 'stopped',
      health: 'ok',
      sizeBytes: blocks.get(device.slice(5))?.sizeBytes ?? null,
      freeBytes: null,
      readErrors: null,
      writeErrors: null,
      checksumErrors: null,
      note: null,
      children: [],
    })),
    activity: null,
    problems: [
      {
        severity: 'warning',
        text: `An array (${level ?? 'unknown level'}, ${name ?? uuid}) is on ${present}${short} connected disks and is not running.`,
        advice:
          'Assemble it. If it is a leftover that nobody needs, clear it from each disk on the host: mdadm --zero-superblock DEVICE',
        poolId: id,
      },
    ],
    level,
    facts: [
      ...(level === null ? [] : [{ label: 'Level', text: level }]),
      ...(raidDevices === null ? [] : [{ label: 'Places', text: String(raidDevices) }]),
      ...(metadata === null ? [] : [{ label: 'Metadata', text: metadata }]),
      { label: factLabels.content, text: 'not known while the array is not started' },
      ...(name === null ? [] : [{ label: 'Name', text: name }]),
      { label: factLabels.uuid, text: uuid },
      { label: factLabels.arrayLine, text: arrayLine(path, uuid, metadata, name) },
    ],
  };
}

/** Running arrays in the kernel's order, then those that lie on disks and do not run. */
export function parseArrays(reading: MdadmReading): Pool[] {
  const blocks = allBlocks(reading.blocks);
  const running = reading.mdstat.map((array) => poolOf(array, reading, blocks));
  const known = new Set(running.flatMap(({ uuid }) => (uuid === null ? [] : [uuidDigits(uuid)])));
  const taken = new Set(running.map(({ pool }) => pool.name));
  const stopped: Pool[] = [];
  for (const examined of reading.examined) {
    if (known.has(uuidDigits(examined.uuid)) || examined.devices.length === 0) continue;
    const path = freePath(examined, taken);
    taken.add(path);
    stopped.push(stoppedPool(examined, path, blocks));
  }
  return [...running.map(({ pool }) => pool), ...stopped];
}

export { parseArrayLines, parseBlocks, parseMdstat };
