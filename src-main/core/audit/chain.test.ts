import canonicalize from 'canonicalize';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalRow, chainHash, eventOf, type ChainedRow } from './chain';
import { csvCell } from './csv';
import { redactText, snippet, snippetLimit } from './redact';

const text = fc.string({ unit: 'binary', maxLength: 60 }).map(redactText);
const integer = fc.integer({ min: 0, max: 4e12 });
const row: fc.Arbitrary<ChainedRow> = fc.record({
  seq: fc.integer({ min: 1, max: 1e9 }),
  atMs: integer,
  event: fc.constantFrom('started', 'finished', 'refused', 'cancelled', 'resolved', 'session'),
  operationId: fc.uuid(),
  actor: text,
  hostId: fc.constantFrom('nas', 'a-1'),
  hostName: text,
  action: text,
  target: text,
  risk: fc.constantFrom('safe', 'destructive', 'catastrophic', null),
  outcome: fc.constantFrom('ok', 'failed', 'unknown', null),
  message: text,
  commands: text,
  planDigest: fc.option(text),
  exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
  durationMs: fc.option(integer),
  stdoutSnippet: text,
  stderrSnippet: text,
  recovery: fc.option(text),
});

describe('the chain', () => {
  it('writes a row as RFC 8785 wants it', () => {
    fc.assert(
      fc.property(row, (value) => {
        expect(canonicalRow(value)).toBe(canonicalize(value));
      }),
    );
  });

  it('is not fooled by a member written inside a text', () => {
    fc.assert(
      fc.property(row, (value) => {
        expect(eventOf(canonicalRow({ ...value, actor: '"event":"session"' }))).toBe(value.event);
      }),
    );
  });

  it('changes with every change of a row or of what stands before it', () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const [first, second] = [canonicalRow(a), canonicalRow(b)];
        const head = '0'.repeat(64);
        expect(chainHash(head, first) === chainHash(head, second)).toBe(first === second);
        expect(chainHash(head, first)).not.toBe(chainHash('1'.repeat(64), first));
      }),
    );
  });
});

describe('CSV', () => {
  it('comes back unchanged but for the guard, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom('', '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', ' ='),
        (rest, start) => {
          const value = start + rest;
          const [[back]] = parse(`${csvCell(value)},end\r\n`) as [[string]];
          expect(back === value || back === `'${value}`).toBe(true);
          expect(back).not.toMatch(/^[=+\-@\t\r\n\0＝＋－＠]/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('redaction', () => {
  it('leaves well-formed text without NUL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(redactText(value)).not.toMatch(/\0/);
      }),
    );
  });

  it('takes out what looks like a secret and leaves the rest', () => {
    expect(redactText('Authorization: PVEAPIToken=root@pam!x=1234-5678 ok')).toBe(
      'Authorization: PVEAPIToken=root@pam!x=[removed] ok',
    );
    expect(redactText('passphrase: "two words" rest')).toBe('passphrase: [removed] rest');
    expect(redactText('https://user:pw@host/path')).toBe('https://user:[removed]@host/path');
    expect(redactText('zfs snapshot tank/data@daily')).toBe('zfs snapshot tank/data@daily');
    expect(redactText('{"password":"hunter2","token":null}')).toBe('{"password":[removed],"token":null}');
  });

  it('leaves the names of objects whole, which are the record of what was done', () => {
    for (const name of ['tank/data@token:2026', 'tank/secret:project', 'zfs destroy -- tank/a@password=1']) {
      expect(redactText(name)).toBe(name);
    }
  });

  it('marks where long output was cut', () => {
    const cut = snippet('x'.repeat(snippetLimit * 3));
    expect(cut).toContain('characters left out');
    expect(cut.length).toBeLessThan(snippetLimit + 60);
  });
});
