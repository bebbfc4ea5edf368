export const microsandboxActionIds = [] as const;
