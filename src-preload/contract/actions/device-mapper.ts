export const deviceMapperActionIds = [] as const;
