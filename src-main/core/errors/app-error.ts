import type { ErrorCode, HostKeyProblem, WireError } from '../../../src-preload/contract';
import type { Certificate } from '../../../src-preload/contract/result';

export interface AppErrorOptions {
  /** Trimmed tool output; the caller removes secrets. */
  detail?: string;
  hostKey?: HostKeyProblem;
  certificate?: Certificate;
  /** A copyable line that lifts the problem. */
  remedy?: string;
  cause?: unknown;
}

/** The one error class. Branch on `code`, never on `message`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly hostKey: HostKeyProblem | undefined;
  readonly certificate: Certificate | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = options.detail;
    this.hostKey = options.hostKey;
    this.certificate = options.certificate;
    this.remedy = options.remedy;
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.hostKey === undefined ? {} : { hostKey: this.hostKey }),
      ...(this.certificate === undefined ? {} : { certificate: this.certificate }),
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    };
  }
}

/** Whatever was thrown, as an AppError. Unknown errors are our bug: `internal`, with their message as detail. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new AppError('cancelled', 'Cancelled.', { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', 'Holdfast ran into a bug of its own. Nothing more was done.', {
    detail: message,
    cause: thrown,
  });
}
