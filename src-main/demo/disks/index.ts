import type { SimulatedTool } from '../machine';
import { blockTools } from './block-tools';
import { DemoMounts, mountTools } from './mount-tools';
import { smartctlTool } from './smartctl';
import type { DemoDisk } from './types';

/**
 * lsblk, ls, wipefs, blkid and smartctl of a simulated host, and what mounts a file system by its UUID.
 *
 * @param disks asked at every command, so that what a pool takes or gives back shows at once
 * @param bootMs when the links of /dev/disk/by-id were made, in milliseconds since the epoch
 */
export function disksTools(disks: () => readonly DemoDisk[], bootMs: number): SimulatedTool[] {
  const mounts = new DemoMounts(disks);
  const now = (): DemoDisk[] => mounts.shown();
  return [...blockTools(now, bootMs), smartctlTool(now), ...mountTools(mounts)];
}
