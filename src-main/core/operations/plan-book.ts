import type { PreparedPlan } from './plan';

export type PlanState = 'ready' | 'busy' | 'spent';

interface Page {
  prepared: PreparedPlan;
  state: PlanState;
}

/** Plans are kept this long past their end, so that a late run is refused by name instead of "not found". */
const keepExpiredMs = 60 * 60_000;
const maximumPlans = 500;

/** The plans made since the core started. In memory only: a plan never outlives the state it was read from. */
export class PlanBook {
  readonly #pages = new Map<string, Page>();

  constructor(private readonly nowMs: () => number) {}

  add(prepared: PreparedPlan): void {
    const now = this.nowMs();
    for (const [id, { prepared: old, state }] of this.#pages) {
      const stale = old.plan.expiresAtMs + keepExpiredMs < now;
      if (state !== 'busy' && (stale || this.#pages.size >= maximumPlans)) this.#pages.delete(id);
    }
    this.#pages.set(prepared.plan.id, { prepared, state: 'ready' });
  }

  find(planId: string): PreparedPlan | undefined {
    return this.#pages.get(planId)?.prepared;
  }

  /** undefined: no such plan. */
  stateOf(planId: string): PlanState | undefined {
    return this.#pages.get(planId)?.state;
  }

  /** Takes a ready plan for one run; otherwise says what it is. */
  claim(planId: string): 'claimed' | 'busy' | 'spent' | 'unknown' {
    const page = this.#pages.get(planId);
    if (page === undefined) return 'unknown';
    if (page.state !== 'ready') return page.state;
    page.state = 'busy';
    return 'claimed';
  }

  /** Nothing was sent: the person may try the same plan again while it lasts. */
  giveBack(planId: string): void {
    const page = this.#pages.get(planId);
    if (page?.state === 'busy') page.state = 'ready';
  }

  spend(planId: string): void {
    const page = this.#pages.get(planId);
    if (page !== undefined) page.state = 'spent';
  }
}
