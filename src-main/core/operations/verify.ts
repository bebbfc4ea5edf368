import type { Verification } from '../../../src-preload/contract/operations';
import { toAppError } from '../errors/app-error';
import type { Execution } from './execute';
import type { LinkPool } from './link';
import type { PreparedPlan } from './plan';

/** Waits between readings, in milliseconds: a connection that dropped may need a moment, the command too. */
const delaysWithoutAnswer = [0, 1_000, 3_000];
const delaysWithAnswer = [0, 1_000];

export interface VerifyOptions {
  links: LinkPool;
  nowMs: () => number;
  onRead: (hostId: string) => void;
  /** Holdfast is closing: one reading must do. */
  closing: () => boolean;
}

/**
 * Reads the host again and says whether the effect is there. Never throws. After a step without answer "not there"
 * is asked again a few times; after an answer only a reading that failed.
 */
export async function verifyByReading(
  prepared: PreparedPlan,
  execution: Execution,
  { links, nowMs, onRead, closing }: VerifyOptions,
): Promise<Verification> {
  const { host, input, draft } = prepared;
  const answered = execution.end.kind !== 'unknown';
  let seen: Verification = { status: 'unreadable', text: '' };
  for (const delayMs of answered ? delaysWithAnswer : delaysWithoutAnswer) {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    try {
      const link = await links.link(host);
      seen = await input.verify(link.context({ nowMs, onRead }), draft.preconditions);
    } catch (thrown) {
      seen = { status: 'unreadable', text: toAppError(thrown).message };
    }
    const settled = answered
      ? seen.status !== 'unreadable'
      : seen.status === 'confirmed' || seen.status === 'skipped';
    if (settled || closing()) break;
  }
  return seen;
}
