export const lvmActionIds = ['lvm.snapshot.create', 'lvm.snapshot.destroy', 'lvm.snapshot.rollback'] as const;
