export const btrfsActionIds = [] as const;
