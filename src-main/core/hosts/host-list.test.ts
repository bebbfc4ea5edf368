import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostSettings } from '../../../src-preload/contract/hosts';
import { startTestCore, type TestCore } from '../testing/test-core';

let test: TestCore;
let file: string;
beforeEach(async () => {
  test = await startTestCore();
  file = join(test.dataDirectory, 'hosts.json');
  test.savePath = file;
  test.openPath = file;
});
afterEach(() => test.close());

const settings = (name: string, change: Partial<HostSettings> = {}): HostSettings => ({
  name,
  address: `${name}.example.net`,
  port: 22,
  user: 'admin',
  auth: { kind: 'agent' },
  sudo: true,
  environment: { label: 'Production', colour: 'red', production: true },
  accessLevel: 'administer',
  ...change,
});
const listed = (name: string, change: object = {}) => ({
  name,
  address: `${name}.example.net`,
  port: 22,
  user: 'admin',
  login: 'agent',
  sudo: true,
  environment: { label: 'Production', colour: 'red', production: true },
  ...change,
});
const write = (hosts: object[], change: object = {}): void =>
  writeFileSync(file, JSON.stringify({ format: 'holdfast-hosts', version: 1, hosts, ...change }));
const open = async () => {
  const { found } = await test.call('hosts:openList', {});
  if (found === null) throw new Error('Nothing was chosen.');
  return found;
};

describe('the host list as a file', () => {
  it('holds no secret, no key file and no access level, and makes the same hosts elsewhere', async () => {
    const gate = await test.call('hosts:add', {
      settings: settings('gate', { auth: { kind: 'password' } }),
      secret: 'correct horse',
    });
    await test.call('hosts:add', { settings: settings('box', { via: gate.id, port: 2222 }), secret: null });
    expect((await test.call('hosts:exportList', {})).exported?.hostCount).toBe(2);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/correct horse|administer|keyFile|createdAtMs|"id"/);
    expect(JSON.parse(text)).toEqual({
      format: 'holdfast-hosts',
      version: 1,
      hosts: [listed('box', { port: 2222, via: 'gate' }), listed('gate', { login: 'password' })],
    });
    expect((await open()).entries.map(({ status }) => status)).toEqual(['same', 'same']);

    const elsewhere = await startTestCore();
    try {
      elsewhere.openPath = file;
      const { found } = await elsewhere.call('hosts:openList', {});
      const { added } = await elsewhere.call('hosts:importList', {
        listId: found?.listId ?? '',
        names: ['box', 'gate'],
      });
      expect(added).toMatchObject([
        { name: 'gate', auth: { kind: 'password' }, accessLevel: 'view' },
        { name: 'box', port: 2222, accessLevel: 'view', environment: { production: true } },
      ]);
      expect(added[1]?.via).toBe(added[0]?.id);
      const { hosts } = await elsewhere.call('hosts:list', {});
      expect(hosts.every(({ state }) => state.status === 'never-connected')).toBe(true);
      // Written again it is the same file, so that it lies well in git.
      elsewhere.savePath = join(elsewhere.dataDirectory, 'again.json');
      await elsewhere.call('hosts:exportList', {});
      expect(readFileSync(elsewhere.savePath, 'utf8')).toBe(text);
    } finally {
      await elsewhere.close();
    }
  });

  it('shows what is new, what differs and what is refused before anything is added', async () => {
    await test.call('hosts:add', { settings: settings('nas'), secret: null });
    await test.call('hosts:add', { settings: settings('old'), secret: null });
    write([
      listed('nas'),
      listed('old', { port: 2200, user: 'root' }),
      listed('new', { login: 'key-file', via: 'nas' }),
      listed('twin', { address: 'nas.example.net' }),
      listed('twice'),
      listed('twice'),
      listed('lost', { via: 'nowhere' }),
      listed('behind', { via: 'lost' }),
      listed('round', { via: 'about' }),
      listed('about', { via: 'round' }),
    ]);
    const { entries } = await open();
    expect(entries.map(({ name, status, notes }) => [name, status, ...notes])).toEqual([
      ['nas', 'same'],
      [
        'old',
        'differs',
        'address: old.example.net:22 here, old.example.net:2200 in the file',
        'login name: admin here, root in the file',
      ],
      ['new', 'new'],
      ['twin', 'new', 'nas of your list is the same login.'],
      ['twice', 'refused', 'The file names it more than once.'],
      ['twice', 'refused', 'The file names it more than once.'],
      ['lost', 'refused', 'Its jump host nowhere is neither in the list nor in the file.'],
      ['behind', 'refused', 'A jump host on its way is refused.'],
      ['round', 'refused', expect.stringContaining('leads back to itself')],
      ['about', 'refused', expect.stringContaining('leads back to itself')],
    ]);
    expect((await test.call('hosts:list', {})).hosts).toHaveLength(2);
  });

  it('adds what is new only, whatever the page asks for, and changes no host', async () => {
    await test.call('hosts:add', { settings: settings('old'), secret: null });
    write([
      listed('old', { user: 'root' }),
      listed('gate'),
      listed('new', { via: 'gate' }),
      listed('lost', { via: 'x' }),
    ]);
    const { listId } = await open();
    // What was shown is what is added, not what the file says by now.
    write([listed('gate', { address: 'elsewhere.example.net' })]);
    const answer = await test.call('hosts:importList', { listId, names: ['old', 'new', 'lost', 'gone'] });
    expect(answer).toEqual({
      added: [],
      refused: [
        { name: 'old', reason: 'There is a host of this name already.' },
        { name: 'new', reason: 'Its jump host gate is not in the list. Choose it as well.' },
        { name: 'lost', reason: 'Its jump host x is neither in the list nor in the file.' },
        { name: 'gone', reason: 'It is not in the file.' },
      ],
    });
    const { added } = await test.call('hosts:importList', { listId, names: ['new', 'gate'] });
    expect(added.map(({ name, address }) => [name, address])).toEqual([
      ['gate', 'gate.example.net'],
      ['new', 'new.example.net'],
    ]);
    const { hosts } = await test.call('hosts:list', {});
    expect(hosts.find(({ host }) => host.name === 'old')?.host.user).toBe('admin');
  });

  it('is read strictly: anything more or else in it is refused whole', async () => {
    for (const [hosts, change] of [
      [[listed('a', { accessLevel: 'administer' })], {}],
      [[listed('a', { password: 'x' })], {}],
      [[listed('a', { address: '-oProxyCommand=x' })], {}],
      [[listed('a', { name: 'a\u202eb' })], {}],
      [[listed('a')], { version: 2 }],
      [[listed('a')], { clusters: [] }],
      [[], {}],
    ] as const) {
      write([...hosts], change);
      expect(await test.failure('hosts:openList', {}), JSON.stringify([hosts, change])).toMatchObject({
        code: 'unexpected-output',
      });
    }
    writeFileSync(file, 'hosts: []');
    expect(await test.failure('hosts:openList', {})).toMatchObject({ code: 'unexpected-output' });
    write([listed('a')]);
    const first = await open();
    await open();
    expect(await test.failure('hosts:importList', { listId: first.listId, names: ['a'] })).toMatchObject({
      code: 'refused',
    });
    test.openPath = null;
    expect(await test.call('hosts:openList', {})).toEqual({ found: null });
  });

  it('is not exported empty, and has no place in the demo', async () => {
    expect(await test.failure('hosts:exportList', {})).toMatchObject({ code: 'refused' });
    const demo = await startTestCore({ demo: true });
    try {
      for (const channel of ['hosts:exportList', 'hosts:openList'] as const) {
        expect(await demo.failure(channel, {})).toMatchObject({ code: 'refused' });
      }
    } finally {
      await demo.close();
    }
  });
});
