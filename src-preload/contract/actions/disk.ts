export const diskActionIds = [] as const;
