import { demand } from './access';
import { died } from './errors';
import { flag, list, numberOr, optionalText, text, type Call, type Handlers } from './call';
import { kindOf } from './guests';
import { migrateWork } from './guest-lifecycle';
import { shutdownWork, startWork } from './power';
import { startTask, type TaskRun, type Work } from './tasks';
import type { Guest } from './types';

type Verb = 'start' | 'shutdown' | 'suspend' | 'migrate';

const privileges: Readonly<Record<Verb, string>> = {
  start: 'VM.PowerMgmt',
  shutdown: 'VM.PowerMgmt',
  suspend: 'VM.PowerMgmt',
  migrate: 'VM.Migrate',
};

const announcements: Readonly<Record<Verb, string>> = {
  start: 'Starting',
  shutdown: 'Shutting down',
  suspend: 'Suspending',
  migrate: 'Migrating',
};

/** The guests named, or all for which the verb makes sense. */
function chosen(call: Call, verb: Verb, node: string | undefined): Guest[] {
  const ids = list(call, 'vms').map(Number);
  const guests = [...call.cluster.guests.values()].filter(
    (guest) => node === undefined || guest.node === node,
  );
  if (ids.length > 0) return guests.filter((guest) => ids.includes(guest.vmid));
  if (verb === 'start')
    return guests.filter((guest) => guest.config['onboot'] === 1 && !guest.running && !guest.template);
  return guests.filter((guest) => guest.running);
}

function checkRights(call: Call, verb: Verb, guests: readonly Guest[]): void {
  const named = list(call, 'vms').length > 0;
  if (!named) demand(call.cluster.access, call.who, '/', privileges[verb]);
  for (const guest of guests) demand(call.cluster.access, call.who, `/vms/${guest.vmid}`, privileges[verb]);
}

function* suspendWork(guest: Guest): Work {
  yield 300;
  guest.paused = true;
}

function workOf(call: Call, verb: Verb, guest: Guest, run: TaskRun): Work {
  const { cluster } = call;
  switch (verb) {
    case 'start':
      return startWork(cluster, guest, run);
    case 'shutdown':
      return shutdownWork(cluster, guest, run, {
        timeoutSeconds: numberOr(call, 'timeout', 180),
        force: flag(call, 'force-stop', true),
      });
    case 'suspend':
      return suspendWork(guest);
    case 'migrate':
      return migrateWork(
        cluster,
        guest,
        text(call, 'target'),
        flag(call, 'with-local-disks'),
        undefined,
        run,
      );
  }
}

function detail(call: Call, verb: Verb): string {
  if (verb === 'shutdown') return ` (Timeout = ${numberOr(call, 'timeout', 180)} seconds)`;
  return verb === 'migrate' ? ` to node '${optionalText(call, 'target') ?? ''}'` : '';
}

/** One guest's failure does not keep the next from its turn. */
function* work(call: Call, verb: Verb, guests: readonly Guest[], run: TaskRun): Work {
  run.log(`${announcements[verb]} guests: ${guests.map(({ vmid }) => vmid).join(', ')}`);
  let failed = 0;
  for (const guest of guests) {
    run.log(`${announcements[verb]} ${kindOf(guest.type)} ${guest.vmid}${detail(call, verb)}`);
    try {
      yield* workOf(call, verb, guest, run);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failed += 1;
      run.warn(
        `${announcements[verb]} ${kindOf(guest.type)} ${guest.vmid} failed: ${error.message.trimEnd()}`,
      );
    }
  }
  if (failed > 0 && failed === guests.length) throw died(`${failed} of ${guests.length} guests failed`);
}

function checkTarget(call: Call, verb: Verb): void {
  if (verb !== 'migrate') return;
  const target = text(call, 'target');
  if (call.cluster.nodes.get(target)?.online !== true) throw died(`no such cluster node '${target}'`);
}

const ofCluster = (verb: Verb) => (call: Call) => {
  const guests = chosen(call, verb, undefined);
  checkRights(call, verb, guests);
  checkTarget(call, verb);
  return startTask(
    call.cluster,
    { node: call.receiver.name, type: `bulk-${verb}`, id: '', by: call.who },
    (run) => work(call, verb, guests, run),
  );
};

const ofNode = (verb: Verb, type: string) => (call: Call) => {
  const node = text(call, 'node');
  const guests = chosen(call, verb, node);
  checkRights(call, verb, guests);
  checkTarget(call, verb);
  return startTask(call.cluster, { node, type, id: '', by: call.who }, (run) =>
    work(call, verb, guests, run),
  );
};

const names =
  (...all: readonly string[]) =>
  () =>
    all.map((name) => ({ name }));

export const bulkHandlers: Handlers = {
  'GET /cluster/bulk-action': names('guest'),
  'GET /cluster/bulk-action/guest': names('start', 'shutdown', 'migrate', 'suspend'),
  'POST /cluster/bulk-action/guest/start': ofCluster('start'),
  'POST /cluster/bulk-action/guest/shutdown': ofCluster('shutdown'),
  'POST /cluster/bulk-action/guest/suspend': ofCluster('suspend'),
  'POST /cluster/bulk-action/guest/migrate': ofCluster('migrate'),
  'POST /nodes/{node}/startall': ofNode('start', 'startall'),
  'POST /nodes/{node}/stopall': ofNode('shutdown', 'stopall'),
  'POST /nodes/{node}/suspendall': ofNode('suspend', 'suspendall'),
  'POST /nodes/{node}/migrateall': ofNode('migrate', 'migrateall'),
};
