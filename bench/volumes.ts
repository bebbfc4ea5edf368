import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveStream } from '../src-main/core/files/save-stream';
import { volumeReads } from '../src-main/core/sandbox/volume-fs/read';
import { hostRecord, withPool } from './core';
import { withFolder } from './folder';
import { withMaster } from './open-ssh';
import { withHosts } from './servers';
import { ms, pairedRatio, type BenchRow } from './types';

const sizeBytes = 256 * 1024 * 1024;

const stream: BenchRow = {
  id: 'volume-stream',
  run: () =>
    withHosts({ kind: 'files' }, ([host]) =>
      withFolder((folder) => {
        if (host === undefined) throw new Error('No host is served.');
        // sftp-server of the served host runs as nobody.
        chmodSync(folder, 0o755);
        const root = join(folder, 'volumes', 'data');
        mkdirSync(root, { recursive: true });
        writeFileSync(join(root, 'image.raw'), randomBytes(sizeBytes));
        const local = join(folder, 'local.raw');
        return withPool(host, (pool) =>
          withMaster(host, folder, async (master) => {
            const ours = () =>
              pool.files(hostRecord(host.name, host), async (files) => {
                const reads = volumeReads(files, await files.resolve(root));
                await reads.readStream('/image.raw', ({ chunks }) =>
                  saveStream(local, chunks, { onProgress: () => undefined }),
                );
                if (statSync(local).size !== sizeBytes) throw new Error('The file did not come whole.');
              });
            const theirs = () => master.get(join(root, 'image.raw'), join(folder, 'theirs.raw'));
            await ours();
            await theirs();
            const n = 5;
            const { ratio, measuredMs, baselineMs } = await pairedRatio(n, ours, theirs);
            const speed = (took: number): string => `${Math.round(sizeBytes / took / 1048.576)} MiB/s`;
            return {
              id: 'volume-stream',
              ratio,
              limit: 1.5,
              baseline: 'sftp of OpenSSH, get of the same file over its one ControlMaster connection',
              n,
              note: `256 MiB of random bytes from OpenSSH's sftp-server behind one SSH server on loopback, ours synced to the disk: ${ms(measuredMs)} (${speed(measuredMs)}) against ${ms(baselineMs)} (${speed(baselineMs)})`,
            };
          }),
        );
      }),
    ),
};

export const rows: BenchRow[] = [stream];
