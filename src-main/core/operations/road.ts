import { randomUUID } from 'node:crypto';
import type {
  ActionInfo,
  OperationProgress,
  OperationResult,
  Plan,
  Verification,
} from '../../../src-preload/contract/operations';
import type { Settings } from '../../../src-preload/contract/settings';
import type { AuditDraft, AuditWriter } from '../audit/types';
import { AppError, toAppError } from '../errors/app-error';
import type { CoreLog } from '../log';
import type { ShellPort } from '../port/shell-port';
import type { BoundAction, BoundInput, Catalogue } from './bound-action';
import { canonicalJson } from './canonical';
import { confirmWords, visible } from './confirm-words';
import { emptyDraft, finishedDraft, planDraft, plannedCommands } from './drafts';
import { anythingSent, executeSteps, type Execution } from './execute';
import { judge, type Verdict } from './finish';
import { gate } from './gate';
import type { HostLocks } from './host-lock';
import { kindOf, type LinkPool, type Managed } from './link';
import { buildPlan, type PlannedChange, type PreparedPlan } from './plan';
import { PlanBook, type PlanState } from './plan-book';
import { bindPlan, brokenBinding, isOldByUptime, type PlanBinding } from './plan-binding';
import { planDigest } from './plan-digest';
import { planScript, scriptName } from './plan-script';
import { ProgressReporter } from './progress';
import { recheck } from './recheck';
import type { Recovery } from './recover';
import { writeRecovery } from './recovery-data';
import { ConfirmTokens } from './token';
import { verifyByReading } from './verify';

export interface RoadOptions {
  /** Hosts and clusters by id. Throws AppError `not-found`. */
  target: (id: string) => Managed;
  links: LinkPool;
  audit: AuditWriter;
  settings: () => Settings;
  shell: Pick<ShellPort, 'confirm'>;
  catalogue: Catalogue;
  locks: HostLocks;
  recovery: Recovery;
  nowMs: () => number;
  log: CoreLog;
  onProgress: (progress: OperationProgress) => void;
  onRead: (hostId: string) => void;
  /** A row was appended. */
  onRecorded: (hostId: string) => void;
  /** Whatever is planned or run on a host goes through it. */
  underWay: <T>(hostId: string, work: () => Promise<T>) => Promise<T>;
  /** Something was sent that may have changed the host. */
  onChanged: (hostId: string, actionId: string) => void;
  /** What was sent has ended, one way or another. */
  onEnded: (plan: Plan, result: OperationResult) => void;
}

export interface RunRequest {
  planId: string;
  typedTarget: string | null;
  typedHost: string | null;
}

/**
 * How long close() waits for running commands, in milliseconds. With what follows it stays below the 5 s after which
 * the shell ends the core (core-host.ts).
 */
const closePatienceMs = 3_500;
const drainPatienceMs = 500;

interface Run {
  readonly prepared: PreparedPlan;
  readonly operationId: string;
  readonly startedAtMs: number;
  readonly controller: AbortController;
  readonly progress: ProgressReporter;
  /** Once recorded, only the person's explicit cancel stops it; a page that goes away does not. */
  recorded: boolean;
}

const startedWords = ({ title, change }: Plan): string =>
  change === undefined ? title : `${title}. Applies the staged change ${change.id}.`;

const skipped = (text: string): Verification => ({ status: 'skipped', text });

async function endsWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = await Promise.race([work.then(() => true), patience]);
  clearTimeout(timer);
  return ended;
}

/** The one road of every change: plan, gate, confirm, record, re-check, execute, verify, record. */
export class OperationRoad {
  readonly #book: PlanBook;
  readonly #tokens: ConfirmTokens;
  readonly #runs = new Map<string, { run: Run; done: Promise<unknown> }>();
  /** Counts the changes per host, so that a plan made before another change is read again. */
  readonly #changes = new Map<string, number>();
  readonly #changesAtPlan = new WeakMap<PreparedPlan, number>();
  readonly #bindings = new WeakMap<PreparedPlan, PlanBinding>();
  #closing = false;

  constructor(private readonly options: RoadOptions) {
    this.#book = new PlanBook(options.nowMs);
    this.#tokens = new ConfirmTokens(options.nowMs);
  }

  catalogue(): ActionInfo[] {
    return [...this.options.catalogue.values()].map(
      ({ id, title, backend, minimumAccess, risk, bulk, due, stageFirst }) => ({
        id,
        title,
        backend,
        minimumAccess,
        risk,
        bulk: bulk !== undefined,
        upkeep: due !== undefined,
        stageFirst: stageFirst === true,
      }),
    );
  }

  /**
   * Reads the host and says what would be done. Throws AppError: `not-found` (host), `refused` (not in the
   * catalogue), `invalid-request` (input), `audit-unavailable`, or whatever reading the host throws.
   */
  async plan(
    hostId: string,
    actionId: string,
    rawInput: Record<string, unknown>,
    signal: AbortSignal,
    change?: PlannedChange,
  ): Promise<Plan> {
    const host = this.options.target(hostId);
    const action = this.options.catalogue.get(actionId);
    if (action === undefined) {
      const error = new AppError(
        'refused',
        `"${visible(actionId)}" is not an action that Holdfast knows, so it was refused.`,
      );
      this.#recordRefusedRequest(host, actionId, error);
      throw error;
    }
    if (action.over !== (kindOf(host) === 'host' ? 'ssh' : 'pve')) {
      const error = new AppError(
        'refused',
        `"${action.title}" is not done on ${host.name}, so it was refused.`,
      );
      this.#recordRefusedRequest(host, action.id, error);
      throw error;
    }
    const input = this.#parseInput(host, action, rawInput);
    return this.options.underWay(hostId, async () => {
      const link = await this.options.links.link(host, signal);
      // A change under way may take minutes; what is unknown is then checked after it.
      if (!this.options.locks.busy(hostId)) await this.options.recovery.contact(host);
      const changes = this.#changesOf(hostId);
      const binding = bindPlan(this.options.links.identity(host));
      const prepared = await buildPlan({
        host,
        link,
        context: link.context({ nowMs: this.options.nowMs, signal, onRead: this.options.onRead }),
        action,
        input,
        rawInput,
        ...(change === undefined ? {} : { change }),
      });
      this.#changesAtPlan.set(prepared, changes);
      this.#bindings.set(prepared, binding);
      this.#book.add(prepared);
      return prepared.plan;
    });
  }

  /**
   * Runs a plan after the person's yes in the native dialog. Refusals, cancelling and failures are results.
   * Throws AppError `not-found` (no such plan), `core-unavailable` (closing) and `audit-unavailable`
   * (it could not be recorded, so nothing was sent).
   *
   * @param operationId by which the audit is to know it
   */
  async run(
    request: RunRequest,
    signal: AbortSignal,
    operationId: string = randomUUID(),
  ): Promise<OperationResult> {
    const prepared = this.#book.find(request.planId);
    if (prepared === undefined) {
      throw new AppError(
        'not-found',
        'This plan is no longer known, so nothing was done. Holdfast may have restarted since. Plan it again.',
      );
    }
    if (this.#closing) {
      throw new AppError('core-unavailable', 'Holdfast is closing, so nothing was done.');
    }
    const run: Run = {
      prepared,
      operationId,
      startedAtMs: this.options.nowMs(),
      controller: new AbortController(),
      progress: new ProgressReporter(prepared.plan.id, operationId, this.options.onProgress),
      recorded: false,
    };
    const claim = this.#book.claim(request.planId);
    switch (claim) {
      case 'busy':
        return this.#refuse(run, 'This plan is already being run, so this second run was refused.');
      case 'spent':
        return this.#refuse(run, 'This plan was run already, so this second run was refused. Plan it anew.');
      case 'unknown':
      case 'claimed':
        break;
    }
    const onPageAbort = (): void => {
      if (!run.recorded) run.controller.abort();
    };
    signal.addEventListener('abort', onPageAbort, { once: true });
    if (signal.aborted) onPageAbort();
    // A turn later, so that the run can be cancelled from its very first moment.
    const done = Promise.resolve().then(() =>
      this.options.underWay(prepared.host.id, () => this.#travel(run, request)),
    );
    this.#runs.set(request.planId, { run, done });
    try {
      return await done;
    } finally {
      signal.removeEventListener('abort', onPageAbort);
      this.#runs.delete(request.planId);
      this.#book.giveBack(request.planId);
      run.progress.phase('finished');
      run.progress.flush();
    }
  }

  /** Whether an action can be asked for several objects at once. */
  takesMany(actionId: string): boolean {
    return this.options.catalogue.get(actionId)?.bulk !== undefined;
  }

  /** Of upkeep, what it is due for in an inventory, or null for nothing; undefined: it is no upkeep. */
  dueIn(actionId: string): BoundAction['due'] {
    return this.options.catalogue.get(actionId)?.due;
  }

  /** A plan that was made, and whether it ran; undefined: no such plan. */
  find(planId: string): { prepared: PreparedPlan; state: PlanState } | undefined {
    const prepared = this.#book.find(planId);
    const state = this.#book.stateOf(planId);
    return prepared === undefined || state === undefined ? undefined : { prepared, state };
  }

  /**
   * A plan that was made, as a script; it may have expired or run since. Throws AppError `not-found`.
   */
  script(planId: string): { name: string; text: string } {
    const prepared = this.#book.find(planId);
    if (prepared === undefined) {
      throw new AppError(
        'not-found',
        'This plan is no longer known, so there is nothing to write down. Plan it again.',
      );
    }
    const { plan, draft } = prepared;
    return { name: scriptName(plan), text: planScript(plan, draft.onFailure === 'next-item') };
  }

  /** Asks a run to stop: at once before its first command, else before the next one. False: nothing to stop. */
  cancel(planId: string): boolean {
    const found = this.#runs.get(planId);
    if (found === undefined) return false;
    found.run.controller.abort();
    return true;
  }

  /** True while a change is between its confirmation and its last row. */
  busy(hostId: string): boolean {
    return [...this.#runs.values()].some(({ run }) => run.prepared.plan.host.id === hostId);
  }

  /**
   * Takes no more, ends what only waits and gives running commands a while to end. One that takes longer is left
   * alone: stopping a change half-way because a window closes would be worse than not knowing how it ended.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { run } of this.#runs.values()) {
      if (!run.recorded) run.controller.abort();
    }
    await this.#ended(closePatienceMs);
  }

  /** After the connections were cut: lets runs that were left alone record that their outcome is unknown. */
  async drain(): Promise<void> {
    await this.#ended(drainPatienceMs);
  }

  #ended(milliseconds: number): Promise<boolean> {
    return endsWithin(Promise.allSettled([...this.#runs.values()].map(({ done }) => done)), milliseconds);
  }

  #changesOf(hostId: string): number {
    return this.#changes.get(hostId) ?? 0;
  }

  #record(hostId: string, draft: AuditDraft): void {
    this.options.audit.append(hostId, draft);
    this.options.onRecorded(hostId);
  }

  #recordRefusedRequest(host: Managed, actionId: string, error: AppError): void {
    this.#record(host.id, {
      ...emptyDraft('refused', randomUUID(), host.name, visible(actionId)),
      outcome: 'refused',
      message: error.message,
      stderrSnippet: error.detail ?? '',
    });
  }

  #parseInput(host: Managed, action: BoundAction, rawInput: unknown): BoundInput {
    try {
      return action.parse(rawInput);
    } catch (thrown) {
      const error = toAppError(thrown);
      this.#recordRefusedRequest(host, action.id, error);
      throw error;
    }
  }

  #result(run: Run, verdict: Verdict, rest: Partial<OperationResult> = {}): OperationResult {
    return {
      operationId: run.operationId,
      planId: run.prepared.plan.id,
      outcome: verdict.outcome,
      message: verdict.message,
      verification: skipped('Nothing was sent, so there was nothing to verify.'),
      steps: run.prepared.plan.steps.map(() => ({
        status: 'not-run' as const,
        exitCode: null,
        durationMs: 0,
        stdout: '',
        stderr: '',
      })),
      durationMs: Math.max(0, this.options.nowMs() - run.startedAtMs),
      error: verdict.error?.toWire() ?? null,
      ...rest,
    };
  }

  #refuse(run: Run, message: string, remedy?: string): OperationResult {
    this.#record(
      run.prepared.plan.host.id,
      planDraft('refused', run.operationId, run.prepared, 'refused', message),
    );
    const error = new AppError('refused', message, { remedy });
    return this.#result(run, { outcome: 'refused', message, error });
  }

  #cancelled(run: Run, message: string): OperationResult {
    this.#record(
      run.prepared.plan.host.id,
      planDraft('cancelled', run.operationId, run.prepared, 'cancelled', message),
    );
    return this.#result(run, { outcome: 'cancelled', message, error: null });
  }

  /** Everything that must hold when it starts and still when the yes has come. null: it may go on. */
  #standingRefusal({ prepared }: Run): { message: string; remedy?: string } | null {
    const { plan, action } = prepared;
    let host: Managed;
    try {
      host = this.options.target(plan.host.id);
    } catch (thrown) {
      if (toAppError(thrown).code !== 'not-found') throw thrown;
      return { message: `${plan.host.name} was removed since the plan was made, so nothing was done.` };
    }
    const refusal = gate({
      accessLevel: host.accessLevel,
      most: host.most,
      minimumAccess: action.minimumAccess,
      readOnly: this.options.settings().readOnly,
      hostName: host.name,
      title: plan.title,
    });
    if (refusal !== null) return refusal;
    if (action.stageFirst === true && plan.change === undefined && this.options.settings().stageFirst) {
      return {
        message: `The settings say that “${plan.title}” is staged first, so nothing was done.`,
        remedy: 'Stage it, and apply it from Changes.',
      };
    }
    // SECURITY: another address, user or sudo setting would send the confirmed commands elsewhere.
    if (canonicalJson(host) !== canonicalJson(prepared.host)) {
      return {
        message: `The settings of ${plan.host.name} were changed since the plan was made, so nothing was done.`,
        remedy: 'Plan it again.',
      };
    }
    const broken = brokenBinding(this.#bindings.get(prepared), this.options.links.identity(host), plan.host);
    if (broken !== null) return { message: broken, remedy: 'Plan it again.' };
    if (this.options.nowMs() < plan.createdAtMs) {
      return {
        message: 'The clock of this laptop was set back since the plan was made, so nothing was done.',
        remedy: 'Plan it again.',
      };
    }
    if (plan.expiresAtMs <= this.options.nowMs()) {
      return { message: 'The plan is older than 10 minutes, so nothing was done.', remedy: 'Plan it again.' };
    }
    const blocker = plan.blockers[0];
    if (blocker !== undefined) {
      return { message: `${blocker.text} Nothing was done.`, remedy: blocker.remedy };
    }
    return null;
  }

  #typedRefusal(
    { prepared: { plan } }: Run,
    request: RunRequest,
  ): { message: string; remedy: string } | null {
    const remedy = 'Type the name exactly as it is shown, capitals included.';
    if (plan.typed.target !== null && request.typedTarget !== plan.typed.target) {
      return { message: 'The typed name is not the name of the target, so nothing was done.', remedy };
    }
    if (plan.typed.host !== null && request.typedHost !== plan.typed.host) {
      return {
        message: `The typed name is not the name of the ${plan.host.kind}, so nothing was done.`,
        remedy,
      };
    }
    return null;
  }

  async #travel(run: Run, request: RunRequest): Promise<OperationResult> {
    const { prepared, controller, progress } = run;
    const { plan } = prepared;
    const early = this.#standingRefusal(run) ?? this.#typedRefusal(run, request);
    if (early !== null) return this.#refuse(run, early.message, early.remedy);

    progress.phase('confirming');
    let confirmed: boolean;
    try {
      confirmed = await this.options.shell.confirm(confirmWords(plan), controller.signal);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled' && !controller.signal.aborted) {
        return this.#refuse(
          run,
          `The confirmation could not be shown, so nothing was done. ${error.message}`,
        );
      }
      confirmed = false;
    }
    if (!confirmed) return this.#cancelled(run, 'Cancelled in the confirmation. Nothing was sent.');
    const token = this.#tokens.mint(plan.digest);

    return this.options.locks.hold(plan.host.id, async () => {
      const redemption = this.#tokens.redeem(token, planDigest(plan));
      if (redemption === 'expired') {
        return this.#refuse(
          run,
          `The confirmation is older than 60 seconds because another change on ${plan.host.name} took that long, so nothing was done.`,
          'Run it again.',
        );
      }
      if (redemption !== 'ok') {
        return this.#refuse(run, 'The confirmation does not belong to this plan, so nothing was done.');
      }
      const late = this.#standingRefusal(run);
      if (late !== null) return this.#refuse(run, late.message, late.remedy);
      if (controller.signal.aborted) return this.#cancelled(run, 'Cancelled before anything was sent.');
      return this.#recordAndExecute(run);
    });
  }

  async #recordAndExecute(run: Run): Promise<OperationResult> {
    const { prepared, operationId, progress } = run;
    const { plan } = prepared;
    progress.phase('recording');
    this.options.recovery.begin(operationId);
    try {
      // Durable before the first byte is sent: append() returns after the commit with synchronous=FULL.
      this.#record(plan.host.id, {
        ...planDraft('started', operationId, prepared, null, startedWords(plan)),
        commands: plannedCommands(plan),
        recovery: writeRecovery(prepared, this.options.links.identity(prepared.host), this.options.nowMs()),
      });
      run.recorded = true;
      this.#book.spend(plan.id);
      return await this.#executeAndFinish(run);
    } finally {
      this.options.recovery.end(plan.host.id, operationId);
    }
  }

  async #executeAndFinish(run: Run): Promise<OperationResult> {
    const { prepared, progress } = run;
    const { links, nowMs, onRead } = this.options;
    let execution: Execution | null = null;
    let verification = skipped('Nothing was sent, so there was nothing to verify.');
    let verdict: Verdict;
    try {
      progress.phase('rechecking');
      const checked = await recheck(prepared, {
        links,
        nowMs,
        onRead,
        signal: run.controller.signal,
        touched:
          this.#changesAtPlan.get(prepared) !== this.#changesOf(prepared.host.id) ||
          isOldByUptime(this.#bindings.get(prepared)),
      });
      if ('verdict' in checked) {
        verdict = checked.verdict;
      } else {
        execution = await executeSteps(checked.link, prepared, progress, run.controller.signal);
        if (anythingSent(execution)) {
          this.#changes.set(prepared.host.id, this.#changesOf(prepared.host.id) + 1);
          progress.phase('verifying');
          verification = await verifyByReading(prepared, execution, {
            links,
            nowMs,
            onRead,
            closing: () => this.#closing,
          });
        }
        verdict = judge(prepared, execution, verification);
      }
    } catch (thrown) {
      // A bug of ours after `started`: whether something was sent is then exactly what we do not know.
      this.options.log.write('error', 'An operation broke', { operationId: run.operationId, error: thrown });
      const error = toAppError(thrown);
      verdict = {
        outcome: 'unknown',
        message: `Holdfast failed while this ran, so its outcome is unknown. ${error.detail ?? error.message}`,
        error,
      };
    }
    const result = this.#finish(run, execution, verification, verdict);
    if (execution !== null && anythingSent(execution)) {
      this.options.onChanged(prepared.host.id, prepared.plan.action);
      this.options.onEnded(prepared.plan, result);
    }
    return result;
  }

  #finish(
    run: Run,
    execution: Execution | null,
    verification: Verification,
    verdict: Verdict,
  ): OperationResult {
    const { prepared, operationId } = run;
    const { plan } = prepared;
    const steps = execution?.steps ?? this.#result(run, verdict).steps;
    const cleanUp = execution?.cleanUp ?? [];
    const result = this.#result(run, verdict, {
      verification,
      steps,
      ...(cleanUp.length === 0 ? {} : { cleanUp }),
    });
    const draft = finishedDraft(prepared, operationId, verdict, { steps, cleanUp }, result.durationMs);
    try {
      this.#record(plan.host.id, draft);
      return result;
    } catch (thrown) {
      const error = toAppError(thrown);
      this.options.recovery.owe(plan.host.id, draft);
      const message = `${verdict.message} This ending could not be written to the audit, which shows the operation as unknown until it can be. ${error.message}`;
      return {
        ...result,
        outcome: verdict.outcome === 'ok' ? 'warning' : verdict.outcome,
        message,
        error: new AppError('audit-unavailable', message, { detail: error.detail, cause: error }).toWire(),
      };
    }
  }
}
