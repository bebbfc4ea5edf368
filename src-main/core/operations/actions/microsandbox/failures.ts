import { gaveUpExitCode, lockPatienceSeconds } from '../../../sandbox/microsandbox/commands';
import { explain, type KnownFailure } from '../failures';

const known = (
  pattern: RegExp,
  message: (match: RegExpExecArray) => string,
  remedy: string,
): KnownFailure => ({ pattern, explain: (match) => ({ message: message(match), remedy }) });

/** Every message of msb that was seen, 0.6.18 and 0.7.2; the more specific first. */
const failures: readonly KnownFailure[] = [
  known(
    /volume "([^"]+)" is attached to active sandbox "([^"]+)"/,
    ([, volume, sandbox]) =>
      `Sandbox ${sandbox ?? ''} runs or is paused and mounts ${volume ?? ''}. Nothing was removed.`,
    'Stop the sandbox first, then plan it again.',
  ),
  known(
    /volume "([^"]+)" is currently attached by a running sandbox/,
    ([, volume]) => `A running sandbox holds the disk image of ${volume ?? ''}. Nothing was removed.`,
    'Stop the sandbox that uses it, then plan it again.',
  ),
  known(
    /named volume "([^"]+)" already exists as (\w+), but this sandbox requested (\w+)/,
    ([, volume, has, wanted]) =>
      `Volume ${volume ?? ''} is a ${has ?? ''}, and the sandbox wants a ${wanted ?? ''}.`,
    'Mount it as what it is, or take another name.',
  ),
  known(
    /named volume "([^"]+)" already exists with capacity/,
    ([, volume]) =>
      `Disk volume ${volume ?? ''} has another capacity than the sandbox wants. Nothing was made.`,
    'Refresh the host, then plan it again.',
  ),
  known(
    /multiple volumes cannot mount the same guest path: (\S+)/,
    ([, path]) => `Two volumes are to be mounted at ${path ?? ''}. Nothing was made.`,
    'Give each its own path.',
  ),
  known(
    /mount-named must be in format/,
    () => 'msb did not take a mount. Nothing was made.',
    'A volume is mounted at an absolute path.',
  ),
  known(
    /sandbox already exists: sandbox '([^']+)'/,
    ([, sandbox]) =>
      `There is a sandbox ${sandbox ?? ''} already, or a directory that msb left of one. Nothing was made.`,
    'Choose another name. A directory that msb lists no sandbox for lies in “sandboxes” of its data home.',
  ),
  known(
    /image not cached: (\S+)/,
    ([, image]) =>
      `msb has no image ${image ?? ''} on this host, and nothing is downloaded. Nothing was made.`,
    'Load it from an archive, or by hand: msb pull IMAGE.',
  ),
  known(
    /cannot remove sandbox '([^']+)': still running/,
    ([, sandbox]) => `Sandbox ${sandbox ?? ''} runs or is paused. Nothing was removed.`,
    'Stop it first, then plan it again.',
  ),
  known(
    /cannot start sandbox '([^']+)': already running/,
    ([, sandbox]) => `Sandbox ${sandbox ?? ''} runs already. Nothing was changed.`,
    'Refresh the host.',
  ),
  known(
    /(?:cannot start sandbox '([^']+)': status is (\w+)|sandbox '([^']+)' is in state (\w+) and cannot)/,
    ([, sandbox, state, other, itsState]) =>
      `Sandbox ${sandbox ?? other ?? ''} is ${state ?? itsState ?? ''}, so it can’t be started. Nothing was changed.`,
    'Resume one that is paused; wait for one that stops.',
  ),
  known(
    /sandbox "([^"]+)" has no (?:live runtime|agent endpoint)/,
    ([, sandbox]) => `Nothing runs behind sandbox ${sandbox ?? ''}. Nothing was changed.`,
    'Refresh the host; if it is still listed as running, stop it, then start it.',
  ),
  known(
    /volume already exists: (\S+)/,
    ([, volume]) => `There is a volume or a directory ${volume ?? ''} already. Nothing was made.`,
    'Choose another name. If msb does not list it, it is a directory without a record: set it aside.',
  ),
  known(
    /volume not found: (\S+)/,
    ([, volume]) => `msb has no volume ${volume ?? ''}. Nothing was changed.`,
    'Refresh the host: it may have been removed meanwhile.',
  ),
  known(
    /failed to create upper\.ext4: image size is too small/,
    () => 'The root disk is too small for an ext4 file system. No sandbox was made.',
    'Take at least 68 MiB and another name: msb leaves a directory of this one.',
  ),
  known(
    /image size is too small for ext4 formatting/,
    () => 'The size is too small for an ext4 file system. No volume was made.',
    'Take at least 68 MiB.',
  ),
  known(
    /failed to create disk\.raw: (.*)/,
    ([, why]) => `The disk image could not be made: ${why ?? ''}. No volume was made.`,
    'See whether there is room where the data home of microsandbox is.',
  ),
  known(
    /invalid size \(expected/,
    () => 'msb did not take the size. No volume was made.',
    'Give it as 512M or 10G.',
  ),
  known(
    /--size is required with --kind disk/,
    () => 'A disk volume needs a size. No volume was made.',
    'Give one of at least 68 MiB.',
  ),
  known(
    /--size is only supported with --kind disk/,
    () => 'A directory takes no size. No volume was made.',
    'Make a disk volume for a fixed size.',
  ),
  known(
    /volume name must not be empty|volume create requires a name/,
    () => 'A volume needs a name. No volume was made.',
    'Give one.',
  ),
  known(
    /volume name must start with an alphanumeric character/,
    () => 'msb did not take the name. Nothing was made.',
    'Begin with a letter or digit, then letters, digits, dots, hyphens and underscores.',
  ),
  known(/volume name specified twice/, () => 'Two names were given. No volume was made.', 'Plan it again.'),
  known(
    /snapshot (?:already exists: )?.*conflicts between|snapshot already exists/,
    () => 'A snapshot of this name is there already. None was taken.',
    'Choose another name, or remove the old one first.',
  ),
  known(
    /snapshot integrity check failed: (?:missing|raw layer size mismatch)(.*)/,
    () => 'A file of the snapshot is gone or has another size: it is not what was taken.',
    'Restore nothing from it. Load it anew from an archive, or remove it.',
  ),
  known(
    /snapshot integrity check failed/,
    () =>
      'The content of the snapshot is not what was recorded when it was taken: it was changed or is damaged.',
    'Restore nothing from it. Check the disk that it lies on; load the snapshot anew from an archive, or remove it.',
  ),
  known(
    /snapshot (\S+) has (\d+) indexed child snapshot/,
    ([, snapshot, count]) =>
      `${count ?? ''} other snapshot${count === '1' ? ' was' : 's were'} made from ${snapshot ?? ''}. Nothing was removed.`,
    'Remove those first.',
  ),
  known(
    /archive truncated|failed to read entire block|invalid (?:tar|zstd)|Unknown frame descriptor/i,
    () => 'The archive is no whole archive of this kind. Nothing was loaded.',
    'Copy the file to the host anew, and see whether it is an archive of snapshots or of images.',
  ),
  known(
    /cache error at (\S+): No such file or directory/,
    ([, path]) => `${path?.replace(/:$/, '') ?? ''} is not there. Nothing was loaded.`,
    'Put the archive there, then plan it again.',
  ),
  known(
    /snapshot not found: (\S+)/,
    ([, snapshot]) => `msb has no snapshot ${snapshot ?? ''}. Nothing was changed.`,
    'Refresh the host: it may have been removed meanwhile.',
  ),
  known(
    /sandbox '?([^\s']+)'? has no OCI image pinned/,
    ([, sandbox]) =>
      `Sandbox ${sandbox ?? ''} runs from a plain folder; only those from an image can be snapshotted.`,
    'Make the sandbox from an image.',
  ),
  known(
    /sandbox not found: (\S+)/,
    ([, sandbox]) => `msb has no sandbox ${sandbox ?? ''}. Nothing was changed.`,
    'Refresh the host: it may have been removed meanwhile.',
  ),
  known(
    /invalid snapshot name|snapshot name must be a bare identifier/,
    () => 'msb did not take the name of the snapshot. None was taken.',
    'Up to 128 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.',
  ),
  known(
    /failed to start "([^"]+)": ?(.*)/,
    ([, sandbox, why]) => `Sandbox ${sandbox ?? ''} did not start: ${why ?? ''}. It stays, stopped.`,
    'msb doctor says what is missing for it to start; msb logs --source system says what happened.',
  ),
  known(
    /failed to start "([^"]+)"(?:\n\s*→ (?:other: )?(.*))?/,
    ([, sandbox, why]) =>
      `Sandbox ${sandbox ?? ''} was made, but it did not start${why === undefined ? '' : `: ${why}`}. It stays, stopped.`,
    'msb doctor says what is missing for it to start; msb logs --source system says what happened.',
  ),
  known(
    /File name too long/,
    () => 'The name is too long for the file system. Nothing was made.',
    'Take a shorter name.',
  ),
  known(
    /database error: (.*)/,
    ([, why]) => `msb could not write its record: ${why ?? ''}. It takes back what it had made.`,
    'See whether the data home of microsandbox can be written, then refresh the host.',
  ),
  known(
    /No space left on device|Disk quota exceeded/,
    () => 'There is no room where the data home of microsandbox is.',
    'Make room, then plan it again.',
  ),
  known(
    /Permission denied/,
    () => 'This login may not do that to the data home of microsandbox.',
    'Log in as the user whose sandbox volumes these are.',
  ),
  known(
    /unexpected argument '([^']+)'|unrecognized subcommand '([^']+)'|invalid value '([^']+)'/,
    ([, argument, command, value]) =>
      `This msb does not know “${argument ?? command ?? value ?? ''}”. Nothing was changed.`,
    'Holdfast was measured with msb 0.6.18 and 0.7.2. Refresh the host, then plan it again.',
  ),
  known(
    /io error: No such file or directory/,
    () => 'The data home of microsandbox is not there, or a part of it went away.',
    'See whether its disk is mounted, then refresh the host.',
  ),
];

export function explainMsb(exitCode: number, stderr: string): { message: string; remedy: string } | null {
  if (exitCode === gaveUpExitCode) {
    return {
      message: `Another msb held the lock of this name for ${lockPatienceSeconds} s, so waiting was given up.`,
      remedy: 'A sandbox that mounts it is being made or started. Wait for its end, then plan it again.',
    };
  }
  return explain(failures, exitCode, stderr);
}
