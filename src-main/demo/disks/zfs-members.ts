import type { ZfsModel } from '../zfs/model';
import { disksOf } from '../zfs/vdevs';
import { wholeDiskZfs } from './makers';
import type { DemoDisk } from './types';

/** The pool that each path of a member belongs to, as the model stands now. */
function membersOf(model: ZfsModel): Map<string, string> {
  const members = new Map<string, string>();
  for (const { name, layout } of model.pools.values()) {
    const { data, logs, cache, spares } = layout;
    for (const disk of disksOf([...data, ...logs, ...cache, ...spares])) members.set(disk.path, name);
  }
  return members;
}

/**
 * The disks with the partitions that pools made on those they took whole. A disk that is cut already, such as one
 * to boot from, stays as it is.
 */
export function withZfsMembers(disks: readonly DemoDisk[], model: ZfsModel): DemoDisk[] {
  const members = membersOf(model);
  return disks.map((disk) => {
    if (disk.partitionTable !== undefined) return disk;
    const names = [`/dev/${disk.name}`, ...disk.byId.map((name) => `/dev/disk/by-id/${name}`)];
    const separator = /\d$/.test(disk.name) ? 'p' : '';
    const paths = names.flatMap((name) => [
      name,
      name.startsWith('/dev/disk/') ? `${name}-part1` : `${name}${separator}1`,
    ]);
    const pool = paths.map((path) => members.get(path)).find((found) => found !== undefined);
    return pool === undefined ? disk : wholeDiskZfs(disk, pool);
  });
}
