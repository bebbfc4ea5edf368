import { z } from 'zod';
import { riskSchema, type PlanStep } from '../../../src-preload/contract/operations';
import type { PreparedPlan } from './plan';

/**
 * What a `started` row carries so that a later run of Holdfast can verify by reading.
 * A command may go on after its connection is lost; once its time-out and this grace have passed, "not there" counts.
 */
export const settleGraceMs = 60_000;

const recoverySchema = z.strictObject({
  version: z.literal(1),
  input: z.record(z.string(), z.json()),
  preconditions: z.record(z.string(), z.json()),
  risk: riskSchema,
  planDigest: z.string(),
  /** Pinned host keys, `SHA256:…`, of the machine that was changed: another machine proves nothing about it. */
  hostKeys: z.array(z.string()),
  /** From then on, "the effect is not there" is an answer; before, it may still come. */
  conclusiveAtMs: z.int().nonnegative(),
});
export type RecoveryData = z.infer<typeof recoverySchema>;

export function writeRecovery(prepared: PreparedPlan, hostKeys: readonly string[], nowMs: number): string {
  const { plan, draft, rawInput } = prepared;
  const longestMs = plan.steps.reduce((sum, step) => sum + longestOf(step), 0);
  return JSON.stringify({
    version: 1,
    input: withoutSecrets(rawInput, prepared.action.secrets ?? []),
    preconditions: draft.preconditions,
    risk: plan.risk,
    planDigest: plan.digest,
    hostKeys,
    conclusiveAtMs: Math.ceil(nowMs + longestMs + settleGraceMs),
  });
}

/** How long a step may take with all of its tries, in milliseconds. */
function longestOf(step: PlanStep): number {
  const { tries = 1, waitMs = 0 } = (step.kind === 'ssh' ? step.retry : undefined) ?? {};
  return tries * (step.timeoutSeconds * 1000 + waitMs);
}

/** SECURITY: the row outlives the operation; what is secret of an input is null in it, which its schema must take. */
function withoutSecrets(input: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0 || typeof input !== 'object' || input === null) return input;
  if ('items' in input && Array.isArray(input.items)) {
    return { ...input, items: input.items.map((item: unknown) => withoutSecrets(item, secrets)) };
  }
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, secrets.includes(key) ? null : (value as unknown)]),
  );
}

/** null: written by another version, or not ours; such an operation cannot be verified. */
export function readRecovery(text: string | null): RecoveryData | null {
  if (text === null) return null;
  try {
    const parsed = recoverySchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}
