import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataDirectory, describeActor, profileDirectory, readStartUp, startsUnsandboxed } from './start-up';

const plain = { userData: null, demo: false, evaluationRuntime: false, coreNode: null, devServerUrl: null };

describe('readStartUp', () => {
  it('is plain without a word from outside', () => {
    expect(readStartUp({}, ['holdfast'], true)).toEqual(plain);
    expect(readStartUp({ HOLDFAST_USER_DATA: '' }, [], false)).toEqual(plain);
  });

  it('opens the demo by argument or environment', () => {
    expect(readStartUp({}, ['holdfast', '--demo'], true).demo).toBe(true);
    expect(readStartUp({ HOLDFAST_DEMO: '1' }, [], true).demo).toBe(true);
    expect(readStartUp({ HOLDFAST_DEMO: '0' }, ['--demonstrate'], true).demo).toBe(false);
  });

  it('takes a profile folder as an absolute path', () => {
    expect(readStartUp({ HOLDFAST_USER_DATA: 'here' }, [], true).userData).toBe(resolve('here'));
  });

  it('takes neither Node nor page from the environment when it is installed', () => {
    const environment = {
      HOLDFAST_CORE_NODE: '/usr/bin/node',
      ELECTRON_RENDERER_URL: 'http://localhost:5173',
    };
    expect(readStartUp(environment, [], true)).toEqual(plain);
    expect(readStartUp(environment, [], false)).toEqual({
      ...plain,
      coreNode: '/usr/bin/node',
      devServerUrl: 'http://localhost:5173/',
    });
  });

  it('never uses a dev server on the evaluation runtime', () => {
    const environment = { HOLDFAST_EVALUATION_RUNTIME: '1', ELECTRON_RENDERER_URL: 'http://localhost:5173' };
    expect(readStartUp(environment, [], false)).toMatchObject({
      evaluationRuntime: true,
      devServerUrl: null,
    });
  });

  it.each([
    'https://localhost:5173',
    'http://192.0.2.1:5173',
    'http://localhost.evil.example',
    'file:///tmp/x.html',
    'javascript:1',
    'x',
  ])('refuses %s as a dev server', (url) => {
    expect(readStartUp({ ELECTRON_RENDERER_URL: url }, [], false).devServerUrl).toBeNull();
  });

  it('refuses a relative path to Node', () => {
    expect(readStartUp({ HOLDFAST_CORE_NODE: 'node' }, [], false).coreNode).toBeNull();
  });
});

describe('startsUnsandboxed', () => {
  it.each([
    ['linux', 0, true, true],
    ['linux', 0, false, false],
    ['linux', 1000, true, false],
    ['darwin', 0, true, false],
    ['win32', undefined, true, false],
  ] as const)('%s, user %s, switch %s: %s', (platform, user, given, expected) => {
    expect(startsUnsandboxed(platform, user, given)).toBe(expected);
  });
});

describe('profiles', () => {
  it('keeps the demo apart from one’s own hosts', () => {
    expect(profileDirectory('/p', false)).toBe('/p');
    expect(profileDirectory('/p', true)).toBe(join('/p', 'demo'));
    expect(dataDirectory('/p', false)).toBe(join('/p', 'data'));
    expect(dataDirectory('/p', true)).toBe(join('/p', 'demo', 'data'));
  });

  it('names who sits here', () => {
    expect(describeActor()).toBe(`${userInfo().username}@${hostname()}`);
  });
});
