import { demand, mayAll, type Identity } from './access';
import {
  flag,
  numberOr,
  optionalNumber,
  optionalText,
  Page,
  text,
  TextFile,
  type Call,
  type Handlers,
} from './call';
import { splitList } from './formats';
import { findTask, type Task } from './tasks';

const seconds = (ms: number) => Math.floor(ms / 1000);

/** `root@pam!app` taken apart. */
function ownerOf(task: Task): { user: string; tokenid?: string } {
  const [user = '', tokenid] = task.user.split('!');
  return tokenid === undefined ? { user } : { user, tokenid };
}

function baseRow(task: Task) {
  return {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: seconds(task.startedAtMs),
    type: task.type,
    id: task.id,
  };
}

function finishedRow(task: Task) {
  return { ...baseRow(task), ...ownerOf(task), status: task.status, endtime: seconds(task.endedAtMs ?? 0) };
}

/** The list of active tasks is written otherwise than the archive. */
function activeRow(task: Task) {
  return { ...baseRow(task), user: task.user, saved: '0', status: 'RUNNING' };
}

function kindOf(status: string): string {
  if (status === 'OK') return 'ok';
  if (status.startsWith('WARNINGS: ')) return 'warning';
  return status === 'unexpected status' ? 'unknown' : 'error';
}

const isOwn = (task: Task, who: Identity) => task.user === who.id;

function matches(call: Call, task: Task): boolean {
  const [type, user, vmid] = [
    optionalText(call, 'typefilter'),
    optionalText(call, 'userfilter'),
    optionalNumber(call, 'vmid'),
  ];
  const [since, until] = [optionalNumber(call, 'since'), optionalNumber(call, 'until')];
  const kinds = splitList(optionalText(call, 'statusfilter') ?? '').map((kind) => kind.toLowerCase());
  const started = seconds(task.startedAtMs);
  return (
    (type === undefined || task.type === type) &&
    (user === undefined || task.user.toLowerCase().includes(user.toLowerCase())) &&
    (vmid === undefined || task.id === String(vmid)) &&
    (since === undefined || started >= since) &&
    (until === undefined || started <= until) &&
    (kinds.length === 0 || (task.status !== undefined && kinds.includes(kindOf(task.status)))) &&
    (!flag(call, 'errors') || (task.status !== undefined && kindOf(task.status) === 'error'))
  );
}

const newestFirst = (left: Task, right: Task) => right.startedAtMs - left.startedAtMs || right.pid - left.pid;

function listTasks(call: Call): Page {
  const { cluster, who } = call;
  const node = text(call, 'node');
  const source = optionalText(call, 'source') ?? 'archive';
  const seesAll = mayAll(cluster.access, who, `/nodes/${node}`, ['Sys.Audit']);
  const rows = cluster.tasks.all
    .filter((task) => task.node === node && (seesAll || isOwn(task, who)))
    .filter((task) => source === 'all' || (source === 'active') === (task.status === undefined))
    .filter((task) => matches(call, task))
    .sort(newestFirst)
    .map((task) => (task.status === undefined ? activeRow(task) : finishedRow(task)));
  const start = numberOr(call, 'start', 0);
  return new Page(rows.slice(start, start + numberOr(call, 'limit', 50)), rows.length);
}

const recentPerNode = 25;

/** Tasks of others only with Sys.Audit; a token does not even see its own. */
function clusterTasks({ cluster, who }: Call) {
  const seesAll = mayAll(cluster.access, who, '/', ['Sys.Audit']);
  const seen = cluster.tasks.all.filter((task) => seesAll || (who.token === undefined && isOwn(task, who)));
  return [...cluster.nodes.keys()]
    .flatMap((node) =>
      seen
        .filter((task) => task.node === node)
        .sort(newestFirst)
        .slice(0, recentPerNode),
    )
    .sort(newestFirst)
    .map((task) => {
      const { pstart: _, pid, ...base } = baseRow(task);
      const running = task.status === undefined;
      const end = running ? { pid } : { status: task.status, endtime: seconds(task.endedAtMs ?? 0) };
      return { ...base, ...ownerOf(task), ...end, saved: running ? '0' : '1' };
    });
}

function readable(call: Call): Task {
  const task = findTask(call.cluster, text(call, 'upid'));
  if (!isOwn(task, call.who)) demand(call.cluster.access, call.who, `/nodes/${task.node}`, 'Sys.Audit');
  return task;
}

function readStatus(call: Call) {
  const task = readable(call);
  return {
    ...baseRow(task),
    ...ownerOf(task),
    status: task.status === undefined ? 'running' : 'stopped',
    ...(task.status === undefined ? {} : { exitstatus: task.status }),
  };
}

function readLog(call: Call): Page | TextFile {
  const task = readable(call);
  if (flag(call, 'download')) {
    const time = `${new Date(task.startedAtMs).toISOString().slice(0, 19)}Z`;
    return new TextFile(
      `task-${task.node}-${task.type}-${time}.log`,
      task.log.map((line) => `${line}\n`).join(''),
    );
  }
  const lines = task.log.map((line, index) => ({ n: index + 1, t: line }));
  if (lines.length === 0) return new Page([{ n: 1, t: 'no content' }], 1);
  const start = numberOr(call, 'start', 0);
  const limit = numberOr(call, 'limit', 50);
  return new Page(lines.slice(start, limit === 0 ? undefined : start + limit), lines.length);
}

function stopTask(call: Call): null {
  const task = findTask(call.cluster, text(call, 'upid'));
  if (!isOwn(task, call.who)) demand(call.cluster.access, call.who, `/nodes/${task.node}`, 'Sys.Modify');
  task.stop?.();
  return null;
}

export const taskHandlers: Handlers = {
  'GET /cluster/tasks': clusterTasks,
  'GET /nodes/{node}/tasks': listTasks,
  'GET /nodes/{node}/tasks/{upid}': () => [{ name: 'log' }, { name: 'status' }],
  'GET /nodes/{node}/tasks/{upid}/status': readStatus,
  'GET /nodes/{node}/tasks/{upid}/log': readLog,
  'DELETE /nodes/{node}/tasks/{upid}': stopTask,
};
