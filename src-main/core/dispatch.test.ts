import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contract, type CoreHandlers } from '../../src-preload/contract';
import { channels, shellChannels, type Channel, type CoreChannel } from '../../src-preload/contract/channels';
import { wireErrorSchema } from '../../src-preload/contract/result';
import { createDispatch, type Dispatch } from './dispatch';
import { AppError } from './errors/app-error';

const quiet = { write: (): void => undefined };
const signal = new AbortController().signal;
const coreChannels = channels.filter(
  (name) => !shellChannels.some((other) => other === name),
) as CoreChannel[];

/** Every handler records that it was reached and gives the answer that the test wants. */
function dispatchTo(
  answer: (channel: CoreChannel, request: unknown) => unknown,
  reached: string[] = [],
): Dispatch {
  const handlers = Object.fromEntries(
    coreChannels.map((channel) => [
      channel,
      async (request: unknown) => {
        reached.push(channel);
        return answer(channel, request);
      },
    ]),
  ) as unknown as CoreHandlers;
  return createDispatch(handlers, { checkResponses: true, log: quiet });
}

describe('dispatch', () => {
  it('hands a valid request to its handler and returns the answer', async () => {
    const dispatch = dispatchTo(() => ({ accepted: true }));
    const payload = { planId: '6f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c' };
    expect(await dispatch('operations:cancel', payload, signal)).toEqual({
      ok: true,
      value: { accepted: true },
    });
  });

  it('refuses unknown keys, so that nothing unplanned travels along', async () => {
    const reached: string[] = [];
    const dispatch = dispatchTo(() => ({}), reached);
    const payload = { hostId: 'nas', argv: ['rm'] };
    expect(await dispatch('hosts:connect', payload, signal)).toMatchObject({
      ok: false,
      error: { code: 'invalid-request' },
    });
    expect(reached).toEqual([]);
  });

  it('refuses the channels of the shell and names that do not exist', async () => {
    const reached: string[] = [];
    const dispatch = dispatchTo(() => ({}), reached);
    for (const name of [...shellChannels, '__proto__', 'constructor', 'toString', 'hosts:nothing']) {
      expect(await dispatch(name as Channel, {}, signal)).toMatchObject({
        ok: false,
        error: { code: 'invalid-request' },
      });
    }
    expect(reached).toEqual([]);
  });

  it('answers junk on every channel with a typed error or with a valid request to the handler', async () => {
    const seen: { channel: CoreChannel; request: unknown }[] = [];
    const dispatch = dispatchTo((channel, request) => {
      seen.push({ channel, request });
      throw new AppError('not-found', 'reached');
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...coreChannels),
        fc.anything({ withBigInt: true }),
        async (channel, junk) => {
          seen.length = 0;
          const result = await dispatch(channel, junk, signal);
          expect(result.ok).toBe(false);
          if (!result.ok) {
            expect(wireErrorSchema.safeParse(result.error).success).toBe(true);
            expect(['invalid-request', 'not-found']).toContain(result.error.code);
          }
          for (const { request } of seen) {
            expect(contract[channel].request.safeParse(request).success).toBe(true);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('never repeats a secret that came in a broken request', async () => {
    const dispatch = dispatchTo(() => ({}));
    const result = await dispatch(
      'hosts:setSecret',
      { hostId: 'NOT VALID', secret: 'hunter2', extra: 'hunter2' },
      signal,
    );
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('turns an answer that breaks the contract into our bug, not into data', async () => {
    const dispatch = dispatchTo(() => ({ accepted: 'yes' }));
    const payload = { planId: '6f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c' };
    const result = await dispatch('operations:cancel', payload, signal);
    expect(result).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(JSON.stringify(result)).toContain('operations:cancel');
  });

  it('does not start a call that was cancelled before', async () => {
    const reached: string[] = [];
    const dispatch = dispatchTo(() => ({}), reached);
    const controller = new AbortController();
    controller.abort();
    expect(await dispatch('inventory:refreshAll', {}, controller.signal)).toMatchObject({
      ok: false,
      error: { code: 'cancelled' },
    });
    expect(reached).toEqual([]);
  });
});
