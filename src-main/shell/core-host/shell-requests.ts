import type { z } from 'zod';
import type { Result } from '../../../src-preload/contract';
import type { WireError } from '../../../src-preload/contract/result';
import { shellRequestSchemas, type ShellRequestName, type ToShell } from '../../core/port/protocol';
import { describeThrown, type ShellLog } from '../log';

type Schemas = typeof shellRequestSchemas;
export type ShellRequest<N extends ShellRequestName> = z.infer<Schemas[N]['request']>;
export type ShellResponse<N extends ShellRequestName> = z.infer<Schemas[N]['response']>;

/** One function per question the core may ask. `signal`: the core no longer wants to know. */
export type AnswerShellRequest = {
  [N in ShellRequestName]: (request: ShellRequest<N>, signal: AbortSignal) => Promise<ShellResponse<N>>;
};

/** An answer of the shell that is an error the core can act on. */
export class ShellError extends Error {
  constructor(readonly wire: WireError) {
    super(wire.message);
    this.name = 'ShellError';
  }
}

type AnyAnswer = (request: unknown, signal: AbortSignal) => Promise<unknown>;

/** Parses the question strictly and never throws. */
export async function answerShellRequest(
  answers: AnswerShellRequest,
  request: Extract<ToShell, { kind: 'shell-request' }>,
  signal: AbortSignal,
  log: ShellLog,
): Promise<Result<unknown>> {
  const parsed = shellRequestSchemas[request.name].request.safeParse(request.payload);
  if (!parsed.success) {
    return {
      ok: false,
      error: { code: 'invalid-request', message: `The shell did not understand ${request.name}.` },
    };
  }
  try {
    // The name picks schema and answer together, which the type system cannot follow through a union.
    const answer = answers[request.name] as AnyAnswer;
    return { ok: true, value: await answer(parsed.data, signal) };
  } catch (thrown) {
    if (thrown instanceof ShellError) return { ok: false, error: thrown.wire };
    log.write('error', 'A request of the core failed', {
      request: request.name,
      error: describeThrown(thrown),
    });
    return { ok: false, error: { code: 'internal', message: `The shell could not answer ${request.name}.` } };
  }
}
