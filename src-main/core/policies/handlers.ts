import { randomUUID } from 'node:crypto';
import type { CoreHandlers } from '../../../src-preload/contract';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import type { Policy, PolicyRow, PolicySettings } from '../../../src-preload/contract/policies';
import { AppError, toAppError } from '../errors/app-error';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import { dayEnds, foresee } from './foresee';
import { judgePolicy, volumesOf, type NewestOf } from './judge';
import type { PolicyStore } from './policy-store';
import { readSchedule, type Schedule } from './schedule';

/** Policies of one host; more than this nobody reads. */
const mostPolicies = 200;
const momentsShown = 5;
/** Snapshots that Holdfast names begin so; those of other tools are theirs to prune. */
const ownSnapshots = 'holdfast-';
/** Snapshots that a dry run takes in mind: a fraction of a second. */
const mostForeseen = 500_000;
/** Rows of one day that it lists. */
const mostListed = 1_000;

export interface PolicyHandlerOptions {
  policies: PolicyStore;
  hosts: Pick<HostStore, 'get' | 'list'>;
  inventory: Pick<InventoryService, 'read' | 'allSnapshots'>;
  onChanged: () => void;
  nowMs: () => number;
}

type PolicyHandlers = Pick<
  CoreHandlers,
  | 'policies:list'
  | 'policies:create'
  | 'policies:update'
  | 'policies:delete'
  | 'policies:dryRun'
  | 'policies:describe'
>;

/** When each volume last got a snapshot; undefined where the age of one of its snapshots is not known. */
function newestByVolume(rows: readonly SnapshotRow[]): NewestOf {
  const newest = new Map<string, number | undefined>();
  for (const { volumeName, createdAtMs, backend } of rows) {
    if (volumeName === null) continue;
    const key = `${backend} ${volumeName}`;
    const before = newest.get(key);
    if (createdAtMs === null || (newest.has(key) && before === undefined)) newest.set(key, undefined);
    else newest.set(key, Math.max(before ?? 0, createdAtMs));
  }
  return ({ backend, name }) => {
    const key = `${backend} ${name}`;
    return newest.has(key) ? newest.get(key) : null;
  };
}

/**
 * Snapshot policies: what is to be taken when, and how many stay. Holdfast keeps them and tells which are due; it
 * takes and destroys nothing by itself, because every change is confirmed by a person.
 */
export function policyHandlers(options: PolicyHandlerOptions): PolicyHandlers {
  const { policies, hosts, inventory, onChanged, nowMs } = options;

  const rowOf = async (policy: Policy, newestOf: NewestOf): Promise<PolicyRow> => {
    const known = await inventory.read(policy.hostId);
    const row = {
      ...policy,
      hostName: hosts.get(policy.hostId).name,
      readAtMs: known?.takenAtMs ?? null,
    };
    let schedule: Schedule;
    try {
      schedule = readSchedule(policy.schedule);
    } catch (thrown) {
      // Stored by another version, which understood it: this one says so and shows the others.
      return {
        ...row,
        ...{ words: policy.schedule, nextAtMs: null, lastDueAtMs: null, state: 'unknown' },
        ...{ reason: toAppError(thrown).message, poolId: null, volumeCount: 0, dueVolumeIds: [] },
      };
    }
    return {
      ...row,
      words: schedule.words,
      nextAtMs: policy.enabled ? (schedule.next(nowMs(), 1)[0] ?? null) : null,
      ...judgePolicy(policy, schedule, known, newestOf, nowMs()),
    };
  };

  /** Throws AppError `not-found` (host), `invalid-request`: a schedule that never comes, or nothing to snapshot. */
  const check = async (settings: PolicySettings): Promise<void> => {
    const host = hosts.get(settings.hostId);
    readSchedule(settings.schedule);
    if (settings.backend === 'mdadm') {
      throw new AppError('invalid-request', 'A RAID array has no snapshots, so it can have no policy.', {
        remedy: 'Choose what lies on it: a volume group, a file system or a pool.',
      });
    }
    const known = await inventory.read(host.id);
    if (known !== null && volumesOf(settings, known).volumes.length === 0) {
      throw new AppError(
        'invalid-request',
        `${settings.poolName} on ${host.name} has nothing that a snapshot can be taken of.`,
        { remedy: 'Choose a pool, dataset or volume that was found when the host was last read.' },
      );
    }
  };

  return {
    'policies:list': async () => {
      const seen = new Set(hosts.list().map(({ id }) => id));
      // Those of hosts that this computer may not see are kept, and not told.
      const all = policies.list().filter(({ hostId }) => seen.has(hostId));
      const newest = new Map<string, NewestOf>();
      for (const hostId of new Set(all.map((policy) => policy.hostId))) {
        newest.set(
          hostId,
          newestByVolume(await inventory.allSnapshots({ hostId, poolId: null, search: '' })),
        );
      }
      return {
        policies: await Promise.all(
          all.map((policy) => rowOf(policy, newest.get(policy.hostId) ?? (() => undefined))),
        ),
      };
    },

    'policies:create': async ({ settings }) => {
      await check(settings);
      if (policies.list().filter(({ hostId }) => hostId === settings.hostId).length >= mostPolicies) {
        throw new AppError('refused', `A host can have ${mostPolicies} snapshot policies.`);
      }
      const atMs = nowMs();
      const policy: Policy = { ...settings, id: randomUUID(), createdAtMs: atMs, updatedAtMs: atMs };
      policies.add(policy);
      onChanged();
      return policy;
    },

    'policies:update': async ({ policyId, settings }) => {
      const before = policies.get(policyId);
      await check(settings);
      const { schedule, poolName, recursive, backend, hostId, enabled } = settings;
      // What is due is counted from the moment on that it was asked for.
      const anew =
        schedule !== before.schedule ||
        [poolName, recursive, backend, hostId].join('\n') !==
          [before.poolName, before.recursive, before.backend, before.hostId].join('\n') ||
        (enabled && !before.enabled);
      const policy: Policy = {
        ...before,
        ...settings,
        updatedAtMs: anew ? nowMs() : before.updatedAtMs,
      };
      policies.update(policy);
      onChanged();
      return policy;
    },

    'policies:delete': async ({ policyId }) => {
      policies.remove(policyId);
      onChanged();
      return {};
    },

    'policies:dryRun': async ({ policyId, days, shownDay }) => {
      const policy = policies.get(policyId);
      const schedule = readSchedule(policy.schedule);
      const known = await inventory.read(policy.hostId);
      if (known === null) {
        throw new AppError('refused', 'The host was never read, so what is there now is not known.', {
          remedy: 'Connect the host first.',
        });
      }
      const { volumes } = volumesOf(policy, known);
      if (volumes.length === 0) {
        throw new AppError('refused', `${policy.poolName} was not found when the host was last read.`);
      }
      const names = new Set(volumes.map(({ name }) => name));
      const present = (
        await inventory.allSnapshots({ hostId: policy.hostId, poolId: null, search: ownSnapshots })
      ).filter(
        ({ backend, volumeName }) =>
          backend === policy.backend && volumeName !== null && names.has(volumeName),
      );
      const dayEndsMs = dayEnds(nowMs(), days);
      const endMs = dayEndsMs.at(-1) ?? nowMs();
      const mostMoments = Math.max(1, Math.floor(mostForeseen / volumes.length));
      const momentsMs = schedule.next(nowMs(), mostMoments + 1).filter((atMs) => atMs < endMs);
      if (momentsMs.length > mostMoments) {
        throw new AppError('refused', 'That would be too many snapshots to foresee.', {
          remedy: 'Choose fewer days.',
        });
      }
      const foreseen = foresee({
        ...{ volumeNames: [...names], present, nowMs: nowMs(), momentsMs },
        ...{ last: policy.retentionCount, dayEndsMs, shownDay },
      });
      return {
        readAtMs: known.takenAtMs,
        volumeCount: volumes.length,
        presentCount: present.length,
        days: foreseen.days,
        shownDay,
        shown: foreseen.shown.slice(0, mostListed),
        shownCount: foreseen.shown.length,
      };
    },

    'policies:describe': async ({ schedule }) => {
      const read = readSchedule(schedule);
      return { words: read.words, nextAtMs: read.next(nowMs(), momentsShown) };
    },
  };
}
