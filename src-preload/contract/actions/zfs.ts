export const zfsActionIds = ['zfs.snapshot.create', 'zfs.snapshot.destroy', 'zfs.snapshot.rollback'] as const;
