import type { AuditEntry } from '../../../src-preload/contract/audit';
import type { ClusterTask } from '../../../src-preload/contract/clusters';
import { taskWords } from '../../format/guest-format';

/** One thing that happened to an object. */
export interface Happening {
  key: string;
  atMs: number;
  /** Our own operation, or a task of the cluster by whoever started it. */
  from: 'holdfast' | 'cluster';
  what: string;
  by: string;
  outcome: AuditEntry['outcome'] | ClusterTask['outcome'];
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

export const isAbout = (target: string, object: HistoryObject): boolean =>
  object.kind === 'guest' ? namesGuest(target, object.vmid) : namesObject(target, object.name);

/** Newest first. */
export function timelineOf(
  entries: readonly AuditEntry[],
  tasks: readonly ClusterTask[],
  object: HistoryObject,
): Happening[] {
  const own = entries
    .filter(({ event, target }) => event !== 'session' && isAbout(target, object))
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
  return [...own, ...theirs].sort((a, b) => b.atMs - a.atMs);
}
