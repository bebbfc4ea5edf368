export const diskActionIds = [
  'disk.selftest.short',
  'disk.selftest.long',
  'disk.selftest.abort',
  'disk.mount',
  'disk.unmount',
] as const;
