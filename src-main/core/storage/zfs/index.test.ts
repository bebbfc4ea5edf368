import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import type { ProbeOutcome } from '../backend';
import { captured } from '../testing/captured';
import { mostListedWhole, snapshotsProbe, zfsProbes } from './commands';
import { zfs } from './index';

const answer = (stdout: string): ProbeOutcome => ({ ok: true, exitCode: 0, stdout, stderr: '' });
const refused: ProbeOutcome = { ok: false, error: new AppError('command-failed', 'no') };

function names(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `tank/data@s${index}\t${index + 7}\t${index + 1}\n`,
  ).join('');
}

function outcomes(snapshotNames: ProbeOutcome): Map<string, ProbeOutcome> {
  const first = [zfsProbes.pools, zfsProbes.status, zfsProbes.datasets, zfsProbes.properties].map(
    ({ id }): [string, ProbeOutcome] => [id, answer(captured('zfs', `two-pools-${id}`).stdout)],
  );
  return new Map([...first, [zfsProbes.snapshotNames.id, snapshotNames]]);
}

const follow = (snapshotNames: ProbeOutcome) => zfs.followUp?.(outcomes(snapshotNames));

describe('the second round of ZFS', () => {
  it('reads up to 5,000 snapshots whole, more by name only', () => {
    expect(mostListedWhole).toBe(5_000);
    expect(follow(answer(names(1)))).toEqual([snapshotsProbe]);
    expect(follow(answer(names(mostListedWhole)))).toEqual([snapshotsProbe]);
    expect(follow(answer(names(mostListedWhole + 1)))).toEqual([]);
  });

  it('has nothing to read where there are none, nor where the names could not be read', () => {
    expect(follow(answer(''))).toEqual([]);
    expect(follow(refused)).toEqual([]);
    expect(zfs.parse(outcomes(answer(''))).snapshots).toEqual([]);
    expect(() => zfs.parse(outcomes(refused))).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });

  it('knows nothing but name and order of very many', () => {
    const { snapshots, pools } = zfs.parse(outcomes(answer(names(mostListedWhole + 1))));
    expect(pools).not.toEqual([]);
    expect(snapshots).toHaveLength(mostListedWhole + 1);
    expect(snapshots[41]).toEqual({
      id: 'zfs:tank/data@s41',
      backend: 'zfs',
      poolId: 'zfs:tank',
      fullName: 'tank/data@s41',
      name: 's41',
      volumeName: 'tank/data',
      kind: 'zfs-snapshot',
      usedBytes: null,
      sizeBytes: null,
      createdAtMs: null,
      percentFull: null,
      state: 'ok',
      cloneNames: null,
      holdCount: null,
      order: 42,
    });
  });

  it('never takes few snapshots that could not be read whole for unread ones', () => {
    const all = outcomes(answer(names(3))).set(snapshotsProbe.id, refused);
    expect(() => zfs.parse(all)).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });
});
