import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src-preload/contract/audit';
import type { ClusterTask } from '../../../src-preload/contract/clusters';
import { isAbout, timelineOf } from './timeline';

const entry = (atMs: number, target: string, change: Partial<AuditEntry> = {}): AuditEntry => ({
  seq: atMs,
  atMs,
  operationId: `operation-${atMs}`,
  event: 'started',
  lastEvent: 'finished',
  actor: 'me@laptop',
  hostId: 'demo-atlas',
  hostName: 'atlas',
  action: 'pve.guest.start',
  target,
  risk: 'safe',
  outcome: 'ok',
  message: '',
  exitCode: null,
  durationMs: 1,
  ...change,
});
const task = (startedAtMs: number, id: string, change: Partial<ClusterTask> = {}): ClusterTask => ({
  upid: `UPID:${startedAtMs}`,
  node: 'atlas-1',
  type: 'qmstart',
  id,
  user: 'root@pam',
  startedAtMs,
  endedAtMs: startedAtMs + 1,
  outcome: 'ok',
  status: 'OK',
  ...change,
});

describe('what happened to one object', () => {
  it('is told newest first, ours and what others did', () => {
    const found = timelineOf(
      [entry(10, '110 web-1'), entry(40, '1100 other'), entry(50, 'atlas', { event: 'session' })],
      [task(20, '110'), task(30, '120'), task(60, '110', { outcome: 'failed', status: 'no space' })],
      [
        { atMs: 70, from: 'running', to: 'stopped' },
        { atMs: 5, from: null, to: 'running' },
      ],
      { kind: 'guest', vmid: 110 },
    );
    expect(found.map(({ atMs, from, detail }) => [atMs, from, detail])).toEqual([
      [70, 'reading', ''],
      [60, 'cluster', 'no space'],
      [20, 'cluster', ''],
      [10, 'holdfast', ''],
      [5, 'reading', ''],
    ]);
    expect([found[0]?.what, found.at(-1)?.what]).toEqual(['running → stopped', 'It is there, running']);
  });

  it('is told of a snapshot also where its volume was the target, and of no other that begins alike', () => {
    const found = timelineOf(
      [
        entry(1, 'tank/home', { message: 'Create ZFS snapshot: tank/home. tank/home@daily is there.' }),
        entry(2, 'tank/home', { message: 'Create ZFS snapshot: tank/home. tank/home@daily2 is there.' }),
        entry(3, 'tank/home@daily', { message: 'Destroyed.' }),
      ],
      [],
      [],
      { kind: 'named', name: 'tank/home@daily' },
    );
    expect(found.map(({ atMs }) => atMs)).toEqual([3, 1]);
  });

  it.each([
    ['110', true],
    ['vm:110 web-1', true],
    ['before on 110', true],
    ['1100 web', false],
    ['2110', false],
    ['192.0.2.110', false],
  ])('is about guest 110 or not: %s', (target, about) => {
    expect(isAbout(target, { kind: 'guest', vmid: 110 })).toBe(about);
  });

  it.each([
    ['tank', true],
    ['tank/data@daily', true],
    ['tank@daily', true],
    ['a tank/data', true],
    ['tank:/logs/2026', true],
    ['tank:other', false],
    ['tank2', false],
    ['bank/tank', false],
  ])('is about the pool tank or not: %s', (target, about) => {
    expect(isAbout(target, { kind: 'named', name: 'tank' })).toBe(about);
  });
});
