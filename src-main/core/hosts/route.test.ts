import { describe, expect, it } from 'vitest';
import { hostOf } from '../ssh/testing/fake-host';
import { routeTo } from './route';

const host = (id: string, via?: string) =>
  hostOf({ port: 22, user: 'admin' }, { id, name: id, ...(via === undefined ? {} : { via }) });

describe('the way to a host', () => {
  it('names its jump hosts, nearest first, and none for a host that is reached directly', () => {
    const hosts = [host('inner', 'second'), host('second', 'first'), host('first')];
    expect(routeTo(host('inner', 'second'), hosts).map(({ id }) => id)).toEqual(['first', 'second']);
    expect(routeTo(host('first'), hosts)).toEqual([]);
  });

  it.each([
    ['a jump host that is gone', host('inner', 'gone'), [], /not in the list any more/],
    ['a host that leads to itself', host('inner', 'inner'), [host('inner', 'inner')], /leads back to itself/],
    [
      'a circle further on',
      host('inner', 'a'),
      [host('a', 'b'), host('b', 'a')],
      /through a leads back to itself/,
    ],
    [
      'a host that was changed to be reached through one behind it',
      host('a', 'b'),
      [host('a'), host('b', 'a')],
      /leads back to itself/,
    ],
    [
      'a way that is too long',
      host('inner', 'a'),
      [host('a', 'b'), host('b', 'c'), host('c', 'd'), host('d', 'e'), host('e')],
      /more than 4 jump hosts/,
    ],
  ])('is refused for %s', (_what, to, hosts, message) => {
    expect(() => routeTo(to, hosts)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(() => routeTo(to, hosts)).toThrow(message);
  });
});
