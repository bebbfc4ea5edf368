import type { CoreChannel } from './core-port';

/** `process.parentPort` of Electron's utility process; the core does not import Electron. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

function findParentPort(): ParentPort | undefined {
  return (process as unknown as { parentPort?: ParentPort }).parentPort;
}

/** Posted messages leave a utility process asynchronously, and Electron 37+ ends it at once on `process.exit`. */
const utilityFlushMs = 100;
/** A pipe to a shell that no longer reads never drains. */
const pipeFlushMs = 2_000;

function overParentPort(port: ParentPort): CoreChannel {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    exit: (code) => {
      process.exitCode = code;
      setTimeout(() => process.exit(code), utilityFlushMs);
    },
  };
}

function overProcessSend(): CoreChannel {
  let unsent = 0;
  let afterSending: (() => void) | null = null;
  // A terminal sends Ctrl-C to the whole group; the shell decides when the core ends.
  process.on('SIGINT', () => undefined);
  return {
    post: (message) => {
      if (process.send === undefined || !process.connected) return;
      unsent += 1;
      // The error is that of a shell that went away, which `disconnect` reports.
      process.send(message, undefined, undefined, () => {
        unsent -= 1;
        if (unsent === 0) afterSending?.();
      });
    },
    onMessage: (listener) => process.on('message', listener),
    onClosed: (listener) => process.on('disconnect', listener),
    exit: (code) => {
      process.exitCode = code;
      afterSending = () => process.exit(code);
      if (unsent === 0) afterSending();
      else setTimeout(afterSending, pipeFlushMs);
    },
  };
}

/**
 * The wire to the shell that started this process: Electron's utility process or `child_process.fork`.
 * From here on an unhandled rejection ends the core as it does in plain Node: Electron 37+ only warns in a
 * utility process, and a core that goes on after a bug could record what is not true.
 *
 * @throws Error when no shell started this process
 */
export function parentChannel(): CoreChannel {
  process.on('unhandledRejection', (reason) => {
    throw reason;
  });
  const port = findParentPort();
  if (port !== undefined) return overParentPort(port);
  if (process.send !== undefined) return overProcessSend();
  throw new Error('The core is started by the shell, as a utility process or a forked child.');
}
