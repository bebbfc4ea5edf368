import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Result } from '../../../../src-preload/contract';
import type { Core, CoreOptions } from '../../core';
import { AppError } from '../../errors/app-error';
import { serveCore } from '../core-port';
import { parentChannel } from '../parent-channel';

/**
 * A core for tests of both halves of the port, in a process of its own. It does what a real one may do, good or
 * bad, by the channel that is called; how it starts and ends is chosen by the name of its data directory.
 */
const ok = (value: unknown): Result<unknown> => ({ ok: true, value });

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function createCore(options: CoreOptions): Promise<Core> {
  const { dataDirectory, shell, emit } = options;
  const mode = basename(dataDirectory);
  if (mode.startsWith('refuse'))
    throw new AppError('internal', 'The file app.sqlite is newer than this Holdfast.', {
      detail: 'version 70, known up to 50',
    });
  if (mode.startsWith('crash')) process.exit(3);
  if (mode.startsWith('never')) await new Promise(() => setInterval(() => undefined, 1000));
  return {
    async call(channel, payload, signal) {
      switch (channel) {
        case 'hosts:list':
          return ok({ pid: process.pid, demo: options.demo, actor: options.actor, dataDirectory, payload });
        case 'operations:run':
          // The test knows by this event that the call has arrived.
          emit('hosts:changed', { hostId: 'running' });
          await untilAborted(signal);
          return { ok: false, error: { code: 'cancelled', message: 'Cancelled by the page.' } };
        case 'settings:update': {
          const question = {
            kind: 'disable-read-only' as const,
            title: 'Allow changes?',
            message: 'Changes become possible.',
            detail: 'On every host.',
            confirmLabel: 'Allow changes',
          };
          return ok({ confirmed: await shell.confirm(question, signal) });
        }
        case 'hosts:setSecret': {
          const sealed = await shell.seal('größer als 7 bit');
          return ok({
            status: await shell.vaultStatus(),
            sealed: sealed === null ? null : [...sealed],
            plain: sealed === null ? null : await shell.unseal(sealed),
          });
        }
        case 'audit:exportCsv':
          shell.notify('Exported', 'As asked.');
          return ok({
            path: await shell.chooseSavePath('audit.csv', [{ name: 'CSV', extensions: ['csv'] }]),
          });
        case 'hosts:chooseKeyFile':
          return ok({ path: await shell.chooseOpenPath('Choose a key', [], 'ssh-directory') });
        case 'audit:list':
          throw new AppError('not-found', 'There is no such audit.', { detail: 'nas-01' });
        case 'audit:sources':
          // A bug of the core: nobody waits for this one.
          void Promise.reject(new Error('an unhandled rejection'));
          return untilAborted(signal).then(() => ok({}));
        case 'hosts:remove':
          process.send?.({ kind: 'event', event: 'no:suchEvent', payload: {} });
          process.send?.('junk');
          process.send?.({ kind: 'event', event: 'hosts:changed', payload: { hostId: 7 } });
          return ok({ still: 'alive' });
        case 'hosts:disconnect':
          // An answer that breaks the protocol.
          return 'not a result' as unknown as Result<unknown>;
        default:
          return ok({});
      }
    },
    async close() {
      if (mode.startsWith('hang')) await new Promise(() => setInterval(() => undefined, 1000));
      if (existsSync(dataDirectory)) writeFileSync(join(dataDirectory, 'closed'), 'cleanly');
    },
  };
}

serveCore(parentChannel(), createCore);
