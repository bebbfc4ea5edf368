import fc from 'fast-check';
import type { mdadmActionIds } from '../../../src-preload/contract/actions/mdadm';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import type { Risk } from '../../../src-preload/contract/operations';

/** For tests: one well-formed input of each action, and arbitrary ones. */

type Id = (typeof mdadmActionIds)[number];

const byId = (number: number): string => `/dev/disk/by-id/virtio-LABDISK000${number}`;

export const mdadmInputs: Record<Id, Record<string, unknown>> = {
  'mdadm.array.create': {
    array: '/dev/md0',
    level: '1',
    devices: [byId(1), byId(2)],
    spares: [],
    bitmap: 'internal',
  },
  'mdadm.array.assemble': {
    array: '/dev/md0',
    uuid: 'cc7925fe:7bf049f2:58a1d69d:3269a5a7',
    startDegraded: false,
  },
  'mdadm.array.stop': { array: '/dev/md0' },
  'mdadm.array.grow': { array: '/dev/md0', raidDevices: 4, newDisks: [byId(4)] },
  'mdadm.array.resize': { array: '/dev/md0' },
  'mdadm.array.check': { array: '/dev/md0' },
  'mdadm.array.repair': { array: '/dev/md0' },
  'mdadm.array.idle': { array: '/dev/md0' },
  'mdadm.array.bitmap': { array: '/dev/md0', bitmap: 'internal' },
  'mdadm.member.add': { array: '/dev/md0', newDisk: byId(3) },
  'mdadm.member.fail': { array: '/dev/md0', member: byId(1) },
  'mdadm.member.remove': { array: '/dev/md0', member: '/dev/vdb' },
  'mdadm.member.replace': { array: '/dev/md0', member: byId(1), newDisk: byId(3) },
};

/** Who may do it, and what it can cost. */
export const mdadmRisks: [Id, AccessLevel, Risk][] = [
  ['mdadm.array.create', 'administer', 'destructive'],
  ['mdadm.array.assemble', 'administer', 'safe'],
  ['mdadm.array.stop', 'administer', 'destructive'],
  ['mdadm.array.grow', 'administer', 'destructive'],
  ['mdadm.array.resize', 'administer', 'safe'],
  ['mdadm.array.check', 'operate', 'safe'],
  ['mdadm.array.repair', 'administer', 'destructive'],
  ['mdadm.array.idle', 'operate', 'safe'],
  ['mdadm.array.bitmap', 'administer', 'safe'],
  ['mdadm.member.add', 'administer', 'safe'],
  ['mdadm.member.fail', 'administer', 'destructive'],
  ['mdadm.member.remove', 'administer', 'safe'],
  ['mdadm.member.replace', 'administer', 'safe'],
];

/** Every word of a command that is not one of the input. */
export const mdadmWords: readonly string[] = [
  '/usr/sbin/mdadm',
  ...['--create', '--level', '--raid-devices', '--spare-devices', '--run', '--stop', '--assemble', '--uuid'],
  ...['--grow', '--size', 'max', '--add', '--add-spare', '--fail', '--remove', '--replace', '--with'],
  ...['--bitmap=internal', '--bitmap=none', '--action=check', '--action=repair', '--action=idle', 'detached'],
  // How many disks were given.
  ...Array.from({ length: 65 }, (_, count) => String(count)),
];

/** Inputs of the demo host raid-05, mostly of what is there. */
export function mdadmShapes(nasty: fc.Arbitrary<string>) {
  const array = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('/dev/md0', '/dev/md1', '/dev/md9', '/dev/md127') },
    nasty,
  );
  const disk = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(...'abcdefghijkl'.split('').map((letter) => `/dev/sd${letter}`), '/dev/sdz'),
    },
    nasty,
  );
  const disks = fc.array(disk, { maxLength: 6 });
  const one = fc.record({ array });
  return {
    'mdadm.array.create': fc.record({
      array,
      level: fc.oneof(fc.constantFrom('0', '1', '4', '5', '6', '10', 'linear'), nasty),
      devices: disks,
      spares: fc.oneof(fc.constant([]), disks),
      bitmap: fc.constantFrom('internal', 'none', 'external'),
    }),
    'mdadm.array.assemble': fc.record({
      array,
      uuid: fc.oneof(fc.constant('cc7925fe:7bf049f2:58a1d69d:3269a5a7'), nasty),
      startDegraded: fc.boolean(),
    }),
    'mdadm.array.stop': one,
    'mdadm.array.grow': fc.record({ array, raidDevices: fc.integer({ min: -1, max: 70 }), newDisks: disks }),
    'mdadm.array.resize': one,
    'mdadm.array.check': one,
    'mdadm.array.repair': one,
    'mdadm.array.idle': one,
    'mdadm.array.bitmap': fc.record({ array, bitmap: fc.constantFrom('internal', 'none', '/root/bitmap') }),
    'mdadm.member.add': fc.record({ array, newDisk: disk }),
    'mdadm.member.fail': fc.record({ array, member: disk }),
    'mdadm.member.remove': fc.record({ array, member: disk }),
    'mdadm.member.replace': fc.record({ array, member: fc.oneof(disk, fc.constant(null)), newDisk: disk }),
  };
}
