import type { Activity, HostInventory, Pool } from '../../../src-preload/contract/inventory';

const words: Record<Activity['kind'], string> = {
  scrub: 'Scrub',
  resilver: 'Resilver',
  merge: 'Merge',
  move: 'Move of extents',
  reshape: 'Reshape',
  check: 'Check',
  balance: 'Balance',
  trim: 'Trim',
  replace: 'Replacement',
};

const underWay = (activity: Activity | null): activity is Activity =>
  activity !== null && (activity.state === 'running' || activity.state === 'paused');

export interface EndedActivity {
  poolId: string;
  /** `Resilver of vault: ended` */
  title: string;
  /** How it ended, in the tool's words where it has any, and how the pool is now. */
  text: string;
  /** The pool is not well, or the work was called off: worth more than a glance. */
  attention: boolean;
}

function ending({ activity, health, name, state }: Pool): Pick<EndedActivity, 'text' | 'attention'> {
  const now = health === 'ok' ? `${name} is healthy.` : `${name} is ${state} and needs attention.`;
  const said = activity === null || activity.text === '' ? '' : `${activity.text}. `;
  return { text: `${said}${now}`, attention: health !== 'ok' || activity?.state === 'canceled' };
}

/**
 * Long work that ran or was paused at the last reading and no longer does. Another kind of work on the same pool has
 * taken its place: then it ended too. A pool that is gone says nothing about its work.
 */
export function endedActivities(before: HostInventory, after: HostInventory): EndedActivity[] {
  const now = new Map(after.pools.map((pool) => [pool.id, pool]));
  return before.pools.flatMap((pool): EndedActivity[] => {
    const then = pool.activity;
    const found = now.get(pool.id);
    if (!underWay(then) || found === undefined) return [];
    if (underWay(found.activity) && found.activity.kind === then.kind) return [];
    const canceled = found.activity?.kind === then.kind && found.activity.state === 'canceled';
    return [
      {
        poolId: pool.id,
        title: `${words[then.kind]} of ${pool.name}: ${canceled ? 'called off' : 'ended'}`,
        ...ending(found),
      },
    ];
  });
}

/** Something is moving that a person may be watching. */
export function isMoving(inventory: HostInventory): boolean {
  return inventory.pools.some(({ activity }) => activity?.state === 'running');
}
