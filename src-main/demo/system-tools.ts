import { failed, succeeded } from './result';
import type { SimulatedTool } from './machine';

export interface FailedUnit {
  name: string;
  description: string;
}

/** `date +%s`, waiting for udev and what Holdfast asks of systemd, as coreutils 9.1 and systemd 252 print them. */
export function systemTools(failedUnits: readonly FailedUnit[]): SimulatedTool[] {
  const widest = Math.max(0, ...failedUnits.map(({ name }) => name.length));
  const listing = failedUnits
    .map(({ name, description }) => `${name.padEnd(widest)} loaded failed failed ${description}\n`)
    .join('');
  return [
    {
      name: 'date',
      folder: '/usr/bin',
      run: (words, { nowMs }) =>
        words.join(' ') === '+%s'
          ? succeeded(`${Math.floor(nowMs / 1000)}\n`, 1)
          : failed(1, `date: invalid date '${words.join(' ')}'\n`),
    },
    {
      name: 'udevadm',
      folder: '/usr/bin',
      run: (words) =>
        words.join(' ') === 'settle --timeout=10' ? succeeded('', 40) : failed(1, 'Unknown command verb.\n'),
    },
    {
      name: 'systemctl',
      folder: '/usr/bin',
      run: (words, { root }) =>
        root && words.join(' ') === 'daemon-reload'
          ? succeeded('', 350)
          : words.join(' ') === 'list-units --state=failed --plain --no-legend --no-pager --full'
            ? succeeded(listing, 12)
            : failed(1, `Unknown command verb ${words[0] ?? ''}.\n`),
    },
  ];
}
