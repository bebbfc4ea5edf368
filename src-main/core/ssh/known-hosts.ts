import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../errors/app-error';

/** A line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
interface KnownHostsLine {
  marker: 'cert-authority' | 'revoked' | null;
  patterns: string;
  type: string;
  publicKey: Buffer;
}

/** Lines that are not understood are skipped: they can then neither trust nor revoke, exactly as in OpenSSH. */
export function parseKnownHosts(text: string): KnownHostsLine[] {
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) return [];
    let marker: KnownHostsLine['marker'] = null;
    if (words[0].startsWith('@')) {
      const name = words.shift();
      if (name === '@revoked') marker = 'revoked';
      else if (name === '@cert-authority') marker = 'cert-authority';
      else return [];
    }
    const [patterns, type, base64] = words;
    if (patterns === undefined || type === undefined || base64 === undefined) return [];
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return [];
    return [{ marker, patterns, type, publicKey: Buffer.from(base64, 'base64') }];
  });
}

/** `host` on port 22, `[host]:port` elsewhere. */
function nameOf(address: string, port: number): string {
  const host = address.toLowerCase();
  return port === 22 ? host : `[${host}]:${port}`;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i');
}

/** True when the comma-separated patterns, or the hashed name, mean this address and port. */
export function matchesPatterns(patterns: string, address: string, port: number): boolean {
  const name = nameOf(address, port);
  if (patterns.startsWith('|1|')) {
    const [, , salt, hash] = patterns.split('|');
    if (salt === undefined || hash === undefined) return false;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let matched = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    if (wildcard(negated ? pattern.slice(1) : pattern).test(name)) {
      // A negated match wins over every other pattern of the line.
      if (negated) return false;
      matched = true;
    }
  }
  return matched;
}

export interface KnownHostsAnswer {
  /** The file holds this very key for this address and port, and does not revoke it. */
  known: boolean;
  revoked: boolean;
  /** The file holds keys for this address and port, and this one is not among them. */
  otherKeys: boolean;
}

/** Types of the keys that the person's known_hosts holds for a host; a probe asks for these first, as ssh does. */
export function knownHostsTypes(path: string, address: string, port: number): string[] {
  const lines = linesFor(path, address, port).filter(({ marker }) => marker === null);
  return [...new Set(lines.map(({ type }) => type))];
}

/**
 * What the person's known_hosts says of a key. A file that is not there says nothing.
 * @throws AppError `untrusted-host` when the file is there and can't be read: it may revoke this key.
 */
export function lookUpKnownHosts(
  path: string,
  address: string,
  port: number,
  publicKey: Uint8Array,
): KnownHostsAnswer {
  const lines = linesFor(path, address, port);
  const same = lines.filter((line) => line.publicKey.equals(publicKey));
  const revoked = same.some(({ marker }) => marker === 'revoked');
  const known = !revoked && same.some(({ marker }) => marker === null);
  return { revoked, known, otherKeys: !known && lines.some(({ marker }) => marker === null) };
}

function linesFor(path: string, address: string, port: number): KnownHostsLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    // SECURITY: fail closed. A revocation that can't be read is still a revocation.
    throw new AppError(
      'untrusted-host',
      'The file known_hosts is there but cannot be read, so Holdfast cannot tell whether this host key is revoked. Nothing was sent.',
      { cause: error },
    );
  }
  return parseKnownHosts(text).filter(({ patterns }) => matchesPatterns(patterns, address, port));
}
