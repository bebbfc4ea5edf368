export function sourceDigest(folder?: string, paths?: string[]): string;
export function ensureBuild(): Promise<void>;
