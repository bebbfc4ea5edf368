import { describe, expect, it } from 'vitest';
import type { StagedChange } from '../../../src-preload/contract/changes';
import { filterChanges, hostsOf, inOrder, sequenceExcuse } from './change-rows';

const change = (number: number, more: Partial<StagedChange> = {}): StagedChange => ({
  id: `6f1c2b84-5a0e-4f5e-9a64-${String(number).padStart(12, '0')}`,
  hostId: 'nas',
  hostKind: 'host',
  hostName: 'nas-01',
  environment: { label: 'Office', colour: 'green', production: false },
  action: 'zfs.snapshot.create',
  title: 'Create ZFS snapshot',
  target: { kind: 'dataset', name: `tank/${number}` },
  risk: 'safe',
  state: 'pending',
  note: '',
  stagedAtMs: number,
  stagedBy: 'me@laptop',
  automationId: null,
  changedAtMs: null,
  message: null,
  operationId: null,
  ...more,
});

/** Newest first, as the core tells them. */
const all = [
  change(5, { hostId: 'atlas', hostName: 'atlas', note: 'Sunday' }),
  change(4, { state: 'unknown' }),
  change(3, { state: 'applied' }),
  change(2, { state: 'discarded' }),
  change(1),
];
const numbers = (found: readonly StagedChange[]) => found.map(({ stagedAtMs }) => stagedAtMs);

describe('the list of staged changes', () => {
  it('shows what still asks for a person, what ended, or all', () => {
    expect(numbers(filterChanges(all, 'pending', null, ''))).toEqual([5, 4, 1]);
    expect(numbers(filterChanges(all, 'ended', null, ''))).toEqual([3, 2]);
    expect(numbers(filterChanges(all, 'all', 'nas', ''))).toEqual([4, 3, 2, 1]);
    expect(numbers(filterChanges(all, 'all', null, ' SUNDAY '))).toEqual([5]);
    expect(numbers(filterChanges(all, 'all', null, 'tank/4'))).toEqual([4]);
    expect(hostsOf(all)).toEqual([
      { value: 'atlas', label: 'atlas' },
      { value: 'nas', label: 'nas-01' },
    ]);
  });

  it('is applied in the order it was staged, only what is pending', () => {
    expect(numbers(inOrder(all))).toEqual([1, 5]);
  });

  it('is not applied in a sequence while one of it is catastrophic, or Holdfast read-only', () => {
    expect(sequenceExcuse(inOrder(all), false)).toBeNull();
    expect(sequenceExcuse([], false)).toContain('Choose');
    expect(sequenceExcuse(inOrder(all), true)).toContain('read-only');
    expect(sequenceExcuse([change(1), change(2, { risk: 'catastrophic' })], false)).toContain('by itself');
    expect(sequenceExcuse([change(1), change(2, { risk: 'destructive' })], false)).toBeNull();
  });
});
