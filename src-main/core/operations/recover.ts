import type { Outcome, Verification } from '../../../src-preload/contract/operations';
import type { AuditDraft, AuditWriter, UnclosedOperation } from '../audit/types';
import { toAppError } from '../errors/app-error';
import { assertNever } from '../errors/assert-never';
import type { CoreLog } from '../log';
import type { Catalogue } from './bound-action';
import { emptyDraft } from './drafts';
import type { HostLocks } from './host-lock';
import type { LinkPool, Managed } from './link';
import { readRecovery, type RecoveryData } from './recovery-data';

export interface RecoveryOptions {
  audit: AuditWriter;
  links: LinkPool;
  catalogue: Catalogue;
  locks: HostLocks;
  nowMs: () => number;
  log: CoreLog;
  onRead: (hostId: string) => void;
  /** A row was appended. */
  onRecorded: (hostId: string) => void;
  /** The count of unknown operations of a host changed. */
  onUnknownChanged: (hostId: string) => void;
}

/**
 * Operations whose end was not recorded: the core died, the connection dropped, the disk was full.
 *
 * A `started` row means "may have been sent", never more. Such an operation first gets a `finished` row that says
 * `unknown`; at the next contact the host is read and a `resolved` row says what that showed.
 */
export class Recovery {
  readonly #unknown = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<string>();
  readonly #owed = new Map<string, { hostId: string; draft: AuditDraft }>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(private readonly options: RecoveryOptions) {}

  /** At start of the core, before anything else is recorded: what the last run left open is unknown. */
  markAtStart(hostIds: Iterable<string>): void {
    for (const hostId of hostIds) {
      try {
        for (const operation of this.options.audit.unclosed(hostId)) this.#markUnknown(hostId, operation);
        this.recount(hostId);
      } catch (thrown) {
        // The audit of one host must not keep the others from starting; that host's changes stay impossible.
        this.options.log.write('error', 'Unfinished operations could not be marked', {
          hostId,
          error: thrown,
        });
      }
    }
  }

  unknownCount(hostId: string): number {
    return this.#unknown.get(hostId) ?? 0;
  }

  /** From its `started` row to its last row an operation is nobody's to recover. */
  begin(operationId: string): void {
    this.#inFlight.add(operationId);
  }

  end(hostId: string, operationId: string): void {
    this.#inFlight.delete(operationId);
    this.recount(hostId);
  }

  /** The true end of an operation that could not be recorded: written as soon as the audit accepts rows again. */
  owe(hostId: string, draft: AuditDraft): void {
    this.#owed.set(draft.operationId, { hostId, draft });
  }

  recount(hostId: string): void {
    let count: number;
    try {
      count = this.#open(hostId).length;
    } catch (thrown) {
      this.options.log.write('error', 'Unfinished operations could not be counted', {
        hostId,
        error: thrown,
      });
      return;
    }
    const before = this.unknownCount(hostId);
    this.#unknown.set(hostId, count);
    if (before !== count) this.options.onUnknownChanged(hostId);
  }

  forget(hostId: string): void {
    this.#unknown.delete(hostId);
    this.#clearTimer(hostId);
  }

  /**
   * The host answered: verify what is open on it, one after another, never beside a change.
   * Never throws; what could not be read now is tried at the next contact.
   */
  contact(host: Managed): Promise<void> {
    if (this.#closed || (this.unknownCount(host.id) === 0 && this.#owed.size === 0)) return Promise.resolve();
    const running = this.#running.get(host.id);
    if (running !== undefined) return running;
    const work = this.options.locks
      .hold(host.id, () => this.#resolveAll(host))
      .catch((thrown: unknown) => {
        this.options.log.write('warn', 'Unknown outcomes could not be checked', {
          hostId: host.id,
          error: thrown,
        });
      })
      .finally(() => this.#running.delete(host.id));
    this.#running.set(host.id, work);
    return work;
  }

  close(): void {
    this.#closed = true;
    for (const { hostId } of this.#owed.values()) this.#payOwed(hostId);
    for (const hostId of [...this.#timers.keys()]) this.#clearTimer(hostId);
  }

  #open(hostId: string): UnclosedOperation[] {
    return this.options.audit.unclosed(hostId).filter(({ operationId }) => !this.#inFlight.has(operationId));
  }

  #append(hostId: string, draft: AuditDraft): void {
    this.options.audit.append(hostId, draft);
    this.options.onRecorded(hostId);
  }

  #markUnknown(hostId: string, operation: UnclosedOperation): void {
    if (operation.markedUnknown || this.#inFlight.has(operation.operationId)) return;
    this.#append(hostId, {
      ...this.#draftOf(operation, readRecovery(operation.recovery), 'finished', 'unknown'),
      message:
        'Holdfast ended while this ran. Its commands may or may not have been sent; the host is read at the next contact.',
    });
  }

  #draftOf(
    operation: UnclosedOperation,
    data: RecoveryData | null,
    event: 'finished' | 'resolved',
    outcome: Outcome,
  ): AuditDraft {
    return {
      ...emptyDraft(event, operation.operationId, operation.hostName, operation.action),
      target: operation.target,
      risk: data?.risk ?? null,
      planDigest: data?.planDigest ?? null,
      outcome,
    };
  }

  #payOwed(hostId: string): void {
    for (const [operationId, owed] of this.#owed) {
      if (owed.hostId !== hostId) continue;
      try {
        this.#append(hostId, owed.draft);
        this.#owed.delete(operationId);
      } catch (thrown) {
        this.options.log.write('error', 'An ending still cannot be recorded', {
          hostId,
          operationId,
          error: thrown,
        });
      }
    }
  }

  async #resolveAll(host: Managed): Promise<void> {
    this.#payOwed(host.id);
    const open = this.#open(host.id).filter(({ operationId }) => !this.#owed.has(operationId));
    let nextTryMs: number | null = null;
    for (const operation of open) {
      if (this.#closed) return;
      this.#markUnknown(host.id, operation);
      const retryAtMs = await this.#resolve(host, operation);
      if (retryAtMs !== null) nextTryMs = Math.min(nextTryMs ?? retryAtMs, retryAtMs);
    }
    this.recount(host.id);
    if (nextTryMs !== null) this.#tryAgainAt(host, nextTryMs);
  }

  /** Returns when to read again, or null when this reading settled it or only a new contact can. */
  async #resolve(host: Managed, operation: UnclosedOperation): Promise<number | null> {
    const data = readRecovery(operation.recovery);
    const action = this.options.catalogue.get(operation.action);
    const settled = (outcome: Outcome, message: string): null => {
      this.#append(host.id, { ...this.#draftOf(operation, data, 'resolved', outcome), message });
      return null;
    };
    if (data === null || action === undefined) {
      return settled(
        'unknown',
        'This operation cannot be checked by reading: another version of Holdfast began it, or a name in it looked like a secret and was not kept. Look at the host yourself.',
      );
    }
    const identity = this.options.links.identity(host);
    if (!data.hostKeys.some((sha256) => identity.includes(sha256))) {
      return settled(
        'unknown',
        'The host shows another host key or certificate than when this ran: it is another machine or was installed anew, so reading it proves nothing. Look at the host yourself.',
      );
    }
    let verification: Verification;
    try {
      const link = await this.options.links.link(host);
      const context = link.context({ nowMs: this.options.nowMs, onRead: this.options.onRead });
      verification = await action.parse(data.input).verify(context, data.preconditions);
    } catch (thrown) {
      const error = toAppError(thrown);
      this.options.log.write('warn', 'An unknown outcome could not be checked', {
        hostId: host.id,
        operationId: operation.operationId,
        error,
      });
      return null;
    }
    switch (verification.status) {
      case 'confirmed':
        return settled('ok', `Reading the host shows the effect: ${verification.text}`);
      case 'pending':
        return settled('warning', `Reading the host shows that it takes effect later: ${verification.text}`);
      case 'not-there':
        if (this.options.nowMs() < data.conclusiveAtMs) return data.conclusiveAtMs;
        return settled(
          'failed',
          `Reading the host after the command's time was over shows no effect: ${verification.text}`,
        );
      case 'skipped':
        return settled('unknown', `This action cannot be checked by reading: ${verification.text}`);
      case 'unreadable':
        return null;
      default:
        return assertNever(verification.status);
    }
  }

  #tryAgainAt(host: Managed, atMs: number): void {
    if (this.#closed) return;
    this.#clearTimer(host.id);
    const timer = setTimeout(
      () => {
        this.#timers.delete(host.id);
        void this.contact(host);
      },
      Math.max(0, atMs - this.options.nowMs()) + 250,
    );
    timer.unref();
    this.#timers.set(host.id, timer);
  }

  #clearTimer(hostId: string): void {
    clearTimeout(this.#timers.get(hostId));
    this.#timers.delete(hostId);
  }
}
