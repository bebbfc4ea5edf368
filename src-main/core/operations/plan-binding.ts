import type { Plan } from '../../../src-preload/contract/operations';

/** A plan older than this is read again before it executes, in milliseconds. */
export const recheckAfterMs = 5_000;

/** What a plan is bound to beside the record of its host. */
export interface PlanBinding {
  /** Fingerprints that were pinned when it was made. */
  readonly identity: string;
  /** Milliseconds of performance.now(), which no setting of the clock moves. */
  readonly madeAt: number;
}

const joined = (identity: readonly string[]): string => [...identity].sort().join('\n');

/** To be called before the first reading: what is read after it belongs to this identity or to none. */
export function bindPlan(identity: readonly string[]): PlanBinding {
  return { identity: joined(identity), madeAt: performance.now() };
}

/**
 * SECURITY: a key or certificate that was replaced while the plan was open may be that of another machine, on which
 * nothing of what was shown was read. null: it still holds.
 */
export function brokenBinding(
  binding: PlanBinding | undefined,
  identity: readonly string[],
  { kind, name }: Plan['host'],
): string | null {
  if (binding?.identity === joined(identity)) return null;
  const what = kind === 'host' ? 'host key' : 'certificate';
  return `The ${what} that is trusted for ${name} was replaced since the plan was made, so nothing was done.`;
}

/** The clock of a laptop can be set back; a plan does not become fresh by that. */
export function isOldByUptime(binding: PlanBinding | undefined): boolean {
  return binding === undefined || performance.now() - binding.madeAt > recheckAfterMs;
}
