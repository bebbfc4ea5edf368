import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasDisplay } from './display.mjs';
import { cacheDirectory, localBin, pathWithLocalBin, pathWithoutLocalBin } from './workspace.mjs';

describe('PATH', () => {
  const outer = [join('/a', 'node_modules', '.bin'), localBin, '/usr/bin'].join(delimiter);

  it('has Node 24 first, once', () => {
    expect(pathWithLocalBin(outer).split(delimiter)).toEqual([
      localBin,
      join('/a', 'node_modules', '.bin'),
      '/usr/bin',
    ]);
  });

  it('has no Node of any node_modules when npm replaces them', () => {
    expect(pathWithoutLocalBin(outer)).toBe('/usr/bin');
  });
});

it('ignores a relative XDG_CACHE_HOME, as its specification asks', () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'holdfast'));
  expect(cacheDirectory({ XDG_CACHE_HOME: 'c' })).toBe(cacheDirectory({}));
});

it('finds a display where X11 or Wayland names one', () => {
  expect(hasDisplay({}, 'linux')).toBe(false);
  expect(hasDisplay({ DISPLAY: '' }, 'linux')).toBe(false);
  expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true);
  expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true);
  expect(hasDisplay({}, 'darwin')).toBe(true);
});
