export const mdadmActionIds = [] as const;
