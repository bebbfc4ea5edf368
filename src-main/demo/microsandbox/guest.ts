import { failed, succeeded, type CommandResult } from '../result';
import type { MsbModel, MsbSandboxState } from './model';

/** What a simulated sandbox answers when a command is run in it: the few programs of a small Debian image. */

const osRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
`;

function usageOf({ mounts, rootDiskMib = 4096 }: MsbSandboxState, model: MsbModel): string {
  const row = (source: string, kib: number, used: number, at: string): string =>
    [
      source.padEnd(14),
      String(kib).padStart(10),
      String(used).padStart(9),
      String(kib - used).padStart(10),
    ].join(' ') + ` ${`${Math.ceil((used / kib) * 100)}%`.padStart(4)} ${at}\n`;
  const rows = mounts.map(({ volume, guestPath }) => {
    const used = Math.ceil((model.folders.get(volume)?.actualBytes ?? 0) / 1024);
    const capacity = model.volumes.find(({ name }) => name === volume)?.capacityBytes ?? model.freeBytes;
    return row(volume, Math.ceil(capacity / 1024), used, guestPath);
  });
  return [
    'Filesystem      1K-blocks      Used  Available Use% Mounted on\n',
    row('overlay', rootDiskMib * 1024, 61_440, '/'),
    ...rows,
  ].join('');
}

/** @param seconds after which msb kills it; 0: never */
export function runInGuest(
  model: MsbModel,
  sandbox: MsbSandboxState,
  [program = '', ...words]: readonly string[],
  seconds: number,
): CommandResult {
  const [first = ''] = words;
  switch (program.split('/').at(-1)) {
    case 'uname':
      return succeeded(
        first === '-a' ? `Linux ${sandbox.name} 6.12.68 #1 SMP x86_64 GNU/Linux\n` : 'Linux\n',
        20,
      );
    case 'hostname':
      return succeeded(`${sandbox.name}\n`, 20);
    case 'id':
      return succeeded('uid=0(root) gid=0(root) groups=0(root)\n', 20);
    case 'true':
      return succeeded('', 20);
    case 'false':
      return { ...failed(1, ''), delayMs: 20 };
    case 'echo':
      return succeeded(`${words.join(' ')}\n`, 20);
    case 'df':
      return succeeded(usageOf(sandbox, model), 25);
    case 'cat':
      return first === '/etc/os-release'
        ? succeeded(osRelease, 20)
        : failed(1, `cat: ${first}: No such file or directory\n`);
    case 'sleep': {
      const wanted = Number.parseFloat(first);
      return seconds > 0 && wanted > seconds
        ? { ...failed(1, `error: exec timed out after ${seconds}s\n`), delayMs: seconds * 1000 }
        : succeeded('', wanted * 1000);
    }
    default:
      return { ...failed(127, `${program}: not found\n`), delayMs: 20 };
  }
}
