import { parsePoolStatus, statusTakenAtMs, type StatusReading } from './status';
import { readStatusJson } from './status-json';

/** `zpool status` in either form: JSON starts with a brace, the text never does. Throws `unexpected-output`. */
export function readStatus(stdout: string): StatusReading {
  return stdout.startsWith('{')
    ? readStatusJson(stdout)
    : { pools: parsePoolStatus(stdout), takenAtMs: statusTakenAtMs(stdout) };
}
