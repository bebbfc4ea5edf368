import type { AuditEntry } from '../../../src-preload/contract/audit';
import type { ClusterTask } from '../../../src-preload/contract/clusters';
import type { StateChange } from '../../../src-preload/contract/history';
import { taskWords } from '../../format/guest-format';

/** One thing that happened to an object. */
export interface Happening {
  key: string;
  atMs: number;
  /** Our own operation, a task of the cluster by whoever started it, or a change that a reading met. */
  from: 'holdfast' | 'cluster' | 'reading';
  what: string;
  by: string;
  /** null: of a change of state there is none. */
  outcome: AuditEntry['outcome'] | ClusterTask['outcome'] | null;
  detail: string;
}

/** What is asked about. A guest is known by its number, all else by its name and what lies below it. */
export type HistoryObject = { kind: 'guest'; vmid: number } | { kind: 'named'; name: string };

/** `110`, `110 web-1`, `vm:110`: the number as a whole, and never a part of another one. */
const namesGuest = (target: string, vmid: number): boolean =>
  new RegExp(`(?:^|[^0-9.])${vmid}(?:$|[^0-9.])`).test(target);

/** `tank`, `tank/data`, `tank@daily`, a file `data:/logs` of a sandbox volume, also as one of several; not `tank2`. */
const namesObject = (target: string, name: string): boolean =>
  target.split(/[\s,]+/).some((word) => {
    const rest = word.startsWith(name) ? word.slice(name.length) : null;
    return rest === '' || (rest !== null && /^(?:[/@]|:\/)/.test(rest));
  });

/** The target of taking a snapshot is its volume; what became of it says which snapshot. */
const tellsOfSnapshot = (message: string, object: HistoryObject): boolean =>
  object.kind === 'named' &&
  object.name.includes('@') &&
  message.split(/\s+/).some((word) => word.replace(/[.,;:]+$/, '') === object.name);

export const isAbout = (target: string, object: HistoryObject): boolean =>
  object.kind === 'guest' ? namesGuest(target, object.vmid) : namesObject(target, object.name);

function changeWords(from: string | null, to: string | null): string {
  if (from === null) return `It is there, ${to ?? ''}`;
  return to === null ? `It is gone, after ${from}` : `${from} → ${to}`;
}

/** Newest first. */
export function timelineOf(
  entries: readonly AuditEntry[],
  tasks: readonly ClusterTask[],
  changes: readonly StateChange[],
  object: HistoryObject,
): Happening[] {
  const own = entries
    .filter(
      ({ event, target, message }) =>
        event !== 'session' && (isAbout(target, object) || tellsOfSnapshot(message, object)),
    )
    .map((entry): Happening => ({
      key: entry.operationId,
      atMs: entry.atMs,
      from: 'holdfast',
      what: `${entry.action} ${entry.target}`,
      by: entry.actor,
      outcome: entry.outcome,
      detail: entry.message,
    }));
  const theirs = tasks
    .filter(({ id }) => object.kind === 'guest' && id === String(object.vmid))
    .map((task): Happening => ({
      key: task.upid,
      atMs: task.startedAtMs,
      from: 'cluster',
      what: taskWords(task),
      by: task.user,
      outcome: task.outcome,
      detail: task.outcome === 'failed' ? (task.status ?? '') : '',
    }));
  const seen = changes.map(({ atMs, from, to }, index): Happening => ({
    key: `state ${atMs} ${index}`,
    atMs,
    from: 'reading',
    what: changeWords(from, to),
    by: '',
    outcome: null,
    detail: '',
  }));
  return [...own, ...theirs, ...seen].sort((a, b) => b.atMs - a.atMs);
}
