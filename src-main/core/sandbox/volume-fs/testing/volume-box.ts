import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SshSessionPool } from '../../../ssh/session-pool';
import { hostOf, pinOf } from '../../../ssh/testing/fake-host';
import { startSshServer, type TestServer, type TestServerOptions } from '../../../ssh/testing/ssh-server';
import { volumeFs, type VolumeFs } from '../change';

/** A volume behind OpenSSH's own sftp-server and a real SSH connection. */
export interface VolumeBox {
  readonly server: TestServer;
  readonly pool: SshSessionPool;
  /** Holds `volumes/data`, and what is no part of it. */
  readonly box: string;
  readonly root: string;
  /** What the server runs as may write it: sftp-server never runs as root here. */
  own(path: string): void;
  use<T>(work: (fs: VolumeFs) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

/** Whom ssh-server.ts runs sftp-server as. */
const nobody = 65534;

export async function startVolumeBox(options: TestServerOptions = {}): Promise<VolumeBox> {
  const box = mkdtempSync(join(tmpdir(), 'holdfast-volume-'));
  chmodSync(box, 0o755);
  const root = join(box, 'volumes', 'data');
  const own = (path: string): void => {
    if (process.getuid?.() === 0) chownSync(path, nobody, nobody);
  };
  mkdirSync(root, { recursive: true });
  for (const path of [box, join(box, 'volumes'), root]) own(path);
  const server = await startSshServer({ sftp: true, ...options });
  const pins = server.hostKeys.map((key) => pinOf(key));
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => pins,
    knownHostsPath: join(box, 'no-known-hosts'),
    login: async () => ({ kind: 'password', password: server.password }),
    route: () => [],
  });
  return {
    server,
    pool,
    box,
    root,
    own,
    use: (work, signal) =>
      pool.changeFiles(hostOf(server), root, (files, real) => work(volumeFs(files, real)), signal),
    close: async () => {
      await pool.close();
      await server.close();
      rmSync(box, { recursive: true, force: true });
    },
  };
}
