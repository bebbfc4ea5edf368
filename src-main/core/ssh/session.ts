import { randomBytes } from 'node:crypto';
import PQueue from 'p-queue';
import type { Client } from 'ssh2';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { execOn } from './exec';
import { commandFailed, missingTool, notStarted, type FailedCommand } from './exec-errors';
import { locateCommand, parseLocated, toolNamePattern } from './locate';
import { quoteArgv } from './quote';
import type { ExecRequest, ExecResult, SshSession } from './types';

/** sshd's MaxSessions is 10 by default; two are left for the person's own use of the same limit. */
const channelsAtOnce = 8;

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
] as const;

/** One ready connection, its tools and its shell's habits. */
export class Session implements SshSession {
  readonly hostId: string;
  readonly #queue = new PQueue({ concurrency: channelsAtOnce });
  readonly #paths = new Map<string, string | null>();
  #noiseMarker: string | null = null;

  private constructor(
    private readonly client: Client,
    private readonly host: Host,
    private readonly onUse: () => void,
  ) {
    this.hostId = host.id;
  }

  /** Looks once at the host's shell and tools. @throws AppError */
  static async open(client: Client, host: Host, onUse: () => void, signal?: AbortSignal): Promise<Session> {
    const session = new Session(client, host, onUse);
    await session.#look(usualTools, signal);
    return session;
  }

  async locate(tools: readonly string[], refresh = false): Promise<ReadonlyMap<string, string>> {
    const unknown = refresh ? tools : tools.filter((tool) => !this.#paths.has(tool));
    if (unknown.length > 0) await this.#look(unknown);
    return new Map(
      tools.flatMap((tool) => {
        const path = this.#paths.get(tool);
        return path === undefined || path === null ? [] : [[tool, path] as const];
      }),
    );
  }

  /** Synchronous, so that a plan and its execution render alike; a tool not located yet keeps its bare name. */
  render(argv: readonly string[], privileged: boolean): { argv: string[]; commandLine: string } {
    const sudo = privileged && this.host.sudo && this.host.user !== 'root';
    const full = [...(sudo ? ['sudo', '-n', '--'] : []), ...this.#resolved(argv)];
    const line = `LC_ALL=C ${quoteArgv(full)}`;
    const marker = this.#noiseMarker;
    return { argv: full, commandLine: marker === null ? line : `printf '%s\\n' ${marker}; ${line}` };
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    const [tool = ''] = request.argv;
    if (toolNamePattern.test(tool) && (await this.locate([tool])).size === 0 && this.#isStorageTool(tool)) {
      throw missingTool(tool, this.host.name);
    }
    this.onUse();
    const { argv, commandLine } = this.render(request.argv, request.privileged);
    const result = await this.#queued(
      () =>
        execOn(this.client, { commandLine, hostName: this.host.name, marker: this.#noiseMarker }, request),
      request.signal,
    );
    this.onUse();
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
    const refused = notStarted(failed);
    if (refused !== null) throw refused;
    if (!request.acceptExitCodes.includes(result.exitCode)) throw commandFailed(failed);
    return result;
  }

  /** Shell words such as `printf` are found by no path; only a storage tool that is missing is an error at once. */
  #isStorageTool(tool: string): boolean {
    return this.#paths.get(tool) === null;
  }

  #resolved(argv: readonly string[]): string[] {
    const [tool = '', ...rest] = argv;
    return [this.#paths.get(tool) ?? tool, ...rest];
  }

  /** Waiting in the queue ends with the caller's signal; nothing was sent then. */
  #queued<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#queue.add(async () => {
      if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
      return work();
    });
  }

  async #look(tools: readonly string[], signal?: AbortSignal): Promise<void> {
    const marker = `holdfast-${randomBytes(12).toString('hex')}`;
    const { stdout } = await this.#queued(
      () =>
        execOn(
          this.client,
          { commandLine: locateCommand(marker, tools), hostName: this.host.name, marker: null },
          {
            operation: 'find its storage tools',
            timeoutSeconds: 30,
            maxOutputBytes: 1024 * 1024,
            mutates: false,
            signal,
          },
        ),
      signal,
    );
    const located = parseLocated(stdout, marker);
    if (located === null) {
      throw new AppError(
        'unexpected-output',
        `The login on ${this.host.name} does not run commands in a POSIX shell (it may be restricted). Nothing was changed.`,
        { detail: stdout.slice(0, 2000) },
      );
    }
    this.#noiseMarker = located.noisy ? marker : null;
    for (const tool of tools) this.#paths.set(tool, located.paths.get(tool) ?? null);
  }
}
