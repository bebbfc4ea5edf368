import { expect, it } from 'vitest';
import { lockProbeArgv, removeVolumeArgv } from '../sandbox/microsandbox/commands';
import { programsOf, withPaths } from './programs';

const paths = new Map([
  ['timeout', '/usr/bin/timeout'],
  ['flock', '/usr/bin/flock'],
  ['true', '/usr/bin/true'],
  ['msb', '/usr/local/bin/msb'],
]);

it('names every program by its path, also the one that another one starts', () => {
  expect(programsOf(removeVolumeArgv('cache'))).toEqual(['timeout', 'msb']);
  expect(withPaths(removeVolumeArgv('cache'), paths)).toEqual([
    ...['/usr/bin/timeout', '--signal=TERM', '30', '/usr/local/bin/msb', 'volume', 'rm', '--', 'cache'],
  ]);
  expect(withPaths(lockProbeArgv('/a/msb'), paths)).toEqual([
    ...['/usr/bin/flock', '--shared', '--nonblock', '--conflict-exit-code', '75', '/a/msb', '/usr/bin/true'],
  ]);
});

it('leaves words alone that only look like programs, and what is on no path', () => {
  expect(withPaths(['msb', 'volume', 'rm', '--', 'timeout'], paths)).toEqual([
    ...['/usr/local/bin/msb', 'volume', 'rm', '--', 'timeout'],
  ]);
  expect(withPaths(['timeout'], paths)).toEqual(['/usr/bin/timeout']);
  expect(withPaths(['timeout', '30'], paths)).toEqual(['/usr/bin/timeout', '30']);
  expect(withPaths(['zfs', 'list'], paths)).toEqual(['zfs', 'list']);
});
