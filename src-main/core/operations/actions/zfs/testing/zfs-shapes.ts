import fc from 'fast-check';
import type { zfsActionIds } from '../../../../../../src-preload/contract/actions/zfs';
import { poolLevels } from '../../../../storage/zfs/pool-commands';
import { recordSizes, safeProperties } from '../../../../storage/zfs/properties';

type ZfsActionId = (typeof zfsActionIds)[number];
type Text = fc.Arbitrary<string>;

/** Words that the builders of ZFS write by themselves. */
export const zfsWords: readonly string[] = [
  '/usr/sbin/zpool',
  'create',
  'import',
  'export',
  'scrub',
  'trim',
  'checkpoint',
  'clear',
  'replace',
  'attach',
  'detach',
  'online',
  'offline',
  'set',
  'rename',
  'promote',
  'hold',
  'release',
  'clone',
  'bookmark',
  '-o',
  '-V',
  '-c',
  ...['ashift=12', 'ashift=13', 'atime=on', 'atime=off'],
  ...['lz4', 'zstd', 'zstd-9', 'gzip', 'off'].map((value) => `compression=${value}`),
  ...recordSizes.map((value) => `recordsize=${value}`),
];

/** Two answers of a person that one argument joins: `quota=10G`, `tank/data#b1`. */
export function zfsJoined(given: readonly string[]): string[] {
  const joined = given.flatMap((a) => given.flatMap((b) => [`${a}=${b}`, `${a}#${b}`]));
  const ofSnapshot = given
    .filter((name) => name.includes('@'))
    .flatMap((name) =>
      given.flatMap((b) => [
        `${name.slice(0, name.indexOf('@'))}@${b}`,
        `${name.slice(0, name.indexOf('@'))}#${b}`,
      ]),
    );
  return [...joined, ...ofSnapshot, ...given.map((value) => `quota=${value}`)];
}

/** For the property test: inputs that are mostly about what is there, with junk among them. */
export function zfsShapes(pieces: {
  dataset: Text;
  part: Text;
  snapshot: Text;
  nasty: Text;
}): Record<ZfsActionId, fc.Arbitrary<Record<string, unknown>>> {
  const { dataset, part, snapshot, nasty } = pieces;
  const free = ['AA', 'C4', 'ZZ'].map((end) => `/dev/disk/by-id/ata-ST18000NM000J-2TV103_ZR5D11${end}`);
  const used = '/dev/disk/by-id/ata-ST18000NM000J-2TV103_ZR5A1K0L';
  const device = fc.oneof(fc.constantFrom(...free, used), nasty);
  const poolName = fc.oneof(fc.constantFrom('tank', 'fast', 'backup'), nasty);
  const member = fc.oneof(
    fc.constantFrom(`${used}-part1`, '/dev/disk/by-id/nvme-WD_BLACK_SN850X_4000GB_23304Z801127-part1'),
    nasty,
  );
  const size = fc.oneof(fc.constantFrom('1G', '900T', '64M'), nasty);
  const fullName = fc.oneof(
    fc.constantFrom('tank/new', 'tank/git-old', 'tank/iso/x', 'fast/x', 'nope/x'),
    nasty,
  );
  const pool = fc.record({ pool: poolName });
  const onMember = fc.record({ pool: poolName, member });
  const withDevice = fc.record({ pool: poolName, member, device });
  const compression = fc.constantFrom('inherit', 'lz4', 'zstd', 'off', '-o');
  const tag = fc.oneof(fc.constantFrom('keep', 'legal'), nasty);
  return {
    'zfs.pool.create': fc.record({
      name: fc.oneof(fc.constantFrom('new', 'tank', 'mirror'), nasty),
      level: fc.constantFrom(...poolLevels, 'stripe'),
      devices: fc.array(device, { minLength: 1, maxLength: 5 }),
      ashift: fc.constantFrom('auto', '12', '13', '9'),
    }),
    'zfs.pool.import': pool,
    'zfs.pool.export': pool,
    'zfs.scrub.start': pool,
    'zfs.scrub.pause': pool,
    'zfs.scrub.stop': pool,
    'zfs.trim.start': pool,
    'zfs.trim.cancel': pool,
    'zfs.checkpoint.create': pool,
    'zfs.checkpoint.discard': pool,
    'zfs.errors.clear': fc.record({ pool: poolName, member: fc.oneof(member, fc.constant(null)) }),
    'zfs.device.replace': withDevice,
    'zfs.device.attach': withDevice,
    'zfs.device.detach': onMember,
    'zfs.device.online': onMember,
    'zfs.device.offline': onMember,
    'zfs.dataset.create': fc.record({
      parent: dataset,
      name: part,
      compression,
      quota: fc.oneof(size, fc.constant(null)),
      recordsize: fc.constantFrom('inherit', '16K', '3K'),
      atime: fc.constantFrom('inherit', 'off', 'maybe'),
    }),
    'zfs.volume.create': fc.record({ parent: dataset, name: part, compression, size, sparse: fc.boolean() }),
    'zfs.property.set': fc.record({
      dataset,
      property: fc.constantFrom(...safeProperties, 'mountpoint', 'exec'),
      value: fc.oneof(fc.constantFrom('on', 'off', 'none', '10G', 'lz4', 'visible', 'disabled'), nasty),
    }),
    'zfs.dataset.rename': fc.record({ dataset, newName: fullName }),
    'zfs.dataset.promote': fc.record({ dataset }),
    'zfs.dataset.destroy': fc.record({ dataset, recursive: fc.boolean() }),
    'zfs.snapshot.create': fc.record({ dataset, name: part, recursive: fc.boolean() }),
    'zfs.snapshot.destroy': fc.record({ snapshot }),
    'zfs.snapshot.rollback': fc.record({ snapshot, destroyNewer: fc.boolean() }),
    'zfs.snapshot.restoreBeside': fc.record({ snapshot, before: part, name: fullName }),
    'zfs.snapshot.clone': fc.record({ snapshot, name: fullName }),
    'zfs.snapshot.hold': fc.record({ snapshot, tag }),
    'zfs.snapshot.release': fc.record({ snapshot, tag }),
    'zfs.bookmark.create': fc.record({ snapshot, name: part }),
    'zfs.bookmark.destroy': fc.record({ dataset, name: part }),
  };
}
