import { z } from 'zod';

/** Stable error codes. Code branches on these, never on messages. Meanings: STYLE "Errors", docs/architecture.md. */
export const errorCodes = [
  'invalid-request',
  'refused',
  'unreachable',
  'untrusted-host',
  'unauthorized',
  'forbidden',
  'command-failed',
  'command-missing',
  'sudo-refused',
  'output-too-large',
  'timed-out',
  'api-failed',
  'task-failed',
  'unexpected-output',
  'outcome-unknown',
  'audit-unavailable',
  'vault-unavailable',
  'not-found',
  /** Another was first: it is being done, or was done, already. */
  'conflict',
  'limit-reached',
  'cancelled',
  'core-unavailable',
  'internal',
] as const;

export const errorCodeSchema = z.enum(errorCodes);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

/** One SSH host key as a person compares it. `sha256` reads `SHA256:…` exactly as `ssh-keygen -lf` prints it. */
export const hostKeySchema = z.strictObject({
  type: z.string().min(1).max(64),
  sha256: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/),
});
export type HostKey = z.infer<typeof hostKeySchema>;

/** Why a host key was not accepted, with everything a person needs to decide. */
export const hostKeyProblemSchema = z.strictObject({
  reason: z.enum(['unknown', 'changed', 'revoked']),
  address: z.string(),
  port: z.int(),
  /** The host that it is reached through, by id. */
  via: z.string().optional(),
  offered: hostKeySchema,
  known: z.array(hostKeySchema),
});
export type HostKeyProblem = z.infer<typeof hostKeyProblemSchema>;

/** One TLS certificate as a person compares it. `sha256` reads `AA:BB:…` as openssl and Proxmox VE print it. */
export const certificateSchema = z.strictObject({
  sha256: z.string().regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  subject: z.string(),
  issuer: z.string(),
  notBeforeMs: z.int().nonnegative(),
  notAfterMs: z.int().nonnegative(),
  /** Names it is for: `DNS:atlas-1`, `IP Address:192.0.2.11`. */
  names: z.array(z.string()),
});
export type Certificate = z.infer<typeof certificateSchema>;

/** The one error shape that crosses a process border. Secrets never appear in it. */
export const wireErrorSchema = z.strictObject({
  code: errorCodeSchema,
  /** A sentence for people: what happened, what was not done, what to do next. */
  message: z.string(),
  /** Trimmed tool output, secrets removed. */
  detail: z.string().optional(),
  /** With `untrusted-host`. */
  hostKey: hostKeyProblemSchema.optional(),
  /** With `untrusted-host` of a cluster: the certificate that was shown instead of the pinned one. */
  certificate: certificateSchema.optional(),
  /** A line that lifts the problem (a sudoers line, a package to install), copyable. */
  remedy: z.string().optional(),
});
export type WireError = z.infer<typeof wireErrorSchema>;

export type Result<T> = { ok: true; value: T } | { ok: false; error: WireError };
