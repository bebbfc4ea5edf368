import type { Pool } from '../../../../../src-preload/contract/inventory';
import type { Blocker, Verification } from '../../../../../src-preload/contract/operations';
import { pauseScrubArgv, startScrubArgv, stopScrubArgv } from '../../../storage/zfs/pool-commands';
import { poolAction } from './pool-action';
import { scrubFailures } from './pool-failures';
import { runningScan, type PoolReading } from './pool-reads';

/** The scrub that runs or waits, by the last known inventory. */
function known(pool: Pool): 'running' | 'paused' | null {
  const { activity } = pool;
  if (activity?.kind !== 'scrub') return null;
  return activity.state === 'running' || activity.state === 'paused' ? activity.state : null;
}

/** The last scan as a text, so that a later one can be told from it. */
const scanText = ({ status }: PoolReading): string | null =>
  status?.scans.find(({ key }) => key === 'scan')?.lines[0] ?? null;

/** What has not the numbers of a running one in it: `scrub in progress since …`. */
const rests = (reading: PoolReading): Record<string, unknown> => ({
  scrub: runningScan(reading.scans, 'scrub')?.activity.state ?? null,
  last: scanText(reading),
});

function resilverBlocker(reading: PoolReading, pool: string): Blocker[] {
  return runningScan(reading.scans, 'resilver') === undefined
    ? []
    : [
        {
          text: `Pool ${pool} copies data to a device right now (resilver), and a scrub has to wait for that.`,
          remedy: 'Wait for the resilver to end; it reads the same data.',
        },
      ];
}

const noScrub = (pool: string): Blocker => ({
  text: `No scrub of pool ${pool} is under way.`,
  remedy: 'Refresh the host to see what it does.',
});

export const zfsScrubStart = poolAction({
  id: 'zfs.scrub.start',
  title: 'Scrub ZFS pool',
  label: (pool) => (known(pool) === 'paused' ? 'Resume scrub…' : 'Scrub…'),
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  step: {
    title: (pool) => `Scrub ${pool}`,
    argv: startScrubArgv,
    explain:
      'zpool scrub reads all data of the pool, compares it with its checksums and repairs what it can. It returns at once and goes on in the background; a paused one is resumed.',
    timeoutSeconds: 120,
  },
  excuse: (pool) =>
    known(pool) === 'running'
      ? 'A scrub is under way.'
      : pool.activity?.kind === 'resilver' && pool.activity.state === 'running'
        ? 'It waits for the resilver.'
        : null,
  blockers: (reading, pool) => [
    ...resilverBlocker(reading, pool),
    ...(runningScan(reading.scans, 'scrub')?.activity.state === 'running'
      ? [{ text: `A scrub of pool ${pool} is under way already.`, remedy: 'Follow it on the pool.' }]
      : []),
  ],
  consequences: (reading) => [
    {
      severity: 'info',
      text:
        runningScan(reading.scans, 'scrub')?.activity.state === 'paused'
          ? 'The paused scrub goes on where it stood.'
          : 'All data of the pool is read. Programs may be slower until it is done; data is not changed, but damaged copies are repaired.',
      items: [],
    },
  ],
  undo: 'Pause or stop the scrub.',
  rests,
  verify(reading, pool, rested): Verification {
    const scrub = reading.scans.find(({ activity }) => activity.kind === 'scrub');
    const running = runningScan(reading.scans, 'scrub');
    if (running?.activity.state === 'running') {
      const { percent } = running.activity;
      return {
        status: 'confirmed',
        text: `The scrub of ${pool} is under way${percent === null ? '' : `, ${percent} % done`}. Its end is told.`,
      };
    }
    if (scrub !== undefined && running === undefined && scanText(reading) !== rested['last']) {
      return { status: 'confirmed', text: `${pool}: ${scrub.activity.text}.` };
    }
    return { status: 'not-there', text: `No new scrub of ${pool} shows.` };
  },
  failures: scrubFailures,
});

export const zfsScrubPause = poolAction({
  id: 'zfs.scrub.pause',
  title: 'Pause scrub of ZFS pool',
  label: 'Pause scrub…',
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  step: {
    title: (pool) => `Pause the scrub of ${pool}`,
    argv: pauseScrubArgv,
    explain: 'zpool scrub -p pauses the scrub; it keeps its place, also over a restart of the host.',
    timeoutSeconds: 120,
  },
  excuse: (pool) => (known(pool) === 'running' ? null : undefined),
  blockers(reading, pool) {
    const scrub = runningScan(reading.scans, 'scrub');
    if (scrub === undefined) return [noScrub(pool)];
    return scrub.activity.state === 'paused'
      ? [{ text: `The scrub of pool ${pool} is paused already.`, remedy: 'Resume it, or stop it.' }]
      : [];
  },
  consequences: () => [{ severity: 'info', text: 'The scrub waits until it is resumed.', items: [] }],
  undo: 'Resume the scrub.',
  rests,
  verify: (reading, pool) =>
    runningScan(reading.scans, 'scrub')?.activity.state === 'paused'
      ? { status: 'confirmed', text: `The scrub of ${pool} is paused.` }
      : { status: 'not-there', text: `The scrub of ${pool} is not paused.` },
  failures: scrubFailures,
});

export const zfsScrubStop = poolAction({
  id: 'zfs.scrub.stop',
  title: 'Stop scrub of ZFS pool',
  label: 'Stop scrub…',
  group: 'maintenance',
  minimumAccess: 'operate',
  risk: 'safe',
  step: {
    title: (pool) => `Stop the scrub of ${pool}`,
    argv: stopScrubArgv,
    explain: 'zpool scrub -s stops the scrub; the next one begins anew.',
    timeoutSeconds: 120,
  },
  excuse: (pool) => (known(pool) === null ? undefined : null),
  blockers: (reading, pool) => (runningScan(reading.scans, 'scrub') === undefined ? [noScrub(pool)] : []),
  consequences: () => [
    {
      severity: 'info',
      text: 'What was checked so far stays repaired; the next scrub begins at the start.',
      items: [],
    },
  ],
  undo: 'Start a scrub anew.',
  rests,
  verify: (reading, pool) =>
    runningScan(reading.scans, 'scrub') === undefined
      ? { status: 'confirmed', text: `No scrub of ${pool} is under way.` }
      : { status: 'not-there', text: `The scrub of ${pool} still runs.` },
  failures: scrubFailures,
});
