import { create } from 'zustand';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import type { Offer } from '../../src-preload/contract/operations';
import { listen } from '../api';
import { loadOffers } from './offers-store';
import { openPlan } from './plan-store';

/** Most objects of one bulk operation, as the core takes them. */
export const mostSelected = 200;

/** Unique over all hosts. */
export const selectionKey = (row: Pick<SnapshotRow, 'hostId' | 'id'>): string => `${row.hostId} ${row.id}`;

interface SelectionState {
  rows: ReadonlyMap<string, SnapshotRow>;
  /** Why the last bulk plan could not be asked for. */
  problem: string | null;
}

const nothing: SelectionState = { rows: new Map(), problem: null };
export const useSelectionStore = create<SelectionState>(() => nothing);

export function clearSelection(): void {
  useSelectionStore.setState(nothing);
}

/** Adds or takes away; beyond the most there can be, nothing is added. */
export function select(rows: readonly SnapshotRow[], chosen: boolean): void {
  useSelectionStore.setState((before) => {
    const next = new Map(before.rows);
    for (const row of rows) {
      const key = selectionKey(row);
      if (!chosen) next.delete(key);
      else if (next.size < mostSelected) next.set(key, row);
    }
    return { rows: next, problem: null };
  });
}

/** Rows of which more is known now; what is not ticked stays so. */
export function renewSelected(rows: readonly SnapshotRow[]): void {
  const { rows: selected, problem } = useSelectionStore.getState();
  const ticked = rows.filter((row) => selected.has(selectionKey(row)));
  if (ticked.length === 0) return;
  const next = new Map(selected);
  for (const row of ticked) next.set(selectionKey(row), row);
  useSelectionStore.setState({ rows: next, problem });
}

/** Where the last tick was set, for a range up to the next one. */
let lastTicked: number | null = null;

/** Ticks one row of the list; with `range` all between it and the last one that was ticked. */
export function tick(
  index: number,
  row: SnapshotRow,
  chosen: boolean,
  range: boolean,
  rowAt: (index: number) => SnapshotRow | undefined,
): void {
  const from = range ? (lastTicked ?? index) : index;
  lastTicked = index;
  const rows: SnapshotRow[] = [];
  for (let at = Math.min(from, index); at <= Math.max(from, index); at += 1) {
    const found = at === index ? row : rowAt(at);
    if (found !== undefined) rows.push(found);
  }
  select(rows, chosen);
}

export interface SelectionPart {
  hostId: string;
  hostName: string;
  backend: SnapshotRow['backend'];
  rows: SnapshotRow[];
}

/** One part per host and backend: each is a plan of its own, since a confirmation names one host. */
export function partsOf(rows: Iterable<SnapshotRow>): SelectionPart[] {
  const parts = new Map<string, SelectionPart>();
  for (const row of rows) {
    const key = `${row.hostId} ${row.backend}`;
    const part = parts.get(key);
    if (part !== undefined) part.rows.push(row);
    else {
      const { hostId, hostName, backend } = row;
      parts.set(key, { hostId, hostName, backend, rows: [row] });
    }
  }
  return [...parts.values()];
}

const destroys = ({ group, fields }: Offer): boolean => group === 'destroy' && fields.length === 0;

/**
 * Asks the core how each is destroyed, then for one plan over all of them.
 * @returns whether a plan was asked for; else `problem` says why not
 */
export async function planDestroy({ hostId, rows }: SelectionPart): Promise<boolean> {
  const answers = await Promise.all(
    rows.map(({ id }) => loadOffers(hostId, { kind: 'snapshot', snapshotId: id })),
  );
  const offers: Offer[] = [];
  for (const answer of answers) {
    if (answer.status === 'loading') continue;
    // Gone since it was ticked: the plan is about what is there.
    if (answer.status === 'failed') continue;
    const offer = answer.offers.find(destroys);
    if (offer !== undefined) offers.push(offer);
  }
  const possible = offers.filter(({ excuse }) => excuse === null);
  const [first] = possible;
  if (first === undefined) {
    const problem = offers[0]?.excuse ?? 'None of them is there any more. Refresh the host.';
    useSelectionStore.setState({ problem });
    return false;
  }
  useSelectionStore.setState({ problem: null });
  void openPlan({
    hostId,
    action: first.action,
    input: {
      items: possible.filter(({ action }) => action === first.action).map(({ input }) => input),
      goOn: true,
    },
  });
  return true;
}

/** What was destroyed meanwhile must not stay ticked; the list says what is there. */
export function followSelection(): () => void {
  return listen('operations:progress', ({ phase }) => {
    if (phase === 'finished') clearSelection();
  });
}
