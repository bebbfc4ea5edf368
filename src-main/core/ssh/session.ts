import { randomBytes } from 'node:crypto';
import PQueue from 'p-queue';
import type { Client, SFTPWrapper } from 'ssh2';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { execOn, isChannelRefused, type ExecLimits, type RawExec, type RawResult } from './exec';
import {
  commandFailed,
  diedBySignal,
  killedChange,
  missingTool,
  notStarted,
  trimOutput,
  type FailedCommand,
} from './exec-errors';
import { locateCommand, parseLocated, toolNamePattern } from './locate';
import { outputMarker } from './output-collector';
import { programsOf, withPaths } from './programs';
import { quoteArgv } from './quote';
import { remoteChanges, type RemoteChanges } from './remote-changes';
import { remoteFiles, type RemoteFiles } from './remote-files';
import type { ExecRequest, ExecResult, SshSession } from './types';

/** sshd's MaxSessions is 10 by default; two are left for commands that we stopped waiting for. */
const channelsAtOnce = 8;

/**
 * sshd counts a command that hangs (`zpool status` on a suspended pool) among its MaxSessions until it ends, also
 * after we closed its channel: measured with OpenSSH 9.2p1, which after ten abandoned commands refused every further
 * channel for as long as they ran. After this many the connection has to be made anew.
 */
const hangingAtMost = 2;

/** Tools looked for at connect, so that planning needs no further round trip. */
const usualTools = [
  'sudo',
  'zfs',
  'zpool',
  'vgs',
  'lvs',
  'pvs',
  'lvm',
  'lvcreate',
  'lvremove',
  'lvconvert',
  'mdadm',
  'btrfs',
  ...['lsblk', 'ls', 'smartctl', 'wipefs', 'sensors'],
  ...[
    'msb',
    'du',
    'df',
    'find',
    'flock',
    'timeout',
    'true',
    'dmsetup',
    'losetup',
    'e2fsck',
    'resize2fs',
    'dumpe2fs',
  ],
  ...['dd', 'truncate', 'tee', 'mkdir', 'rmdir', 'mv', 'ln', 'rm', 'sed', 'mount', 'umount'],
  ...['cat', 'date', 'systemctl', 'findmnt', 'readlink', 'stat', 'grep', 'blkid', 'fuser', 'udevadm'],
] as const;

/** What the session tells whoever keeps the connection, and asks of him. */
export interface SessionWatch {
  /** Whether a command may be sent at all. */
  permits(argv: readonly string[]): boolean;
  /** A command begins; the connection is in use until `ended`. */
  began(): void;
  ended(): void;
  /** Too many commands hang on it: new work belongs on a new connection. */
  worn(): void;
}

/** One ready connection, its tools and its shell's habits. */
export class Session implements SshSession {
  readonly hostId: string;
  readonly #queue = new PQueue({ concurrency: channelsAtOnce });
  readonly #paths = new Map<string, string | null>();
  #noisy = false;
  #hanging = 0;

  private constructor(
    private readonly client: Client,
    private readonly host: Host,
    private readonly watch: SessionWatch,
  ) {
    this.hostId = host.id;
  }

  /** Looks once at the host's shell and tools. @throws AppError */
  static async open(client: Client, host: Host, watch: SessionWatch, signal?: AbortSignal): Promise<Session> {
    const session = new Session(client, host, watch);
    await session.#look(usualTools, signal);
    return session;
  }

  async locate(tools: readonly string[], refresh = false): Promise<ReadonlyMap<string, string>> {
    return this.#find(tools, refresh);
  }

  /**
   * Synchronous, so that a plan and its execution render alike; a tool not located yet keeps its bare name. `sudo`
   * stays bare: it is found by the PATH of every login, and its path differs between systems.
   */
  render(argv: readonly string[], privileged: boolean): { argv: string[]; commandLine: string } {
    const sudo = privileged && this.host.sudo && this.host.user !== 'root';
    const full = [...(sudo ? ['sudo', '-n', '--'] : []), ...withPaths(argv, this.#paths)];
    const line = `LC_ALL=C ${quoteArgv(full)}`;
    return { argv: full, commandLine: this.#noisy ? `printf '%s\\n' ${outputMarker}; ${line}` : line };
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    // SECURITY: the last look before anything leaves the laptop, whoever made the command.
    if (!this.watch.permits(request.argv)) {
      throw new AppError(
        'refused',
        `Holdfast does not send this command: it is not on its list. Nothing was sent to ${this.host.name} (${request.operation}).`,
        { detail: request.argv.join(' ').slice(0, 1000) },
      );
    }
    const programs = programsOf(request.argv).filter((program) => toolNamePattern.test(program));
    const found = await this.#find(programs, false, request.signal);
    const absent = programs.find((program) => !found.has(program));
    if (absent !== undefined) throw missingTool(absent, this.host.name);
    const { argv, commandLine } = this.render(request.argv, request.privileged);
    const marker = this.#noisy ? outputMarker : null;
    const { started, ...result } = await this.#run({ commandLine, marker }, request);
    const failed: FailedCommand = {
      operation: request.operation,
      hostName: this.host.name,
      user: this.host.user,
      argv: argv[0] === 'sudo' ? argv.slice(3) : argv,
      privileged: argv[0] === 'sudo',
      exitCode: result.exitCode,
      stdout: result.stdout,
      stderr: result.stderr,
    };
    if (request.foreign !== true) {
      if (request.mutates && diedBySignal(result.exitCode)) throw killedChange(failed);
      const refused = notStarted(failed);
      if (refused !== null) throw refused;
    }
    if (result.leftRunning !== true && !request.acceptExitCodes.includes(result.exitCode)) {
      throw commandFailed(failed);
    }
    if (!started && !request.mutates) {
      // Nothing of what came can be told from start-up noise; taking it for "no output" would be a guess.
      throw new AppError(
        'unexpected-output',
        `The shell of ${this.host.user} on ${this.host.name} did not mark where output begins (${request.operation}). Nothing was changed.`,
      );
    }
    return result;
  }

  /** Opens an SFTP channel for `work` and closes it again, also when `signal` aborts. @throws AppError */
  async files<T>(work: (files: RemoteFiles) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#withSftp(async (sftp) => {
      const stop = (): void => sftp.end();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await work(remoteFiles(sftp, this.host));
      } catch (thrown) {
        if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
        throw thrown;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    }, signal);
  }

  /**
   * The same for changes below one folder, whose path `work` gets as the host resolves it. Once `work` has begun the
   * channel stays open whatever `signal` says, because what was begun has to be cleaned up over it. @throws AppError
   */
  async changeFiles<T>(
    folder: string,
    work: (files: RemoteChanges, root: string) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#withSftp(async (sftp) => {
      const root = await remoteFiles(sftp, this.host).resolve(folder);
      return work(remoteChanges(sftp, this.host, root), root);
    }, signal);
  }

  async #withSftp<T>(work: (sftp: SFTPWrapper) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.watch.began();
    try {
      return await this.#queued(async () => {
        const sftp = await this.#openSftp();
        try {
          return await work(sftp);
        } finally {
          sftp.end();
        }
      }, signal);
    } finally {
      this.watch.ended();
    }
  }

  #openSftp(): Promise<SFTPWrapper> {
    const { name } = this.host;
    return new Promise((resolve, reject) => {
      const lost = (): void =>
        reject(new AppError('unreachable', `The connection to ${name} was lost. Nothing was changed.`));
      this.client.once('close', lost);
      this.client.sftp((error, sftp) => {
        this.client.off('close', lost);
        if (error === undefined) resolve(sftp);
        else {
          reject(
            new AppError(
              'command-missing',
              `${name} offers no file transfer (SFTP), so its files can't be shown.`,
              {
                detail: error.message,
                remedy: 'Enable it in /etc/ssh/sshd_config of the host: Subsystem sftp internal-sftp',
              },
            ),
          );
        }
      });
    });
  }

  async #find(
    tools: readonly string[],
    refresh: boolean,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const unknown = refresh ? tools : tools.filter((tool) => !this.#paths.has(tool));
    if (unknown.length > 0) await this.#look(unknown, signal);
    return new Map(
      tools.flatMap((tool) => {
        const path = this.#paths.get(tool);
        return path === undefined || path === null ? [] : [[tool, path] as const];
      }),
    );
  }

  async #run(raw: Omit<RawExec, 'hostName'>, limits: ExecLimits): Promise<RawResult> {
    this.watch.began();
    try {
      return await this.#onChannel({ ...raw, hostName: this.host.name }, limits);
    } catch (error) {
      if (error instanceof AppError && error.code === 'timed-out') {
        this.#hanging += 1;
        if (this.#hanging === hangingAtMost) this.watch.worn();
      }
      throw error;
    } finally {
      this.watch.ended();
    }
  }

  /**
   * A host that opens no further channel says so before it was told the command, so nothing ran and trying again is
   * safe for a change too. Once is no limit: sshd 9.2 gives a session slot back only after it has handled all that
   * arrived, so it refuses a channel whose request comes in one packet with the goodbyes of the ones before (measured
   * from 7 at a time, MaxSessions 10). A second refusal means that the host allows fewer than we open: then commands
   * wait for their turn.
   */
  async #onChannel(raw: RawExec, limits: ExecLimits): Promise<RawResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#queued(() => execOn(this.client, raw, limits), limits.signal);
      } catch (error) {
        if (!isChannelRefused(error)) throw error;
        if (attempt === 1) continue;
        const others = this.#queue.pending;
        if (others === 0 || attempt > channelsAtOnce + 1) throw error;
        this.#queue.concurrency = Math.max(1, Math.min(this.#queue.concurrency - 1, others));
      }
    }
  }

  /** Waiting for a channel ends with the caller's signal; nothing was sent then. */
  #queued<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      let begun = false;
      const onAbort = (): void => {
        if (!begun) reject(new AppError('cancelled', 'Cancelled.'));
      };
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue
        .add(async () => {
          begun = true;
          signal?.removeEventListener('abort', onAbort);
          // Rejected already; the change must not be sent after its caller was told that it was not.
          if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
          return work();
        })
        .then(resolve, reject);
    });
  }

  async #look(tools: readonly string[], signal?: AbortSignal): Promise<void> {
    const marker = `holdfast-${randomBytes(12).toString('hex')}`;
    const { stdout, stderr } = await this.#run(
      { commandLine: locateCommand(marker, tools), marker: null, anyEncoding: true },
      {
        operation: 'find its storage tools',
        timeoutSeconds: 30,
        maxOutputBytes: 1024 * 1024,
        mutates: false,
        signal,
      },
    );
    const located = parseLocated(stdout, marker);
    if (located === null) {
      throw new AppError(
        'unexpected-output',
        `The login ${this.host.user} on ${this.host.name} does not run commands in a POSIX shell (it may be restricted, or use fish or csh). Give it /bin/sh or bash. Nothing was changed.`,
        { detail: trimOutput(`${stdout}\n${stderr}`) },
      );
    }
    this.#noisy ||= located.noisy;
    for (const tool of tools) this.#paths.set(tool, located.paths.get(tool) ?? null);
  }
}
