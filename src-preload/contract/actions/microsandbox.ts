export const microsandboxActionIds = [
  'msb.volume.createDirectory',
  'msb.volume.createDisk',
  'msb.volume.remove',
  'msb.orphan.setAside',
  'msb.orphan.delete',
  'msb.snapshot.create',
  'msb.snapshot.remove',
  'msb.snapshot.restore',
] as const;
