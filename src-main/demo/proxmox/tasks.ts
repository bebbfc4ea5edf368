import { ApiError, badParameters } from './errors';
import type { Identity } from './access';
import type { Cluster } from './types';

export interface Task {
  upid: string;
  node: string;
  pid: number;
  /** Hundredths of a second from the node's start to the task's. */
  pstart: number;
  startedAtMs: number;
  type: string;
  id: string;
  user: string;
  endedAtMs?: number;
  /** `OK`, `WARNINGS: n` or what went wrong; left out while it runs. */
  status?: string;
  log: string[];
  stop?: () => void;
}

/** What a task does: each value it yields is how many milliseconds pass until it goes on. */
export type Work = Generator<number, void>;

export interface TaskRun {
  log(line: string): void;
  /** Also makes the task end with warnings. */
  warn(line: string): void;
}

export interface TaskList {
  all: Task[];
  byUpid: Map<string, Task>;
  /** Multiplies how long tasks take; 0: they are over before the call that started them answers. */
  speed: number;
  lastPid: number;
  timers: Set<NodeJS.Timeout>;
}

export function createTaskList(speed: number, firstPid: number): TaskList {
  return { all: [], byUpid: new Map(), speed, lastPid: firstPid, timers: new Set() };
}

const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');

export interface TaskDescription {
  node: string;
  type: string;
  id: string;
  user: string;
}

export function createTask(
  cluster: Cluster,
  { node, type, id, user }: TaskDescription,
  startedAtMs: number,
): Task {
  cluster.tasks.lastPid += 1;
  const pid = cluster.tasks.lastPid;
  const bootedAtMs = cluster.nodes.get(node)?.bootedAtMs ?? startedAtMs;
  const pstart = Math.max(0, Math.floor((startedAtMs - bootedAtMs) / 10));
  const time = hex(Math.floor(startedAtMs / 1000));
  const upid = `UPID:${node}:${hex(pid)}:${hex(pstart)}:${time}:${type}:${id}:${user}:`;
  const task: Task = { upid, node, pid, pstart, startedAtMs, type, id, user, log: [] };
  cluster.tasks.all.push(task);
  cluster.tasks.byUpid.set(upid, task);
  return task;
}

function report(
  cluster: Cluster,
  task: Task,
  message: string,
  severity: number,
  atMs = cluster.nowMs(),
): void {
  cluster.log.push({
    uid: cluster.log.length + 1,
    atMs,
    node: task.node,
    user: task.user,
    tag: 'pvedaemon',
    severity,
    pid: task.pid,
    message,
  });
}

export function endTask(cluster: Cluster, task: Task, status: string, endedAtMs = cluster.nowMs()): void {
  task.status = status;
  task.endedAtMs = endedAtMs;
  delete task.stop;
  const last =
    status === 'OK' || status.startsWith('WARNINGS: ') ? `TASK ${status}` : `TASK ERROR: ${status}`;
  task.log.push(last);
  report(cluster, task, `end task ${task.upid} ${status}`, status === 'OK' ? 6 : 3, endedAtMs);
}

/** How an exception of a call reads when it ends a task: with its status, if it has one of its own. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const message = error.message.trimEnd();
  return error instanceof ApiError && error.status !== 500 ? `${error.status} ${message}` : message;
}

/** Runs the work with its pauses and answers the UPID at once. */
export function startTask(
  cluster: Cluster,
  description: Omit<TaskDescription, 'user'> & { by: Identity },
  work: (run: TaskRun) => Work,
): string {
  const task = createTask(cluster, { ...description, user: description.by.id }, cluster.nowMs());
  const { timers, speed } = cluster.tasks;
  report(cluster, task, `starting task ${task.upid}`, 6);
  let warnings = 0;
  const steps = work({
    log: (line) => task.log.push(line),
    warn: (line) => {
      warnings += 1;
      task.log.push(`WARN: ${line}`);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const advance = () => {
    if (timer !== undefined) timers.delete(timer);
    try {
      let step = steps.next();
      while (step.done !== true && speed === 0) step = steps.next();
      if (step.done === true) {
        endTask(cluster, task, warnings === 0 ? 'OK' : `WARNINGS: ${warnings}`);
        return;
      }
      timer = setTimeout(advance, step.value * speed);
      timers.add(timer);
    } catch (error) {
      endTask(cluster, task, failureOf(error));
    }
  };
  task.stop = () => {
    clearTimeout(timer);
    // Lets it give back its locks.
    steps.return();
    task.log.push('received interrupt');
    task.status = 'unexpected status';
    task.endedAtMs = cluster.nowMs();
    delete task.stop;
    report(cluster, task, `end task ${task.upid} unexpected status`, 3);
  };
  advance();
  return task.upid;
}

/** Past tasks are there from the start. */
export function addPastTask(
  cluster: Cluster,
  description: TaskDescription,
  past: { startedAtMs: number; seconds: number; status: string; log: readonly string[] },
): void {
  const task = createTask(cluster, description, past.startedAtMs);
  task.log.push(...past.log);
  endTask(cluster, task, past.status, past.startedAtMs + past.seconds * 1000);
}

const upidPattern =
  /^UPID:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/]+:[^:\s/]*:[^:\s/]+:$/;

export function findTask(cluster: Cluster, upid: string): Task {
  if (!upidPattern.test(upid)) throw badParameters({ upid: 'unable to parse worker upid' });
  const task = cluster.tasks.byUpid.get(upid);
  if (task === undefined) throw badParameters({ upid: 'no such task' });
  return task;
}
