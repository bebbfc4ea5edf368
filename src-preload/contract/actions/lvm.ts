export const lvmActionIds = [
  'lvm.snapshot.create',
  'lvm.snapshot.destroy',
  'lvm.snapshot.rollback',
  'lvm.group.create',
  'lvm.group.extend',
  'lvm.volume.create',
  'lvm.volume.extend',
  'lvm.volume.rename',
  'lvm.volume.destroy',
  'lvm.thin.create',
] as const;
