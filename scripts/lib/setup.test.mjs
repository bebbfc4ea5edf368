import { describe, expect, it } from 'vitest';
import { firstMismatch } from './setup.mjs';

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

  it('does not miss optional packages of other platforms, but checks those that are there', () => {
    const lock = tree({ 'node_modules/a-darwin': entry('1.0.0', { optional: true, os: ['darwin'] }) });
    expect(firstMismatch(lock, { packages: {} })).toBeUndefined();
    expect(firstMismatch(lock, { packages: { 'node_modules/a-darwin': entry('0.9.0') } })).toBe(
      'node_modules/a-darwin',
    );
  });
});
