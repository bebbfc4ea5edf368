import type { AppError } from '../errors/app-error';

const firstPauseMs = 2_000;
const longestPauseMs = 5 * 60_000;

/**
 * Failures that time does not heal. Trying again by oneself would only show the host one more failed login, and
 * locks the account where sshd or fail2ban count them.
 */
const needsPerson: ReadonlySet<AppError['code']> = new Set([
  'untrusted-host',
  'unauthorized',
  'vault-unavailable',
  'invalid-request',
]);

interface Failure {
  error: AppError;
  count: number;
  notBeforeMs: number;
}

/** How long background callers leave a host in peace after failed attempts to connect. */
export class BackOff {
  readonly #failures = new Map<string, Failure>();

  constructor(private readonly nowMs: () => number) {}

  failed(hostId: string, error: AppError): void {
    const count = (this.#failures.get(hostId)?.count ?? 0) + 1;
    const pauseMs = Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs);
    this.#failures.set(hostId, { error, count, notBeforeMs: this.nowMs() + pauseMs });
  }

  /** It connected, or a person changed or ended something. */
  forget(hostId: string): void {
    this.#failures.delete(hostId);
  }

  /** The error to give a background caller instead of connecting; null: go ahead. */
  refusal(hostId: string): AppError | null {
    const failure = this.#failures.get(hostId);
    if (failure === undefined) return null;
    const waits = needsPerson.has(failure.error.code) || this.nowMs() < failure.notBeforeMs;
    return waits ? failure.error : null;
  }
}
