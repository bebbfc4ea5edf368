/** What a simulated command leaves behind. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** How long the real tool would have taken, on top of the connection. */
  delayMs: number;
  /** Lines of stdout that come before `stdout`, each after its own wait. */
  progress?: readonly { afterMs: number; stdout: string }[];
}

export function succeeded(stdout = '', delayMs = 0): CommandResult {
  return { exitCode: 0, stdout, stderr: '', delayMs };
}

export function failed(exitCode: number, stderr: string, stdout = ''): CommandResult {
  return { exitCode, stdout, stderr, delayMs: 0 };
}
