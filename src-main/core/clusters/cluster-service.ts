import PQueue from 'p-queue';
import { z } from 'zod';
import type {
  BackupAge,
  Cluster,
  ClusterInventory,
  ClusterOverview,
  ClusterSummary,
  ClusterTask,
  Guest,
  GuestSnapshots,
  PermissionCheck,
  PermissionException,
} from '../../../src-preload/contract/clusters';
import type { HostState } from '../../../src-preload/contract/hosts';
import { AppError, toAppError } from '../errors/app-error';
import { statusAfter, statusAtStart } from '../inventory/connection-state';
import type { CoreLog } from '../log';
import type { ApiClient } from '../proxmox/client/client';
import { apiPath } from '../proxmox/client/path';
import { taskEnd } from '../proxmox/client/task';
import { parseUpid } from '../proxmox/client/upid';
import type { ClusterClients } from './cluster-clients';
import { backupAges, readBackups, type BackupsRead } from '../proxmox/backups';
import { pendingPath, pendingRowsSchema, type PendingRows } from '../proxmox/guest-config';
import {
  checkPermissions,
  permissionExceptions,
  permissionsSchema,
  readUserPermissions,
} from '../proxmox/permissions';
import { taskOf, taskOutcomes, tasksSchema } from '../proxmox/reads/tasks';
import { readLastLines } from '../proxmox/reads/lines';
import { readCertificatePems } from '../proxmox/reads/node-detail';
import { readCluster, summariseCluster } from '../proxmox/read-cluster';
import { guestSnapshotsOf, snapshotRowsSchema, snapshotsPath } from '../proxmox/read-guest';
import { guestIn } from './subjects';
import { UnprotectedGuests } from './unprotected-guests';
import { authorityAmong, type AuthorityStore } from './authorities';
import type { CertificateStore, ClusterCache, ClusterStore } from './stores';

export interface ClusterServiceOptions {
  clusters: Pick<ClusterStore, 'list' | 'get'>;
  clients: ClusterClients;
  authorities: AuthorityStore;
  certificates: Pick<CertificateStore, 'find'>;
  cache: ClusterCache;
  unknownOperations: (clusterId: string) => number;
  /** The cluster answered; unknown outcomes can be checked now. */
  onContact: (cluster: Cluster) => void;
  onRead: (clusterId: string) => void;
  onRefresh: (clusterId: string) => void;
  /** One reading was made, or failed. */
  onReading: (cluster: Cluster, outcome: ClusterInventory | AppError) => void;
  onChanged: (clusterId: string) => void;
  nowMs: () => number;
  log: CoreLog;
}

/** Clusters read side by side. */
const concurrency = 5;
const taskRows = 100;
const logLines = 500;

interface Known {
  status: HostState['status'];
  error: AppError | null;
  lastSeenAtMs: number | null;
  summary: ClusterSummary | null;
  inventory: ClusterInventory | null;
  loaded: boolean;
  refreshing: Promise<ClusterInventory> | null;
  /** Read in this session: refreshed periodically. */
  wanted: boolean;
  /** Something was changed since it was read. */
  outdated: boolean;
}

const taskStatusSchema = z.object({ status: z.string(), exitstatus: z.string().optional() });

/** The last known state of every cluster, and how it is renewed. Offline is a state like any other. */
export class ClusterService {
  readonly #known = new Map<string, Known>();
  /** Clusters whose certificate authority was asked for in this session. */
  readonly #learned = new Set<string>();
  readonly #queue = new PQueue({ concurrency });
  readonly #abort = new AbortController();
  readonly #unprotected: UnprotectedGuests;
  #periodic: NodeJS.Timeout | null = null;

  constructor(private readonly options: ClusterServiceOptions) {
    this.#unprotected = new UnprotectedGuests(options.nowMs);
  }

  overviews(): ClusterOverview[] {
    return this.options.clusters.list().map((cluster) => ({
      cluster,
      state: this.state(cluster.id),
      summary: this.#of(cluster.id).summary,
    }));
  }

  state(clusterId: string): HostState {
    const { status, error, lastSeenAtMs } = this.#of(clusterId);
    return {
      status,
      error: error?.toWire() ?? null,
      lastSeenAtMs,
      unknownOperations: this.options.unknownOperations(clusterId),
    };
  }

  /** Last known; null: never read. Throws AppError `not-found`. */
  async read(clusterId: string): Promise<ClusterInventory | null> {
    this.options.clusters.get(clusterId);
    const known = this.#of(clusterId);
    if (!known.loaded) {
      try {
        const inventory = await this.options.cache.read(clusterId);
        if (!known.loaded) known.inventory = inventory;
      } catch (thrown) {
        this.options.log.write('warn', 'What was known of a cluster could not be read', {
          clusterId,
          error: thrown,
        });
      }
      known.loaded = true;
    }
    return known.inventory;
  }

  /**
   * Callers at the same time share one reading.
   * @param maxAgeMs a reading of this session that is no older will do
   * @throws AppError
   */
  refresh(clusterId: string, maxAgeMs = 0): Promise<ClusterInventory> {
    const cluster = this.options.clusters.get(clusterId);
    const known = this.#of(clusterId);
    const { status, wanted, outdated, inventory, refreshing } = known;
    if (refreshing === null && status === 'online' && wanted && !outdated && inventory !== null) {
      const ageMs = this.options.nowMs() - inventory.takenAtMs;
      if (ageMs >= 0 && ageMs < maxAgeMs) return Promise.resolve(inventory);
    }
    known.refreshing ??= this.#refreshNow(cluster).finally(() => {
      known.refreshing = null;
    });
    return known.refreshing;
  }

  refreshLater(clusterId: string): void {
    if (this.#abort.signal.aborted) return;
    void this.#queue
      .add(() => this.refresh(clusterId))
      .catch((thrown: unknown) => {
        this.options.log.write('info', 'A refresh of a cluster failed', { clusterId, error: thrown });
      });
  }

  /** A reading under way may have seen what was before a change, so it is waited for and another one begins. */
  refreshAfterChange(clusterId: string): void {
    const known = this.#of(clusterId);
    known.outdated = true;
    this.#unprotected.doubt(clusterId);
    const underWay = known.refreshing;
    if (underWay === null) this.refreshLater(clusterId);
    else void Promise.allSettled([underWay]).then(() => this.refreshLater(clusterId));
  }

  refreshAll(): void {
    for (const { id } of this.options.clusters.list()) this.refreshLater(id);
  }

  /** Seconds between refreshes of clusters that answered; 0: none. */
  setPeriod(periodSeconds: number): void {
    if (this.#periodic !== null) clearInterval(this.#periodic);
    this.#periodic = null;
    if (periodSeconds === 0 || this.#abort.signal.aborted) return;
    this.#periodic = setInterval(() => {
      for (const { id } of this.options.clusters.list()) if (this.#of(id).wanted) this.refreshLater(id);
    }, periodSeconds * 1000);
    this.#periodic.unref();
  }

  /** What failed before says nothing any more. */
  settingsChanged(clusterId: string): void {
    this.options.clients.drop(clusterId);
    this.#learned.delete(clusterId);
    const { lastSeenAtMs } = this.#of(clusterId);
    this.#set(clusterId, { status: statusAtStart(lastSeenAtMs), error: null });
  }

  /** What failed before says nothing any more: a person asks to try at once. */
  forgive(clusterId: string): void {
    this.options.clients.forgive(clusterId);
  }

  forget(clusterId: string): void {
    this.options.clients.drop(clusterId);
    this.#unprotected.forget(clusterId);
    this.#known.delete(clusterId);
    this.options.authorities.forget(clusterId);
    this.options.cache.remove(clusterId);
  }

  /** What was last read. Throws AppError `not-found` when that is nothing. */
  async known(clusterId: string): Promise<ClusterInventory> {
    const inventory = await this.read(clusterId);
    if (inventory !== null) return inventory;
    throw new AppError('not-found', 'The cluster was never read.', { remedy: 'Connect it first.' });
  }

  /** One guest as last read, with what it was read in. Throws AppError `not-found`. */
  async guest(clusterId: string, vmid: number): Promise<{ guest: Guest; inventory: ClusterInventory }> {
    const inventory = await this.known(clusterId);
    return { guest: guestIn(inventory, vmid), inventory };
  }

  /** One reading that is not kept: it is counted, and uses the client that all share. Throws AppError. */
  async ask<T>(clusterId: string, read: (client: ApiClient) => Promise<T>): Promise<T> {
    const cluster = this.options.clusters.get(clusterId);
    this.options.onRead(clusterId);
    return read(this.options.clients.client(cluster));
  }

  async guestSnapshots(clusterId: string, vmid: number, signal: AbortSignal): Promise<GuestSnapshots> {
    const cluster = this.options.clusters.get(clusterId);
    const { guest } = await this.guest(clusterId, vmid);
    const { type, node } = guest;
    this.options.onRead(clusterId);
    const rows = await this.options.clients
      .client(cluster)
      .get(snapshotsPath(type, node, vmid), snapshotRowsSchema, {
        operation: 'list the snapshots of the guest',
        signal,
      });
    return guestSnapshotsOf(rows);
  }

  async guestConfig(
    clusterId: string,
    vmid: number,
    signal: AbortSignal,
  ): Promise<{ guest: Guest; rows: PendingRows }> {
    const cluster = this.options.clusters.get(clusterId);
    const { guest } = await this.guest(clusterId, vmid);
    this.options.onRead(clusterId);
    const rows = await this.options.clients
      .client(cluster)
      .get(pendingPath(guest.type, guest.node, vmid), pendingRowsSchema, {
        operation: 'read the configuration of the guest',
        signal,
      });
    return { guest, rows };
  }

  /** Throws AppError `not-found` when the cluster was never read. */
  async backups(clusterId: string, signal: AbortSignal): Promise<BackupsRead & { ages: BackupAge[] }> {
    const cluster = this.options.clusters.get(clusterId);
    const inventory = await this.known(clusterId);
    this.options.onRead(clusterId);
    const read = await readBackups(this.options.clients.client(cluster), inventory, signal);
    return { ...read, ages: backupAges(inventory.guests, read.backups) };
  }

  async permissions(
    clusterId: string,
    signal: AbortSignal,
  ): Promise<{ checks: PermissionCheck[]; exceptions: PermissionException[] }> {
    const cluster = this.options.clusters.get(clusterId);
    this.options.onRead(clusterId);
    const client = this.options.clients.client(cluster);
    const { accessLevel, login } = cluster;
    const [held, of] = await Promise.all([
      client.get(apiPath('/access/permissions'), permissionsSchema, {
        operation: 'read its own permissions',
        signal,
      }),
      login.kind === 'password'
        ? ({ kind: 'password' } as const)
        : readUserPermissions(client, login.tokenId, signal).then(
            (user) => ({ kind: 'token', user }) as const,
          ),
    ]);
    return {
      checks: checkPermissions(held, accessLevel, of),
      exceptions: permissionExceptions(held, accessLevel),
    };
  }

  async tasks(clusterId: string, signal: AbortSignal): Promise<ClusterTask[]> {
    const cluster = this.options.clusters.get(clusterId);
    this.options.onRead(clusterId);
    const rows = await this.options.clients.client(cluster).get(apiPath('/cluster/tasks'), tasksSchema, {
      operation: 'list the tasks',
      signal,
    });
    return rows
      .map(taskOf)
      .sort((a, b) => b.startedAtMs - a.startedAtMs)
      .slice(0, taskRows);
  }

  async taskLog(
    clusterId: string,
    upid: string,
    signal: AbortSignal,
  ): Promise<{ lines: string[]; outcome: ClusterTask['outcome']; status: string | null }> {
    const cluster = this.options.clusters.get(clusterId);
    const task = parseUpid(upid);
    if (task === null) throw new AppError('invalid-request', 'This is not the id of a task.');
    const client = this.options.clients.client(cluster);
    this.options.onRead(clusterId);
    const path = { node: task.node, upid };
    const [lines, { status, exitstatus }] = await Promise.all([
      readLastLines(client, apiPath('/nodes/{node}/tasks/{upid}/log', path), {
        operation: 'read the log of the task',
        most: logLines,
        signal,
      }),
      client.get(apiPath('/nodes/{node}/tasks/{upid}/status', path), taskStatusSchema, {
        operation: 'read the state of the task',
        signal,
      }),
    ]);
    const running = status === 'running';
    return {
      lines,
      outcome: running ? 'running' : taskOutcomes[taskEnd(exitstatus).kind],
      status: running ? null : (exitstatus ?? null),
    };
  }

  async close(): Promise<void> {
    this.setPeriod(0);
    this.#queue.clear();
    this.#abort.abort();
    await Promise.allSettled([...this.#known.values()].map(({ refreshing }) => refreshing));
  }

  #of(clusterId: string): Known {
    let known = this.#known.get(clusterId);
    if (known === undefined) {
      const summary = this.#cachedSummary(clusterId);
      known = {
        status: statusAtStart(summary?.takenAtMs ?? null),
        error: null,
        lastSeenAtMs: summary?.takenAtMs ?? null,
        summary,
        inventory: null,
        loaded: summary === null,
        refreshing: null,
        wanted: false,
        outdated: false,
      };
      this.#known.set(clusterId, known);
    }
    return known;
  }

  #set(clusterId: string, change: Partial<Known>): void {
    Object.assign(this.#of(clusterId), change);
    this.options.onChanged(clusterId);
  }

  #cachedSummary(clusterId: string): ClusterSummary | null {
    try {
      return this.options.cache.summary(clusterId);
    } catch (thrown) {
      this.options.log.write('warn', 'What was known of a cluster could not be read', {
        clusterId,
        error: thrown,
      });
      return null;
    }
  }

  async #refreshNow(cluster: Cluster): Promise<ClusterInventory> {
    const { id } = cluster;
    const before = this.#of(id);
    before.outdated = false;
    if (before.status !== 'online') this.#set(id, { status: 'connecting' });
    let inventory: ClusterInventory;
    try {
      this.options.onRefresh(id);
      const reading = await readCluster(
        this.options.clients.client(cluster),
        before.wanted ? before.inventory : null,
        { nowMs: this.options.nowMs, signal: this.#abort.signal },
      );
      const expiring = this.options.clients.certificateProblems(cluster, this.options.nowMs());
      const problems = [...reading.problems, ...expiring, ...this.#unprotected.problems(id)];
      inventory = { ...reading, problems };
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#set(
        id,
        error.code === 'cancelled'
          ? { status: statusAtStart(before.lastSeenAtMs), error: null }
          : { status: statusAfter(error), error },
      );
      if (error.code !== 'cancelled') this.options.onReading(cluster, error);
      throw error;
    }
    // It may have been removed meanwhile; nothing of it must come back.
    this.options.clusters.get(id);
    const summary = summariseCluster(inventory);
    this.#set(id, {
      status: 'online',
      error: null,
      lastSeenAtMs: inventory.takenAtMs,
      summary,
      inventory,
      loaded: true,
      wanted: true,
    });
    try {
      await this.options.cache.write(id, inventory, summary);
    } catch (thrown) {
      this.options.log.write('error', 'A cluster could not be kept for offline use', {
        clusterId: id,
        error: thrown,
      });
    }
    this.options.onReading(cluster, inventory);
    this.options.onContact(cluster);
    void this.#learnAuthority(cluster, inventory);
    void this.#learnUnprotected(cluster, inventory);
    return inventory;
  }

  async #learnUnprotected(cluster: Cluster, seen: ClusterInventory): Promise<void> {
    const { id } = cluster;
    try {
      const renewed = await this.#unprotected.renew(
        id,
        this.options.clients.client(cluster),
        seen,
        this.#abort.signal,
      );
      // It may have been removed meanwhile; nothing of it must come back.
      const inventory = this.#known.get(id)?.inventory ?? null;
      if (renewed === null || inventory === null) return;
      const told = renewed(inventory);
      this.#set(id, { inventory: told, summary: summariseCluster(told) });
    } catch (thrown) {
      this.options.log.write('info', 'The guests without a backup job could not be read', {
        clusterId: id,
        error: thrown,
      });
    }
  }

  /**
   * Once in a session: who signs the certificates of a cluster, read from it while its pinned certificate holds, so that a
   * renewed one can be told from a foreign one by its signature (X13).
   */
  async #learnAuthority(cluster: Cluster, { nodes }: ClusterInventory): Promise<void> {
    const { id, endpoints, trust } = cluster;
    if (trust !== 'pin' || this.#learned.has(id)) return;
    this.#learned.add(id);
    const pinned = new Set(
      endpoints.flatMap(({ address, port }) => this.options.certificates.find(address, port)?.sha256 ?? []),
    );
    try {
      for (const { name } of nodes.filter(({ status }) => status === 'online')) {
        const pems = await readCertificatePems(
          this.options.clients.client(cluster),
          name,
          this.#abort.signal,
        );
        const authority = authorityAmong(pems, pinned);
        if (authority === null) continue;
        this.options.authorities.learn(id, authority);
        return;
      }
    } catch (thrown) {
      this.options.log.write('info', 'The certificate authority of a cluster could not be read', {
        clusterId: id,
        error: thrown,
      });
    }
  }
}
