import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { contract, type ShellHandlers } from '../../../src-preload/contract';
import { channels, shellChannels } from '../../../src-preload/contract/channels';
import { ShellError } from '../core-host/shell-requests';
import { answerCall, parseCall } from './answer-call';

const id = randomUUID();
const codeOf = (result: ReturnType<typeof parseCall>) => (result.ok ? 'ok' : result.error.code);

describe('parseCall', () => {
  it('takes a call of the contract', () => {
    expect(parseCall('hosts:connect', id, { hostId: 'nas-01' })).toEqual({
      ok: true,
      value: { channel: 'hosts:connect', callId: id, payload: { hostId: 'nas-01' } },
    });
  });

  it.each([
    'hosts:destroyAll',
    'toString',
    '__proto__',
    'constructor',
    'holdfast:invoke',
    'HOSTS:LIST',
    'hosts:list ',
    '',
    null,
    undefined,
    7,
    ['hosts:list'],
    { toString: () => 'hosts:list' },
  ])('refuses the channel %s', (channel) => {
    expect(codeOf(parseCall(channel, id, {}))).toBe('invalid-request');
  });

  it.each([undefined, null, '', 'x', 1, `${id}0`, [id], { id }, `../${id}`])(
    'refuses the call id %s',
    (callId) => {
      expect(codeOf(parseCall('hosts:list', callId, {}))).toBe('invalid-request');
    },
  );

  it.each(channels)('refuses unknown keys, other types and missing fields of %s', (channel) => {
    const empty = contract[channel].request.safeParse({}).success;
    expect(codeOf(parseCall(channel, id, { surprise: 1 }))).toBe('invalid-request');
    const odd = [
      new Date(),
      new Map(),
      new Set(),
      new Uint8Array(),
      /x/,
      new Error('x'),
      Object.create({ a: 1 }),
    ];
    const junkValues = [
      undefined,
      null,
      '',
      'text',
      0,
      NaN,
      true,
      [],
      [{}],
      () => undefined,
      Symbol('x'),
      1n,
    ];
    for (const junk of [...junkValues, ...odd, JSON.parse('{"__proto__": {"a": 1}}') as unknown]) {
      expect(codeOf(parseCall(channel, id, junk))).toBe('invalid-request');
    }
    expect(codeOf(parseCall(channel, id, {}))).toBe(empty ? 'ok' : 'invalid-request');
  });

  it.each(channels)('never throws on junk for %s, and passes nothing the contract refuses', (channel) => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (junk) => {
        const result = parseCall(channel, id, junk);
        if (result.ok) expect(contract[channel].request.safeParse(junk).success).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a request that is too large, too deep or cyclic', () => {
    expect(codeOf(parseCall('inventory:read', id, { hostId: 'x'.repeat(2 * 1024 * 1024) }))).toBe(
      'invalid-request',
    );
    let deep: unknown = 1;
    for (let depth = 0; depth < 10_000; depth += 1) deep = [deep];
    expect(codeOf(parseCall('hosts:list', id, { deep }))).toBe('invalid-request');
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(codeOf(parseCall('hosts:list', id, cyclic))).toBe('invalid-request');
  });

  it('does not repeat a rejected secret', () => {
    const result = parseCall('hosts:setSecret', id, { hostId: 'A B', secret: 'hunter2', hunter2: 'hunter2' });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result).match(/hunter2/g)).toHaveLength(1);
  });
});

const noHandlers = Object.fromEntries(
  shellChannels.map((channel) => [channel, () => Promise.reject(new Error(`not expected: ${channel}`))]),
) as unknown as ShellHandlers;

describe('answerCall', () => {
  const parsed = (channel: (typeof channels)[number]) => ({ channel, callId: id, payload: {} });
  const signal = new AbortController().signal;

  it('hands channels of the core to the core, with payload and signal', async () => {
    const callCore = vi.fn(async () => ({ ok: true as const, value: 'from the core' }));
    const parts = { handlers: noHandlers, callCore, log: { write: vi.fn() } };
    expect(await answerCall(parsed('hosts:list'), signal, parts)).toEqual({
      ok: true,
      value: 'from the core',
    });
    expect(callCore).toHaveBeenCalledExactlyOnceWith('hosts:list', {}, signal);
  });

  it('answers its own channels itself', async () => {
    const callCore = vi.fn();
    const handlers: ShellHandlers = { ...noHandlers, 'app:openDemo': async () => ({}) };
    const parts = { handlers, callCore, log: { write: vi.fn() } };
    expect(await answerCall(parsed('app:openDemo'), signal, parts)).toEqual({ ok: true, value: {} });
    expect(callCore).not.toHaveBeenCalled();
  });

  it('turns what is thrown into an error and never throws', async () => {
    const log = { write: vi.fn() };
    const handlers: ShellHandlers = {
      ...noHandlers,
      'app:openDemo': () => Promise.reject(new ShellError({ code: 'refused', message: 'Not now.' })),
      'app:closeDemo': () => {
        throw new Error('/home/someone/secret path');
      },
    };
    const parts = { handlers, callCore: () => Promise.reject(new Error('broken pipe')), log };
    expect(await answerCall(parsed('app:openDemo'), signal, parts)).toMatchObject({
      error: { code: 'refused' },
    });
    const bug = await answerCall(parsed('app:closeDemo'), signal, parts);
    expect(bug).toMatchObject({ error: { code: 'internal' } });
    expect(JSON.stringify(bug)).not.toContain('secret path');
    expect(await answerCall(parsed('hosts:list'), signal, parts)).toMatchObject({
      error: { code: 'internal' },
    });
    expect(log.write).toHaveBeenCalledTimes(2);
  });
});
