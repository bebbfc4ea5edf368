import { beforeEach, describe, expect, it } from 'vitest';
import { snapshotSchema, poolSchema, volumeSchema } from '../../../src-preload/contract/inventory';
import type { HostActionId } from '../../../src-preload/contract/operations';
import { AppError } from '../../core/errors/app-error';
import type { ActionContext, PlanDraft } from '../../core/operations/action';
import { actions } from '../../core/operations/actions/index';
import { quoteArgv } from '../../core/ssh/quote';
import type { BackendInventory, Probe, ProbeOutcome } from '../../core/storage/backend';
import { btrfs } from '../../core/storage/btrfs/index';
import { createMedia06 } from '../hosts/media-06';
import type { Machine } from '../machine';
import { createRandom } from '../random';
import { asSentTo } from './testing';

const startMs = Date.parse('2026-11-23T09:00:00Z');
let nowMs = startMs;
let machine: Machine;

beforeEach(() => {
  nowMs = startMs;
  const host = createMedia06({ random: createRandom(20261128), nowMs: () => nowMs });
  if (host.machine === null) throw new Error('media-06 is switched off.');
  machine = host.machine;
});

const run = (argv: readonly string[], privileged = true) => machine.run(asSentTo(argv, privileged));

function inventory(): BackendInventory {
  const outcomes = new Map<string, ProbeOutcome>();
  const probe = (probes: readonly Probe[]): void => {
    for (const { id, argv, privileged, acceptExitCodes } of probes) {
      const result = run(argv, privileged);
      outcomes.set(
        id,
        acceptExitCodes.includes(result.exitCode)
          ? { ok: true, ...result }
          : { ok: false, error: new AppError('command-failed', id, { detail: result.stderr }) },
      );
    }
  };
  probe(btrfs.probes);
  probe(btrfs.followUp?.(outcomes) ?? []);
  return btrfs.parse(outcomes);
}

const context: ActionContext = {
  nowMs: () => nowMs,
  lastKnownStatus: () => Promise.resolve(null),
  read: async (operation, argv, options) => {
    const result = run(argv);
    if (!(options?.acceptExitCodes ?? [0]).includes(result.exitCode)) {
      throw new AppError('command-failed', `${operation}: ${quoteArgv(argv)}`, { detail: result.stderr });
    }
    return result;
  },
};

async function act(id: HostActionId, input: Record<string, unknown>) {
  const bound = actions[id].parse(input);
  const draft: PlanDraft = await bound.plan(context);
  if (draft.blockers.length > 0) return { draft, verification: null };
  for (const step of draft.steps) {
    const result = run(step.argv);
    expect([step.argv, result.exitCode, result.stderr]).toEqual([step.argv, 0, '']);
  }
  return { draft, verification: await bound.verify(context, draft.preconditions) };
}

const uuidOf = (name: string): string =>
  inventory()
    .pools.find((pool) => pool.name === name)
    ?.id.replace('btrfs:', '') ?? '';
const poolOf = (name: string) => inventory().pools.find((pool) => pool.name === name);
const newDisk = '/dev/disk/by-id/ata-WDC_WD80EFZZ-68BTXN0_WD-CA9XN41L';

describe('media-06', () => {
  it('shows three file systems as the contract has them', () => {
    const { pools, volumes, snapshots, version } = inventory();
    expect(version).toBe('6.2');
    for (const pool of pools) poolSchema.parse(pool);
    for (const volume of volumes) volumeSchema.parse(volume);
    for (const snapshot of snapshots) snapshotSchema.parse(snapshot);
    expect(pools.map(({ name, health, state }) => [name, health, state])).toEqual([
      ['media', 'warning', 'mounted'],
      ['archive', 'critical', 'degraded'],
      ['offsite', 'unknown', 'not mounted'],
    ]);
    expect(snapshots.length).toBeGreaterThan(145);
  });

  it('shows a disk with errors, and the missing one, with what to do', () => {
    expect(poolOf('media')?.problems[0]?.text).toContain('/dev/sdd: 3 read, 12 write, 4 corruption');
    expect(poolOf('archive')?.problems[0]).toMatchObject({
      severity: 'critical',
      text: expect.stringContaining('Device 2 of archive is missing. One more failing device loses data.'),
    });
  });

  it('has a scrub that moves and ends', () => {
    const before = poolOf('media')?.activity;
    expect(before).toMatchObject({ kind: 'scrub', state: 'running' });
    nowMs += 10 * 60_000;
    const later = poolOf('media')?.activity;
    expect(later?.percent ?? 0).toBeGreaterThan((before?.percent ?? 0) + 15);
    nowMs += 60 * 60_000;
    expect(poolOf('media')?.activity).toMatchObject({ kind: 'scrub', state: 'finished' });
  });

  it('takes, makes writable and destroys snapshots', async () => {
    const filesystem = uuidOf('media');
    const destination = '/srv/media/.snapshots/movies-now';
    const made = await act('btrfs.snapshot.create', {
      filesystem,
      source: '/srv/media/@movies',
      destination,
      readOnly: true,
    });
    expect(made.verification?.status).toBe('confirmed');
    expect(inventory().snapshots.find(({ fullName }) => fullName === destination)).toMatchObject({
      volumeName: '/srv/media/@movies',
      readOnly: true,
      createdAtMs: startMs,
    });
    const writable = await act('btrfs.subvolume.write-access', {
      filesystem,
      path: destination,
      readOnly: false,
    });
    expect(writable.verification?.status).toBe('confirmed');
    const gone = await act('btrfs.snapshot.destroy', { filesystem, path: destination });
    expect(gone.verification?.status).toBe('confirmed');
    expect(inventory().snapshots.some(({ fullName }) => fullName === destination)).toBe(false);
  });

  it('stops at nested, mounted and received subvolumes', async () => {
    const filesystem = uuidOf('media');
    const blockers = async (id: HostActionId, more: Record<string, unknown>): Promise<string> =>
      (await act(id, { filesystem, ...more })).draft.blockers.map(({ text }) => text).join(' ');
    expect(await blockers('btrfs.subvolume.destroy', { path: '/srv/media/@photos' })).toContain('lie within');
    expect(await blockers('btrfs.subvolume.destroy', { path: '/srv/documents' })).toContain(
      'mounted at /srv/documents',
    );
    const received = { path: '/srv/media/.snapshots/laptop-music', readOnly: false };
    expect(await blockers('btrfs.subvolume.write-access', received)).toContain('was received');
  });

  it('creates the folder for snapshots below a mount that has none', async () => {
    const { draft, verification } = await act('btrfs.snapshot.create', {
      filesystem: uuidOf('media'),
      source: '/srv/documents',
      destination: '/srv/documents/.snapshots/first',
      readOnly: true,
    });
    expect(draft.steps).toHaveLength(2);
    expect(verification?.status).toBe('confirmed');
  });

  it('replaces the missing device and follows that to its end', async () => {
    const filesystem = uuidOf('archive');
    const input = { filesystem, device: 2, newDisk, avoidOld: false };
    const { verification } = await act('btrfs.device.replace', input);
    expect(verification?.status).toBe('pending');
    nowMs += 3 * 60_000;
    expect(poolOf('archive')?.activity).toMatchObject({ kind: 'replace', state: 'running', percent: 50 });
    nowMs += 4 * 60_000;
    expect(poolOf('archive')).toMatchObject({ health: 'ok', state: 'mounted' });
    const after = poolOf('archive')?.topology.map(({ name, state }) => [name, state]);
    expect(after).toEqual([
      ['/dev/sdf', 'ok'],
      ['/dev/sdh', 'ok'],
    ]);
  });

  it('takes no disk that holds anything, in use or not', async () => {
    const filesystem = uuidOf('media');
    for (const [disk, says] of [
      ['/dev/disk/by-id/ata-ST4000DM004-2CV104_ZFN0E5RT', 'ext4 "old-backup"'],
      ['/dev/disk/by-id/ata-ST4000VN006-3CW104_ZW62B7QM', 'btrfs "offsite"'],
      ['/dev/sdb', 'mounted at /srv/media'],
      ['/dev/disk/by-id/ata-NONE', 'There is no device'],
    ] as const) {
      const { draft } = await act('btrfs.device.add', { filesystem, newDisk: disk });
      expect(draft.blockers.map(({ text }) => text).join(' ')).toContain(says);
    }
  });

  it('adds and removes a device, balances, and cancels what runs', async () => {
    const filesystem = uuidOf('media');
    expect((await act('btrfs.device.add', { filesystem, newDisk })).verification?.status).toBe('confirmed');
    const balance = { filesystem, everything: false, dataPercent: 50, metadataPercent: 30 };
    expect((await act('btrfs.balance.start', balance)).verification?.status).toBe('pending');
    const blocked = await act('btrfs.device.remove', { filesystem, device: 5 });
    expect(blocked.draft.blockers[0]?.text).toContain('balance');
    expect((await act('btrfs.balance.pause', { filesystem })).verification?.status).toBe('confirmed');
    expect(poolOf('media')?.activity).toMatchObject({ kind: 'scrub' });
    expect((await act('btrfs.balance.resume', { filesystem })).verification?.status).toBe('pending');
    expect((await act('btrfs.balance.cancel', { filesystem })).verification?.status).toBe('confirmed');
    expect((await act('btrfs.scrub.cancel', { filesystem })).verification?.status).toBe('confirmed');
    expect((await act('btrfs.scrub.resume', { filesystem })).verification?.status).toBe('pending');
    expect((await act('btrfs.device.remove', { filesystem, device: 5 })).verification?.status).toBe(
      'pending',
    );
    nowMs += 4 * 60_000;
    expect(poolOf('media')?.topology).toHaveLength(4);
    expect((await act('btrfs.label.set', { filesystem, label: 'films' })).verification?.status).toBe(
      'confirmed',
    );
    expect(poolOf('films')?.name).toBe('films');
  });

  it('makes no file system, whatever it is asked', () => {
    for (const words of [
      ['mkfs.btrfs', '/dev/sdh'],
      ['btrfs', 'mkfs', '/dev/sdh'],
      ['btrfs', 'device', 'add', '-f', '/dev/sdi', '/srv/media'],
      ['btrfs', 'subvolume', 'delete', '-R', '/srv/media/@photos'],
    ]) {
      expect(run(words).exitCode).not.toBe(0);
    }
  });

  it('tells a login without root that it may not read, never that there is nothing', () => {
    const { stdout, stderr } = run(['btrfs', 'filesystem', 'show', '--raw'], false);
    expect(stdout).toBe('');
    expect(stderr).toContain('Permission denied');
  });
});
