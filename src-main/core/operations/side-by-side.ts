import type { ExecutionEnd, StepFailure } from './execute';
import { runStep, type StepEnd, type StepsRun } from './run-step';

/** Steps of one object, by their place in the plan, in order. */
function stepsByItem({ prepared }: StepsRun): number[][] {
  const items = new Map<number, number[]>();
  for (const [index, { item = -1 }] of prepared.draft.steps.entries()) {
    items.set(item, [...(items.get(item) ?? []), index]);
  }
  return [...items.values()];
}

/**
 * Sends the steps of several objects, a few objects at a time, each object's own in order (F90). As with one after the
 * other, a failure ends its object, and with `stop` no other is begun; after a step without answer, one that could not be
 * sent, or a cancel none is begun either. What is under way is always followed to its end. Never throws.
 *
 * Where it ended in several ways, what is least known is told: no answer, not sent, cancelled, failed.
 */
export async function sendSideBySide(run: StepsRun, atOnce: number): Promise<ExecutionEnd> {
  const waiting = stepsByItem(run);
  const ends: { index: number; end: StepEnd }[] = [];
  const goesOn = run.prepared.draft.onFailure === 'next-item';
  const stopped = (): boolean =>
    run.signal.aborted || ends.some(({ end }) => end.kind !== 'failed' || !goesOn);

  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      for (const index of item) {
        if (stopped()) return;
        const end = await runStep(run, index);
        if (end.kind === 'done') continue;
        ends.push({ index, end });
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work));

  ends.sort((a, b) => a.index - b.index);
  for (const { index, end } of ends)
    if (end.kind === 'unknown') return { kind: 'unknown', index, error: end.error };
  for (const { index, end } of ends)
    if (end.kind === 'not-sent') return { kind: 'not-sent', index, error: end.error };
  const failures = ends.flatMap(({ end }): StepFailure[] => (end.kind === 'failed' ? [end.failure] : []));
  const unsent = run.results.findIndex(({ status }) => status === 'not-run');
  const cancelled = ends.find(({ end }) => end.kind === 'cancelled')?.index;
  if (cancelled !== undefined) return { kind: 'cancelled', index: cancelled };
  if (run.signal.aborted && unsent >= 0) return { kind: 'cancelled', index: unsent };
  const [only] = failures;
  if (only === undefined) return { kind: 'done' };
  return failures.length === 1 && !goesOn ? { kind: 'exit', ...only } : { kind: 'some-failed', failures };
}
