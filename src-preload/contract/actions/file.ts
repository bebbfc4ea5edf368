export const fileActionIds = ['file.restore'] as const;
