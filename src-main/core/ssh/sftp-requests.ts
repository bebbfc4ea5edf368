import type { SFTPWrapper } from 'ssh2';
import { AppError } from '../errors/app-error';

/** Status codes of SFTP version 3 (draft-ietf-secsh-filexfer-02, 7). */
const noSuchFile = 2;
const permissionDenied = 3;

/** Longer than any answer of a working host takes, also behind 2 MiB of data on a slow line. */
const answerWithinMs = 120_000;

export interface FileRequest {
  /** What it is about, for the error's sentence. */
  path: string;
  /** A change may have been made when no answer came. */
  changes?: true;
}

/** Sends one request and waits for its answer. @throws AppError */
export type Ask = <T>(
  request: FileRequest,
  send: (done: (error: unknown, value: T) => void) => void,
) => Promise<T>;

/**
 * Requests of one SFTP channel, any number at a time. What is open when the channel closes fails: a read as
 * `unreachable`, a change as `outcome-unknown`.
 */
export function requestsOf(sftp: SFTPWrapper, host: { name: string; user: string }): Ask {
  const waiting = new Set<() => void>();
  let closed = false;
  sftp.once('close', () => {
    closed = true;
    for (const lost of [...waiting]) lost();
  });
  return ({ path, changes }, send) =>
    new Promise((resolve, reject) => {
      const noAnswer = (why: string, sent: boolean): AppError =>
        changes === true && sent
          ? new AppError('outcome-unknown', `${why} while ${path} was changed on ${host.name}.`)
          : new AppError('unreachable', `${why}. Nothing was changed (${path}).`);
      if (closed) {
        reject(noAnswer(`The connection to ${host.name} was lost`, false));
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        waiting.delete(lost);
      };
      const lost = (): void => {
        end();
        reject(noAnswer(`The connection to ${host.name} was lost`, true));
      };
      const timer = setTimeout(() => {
        end();
        reject(noAnswer(`${host.name} did not answer for ${answerWithinMs / 1000} s`, true));
      }, answerWithinMs);
      waiting.add(lost);
      try {
        send((error, value) => {
          // Whatever the server answers has a status; ssh2 ends what is open on a lost channel without one.
          if (error instanceof Error && !('code' in error)) return lost();
          end();
          if (error === undefined || error === null) resolve(value);
          else reject(explain(error, path, host, changes === true));
        });
      } catch (thrown) {
        // ssh2 throws where it cannot send at all.
        end();
        reject(explain(thrown, path, host, changes === true));
      }
    });
}

function explain(
  thrown: unknown,
  path: string,
  { name, user }: { name: string; user: string },
  changes: boolean,
): AppError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const options = { detail, cause: thrown };
  if (code === noSuchFile) {
    return new AppError('not-found', `${path} is not on ${name} any more.`, {
      ...options,
      remedy: 'Refresh the host.',
    });
  }
  if (code === permissionDenied) {
    return changes
      ? new AppError('unauthorized', `${user} may not change ${path} on ${name}.`, {
          ...options,
          remedy: `Files are changed as the login user, without sudo: give ${user} the right to, or log in as their owner. A forced command gives files out read-only, unless “Least privilege…” was told that files are changed.`,
        })
      : new AppError('unauthorized', `${user} may not read ${path} on ${name}. Nothing was changed.`, {
          ...options,
          remedy: `Files are read as the login user, without sudo: give ${user} the right to read them, or log in as somebody who has it.`,
        });
  }
  return changes
    ? new AppError(
        'command-failed',
        `${name} could not change ${path}, and its SFTP server gives no reason.`,
        {
          ...options,
          remedy: 'Look whether the disk or a quota is full, and whether it is mounted read-only.',
        },
      )
    : new AppError('command-failed', `${path} could not be read on ${name}. Nothing was changed.`, options);
}
