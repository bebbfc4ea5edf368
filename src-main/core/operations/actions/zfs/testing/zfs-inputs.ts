import type { zfsActionIds } from '../../../../../../src-preload/contract/actions/zfs';

type ZfsActionId = (typeof zfsActionIds)[number];

/** For tests: who may do what, and how bad it can be. In the order of the menus. */
export const zfsRights: readonly (readonly [ZfsActionId, string, string])[] = [
  ['zfs.pool.create', 'administer', 'destructive'],
  ['zfs.dataset.create', 'administer', 'safe'],
  ['zfs.volume.create', 'administer', 'safe'],
  ['zfs.snapshot.create', 'operate', 'safe'],
  ['zfs.snapshot.hold', 'operate', 'safe'],
  ['zfs.snapshot.release', 'administer', 'safe'],
  ['zfs.bookmark.create', 'operate', 'safe'],
  ['zfs.bookmark.destroy', 'administer', 'destructive'],
  ['zfs.snapshot.clone', 'administer', 'safe'],
  ['zfs.snapshot.restoreBeside', 'administer', 'safe'],
  ['zfs.snapshot.rollback', 'administer', 'catastrophic'],
  ['zfs.snapshot.destroy', 'administer', 'destructive'],
  ['zfs.property.set', 'administer', 'safe'],
  ['zfs.dataset.rename', 'administer', 'safe'],
  ['zfs.dataset.promote', 'administer', 'safe'],
  ['zfs.dataset.destroy', 'administer', 'destructive'],
  ['zfs.scrub.start', 'operate', 'safe'],
  ['zfs.scrub.pause', 'operate', 'safe'],
  ['zfs.scrub.stop', 'operate', 'safe'],
  ['zfs.device.replace', 'administer', 'destructive'],
  ['zfs.device.attach', 'administer', 'destructive'],
  ['zfs.device.online', 'operate', 'safe'],
  ['zfs.device.offline', 'administer', 'destructive'],
  ['zfs.device.detach', 'administer', 'destructive'],
  ['zfs.errors.clear', 'operate', 'safe'],
  ['zfs.trim.start', 'operate', 'safe'],
  ['zfs.trim.cancel', 'operate', 'safe'],
  ['zfs.checkpoint.create', 'administer', 'safe'],
  ['zfs.checkpoint.discard', 'administer', 'destructive'],
  ['zfs.pool.import', 'administer', 'safe'],
  ['zfs.pool.export', 'administer', 'destructive'],
];

const byId = (number: number): string => `/dev/disk/by-id/virtio-LABDISK000${number}`;
const member = { pool: 'tank', member: `${byId(1)}-part1` };
const below = { parent: 'tank/data', name: 'new', compression: 'lz4' };

/** For tests: one well-formed input of each. */
export const goodZfsInputs: Readonly<Record<ZfsActionId, Record<string, unknown>>> = {
  'zfs.pool.create': { name: 'tank', level: 'mirror', devices: [byId(1), byId(2)], ashift: '12' },
  'zfs.pool.import': { pool: 'tank' },
  'zfs.pool.export': { pool: 'tank' },
  'zfs.scrub.start': { pool: 'tank' },
  'zfs.scrub.pause': { pool: 'tank' },
  'zfs.scrub.stop': { pool: 'tank' },
  'zfs.trim.start': { pool: 'tank' },
  'zfs.trim.cancel': { pool: 'tank' },
  'zfs.checkpoint.create': { pool: 'tank' },
  'zfs.checkpoint.discard': { pool: 'tank' },
  'zfs.errors.clear': member,
  'zfs.device.replace': { ...member, device: byId(3) },
  'zfs.device.attach': { ...member, device: byId(3) },
  'zfs.device.detach': member,
  'zfs.device.online': member,
  'zfs.device.offline': member,
  'zfs.dataset.create': { ...below, quota: '10G', recordsize: '128K', atime: 'off' },
  'zfs.volume.create': { ...below, size: '10G', sparse: false },
  'zfs.property.set': { dataset: 'tank/data', property: 'quota', value: '10G' },
  'zfs.dataset.rename': { dataset: 'tank/data', newName: 'tank/other' },
  'zfs.dataset.promote': { dataset: 'tank/data' },
  'zfs.dataset.destroy': { dataset: 'tank/data', recursive: true },
  'zfs.snapshot.create': { dataset: 'tank/data', name: 's1', recursive: false },
  'zfs.snapshot.destroy': { snapshot: 'tank/data@s1' },
  'zfs.snapshot.rollback': { snapshot: 'tank/data@s1', destroyNewer: false },
  'zfs.snapshot.restoreBeside': { snapshot: 'tank/data@s1', before: 'before', name: 'tank/data-s1' },
  'zfs.snapshot.clone': { snapshot: 'tank/data@s1', name: 'tank/data-s1' },
  'zfs.snapshot.hold': { snapshot: 'tank/data@s1', tag: 'keep' },
  'zfs.snapshot.release': { snapshot: 'tank/data@s1', tag: 'keep' },
  'zfs.bookmark.create': { snapshot: 'tank/data@s1', name: 'b1' },
  'zfs.bookmark.destroy': { dataset: 'tank/data', name: 'b1' },
};
