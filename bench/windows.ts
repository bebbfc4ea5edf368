import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { profileWithHosts, profileWithSnapshots } from './profiles';
import { median, ms, quantile, type BenchRow } from './types';
import { openWindow, withStage, type OpenWindow, type Stage } from './window';

const hostCount = 20;
const fleetPainted = { selector: '.host-card', count: hostCount };

const openFleet = (stage: Stage) =>
  openWindow(stage, { profile: join(stage.folder, 'fleet'), painted: fleetPainted });
const openEmpty = (stage: Stage) =>
  openWindow(stage, { profile: join(stage.folder, 'empty'), painted: null });

const start: BenchRow = {
  id: 'start',
  run: () =>
    withStage(async (stage) => {
      await profileWithHosts(join(stage.folder, 'fleet'), hostCount);
      const pages: number[] = [];
      const drawn: number[] = [];
      const started = async (open: typeof openFleet): Promise<number> => {
        const window = await open(stage);
        if (open === openFleet) {
          const { pageMs, firstDrawnMs } = await window.milestones();
          pages.push(pageMs);
          drawn.push(firstDrawnMs);
        }
        await window.close();
        return window.paintedAfterMs;
      };
      // The first start of a profile makes Chromium's folders and caches.
      await started(openFleet);
      await started(openEmpty);
      const n = 15;
      const ours: number[] = [];
      const empty: number[] = [];
      for (let run = 0; run < n; run += 1) {
        if (run % 2 === 0) ours.push(await started(openFleet));
        empty.push(await started(openEmpty));
        if (run % 2 === 1) ours.push(await started(openFleet));
      }
      return {
        id: 'start',
        ratio: median(ours.map((took, run) => took / (empty[run] ?? Number.NaN))),
        limit: 1.3,
        baseline: 'an empty window of the same Electron, shown when ready',
        n,
        note: `from starting the process to ${hostCount} cached hosts painted ${ms(median(ours))} against ${ms(median(empty))}; the page begins after ${ms(median(pages))} and first draws after ${ms(median(drawn))}; Electron ${stage.runtime.version}, files in the page cache`,
      };
    }),
};

const memory: BenchRow = {
  id: 'memory',
  run: () =>
    withStage(async (stage) => {
      await profileWithHosts(join(stage.folder, 'fleet'), hostCount);
      const used = async (open: typeof openFleet) => {
        const window = await open(stage);
        // Both come to rest: start-up garbage is collected, the GPU process has ended what it compiles.
        await wait(6_000);
        const sum = window.memory();
        await window.close();
        return sum;
      };
      const n = 5;
      const ours: number[] = [];
      const empty: number[] = [];
      let counts = '';
      for (let run = 0; run < n; run += 1) {
        const [fleet, nothing] = [await used(openFleet), await used(openEmpty)];
        ours.push(fleet.bytes);
        empty.push(nothing.bytes);
        counts = `${fleet.processes} processes against ${nothing.processes}`;
      }
      const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
      return {
        id: 'memory',
        ratio: median(ours.map((bytes, run) => bytes / (empty[run] ?? Number.NaN))),
        limit: 1.5,
        baseline: 'an empty window of the same Electron',
        n,
        note: `PSS of all processes, 6 s after ${hostCount} cached hosts were painted: ${mb(median(ours))} against ${mb(median(empty))}, ${counts}`,
      };
    }),
};

/** In the page: scrolls by script, one step a frame, back and forth in what there is. Times of the frames. */
async function scrollFrames(
  frames: number,
  stepPx: number,
): Promise<{ times: number[]; placeholders: number }> {
  const body = document.querySelector('.grid-scroller');
  if (body === null) throw new Error('There is no table.');
  const nextFrame = () => new Promise<number>((done) => requestAnimationFrame(() => done(performance.now())));
  const times: number[] = [];
  let placeholders = 0;
  let direction = 1;
  let before = await nextFrame();
  for (let frame = 0; frame < frames; frame += 1) {
    const from = body.scrollTop;
    body.scrollTop += direction * stepPx;
    if (body.scrollTop === from) direction = -direction;
    const now = await nextFrame();
    times.push(now - before);
    before = now;
    if (body.querySelector('.mantine-Skeleton-root') !== null) placeholders += 1;
  }
  return { times, placeholders };
}

/** In the page: from the next letter in the search box to that letter painted, and to its answer painted. */
function watchKeystroke(): void {
  const table = document.querySelector('[role="table"]');
  if (table === null) throw new Error('There is no table.');
  const painted = (then: () => void) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = then;
      port2.postMessage(null);
    });
  const store = globalThis as unknown as Record<string, Promise<{ letterMs: number; answerMs: number }>>;
  store['holdfastBenchKeystroke'] = new Promise((done) => {
    document.addEventListener(
      'input',
      () => {
        const at = performance.now();
        let letterMs = 0;
        painted(() => (letterMs = performance.now() - at));
        let busy = false;
        const observer = new MutationObserver(() => {
          const now = table.getAttribute('aria-busy') === 'true';
          if (busy && !now) {
            observer.disconnect();
            painted(() => done({ letterMs, answerMs: performance.now() - at }));
          }
          busy = now;
        });
        observer.observe(table, { attributes: true, attributeFilter: ['aria-busy'] });
      },
      { once: true, capture: true },
    );
  });
}

const call = (work: (...args: never[]) => unknown, ...args: readonly number[]) =>
  `(${work.toString()})(${args.join()})`;

/** SnapshotsScreen waits so long for the next letter before it asks. */
const debounceMs = 180;
const words = ['hourly', 'c0000', 'tank', 'autosnap'];

async function withTable<T>(
  stage: Stage,
  rows: number,
  work: (window: OpenWindow) => Promise<T>,
): Promise<T> {
  const window = await openWindow(stage, {
    profile: join(stage.folder, `rows-${rows}`),
    painted: { selector: '.host-card', count: 1 },
    unlimitedFrames: true,
  });
  try {
    await window.evaluate(`location.hash = '#/snapshots'`);
    for (let tries = 0; ; tries += 1) {
      const shown = await window.evaluate<string | null>(
        `document.querySelector('[role="table"][aria-busy="false"]')?.getAttribute('aria-rowcount') ?? null`,
      );
      if (shown === String(rows + 1)) break;
      if (tries > 200) throw new Error(`The table shows ${String(shown)} rows, not ${rows}.`);
      await wait(100);
    }
    await wait(1_000);
    return await work(window);
  } finally {
    await window.close();
  }
}

async function keystrokes(window: OpenWindow, word: string) {
  const letters: number[] = [];
  const answers: number[] = [];
  // Further down the visible rows come a page later than the answer, and their placeholders are painted sooner.
  await window.evaluate(`document.querySelector('.grid-scroller').scrollTop = 0`);
  await window.evaluate(`document.querySelector('input[aria-label="Search snapshots"]').focus()`);
  await wait(500);
  for (const letter of word) {
    await window.evaluate(`void ${call(watchKeystroke)}`);
    await window.type(letter);
    const { letterMs, answerMs } = await window.evaluate<{ letterMs: number; answerMs: number }>(
      `Promise.race([holdfastBenchKeystroke, new Promise((_, fail) => setTimeout(() => fail(new Error('no answer')), 20000))])`,
    );
    letters.push(letterMs);
    answers.push(answerMs - debounceMs);
    await wait(100);
  }
  await window.evaluate(`document.querySelector('[aria-label="Clear the search"]').click()`);
  await wait(500);
  return { letters, answers };
}

const table: BenchRow = {
  id: 'table-100k',
  run: () =>
    withStage(async (stage) => {
      const [frames, stepPx] = [150, 97];
      for (const rows of [100_000, 100]) await profileWithSnapshots(join(stage.folder, `rows-${rows}`), rows);
      // One window at a time: of two on one screen, the lower is not drawn and so the quicker.
      const measure = (rows: number, word: string) =>
        withTable(stage, rows, async (window) => {
          const warm = call(scrollFrames, 20, stepPx);
          await window.evaluate(warm);
          const scroll = await window.evaluate<{ times: number[]; placeholders: number }>(
            call(scrollFrames, frames, stepPx),
          );
          const { letters, answers } = await keystrokes(window, word);
          return { ...scroll, letters, answers };
        });
      type Measured = Awaited<ReturnType<typeof measure>>;
      const runs: { ours: Measured; theirs: Measured }[] = [];
      for (const [index, word] of [...words, ...words].entries()) {
        const first = index % 2 === 0 ? await measure(100_000, word) : null;
        const theirs = await measure(100, word);
        runs.push({ ours: first ?? (await measure(100_000, word)), theirs });
      }
      const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
      const ratioOf = (pick: (one: Measured) => number) =>
        median(runs.map(({ ours, theirs }) => pick(ours) / pick(theirs)));
      const figures = (pick: (one: Measured) => number) =>
        `${ms(median(runs.map(({ ours }) => pick(ours))))} against ${ms(median(runs.map(({ theirs }) => pick(theirs))))}`;
      const frame = (one: Measured) => mean(one.times);
      const late = (one: Measured) => quantile(one.times, 0.95);
      const letter = (one: Measured) => median(one.letters);
      const answer = (one: Measured) => median(one.answers);
      const held = Math.round(mean(runs.map(({ ours }) => ours.placeholders)));
      return {
        id: 'table-100k',
        ratio: Math.max(ratioOf(frame), ratioOf(letter), ratioOf(answer)),
        limit: 1.5,
        baseline: 'the same table with 100 rows',
        n: runs.length,
        note: `the worst of: frame while scrolling ${ratioOf(frame).toFixed(2)}x (mean ${figures(frame)}, p95 ${figures(late)}, ${held} of ${frames} frames with placeholders), letter painted ${ratioOf(letter).toFixed(2)}x (${figures(letter)}), answer painted without the ${debounceMs} ms that the box waits ${ratioOf(answer).toFixed(2)}x (${figures(answer)})`,
      };
    }),
};

export const rows: BenchRow[] = [start, memory, table];
