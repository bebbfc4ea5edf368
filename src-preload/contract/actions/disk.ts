export const diskActionIds = ['disk.selftest.short', 'disk.selftest.long', 'disk.selftest.abort'] as const;
