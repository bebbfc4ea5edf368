import type { Host } from '../../../src-preload/contract/hosts';
import type { RemoteChanges } from './remote-changes';
import type { RemoteFiles } from './remote-files';

/** A command as data. Only ssh/quote.ts makes a string of it. */
export interface ExecRequest {
  /** What we are doing, for error sentences: `list snapshots`. */
  operation: string;
  /** Without sudo; the connection adds `sudo -n` when `privileged` and the host's setting says so. */
  argv: readonly string[];
  privileged: boolean;
  /** Exit codes that are answers, not failures. Others throw `command-failed`. */
  acceptExitCodes: readonly number[];
  timeoutSeconds: number;
  /** Bytes of stdout plus stderr kept; beyond it the channel is closed and `output-too-large` thrown. */
  maxOutputBytes: number;
  /**
   * True for a change: a lost connection or time-out after sending then throws `outcome-unknown`,
   * never `command-failed`, and output past the cap is dropped instead of failing.
   */
  mutates: boolean;
  /**
   * Changes only: a command that works on for hours, or leaves a child behind that holds its output (`btrfs scrub
   * start`). After this time it is left running, `leftRunning` says so, and its end is not waited for.
   */
  detachAfterSeconds?: number;
  /** All that goes to its standard input. Left out: it reads end of file. */
  stdin?: string;
  signal?: AbortSignal;
  onOutput?: (stream: 'stdout' | 'stderr', chunk: string) => void;
  /**
   * Its exit code and output are those of a program in a sandbox, which may end with any code and say anything: neither is
   * taken for an answer of sudo, the shell or the forced command, nor for a signal.
   */
  foreign?: true;
  /** false: stdout goes to `onOutput` alone, and the result has none: megabytes need not be held twice. */
  keepStdout?: boolean;
}

export interface ExecResult {
  exitCode: number;
  /** Decoded as UTF-8; invalid bytes throw `unexpected-output` for reads and become U+FFFD for changes. */
  stdout: string;
  stderr: string;
  durationMs: number;
  /** Output beyond the cap was dropped (changes only). */
  truncated: boolean;
  /** It had not ended when its caller stopped waiting, as asked; `exitCode` is then 0 and says nothing. */
  leftRunning?: boolean;
}

/** One multiplexed connection to one host. */
export interface SshSession {
  readonly hostId: string;
  exec(request: ExecRequest): Promise<ExecResult>;
  /** The full argument vector and the one string the remote shell gets; what plans show is what `exec` sends. */
  render(argv: readonly string[], privileged: boolean): { argv: string[]; commandLine: string };
  /** Absolute paths of tools found on the host; missing ones are absent. Cached per connection. */
  locate(tools: readonly string[], refresh?: boolean): Promise<ReadonlyMap<string, string>>;
}

export interface SessionOptions {
  /**
   * Nobody waits for it. A background caller does not connect while a host that failed is left in peace (2 s, then
   * twice as long each time, up to 5 minutes), nor to one that needs a person first; it gets the last error again.
   */
  background?: boolean;
}

/** Files of a host over SFTP, on the connection that is shared with its commands. */
export interface FilePool {
  /** Opens a channel for `work` and closes it, also when `signal` aborts. @throws AppError */
  files<T>(host: Host, work: (files: RemoteFiles) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * For changes below one folder. `signal` ends the waiting for a channel; `work` looks at it by itself.
   * @throws AppError `refused` where that folder is none of a volume
   */
  changeFiles<T>(
    host: Host,
    folder: string,
    work: (files: RemoteChanges, root: string) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>;
}

/** Gives the live session of a host, connecting when needed. Concurrent callers share one connection. */
export interface SessionPool {
  session(host: Host, signal?: AbortSignal, options?: SessionOptions): Promise<SshSession>;
  disconnect(hostId: string): Promise<void>;
  close(): Promise<void>;
}
