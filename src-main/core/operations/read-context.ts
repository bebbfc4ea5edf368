import type { SshSession } from '../ssh/types';
import type { ActionContext } from './action';

const defaultTimeoutSeconds = 30;
const defaultMaxOutputBytes = 64 * 1024 * 1024;

export interface ReadContextOptions {
  nowMs: () => number;
  signal?: AbortSignal;
  /** Told of every read, for the session's summary row. */
  onRead: (hostId: string) => void;
}

/** Fresh reads over one session, for planning and verifying. */
export function readContext(session: SshSession, options: ReadContextOptions): ActionContext {
  return {
    nowMs: options.nowMs,
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
