import type { Database } from 'better-sqlite3';
import { policySchema, type Policy } from '../../../src-preload/contract/policies';
import { AppError } from '../errors/app-error';

export interface PolicyStore {
  list(): Policy[];
  /** @throws AppError `not-found` */
  get(policyId: string): Policy;
  add(policy: Policy): void;
  update(policy: Policy): void;
  remove(policyId: string): void;
  removeOf(hostId: string): void;
}

interface Row {
  id: string;
  host_id: string;
  backend: string;
  pool_name: string;
  recursive: number;
  schedule_cron: string;
  retention_count: number;
  enabled: number;
  created_at_ms: number;
  updated_at_ms: number;
}

function toPolicy(row: Row): Policy {
  const parsed = policySchema.safeParse({
    id: row.id,
    hostId: row.host_id,
    backend: row.backend,
    poolName: row.pool_name,
    recursive: row.recursive === 1,
    schedule: row.schedule_cron,
    retentionCount: row.retention_count,
    enabled: row.enabled === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  });
  if (parsed.success) return parsed.data;
  throw new AppError('internal', `The stored snapshot policy ${row.id} can’t be read. Nothing was changed.`, {
    detail: parsed.error.message,
    cause: parsed.error,
  });
}

function toRow(policy: Policy): Row {
  return {
    id: policy.id,
    host_id: policy.hostId,
    backend: policy.backend,
    pool_name: policy.poolName,
    recursive: policy.recursive ? 1 : 0,
    schedule_cron: policy.schedule,
    retention_count: policy.retentionCount,
    enabled: policy.enabled ? 1 : 0,
    created_at_ms: policy.createdAtMs,
    updated_at_ms: policy.updatedAtMs,
  };
}

/** Snapshot policies in app.sqlite. */
export function createPolicyStore(db: Database): PolicyStore {
  const all = db.prepare<[], Row>('SELECT * FROM snapshot_policies ORDER BY created_at_ms, id');
  const one = db.prepare<[string], Row>('SELECT * FROM snapshot_policies WHERE id = ?');
  const insert = db.prepare<[Row]>(`
    INSERT INTO snapshot_policies VALUES (
      @id, @host_id, @backend, @pool_name, @recursive, @schedule_cron, @retention_count, @enabled,
      @created_at_ms, @updated_at_ms
    )`);
  const change = db.prepare<[Row]>(`
    UPDATE snapshot_policies SET host_id = @host_id, backend = @backend, pool_name = @pool_name,
      recursive = @recursive, schedule_cron = @schedule_cron, retention_count = @retention_count,
      enabled = @enabled, updated_at_ms = @updated_at_ms
    WHERE id = @id`);
  const drop = db.prepare<[string]>('DELETE FROM snapshot_policies WHERE id = ?');
  const dropOf = db.prepare<[string]>('DELETE FROM snapshot_policies WHERE host_id = ?');
  const missing = (): AppError => new AppError('not-found', 'There is no such snapshot policy any more.');
  return {
    list: () => all.all().map(toPolicy),
    get: (policyId) => {
      const row = one.get(policyId);
      if (row === undefined) throw missing();
      return toPolicy(row);
    },
    add: (policy) => void insert.run(toRow(policy)),
    update: (policy) => {
      if (change.run(toRow(policy)).changes === 0) throw missing();
    },
    remove: (policyId) => {
      if (drop.run(policyId).changes === 0) throw missing();
    },
    removeOf: (hostId) => void dropOf.run(hostId),
  };
}
