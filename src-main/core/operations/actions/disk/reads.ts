import { z } from 'zod';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { diskPathPattern, readSmartArgv, smartExitCodes } from '../../../storage/disks/commands';
import { parseSmartReport, type SmartReport } from '../../../storage/disks/smart-report';
import type { ActionContext } from '../../action';

/** The path commands use, as the inventory gives it. */
export const diskInputSchema = z.strictObject({
  device: z
    .string()
    .max(300)
    .regex(diskPathPattern, 'must be a disk: /dev/disk/by-id/NAME, or /dev/NAME where it has no such name'),
});
export type DiskInput = z.infer<typeof diskInputSchema>;

/** Throws AppError `unexpected-output`. That the disk has no SMART, or is not there, is part of the report. */
export async function readSmart(context: ActionContext, device: string): Promise<SmartReport> {
  const { stdout } = await context.read('read SMART of the disk', readSmartArgv(device), {
    acceptExitCodes: smartExitCodes,
    timeoutSeconds: 60,
  });
  return parseSmartReport(stdout);
}

/** `/dev/disk/by-id/ata-X (ST12000NM0127, serial ZJV1)` */
export function describe(device: string, { model, serial }: SmartReport): string {
  const words = [model, serial === null ? null : `serial ${serial}`]
    .filter((word) => word !== null)
    .join(', ');
  return words === '' ? device : `${device} (${words})`;
}

/** What stops every self-test of a disk. */
export function diskBlockers(device: string, report: SmartReport): Blocker[] {
  const { smart, opened, selfTestExcuse } = report;
  if (smart.status === 'unavailable') {
    return [
      {
        text: `${device} takes no self-test. ${smart.reason ?? 'It has no SMART.'}`,
        remedy: 'Test it on the machine that provides it, or behind its own controller.',
      },
    ];
  }
  if (!opened) {
    return [
      {
        text: `${device} could not be opened. ${smart.reason ?? ''}`.trim(),
        remedy: 'Refresh the host and see whether the disk is still there.',
      },
    ];
  }
  if (selfTestExcuse !== null) {
    return [
      { text: `${device}: ${selfTestExcuse}`, remedy: 'Update smartmontools, or use the maker’s own tool.' },
    ];
  }
  return [];
}
