import type { Database } from 'better-sqlite3';
import { hostSchema, type Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import type { HostStore } from './types';

function parseHost(id: string, body: string): Host {
  try {
    return hostSchema.parse(JSON.parse(body));
  } catch (cause) {
    throw new AppError('internal', `The stored record of host ${id} can’t be read. Nothing was changed.`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

/** Hosts in app.sqlite, parsed strictly once and then held: the list is asked for on every screen. */
export function createHostStore(db: Database): HostStore {
  const rows = db.prepare<[], { id: string; body: string }>(
    'SELECT id, body FROM hosts ORDER BY created_at_ms, id',
  );
  const insert = db.prepare('INSERT INTO hosts (id, body, created_at_ms) VALUES (?, ?, ?)');
  const change = db.prepare('UPDATE hosts SET body = ? WHERE id = ?');
  const drop = db.prepare('DELETE FROM hosts WHERE id = ?');

  const hosts = new Map<string, Host>();
  for (const { id, body } of rows.all()) {
    hosts.set(id, parseHost(id, body));
  }

  return {
    list: () => [...hosts.values()],
    get: (hostId) => {
      const host = hosts.get(hostId);
      if (host === undefined) throw new AppError('not-found', 'There is no such host any more.');
      return host;
    },
    refusal: () => null,
    add: (host) => {
      insert.run(host.id, JSON.stringify(host), host.createdAtMs);
      hosts.set(host.id, host);
    },
    update: (host) => {
      if (change.run(JSON.stringify(host), host.id).changes === 0) {
        throw new AppError('not-found', 'There is no such host any more.');
      }
      hosts.set(host.id, host);
    },
    remove: (hostId) => {
      drop.run(hostId);
      hosts.delete(hostId);
    },
  };
}
