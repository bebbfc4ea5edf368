import type { AccessLevel } from '../../../../../src-preload/contract/hosts';
import type { Risk } from '../../../../../src-preload/contract/operations';
import type { btrfsActionIds } from '../../../../../src-preload/contract/actions/btrfs';

const filesystem = '90b8e033-87e5-4328-a01c-5751b3b21015';
const newDisk = '/dev/disk/by-id/virtio-LABDISK0004';

/** For tests: a well-formed input of every btrfs action. */
export const btrfsInputs: Record<(typeof btrfsActionIds)[number], Record<string, unknown>> = {
  'btrfs.subvolume.create': { filesystem, parent: '/mnt/b', name: '@new' },
  'btrfs.snapshot.create': {
    filesystem,
    source: '/mnt/b/@data',
    destination: '/mnt/b/.snapshots/one',
    readOnly: true,
  },
  'btrfs.subvolume.write-access': { filesystem, path: '/mnt/b/.snapshots/one', readOnly: false },
  'btrfs.snapshot.destroy': { filesystem, path: '/mnt/b/.snapshots/one' },
  'btrfs.subvolume.destroy': { filesystem, path: '/mnt/b/@data' },
  'btrfs.scrub.start': { filesystem },
  'btrfs.scrub.cancel': { filesystem },
  'btrfs.scrub.resume': { filesystem },
  'btrfs.balance.start': { filesystem, everything: false, dataPercent: 50, metadataPercent: 30 },
  'btrfs.balance.pause': { filesystem },
  'btrfs.balance.resume': { filesystem },
  'btrfs.balance.cancel': { filesystem },
  'btrfs.device.add': { filesystem, newDisk },
  'btrfs.device.remove': { filesystem, device: 2 },
  'btrfs.device.replace': { filesystem, device: 2, newDisk, avoidOld: false },
  'btrfs.replace.cancel': { filesystem },
  'btrfs.device.resize': { filesystem, device: 2 },
  'btrfs.label.set': { filesystem, label: 'media' },
};

/** Who may do it, and what it can cost. */
export const btrfsRisks: [(typeof btrfsActionIds)[number], AccessLevel, Risk][] = [
  ['btrfs.subvolume.create', 'administer', 'safe'],
  ['btrfs.snapshot.create', 'operate', 'safe'],
  ['btrfs.subvolume.write-access', 'administer', 'safe'],
  ['btrfs.snapshot.destroy', 'administer', 'destructive'],
  ['btrfs.subvolume.destroy', 'administer', 'destructive'],
  ['btrfs.scrub.start', 'operate', 'safe'],
  ['btrfs.scrub.cancel', 'operate', 'safe'],
  ['btrfs.scrub.resume', 'operate', 'safe'],
  ['btrfs.balance.start', 'administer', 'safe'],
  ['btrfs.balance.pause', 'administer', 'safe'],
  ['btrfs.balance.resume', 'administer', 'safe'],
  ['btrfs.balance.cancel', 'administer', 'safe'],
  ['btrfs.device.add', 'administer', 'destructive'],
  ['btrfs.device.remove', 'administer', 'destructive'],
  ['btrfs.device.replace', 'administer', 'destructive'],
  ['btrfs.replace.cancel', 'administer', 'safe'],
  ['btrfs.device.resize', 'administer', 'safe'],
  ['btrfs.label.set', 'administer', 'safe'],
];
