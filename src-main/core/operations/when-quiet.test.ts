import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WhenQuiet } from './when-quiet';

describe('a host that was changed', () => {
  let reads: { hostId: string; smart: boolean }[];
  let quiet: WhenQuiet;
  beforeEach(() => {
    vi.useFakeTimers();
    reads = [];
    quiet = new WhenQuiet((hostId, { smart }) => reads.push({ hostId, smart }));
  });
  afterEach(() => {
    quiet.close();
    vi.useRealTimers();
  });
  const work = () => {
    let end = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { end, done };
  };

  it('is read once it is quiet', async () => {
    quiet.readSoon('nas', { smart: false });
    expect(reads).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(reads).toEqual([{ hostId: 'nas', smart: false }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads).toHaveLength(1);
  });

  it('is not read in the way of the next plan, and once for both', async () => {
    quiet.readSoon('nas', { smart: true });
    await vi.advanceTimersByTimeAsync(200);
    const plan = work();
    const planning = quiet.during('nas', () => plan.done);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(reads).toEqual([]);
    quiet.readSoon('nas', { smart: false });
    plan.end();
    await planning;
    await vi.advanceTimersByTimeAsync(300);
    expect(reads).toEqual([{ hostId: 'nas', smart: true }]);
  });

  it('waits for all that is under way, also for what failed, and for no other host', async () => {
    const [first, second] = [work(), work()];
    const running = quiet.during('nas', () => first.done.then(() => Promise.reject(new Error('broken'))));
    const planning = quiet.during('nas', () => second.done);
    const elsewhere = quiet.during('vault', () => work().done);
    quiet.readSoon('nas', { smart: false });
    first.end();
    await expect(running).rejects.toThrow('broken');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads).toEqual([]);
    second.end();
    await planning;
    await vi.advanceTimersByTimeAsync(300);
    expect(reads).toEqual([{ hostId: 'nas', smart: false }]);
    void elsewhere;
  });

  it('is read after half a minute all the same', async () => {
    const plan = work();
    const planning = quiet.during('nas', () => plan.done);
    quiet.readSoon('nas', { smart: false });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(reads).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads).toHaveLength(1);
    plan.end();
    await planning;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads).toHaveLength(1);
  });

  it('is not read again where a person had it read before', async () => {
    quiet.readSoon('nas', { smart: true });
    expect(quiet.take('nas')).toEqual({ smart: true });
    expect(quiet.take('nas')).toBeNull();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads).toEqual([]);
  });

  it('is not read any more when Holdfast ends', async () => {
    quiet.readSoon('nas', { smart: false });
    quiet.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads).toEqual([]);
  });
});
