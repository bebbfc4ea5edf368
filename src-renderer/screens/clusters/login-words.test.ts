import { describe, expect, it } from 'vitest';
import type { ClusterLogin } from '../../../src-preload/contract/clusters';
import {
  changeLoginWords,
  noGuestsWords,
  noLogWords,
  noPoolsWords,
  noStoragesWords,
  noNodeTasksWords,
  noTasksWords,
} from './login-words';

const token: ClusterLogin = { kind: 'token', tokenId: 'holdfast@pve!laptop' };
const password: ClusterLogin = { kind: 'password', userId: 'holdfast@pve' };
const texts = [
  ['changing the login', changeLoginWords],
  ['no pools', noPoolsWords],
  ['no guests', noGuestsWords],
  ['no storages', noStoragesWords],
  ['an empty log', noLogWords],
  ['no tasks', noTasksWords],
  ['no tasks of a node', (of: Parameters<typeof noTasksWords>[0]) => noNodeTasksWords(of, true)],
] as const;

describe('the words for the login that is used', () => {
  it.each(texts)('of %s speak of a token only where one logs in', (_name, words) => {
    expect(words({ login: token })).toMatch(/\btoken\b/);
    expect(words({ login: password })).not.toMatch(/\btoken/);
    expect(words({ login: password })).toMatch(/\b(?:user|password)\b/);
  });

  it('say of tasks what each of them is shown without the privilege', () => {
    expect(noTasksWords({ login: token })).toContain('not even its own');
    expect(noTasksWords({ login: password })).toContain('only their own');
  });
});
