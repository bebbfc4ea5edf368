import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLock } from './lock.mjs';

let folder;
let lock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
  lock = join(folder, 'name.lock');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('withLock', () => {
  it('lets one work at a time and gives the result back', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 30));
      inside -= 1;
      return 'done';
    };
    const results = await Promise.all([1, 2, 3].map(() => withLock(lock, 'the test', work)));
    expect(results).toEqual(['done', 'done', 'done']);
    expect(most).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  it('gives the lock back when the work fails', async () => {
    await expect(withLock(lock, 'the test', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over from an owner that died', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(dead));
    expect(await withLock(lock, 'the test', async () => 'mine')).toBe('mine');
  });

  it('gives up on an owner that lives on', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    await expect(withLock(lock, 'the test', async () => 'mine', 300)).rejects.toThrow(/Waited too long/);
    expect(existsSync(lock)).toBe(true);
  });
});
