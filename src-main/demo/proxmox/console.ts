import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { died } from './errors';
import { shownCertificate } from './node-certificates';
import { flag, optionalText, text, type Call, type Handlers } from './call';
import { guestOf } from './guests';
import { createTask, endTask, startTask, type Task } from './tasks';
import { Terminal } from './terminal';
import type { Cluster, Guest, GuestType } from './types';
import { acceptSocket, type SocketClient } from './web-socket';

/** A console that waits for its web socket. */
interface Waiting {
  path: string;
  port: number;
  user: string;
  ticket: string;
  guest: Guest | null;
  task: Task;
}

const waitingOf = new WeakMap<Cluster, Set<Waiting>>();
/** termproxy and vncproxy wait 10 s for somebody to come. */
const patienceMs = 10_000;

const newTicket = (): string =>
  `PVEVNC:${randomBytes(4).toString('hex').toUpperCase()}::${randomBytes(96).toString('base64')}`;

/** A ticket for a graphical console, which the demo does not have. */
function openVnc(call: Call, type: string, id: string, node: string) {
  const upid = startTask(call.cluster, { node, type, id, by: call.who }, function* () {
    yield patienceMs;
    throw died('connection timed out');
  });
  const port = 5900 + (call.cluster.tasks.lastPid % 100);
  return { port, upid, user: call.who.id, ticket: newTicket() };
}

/** A ticket for a text console: the web socket that comes with it in time gets a terminal. */
function openTerminal(call: Call, type: string, node: string, path: string, guest: Guest | null) {
  const { cluster, who } = call;
  const id = guest === null ? '' : String(guest.vmid);
  const task = createTask(cluster, { node, type, id, user: who.id }, cluster.nowMs());
  const port = 5900 + (cluster.tasks.lastPid % 100);
  const waiting: Waiting = {
    path: `${path}/vncwebsocket`,
    port,
    user: who.id,
    ticket: newTicket(),
    guest,
    task,
  };
  const all = waitingOf.get(cluster) ?? new Set();
  waitingOf.set(cluster, all.add(waiting));
  const timer = setTimeout(() => {
    if (all.delete(waiting)) endTask(cluster, task, 'connection timed out');
  }, patienceMs);
  timer.unref();
  cluster.tasks.timers.add(timer);
  return { port, upid: task.upid, user: waiting.user, ticket: waiting.ticket };
}

function ofGuest(kind: GuestType) {
  return (call: Call): Guest => {
    const guest = guestOf(call, kind);
    if (!guest.running) throw died(`${kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid} not running`);
    return guest;
  };
}

function serialConsole(call: Call) {
  const guest = ofGuest('qemu')(call);
  const wanted = optionalText(call, 'serial');
  const has = (key: string) => guest.config[key] !== undefined;
  if (wanted !== undefined && !has(wanted)) throw died(`serial interface '${wanted}' is not configured`);
  if (wanted === undefined && !has('serial0')) throw died('unable to find a serial interface');
  return openTerminal(call, 'vncproxy', guest.node, `/nodes/${guest.node}/qemu/${guest.vmid}`, guest);
}

function containerConsole(call: Call) {
  const guest = ofGuest('lxc')(call);
  return openTerminal(call, 'vncproxy', guest.node, `/nodes/${guest.node}/lxc/${guest.vmid}`, guest);
}

function graphical(kind: GuestType) {
  return (call: Call) => {
    const guest = ofGuest(kind)(call);
    return withCertificate(call, openVnc(call, 'vncproxy', String(guest.vmid), guest.node));
  };
}

function withCertificate(call: Call, answer: ReturnType<typeof openVnc>) {
  const password = flag(call, 'generate-password')
    ? { password: randomBytes(6).toString('base64').slice(0, 8) }
    : {};
  return {
    ...answer,
    ...password,
    port: String(answer.port),
    cert: shownCertificate(call.receiver).chain,
  };
}

export const consoleHandlers: Handlers = {
  'POST /nodes/{node}/termproxy': (call) =>
    openTerminal(call, 'vncshell', text(call, 'node'), `/nodes/${text(call, 'node')}`, null),
  'POST /nodes/{node}/vncshell': (call) =>
    withCertificate(call, openVnc(call, 'vncshell', '', text(call, 'node'))),
  'POST /nodes/{node}/qemu/{vmid}/termproxy': serialConsole,
  'POST /nodes/{node}/lxc/{vmid}/termproxy': containerConsole,
  'POST /nodes/{node}/qemu/{vmid}/vncproxy': graphical('qemu'),
  'POST /nodes/{node}/lxc/{vmid}/vncproxy': graphical('lxc'),
};

/** The web socket of a console. False: nobody waits for it. */
export function takeSocket(cluster: Cluster, request: IncomingMessage, socket: Duplex): boolean {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const path = url.pathname.replace(/^\/api2\/json/, '');
  const all = waitingOf.get(cluster) ?? new Set<Waiting>();
  const waiting = [...all].find(
    (each) =>
      each.path === path &&
      String(each.port) === url.searchParams.get('port') &&
      each.ticket === url.searchParams.get('vncticket'),
  );
  if (waiting === undefined) return false;
  all.delete(waiting);
  const client = acceptSocket(request, socket);
  if (client === null) return false;
  serve(cluster, waiting, client);
  return true;
}

/** The protocol of termproxy: first who it is, then what is typed, sizes and signs of life. */
function serve(cluster: Cluster, { guest, user, ticket, task }: Waiting, client: SocketClient): void {
  let terminal: Terminal | null = null;
  let pending: Buffer = Buffer.alloc(0);
  client.onClose = () => {
    clearInterval(watch);
    if (task.endedAtMs === undefined) endTask(cluster, task, 'OK');
  };
  // A guest that stops takes its terminal with it.
  const watch = setInterval(() => {
    if (guest !== null && !guest.running) client.close();
  }, 200);
  watch.unref();
  task.stop = () => {
    endTask(cluster, task, 'unexpected status');
    client.close();
  };
  client.onDrain = () => terminal?.goOn();
  client.onData = (data) => {
    pending = Buffer.concat([pending, data]);
    if (terminal === null) {
      const end = pending.indexOf('\n');
      if (end < 0) return;
      const greeting = pending.subarray(0, end).toString();
      pending = pending.subarray(end + 1);
      if (greeting !== `${user}:${ticket}` || guest === null) {
        client.close();
        return;
      }
      client.send(Buffer.from('OK'));
      terminal = new Terminal(cluster, guest, (shown) => client.send(Buffer.from(shown)));
      terminal.start();
    }
    pending = handle(pending, terminal, () => client.close());
  };
}

/** Takes whole messages from the front. */
function handle(bytes: Buffer, terminal: Terminal, refuse: () => void): Buffer {
  let rest = bytes;
  while (rest.length > 0) {
    const kind = String.fromCharCode(rest[0] ?? 0);
    if (kind === '2') {
      rest = rest.subarray(1);
      continue;
    }
    const head = rest.toString('latin1', 0, 32);
    const typed = /^0:(\d+):/.exec(head);
    const size = /^1:(\d+):(\d+):/.exec(head);
    if (size !== null) {
      terminal.resize(Number(size[1]), Number(size[2]));
      rest = rest.subarray(size[0].length);
    } else if (typed !== null) {
      const length = Number(typed[1]);
      if (rest.length < typed[0].length + length) return rest;
      terminal.type(rest.subarray(typed[0].length, typed[0].length + length).toString());
      rest = rest.subarray(typed[0].length + length);
    } else {
      if (head.length >= 32 || !/^[01](?::\d*){0,2}$/.test(head)) refuse();
      return rest;
    }
  }
  return rest;
}
