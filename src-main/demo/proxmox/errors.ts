/** An answer other than 200. The reason phrase is the message's first line, as Proxmox VE sends it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Per parameter. */
    readonly errors?: Readonly<Record<string, string>>,
  ) {
    super(message);
  }
}

/** Perl's `die "…\n"` in a call: status 500. */
export function died(message: string): ApiError {
  return new ApiError(500, `${message}\n`);
}

export function badParameters(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, 'Parameter verification failed.\n', errors);
}

export function forbidden(what?: string): ApiError {
  return new ApiError(403, `Permission check failed${what === undefined ? '' : ` (${what})`}\n`);
}

/** Sent without a body, and late. */
export class AuthenticationError extends Error {}

/** What pveproxy says before there is a call: plain text, or nothing. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    readonly body: string = reason,
  ) {
    super(reason);
  }
}
