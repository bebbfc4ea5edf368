import { AppError } from '../errors/app-error';

const sampleLength = 300;

/**
 * Output that no parser may guess at.
 *
 * @param command what ran, as a person would name it: `zpool status`
 * @param reason what was expected and not found
 * @param sample the part that was not understood; shortened
 */
export function unexpectedOutput(command: string, reason: string, sample: string): AppError {
  const shown = sample.length <= sampleLength ? sample : `${sample.slice(0, sampleLength)}…`;
  return new AppError(
    'unexpected-output',
    `The output of "${command}" was not understood: ${reason}. Nothing of it is shown, because it would be a guess.`,
    shown === '' ? {} : { detail: shown },
  );
}
