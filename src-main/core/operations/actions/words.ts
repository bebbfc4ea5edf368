import { filesize } from 'filesize';
import { quoteArgv } from '../../ssh/quote';

/** `1.50 MiB`, as everywhere in the app. */
export function bytes(size: number): string {
  return filesize(size, { standard: 'iec' });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** `a, b and 3 more` */
export function listed(names: readonly string[], most = 5): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** `2026-11-23 02:16 UTC` */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A command that people may copy. It is never sent. */
export function hint(...argv: string[]): string {
  return quoteArgv(argv);
}
