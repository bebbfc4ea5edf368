import { unexpectedOutput } from '../unexpected';

/** The text of `zpool import` without a name (OpenZFS 2.1 to 2.4; show_import() in zpool_main.c). */

export interface ImportablePool {
  name: string;
  /** The pool's guid. */
  id: string;
  state: string;
  /** What is wrong with it, in one line; null: nothing is said. */
  status: string | null;
  action: string | null;
}

const command = 'zpool import';
const keyPattern = /^ {0,10}([a-z]+): ?(.*)$/;

/** Two pools of one name are two entries. Throws `unexpected-output`. */
export function parseImportable(stdout: string): ImportablePool[] {
  const text = stdout.trimEnd();
  if (text === '' || text === 'no pools available to import') return [];
  const pools: Map<string, string[]>[] = [];
  let key = '';
  for (const line of text.split('\n')) {
    const [, found, value = ''] = line.startsWith('\t') ? [] : (keyPattern.exec(line) ?? []);
    if (found === 'pool') pools.push(new Map());
    const pool = pools.at(-1);
    if (pool === undefined) throw unexpectedOutput(command, 'it does not start with a pool', line);
    if (found !== undefined) {
      key = found;
      pool.set(key, [value]);
    } else if (key !== '') {
      pool.get(key)?.push(line);
    }
  }
  return pools.map((sections) => {
    const one = (name: string): string | null => {
      const joined = (sections.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== '');
      return joined.length === 0 ? null : joined.join(' ').replace(/ {2,}/g, ' ');
    };
    const [name, id, state] = [one('pool'), one('id'), one('state')];
    if (name === null || id === null || state === null || !/^\d{1,20}$/.test(id)) {
      throw unexpectedOutput(command, 'a pool has no name, id or state', text);
    }
    return { name, id, state, status: one('status'), action: one('action') };
  });
}
