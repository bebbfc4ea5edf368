import { fork } from 'node:child_process';
import { coreEnvironment } from './core-environment';
import { createTail, type CoreEnd, type CoreTransport, type LaunchCore } from './transport';

/**
 * Hosts the core in a child of another Node, for the fallback runtime: the Node 18 inside Electron 25 cannot
 * load better-sqlite3 13 or undici 8. JSON messages, because the two Nodes' structured clones differ.
 */
export function launchInChild(corePath: string, nodePath: string, codeDirectory?: string): LaunchCore {
  return (options): CoreTransport => {
    const child = fork(corePath, codeDirectory === undefined ? [] : [codeDirectory], {
      execPath: nodePath,
      execArgv: [],
      env: coreEnvironment(process.env, options),
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const tail = createTail();
    child.stderr?.on('data', tail.add);
    let ended = false;
    const endListeners: ((end: CoreEnd) => void)[] = [];
    const end = (code: number | null, signal: string | null): void => {
      if (ended) return;
      ended = true;
      endListeners.forEach((listener) => listener({ code, signal, stderrTail: tail.text() }));
    };
    // `close`, not `exit`: by then stderr has been read to its end.
    child.on('close', end);
    child.on('error', (error) => {
      tail.add(error.message);
      // A program that could not be started emits no `close`.
      if (child.pid === undefined) end(null, null);
    });
    return {
      pid: child.pid,
      post: (message) => {
        // The error of a message to a dying child; its end tells the rest.
        if (child.connected) child.send(message, () => undefined);
      },
      onMessage: (listener) => child.on('message', listener),
      onEnd: (listener) => endListeners.push(listener),
      kill: () => child.kill('SIGKILL'),
    };
  };
}
