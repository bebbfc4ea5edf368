import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import {
  clusterInventorySchema,
  clusterSchema,
  clusterSummarySchema,
  type Cluster,
  type ClusterInventory,
  type ClusterSummary,
} from '../../../src-preload/contract/clusters';
import { certificateSchema, type Certificate } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';

/** The list of clusters without secrets. */
export interface ClusterStore {
  list(): Cluster[];
  find(clusterId: string): Cluster | undefined;
  /** Throws AppError `not-found`. */
  get(clusterId: string): Cluster;
  /** Why the policy of this computer does not let it be kept like that; null: it does. */
  refusal(cluster: Pick<Cluster, 'name' | 'endpoints' | 'environment' | 'accessLevel'>): string | null;
  /** Throws AppError `refused`, as `refusal` says. */
  add(cluster: Cluster): void;
  /** Throws AppError `refused`, as `refusal` says. */
  update(cluster: Cluster): void;
  remove(clusterId: string): void;
}

/** Pinned certificates of nodes by address and port: one each. */
export interface CertificateStore {
  find(address: string, port: number): Certificate | null;
  pin(address: string, port: number, certificate: Certificate): void;
}

/** Last readings of clusters on disk. */
export interface ClusterCache {
  summary(clusterId: string): ClusterSummary | null;
  read(clusterId: string): Promise<ClusterInventory | null>;
  write(clusterId: string, inventory: ClusterInventory, summary: ClusterSummary): Promise<void>;
  remove(clusterId: string): void;
}

function gone(): AppError {
  return new AppError('not-found', 'There is no such cluster any more.');
}

/** Clusters in app.sqlite, parsed strictly once and then held. */
export function createClusterStore(db: Database): ClusterStore {
  const insert = db.prepare('INSERT INTO clusters (id, body, created_at_ms) VALUES (?, ?, ?)');
  const change = db.prepare('UPDATE clusters SET body = ? WHERE id = ?');
  const drop = db.prepare('DELETE FROM clusters WHERE id = ?');
  const clusters = new Map<string, Cluster>();
  const rows = db.prepare<[], { id: string; body: string }>(
    'SELECT id, body FROM clusters ORDER BY created_at_ms, id',
  );
  for (const { id, body } of rows.all()) {
    try {
      clusters.set(id, clusterSchema.parse(JSON.parse(body)));
    } catch (cause) {
      throw new AppError(
        'internal',
        `The stored record of cluster ${id} can’t be read. Nothing was changed.`,
        {
          detail: cause instanceof Error ? cause.message : String(cause),
          cause,
        },
      );
    }
  }
  return {
    list: () => [...clusters.values()],
    find: (clusterId) => clusters.get(clusterId),
    get: (clusterId) => {
      const cluster = clusters.get(clusterId);
      if (cluster === undefined) throw gone();
      return cluster;
    },
    refusal: () => null,
    add: (cluster) => {
      insert.run(cluster.id, JSON.stringify(cluster), cluster.createdAtMs);
      clusters.set(cluster.id, cluster);
    },
    update: (cluster) => {
      if (change.run(JSON.stringify(cluster), cluster.id).changes === 0) throw gone();
      clusters.set(cluster.id, cluster);
    },
    remove: (clusterId) => {
      drop.run(clusterId);
      clusters.delete(clusterId);
    },
  };
}

export function createCertificateStore(db: Database, nowMs: () => number): CertificateStore {
  const find = db
    .prepare<[string, number], string>('SELECT body FROM certificates WHERE address = ? AND port = ?')
    .pluck();
  const put = db.prepare(
    `INSERT INTO certificates (address, port, body, pinned_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (address, port) DO UPDATE SET body = excluded.body, pinned_at_ms = excluded.pinned_at_ms`,
  );
  const nameOf = (address: string): string => address.toLowerCase();
  return {
    find: (address, port) => {
      const body = find.get(nameOf(address), port);
      return body === undefined ? null : certificateSchema.parse(JSON.parse(body));
    },
    pin: (address, port, certificate) => {
      put.run(nameOf(address), port, JSON.stringify(certificate), nowMs());
    },
  };
}

/** Raised whenever the shape changes: a reading of another format is dropped, never misread. */
const format = 1;
const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

export function createClusterCache(db: Database): ClusterCache {
  const summaryOf = db
    .prepare<[string, number], string>(
      'SELECT summary FROM cluster_inventory WHERE cluster_id = ? AND format = ?',
    )
    .pluck();
  const bodyOf = db
    .prepare<[string, number], Buffer>(
      'SELECT body FROM cluster_inventory WHERE cluster_id = ? AND format = ?',
    )
    .pluck();
  const put = db.prepare(
    `INSERT INTO cluster_inventory (cluster_id, format, summary, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (cluster_id) DO UPDATE SET format = excluded.format, summary = excluded.summary, body = excluded.body`,
  );
  const drop = db.prepare('DELETE FROM cluster_inventory WHERE cluster_id = ?');
  /** The newest write or removal of each: one that it overtook must not come after it. */
  const newest = new Map<string, symbol>();
  return {
    summary: (clusterId) => {
      const summary = summaryOf.get(clusterId, format);
      return summary === undefined ? null : clusterSummarySchema.parse(JSON.parse(summary));
    },
    read: async (clusterId) => {
      const body = bodyOf.get(clusterId, format);
      if (body === undefined) return null;
      return clusterInventorySchema.parse(JSON.parse((await inflate(body)).toString('utf8')));
    },
    write: async (clusterId, inventory, summary) => {
      const turn = Symbol(clusterId);
      newest.set(clusterId, turn);
      const body = await deflate(Buffer.from(JSON.stringify(inventory)), { level: 1 });
      if (newest.get(clusterId) !== turn) return;
      newest.delete(clusterId);
      put.run(clusterId, format, JSON.stringify(summary), body);
    },
    remove: (clusterId) => {
      newest.delete(clusterId);
      drop.run(clusterId);
    },
  };
}
