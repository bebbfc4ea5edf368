import { filesize } from 'filesize';
import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Activity } from '../../../../src-preload/contract/inventory';
import {
  endsOfMove,
  fillOfSnapshot,
  fullName,
  isActive,
  isInvalid,
  isMerging,
  isMove,
  isRedundant,
  isSnapshot,
  isThickSnapshot,
  isThinPool,
  isThinSnapshot,
  type LogicalVolume,
} from './volumes';

/** Fill of a thin pool's data or metadata, and of a thick snapshot, in percent. */
export const fullWarningPercent = 80;
export const fullCriticalPercent = 95;

type Problem = Pick<HostProblem, 'severity' | 'text' | 'advice'>;

function bytes(size: number): string {
  return filesize(size, { standard: 'iec' });
}

function fillProblem(what: string, percent: number | null, advice: string, consequence: string): Problem[] {
  if (percent === null || percent <= fullWarningPercent) return [];
  const severity = percent > fullCriticalPercent ? 'critical' : 'warning';
  return [{ severity, text: `${what} is ${percent} % full. ${consequence}`, advice }];
}

/**
 * A thin pool: attribute 9 is F (failed), D (out of data) or M (metadata read-only); attribute 5 `c` asks for
 * a check. A missing disk hides D behind `p`, so the fill counts on its own.
 */
export function thinPoolProblems(pool: LogicalVolume): Problem[] {
  const name = fullName(pool);
  const extend = `Extend it: lvextend -L +SIZE ${name}`;
  const problems: Problem[] = [];
  const health = pool.attributes[8];
  if (health === 'p') problems.push(partialProblem(pool));
  if (health === 'F' || pool.healthStatus === 'failed') {
    problems.push({
      severity: 'critical',
      text: `Thin pool ${name} has failed: its volumes cannot be used.`,
      advice: `Take it offline and repair it: lvconvert --repair ${name}`,
    });
  }
  if (health === 'M' || pool.healthStatus === 'metadata_read_only') {
    problems.push({
      severity: 'critical',
      text: `The metadata of thin pool ${name} is read-only: nothing new can be written.`,
      advice: `Extend the metadata (lvextend --poolmetadatasize +SIZE ${name}), then repair it: lvconvert --repair ${name}`,
    });
  }
  if (/^[cC]$/.test(pool.attributes[4] ?? '')) {
    problems.push({
      severity: 'critical',
      text: `Thin pool ${name} asks for a check of its metadata.`,
      advice: `Take it offline and repair it: lvconvert --repair ${name}`,
    });
  }
  if (health === 'D' || pool.healthStatus === 'out_of_data' || pool.dataPercent === 100) {
    problems.push({
      severity: 'critical',
      text: `Thin pool ${name} is out of space: writes to its volumes ${
        pool.whenFull === 'error' ? 'fail' : 'wait, then fail'
      }.`,
      advice: extend,
    });
  } else {
    problems.push(
      ...fillProblem(
        `Thin pool ${name}`,
        pool.dataPercent,
        extend,
        'When it is full, writes to its volumes fail.',
      ),
    );
  }
  problems.push(
    ...fillProblem(
      `The metadata of thin pool ${name}`,
      pool.metadataPercent,
      `Extend it: lvextend --poolmetadatasize +SIZE ${name}`,
      'When it is full, the pool turns read-only and needs a repair.',
    ),
  );
  if (!isActive(pool)) {
    problems.push({
      severity: 'warning',
      text: `Thin pool ${name} is not active, so LVM cannot say how full it is.`,
      advice: `Activate it: lvchange -ay ${name}`,
    });
  }
  return problems;
}

function snapshotProblems(snapshot: LogicalVolume): Problem[] {
  const name = fullName(snapshot);
  if (isInvalid(snapshot)) {
    return [
      {
        severity: 'critical',
        text: `Snapshot ${name} overflowed and is invalid: what it held is lost.`,
        advice: 'Destroy it. It cannot be rolled back to.',
      },
    ];
  }
  return fillProblem(
    `Snapshot ${name}`,
    fillOfSnapshot(snapshot),
    `Extend it (lvextend -L +SIZE ${name}) or destroy it.`,
    'When it is full, it becomes invalid.',
  );
}

/** A disk that holds part of it is missing; copies of a raid volume elsewhere still carry its data. */
function partialProblem(volume: LogicalVolume): Problem {
  const name = fullName(volume);
  if (isRedundant(volume)) {
    return {
      severity: 'warning',
      text: `Raid volume ${name} has lost a copy: a disk that held it is missing.`,
      advice: `Bring the disk back, or repair it on another: lvconvert --repair ${name}`,
    };
  }
  return {
    severity: 'critical',
    text: `${isThinPool(volume) ? 'Thin pool' : 'Volume'} ${name} is partial: a disk that holds part of it is missing.`,
    advice: 'Bring the disk back before anything else is changed.',
  };
}

/** Attribute 9 of a volume that is no thin pool, and attribute 5 of one that is suspended. */
function stateProblems(volume: LogicalVolume): Problem[] {
  const name = fullName(volume);
  const problems: Problem[] = [];
  switch (volume.attributes[8]) {
    case 'p':
      problems.push(partialProblem(volume));
      break;
    case 'r':
      problems.push({
        severity: 'warning',
        text: `Volume ${name} needs a refresh: a disk failed for a moment and came back.`,
        advice: `lvchange --refresh ${name}`,
      });
      break;
    case 'm':
      problems.push({
        severity: 'warning',
        text: `The copies of raid volume ${name} do not match.`,
        advice: `lvchange --syncaction repair ${name}`,
      });
      break;
    case 'F':
      problems.push({
        severity: 'critical',
        text: `Volume ${name} has failed: its thin pool cannot be used.`,
        advice: 'Repair its thin pool.',
      });
      break;
    default:
      break;
  }
  if (/^[mM]$/.test(volume.attributes[4] ?? '') || volume.mergeFailed === 'merge failed') {
    problems.push({
      severity: 'critical',
      text: `The merge of snapshot ${name} failed.`,
      advice: 'Read the kernel log of the host before anything else is changed.',
    });
  }
  if (volume.attributes[4] === 's') {
    problems.push({
      severity: 'warning',
      text: `Volume ${name} is suspended: reads and writes wait.`,
      advice: `If nothing works on it: dmsetup resume ${volume.groupName}-${volume.name.replaceAll('-', '--')}`,
    });
  }
  return problems;
}

/** Problems of one volume or snapshot. Parts of a volume (rimage, tdata …) speak through their owner. */
export function volumeProblems(volume: LogicalVolume): Problem[] {
  if (isThinPool(volume)) return thinPoolProblems(volume);
  if (isSnapshot(volume)) return [...snapshotProblems(volume), ...stateProblems(volume)];
  return volume.hidden ? [] : stateProblems(volume);
}

export function groupProblems(
  group: { name: string; attributes: string; missingCount: number | null },
  missingDisks: readonly { uuid: string; sizeBytes: number }[],
): Problem[] {
  const problems: Problem[] = [];
  if (group.attributes[3] === 'p' || (group.missingCount ?? 0) > 0 || missingDisks.length > 0) {
    const disks = missingDisks.map(({ uuid, sizeBytes }) => `${uuid} (${bytes(sizeBytes)})`).join(', ');
    problems.push({
      severity: 'critical',
      text: `Volume group ${group.name} is missing a physical volume${disks === '' ? '' : `: ${disks}`}. Nothing in it can be changed.`,
      advice: `Bring the disk back, then run: vgextend --restoremissing ${group.name} DEVICE. If it is lost for good, give it up from the menu of the group.`,
    });
  }
  if (group.attributes[2] === 'x') {
    problems.push({
      severity: 'warning',
      text: `Volume group ${group.name} is exported: its volumes cannot be used.`,
      advice: `vgimport ${group.name}`,
    });
  }
  return problems;
}

/**
 * The merge, move or synchronisation under way in a group; the first one.
 *
 * A merge of an open volume is only noted down and starts with the next activation. A running merge of a thick
 * snapshot shows its progress on the origin, where `snap_percent` is what is still to do; a waiting one leaves
 * it empty.
 */
export function groupActivity(volumes: readonly LogicalVolume[]): Activity | null {
  for (const volume of volumes) {
    if (isMove(volume) && volume.copyPercent !== null) {
      const ends = endsOfMove(volume);
      const way = ends === null ? 'between disks' : `from ${ends.from} to ${ends.to}`;
      const text = `Data is being moved ${way} (${volume.copyPercent} %)`;
      return { kind: 'move', state: 'running', percent: volume.copyPercent, etaSeconds: null, text };
    }
    if (!isSnapshot(volume) || !isMerging(volume)) continue;
    const origin = volumes.find(
      ({ name, groupName }) => name === volume.origin && groupName === volume.groupName,
    );
    const left = isThinSnapshot(volume) ? null : mergeLeftPercent(origin);
    const what = `Merge of snapshot ${fullName(volume)} into ${volume.groupName}/${volume.origin}`;
    if (left === null) {
      const text = `${what} waits for the next activation of the volume`;
      return { kind: 'merge', state: 'paused', percent: null, etaSeconds: null, text };
    }
    const percent = Math.round((100 - left) * 100) / 100;
    return { kind: 'merge', state: 'running', percent, etaSeconds: null, text: `${what} (${percent} %)` };
  }
  const syncing = volumes.find(
    (volume) =>
      !volume.hidden &&
      volume.layout.includes('raid') &&
      volume.copyPercent !== null &&
      volume.copyPercent < 100,
  );
  if (syncing === undefined) return null;
  const text = `Raid volume ${fullName(syncing)} is synchronising (${syncing.copyPercent} %)`;
  return { kind: 'resilver', state: 'running', percent: syncing.copyPercent, etaSeconds: null, text };
}

/** Percent of a snapshot that a running merge has still to write back; null: the merge has not started. */
export function mergeLeftPercent(origin: LogicalVolume | undefined): number | null {
  if (origin === undefined || isThickSnapshot(origin)) return null;
  return origin.snapPercent ?? origin.dataPercent;
}
