import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import type { HostInventory } from '../../../../src-preload/contract/inventory';
import type { ProbeOutcome } from '../backend';
import { captured } from '../testing/captured';
import { mostListedWhole, snapshotsProbe, statusJsonProbe, zfsProbes } from './commands';
import { zfs } from './index';

const answer = (stdout: string): ProbeOutcome => ({ ok: true, exitCode: 0, stdout, stderr: '' });
/** As it comes in while the names are listed. */
const listed = (stdout: string): ProbeOutcome => {
  const reader = zfs.probes.find(({ id }) => id === zfsProbes.snapshotNames.id)?.reader?.();
  if (reader === undefined) throw new Error('Nothing reads the names.');
  reader.push(stdout);
  return { ok: true, exitCode: 0, stdout: '', stderr: '', reader };
};
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
    expect(follow(listed(names(1)))).toEqual([snapshotsProbe]);
    expect(follow(listed(names(mostListedWhole)))).toEqual([snapshotsProbe]);
    expect(follow(listed(names(mostListedWhole + 1)))).toEqual([]);
  });

  it('has nothing to read where there are none, nor where the names could not be read', () => {
    expect(follow(listed(''))).toEqual([]);
    expect(follow(refused)).toEqual([]);
    expect(zfs.parse(outcomes(listed(''))).snapshots).toEqual([]);
    expect(() => zfs.parse(outcomes(refused))).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });

  it('knows nothing but name and order of very many', () => {
    const { snapshots, pools } = zfs.parse(outcomes(listed(names(mostListedWhole + 1))));
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
    const all = outcomes(listed(names(3))).set(snapshotsProbe.id, refused);
    expect(() => zfs.parse(all)).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });

  it('throws what the listing of names was not understood for, not before it is asked for', () => {
    const broken = listed(`${names(2)}tank/data\t1\t1\n${names(1)}`);
    expect(follow(broken)).toEqual([snapshotsProbe]);
    const all = outcomes(broken).set(snapshotsProbe.id, answer(''));
    expect(() => zfs.parse(all)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
  });
});

describe('the first round of ZFS on a host that was read before', () => {
  const last = (snapshotCount: number): HostInventory => ({
    hostId: 'nas',
    takenAtMs: 1,
    durationMs: 1,
    backends: [],
    pools: [],
    volumes: [],
    snapshotCount,
    disks: null,
    disksError: null,
  });
  const idsAfter = (snapshotCount: number) => zfs.probesAfter?.(last(snapshotCount)).map(({ id }) => id);

  it('asks for few snapshots whole at once, for many by name, and for all the rest as ever', () => {
    const rest = Object.values(zfsProbes)
      .map(({ id }) => id)
      .filter((id) => id !== zfsProbes.snapshotNames.id);
    expect(idsAfter(mostListedWhole)).toEqual([snapshotsProbe.id, ...rest]);
    expect(idsAfter(mostListedWhole + 1)).toEqual([zfsProbes.snapshotNames.id, ...rest]);
  });

  it('asks a ZFS that has it for the JSON of its status, and goes back to the text where that is refused', () => {
    const idsOf = (version: string | null) =>
      zfs
        .probesAfter?.({
          ...last(3),
          backends: [
            {
              kind: 'zfs',
              title: 'ZFS',
              available: true,
              version,
              packageName: 'zfsutils-linux',
              capabilities: zfs.capabilities,
              error: null,
            },
          ],
        })
        .map(({ id }) => id);
    for (const version of ['2.3.0', '2.3.9', '2.4.1', '3.0.0']) {
      expect(idsOf(version)).toContain(statusJsonProbe.id);
      expect(idsOf(version)).not.toContain(zfsProbes.status.id);
    }
    for (const version of [null, '0.8.6', '2.1.11', '2.2.2']) {
      expect(idsOf(version)).toContain(zfsProbes.status.id);
      expect(idsOf(version)).not.toContain(statusJsonProbe.id);
    }

    const all = outcomes(listed(names(1))).set(statusJsonProbe.id, refused);
    all.delete(zfsProbes.status.id);
    expect(zfs.followUp?.(all)).toEqual([zfsProbes.status, snapshotsProbe]);
    all.set(zfsProbes.status.id, answer(captured('zfs', 'two-pools-zpool-status').stdout));
    all.set(snapshotsProbe.id, answer(captured('zfs', 'two-pools-zfs-list-snapshots').stdout));
    expect(zfs.parse(all).pools).toHaveLength(2);
  });

  it('needs no second round for what is there whole', () => {
    const all = outcomes(refused);
    all.delete(zfsProbes.snapshotNames.id);
    all.set(snapshotsProbe.id, answer(captured('zfs', 'two-pools-zfs-list-snapshots').stdout));
    expect(zfs.followUp?.(all)).toEqual([]);
    expect(zfs.parse(all).snapshots.length).toBeGreaterThan(5);
    expect(() => zfs.parse(all.set(snapshotsProbe.id, refused))).toThrow(
      expect.objectContaining({ code: 'command-failed' }),
    );
  });
});
