import type { Channel, EventName, EventPayload, Result } from '../../src-preload/contract';
import type { LoadedPolicy } from '../../src-preload/contract/machine-policy';
import type { FixedSettings } from '../../src-preload/contract/settings';
import type { LogLevel } from './log';
import type { ShellPort } from './port/shell-port';

/** How the core is started; the same for app, demo, tests and bench. */
export interface CoreOptions {
  /** Holds app.sqlite and audit/. Created when missing. */
  dataDirectory: string;
  shell: ShellPort;
  /** Starts the embedded demo fleet and uses its hosts. */
  demo: boolean;
  /** `user@laptop`, written to every audit row. */
  actor: string;
  emit<E extends EventName>(event: E, payload: EventPayload<E>): void;
  /** Extra places to look in tests; defaults to the person's ~/.ssh/known_hosts. */
  knownHostsPath?: string;
  /** The same for ~/.ssh/config. */
  sshConfigPath?: string;
  nowMs?: () => number;
  /** Settings that the window cannot change. */
  fixed?: FixedSettings;
  /** What this computer may do at most; each limits further. Left out: everything. */
  policies?: readonly LoadedPolicy[];
  /** Left out: `info`. */
  logLevel?: LogLevel;
}

export interface Core {
  /** Parses the request strictly, runs the handler, never throws. */
  call(channel: Channel, payload: unknown, signal: AbortSignal): Promise<Result<unknown>>;
  /** Finishes what is in hand, signs checkpoints, closes files. */
  close(): Promise<void>;
}
