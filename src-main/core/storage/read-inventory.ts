import type { BackendStatus, HostInventory, Pool, Snapshot } from '../../../src-preload/contract/inventory';
import { AppError, toAppError } from '../errors/app-error';
import type { SshSession } from '../ssh/types';
import type { BackendInventory, Probe, ProbeOutcome, StorageBackend } from './backend';
import {
  assembleDisks,
  diskReadTools,
  readDisks,
  type DiskReading,
  type DiskReadOptions,
} from './disks/read-disks';
import { recentSmart } from './disks/recent-smart';
import type { SandboxDriver } from '../sandbox/driver';
import { readSandbox } from '../sandbox/read-sandbox';
import { sandboxDrivers as allSandboxDrivers } from '../sandbox/registry';
import { backends as allBackends } from './registry';
import { readSystem, sensorTools, systemTools } from './system/index';

export interface ReadInventoryOptions {
  nowMs: () => number;
  signal?: AbortSignal;
  /** The last inventory of the same host: what it tells saves commands. */
  last?: HostInventory | null;
  /** SMART of every disk, however recent the last is. */
  smart?: boolean;
  /** Other backends than the registry's, for tests. */
  backends?: readonly StorageBackend[];
  /** false: only the pools, for tests of the backends. */
  disks?: boolean;
  /** Other kinds of sandbox volumes than the registry's, for tests. */
  sandboxDrivers?: readonly SandboxDriver[];
}

export interface InventoryReading {
  inventory: HostInventory;
  snapshots: Snapshot[];
}

/** Errors of the connection, not of a tool: with them nothing was read of any backend. */
const connectionErrors: ReadonlySet<AppError['code']> = new Set([
  'unreachable',
  'untrusted-host',
  'unauthorized',
  'cancelled',
  'timed-out',
  'core-unavailable',
]);

/** One probe; what goes wrong is its outcome. */
export async function runProbe(
  session: SshSession,
  probe: Probe,
  signal: AbortSignal | undefined,
  again = true,
): Promise<ProbeOutcome> {
  const reader = probe.reader?.();
  let heard = false;
  try {
    const { exitCode, stdout, stderr } = await session.exec({
      operation: `read ${probe.argv.slice(0, 2).join(' ')}`,
      argv: probe.argv,
      privileged: probe.privileged,
      acceptExitCodes: probe.acceptExitCodes,
      timeoutSeconds: probe.timeoutSeconds,
      maxOutputBytes: probe.maxOutputBytes,
      mutates: false,
      signal,
      ...(reader === undefined
        ? {}
        : {
            keepStdout: false,
            onOutput: (stream, chunk) => {
              heard = true;
              if (stream === 'stdout') reader.push(chunk);
            },
          }),
    });
    return { ok: true, exitCode, stdout, stderr, ...(reader === undefined ? {} : { reader }) };
  } catch (thrown) {
    const error = toAppError(thrown);
    // What was streamed can't be taken back, so the connection does not try again by itself as it does for other reads.
    if (heard && again && error.code === 'unreachable') return runProbe(session, probe, signal, false);
    return { ok: false, error };
  }
}

function status(
  backend: StorageBackend,
  rest: Pick<BackendStatus, 'available' | 'version' | 'error' | 'refusedAtMs'>,
): BackendStatus {
  const { kind, title, packageName, capabilities } = backend;
  return { kind, title, packageName, capabilities: { ...capabilities }, ...rest };
}

interface BackendReading {
  status: BackendStatus;
  read: BackendInventory | null;
  error: AppError | null;
  /** Every probe met an error of the connection. */
  lost: AppError | null;
}

function missing(backend: StorageBackend, tools: readonly string[]): BackendReading {
  const error = new AppError(
    'command-missing',
    `${backend.title} is not installed on this host: ${tools.join(' and ')} ${tools.length === 1 ? 'is' : 'are'} not there.`,
    { remedy: `apt install ${backend.packageName}` },
  );
  return {
    status: status(backend, { available: false, version: null, error: error.toWire() }),
    read: null,
    error: null,
    lost: null,
  };
}

const before = (backend: StorageBackend, last: HostInventory | null): BackendStatus | undefined =>
  last?.backends.find(({ kind }) => kind === backend.kind);

/** Of a reading that went well all the same. What was not asked for this time is as it was. */
function refusal(
  outcomes: ReadonlyMap<string, ProbeOutcome>,
  was: BackendStatus | undefined,
  nowMs: () => number,
): Pick<BackendStatus, 'refusedAtMs'> {
  const refused = [...outcomes.values()].some(
    (outcome) => !outcome.ok && ['refused', 'sudo-refused'].includes(outcome.error.code),
  );
  if (refused) return { refusedAtMs: nowMs() };
  return was?.refusedAtMs === undefined ? {} : { refusedAtMs: was.refusedAtMs };
}

function probesOf(backend: StorageBackend, last: HostInventory | null): readonly Probe[] {
  const was = before(backend, last);
  const wasRead = last !== null && was?.available === true && was.error === null;
  return wasRead ? (backend.probesAfter?.(last) ?? backend.probes) : backend.probes;
}

async function readBackend(
  session: SshSession,
  backend: StorageBackend,
  last: HostInventory | null,
  nowMs: () => number,
  signal: AbortSignal | undefined,
): Promise<BackendReading> {
  const runAll = (probes: readonly Probe[]) =>
    Promise.all(probes.map(async (probe) => [probe.id, await runProbe(session, probe, signal)] as const));
  const outcomes = new Map<string, ProbeOutcome>(await runAll(probesOf(backend, last)));
  let confused: unknown = null;
  try {
    for (const [id, outcome] of await runAll(backend.followUp?.(outcomes) ?? [])) outcomes.set(id, outcome);
  } catch (thrown) {
    confused = thrown;
  }
  const errors = [...outcomes.values()].flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  const lost = errors.find(({ code }) => connectionErrors.has(code)) ?? null;
  try {
    if (confused !== null) throw confused;
    const read = backend.parse(outcomes);
    return {
      status: status(backend, {
        available: true,
        version: read.version,
        error: null,
        ...refusal(outcomes, before(backend, last), nowMs),
      }),
      read,
      error: null,
      lost: null,
    };
  } catch (thrown) {
    const error = toAppError(thrown);
    return {
      status: status(backend, { available: true, version: null, error: error.toWire() }),
      read: null,
      error,
      lost: errors.length === outcomes.size ? lost : null,
    };
  }
}

type DisksRead = { reading: DiskReading } | { error: AppError };

async function tryDisks(
  session: SshSession,
  located: ReadonlyMap<string, string>,
  options: DiskReadOptions,
  signal: AbortSignal | undefined,
): Promise<DisksRead> {
  try {
    return { reading: await readDisks((probe) => runProbe(session, probe, signal), located, options) };
  } catch (thrown) {
    return { error: toAppError(thrown) };
  }
}

type SandboxRead = Pick<HostInventory, 'sandbox' | 'sandboxError'>;

/** What goes wrong here never hides the pools. */
async function trySandbox(
  session: SshSession,
  drivers: readonly SandboxDriver[],
  located: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<SandboxRead> {
  try {
    const sandbox = await readSandbox(drivers, located, (probe) => runProbe(session, probe, signal));
    return { sandbox, sandboxError: null };
  } catch (thrown) {
    return { sandbox: null, sandboxError: toAppError(thrown).toWire() };
  }
}

/**
 * Reads everything of a host: tools are located once, then the probes of all backends run side by side, the disks
 * beside them.
 *
 * A backend whose tools are missing is `available: false` and names its package. One that cannot be read
 * keeps its error in its status; its pools are then absent, not empty. Throws AppError when the tools cannot
 * be located or every backend failed with an error of the connection, so that the last known inventory stays.
 */
export async function readInventory(
  session: SshSession,
  host: { id: string },
  options: ReadInventoryOptions,
): Promise<InventoryReading> {
  const { nowMs, signal, last = null } = options;
  const known = options.backends ?? allBackends;
  const startedAtMs = nowMs();
  const recent = options.smart === true ? [] : recentSmart(last?.disks ?? [], startedAtMs);
  const ofBackends = known.flatMap((backend) => [...backend.tools, ...firstWords(backend)]);
  // smartctl too is looked for again when it was missing: the screen says how to install it.
  const drivers = options.sandboxDrivers ?? (options.disks === false ? [] : allSandboxDrivers);
  const tools = [
    ...ofBackends,
    ...(options.disks === false ? [] : diskReadTools),
    ...(options.smart === true ? sensorTools : []),
    ...drivers.flatMap((driver) => driver.tools),
  ];
  const locate = await locator(session, tools, [
    ...systemTools,
    ...drivers.flatMap(({ niceToHave }) => niceToHave),
  ]);
  let done = (): void => undefined;
  const backendsDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  // The disks first: what follows on their list waits for it, and all else runs beside.
  const readingDisks =
    options.disks === false
      ? null
      : locate(diskReadTools).then((located) =>
          tryDisks(session, located, { backendsDone, nowMs, recent }, signal),
        );
  const backendsRead = Promise.all(
    known.map(async (backend) => {
      const located = await locate(backend.tools);
      const absent = backend.tools.filter((tool) => !located.has(tool));
      return absent.length > 0
        ? missing(backend, absent)
        : readBackend(session, backend, last, nowMs, signal);
    }),
  );
  backendsRead.then(done, done);
  const located = await locate(options.smart === true ? sensorTools : []);
  const [readings, system, disksRead, sandboxRead] = await Promise.all([
    backendsRead,
    readSystem(session, located, nowMs, signal).catch((thrown: unknown) => {
      // The line is lost: the backends say so, each for itself.
      if (connectionErrors.has(toAppError(thrown).code)) return null;
      throw thrown;
    }),
    readingDisks,
    locate(drivers.flatMap((driver) => driver.tools)).then((found) =>
      trySandbox(session, drivers, found, signal),
    ),
  ]);
  if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
  const tried = readings.filter((reading) => reading.status.available);
  const lost = tried.find((reading) => reading.lost !== null)?.lost ?? null;
  if (lost !== null && tried.every((reading) => reading.lost !== null)) throw lost;

  const read = readings.flatMap((reading) => (reading.read === null ? [] : [reading.read]));
  // concat copies 100,000 at once; flatMap takes them one by one.
  const snapshots = ([] as Snapshot[]).concat(...read.map((inventory) => inventory.snapshots));
  const pools = read.flatMap((inventory) => inventory.pools);
  const statuses = readings.map((reading) => reading.status);
  const { disks, disksError } = disksOf(disksRead, pools, statuses);
  const takenAtMs = nowMs();
  return {
    inventory: {
      hostId: host.id,
      takenAtMs,
      durationMs: Math.max(0, takenAtMs - startedAtMs),
      backends: statuses,
      pools,
      volumes: read.flatMap((inventory) => inventory.volumes),
      snapshotCount: snapshots.length,
      disks,
      disksError,
      system,
      ...sandboxRead,
    },
    snapshots,
  };
}

function disksOf(
  read: DisksRead | null,
  pools: readonly Pool[],
  statuses: readonly BackendStatus[],
): Pick<HostInventory, 'disks' | 'disksError'> {
  if (read === null) return { disks: null, disksError: null };
  if ('error' in read) return { disks: null, disksError: read.error.toWire() };
  return { disks: assembleDisks(read.reading, pools, statuses), disksError: null };
}

type Locate = (needed: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * The session remembers where tools are; what was missing is looked for again, as it may be installed now. Only who
 * needs one of those waits for it.
 */
async function locator(
  session: SshSession,
  tools: readonly string[],
  niceToHave: readonly string[],
): Promise<Locate> {
  const all = [...new Set([...tools, ...niceToHave])];
  const remembered = await session.locate(all);
  if (tools.every((tool) => remembered.has(tool))) return async () => remembered;
  const again = session.locate(all, true);
  // Whoever waits for it is told; with nobody waiting it is nobody's.
  again.catch(() => undefined);
  return async (needed) => (needed.every((tool) => remembered.has(tool)) ? remembered : again);
}

function firstWords(backend: StorageBackend): string[] {
  return backend.probes.flatMap(({ argv }) => argv.slice(0, 1));
}
