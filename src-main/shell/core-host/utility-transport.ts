import { utilityProcess } from 'electron';
import { coreEnvironment } from './core-environment';
import { createTail, type CoreTransport, type LaunchCore } from './transport';

/** Hosts the core in Electron's utility process: Node of the same Electron, no Electron API, no window. */
export function launchInUtilityProcess(corePath: string, codeDirectory: string): LaunchCore {
  return (options): CoreTransport => {
    const child = utilityProcess.fork(corePath, [codeDirectory], {
      env: coreEnvironment(process.env, options),
      serviceName: 'Holdfast core',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const tail = createTail();
    child.stderr?.on('data', tail.add);
    return {
      get pid() {
        return child.pid;
      },
      post: (message) => child.postMessage(message),
      onMessage: (listener) => child.on('message', listener),
      onEnd: (listener) => {
        child.once('exit', (code) => listener({ code, signal: null, stderrTail: tail.text() }));
      },
      kill: () => {
        // `kill()` of a utility process is a polite SIGTERM; a hung core needs the other one.
        if (child.pid === undefined) child.kill();
        else process.kill(child.pid, 'SIGKILL');
      },
    };
  };
}
