import { randomBytes } from 'node:crypto';
import { died } from './errors';
import { flag, text, type Call, type Handlers } from './call';
import { guestOf } from './guests';
import { startTask } from './tasks';
import type { GuestType } from './types';

/** A ticket for a console that the demo does not have: what would follow is a web socket. */
function open(call: Call, type: string, id: string, node: string) {
  const upid = startTask(call.cluster, { node, type, id, by: call.who }, function* () {
    yield 10_000;
    throw died('connection timed out');
  });
  const port = 5900 + (call.cluster.tasks.lastPid % 100);
  return {
    port,
    upid,
    user: call.who.id,
    ticket: `PVEVNC:${randomBytes(4).toString('hex').toUpperCase()}::${randomBytes(96).toString('base64')}`,
  };
}

function ofGuest(kind: GuestType) {
  return (call: Call) => {
    const guest = guestOf(call, kind);
    if (!guest.running) throw died(`${kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid} not running`);
    return open(call, 'vncproxy', String(guest.vmid), guest.node);
  };
}

function withCertificate(call: Call, answer: ReturnType<typeof open>) {
  const password = flag(call, 'generate-password')
    ? { password: randomBytes(6).toString('base64').slice(0, 8) }
    : {};
  return {
    ...answer,
    ...password,
    port: String(answer.port),
    cert: call.receiver.certificate.certificate.toString(),
  };
}

export const consoleHandlers: Handlers = {
  'POST /nodes/{node}/termproxy': (call) => open(call, 'vncshell', '', text(call, 'node')),
  'POST /nodes/{node}/vncshell': (call) =>
    withCertificate(call, open(call, 'vncshell', '', text(call, 'node'))),
  'POST /nodes/{node}/qemu/{vmid}/termproxy': ofGuest('qemu'),
  'POST /nodes/{node}/lxc/{vmid}/termproxy': ofGuest('lxc'),
  'POST /nodes/{node}/qemu/{vmid}/vncproxy': (call) => withCertificate(call, ofGuest('qemu')(call)),
  'POST /nodes/{node}/lxc/{vmid}/vncproxy': (call) => withCertificate(call, ofGuest('lxc')(call)),
};
