import { died } from './errors';
import { flag, numberOr, type Call, type Handlers } from './call';
import { checkLock, guestOf, kindOf, prefixOf } from './guests';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Cluster, Guest, GuestType } from './types';

export function applyPending(guest: Guest): void {
  for (const [key, value] of guest.pending) {
    if (value === null) delete guest.config[key];
    else guest.config[key] = value;
  }
  guest.pending.clear();
}

export function setRunning(cluster: Cluster, guest: Guest, running: boolean): void {
  guest.running = running;
  guest.paused = false;
  if (running) {
    applyPending(guest);
    guest.startedAtMs = cluster.nowMs();
    cluster.tasks.lastPid += 1;
    guest.pid = cluster.tasks.lastPid;
    guest.agentRunning = String(guest.config['agent'] ?? '0').startsWith('1') && !guest.ignoresShutdown;
  } else {
    guest.agentRunning = false;
  }
}

/** What keeps a guest from starting for reasons of its configuration. */
function checkStartable(guest: Guest): void {
  if (guest.template) {
    throw died(
      guest.type === 'qemu'
        ? "you can't start a vm if it's a template"
        : `you can't start a CT if it's a template`,
    );
  }
}

function missingDevice(guest: Guest): string | undefined {
  const drive = Object.entries(guest.config).find(([, value]) => String(value).startsWith('cdrom,'));
  return drive === undefined ? undefined : 'no physical CD-ROM available, ignoring';
}

export function* startWork(cluster: Cluster, guest: Guest, run: TaskRun): Work {
  checkLock(guest);
  checkStartable(guest);
  if (guest.running) throw died(`${kindOf(guest.type)} ${guest.vmid} already running`);
  yield 1500;
  const warning = missingDevice(guest);
  if (warning !== undefined) run.warn(warning);
  setRunning(cluster, guest, true);
}

export function* stopWork(cluster: Cluster, guest: Guest): Work {
  checkLock(guest);
  if (guest.running) yield 800;
  setRunning(cluster, guest, false);
}

export interface ShutdownOptions {
  timeoutSeconds: number;
  force: boolean;
}

export function* shutdownWork(cluster: Cluster, guest: Guest, run: TaskRun, options: ShutdownOptions): Work {
  checkLock(guest);
  if (!guest.running) return;
  if (guest.ignoresShutdown) {
    yield options.timeoutSeconds * 1000;
    const kind = guest.type === 'qemu' ? 'VM quit/powerdown failed' : 'container did not stop';
    if (!options.force) throw died(`${kind} - got timeout`);
    run.log(`${kind} - terminating now with SIGTERM`);
  }
  yield 3000;
  setRunning(cluster, guest, false);
}

function* rebootWork(cluster: Cluster, guest: Guest, run: TaskRun, options: ShutdownOptions): Work {
  yield* shutdownWork(cluster, guest, run, options);
  yield 1000;
  setRunning(cluster, guest, true);
}

type PowerWork = (call: Call, guest: Guest, run: TaskRun) => Work;

interface Verb {
  /** What is left of the task's type after `qm` or `vz`. */
  task: string;
  /** What is refused in the call already. */
  needs?: 'running';
  work: PowerWork;
}

const shutdownOptions = (call: Call): ShutdownOptions => ({
  timeoutSeconds: numberOr(call, 'timeout', 60),
  force: flag(call, 'forceStop'),
});

function* setPaused(guest: Guest, paused: boolean): Work {
  checkLock(guest);
  yield 300;
  guest.paused = paused;
}

/** To disk: the guest is stopped and its configuration stays locked. */
function* hibernate(cluster: Cluster, guest: Guest, run: TaskRun): Work {
  checkLock(guest);
  guest.lock = 'suspending';
  try {
    run.log('State is being saved to disk');
    yield 4000;
    setRunning(cluster, guest, false);
    guest.lock = 'suspended';
  } finally {
    if (guest.lock === 'suspending') delete guest.lock;
  }
}

function* resume(cluster: Cluster, guest: Guest, run: TaskRun): Work {
  if (guest.lock === 'suspended') {
    delete guest.lock;
    yield* startWork(cluster, guest, run);
    return;
  }
  yield* setPaused(guest, false);
}

const verbs: Readonly<Record<string, Verb>> = {
  start: { task: 'start', work: ({ cluster }, guest, run) => startWork(cluster, guest, run) },
  stop: { task: 'stop', work: ({ cluster }, guest) => stopWork(cluster, guest) },
  shutdown: {
    task: 'shutdown',
    work: (call, guest, run) => shutdownWork(call.cluster, guest, run, shutdownOptions(call)),
  },
  reboot: {
    task: 'reboot',
    needs: 'running',
    work: (call, guest, run) => rebootWork(call.cluster, guest, run, shutdownOptions(call)),
  },
  reset: {
    task: 'reset',
    needs: 'running',
    work: function* ({ cluster }, guest) {
      checkLock(guest);
      yield 300;
      guest.startedAtMs = cluster.nowMs();
    },
  },
  suspend: {
    task: 'pause',
    needs: 'running',
    work: (call, guest, run) =>
      flag(call, 'todisk') ? hibernate(call.cluster, guest, run) : setPaused(guest, true),
  },
  resume: { task: 'resume', work: ({ cluster }, guest, run) => resume(cluster, guest, run) },
};

const haVerbs: Readonly<Record<string, 'started' | 'stopped'>> = {
  start: 'started',
  stop: 'stopped',
  shutdown: 'stopped',
};

/** The high-availability manager does it instead, some seconds later. */
function* viaHa(call: Call, guest: Guest, run: TaskRun, verb: string, state: 'started' | 'stopped'): Work {
  const sid = `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
  const resource = call.cluster.ha.resources.get(sid);
  run.log(`Requesting HA ${verb} for ${kindOf(guest.type)} ${guest.vmid}`);
  yield 500;
  if (resource !== undefined) resource.state = state;
  if ((state === 'started') !== guest.running) setRunning(call.cluster, guest, state === 'started');
}

/** Containers say in the call what virtual machines say in the task. */
function refuseAtOnce(guest: Guest, name: string, verb: Verb): void {
  const kind = kindOf(guest.type);
  const containerNeeds = guest.type === 'lxc' && (name === 'stop' || name === 'shutdown');
  if ((verb.needs === 'running' || containerNeeds) && !guest.running)
    throw died(`${kind} ${guest.vmid} not running`);
  if (guest.type === 'lxc' && name === 'start' && guest.running)
    throw died(`CT ${guest.vmid} already running`);
  if (name === 'resume' && !guest.running && guest.lock !== 'suspended')
    throw died(`${kind} ${guest.vmid} not running`);
}

function act(type: GuestType, name: string, verb: Verb) {
  return (call: Call) => {
    const guest = guestOf(call, type);
    refuseAtOnce(guest, name, verb);
    const toDisk = name === 'suspend' && (type === 'lxc' || flag(call, 'todisk'));
    const haState = haVerbs[name];
    const managed = call.cluster.ha.resources.has(`${type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`);
    const task = { node: guest.node, id: String(guest.vmid), by: call.who };
    if (managed && haState !== undefined) {
      const haVerb = haState === 'started' ? 'start' : 'stop';
      return startTask(call.cluster, { ...task, type: `ha${haVerb}` }, (run) =>
        viaHa(call, guest, run, haVerb, haState),
      );
    }
    const kind = toDisk ? 'suspend' : verb.task;
    return startTask(call.cluster, { ...task, type: `${prefixOf(type)}${kind}` }, (run) =>
      verb.work(call, guest, run),
    );
  };
}

function handlersFor(type: GuestType, names: readonly string[]): Handlers {
  const path = `/nodes/{node}/${type}/{vmid}/status`;
  return Object.fromEntries(
    names.flatMap((name) => {
      const verb = verbs[name];
      return verb === undefined ? [] : [[`POST ${path}/${name}`, act(type, name, verb)]];
    }),
  );
}

export const powerHandlers: Handlers = {
  ...handlersFor('qemu', ['start', 'stop', 'shutdown', 'reboot', 'reset', 'suspend', 'resume']),
  ...handlersFor('lxc', ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume']),
};
