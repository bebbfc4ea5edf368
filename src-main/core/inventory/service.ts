import PQueue from 'p-queue';
import type { Host, HostOverview, HostState, HostSummary } from '../../../src-preload/contract/hosts';
import type { HostInventory, Snapshot, SnapshotRow } from '../../../src-preload/contract/inventory';
import { AppError, toAppError } from '../errors/app-error';
import type { HostStore } from '../hosts/types';
import type { CoreLog } from '../log';
import type { SessionPool, SshSession } from '../ssh/types';
import type { Capacity } from './capacity/capacity';
import { endedActivities, isMoving, type EndedActivity } from './activity-watch';
import { statusAfter, statusAtStart } from './connection-state';
import { areSame } from './same-snapshots';
import { SnapshotIndex, type SnapshotPage, type SnapshotQuery } from './snapshot-index';

/** One reading of a host. */
export interface InventoryReading {
  inventory: HostInventory;
  snapshots: readonly Snapshot[];
}

/** Last readings on disk. */
export interface InventoryCachePort {
  /** Without the snapshots; null: never read. */
  summary(hostId: string): HostSummary | null;
  read(hostId: string): Promise<InventoryReading | null>;
  /** A write that a later one or a removal overtakes is left out. */
  write(hostId: string, reading: InventoryReading, summary: HostSummary): Promise<void>;
  remove(hostId: string): void;
}

export interface InventoryServiceOptions {
  hosts: Pick<HostStore, 'list' | 'get'>;
  sessions: SessionPool;
  cache: InventoryCachePort;
  readInventory: (
    session: SshSession,
    host: Host,
    options: { nowMs: () => number; signal?: AbortSignal; last: HostInventory | null; smart: boolean },
  ) => Promise<InventoryReading>;
  /** Those of the snapshots that are still there, with their details. */
  readSnapshotDetails: (
    session: SshSession,
    snapshots: readonly Snapshot[],
    signal?: AbortSignal,
  ) => Promise<Snapshot[]>;
  summarise: (reading: InventoryReading) => HostSummary;
  /** How full the pools are, over time. */
  capacity: Pick<Capacity, 'record' | 'forget'>;
  unknownOperations: (hostId: string) => number;
  /** One read that is not of a whole inventory. */
  onRead: (hostId: string) => void;
  /** The host answered; unknown outcomes can be checked now. */
  onContact: (host: Host) => void;
  onRefresh: (hostId: string) => void;
  onHostChanged: (hostId: string) => void;
  onInventoryChanged: (hostId: string) => void;
  /** A reading that begins now is also the one that was due after a change; null: none was. */
  takeDue: (hostId: string) => Pick<RefreshOptions, 'smart'> | null;
  /** What a whole reading found. */
  onSeen: (hostId: string, inventory: HostInventory) => void;
  /** One reading was made, or failed. */
  onReading: (host: Host, outcome: HostSummary | AppError) => void;
  /** A scrub, resilver or move of ours or of anybody's that ran at the last reading has ended. */
  onActivityEnded: (host: Host, ended: EndedActivity) => void;
  nowMs: () => number;
  log: CoreLog;
}

/** How soon a host is read again while something on it moves, in milliseconds. */
const movingMs = 15_000;

/** Details that came on demand are written together: one write holds all snapshots of the host. */
const keepDetailsMs = 5_000;

/** Hosts read side by side in a refresh of the fleet: more would only wait for this one thread (bench/RESULTS.md). */
const concurrency = 16;

interface Reading {
  reading: Promise<HostInventory>;
  smart: boolean;
  background: boolean;
  /** Connected, and the first command is on its way: it may miss what is changed from now on. */
  began: boolean;
}

interface Known {
  status: HostState['status'];
  error: AppError | null;
  lastSeenAtMs: number | null;
  summary: HostSummary | null;
  /** Loaded from disk on first use: at start only the summaries are needed. */
  inventory: HostInventory | null;
  loaded: boolean;
  loading: Promise<void> | null;
  refreshing: Reading | null;
  /** Begins when the one under way has ended. */
  next: Pick<Reading, 'reading' | 'smart'> | null;
  /** Connected in this session and not disconnected since: refreshed periodically. */
  wanted: boolean;
}

export interface RefreshOptions {
  /** Nobody asked: a host that failed is then left in peace for a while. */
  background?: boolean;
  /** SMART of every disk too, however recent the last is. */
  smart?: boolean;
}

/** The last known state of every host, where it comes from and how it is renewed. Offline is a state like any other. */
export class InventoryService {
  readonly #known = new Map<string, Known>();
  readonly #index = new SnapshotIndex();
  readonly #queue = new PQueue({ concurrency });
  readonly #abort = new AbortController();
  #periodic: NodeJS.Timeout | null = null;
  readonly #closer = new Map<string, NodeJS.Timeout>();
  /** Hosts whose details are not on disk yet. */
  readonly #unkept = new Map<string, NodeJS.Timeout>();

  constructor(private readonly options: InventoryServiceOptions) {}

  overviews(): HostOverview[] {
    return this.options.hosts.list().map((host) => this.overview(host));
  }

  overview(host: Host): HostOverview {
    return { host, state: this.state(host.id), summary: this.#of(host.id).summary };
  }

  state(hostId: string): HostState {
    const { status, error, lastSeenAtMs } = this.#of(hostId);
    return {
      status,
      error: error?.toWire() ?? null,
      lastSeenAtMs,
      unknownOperations: this.options.unknownOperations(hostId),
    };
  }

  /** Last known inventory; null when the host was never read. Throws AppError `not-found`. */
  async read(hostId: string): Promise<HostInventory | null> {
    this.options.hosts.get(hostId);
    await this.#load(hostId);
    return this.#of(hostId).inventory;
  }

  async snapshots(query: SnapshotQuery): Promise<SnapshotPage> {
    const hosts = query.hostId === null ? this.options.hosts.list() : [this.options.hosts.get(query.hostId)];
    for (const { id } of hosts) await this.#load(id);
    for (const { id, name } of hosts) this.#index.rename(id, name);
    return this.#index.query(query);
  }

  /** All that a listing finds, newest first. For what judges or counts; screens ask for pages. */
  async allSnapshots(
    filter: Partial<Pick<SnapshotQuery, 'hostId' | 'poolId' | 'search'>> = {},
  ): Promise<SnapshotRow[]> {
    const { rows } = await this.snapshots({
      hostId: null,
      poolId: null,
      volumeName: null,
      search: '',
      sort: 'createdAtMs',
      descending: true,
      ...filter,
      offset: 0,
      limit: Number.MAX_SAFE_INTEGER,
    });
    return rows;
  }

  /**
   * One snapshot with the inventory it was read in, for what works from the last known state. Throws AppError
   * `not-found`.
   */
  async lastKnown(hostId: string, id: string): Promise<{ snapshot: Snapshot; known: HostInventory }> {
    const known = await this.read(hostId);
    const snapshot = this.snapshot(hostId, id);
    if (known === null || snapshot === null) {
      throw new AppError('not-found', 'This snapshot is not in the last known inventory of the host.', {
        remedy: 'Refresh the host.',
      });
    }
    return { snapshot, known };
  }

  /** One snapshot of a host as last read; null: there is none by that id. Call `read` first. */
  snapshot(hostId: string, id: string): Snapshot | null {
    return this.#index.find(hostId, id);
  }

  /**
   * Reads details that the inventory left out, and keeps them. Ids that are not there any more are `gone`; the next
   * inventory drops them. Throws AppError.
   */
  async snapshotDetails(
    hostId: string,
    ids: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ snapshots: Snapshot[]; gone: string[] }> {
    const host = this.options.hosts.get(hostId);
    await this.#load(hostId);
    const asked = new Set(ids);
    const known = this.#index.findMany(hostId, asked);
    let snapshots: Snapshot[] = [];
    if (known.length > 0) {
      // Looking at a list must not connect to every host that it is about.
      if (this.#of(hostId).status !== 'online') {
        throw new AppError('unreachable', `${host.name} is not connected.`);
      }
      const session = await this.#session(host, signal, true);
      this.options.onRead(hostId);
      snapshots = await this.options.readSnapshotDetails(session, known, signal);
      // The host may have been removed meanwhile; nothing of it must come back.
      this.options.hosts.get(hostId);
      this.#index.putDetails(hostId, snapshots);
      this.#keepSoon(hostId);
    }
    for (const { id } of snapshots) asked.delete(id);
    return { snapshots, gone: [...asked] };
  }

  /** Connects without reading. */
  async connect(hostId: string, signal?: AbortSignal): Promise<HostState> {
    const host = this.options.hosts.get(hostId);
    await this.#session(host, signal);
    this.#set(hostId, { status: 'online', error: null, wanted: true });
    this.options.onContact(host);
    return this.state(hostId);
  }

  async disconnect(hostId: string): Promise<HostState> {
    this.options.hosts.get(hostId);
    await this.options.sessions.disconnect(hostId);
    const { lastSeenAtMs } = this.#of(hostId);
    this.#set(hostId, { status: statusAtStart(lastSeenAtMs), error: null, wanted: false });
    return this.state(hostId);
  }

  /**
   * Connects if needed and reads everything. Callers at the same time share one reading, but nobody who asks gets one
   * that began before; one who aborts only stops waiting. Throws AppError.
   */
  refresh(hostId: string, signal?: AbortSignal, options: RefreshOptions = {}): Promise<HostInventory> {
    const host = this.options.hosts.get(hostId);
    const known = this.#of(hostId);
    const { refreshing } = known;
    if (refreshing === null) {
      const smart = this.options.takeDue(hostId)?.smart === true || options.smart === true;
      const begun: Reading = {
        smart,
        background: options.background === true,
        began: false,
        reading: this.#refreshNow(host, { ...options, smart }).finally(() => {
          known.refreshing = null;
        }),
      };
      known.refreshing = begun;
      return untilAborted(begun.reading, signal);
    }
    const { smart, background, began } = refreshing;
    const isGood = !began && !background && (smart || options.smart !== true);
    const shares = options.background === true || isGood;
    return untilAborted(
      shares ? refreshing.reading : this.#after(refreshing, known, hostId, options),
      signal,
    );
  }

  /** One more reading after the one under way; all who ask until it begins share it. */
  #after(
    { reading }: Reading,
    known: Known,
    hostId: string,
    { smart = false }: RefreshOptions,
  ): Promise<HostInventory> {
    if (known.next === null) {
      const begin = (): Promise<HostInventory> => {
        const wanted = known.next?.smart;
        known.next = null;
        return this.refresh(hostId, undefined, { smart: wanted });
      };
      known.next = { smart, reading: reading.then(begin, begin) };
    }
    known.next.smart ||= smart;
    return known.next.reading;
  }

  /** Refreshes all hosts in the background, a few at a time; failures become host states. Returns how many. */
  refreshAll(options: Pick<RefreshOptions, 'smart'> = {}): number {
    const hosts = this.options.hosts.list();
    for (const { id } of hosts) this.refreshLater(id, options);
    return hosts.length;
  }

  /**
   * Refreshes one host while nobody waits; a failure becomes its state.
   */
  refreshLater(hostId: string, options: RefreshOptions = {}): void {
    if (this.#abort.signal.aborted) return;
    void this.#queue
      .add(() => this.refresh(hostId, undefined, options))
      .catch((thrown: unknown) => {
        this.options.log.write('info', 'A refresh failed', { hostId, error: thrown });
      });
  }

  /**
   * Refreshes one host after something was changed on it. A reading that is under way may have seen what was before,
   * so it is waited for, and another one begins.
   */
  refreshAfterChange(hostId: string, options: Pick<RefreshOptions, 'smart'> = {}): void {
    const underWay = this.#of(hostId).refreshing;
    if (underWay === null) this.refreshLater(hostId, options);
    else void Promise.allSettled([underWay.reading]).then(() => this.refreshLater(hostId, options));
  }

  /** Seconds between refreshes of connected hosts; 0: none. */
  setPeriod(seconds: number): void {
    if (this.#periodic !== null) clearInterval(this.#periodic);
    this.#periodic = null;
    if (seconds === 0) for (const hostId of [...this.#closer.keys()]) this.#lookNoCloser(hostId);
    if (seconds === 0 || this.#abort.signal.aborted) return;
    this.#periodic = setInterval(() => {
      for (const { id } of this.options.hosts.list()) {
        if (this.#of(id).wanted) this.refreshLater(id, { background: true });
      }
    }, seconds * 1000);
    this.#periodic.unref();
  }

  /** A host's connection settings changed: what failed before says nothing any more. */
  async settingsChanged(hostId: string): Promise<void> {
    await this.options.sessions.disconnect(hostId);
    const { lastSeenAtMs } = this.#of(hostId);
    this.#set(hostId, { status: statusAtStart(lastSeenAtMs), error: null });
  }

  /** A connection was lost, not closed by us: the host no longer counts as online. */
  connectionLost(hostId: string, error: AppError): void {
    const known = this.#known.get(hostId);
    if (known?.status === 'online') this.#set(hostId, { status: statusAfter(error), error });
  }

  forget(hostId: string): void {
    this.#lookNoCloser(hostId);
    this.#keepNoMore(hostId);
    this.#known.delete(hostId);
    this.#index.delete(hostId);
    this.options.cache.remove(hostId);
    this.options.capacity.forget(hostId);
  }

  async close(): Promise<void> {
    this.setPeriod(0);
    this.#queue.clear();
    this.#abort.abort();
    await Promise.allSettled(
      [...this.#known.values()].flatMap(({ refreshing, next }) => [refreshing?.reading, next?.reading]),
    );
    await Promise.all([...this.#unkept.keys()].map((hostId) => this.#keepDetails(hostId)));
  }

  #of(hostId: string): Known {
    let known = this.#known.get(hostId);
    if (known === undefined) {
      const summary = this.#cachedSummary(hostId);
      const lastSeenAtMs = summary?.takenAtMs ?? null;
      known = {
        status: statusAtStart(lastSeenAtMs),
        error: null,
        lastSeenAtMs,
        summary,
        inventory: null,
        loaded: summary === null,
        loading: null,
        refreshing: null,
        next: null,
        wanted: false,
      };
      this.#known.set(hostId, known);
    }
    return known;
  }

  #set(hostId: string, change: Partial<Known>): void {
    Object.assign(this.#of(hostId), change);
    this.options.onHostChanged(hostId);
  }

  /** From disk on first use; callers at the same time share one reading. */
  async #load(hostId: string): Promise<void> {
    const known = this.#of(hostId);
    if (known.loaded) return;
    known.loading ??= this.#loadNow(hostId, known).finally(() => {
      known.loading = null;
    });
    await known.loading;
  }

  async #loadNow(hostId: string, known: Known): Promise<void> {
    let reading: InventoryReading | null = null;
    try {
      reading = await this.options.cache.read(hostId);
    } catch (thrown) {
      this.#cacheUnreadable('inventory', hostId, thrown);
    }
    // The host may have been read anew or removed meanwhile; what is old must not come over it.
    if (known.loaded || this.#known.get(hostId) !== known) return;
    known.loaded = true;
    if (reading === null) return;
    known.inventory = reading.inventory;
    this.#index.set(hostId, this.options.hosts.get(hostId).name, reading.snapshots);
  }

  /** The cache only saves time: a part that cannot be read is logged and counts as never read. */
  #cacheUnreadable(part: string, hostId: string, error: unknown): void {
    this.options.log.write('warn', 'The inventory cache could not be read', { part, hostId, error });
  }

  #cachedSummary(hostId: string): HostSummary | null {
    try {
      return this.options.cache.summary(hostId);
    } catch (thrown) {
      this.#cacheUnreadable('summary', hostId, thrown);
      return null;
    }
  }

  async #session(host: Host, signal?: AbortSignal, background = false): Promise<SshSession> {
    const { status } = this.#of(host.id);
    if (status !== 'online') this.#set(host.id, { status: 'connecting' });
    try {
      return await this.options.sessions.session(host, signal, { background });
    } catch (thrown) {
      const error = toAppError(thrown);
      const { lastSeenAtMs } = this.#of(host.id);
      if (error.code === 'cancelled') {
        this.#set(host.id, { status: statusAtStart(lastSeenAtMs), error: null });
      } else {
        this.#set(host.id, { status: statusAfter(error), error });
      }
      throw error;
    }
  }

  async #refreshNow(host: Host, { background, smart }: RefreshOptions): Promise<HostInventory> {
    const { signal } = this.#abort;
    let session: SshSession;
    try {
      session = await this.#session(host, signal, background);
    } catch (thrown) {
      this.#failed(host, toAppError(thrown));
      throw thrown;
    }
    const before = this.#of(host.id).inventory;
    let reading: InventoryReading;
    try {
      const { refreshing } = this.#of(host.id);
      if (refreshing !== null) refreshing.began = true;
      this.options.onRefresh(host.id);
      reading = await this.options.readInventory(session, host, {
        nowMs: this.options.nowMs,
        signal,
        last: before,
        smart: smart === true,
      });
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#set(host.id, { status: statusAfter(error), error });
      this.#failed(host, error);
      throw error;
    }
    if (reading.snapshots.some(isUnread)) await this.#load(host.id);
    // The host may have been removed meanwhile; nothing of it must come back.
    const { name } = this.options.hosts.get(host.id);
    const { inventory } = reading;
    const summary = this.options.summarise(reading);
    const known = this.#index.ofHost(host.id);
    const fresh = withLasting(reading.snapshots, known);
    // The very same array: what was made of it, here and on disk, is good still.
    const snapshots = this.#index.has(host.id) && areSame(fresh, known) ? known : fresh;
    this.#keepNoMore(host.id);
    if (snapshots !== known) this.#index.set(host.id, name, snapshots);
    this.#set(host.id, {
      status: 'online',
      error: null,
      lastSeenAtMs: inventory.takenAtMs,
      summary,
      inventory,
      loaded: true,
      wanted: true,
    });
    try {
      this.options.capacity.record(host.id, inventory.takenAtMs, inventory.pools);
    } catch (thrown) {
      this.options.log.write('error', 'The capacity could not be recorded', {
        hostId: host.id,
        error: thrown,
      });
    }
    await this.#keep(host.id, { inventory, snapshots }, summary);
    this.options.onInventoryChanged(host.id);
    this.options.onSeen(host.id, inventory);
    this.options.onReading(host, summary);
    this.options.onContact(host);
    for (const ended of before === null ? [] : endedActivities(before, inventory)) {
      this.options.onActivityEnded(host, ended);
    }
    if (isMoving(inventory)) this.#lookCloser(host.id);
    return inventory;
  }

  #failed(host: Host, error: AppError): void {
    if (error.code !== 'cancelled') this.options.onReading(host, error);
  }

  async #keep(hostId: string, reading: InventoryReading, summary: HostSummary): Promise<void> {
    try {
      await this.options.cache.write(hostId, reading, summary);
    } catch (thrown) {
      this.options.log.write('error', 'The inventory could not be kept for offline use', {
        hostId,
        error: thrown,
      });
    }
  }

  #keepSoon(hostId: string): void {
    if (this.#unkept.has(hostId)) return;
    const timer = setTimeout(() => void this.#keepDetails(hostId), keepDetailsMs);
    timer.unref();
    this.#unkept.set(hostId, timer);
  }

  #keepNoMore(hostId: string): void {
    clearTimeout(this.#unkept.get(hostId));
    this.#unkept.delete(hostId);
  }

  async #keepDetails(hostId: string): Promise<void> {
    this.#keepNoMore(hostId);
    const { inventory, summary } = this.#of(hostId);
    if (inventory === null || summary === null) return;
    await this.#keep(hostId, { inventory, snapshots: this.#index.ofHost(hostId) }, summary);
  }

  /** Progress is read more often than the rest, unless the person refreshes by hand only. */
  #lookCloser(hostId: string): void {
    if (this.#periodic === null || this.#closer.has(hostId)) return;
    const timer = setTimeout(() => {
      this.#closer.delete(hostId);
      if (this.#of(hostId).wanted) this.refreshLater(hostId, { background: true });
    }, movingMs);
    timer.unref();
    this.#closer.set(hostId, timer);
  }

  #lookNoCloser(hostId: string): void {
    clearTimeout(this.#closer.get(hostId));
    this.#closer.delete(hostId);
  }
}

function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(new AppError('cancelled', 'Cancelled.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

const isUnread = ({ holdCount }: Snapshot): boolean => holdCount === null;

/** What never changes of a snapshot is not unknown again only because its details were not read this time. */
function withLasting(read: readonly Snapshot[], before: readonly Snapshot[]): readonly Snapshot[] {
  if (!read.some(isUnread)) return read;
  const known = new Map(
    before.filter(({ createdAtMs }) => createdAtMs !== null).map((snapshot) => [snapshot.id, snapshot]),
  );
  return read.map((snapshot) => {
    const same = isUnread(snapshot) ? known.get(snapshot.id) : undefined;
    // Another transaction group: destroyed and taken anew under the same name.
    if (same === undefined || same.order !== snapshot.order) return snapshot;
    return { ...snapshot, createdAtMs: same.createdAtMs, sizeBytes: same.sizeBytes };
  });
}
