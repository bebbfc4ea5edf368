import { expect, it } from 'vitest';
import type { GuestSnapshot } from '../../../src-preload/contract/clusters';
import { treeLines } from './snapshot-tree';

const snapshot = (name: string, parent: string | null): GuestSnapshot => ({
  name,
  parent,
  description: '',
  createdAtMs: 1,
  withMemory: false,
  state: null,
});
const shown = (...args: Parameters<typeof treeLines>) =>
  treeLines(...args).map(({ snapshot: each, depth }) => `${'.'.repeat(depth)}${each?.name ?? 'NOW'}`);

it('stands each snapshot below its parent, and now below what it descends from', () => {
  const snapshots = [snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'a'), snapshot('d', 'b')];
  expect(shown({ snapshots, current: { parent: 'c', running: true } })).toEqual([
    'a',
    '.b',
    '..d',
    '.c',
    '..NOW',
  ]);
});

it('shows only now where there are none', () => {
  expect(shown({ snapshots: [], current: { parent: null, running: false } })).toEqual(['NOW']);
});
