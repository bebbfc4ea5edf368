import type { SftpStep } from '../../../src-preload/contract/operations';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError, toAppError } from '../errors/app-error';
import { volumeFs } from '../sandbox/volume-fs/change';
import { makeFileChange, shownChange, type FileChange } from '../sandbox/volume-fs/file-change';
import { quoteArgv } from '../ssh/quote';
import type { FilePool } from '../ssh/types';
import type { TransferJournal } from '../transfers/journal';
import type { FileStepDraft } from './action';
import { bytes, plural } from './actions/words';
import type { SendOptions, StepAnswer } from './link';
import { tellProgress } from './transfer-words';

/** What a file change waits for one answer at most; see ssh/sftp-requests.ts. */
export const sftpAnswerSeconds = 120;

export function renderFileStep({ title, explain, files }: FileStepDraft): SftpStep {
  const shown = shownChange(files);
  return {
    kind: 'sftp',
    title,
    ...shown,
    commandLine: quoteArgv(['sftp', shown.verb, ...shown.paths]),
    explain,
    timeoutSeconds: sftpAnswerSeconds,
  };
}

/** Errors of requests that the server, or our own guard, answered with no. */
const answers: ReadonlySet<string> = new Set(['not-found', 'unauthorized', 'command-failed', 'refused']);

/**
 * Makes one change of files over a channel of its own. A no of the server is an answer to the step, with its sentence.
 * @throws AppError `outcome-unknown` where a change was sent and no answer came
 */
export async function sendFileStep(
  pool: FilePool,
  host: Host,
  { files, totalBytes }: FileStepDraft,
  { signal, onOutput }: SendOptions,
  journal?: TransferJournal,
): Promise<StepAnswer> {
  const startedAt = performance.now();
  let begun = false;
  let done = 0;
  const tell =
    totalBytes === undefined
      ? undefined
      : tellProgress(totalBytes, (line) => onOutput('stdout', line), files.verb === 'cp' ? 'copied' : 'sent');
  const answer = (rest: Partial<StepAnswer>): StepAnswer => ({
    accepted: false,
    exitCode: null,
    stdout: '',
    stderr: '',
    durationMs: performance.now() - startedAt,
    ...rest,
  });
  try {
    const said = await pool.changeFiles(
      host,
      files.root,
      (remote, root) => {
        begun = true;
        return makeFileChange(volumeFs(remote, root, journal?.onHost(host, root)), files, {
          signal,
          onProgress: (amount) => {
            done = amount;
            tell?.(amount);
          },
        });
      },
      signal,
    );
    return answer({ accepted: true, stdout: `${said}\n` });
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!begun) throw error;
    if (error.code === 'cancelled') return answer({ stopped: stoppedWords(files, done) });
    if (!answers.has(error.code)) throw lostOnTheWay(error);
    return answer({
      stderr: `${error.message}\n`,
      failure: [error.message, error.remedy].filter((part) => part !== undefined).join(' '),
    });
  }
}

function stoppedWords({ verb, path }: FileChange, done: number): string {
  return verb === 'rmdir'
    ? `Stopped after ${plural(done, 'entry', 'entries')} of ${path} ${done === 1 ? 'was' : 'were'} removed; the rest is there.`
    : `Stopped after ${bytes(done)}. What had arrived was removed; nothing took the name of ${path}.`;
}

/** A read in the midst of a change that got no answer leaves the change open too. */
function lostOnTheWay(error: AppError): AppError {
  if (error.code === 'outcome-unknown' || error.code === 'internal') return error;
  return new AppError('outcome-unknown', error.message, { detail: error.detail, cause: error });
}
