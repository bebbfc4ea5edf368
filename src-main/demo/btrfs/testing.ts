import { quoteArgv } from '../../core/ssh/quote';

const folders: Record<string, string> = { blkid: '/usr/sbin' };

/** For tests: a command as the core sends it to a host whose setting says sudo. */
export function asSentTo([tool = '', ...words]: readonly string[], privileged: boolean): string {
  const path = `${folders[tool] ?? '/usr/bin'}/${tool}`;
  return `LC_ALL=C ${privileged ? 'sudo -n -- ' : ''}${quoteArgv([path, ...words])}`;
}
