import type { HostState } from '../../../src-preload/contract/hosts';
import type { AppError } from '../errors/app-error';

type Status = HostState['status'];

/** What a failed attempt to reach or read a host makes of its state. */
export function statusAfter(error: AppError): Status {
  switch (error.code) {
    case 'unreachable':
    case 'timed-out':
      return 'offline';
    case 'untrusted-host':
      return 'untrusted';
    case 'unauthorized':
    case 'vault-unavailable':
      return 'needs-credentials';
    default:
      return 'failed';
  }
}

/** At start, before any contact: what was seen before is offline, the rest was never connected. */
export function statusAtStart(lastSeenAtMs: number | null): Status {
  return lastSeenAtMs === null ? 'never-connected' : 'offline';
}
