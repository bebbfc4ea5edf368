import { describe, expect, it } from 'vitest';
import { btrfsActionIds } from '../../../../../src-preload/contract/actions/btrfs';
import type { ActionId } from '../../../../../src-preload/contract/operations';
import { captured, capturedNames } from '../../../storage/testing/captured';
import { btrfsActions } from './index';

type Id = (typeof btrfsActionIds)[number];

/** Every captured failure of a command that Holdfast sends, and words its sentence must hold. */
const known: [name: string, action: Id, says: RegExp][] = [
  ['btrfs-039-FAIL-snapshot-bad-dest', 'btrfs.snapshot.create', /no folder \/mnt\/b\/nodir/],
  ['btrfs-040-FAIL-snapshot-dest-exists-file', 'btrfs.snapshot.create', /a file at \/mnt\/b\/f/],
  ['btrfs-041-WARN-snapshot-dest-exists', 'btrfs.snapshot.create', /taken or lies in a read-only snapshot/],
  ['btrfs-042-FAIL-snapshot-other-fs', 'btrfs.snapshot.create', /\/tmp is not on a btrfs/],
  ['btrfs-043-FAIL-snapshot-not-subvol', 'btrfs.snapshot.create', /ordinary folder/],
  ['btrfs-044-FAIL-subvol-create-exists', 'btrfs.subvolume.create', /at \/mnt\/b\/@data already/],
  ['btrfs-045-FAIL-subvol-delete-not-subvol', 'btrfs.subvolume.destroy', /ordinary folder/],
  ['btrfs-046-FAIL-subvol-delete-nested', 'btrfs.subvolume.destroy', /Other subvolumes lie within/],
  ['btrfs-047-FAIL-subvol-delete-missing', 'btrfs.subvolume.destroy', /not there any more/],
  ['btrfs-058-FAIL-scrub-cancel-none', 'btrfs.scrub.cancel', /No scrub is running/],
  ['btrfs-062-FAIL-device-add-busy', 'btrfs.device.add', /\/dev\/vdc holds data \(btrfs\)/],
  ['btrfs-064-FAIL-device-remove-nonmember', 'btrfs.device.remove', /no device \/dev\/vdf/],
  ['btrfs-065-FAIL-device-remove-below-min', 'btrfs.device.remove', /raid1 needs at least two/],
  ['FAIL-add-exclusive', 'btrfs.device.add', /device add: "balance"/],
  ['FAIL-add-member', 'btrfs.device.add', /\/dev\/vdc holds data/],
  ['FAIL-add-missing', 'btrfs.device.add', /no device \/dev\/vdz/],
  ['FAIL-add-used', 'btrfs.device.add', /\/dev\/vdi holds data/],
  ['FAIL-balance-cancel-none', 'btrfs.balance.cancel', /none was cancelled/],
  ['FAIL-balance-pause-none', 'btrfs.balance.pause', /none was paused/],
  ['FAIL-balance-pause-paused', 'btrfs.balance.pause', /none was paused/],
  ['FAIL-balance-resume-none', 'btrfs.balance.resume', /none was resumed/],
  ['FAIL-balance-running', 'btrfs.balance.start', /balance: "balance" is under way/],
  ['FAIL-balance-start-paused', 'btrfs.balance.start', /"balance paused" is under way/],
  ['FAIL-create-exists', 'btrfs.subvolume.create', /already/],
  ['FAIL-create-no-parent', 'btrfs.subvolume.create', /no folder \/mnt\/b\/nope/],
  ['FAIL-create-nonroot', 'btrfs.subvolume.create', /may not change/],
  ['FAIL-create-not-btrfs', 'btrfs.subvolume.create', /\/tmp is not on a btrfs/],
  ['FAIL-create-ro-parent', 'btrfs.subvolume.create', /read-only/],
  ['FAIL-delete-default', 'btrfs.snapshot.destroy', /default subvolume/],
  ['FAIL-delete-missing', 'btrfs.snapshot.destroy', /not there any more/],
  ['FAIL-delete-mounted', 'btrfs.subvolume.destroy', /\/mnt is not on a btrfs/],
  ['FAIL-delete-nested', 'btrfs.snapshot.destroy', /Other subvolumes lie within/],
  ['FAIL-delete-nonroot', 'btrfs.snapshot.destroy', /may not delete it, or it is being sent/],
  ['FAIL-delete-not-subvol', 'btrfs.snapshot.destroy', /ordinary folder/],
  ['FAIL-label-long', 'btrfs.label.set', /longer than 255/],
  ['FAIL-remove-below-min', 'btrfs.device.remove', /raid1 needs at least two/],
  ['FAIL-remove-exclusive', 'btrfs.device.remove', /"balance" is under way/],
  ['FAIL-remove-nodevid', 'btrfs.device.remove', /no device 9/],
  ['FAIL-remove-nonmember', 'btrfs.device.remove', /no device \/dev\/vdf/],
  ['FAIL-remove-paused', 'btrfs.device.remove', /"balance paused" is under way/],
  ['FAIL-replace-cancel-none', 'btrfs.replace.cancel', /found no replacement/],
  ['FAIL-replace-exclusive', 'btrfs.device.replace', /"balance" is under way/],
  ['FAIL-replace-missing-target', 'btrfs.device.replace', /no device \/dev\/nope/],
  ['FAIL-replace-nodevid', 'btrfs.device.replace', /no device with the id 9/],
  ['FAIL-replace-running', 'btrfs.device.replace', /\/dev\/vdd holds data/],
  ['FAIL-replace-used', 'btrfs.device.replace', /\/dev\/vdh holds data \(LVM2_member\)/],
  ['FAIL-resize-exclusive', 'btrfs.device.resize', /"balance" is under way/],
  ['FAIL-resize-nodevid', 'btrfs.device.resize', /no device with the id 9/],
  ['FAIL-scrub-start-running', 'btrfs.scrub.start', /running already/],
  ['FAIL-snapshot-missing-source', 'btrfs.snapshot.create', /not there any more/],
  ['FAIL-snapshot-no-parent', 'btrfs.snapshot.create', /no folder \/mnt\/b\/nope/],
  ['FAIL-snapshot-not-subvol', 'btrfs.snapshot.create', /ordinary folder/],
  ['FAIL-snapshot-other-fs', 'btrfs.snapshot.create', /\/tmp is not on a btrfs/],
];

/** Captures of commands that Holdfast never sends. */
const notSent = /-FAIL-(?:mkfs|write-ro|list-not-btrfs|send-rw|receive|enospc|mount-missing)/;

describe('failures of btrfs', () => {
  it.each(known)('%s is explained by %s', (name, action, says) => {
    const { exitCode, stderr } = captured('btrfs', name);
    expect(exitCode).not.toBe(0);
    const failure = btrfsActions[action].explainFailure(exitCode, stderr);
    expect(failure?.message).toMatch(says);
    expect(failure?.message).toMatch(/\.$/);
    expect(failure?.remedy).toMatch(/\.$/);
  });

  it('are all in the table above, or are of commands that Holdfast does not send', () => {
    const listed = new Set(known.map(([name]) => name));
    const captures = capturedNames('btrfs', /FAIL-|WARN-/).filter((name) => !notSent.test(name));
    expect(captures.length).toBeGreaterThan(50);
    for (const name of captures) expect(listed).toContain(name);
  });

  it('say nothing of an unknown failure, or of none', () => {
    for (const id of btrfsActionIds satisfies readonly ActionId[]) {
      expect(btrfsActions[id].explainFailure(1, 'something new')).toBeNull();
      expect(btrfsActions[id].explainFailure(0, 'Operation not permitted')).toBeNull();
    }
  });
});
