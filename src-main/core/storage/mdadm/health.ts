import { filesize } from 'filesize';
import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Activity } from '../../../../src-preload/contract/inventory';
import type { ArrayDetail, SyncState } from './detail';
import type { MdstatArray, MdstatSync } from './mdstat';
import { furtherLosses, isFaulty, isRebuilding, unheldPlaces } from './redundancy';

export type Problem = Pick<HostProblem, 'severity' | 'text' | 'advice'>;

function plural(count: number, one: string, many: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** Too many members are gone, or the kernel has given the array up. */
export function isBroken(detail: ArrayDetail, sync: SyncState | null): boolean {
  return sync?.arrayState === 'broken' || /\bFAILED\b|\bbroken\b/.test(detail.state ?? '');
}

/** The tool's state, with what only the kernel tells. */
export function stateWords(detail: ArrayDetail, sync: SyncState | null): string {
  const state = detail.state ?? detail.level ?? 'unknown';
  return isBroken(detail, sync) && !/broken|FAILED/.test(state) ? `${state}, broken` : state;
}

export function isStarted(detail: ArrayDetail): boolean {
  return detail.state !== null && !/\binactive\b|\bNot Started\b/.test(detail.state);
}

export function isContainer(detail: ArrayDetail): boolean {
  return detail.level === 'container';
}

/** Name of a member for people: its path, or the kernel's name of a disk that is gone. */
export type NameOf = (member: ArrayDetail['members'][number]) => string;

function listed(members: readonly ArrayDetail['members'][number][], nameOf: NameOf): string {
  return members.map(nameOf).join(', ');
}

export interface JudgeInput {
  array: MdstatArray;
  detail: ArrayDetail;
  sync: SyncState | null;
  nameOf: NameOf;
  /** Devices with a superblock of this array that are not members of it now. */
  former: readonly string[];
}

/**
 * Problems of one array.
 *
 * | state                                              | severity                                    |
 * | inactive, FAILED, broken                           | critical                                    |
 * | degraded, one more loss loses data, not rebuilding | critical                                    |
 * | degraded otherwise                                 | warning                                     |
 * | failed member still listed, member vanished        | warning                                     |
 * | differences found by the last check                | warning                                     |
 *
 * A RAID5 that was just made is "degraded, recovering" until its parity is written: a warning, as any rebuild.
 */
export function arrayProblems({ array, detail, sync, nameOf, former }: JudgeInput): Problem[] {
  const path = detail.path;
  if (isContainer(detail)) return [];
  const faulty = detail.members.filter((member) => isFaulty(member) && !member.missing);
  const vanished = detail.members.filter(({ missing }) => missing);
  if (!isStarted(detail)) {
    return [
      {
        severity: 'critical',
        text: `Array ${path} is not started (${detail.state ?? 'inactive'}): nothing on it can be read.`,
        advice:
          'Connect the disks that are missing, then assemble the array. If they are lost, assemble it with members missing; where too many are lost, restore from a backup.',
      },
    ];
  }
  const problems: Problem[] = [];
  if (isBroken(detail, sync)) {
    problems.push({
      severity: 'critical',
      text: `Array ${path} has failed (${stateWords(detail, sync)}): writes to it fail, and reads may.`,
      advice:
        'Change nothing on its disks. Connect missing disks again, stop the array and assemble it anew; if that does not bring it back, restore from a backup.',
    });
  } else if (/\bdegraded\b/.test(detail.state ?? '') || (array.places ?? '').includes('_')) {
    const unheld = unheldPlaces(detail);
    const rebuilding = detail.members.filter(isRebuilding);
    const left = furtherLosses(detail);
    const exposed = left !== null && left <= 0;
    const one = exposed ? 'One more failing disk loses the data.' : `${left ?? 'Some'} more may fail.`;
    problems.push(
      rebuilding.length > 0
        ? {
            severity: 'warning',
            text: `Array ${path} is being rebuilt onto ${listed(rebuilding, nameOf)}. ${one}`,
            advice: 'Wait for the rebuild to end; leave the other disks alone meanwhile.',
          }
        : {
            severity: exposed ? 'critical' : 'warning',
            text: `Array ${path} is degraded: ${plural(unheld.length, 'place is', 'places are')} without a disk (${unheld.map((slot) => `slot ${slot}`).join(', ')}). ${one}`,
            advice:
              former.length > 0
                ? `${former.join(', ')} was a member and is connected again: add it, and the array takes it back.`
                : 'Add a disk, or replace the failed member; the rebuild starts at once.',
          },
    );
  }
  if (faulty.length > 0) {
    problems.push({
      severity: 'warning',
      text: `${listed(faulty, nameOf)} failed and ${faulty.length === 1 ? 'is' : 'are'} still listed as a member of ${path}.`,
      advice: 'Look at its SMART values, then replace it, or remove it from the array.',
    });
  }
  if (vanished.length > 0) {
    problems.push({
      severity: 'warning',
      text: `${listed(vanished, nameOf)} of ${path} is no longer connected${
        vanished.some((member) => !isFaulty(member))
          ? ', which the array has not noticed yet: it does with the next access'
          : ''
      }.`,
      advice: 'Check its cable and power. Once it is back, remove the old member and add the disk.',
    });
  }
  const differences = sync?.mismatchSectors ?? 0;
  // Before the first check the counter holds what the initial synchronisation copied.
  if (differences > 0 && sync?.lastSyncAction === 'check' && sync.syncAction === 'idle') {
    const mirrored = detail.level === 'raid1' || detail.level === 'raid10';
    problems.push({
      severity: 'warning',
      text: `The last check of ${path} found ${filesize(differences * 512, { standard: 'iec' })} that differ between its members.`,
      advice: mirrored
        ? 'On mirrors with swap or memory-mapped files a few can be harmless. If they grow, look for the failing disk (SMART) first: a repair takes one copy for the right one.'
        : 'Look for the failing disk (SMART) first, then repair: parity is written anew from the data.',
    });
  }
  return problems;
}

function kindOf(sync: MdstatSync, state: SyncState | null, replacing: boolean): Activity['kind'] {
  // A waiting check calls itself resync in /proc/mdstat; a repair always does.
  if (state?.syncAction === 'check' || state?.syncAction === 'repair') return 'check';
  if (sync.kind === 'check') return 'check';
  if (sync.kind === 'reshape') return 'reshape';
  return replacing && sync.kind === 'recovery' ? 'replace' : 'resilver';
}

const waitingWords: Record<Exclude<MdstatSync['state'], 'running'>, string> = {
  delayed: 'waits for another array on the same disks',
  pending: 'starts with the first write to the array',
  remote: 'is done by another host of the cluster',
};

/** What the array is doing; percent and time left are the kernel's. */
export function arrayActivity(
  array: MdstatArray,
  detail: ArrayDetail | null,
  state: SyncState | null,
): Activity | null {
  const { sync } = array;
  if (sync === null) return null;
  const replacing = array.members.some(({ flags }) => flags.includes('R'));
  const repair = state?.syncAction === 'repair' ? 'repair, ' : '';
  const delta = detail?.delta === null || detail === null ? '' : ` · members ${detail.delta}`;
  if (sync.state !== 'running') {
    const kind = kindOf(sync, state, replacing);
    const name =
      state?.syncAction === 'check' || state?.syncAction === 'repair' ? state.syncAction : sync.kind;
    return {
      kind,
      state: sync.state === 'remote' ? 'running' : 'paused',
      percent: null,
      etaSeconds: null,
      text: `${name} ${waitingWords[sync.state]}`,
    };
  }
  return {
    kind: kindOf(sync, state, replacing),
    state: 'running',
    percent: sync.percent,
    etaSeconds: sync.etaSeconds,
    text: `${repair}${sync.text}${delta}`,
  };
}
