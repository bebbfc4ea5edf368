import type { SshSession } from '../ssh/types';
import type { ActionContext } from './action';
import type { ContextOptions } from './link';

const defaultTimeoutSeconds = 30;
const defaultMaxOutputBytes = 64 * 1024 * 1024;

/** Fresh reads over one session, for planning and verifying. */
export function readContext(
  session: SshSession,
  options: ContextOptions,
  lastKnownStatus: ActionContext['lastKnownStatus'],
): ActionContext {
  return {
    nowMs: options.nowMs,
    lastKnownStatus,
    read: async (operation, argv, limits = {}) => {
      options.onRead(session.hostId);
      const { exitCode, stdout, stderr } = await session.exec({
        operation,
        argv,
        privileged: limits.privileged ?? true,
        mutates: false,
        acceptExitCodes: limits.acceptExitCodes ?? [0],
        timeoutSeconds: limits.timeoutSeconds ?? defaultTimeoutSeconds,
        maxOutputBytes: limits.maxOutputBytes ?? defaultMaxOutputBytes,
        signal: options.signal,
      });
      return { exitCode, stdout, stderr };
    },
  };
}
