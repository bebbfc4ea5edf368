import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { saveStream } from '../src-main/core/files/save-stream';
import { volumeFs } from '../src-main/core/sandbox/volume-fs/change';
import { makeFileChange } from '../src-main/core/sandbox/volume-fs/file-change';
import { volumeReads } from '../src-main/core/sandbox/volume-fs/read';
import { hostRecord, withPool } from './core';
import { withFolder } from './folder';
import { withMaster } from './open-ssh';
import { withHosts } from './servers';
import { ms, pairedRatio, timed, type BenchRow } from './types';

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

const gibibyte = 1024 ** 3;
const largeBytes = 10 * gibibyte;
/** Data in the file: a mebibyte in every 64. */
const everyBytes = 64 * 1024 * 1024;
const dataBytes = 1024 * 1024;

/** Sparse as the image of a sandbox is. */
function makeSparse(path: string): Buffer {
  const data = randomBytes(dataBytes);
  const file = openSync(path, 'w', 0o644);
  ftruncateSync(file, largeBytes);
  for (let at = 0; at < largeBytes; at += everyBytes) writeSync(file, data, 0, dataBytes, at);
  closeSync(file);
  return data;
}

/** Size, holes, and every piece of data where it belongs. */
function checkSparse(path: string, data: Buffer): void {
  const { size, blocks } = statSync(path);
  if (size !== largeBytes) throw new Error(`${path} has ${size} bytes.`);
  if (blocks * 512 > gibibyte) throw new Error(`${path} takes ${blocks * 512} bytes: its holes are lost.`);
  const file = openSync(path, 'r');
  const piece = Buffer.alloc(dataBytes);
  for (let at = 0; at < largeBytes; at += everyBytes) {
    readSync(file, piece, 0, dataBytes, at);
    if (!piece.equals(data)) throw new Error(`${path} differs at ${at}.`);
  }
  closeSync(file);
}

/** How far the resident memory of this process grew while the work went on. */
async function memoryOf(work: (look: () => void) => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  await work(() => {
    most = Math.max(most, process.memoryUsage().rss);
  });
  return most - before;
}

/** 10 GiB each way, once: what the file browser does with the image of a sandbox. */
const large: BenchRow = {
  id: 'volume-10g',
  gives: ['volume-10g-get', 'volume-10g-put'],
  run: () =>
    withHosts({ kind: 'files' }, ([host]) =>
      withFolder((folder) => {
        if (host === undefined) throw new Error('No host is served.');
        chmodSync(folder, 0o755);
        const root = join(folder, 'volumes', 'data');
        mkdirSync(root, { recursive: true });
        // sftp-server of the served host runs as nobody.
        chmodSync(root, 0o777);
        const image = join(root, 'image.raw');
        const data = makeSparse(image);
        const local = join(folder, 'local.raw');
        const record = hostRecord(host.name, host);
        return withPool(host, (pool) =>
          withMaster(host, folder, async (master) => {
            const get = await timedWithMemory((look) =>
              pool.files(record, async (files) => {
                const reads = volumeReads(files, await files.resolve(root));
                await reads.readStream('/image.raw', ({ chunks }) =>
                  saveStream(local, chunks, { onProgress: look }),
                );
              }),
            );
            checkSparse(local, data);
            const theirCopy = join(folder, 'theirs.raw');
            const theirGetMs = await timed(() => master.get(image, theirCopy));
            rmSync(theirCopy);
            const put = await timedWithMemory((look) =>
              pool.changeFiles(record, root, async (files, real) => {
                const { size, mtimeMs } = statSync(local);
                const source = { path: local, sizeBytes: size, modifiedAtMs: Math.round(mtimeMs) };
                const change = { root, verb: 'put', path: '/put.raw', source } as const;
                await makeFileChange(volumeFs(files, real), change, { onProgress: look });
              }),
            );
            checkSparse(join(root, 'put.raw'), data);
            if (readdirSync(root).length !== 2) throw new Error('A part is left.');
            const theirPutMs = await timed(() => master.put(local, join(root, 'theirs.raw')));
            const speed = (took: number): string => `${Math.round(largeBytes / took / 1048.576)} MiB/s`;
            const row = (
              id: string,
              ours: { ms: number; grewBytes: number },
              theirsMs: number,
              verb: string,
            ) => ({
              id,
              ratio: ours.ms / theirsMs,
              limit: 1.5,
              baseline: `sftp of OpenSSH, ${verb} of the same file over its one ControlMaster connection`,
              n: 1,
              note: `10 GiB sparse, 160 MiB of data, holes kept, memory grew by at most ${Math.round(ours.grewBytes / 1024 ** 2)} MiB: ${ms(ours.ms)} (${speed(ours.ms)}) against ${ms(theirsMs)} (${speed(theirsMs)})`,
            });
            return [
              row('volume-10g-get', get, theirGetMs, 'get'),
              row('volume-10g-put', put, theirPutMs, 'put'),
            ];
          }),
        );
      }),
    ),
};

async function timedWithMemory(
  work: (look: () => void) => Promise<void>,
): Promise<{ ms: number; grewBytes: number }> {
  let grewBytes = 0;
  const took = await timed(async () => {
    grewBytes = await memoryOf(work);
  });
  return { ms: took, grewBytes };
}

export const rows: BenchRow[] = [stream, large];
