import { AppError, toAppError } from '../errors/app-error';
import type { Verdict } from './finish';
import type { Link, LinkPool } from './link';
import { recheckAfterMs } from './plan-binding';
import { renderDraft, worldOf, type PreparedPlan } from './plan';

export interface RecheckOptions {
  links: LinkPool;
  nowMs: () => number;
  onRead: (hostId: string) => void;
  signal: AbortSignal;
  /** We changed the host ourselves since the plan was made, or the clock does not tell how old the plan is. */
  touched: boolean;
}

const changed: Verdict = {
  outcome: 'refused',
  message:
    'The host changed since the plan was made, so nothing was sent. Plan it again to see what is different.',
  error: new AppError('refused', 'The host changed since the plan was made, so nothing was sent.', {
    remedy: 'Plan it again.',
  }),
};

/**
 * The world as it is now must be the world that was confirmed. Gives the link to execute on, or why nothing was
 * sent. Never throws.
 */
export async function recheck(
  prepared: PreparedPlan,
  options: RecheckOptions,
): Promise<{ link: Link } | { verdict: Verdict }> {
  const { plan, draft, input, host } = prepared;
  const { nowMs, onRead, signal } = options;
  try {
    const link = await options.links.link(host, signal);
    const old = nowMs() - plan.createdAtMs > recheckAfterMs;
    const now = old || options.touched ? await input.plan(link.context({ nowMs, onRead, signal })) : draft;
    // Also without a new reading: the link may be another one and find the tools elsewhere.
    const same = worldOf(now, await renderDraft(link, now)) === worldOf(draft, plan);
    return same ? { link } : { verdict: changed };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'cancelled' || signal.aborted) {
      return {
        verdict: { outcome: 'cancelled', message: 'Cancelled before anything was sent.', error: null },
      };
    }
    const message = `The host could not be read again before executing, so nothing was sent. ${error.message}`;
    const { code, detail, hostKey, certificate, remedy } = error;
    return {
      verdict: {
        outcome: 'failed',
        message,
        error: new AppError(code, message, { detail, hostKey, certificate, remedy, cause: error }),
      },
    };
  }
}
