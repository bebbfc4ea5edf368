export interface ElectronRuntime {
  kind: 'override' | 'official' | 'fallback';
  executable: string;
  version: string;
  /** Another app folder than this checkout; see withApp. */
  app?: string;
}
export function withApp(runtime: ElectronRuntime, app: string, workFolder: string): ElectronRuntime;
export function resolveElectron(): Promise<ElectronRuntime>;
export function announce(runtime: ElectronRuntime): void;
export function electronArguments(
  runtime: ElectronRuntime,
  options?: { demo?: boolean; extra?: string[] },
): string[];
export function electronEnvironment(
  runtime: ElectronRuntime,
  options?: { demo?: boolean; userData?: string },
): Record<string, string>;
