import type { Pool } from '../../../../../src-preload/contract/inventory';
import { cancelTrimArgv, startTrimArgv } from '../../../storage/zfs/pool-commands';
import type { DeviceTrim } from '../../../storage/zfs/status';
import { plural } from '../words';
import { poolAction } from './pool-action';
import { trimFailures } from './pool-failures';
import type { PoolReading } from './pool-reads';

const trims = ({ status }: PoolReading, state: DeviceTrim['state']): DeviceTrim[] =>
  (status?.trims ?? []).filter((trim) => trim.state === state);

const knownRunning = ({ activity }: Pool): boolean =>
  activity?.kind === 'trim' && (activity.state === 'running' || activity.state === 'paused');

/** Percent move by themselves; which devices trim is what a plan rests on. */
const rests = (reading: PoolReading): Record<string, unknown> => ({
  running: trims(reading, 'running').map(({ device }) => device),
});

export const zfsTrimStart = poolAction({
  id: 'zfs.trim.start',
  title: 'Trim ZFS pool',
  label: 'Trim…',
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  step: {
    title: (pool) => `Trim ${pool}`,
    argv: startTrimArgv,
    explain:
      'zpool trim tells the devices which blocks are free, so that SSDs can use them. It returns at once and goes on in the background.',
    timeoutSeconds: 120,
  },
  excuse: (pool) =>
    pool.activity?.kind === 'trim' && pool.activity.state === 'running' ? 'The pool trims already.' : null,
  blockers: (reading, pool) =>
    trims(reading, 'running').length > 0
      ? [{ text: `Devices of pool ${pool} trim already.`, remedy: 'Follow it on the pool.' }]
      : [],
  consequences: () => [
    {
      severity: 'info',
      text: 'Free space is given back to the devices. Programs may be slower until it is done.',
      items: [],
    },
    {
      severity: 'warning',
      text: 'What was trimmed cannot be brought back by rewinding the pool (zpool import -F).',
      items: [],
    },
  ],
  undo: null,
  rests,
  verify(reading, pool) {
    const [running, done] = [trims(reading, 'running'), trims(reading, 'finished')];
    if (running.length > 0) {
      return { status: 'confirmed', text: `${plural(running.length, 'device')} of ${pool} trim now.` };
    }
    return done.length > 0
      ? { status: 'confirmed', text: `${plural(done.length, 'device')} of ${pool} trimmed to the end.` }
      : { status: 'not-there', text: `No device of ${pool} trims or has trimmed.` };
  },
  failures: trimFailures,
});

export const zfsTrimCancel = poolAction({
  id: 'zfs.trim.cancel',
  title: 'Cancel trim of ZFS pool',
  label: 'Cancel trim…',
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  step: {
    title: (pool) => `Cancel the trim of ${pool}`,
    argv: cancelTrimArgv,
    explain: 'zpool trim -c stops trimming; the next trim begins anew.',
    timeoutSeconds: 120,
  },
  excuse: (pool) => (knownRunning(pool) ? null : undefined),
  blockers: (reading, pool) =>
    trims(reading, 'running').length + trims(reading, 'suspended').length === 0
      ? [{ text: `No device of pool ${pool} trims.`, remedy: 'Refresh the host to see what it does.' }]
      : [],
  consequences: () => [{ severity: 'info', text: 'What was trimmed so far stays trimmed.', items: [] }],
  undo: 'Start a trim anew.',
  rests,
  verify: (reading, pool) =>
    trims(reading, 'running').length === 0
      ? { status: 'confirmed', text: `No device of ${pool} trims.` }
      : { status: 'not-there', text: `Devices of ${pool} still trim.` },
  failures: trimFailures,
});
