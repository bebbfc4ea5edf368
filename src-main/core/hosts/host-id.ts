import { randomBytes } from 'node:crypto';

/**
 * A new id, readable in file names. Never one that was used: the audit of a removed host stays under its id, and a
 * new host of the same name must not write into it.
 */
export function newHostId(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${slug === '' ? 'host' : slug}-${randomBytes(4).toString('hex')}`;
}
