import { describe, expect, it } from 'vitest';
import { HostLocks } from './host-lock';

const tick = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('host locks', () => {
  it('lets one change at a time on a host, in order, also after a failure', async () => {
    const locks = new HostLocks();
    const seen: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} in`);
      await tick();
      seen.push(`${name} out`);
      if (name === 'b') throw new Error('b broke');
    };
    const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => locks.hold('h', work(name))));
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(locks.busy('h')).toBe(false);
  });

  it('keeps hosts apart', async () => {
    const locks = new HostLocks();
    let release = (): void => undefined;
    const held = locks.hold('one', () => new Promise<void>((resolve) => (release = resolve)));
    expect(await locks.hold('two', async () => 'done')).toBe('done');
    expect(locks.busy('one')).toBe(true);
    release();
    await held;
  });
});
