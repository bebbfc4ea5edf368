import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** What changed since a snapshot, and one file back beside its original: on real ZFS and btrfs. */
describe('the files of snapshots on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const sh = (line: string): Promise<string> =>
    onLab(lab, `export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; ${line}`);

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    await sh(
      [
        'set -e',
        'sudo zpool create tank /dev/vdb',
        'sudo zfs create tank/data',
        'sudo mkfs.btrfs -q -f /dev/vdc',
        'sudo mkdir -p /mnt/b',
        'sudo mount /dev/vdc /mnt/b',
        'sudo btrfs subvolume create /mnt/b/home',
        'sudo mkdir /mnt/b/.snapshots',
        'sudo chown admin /tank/data /mnt/b/home',
        'for d in /tank/data /mnt/b/home; do mkdir "$d/a folder"; echo first > "$d/a folder/report.txt"; echo gone > $d/old; done',
        'touch -d "2026-01-02 03:04:05" "/tank/data/a folder/report.txt"',
        'sync',
        'sudo zfs snapshot tank/data@before',
        'sudo btrfs subvolume snapshot -r /mnt/b/home /mnt/b/.snapshots/before',
        'sync',
        'for d in /tank/data /mnt/b/home; do echo second > "$d/a folder/report.txt"; mv $d/old "$d/new name"; echo x > $d/fresh; done',
        'sync',
        'sudo zfs snapshot tank/data@after',
        'rm /tank/data/fresh',
        'sync',
      ].join('\n'),
    );
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
    await live.call('inventory:refresh', { hostId });
  });

  afterAll(async () => {
    await live?.close();
    await sh('sudo umount /mnt/b; sudo wipefs -qa /dev/vdc; sudo zpool destroy -f tank');
    expect(await sh('sudo zpool list -H; findmnt -n /mnt/b; true')).toBe('');
  });

  const compare = (snapshotId: string, laterId: string | null) =>
    live.call('snapshots:compare', { hostId, snapshotId, laterId });

  it('tells what zfs diff tells between two snapshots, and until now', async () => {
    const between = await compare('zfs:tank/data@before', 'zfs:tank/data@after');
    const told = between.differences.map(({ change, path, newPath }) =>
      [change, path, newPath].filter((word) => word !== null).join(' '),
    );
    expect(told.sort()).toEqual([
      'created /tank/data/fresh',
      'modified /tank/data/',
      'modified /tank/data/a folder/report.txt',
      'renamed /tank/data/old /tank/data/new name',
    ]);
    const lines = (await sh('sudo zfs diff -H tank/data@before tank/data@after')).trim().split('\n');
    expect(between.total).toBe(lines.length);
    const untilNow = await compare('zfs:tank/data@before', null);
    expect(untilNow.differences.map(({ path }) => path)).not.toContain('/tank/data/fresh');
    expect(
      await live.refusal('snapshots:compare', {
        hostId,
        snapshotId: 'zfs:tank/data@after',
        laterId: 'zfs:tank/data@before',
      }),
    ).toMatchObject({ code: 'invalid-request' });
  });

  const btrfsSnapshot = async (): Promise<string> => {
    const { rows } = await live.call('inventory:snapshots', {
      hostId,
      poolId: null,
      volumeName: null,
      search: '.snapshots/before',
      sort: 'fullName',
      descending: false,
      offset: 0,
      limit: 10,
    });
    return rows[0]?.id ?? '';
  };

  it('tells which files btrfs wrote, and what it leaves untold', async () => {
    const { differences, note } = await compare(await btrfsSnapshot(), null);
    expect(differences.map(({ change, path }) => `${change} ${path}`).sort()).toEqual([
      'written a folder/report.txt',
      'written fresh',
    ]);
    expect(note).toContain('does not tell');
  });

  it('brings one file back beside the original, as the login user, and overwrites nothing', async () => {
    const ids = ['zfs:tank/data@before', await btrfsSnapshot()];
    for (const [snapshotId, folder] of [
      [ids[0] ?? '', '/tank/data/a folder'],
      [ids[1] ?? '', '/mnt/b/home/a folder'],
    ] as const) {
      const path = ['a folder', 'report.txt'];
      const { action, input } = await live.call('files:restore', { hostId, snapshotId, path });
      expect(input.destination).toMatch(/\/a folder\/report\.txt\.restored-\d{8}-\d{6}$/);
      const { plan, result } = await live.run(hostId, action, input);
      expect(plan.steps[0]?.commandLine).not.toContain('sudo');
      expect(result, result.message).toMatchObject({
        outcome: 'ok',
        verification: { status: 'confirmed' },
      });
      expect(await sh(`cat '${input.destination}'`)).toBe('first\n');
      expect(await sh(`cat '${folder}/report.txt'`)).toBe('second\n');
      expect((await sh(`stat -c %U '${input.destination}'`)).trim()).toBe('admin');
      const again = await live.call('operations:plan', { hostId, action, input });
      expect(again.blockers.map(({ text }) => text).join()).toContain('is there already');
    }
    expect((await sh("stat -c %Y '/tank/data/a folder/'report.txt.restored-*")).trim()).toBe(
      (await sh('date -d "2026-01-02 03:04:05" +%s')).trim(),
    );
  });

  it('is blocked where the login may not write, and says how it goes by hand', async () => {
    await sh('sudo chmod 700 "/tank/data/a folder"; sudo chown root "/tank/data/a folder"');
    const { action, input } = await live.call('files:restore', {
      hostId,
      snapshotId: 'zfs:tank/data@before',
      path: ['a folder', 'report.txt'],
    });
    const plan = await live.call('operations:plan', { hostId, action, input });
    expect(plan.blockers.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(
      /^This login may not see what is in \/tank\/data\/a folder\. .*sudo cp /,
    );
  });
});
