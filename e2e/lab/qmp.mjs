// A minimal client of QEMU's machine protocol: one connection, one command, one answer.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './process.mjs';

/** Send `execute` with `args` to the monitor and return its answer. */
export function qmp(socketPath, execute, args = {}) {
  return new Promise((done, fail) => {
    const socket = connect(socketPath);
    let buffered = '';
    const finish = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    const send = (command) => socket.write(`${JSON.stringify(command)}\n`);
    socket.setTimeout(20_000, () => finish(fail, new LabError(`QEMU did not answer ${execute}`)));
    socket.on('error', (error) => finish(fail, error));
    socket.on('close', () => fail(new LabError(`QEMU closed its monitor during ${execute}`)));
    socket.on('data', (chunk) => {
      buffered += chunk;
      const lines = buffered.split('\n');
      buffered = lines.pop();
      for (const message of lines.filter((line) => line.trim()).map((line) => JSON.parse(line))) {
        if (message.QMP) send({ execute: 'qmp_capabilities', id: 'hello' });
        else if (message.error) finish(fail, new LabError(`QEMU refused ${execute}: ${message.error.desc}`));
        else if (message.id === 'hello') send({ execute, arguments: args, id: 'command' });
        else if (message.id === 'command') finish(done, message.return);
      }
    });
  });
}

/** Ask `execute` until `accept` likes the answer. `stillRunning` ends the wait early when QEMU is gone. */
export async function qmpUntil(socketPath, execute, accept, { timeoutMs, stillRunning }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (!stillRunning()) throw new LabError('QEMU ended unexpectedly');
    try {
      const answer = await qmp(socketPath, execute);
      if (accept(answer)) return answer;
    } catch (error) {
      // Until QEMU has made its socket there is nothing to connect to.
      if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') throw error;
    }
    if (Date.now() > deadline) throw new LabError(`QEMU: ${execute} did not reach the expected state`);
    await sleep(50);
  }
}
