import type { SystemState } from '../../../../src-preload/contract/inventory';
import { toAppError } from '../../errors/app-error';
import type { SshSession } from '../../ssh/types';
import { clockArgv, failedUnitsArgv } from './commands';
import { clockOffsetSeconds, parseClockSeconds, parseFailedUnits } from './parse';

export const systemTools = [clockArgv[0], failedUnitsArgv[0]] as const;

const limits = { privileged: false, acceptExitCodes: [0], mutates: false } as const;

/** null where the host cannot tell (no systemd, no GNU date): such a host is not called well or ill for it. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    const { code } = toAppError(thrown);
    if (code === 'command-missing' || code === 'command-failed' || code === 'unexpected-output') return null;
    throw thrown;
  }
}

/**
 * Clock and failed units of a host. Throws AppError for what concerns the connection.
 * @param nowMs our own clock
 */
export async function readSystem(
  session: SshSession,
  located: ReadonlyMap<string, string>,
  nowMs: () => number,
  signal?: AbortSignal,
): Promise<SystemState> {
  const clock = async (): Promise<number> => {
    const askedAtMs = nowMs();
    const { stdout } = await session.exec({
      ...limits,
      operation: 'read the clock',
      argv: clockArgv,
      timeoutSeconds: 15,
      maxOutputBytes: 1024,
      signal,
    });
    return clockOffsetSeconds(parseClockSeconds(stdout), askedAtMs, nowMs());
  };
  const units = async () => {
    const { stdout } = await session.exec({
      ...limits,
      operation: 'list failed units',
      argv: failedUnitsArgv,
      timeoutSeconds: 15,
      maxOutputBytes: 1024 * 1024,
      signal,
    });
    return parseFailedUnits(stdout);
  };
  const [offset, failedUnits] = await Promise.all([
    located.has(clockArgv[0]) ? orNull(clock()) : null,
    located.has(failedUnitsArgv[0]) ? orNull(units()) : null,
  ]);
  return { clockOffsetSeconds: offset, failedUnits };
}
