/**
 * smartctl prints its messages to stdout, so its failures are known by the bits of the exit code
 * (smartctl(8), EXIT STATUS).
 */
export function explainSmartctl(
  exitCode: number,
  stderr: string,
  refused: string,
): { message: string; remedy: string } | null {
  // smartctl says nothing there: something else failed.
  if (exitCode === 0 || stderr.trim() !== '') return null;
  if ((exitCode & 1) !== 0) {
    return {
      message: 'smartctl found no SMART behind this device. No self-test was started or stopped.',
      remedy: 'Virtual disks have none. Behind a RAID controller, smartctl -d names the disk.',
    };
  }
  if ((exitCode & 2) !== 0) {
    return {
      message: 'smartctl could not open the disk. No self-test was started or stopped.',
      remedy: 'Refresh the host and see whether the disk is still there.',
    };
  }
  if ((exitCode & 4) !== 0)
    return { message: refused, remedy: 'Read its SMART again: a test may just have begun or ended.' };
  return null;
}
