import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeThrown, type ShellLog } from '../log';
import { firstWindowState, windowStateSchema, type WindowState } from './bounds';

export interface WindowStateFile {
  read(): WindowState;
  write(state: WindowState): void;
}

/** A comfort, not data: an unreadable or foreign file is the same as none, and a failed write is only logged. */
export function openWindowStateFile(path: string, log: ShellLog): WindowStateFile {
  return {
    read: () => {
      try {
        return windowStateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') {
          log.write('warn', 'The remembered window was unreadable', { error: describeThrown(thrown) });
        }
        return firstWindowState;
      }
    },
    write: (state) => {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const fresh = `${path}.new`;
        writeFileSync(fresh, JSON.stringify(state), { mode: 0o600 });
        renameSync(fresh, path);
      } catch (thrown) {
        log.write('warn', 'The window could not be remembered', { error: describeThrown(thrown) });
      }
    },
  };
}
