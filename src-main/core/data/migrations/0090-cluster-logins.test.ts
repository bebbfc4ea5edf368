import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration as clusters } from './0080-clusters';
import { migration } from './0090-cluster-logins';

it('makes a login of the token of each cluster, and leaves the rest of its record as it is', () => {
  const db = new BetterSqlite3(':memory:');
  clusters.up(db);
  const body = { id: 'atlas', name: 'atlas', tokenId: 'holdfast@pve!laptop', trust: 'pin' };
  db.prepare('INSERT INTO clusters VALUES (?, ?, 1)').run('atlas', JSON.stringify(body));
  migration.up(db);
  const stored = db.prepare<[], string>('SELECT body FROM clusters').pluck().get() ?? '';
  expect(JSON.parse(stored)).toEqual({
    id: 'atlas',
    name: 'atlas',
    trust: 'pin',
    login: { kind: 'token', tokenId: 'holdfast@pve!laptop' },
  });
  db.prepare('INSERT INTO authorities VALUES (?, ?, 1)').run('AA', 'pem');
  expect(() => db.prepare('INSERT INTO authorities VALUES (?, ?, 1)').run('AA', 'other')).toThrow(/UNIQUE/);
  db.close();
});
