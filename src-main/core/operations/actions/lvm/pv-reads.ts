import { diskReport, lvmProbes } from '../../../storage/lvm/commands';
import type { DiskRow } from '../../../storage/lvm/disks';
import { endsOfMove, fullName, isMove, liesOn, type LogicalVolume } from '../../../storage/lvm/volumes';
import type { TopologyNode } from '../../../../../src-preload/contract/inventory';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext, Subject } from '../../action';

/** The physical volumes of a group. Empty: it has none, or is not there. */
export async function readDisks(context: ActionContext, group: string): Promise<DiskRow[]> {
  const { stdout } = await context.read('list the physical volumes', lvmProbes.disks.argv);
  return diskReport.parse('pvs', stdout).filter(({ groupName }) => groupName === group);
}

export const usedBytesOf = (disk: DiskRow): number => disk.sizeBytes - disk.freeBytes;

/** The physical volume a menu stands on, with its group's name. */
export function pvOf(subject: Subject): { volumeGroup: string; node: TopologyNode } | null {
  if (subject.kind !== 'member' || subject.pool.kind !== 'volume-group') return null;
  return { volumeGroup: subject.pool.name, node: subject.node };
}

export function missingPvExcuse(node: TopologyNode): string | null {
  return node.state === 'missing'
    ? 'The disk is missing: nothing can be read from it. Give it up from the menu of the group.'
    : null;
}

/** `vg0/data, vg0/pool_tdata`: what has a part on the disk; the spare metadata of thin pools is nobody's. */
export function namesOn(volumes: readonly LogicalVolume[], device: string): string[] {
  return volumes
    .filter((volume) => liesOn(volume, device) && !isMove(volume) && !volume.name.endsWith('_pmspare'))
    .map(fullName)
    .sort();
}

export function movesIn(
  volumes: readonly LogicalVolume[],
): { from: string; to: string; percent: number | null }[] {
  return volumes.flatMap((volume) => {
    const ends = isMove(volume) ? endsOfMove(volume) : null;
    return ends === null ? [] : [{ ...ends, percent: volume.copyPercent }];
  });
}

/** A move locks what it moves, and one whose group is renamed is never finished (lvm2 2.03.16). */
export function moveBlockers(volumes: readonly LogicalVolume[], group: string): Blocker[] {
  return movesIn(volumes).map(({ from, to, percent }) => ({
    text: `Data of ${group} is being moved from ${from} to ${to}${percent === null ? '' : ` (${percent} %)`}.`,
    remedy: 'Wait for its end, or stop the move.',
  }));
}

export function diskMissingBlocker(group: string, device: string): Blocker {
  return {
    text: `${device} is no physical volume of ${group}.`,
    remedy: 'Refresh the host and choose a disk that belongs to the group.',
  };
}
