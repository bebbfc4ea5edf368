export const coreExternals: RegExp[];
