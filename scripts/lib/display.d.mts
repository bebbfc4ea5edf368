export interface VirtualDisplay {
  env: { DISPLAY: string; XAUTHORITY: string };
  stop(): void;
}
export function hasDisplay(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): boolean;
export function startXvfb(size?: { width?: number; height?: number }): Promise<VirtualDisplay>;
