import type { Disk, Smart } from '../../../../src-preload/contract/disks';
import type { Health, HostProblem } from '../../../../src-preload/contract/hosts';

/** Used endurance from which a disk is worth replacing, in percent of what its maker rates it for. */
export const wearWarningPercent = 90;

/** What SMART says that should worry; nothing where it says nothing. */
export function smartWarnings(smart: Smart): string[] {
  const counted = (count: number | null, one: string, many: string): string[] =>
    count === null || count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  return [
    ...counted(smart.reallocatedSectors, 'reallocated sector', 'reallocated sectors'),
    ...counted(smart.pendingSectors, 'pending sector', 'pending sectors'),
    ...counted(smart.mediaErrors, 'media error', 'media errors'),
    ...(smart.wearPercent !== null && smart.wearPercent >= wearWarningPercent
      ? [`${smart.wearPercent} % of its rated endurance is used`]
      : []),
    ...(smart.selfTest.state === 'failed' ? [`its last self-test failed (${smart.selfTest.text})`] : []),
  ];
}

/** What could not be read is unknown, never good. */
export function diskHealth(smart: Smart): Health {
  if (smart.status === 'failed') return 'critical';
  if (smartWarnings(smart).length > 0) return 'warning';
  return smart.status === 'passed' ? 'ok' : 'unknown';
}

function describeDisk({ path, model, serial }: Disk): string {
  const words = [model, serial === null ? null : `serial ${serial}`]
    .filter((word) => word !== null)
    .join(', ');
  return words === '' ? path : `${path} (${words})`;
}

/** A host's disks in trouble. A disk without SMART, or one that sleeps, is no trouble. */
export function diskProblems(disks: readonly Disk[]): HostProblem[] {
  return disks.flatMap((disk): HostProblem[] => {
    const warnings = smartWarnings(disk.smart);
    const users = [...new Set(disk.uses.map(({ name }) => name))].slice(0, 3).join(', ');
    const holder = users === '' ? '' : ` It holds part of ${users}.`;
    if (disk.smart.status === 'failed') {
      const also = warnings.length === 0 ? '' : `: ${warnings.join(', ')}`;
      return [
        {
          severity: 'critical',
          text: `Disk ${describeDisk(disk)} is failing: its own SMART check says so${also}.`,
          advice: `Replace it now, and see that a copy of what is on it lies elsewhere.${holder}`,
          poolId: null,
        },
      ];
    }
    if (warnings.length === 0) return [];
    return [
      {
        severity: 'warning',
        text: `Disk ${describeDisk(disk)}: ${warnings.join(', ')}.`,
        advice: `Run a long self-test, watch whether the numbers grow, and have a spare disk ready.${holder}`,
        poolId: null,
      },
    ];
  });
}
