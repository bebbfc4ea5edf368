import { randomUUID } from 'node:crypto';
import type { AuditRow } from '../../../../src-preload/contract/audit';
import type { ChangeState, ShownThen, StagedChange } from '../../../../src-preload/contract/changes';
import type { OperationResult, Outcome, Plan } from '../../../../src-preload/contract/operations';
import type { Settings } from '../../../../src-preload/contract/settings';
import { redactText } from '../../audit/redact';
import type { AuditDraft, AuditWriter } from '../../audit/types';
import { AppError, toAppError } from '../../errors/app-error';
import { assertNever } from '../../errors/assert-never';
import type { CoreLog } from '../../log';
import { emptyDraft, planDraft } from '../drafts';
import { gate } from '../gate';
import type { Managed } from '../link';
import type { PreparedPlan } from '../plan';
import type { OperationRoad, RunRequest } from '../road';
import { comparedWith, shownThen } from './shown-then';
import type { ChangeStore, OpenChange } from './store';

export interface StagedChangesOptions {
  store: ChangeStore;
  road: Pick<OperationRoad, 'find' | 'plan' | 'run'>;
  audit: AuditWriter & { read(sourceId: string, operationId: string): AuditRow[] };
  /** Hosts and clusters by id. Throws AppError `not-found`. */
  target: (id: string) => Managed;
  settings: () => Pick<Settings, 'readOnly'>;
  /** `user@laptop`. */
  actor: string;
  nowMs: () => number;
  log: CoreLog;
  /** A row was appended. */
  onRecorded: (hostId: string) => void;
  /** A change is new, or its state is. */
  onChanged: () => void;
}

/** What came of a try, as the road or the audit tells. */
interface Ending {
  outcome: Outcome;
  message: string;
  /** At least one command or request was sent. */
  sent: boolean;
}

/**
 * Where a try leaves its change.
 *
 * | outcome                    | something sent | state   |
 * | ok, warning                | any            | applied |
 * | unknown                    | any            | unknown |
 * | failed, cancelled, refused | yes            | failed  |
 * | failed, cancelled, refused | no             | pending |
 */
export function stateAfter({ outcome, sent }: Pick<Ending, 'outcome' | 'sent'>): ChangeState {
  switch (outcome) {
    case 'ok':
    case 'warning':
      return 'applied';
    case 'unknown':
      return 'unknown';
    case 'failed':
    case 'cancelled':
    case 'refused':
      return sent ? 'failed' : 'pending';
    default:
      return assertNever(outcome);
  }
}

/**
 * What the audit says of a try whose end this run of Holdfast did not see. Its `started` row is durable before the first
 * byte, so without one nothing was sent. null: it is not known yet, and recovery will say.
 */
export function endingOf(
  rows: readonly Pick<AuditRow, 'event' | 'outcome' | 'message' | 'commands'>[],
): Ending | 'not-known-yet' {
  const started = rows.some(({ event }) => event === 'started');
  const last = rows.at(-1);
  if (!started || last === undefined) {
    return {
      outcome: last?.outcome ?? 'cancelled',
      message: last?.message ?? 'Holdfast ended before anything was sent.',
      sent: false,
    };
  }
  const { event, outcome, message, commands } = last;
  if (event === 'started' || outcome === null) return 'not-known-yet';
  return { outcome, message, sent: event === 'resolved' || commands !== '' };
}

/**
 * Changes that were planned and wait to be applied. Only the request is kept: applying plans it anew, and that plan takes
 * the whole road with its confirmation. What became of a try is what the audit says of its operation.
 */
export class StagedChanges {
  /** Operations of tries that this run of Holdfast will see end. */
  readonly #inFlight = new Set<string>();

  constructor(private readonly options: StagedChangesOptions) {}

  list(): StagedChange[] {
    return this.options.store.list();
  }

  read(changeId: string): { change: StagedChange; shown: ShownThen } {
    const { change, shown } = this.options.store.get(changeId);
    return { change, shown };
  }

  /**
   * Keeps a plan that was shown. Throws AppError: `not-found` (no such plan), `refused` (with its row), `limit-reached`,
   * `audit-unavailable`.
   */
  stage(
    planId: string,
    note: string,
    by: { automationId: string; name: string } | null = null,
  ): StagedChange {
    const found = this.options.road.find(planId);
    if (found === undefined) {
      throw new AppError('not-found', 'This plan is no longer known, so it was not staged. Plan it again.');
    }
    const { prepared, state } = found;
    const { plan, rawInput } = prepared;
    const refusal = this.#refusalOf(prepared, state === 'ready');
    if (refusal !== null) {
      const { message, remedy } = refusal;
      this.#record(plan.host.id, planDraft('refused', randomUUID(), prepared, 'refused', message));
      throw new AppError('refused', message, { remedy });
    }
    const change: StagedChange = {
      id: randomUUID(),
      hostId: plan.host.id,
      hostKind: plan.host.kind,
      hostName: plan.host.name,
      environment: plan.host.environment,
      action: plan.action,
      title: plan.title,
      target: { kind: plan.target.kind, name: redactText(plan.target.name) },
      risk: plan.risk,
      state: 'pending',
      note: redactText(note.trim()),
      stagedAtMs: this.options.nowMs(),
      stagedBy: redactText(by === null ? this.options.actor : `automation “${by.name}”`),
      automationId: by?.automationId ?? null,
      changedAtMs: null,
      message: null,
      operationId: null,
    };
    this.#keep(
      change,
      rawInput as Record<string, never>,
      shownThen(plan),
      planDraft('staged', change.id, prepared, 'ok', `Staged to be applied later. ${change.note}`.trim()),
    );
    return change;
  }

  /** Plans it anew from fresh state. Throws AppError: `not-found`, `conflict`, and what planning throws. */
  async plan(changeId: string, signal: AbortSignal): Promise<Plan> {
    const { change, input, shown } = this.options.store.get(changeId);
    if (change.state !== 'pending') throw notPending(change.state);
    return this.options.road.plan(change.hostId, change.action, input, signal, {
      id: change.id,
      stagedAtMs: change.stagedAtMs,
      note: change.note,
      compare: (plan) => comparedWith(change, shown, plan),
    });
  }

  /**
   * Runs a plan; one that was made for a staged change applies it. Throws AppError `conflict` where it is being applied
   * or was, and what the road throws.
   */
  async run(request: RunRequest, signal: AbortSignal): Promise<OperationResult> {
    const { road, store, nowMs } = this.options;
    const changeId = road.find(request.planId)?.prepared.plan.change?.id;
    if (changeId === undefined) return road.run(request, signal);
    const operationId = randomUUID();
    if (!store.claim(changeId, operationId, nowMs())) throw notPending(store.get(changeId).change.state);
    const open: OpenChange = { change: store.get(changeId).change, operationId };
    this.#inFlight.add(operationId);
    this.options.onChanged();
    try {
      const result = await road.run(request, signal, operationId);
      const { outcome, message, steps } = result;
      this.#settle(open, { outcome, message, sent: steps.some(({ status }) => status !== 'not-run') });
      return result;
    } catch (thrown) {
      // The road throws only before its first row, when nothing was sent; what the audit holds decides all the same.
      this.#settleByAudit(open);
      throw thrown;
    } finally {
      this.#inFlight.delete(operationId);
    }
  }

  /** Throws AppError: `not-found`, `conflict` (it does not wait), `audit-unavailable`. */
  discard(changeId: string): StagedChange {
    const { change } = this.options.store.get(changeId);
    this.#discard(
      change,
      change.state === 'unknown'
        ? 'Discarded; what became of its operation is not known.'
        : 'Discarded. Nothing was sent.',
    );
    return this.options.store.get(changeId).change;
  }

  clear(): number {
    const cleared = this.options.store.clear();
    if (cleared > 0) this.options.onChanged();
    return cleared;
  }

  /** Before a host or cluster leaves the list: what waits for it never runs. Never throws. */
  discardOf(hostId: string): void {
    for (const change of this.options.store.waiting(hostId)) {
      try {
        this.#discard(change, `Discarded, because ${change.hostName} was removed from Holdfast.`);
      } catch (thrown) {
        this.options.log.write('error', 'A staged change could not be discarded', {
          changeId: change.id,
          error: thrown,
        });
      }
    }
  }

  /**
   * Tries that were cut off, or whose outcome was unknown, by what the audit says by now: at start, and whenever a row
   * of this host or cluster was appended. Never throws.
   */
  reconcile(hostId?: string): void {
    for (const open of this.options.store.open(hostId)) {
      if (!this.#inFlight.has(open.operationId)) this.#settleByAudit(open);
    }
  }

  #refusalOf({ plan, action }: PreparedPlan, ready: boolean): { message: string; remedy?: string } | null {
    const { target, settings, nowMs } = this.options;
    const host = target(plan.host.id);
    if (plan.change !== undefined) return { message: 'It is staged already.' };
    if (plan.onlyNow !== undefined) {
      return { message: `It cannot be staged. ${plan.onlyNow}`, remedy: 'Run it now, or not at all.' };
    }
    const refusal = gate({
      accessLevel: host.accessLevel,
      most: host.most,
      minimumAccess: action.minimumAccess,
      readOnly: settings().readOnly,
      hostName: host.name,
      title: plan.title,
    });
    if (refusal !== null) return refusal;
    if (!ready) return { message: 'This plan is run, or was, so it was not staged.' };
    if (plan.expiresAtMs <= nowMs()) {
      return {
        message: 'The plan is older than 10 minutes, so it was not staged.',
        remedy: 'Plan it again.',
      };
    }
    return null;
  }

  #record(hostId: string, draft: AuditDraft): void {
    this.options.audit.append(hostId, draft);
    this.options.onRecorded(hostId);
  }

  /** Both or none: what is not in the audit does not wait. */
  #keep(change: StagedChange, input: Record<string, never>, shown: ShownThen, draft: AuditDraft): void {
    const { store, audit } = this.options;
    store.transaction(() => {
      store.add({ change, input, shown });
      audit.append(change.hostId, draft);
    });
    this.options.onRecorded(change.hostId);
    this.options.onChanged();
  }

  #discard(change: StagedChange, message: string): void {
    const { store, audit, nowMs } = this.options;
    store.transaction(() => {
      if (!store.move(change.id, ['pending', 'unknown'], 'discarded', message, nowMs())) {
        throw notPending(store.get(change.id).change.state);
      }
      audit.append(change.hostId, draftOf(change, 'discarded', 'cancelled', message));
    });
    this.options.onRecorded(change.hostId);
    this.options.onChanged();
  }

  #settleByAudit(open: OpenChange): void {
    const { change, operationId } = open;
    try {
      const rows = this.options.audit.read(change.hostId, operationId);
      const ending = endingOf(rows);
      if (ending !== 'not-known-yet') this.#settle(open, ending);
      else
        this.#move(
          open,
          'unknown',
          'Holdfast ended while it was applied. The host is read at the next contact.',
        );
    } catch (thrown) {
      if (toAppError(thrown).code === 'not-found') {
        // No audit of this host or cluster at all: nothing was ever recorded, so nothing was sent.
        this.#settle(open, { outcome: 'cancelled', message: 'Nothing was sent.', sent: false });
        return;
      }
      this.options.log.write('error', 'What became of a staged change could not be looked up', {
        changeId: change.id,
        error: thrown,
      });
      this.#move(open, 'unknown', 'The audit could not be read, so what became of it is not known.');
    }
  }

  /** Never throws: the road has recorded what happened, whatever becomes of our own list. */
  #settle(open: OpenChange, ending: Ending): void {
    const { change, operationId } = open;
    const state = stateAfter(ending);
    if (!this.#move(open, state, ending.message) || state === 'pending') return;
    try {
      this.#record(
        change.hostId,
        draftOf(change, 'applied', ending.outcome, `Applied as operation ${operationId}: ${ending.message}`),
      );
    } catch (thrown) {
      this.options.log.write('error', 'The end of a staged change could not be recorded', {
        changeId: change.id,
        operationId,
        error: thrown,
      });
    }
  }

  /** @returns whether that is news */
  #move({ change, operationId }: OpenChange, to: ChangeState, text: string): boolean {
    const { store, nowMs, log } = this.options;
    const message = redactText(text);
    try {
      const now = store.get(change.id).change;
      if (now.operationId !== operationId || (now.state === to && now.message === message)) return false;
      const moved = store.move(change.id, ['applying', 'unknown'], to, message, nowMs());
      if (moved) this.options.onChanged();
      return moved;
    } catch (thrown) {
      log.write('error', 'The state of a staged change could not be kept', {
        changeId: change.id,
        error: thrown,
      });
      return false;
    }
  }
}

function draftOf(
  { id, hostName, action, target, risk }: StagedChange,
  event: 'applied' | 'discarded',
  outcome: Outcome,
  message: string,
): AuditDraft {
  return { ...emptyDraft(event, id, hostName, action), target: target.name, risk, outcome, message };
}

function notPending(state: ChangeState): AppError {
  const words: Record<ChangeState, string> = {
    pending: 'It waits again, so it can be planned anew.',
    applying: 'It is being applied already, so this second time was refused.',
    applied: 'It was applied already, so it was not done a second time.',
    failed: 'It failed. Plan it anew where it came from.',
    unknown: 'It was applied and its outcome is unknown, so it was not done a second time.',
    discarded: 'It was discarded.',
  };
  return new AppError('conflict', words[state]);
}
