import { randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { saveStream } from '../../files/save-stream';
import { startVolumeBox, type VolumeBox } from './testing/volume-box';

const mib = 1024 * 1024;
/**
 * Through OpenSSH's own sftp-server; both ends of the SSH connection run in this process. Half of either is far more
 * than memory may grow by while it passes. HOLDFAST_LARGE=1 sends 2.5 GiB and 512 MiB.
 */
const large = process.env['HOLDFAST_LARGE'] === '1';
const sizeBytes = (large ? 2560 : 512) * mib;
/** Of data that is no hole. */
const fullBytes = (large ? 512 : 192) * mib;
/** Where the second mark in the sparse file is: in a piece of its own, not at its edge. */
const middle = Math.floor(sizeBytes * 0.6) + 1;

let volume: VolumeBox;
beforeEach(async () => {
  volume = await startVolumeBox();
});
afterEach(() => volume.close());

/** Peaks of the memory of this process before and after half of the bytes have passed. */
function watch(totalBytes: number): { at: (doneBytes: number) => void; expectFlat: () => void } {
  const before = process.memoryUsage().rss;
  const peaks = { first: before, second: before };
  return {
    at: (doneBytes) => {
      const half = doneBytes < totalBytes / 2 ? 'first' : 'second';
      peaks[half] = Math.max(peaks[half], process.memoryUsage().rss);
    },
    expectFlat: () => {
      // What the collector has not taken yet is most of it: a connection alone makes 100 MiB of garbage a second.
      expect(peaks.first - before).toBeLessThan(256 * mib);
      expect(peaks.second - peaks.first).toBeLessThan(64 * mib);
    },
  };
}

it(
  'downloads a sparse file and uploads a full one in memory that stays flat',
  { timeout: 900_000 },
  async () => {
    const remote = join(volume.root, 'large.raw');
    const local = join(volume.box, 'large.raw');
    writeFileSync(remote, 'begin');
    truncateSync(remote, sizeBytes);
    const marks = openSync(remote, 'r+');
    writeSync(marks, 'middle', middle);
    writeSync(marks, 'end', sizeBytes - 3);
    closeSync(marks);
    const down = watch(sizeBytes);
    const saved = await volume.use((fs) =>
      fs.readStream('/large.raw', ({ chunks }) => saveStream(local, chunks, { onProgress: down.at })),
    );
    expect(saved).toBe(sizeBytes);
    down.expectFlat();
    const { size, blocks } = statSync(local);
    expect(size).toBe(sizeBytes);
    // Holes are holes on this side too.
    expect(blocks * 512).toBeLessThan(mib);
    rmSync(remote);
    rmSync(local);

    const piece = randomBytes(256 * 1024);
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let at = 0; at < fullBytes; at += piece.length) yield piece;
    }
    const up = watch(fullBytes);
    expect(await volume.use((fs) => fs.writeStream('/full', pieces(), { onProgress: up.at }))).toBe(
      fullBytes,
    );
    up.expectFlat();
    expect(statSync(join(volume.root, 'full')).size).toBe(fullBytes);
    expect(readdirSync(volume.root)).toEqual(['full']);
  },
);
