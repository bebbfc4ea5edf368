export const root: string;
export const localBin: string;
export const nodeBinary: string;
export const checkoutCache: string;
export function cacheDirectory(env?: NodeJS.ProcessEnv): string;
export function pathWithLocalBin(path?: string): string;
export function pathWithoutLocalBin(path?: string): string;
