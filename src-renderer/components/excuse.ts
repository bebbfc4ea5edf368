import type { AccessLevel, Host } from '../../src-preload/contract/hosts';
import type { ActionInfo } from '../../src-preload/contract/operations';

const rank: Record<AccessLevel, number> = { view: 0, operate: 1, administer: 2 };

/**
 * Why an action can't be asked for, or null when it can. The core decides again, from fresh state;
 * this only spares a person the trip.
 */
export function excuseForAction(
  action: ActionInfo | undefined,
  host: Host | undefined,
  readOnly: boolean,
): string | null {
  if (action === undefined || host === undefined) return 'Not known yet.';
  if (readOnly) return 'Holdfast is in read-only mode. Turn it off in Settings.';
  if (rank[host.accessLevel] < rank[action.minimumAccess]) {
    return `This laptop may only ${host.accessLevel} on ${host.name}; it takes “${action.minimumAccess}”. Change it in the host's settings.`;
  }
  return null;
}
