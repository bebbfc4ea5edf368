import { join } from 'node:path';
import { assembleCore, type CoreStores } from '../src-main/core/assemble-core';
import type { Core } from '../src-main/core/core';
import { catalogue } from '../src-main/core/operations/actions/index';
import type { ShellPort } from '../src-main/core/port/shell-port';
import { SshSessionPool } from '../src-main/core/ssh/session-pool';
import { isWhitelisted } from '../src-main/core/whitelist/catalogue';
import type { SshSession } from '../src-main/core/ssh/types';
import type { Channel, Request, Response } from '../src-preload/contract';
import type { Host } from '../src-preload/contract/hosts';
import type { ServedHost } from './servers';

/** Nobody is asked and nothing is sealed: passwords stay in memory. */
const shell: ShellPort = {
  confirm: async () => false,
  seal: async () => null,
  unseal: () => Promise.reject(new Error('Nothing was sealed.')),
  vaultStatus: async () => ({ persistent: false, backend: 'bench' }),
  notify: () => undefined,
  chooseSavePath: async () => null,
  chooseOpenPath: async () => null,
};

export function hostRecord(id: string, served: Pick<ServedHost, 'name' | 'port' | 'user'>): Host {
  return {
    id,
    name: served.name,
    address: '127.0.0.1',
    port: served.port,
    user: served.user,
    auth: { kind: 'password' },
    sudo: true,
    environment: { label: 'Bench', colour: 'teal', production: false },
    accessLevel: 'view',
    demo: false,
    createdAtMs: 1_795_400_000_000,
  };
}

export interface BenchCore {
  call<C extends Channel>(channel: C, request: Request<C>): Promise<Response<C>>;
  /** Resolves when that many inventories have been read, kept and announced from now on. */
  inventories(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The whole core, as the app starts it, with the hosts put into its own stores. */
export async function startCore(
  dataDirectory: string,
  prepare: (stores: CoreStores) => Promise<void>,
): Promise<BenchCore> {
  const listeners = new Set<() => void>();
  const core: Core = await assembleCore(
    {
      dataDirectory,
      shell,
      demo: false,
      actor: 'bench@laptop',
      knownHostsPath: join(dataDirectory, 'no-known-hosts'),
      emit: (event) => {
        if (event === 'inventory:changed') listeners.forEach((listener) => listener());
      },
    },
    { catalogue, permits: isWhitelisted, prepare },
  );
  return {
    call: async (channel, request) => {
      const result = await core.call(channel, request, new AbortController().signal);
      if (!result.ok) throw new Error(`${channel}: ${result.error.message} ${result.error.detail ?? ''}`);
      return result.value as Response<typeof channel>;
    },
    inventories: (count) =>
      new Promise((resolve, reject) => {
        let left = count;
        const done = () => {
          clearTimeout(timer);
          listeners.delete(listener);
        };
        const timer = setTimeout(() => {
          done();
          reject(new Error(`${left} of ${count} inventories did not arrive within 120 s.`));
        }, 120_000);
        const listener = () => {
          left -= 1;
          if (left > 0) return;
          done();
          resolve();
        };
        listeners.add(listener);
      }),
    close: () => core.close(),
  };
}

/** Puts served hosts into the stores of a core, trusted and with their passwords. */
export async function addHosts(stores: CoreStores, served: readonly ServedHost[]): Promise<void> {
  for (const host of served) {
    const record = hostRecord(host.name, host);
    stores.hosts.add(record);
    stores.knownKeys.pin(record.address, record.port, host.hostKey, host.publicKeyBase64);
    await stores.credentials.write(record.id, host.password);
  }
  stores.settings.update({ refreshSeconds: 0 });
}

/** The pool of the app. */
export async function withPool<T>(
  served: ServedHost,
  work: (pool: SshSessionPool) => Promise<T>,
): Promise<T> {
  const pool = new SshSessionPool({
    permits: isWhitelisted,
    pinnedKeys: () => [{ key: served.hostKey, publicKeyBase64: served.publicKeyBase64, revoked: false }],
    knownHostsPath: '/nonexistent/known_hosts',
    login: async () => ({ kind: 'password', password: served.password }),
  });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** A warm session over it. */
export function withSession<T>(served: ServedHost, work: (session: SshSession) => Promise<T>): Promise<T> {
  return withPool(served, async (pool) => work(await pool.session(hostRecord(served.name, served))));
}
