export const pveActionIds = [
  'pve.guest.start',
  'pve.guest.shutdown',
  'pve.guest.stop',
  'pve.guest.reboot',
  'pve.guest.reset',
  'pve.guest.suspend',
  'pve.guest.resume',
  'pve.snapshot.create',
  'pve.snapshot.rollback',
  'pve.snapshot.delete',
] as const;
