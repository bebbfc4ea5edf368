import type { AccessLevel, Host } from '../../src-preload/contract/hosts';
import type { ActionInfo } from '../../src-preload/contract/operations';

const rank: Record<AccessLevel, number> = { view: 0, operate: 1, administer: 2 };

/** Why nothing at all can be changed now, or null. */
export const readOnlyExcuse = (readOnly: boolean): string | null =>
  readOnly ? 'Holdfast is in read-only mode. Turn it off in Settings.' : null;

/** Why this laptop may not do on a host or cluster what takes such a level, or null when it may. */
export function levelExcuse(
  { name, accessLevel, most }: Pick<Host, 'name' | 'accessLevel' | 'most'>,
  minimum: AccessLevel,
): string | null {
  if (most !== undefined && rank[most] < rank[minimum]) {
    return `The policy of this computer allows at most “${most}” on ${name}; it takes “${minimum}”.`;
  }
  if (rank[accessLevel] >= rank[minimum]) return null;
  return `This laptop may only ${accessLevel} on ${name}; it takes “${minimum}”. Change it in its settings.`;
}

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
  return readOnlyExcuse(readOnly) ?? levelExcuse(host, action.minimumAccess);
}
