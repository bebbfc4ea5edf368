import type { zfsActionIds } from '../../../../../../src-preload/contract/actions/zfs';

type ZfsActionId = (typeof zfsActionIds)[number];

/** For tests: captured failures of commands on pools and datasets, and words that their sentence must hold. */
export const knownZfsFailures: [backend: 'zfs', name: string, action: ZfsActionId, says: RegExp][] = [
  ['zfs', 'zfs-027-FAIL-zfs-create-nonroot', 'zfs.dataset.create', /may not change/],
  ['zfs', 'zfs-031-FAIL-create-in-use', 'zfs.pool.create', /Disk \/dev\/vdb is in use/],
  ['zfs', 'zfs-032-FAIL-create-in-use-f', 'zfs.pool.create', /Disk \/dev\/vdb is in use/],
  ['zfs', 'zfs-033-FAIL-create-exists', 'zfs.pool.create', /Folder \/tank.* not empty/],
  ['zfs', 'zfs-034-FAIL-create-mounted', 'zfs.pool.create', /Disk \/dev\/vda is in use/],
  ['zfs', 'zfs-035-FAIL-create-nodev', 'zfs.pool.create', /no disk \/dev\/nope/],
  ['zfs', 'zfs-036-FAIL-create-reserved-name', 'zfs.pool.create', /keeps the name mirror/],
  ['zfs', 'zfs-037-FAIL-create-mismatched', 'zfs.pool.create', /raidz takes at least 2 disks/],
  ['zfs', 'zfs-038-FAIL-create-has-ext4', 'zfs.pool.create', /\/dev\/vdh holds a ext4/],
  ['zfs', 'zfs-039-FAIL-create-has-lvm', 'zfs.pool.create', /\/dev\/vdh holds a LVM2_member/],
  ['zfs', 'zfs-040-FAIL-create-too-small', 'zfs.pool.create', /smaller than ZFS takes \(64M\)/],
  ['zfs', 'zfs-042-FAIL-destroy-children', 'zfs.dataset.destroy', /tank\/a has children.*tank\/a\/b\/c/],
  ['zfs', 'zfs-043-FAIL-destroy-has-snapshots', 'zfs.dataset.destroy', /tank\/data@all1, tank\/data@s1/],
  ['zfs', 'zfs-046-FAIL-create-dataset-exists', 'zfs.dataset.create', /a dataset tank\/data already/],
  ['zfs', 'zfs-047-FAIL-create-no-parent', 'zfs.dataset.create', /parent of tank\/x\/y is not there/],
  ['zfs', 'zfs-055-FAIL-destroy-R-hint', 'zfs.dataset.destroy', /Clones elsewhere.*tank\/clone/],
  ['zfs', 'zfs-064-FAIL-export-busy', 'zfs.pool.export', /\/tank\/data is in use/],
  ['zfs', 'zfs-065-FAIL-destroy-pool-busy', 'zfs.pool.export', /\/tank\/data is in use/],
  ['zfs', 'zfs-069-FAIL-send-tty', 'zfs.snapshot.clone', /tank\/nope@s is not there/],
  ['zfs', 'zfs-071-FAIL-recv-exists', 'zfs.snapshot.clone', /z2\/copy exists already/],
  ['zfs', 'zfs-073-FAIL-send-incr-no-base', 'zfs.snapshot.clone', /tank\/data@nope is not there/],
  ['zfs', 'zfs-075-FAIL-quota', 'zfs.dataset.create', /quota of the dataset is used up/],
  ['zfs', 'zfs-076-FAIL-set-bad', 'zfs.property.set', /compression must be one of/],
  ['zfs', 'zfs-077-FAIL-set-ro', 'zfs.property.set', /used cannot be set/],
  ['zfs', 'zfs-082-FAIL-scrub-stop-none', 'zfs.scrub.stop', /No scrub of pool tank/],
  ['zfs', 'zfs-086-FAIL-offline-last', 'zfs.device.offline', /Without vdc the pool would lose data/],
  ['zfs', 'zfs-096-FAIL-replace-busy', 'zfs.device.replace', /\/dev\/vdd is in use/],
  ['zfs', 'zfs-097-FAIL-attach-small', 'zfs.device.attach', /smaller than the one it stands beside/],
  ['zfs', 'zfs-112-FAIL-import-missing', 'zfs.pool.import', /holds a pool nope/],
  ['zfs', 'zfs-114-FAIL-import-again', 'zfs.pool.import', /pool tank is imported already/],
  ['zfs', 'zfs-115-FAIL-destroy-missing-pool', 'zfs.pool.export', /no pool nope/],
];
