// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import { create } from 'zustand';
import type { Result } from '../../src-preload/contract/result';
import { installBridge } from '../test/bridge';
import { createDownloads, type DownloadState } from './download';

type Answer = Result<{ saved: string | null }>;

const idle: DownloadState<string> = { transfer: null, saved: null, error: null };
const file = { name: 'mail.tar', totalBytes: 100 };

function place() {
  const store = create<DownloadState<string>>(() => idle);
  const asked: { id: string; signal: AbortSignal; answer: (answer: Answer) => void }[] = [];
  const downloads = createDownloads(store);
  const run = () =>
    downloads.run(
      file,
      (id, signal) => new Promise<Answer>((answer) => void asked.push({ id, signal, answer })),
    );
  return { store, asked, downloads, run };
}

describe('downloads of one place', () => {
  let bridge: ReturnType<typeof installBridge>;
  beforeEach(() => {
    bridge = installBridge({});
  });

  it('are one at a time, and tell what came of it', async () => {
    const { store, asked, run } = place();
    const first = run();
    await run();
    expect(asked).toHaveLength(1);
    expect(store.getState().transfer).toMatchObject({ ...file, doneBytes: 0, id: asked[0]?.id });
    asked[0]?.answer({ ok: true, value: { saved: '~/mail.tar' } });
    await first;
    expect(store.getState()).toEqual({ transfer: null, saved: '~/mail.tar', error: null });
  });

  it('follow their own progress, not that of another', () => {
    const { store, asked, downloads, run } = place();
    const stop = downloads.followProgress();
    void run();
    const progress = (transferId: string, doneBytes: number) =>
      bridge.emit('files:progress', { transferId, doneBytes, totalBytes: 120 });
    progress(crypto.randomUUID(), 7);
    expect(store.getState().transfer).toMatchObject({ doneBytes: 0, totalBytes: 100 });
    progress(asked[0]?.id ?? '', 60);
    expect(store.getState().transfer).toMatchObject({ doneBytes: 60, totalBytes: 120 });
    stop();
    progress(asked[0]?.id ?? '', 90);
    expect(store.getState().transfer).toMatchObject({ doneBytes: 60 });
  });

  it('end as nothing when they are cancelled, and as an error when they failed', async () => {
    const { store, asked, downloads, run } = place();
    const first = run();
    downloads.cancel();
    expect(asked[0]?.signal.aborted).toBe(true);
    asked[0]?.answer({ ok: false, error: { code: 'cancelled', message: 'Cancelled.' } });
    await first;
    expect(store.getState()).toEqual(idle);
    const second = run();
    const error = { code: 'unreachable', message: 'The host did not answer.' } as const;
    asked[1]?.answer({ ok: false, error });
    await second;
    expect(store.getState()).toEqual({ ...idle, error });
  });

  it('say nothing to a place that was closed, or has gone on to another file', async () => {
    const { store, asked, run } = place();
    const first = run();
    store.setState(idle);
    const second = run();
    asked[0]?.answer({ ok: true, value: { saved: 'the first' } });
    await first;
    expect(store.getState()).toMatchObject({ saved: null, transfer: { id: asked[1]?.id } });
    asked[1]?.answer({ ok: true, value: { saved: 'the second' } });
    await second;
    expect(store.getState().saved).toBe('the second');
  });
});
