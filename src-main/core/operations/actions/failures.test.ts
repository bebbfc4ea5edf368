import { describe, expect, it } from 'vitest';
import type { HostActionId } from '../../../../src-preload/contract/operations';
import { captured, capturedNames } from '../../storage/testing/captured';
import { actions } from './index';
import { knownZfsFailures } from './zfs/testing/zfs-known-failures';

/** Every captured failure of a command that Holdfast sends, and words its sentence must hold. */
const known: [backend: 'zfs' | 'lvm' | 'mdadm', name: string, action: HostActionId, says: RegExp][] = [
  ['zfs', 'zfs-048-FAIL-snapshot-exists', 'zfs.snapshot.create', /tank\/data@s1 already/],
  ['zfs', 'zfs-049-FAIL-snapshot-missing-ds', 'zfs.snapshot.create', /no dataset tank\/nope/],
  ['zfs', 'zfs-050-FAIL-snapshot-bad-name', 'zfs.snapshot.create', /does not allow "%"/],
  ['zfs', 'FAIL-snapshot-exists', 'zfs.snapshot.create', /tank\/data@s1 already/],
  ['zfs', 'FAIL-snapshot-exists-recursive', 'zfs.snapshot.create', /tank@all1 already/],
  ['zfs', 'FAIL-snapshot-dataset-missing', 'zfs.snapshot.create', /no dataset tank\/nope/],
  ['zfs', 'FAIL-snapshot-non-root', 'zfs.snapshot.create', /may not change/],
  ['zfs', 'FAIL-snapshot-suspended', 'zfs.snapshot.create', /suspended/],
  ['zfs', 'zfs-054-FAIL-destroy-snap-clone', 'zfs.snapshot.destroy', /tank\/clone\. Nothing was destroyed/],
  ['zfs', 'zfs-057-FAIL-destroy-held', 'zfs.snapshot.destroy', /tank\/data@s1 is held/],
  ['zfs', 'zfs-045-FAIL-destroy-missing', 'zfs.snapshot.destroy', /not there any more/],
  ['zfs', 'FAIL-destroy-clones', 'zfs.snapshot.destroy', /tank\/clone, tank\/clone two/],
  ['zfs', 'FAIL-destroy-held', 'zfs.snapshot.destroy', /is held/],
  ['zfs', 'FAIL-destroy-missing', 'zfs.snapshot.destroy', /not there any more/],
  ['zfs', 'FAIL-destroy-non-root', 'zfs.snapshot.destroy', /may not change/],
  ['zfs', 'zfs-051-FAIL-rollback-newer', 'zfs.snapshot.rollback', /tank\/data@all1, tank\/data@s2/],
  [
    'zfs',
    'zfs-053-FAIL-rollback-r-clone',
    'zfs.snapshot.rollback',
    /Clones of newer snapshots exist: tank\/clone/,
  ],
  ['zfs', 'FAIL-rollback-newer', 'zfs.snapshot.rollback', /tank\/data@s2, tank\/data#b2/],
  ['zfs', 'FAIL-rollback-bookmark-newer', 'zfs.snapshot.rollback', /tank\/data@s3/],
  ['zfs', 'FAIL-rollback-r-clones', 'zfs.snapshot.rollback', /tank\/clone two/],
  ['zfs', 'FAIL-rollback-r-held', 'zfs.snapshot.rollback', /may already be destroyed/],
  ['zfs', 'FAIL-rollback-missing', 'zfs.snapshot.rollback', /not there any more/],
  ['zfs', 'FAIL-rollback-non-root', 'zfs.snapshot.rollback', /may not change/],
  ['zfs', 'zfs-063-FAIL-unmount-busy', 'zfs.snapshot.rollback', /in use/],
  ...knownZfsFailures,
  ['lvm', 'lvm-035-FAIL-vgcreate-used-device', 'lvm.group.create', /\/dev\/vdb belongs to volume group vg0/],
  ['lvm', 'lvm-036-FAIL-vgcreate-mounted-device', 'lvm.group.create', /\/dev\/vda is mounted/],
  ['lvm', 'lvm-037-FAIL-vgcreate-existing-name', 'lvm.group.create', /by the name of vg0 in \/dev already/],
  ['lvm', 'lvm-038-FAIL-vgcreate-no-device', 'lvm.group.create', /no device \/dev\/nope/],
  ['lvm', 'lvm-039-FAIL-vgcreate-bad-name', 'lvm.group.create', /does not take this name/],
  ['lvm', 'lvm-040-FAIL-vgcreate-device-with-fs-no-tty', 'lvm.group.create', /found data on a disk/],
  ['lvm', 'lvm-057-FAIL-vgchange-an-open', 'lvm.volume.deactivate', /mounted.*Nothing was changed/],
  ['lvm', 'lvm-060-FAIL-vgreduce-in-use', 'lvm.group.reduce', /parts on \/dev\/vdb/],
  ['lvm', 'lvm-092-FAIL-lvextend-active-origin', 'lvm.volume.extend', /only while it is inactive/],
  [
    'lvm',
    'lvm-042-FAIL-lvcreate-too-big',
    'lvm.snapshot.create',
    /239 free extents and the snapshot needs 2560/,
  ],
  ['lvm', 'lvm-043-FAIL-lvcreate-exists', 'lvm.snapshot.create', /vg0\/data already/],
  ['lvm', 'lvm-044-FAIL-lvcreate-no-vg', 'lvm.snapshot.create', /no volume group nope/],
  ['lvm', 'lvm-045-FAIL-lvcreate-snap-no-space-in-vg', 'lvm.snapshot.create', /0 free extents/],
  ['lvm', 'lvm-047-FAIL-lvcreate-snap-of-missing', 'lvm.snapshot.create', /no volume vg0\/nope/],
  ['lvm', 'lvm-048-FAIL-lvcreate-snap-exists', 'lvm.snapshot.create', /vg0\/data_snap already/],
  ['lvm', 'lvm-049-FAIL-lvcreate-snap-of-snap', 'lvm.snapshot.create', /no snapshot of a snapshot/],
  ['lvm', 'lvm-051-FAIL-lvcreate-snap-no-size-thick', 'lvm.snapshot.create', /needs a size/],
  [
    'lvm',
    'lvm-089-FAIL-lvcreate-thin-snap-pool-full',
    'lvm.snapshot.create',
    /vg0\/pool has too little space/,
  ],
  ['lvm', 'lvm-106-FAIL-lvcreate-vg-partial', 'lvm.snapshot.create', /vg0 misses a disk/],
  ['lvm', 'FAIL-create-exists', 'lvm.snapshot.create', /vg0\/before already/],
  ['lvm', 'FAIL-create-no-group', 'lvm.snapshot.create', /no volume group nope/],
  ['lvm', 'FAIL-create-no-origin', 'lvm.snapshot.create', /no volume vg0\/nope/],
  ['lvm', 'FAIL-create-of-snapshot', 'lvm.snapshot.create', /no snapshot of a snapshot/],
  ['lvm', 'FAIL-create-of-pool', 'lvm.snapshot.create', /no snapshot of a thin pool/],
  ['lvm', 'FAIL-create-no-space', 'lvm.snapshot.create', /0 free extents/],
  ['lvm', 'FAIL-create-no-size', 'lvm.snapshot.create', /needs a size/],
  ['lvm', 'FAIL-create-non-root', 'lvm.snapshot.create', /as root/],
  ['lvm', 'FAIL-create-merging', 'lvm.snapshot.create', /rollback of this volume is still under way/],
  ['lvm', 'FAIL-create-thin-pool-full', 'lvm.snapshot.create', /too little space/],
  ['lvm', 'FAIL-create-missing-disk', 'lvm.snapshot.create', /misses a disk/],
  ['lvm', 'lvm-052-FAIL-lvremove-open', 'lvm.snapshot.destroy', /mounted/],
  ['lvm', 'lvm-053-FAIL-lvremove-no-yes-no-tty', 'lvm.snapshot.destroy', /asked a question/],
  ['lvm', 'lvm-054-FAIL-lvremove-missing', 'lvm.snapshot.destroy', /no volume vg0\/nope/],
  ['lvm', 'FAIL-remove-missing', 'lvm.snapshot.destroy', /no volume vg0\/nope/],
  ['lvm', 'FAIL-remove-open', 'lvm.snapshot.destroy', /mounted/],
  ['lvm', 'FAIL-remove-no-yes', 'lvm.snapshot.destroy', /asked a question/],
  ['lvm', 'FAIL-remove-merging', 'lvm.snapshot.destroy', /goes away by itself/],
  ['lvm', 'FAIL-remove-thin-merging', 'lvm.snapshot.destroy', /goes away by itself/],
  ['lvm', 'lvm-062-FAIL-merge-not-snapshot', 'lvm.snapshot.rollback', /not a snapshot/],
  ['lvm', 'lvm-067-FAIL-merge-second-while-merging', 'lvm.snapshot.rollback', /being merged into vg0\/data/],
  ['lvm', 'lvm-082-FAIL-merge-overflowed', 'lvm.snapshot.rollback', /vg0\/ovf overflowed/],
  ['lvm', 'FAIL-merge-not-snapshot', 'lvm.snapshot.rollback', /not a snapshot/],
  ['lvm', 'FAIL-merge-missing', 'lvm.snapshot.rollback', /no volume vg0\/nope/],
  ['lvm', 'FAIL-merge-invalid', 'lvm.snapshot.rollback', /overflowed/],
  ['lvm', 'FAIL-merge-while-merging', 'lvm.snapshot.rollback', /Another snapshot is being merged/],
  ['lvm', 'FAIL-merge-thin-while-merging', 'lvm.snapshot.rollback', /being merged into vg0\/thin1/],
  ['lvm', 'FAIL-merge-again', 'lvm.snapshot.rollback', /merged already/],
  ['lvm', 'FAIL-merge-running-again', 'lvm.snapshot.rollback', /merged already/],
  ['mdadm', 'FAIL-action-non-root', 'mdadm.array.check', /as root/],
  ['mdadm', 'FAIL-array-non-root', 'mdadm.array.stop', /as root/],
  ['mdadm', 'FAIL-create-non-root', 'mdadm.array.create', /as root/],
  ['mdadm', 'FAIL-add-non-root', 'mdadm.member.add', /as root/],
  ['mdadm', 'FAIL-add-again', 'mdadm.member.add', /\/dev\/vdd is in use/],
  ['mdadm', 'FAIL-add-busy', 'mdadm.member.add', /\/dev\/vde is in use/],
  ['mdadm', 'FAIL-add-mounted', 'mdadm.member.add', /\/dev\/vda is in use/],
  ['mdadm', 'FAIL-add-no-array', 'mdadm.member.add', /no array \/dev\/md77 any more/],
  ['mdadm', 'FAIL-add-no-device', 'mdadm.member.add', /\/dev\/nope is not there any more/],
  ['mdadm', 'FAIL-add-raid0', 'mdadm.member.add', /takes no more members/],
  ['mdadm', 'FAIL-add-read-only', 'mdadm.member.add', /read-only/],
  ['mdadm', 'FAIL-add-too-small', 'mdadm.member.add', /too small/],
  ['mdadm', 'FAIL-assemble-name-taken', 'mdadm.array.assemble', /another array \/dev\/md5/],
  ['mdadm', 'FAIL-assemble-other-name', 'mdadm.array.assemble', /no free disk of this array/],
  ['mdadm', 'FAIL-assemble-running', 'mdadm.array.assemble', /no free disk of this array/],
  ['mdadm', 'FAIL-assemble-unknown', 'mdadm.array.assemble', /no free disk of this array/],
  ['mdadm', 'FAIL-assemble-outdated-disk', 'mdadm.array.assemble', /another superblock of this array/],
  ['mdadm', 'FAIL-assemble-too-few', 'mdadm.array.assemble', /Too few of its disks/],
  ['mdadm', 'mdadm-062-FAIL-assemble-broken', 'mdadm.array.assemble', /Too few of its disks/],
  ['mdadm', 'mdadm-070-FAIL-assemble-again', 'mdadm.array.assemble', /held by an array that is there/],
  ['mdadm', 'FAIL-bitmap-internal-again', 'mdadm.array.bitmap', /has a bitmap already/],
  ['mdadm', 'FAIL-bitmap-none-again', 'mdadm.array.bitmap', /has no bitmap already/],
  ['mdadm', 'FAIL-bitmap-none-broken', 'mdadm.array.bitmap', /did not change the bitmap/],
  ['mdadm', 'FAIL-bitmap-while-checking', 'mdadm.array.bitmap', /did not change the bitmap/],
  ['mdadm', 'FAIL-bitmap-raid0', 'mdadm.array.bitmap', /nothing that a bitmap could speed up/],
  ['mdadm', 'FAIL-check-raid0', 'mdadm.array.check', /no redundancy/],
  ['mdadm', 'FAIL-check-while-checking', 'mdadm.array.check', /No check was started/],
  ['mdadm', 'FAIL-repair-while-checking', 'mdadm.array.repair', /No repair was started/],
  ['mdadm', 'FAIL-create-busy-2', 'mdadm.array.create', /\/dev\/vde is in use/],
  ['mdadm', 'mdadm-032-FAIL-create-busy', 'mdadm.array.create', /\/dev\/vdb is in use/],
  ['mdadm', 'mdadm-033-FAIL-create-mounted', 'mdadm.array.create', /\/dev\/vda is in use/],
  ['mdadm', 'mdadm-034-FAIL-create-no-device', 'mdadm.array.create', /\/dev\/nope is not there any more/],
  ['mdadm', 'mdadm-035-FAIL-create-too-few', 'mdadm.array.create', /RAID 6 needs at least 4 disks/],
  ['mdadm', 'mdadm-036-FAIL-create-count-mismatch', 'mdadm.array.create', /fewer disks than places/],
  [
    'mdadm',
    'mdadm-037-FAIL-create-existing-md',
    'mdadm.array.create',
    /There is an array \/dev\/md5 already/,
  ],
  ['mdadm', 'mdadm-038-FAIL-create-prompt-no-tty', 'mdadm.array.create', /asked a question/],
  ['mdadm', 'FAIL-create-existing', 'mdadm.array.create', /There is an array \/dev\/md0 already/],
  ['mdadm', 'FAIL-create-prompt-signature', 'mdadm.array.create', /found data on a disk/],
  ['mdadm', 'FAIL-create-raid1-no-run', 'mdadm.array.create', /asked a question/],
  ['mdadm', 'FAIL-create-twice', 'mdadm.array.create', /\/dev\/vdh was given twice/],
  ['mdadm', 'FAIL-fail-last', 'mdadm.member.fail', /cannot do without it/],
  ['mdadm', 'FAIL-fail-nonmember', 'mdadm.member.fail', /\/dev\/vdh is not a member/],
  ['mdadm', 'FAIL-fail-pulled', 'mdadm.member.fail', /\/dev\/vdb is not there any more/],
  ['mdadm', 'FAIL-fail-raid0', 'mdadm.member.fail', /cannot do without it/],
  ['mdadm', 'FAIL-grow-again', 'mdadm.array.grow', /takes 1 more disks and the array has 0/],
  ['mdadm', 'FAIL-grow-no-spare', 'mdadm.array.grow', /takes 1 more disks and the array has 0/],
  ['mdadm', 'FAIL-grow-while-rebuilding', 'mdadm.array.grow', /takes 1 more disks and the array has 0/],
  ['mdadm', 'FAIL-grow-less', 'mdadm.array.grow', /make the array smaller/],
  ['mdadm', 'FAIL-grow-read-only', 'mdadm.array.grow', /read-only/],
  ['mdadm', 'FAIL-grow-while-checking', 'mdadm.array.grow', /cannot be changed meanwhile/],
  ['mdadm', 'FAIL-size-while-checking', 'mdadm.array.resize', /cannot be changed meanwhile/],
  ['mdadm', 'FAIL-remove-nonmember', 'mdadm.member.remove', /\/dev\/vdc is not a member/],
  ['mdadm', 'FAIL-remove-while-replacing', 'mdadm.member.remove', /at work in the array/],
  ['mdadm', 'mdadm-040-FAIL-remove-active', 'mdadm.member.remove', /\/dev\/vdd is at work/],
  ['mdadm', 'mdadm-042-FAIL-add-member-busy', 'mdadm.member.add', /\/dev\/vdb is in use/],
  ['mdadm', 'FAIL-replace-active-spare', 'mdadm.member.replace', /marked for replacement/],
  ['mdadm', 'FAIL-replace-not-spare', 'mdadm.member.replace', /marked for replacement/],
  ['mdadm', 'FAIL-replace-nonmember', 'mdadm.member.replace', /\/dev\/vdh is not a member/],
  ['mdadm', 'FAIL-stop-group', 'mdadm.array.stop', /\/dev\/md7 is in use/],
  ['mdadm', 'FAIL-stop-mounted', 'mdadm.array.stop', /\/dev\/md5 is in use/],
  ['mdadm', 'mdadm-039-FAIL-stop-mounted', 'mdadm.array.stop', /\/dev\/md5 is in use/],
  ['mdadm', 'FAIL-stop-missing', 'mdadm.array.stop', /no array \/dev\/md77 any more/],
];

describe('failures of the tools', () => {
  it.each(known)('%s %s is explained by %s', (backend, name, action, says) => {
    const { exitCode, stderr } = captured(backend, name);
    expect(exitCode).not.toBe(0);
    const failure = actions[action].explainFailure(exitCode, stderr);
    expect(failure?.message).toMatch(says);
    expect(failure?.message).toMatch(/\.$/);
    expect(failure?.remedy).toMatch(/\.$/);
  });

  it('are all in the table above, or are of commands that Holdfast does not send', () => {
    const listed = new Set(known.map(([backend, name]) => `${backend} ${name}`));
    const reads = /FAIL-(?:(?:vgs|lvs|detail)-non-root|zero-superblock-busy)$/;
    for (const backend of ['zfs', 'lvm', 'mdadm'] as const) {
      for (const name of capturedNames(backend, /FAIL-/)) {
        if (reads.test(name)) continue;
        expect(listed).toContain(`${backend} ${name}`);
      }
    }
  });

  it('give each kind its own sentence', () => {
    const explained = known.map(([backend, name, action, says]) => {
      const { exitCode, stderr } = captured(backend, name);
      return { action, says, sentence: actions[action].explainFailure(exitCode, stderr)?.message ?? '' };
    });
    for (const one of explained) {
      for (const other of explained) {
        if (one.action !== other.action || one.says.test(other.sentence)) continue;
        expect(one.sentence).not.toBe(other.sentence);
      }
    }
    expect(new Set(explained.map(({ sentence }) => sentence)).size).toBeGreaterThan(35);
  });

  it.each(Object.values(actions))('says nothing of an unknown failure, or of none: $id', (action) => {
    expect(action.explainFailure(1, 'something new')).toBeNull();
    expect(action.explainFailure(0, 'permission denied')).toBeNull();
  });
});
