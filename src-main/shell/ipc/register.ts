import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron';
import type { EventName, EventPayload, Result, ShellHandlers } from '../../../src-preload/contract';
import { cancelDoor, eventDoor, invokeDoor } from '../../../src-preload/contract/channels';
import type { ShellLog } from '../log';
import { answerCall, callIdSchema, invalidRequest, parseCall, type CallCore } from './answer-call';
import { createCalls } from './calls';
import { isTrustedFrame, type TrustedPage } from './trusted-frame';

export interface IpcOptions {
  /** The one page that may call and is told events. */
  page: TrustedPage;
  handlers: ShellHandlers;
  callCore: CallCore;
  log: ShellLog;
}

export interface Ipc {
  /** Cancels the page's calls when it is reloaded, crashes or closes. */
  follow(contents: WebContents): void;
  send<E extends EventName>(contents: WebContents, event: E, payload: EventPayload<E>): void;
}

const untrusted: Result<never> = {
  ok: false,
  error: { code: 'invalid-request', message: 'This frame may not call the app.' },
};

/** The two doors through which the page reaches the app. Nothing is thrown across them. */
export function registerIpc(options: IpcOptions): Ipc {
  const calls = createCalls();

  const trusted = (event: IpcMainInvokeEvent | IpcMainEvent): boolean => {
    const ok = isTrustedFrame(event, options.page);
    if (!ok) options.log.write('warn', 'A call from an untrusted frame was refused');
    return ok;
  };

  ipcMain.handle(
    invokeDoor,
    async (event, channel: unknown, callId: unknown, payload: unknown, ...rest: unknown[]) => {
      if (!trusted(event)) return untrusted;
      if (rest.length > 0) return invalidRequest('There are too many arguments.');
      const parsed = parseCall(channel, callId, payload);
      if (!parsed.ok) return parsed;
      const pageId = event.sender.id;
      const controller = calls.open(pageId, parsed.value.callId);
      if (controller === null)
        return invalidRequest('The call id is in use, or too many calls are on their way.');
      try {
        return await answerCall(parsed.value, controller.signal, options);
      } finally {
        calls.close(pageId, parsed.value.callId, controller);
      }
    },
  );

  ipcMain.on(cancelDoor, (event, callId: unknown) => {
    if (!trusted(event)) return;
    const id = callIdSchema.safeParse(callId);
    if (id.success) calls.cancel(event.sender.id, id.data);
  });

  return {
    follow: (contents) => {
      const { id } = contents;
      const forget = () => calls.cancelAll(id);
      // `did-navigate`, not its start: a navigation that lockdown blocks must not cancel a running change.
      contents.on('did-navigate', forget);
      contents.on('render-process-gone', forget);
      contents.on('destroyed', forget);
    },
    send: (contents, event, payload) => {
      if (contents.isDestroyed() || contents.isCrashed()) return;
      // SECURITY: a window that shows anything else than our page hears nothing.
      const { mainFrame } = contents;
      if (!isTrustedFrame({ senderFrame: mainFrame, sender: contents }, options.page)) return;
      contents.send(eventDoor, event, payload);
    },
  };
}
