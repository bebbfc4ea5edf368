import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurns } from './one-at-a-time';
import { plainFileName } from './plain-file-name';

describe('createTurns', () => {
  it('shows one dialog at a time, in order', async () => {
    const inTurn = createTurns();
    const signal = new AbortController().signal;
    const seen: string[] = [];
    const dialog = (name: string) => async () => {
      seen.push(`${name} opens`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      seen.push(`${name} closes`);
      return name;
    };
    const answers = await Promise.all([
      inTurn(dialog('first'), signal, ''),
      inTurn(dialog('second'), signal, ''),
    ]);
    expect(answers).toEqual(['first', 'second']);
    expect(seen).toEqual(['first opens', 'first closes', 'second opens', 'second closes']);
  });

  it('never opens a dialog that was withdrawn while it waited', async () => {
    const inTurn = createTurns();
    const waiting = new AbortController();
    let release = (): void => undefined;
    const first = inTurn(
      () => new Promise<string>((resolve) => (release = () => resolve('yes'))),
      new AbortController().signal,
      'no',
    );
    let opened = false;
    const second = inTurn(
      async () => {
        opened = true;
        return 'yes';
      },
      waiting.signal,
      'withdrawn',
    );
    await Promise.resolve();
    waiting.abort();
    release();
    expect(await first).toBe('yes');
    expect(await second).toBe('withdrawn');
    expect(opened).toBe(false);
  });

  it('goes on after a dialog that failed', async () => {
    const inTurn = createTurns();
    const signal = new AbortController().signal;
    await expect(inTurn(() => Promise.reject(new Error('no display')), signal, '')).rejects.toThrow(
      'no display',
    );
    expect(await inTurn(async () => 'next', signal, '')).toBe('next');
  });
});

describe('plainFileName', () => {
  it.each([
    ['nas-01 audit.csv', 'nas-01 audit.csv'],
    ['../../etc/cron.d/x', '-..-etc-cron.d-x'],
    ['C:\\Windows\\x.csv', 'C--Windows-x.csv'],
    ['a\u0000b\nc.csv', 'a-b-c.csv'],
    ['...', 'holdfast'],
    ['', 'holdfast'],
  ])('turns %j into %j', (name, expected) => expect(plainFileName(name)).toBe(expected));

  it('never names a folder or a hidden file', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const plain = plainFileName(name);
        expect(plain).not.toMatch(/[/\\]/);
        expect(plain).not.toMatch(/^\./);
        expect(plain.length).toBeGreaterThan(0);
      }),
    );
  });
});
