import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownHostsTypes, lookUpKnownHosts, matchesPatterns, parseKnownHosts } from './known-hosts';
import { makeKey } from './testing/ssh-server';

const mine = makeKey();
const other = makeKey();
const line = (names: string, key = mine, marker = ''): string =>
  `${marker}${marker === '' ? '' : ' '}${names} ${key.described.type} ${key.publicKey.toString('base64')}`;

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-known-hosts-'));
  path = join(folder, 'known_hosts');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (...lines: string[]): void => writeFileSync(path, `${lines.join('\n')}\n`);
const lookUp = (address: string, port: number, key = mine) =>
  lookUpKnownHosts(path, address, port, key.publicKey);

/** Line numbers that OpenSSH itself finds. */
function opensshFinds(address: string, port: number): number[] {
  const name = port === 22 ? address : `[${address}]:${port}`;
  const { stdout, status } = spawnSync('ssh-keygen', ['-F', name, '-f', path], { encoding: 'utf8' });
  if (status !== 0 && stdout === '' && status !== 1) throw new Error(`ssh-keygen ended with ${status}`);
  return [...stdout.matchAll(/found: line (\d+)/g)].map(([, number]) => Number(number));
}

function weFind(address: string, port: number, text: string): number[] {
  return text
    .split('\n')
    .flatMap((one, index) =>
      parseKnownHosts(one).some(({ patterns }) => matchesPatterns(patterns, address, port))
        ? [index + 1]
        : [],
    );
}

describe('matching, against ssh-keygen -F', () => {
  const label = fc.constantFrom(
    'nas',
    'NAS',
    'vault',
    'n1',
    'example.com',
    '10.0.0.1',
    'a-b',
    'n?s',
    'n*',
    '*',
    '??',
  );
  const name = fc.oneof(
    label,
    fc.tuple(label, label).map(([a, b]) => `${a}.${b}`),
    fc.tuple(label, fc.constantFrom(22, 2222, 40022)).map(([a, port]) => `[${a}]:${port}`),
  );
  const pattern = fc.tuple(fc.constantFrom('', '', '', '!'), name).map(([negated, text]) => negated + text);
  const address = fc.constantFrom(
    'nas',
    'vault',
    'n1',
    'nas.example.com',
    '10.0.0.1',
    'a-b',
    'NAS',
    'vault.n1',
  );

  it('finds the lines that OpenSSH finds, plain and hashed', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(pattern, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        address,
        fc.constantFrom(22, 2222),
        fc.boolean(),
        (lines, host, port, hashed) => {
          write(...lines.map((patterns) => line(patterns.join(','))), '# comment', '', '   ', 'junk');
          if (hashed) {
            // ssh-keygen hashes names only and leaves lines with patterns as they are.
            spawnSync('ssh-keygen', ['-H', '-f', path], { encoding: 'utf8' });
          }
          const text = spawnSync('cat', [path], { encoding: 'utf8' }).stdout;
          expect(weFind(host, port, text)).toEqual(opensshFinds(host, port));
        },
      ),
      { numRuns: 120 },
    );
  });

  it('reads hashed names with a port', () => {
    write(line('[nas.example.com]:2222'), line('nas.example.com', other));
    spawnSync('ssh-keygen', ['-H', '-f', path]);
    expect(lookUp('nas.example.com', 2222)).toEqual({ known: true, revoked: false, otherKeys: false });
    expect(lookUp('nas.example.com', 22)).toEqual({ known: false, revoked: false, otherKeys: true });
    expect(lookUp('nas.example.com', 2223)).toEqual({ known: false, revoked: false, otherKeys: false });
  });
});

describe('what the file says of a key', () => {
  it('knows it among several keys of the host', () => {
    write(line('nas', other), line('nas'));
    expect(lookUp('nas', 22)).toEqual({ known: true, revoked: false, otherKeys: false });
  });

  it('tells that the host has other keys there', () => {
    write(line('nas', other), line('vault'));
    expect(lookUp('nas', 22)).toEqual({ known: false, revoked: false, otherKeys: true });
    expect(knownHostsTypes(path, 'nas', 22)).toEqual(['ssh-ed25519']);
    expect(knownHostsTypes(path, 'other', 22)).toEqual([]);
  });

  it('lets @revoked win over a line that knows the key', () => {
    write(line('nas'), line('*', mine, '@revoked'));
    expect(lookUp('nas', 22)).toMatchObject({ known: false, revoked: true });
    expect(lookUp('nas', 22, other).revoked).toBe(false);
  });

  it('takes no key of a certificate authority for a host key', () => {
    write(line('*', mine, '@cert-authority'));
    expect(lookUp('nas', 22)).toEqual({ known: false, revoked: false, otherKeys: false });
  });

  it('says nothing when there is no file', () => {
    expect(lookUp('nas', 22)).toEqual({ known: false, revoked: false, otherKeys: false });
  });

  it('fails closed when the file cannot be read', () => {
    mkdirSync(path);
    expect(() => lookUp('nas', 22)).toThrow(expect.objectContaining({ code: 'untrusted-host' }));
    chmodSync(path, 0o700);
  });
});
