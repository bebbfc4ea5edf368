import type { ChangeState, StagedChange } from '../../../src-preload/contract/changes';
import { readOnlyExcuse } from '../../components/excuse';

export type ChangeFilter = 'pending' | 'ended' | 'all';

/** What still asks for a person: it waits, is under way, or nobody knows what became of it. */
const open: ReadonlySet<ChangeState> = new Set(['pending', 'applying', 'unknown']);
export const isOpen = ({ state }: Pick<StagedChange, 'state'>): boolean => open.has(state);

export function filterChanges(
  changes: readonly StagedChange[],
  filter: ChangeFilter,
  hostId: string | null,
  search: string,
): StagedChange[] {
  const words = search.trim().toLowerCase();
  return changes.filter((change) => {
    const { title, target, hostName, note, action } = change;
    if (filter !== 'all' && isOpen(change) !== (filter === 'pending')) return false;
    if (hostId !== null && change.hostId !== hostId) return false;
    return `${title} ${target.name} ${hostName} ${action} ${note}`.toLowerCase().includes(words);
  });
}

/** Hosts and clusters that have changes, each once, by name. */
export function hostsOf(changes: readonly StagedChange[]): { value: string; label: string }[] {
  const names = new Map(changes.map(({ hostId, hostName }) => [hostId, hostName]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

/** Oldest first: in the order they were staged. */
export function inOrder(chosen: readonly StagedChange[]): StagedChange[] {
  return chosen.filter(({ state }) => state === 'pending').reverse();
}

/** Why these cannot be applied one after another, or null. */
export function sequenceExcuse(chosen: readonly StagedChange[], readOnly: boolean): string | null {
  const denied = readOnlyExcuse(readOnly);
  if (denied !== null) return denied;
  if (chosen.length === 0) return 'Choose changes that are pending.';
  const worst = chosen.find(({ risk }) => risk === 'catastrophic');
  return worst === undefined
    ? null
    : `“${worst.title}” on ${worst.hostName} is catastrophic, so it is applied by itself.`;
}
