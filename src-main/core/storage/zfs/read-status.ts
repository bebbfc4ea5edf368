import type { BackendStatus } from '../../../../src-preload/contract/inventory';
import { parsePoolStatus, statusTakenAtMs, type StatusReading } from './status';
import { readStatusJson } from './status-json';

/** `zpool status` in either form: JSON starts with a brace, the text never does. Throws `unexpected-output`. */
export function readStatus(stdout: string): StatusReading {
  return stdout.startsWith('{')
    ? readStatusJson(stdout)
    : { pools: parsePoolStatus(stdout), takenAtMs: statusTakenAtMs(stdout) };
}

/** How long a host that refused a form is not asked for it again: each try stands in its log as a command not allowed. */
const refusalLastsMs = 24 * 3600 * 1000;

/**
 * Whether to ask for the JSON of `zpool status`: OpenZFS 2.3 and later have it, and a host whose sudoers file or forced
 * command was exported by an older Holdfast refuses it.
 * @param known as the last inventory told
 */
export function tellsJson(known: BackendStatus | null | undefined, nowMs: number): boolean {
  const [major = 0, minor = 0] = (known?.version ?? '').split('.').map(Number);
  const refusedAtMs = known?.refusedAtMs;
  if (refusedAtMs !== undefined && Math.abs(nowMs - refusedAtMs) < refusalLastsMs) return false;
  return major > 2 || (major === 2 && minor >= 3);
}
