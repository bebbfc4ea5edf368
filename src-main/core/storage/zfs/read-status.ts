import { parsePoolStatus, statusTakenAtMs, type StatusReading } from './status';
import { readStatusJson } from './status-json';

/** `zpool status` in either form: JSON starts with a brace, the text never does. Throws `unexpected-output`. */
export function readStatus(stdout: string): StatusReading {
  return stdout.startsWith('{')
    ? readStatusJson(stdout)
    : { pools: parsePoolStatus(stdout), takenAtMs: statusTakenAtMs(stdout) };
}

/** Whether `zpool status` has a JSON form: OpenZFS 2.3 and later. @param version as the last inventory told, `2.3.9` */
export function tellsJson(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 3);
}
