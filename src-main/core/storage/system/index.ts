import type { SensorState, SystemState } from '../../../../src-preload/contract/inventory';
import { toAppError, type AppError } from '../../errors/app-error';
import type { SshSession } from '../../ssh/types';
import { clockArgv, failedUnitsArgv, sensorsArgv } from './commands';
import { clockOffsetSeconds, parseClockSeconds, parseFailedUnits } from './parse';
import { parseSensors } from './sensors';

export const systemTools = [clockArgv[0], failedUnitsArgv[0], sensorsArgv[0]] as const;
/** Looked for again when a person reads the host: the screen says how to install it. */
export const sensorTools = [sensorsArgv[0]] as const;

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

/** Exit code 1 and this on stderr: there are no chips, which is no failure. */
const noChips = /^No sensors found!/m;

/** Throws AppError for what concerns the connection only. */
async function readSensors(
  session: SshSession,
  located: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<SensorState> {
  if (!located.has(sensorsArgv[0])) return { status: 'not-installed' };
  try {
    const { exitCode, stdout, stderr } = await session.exec({
      ...limits,
      acceptExitCodes: [0, 1],
      operation: 'read the sensors',
      argv: sensorsArgv,
      // Chips without values may take seconds to say so.
      timeoutSeconds: 15,
      maxOutputBytes: 1024 * 1024,
      signal,
    });
    if (exitCode === 1) {
      return noChips.test(stderr)
        ? { status: 'read', sensors: [], silent: [] }
        : { status: 'unreadable', reason: stderr.trim().split('\n')[0] ?? 'sensors ended with 1.' };
    }
    return parseSensors(stdout);
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (code === 'command-missing') return { status: 'not-installed' };
    if (sensorErrors.has(code)) return { status: 'unreadable', reason: message };
    throw thrown;
  }
}
const sensorErrors: ReadonlySet<AppError['code']> = new Set([
  'command-failed',
  'unexpected-output',
  'refused',
  'timed-out',
]);

/**
 * Clock, failed units and sensors of a host. Throws AppError for what concerns the connection.
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
  const [offset, failedUnits, sensors] = await Promise.all([
    located.has(clockArgv[0]) ? orNull(clock()) : null,
    located.has(failedUnitsArgv[0]) ? orNull(units()) : null,
    readSensors(session, located, signal),
  ]);
  return { clockOffsetSeconds: offset, failedUnits, sensors };
}
