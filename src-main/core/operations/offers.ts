import type { AccessLevel, Host } from '../../../src-preload/contract/hosts';
import type { HostInventory, Snapshot, TopologyNode } from '../../../src-preload/contract/inventory';
import type { SandboxInventory } from '../../../src-preload/contract/sandbox';
import type { SubjectRef } from '../../../src-preload/contract/offers';
import type { Offer } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';
import { assertNever } from '../errors/assert-never';
import type { Subject } from './action';
import type { BoundAction, Catalogue } from './bound-action';

const rank: Record<AccessLevel, number> = { view: 0, operate: 1, administer: 2 };
const groups: readonly Offer['group'][] = ['create', 'snapshot', 'change', 'maintenance', 'destroy'];

function memberOf(nodes: readonly TopologyNode[], name: string): TopologyNode | null {
  for (const node of nodes) {
    if (node.name === name) return node;
    const below = memberOf(node.children, name);
    if (below !== null) return below;
  }
  return null;
}

function gone(what: string): AppError {
  return new AppError('not-found', `${what} is not in the last known inventory of this host.`, {
    remedy: 'Refresh the host.',
  });
}

function sandboxOf({ sandbox }: HostInventory): SandboxInventory {
  if (sandbox === undefined || sandbox === null) throw gone('Its part about sandbox volumes');
  return sandbox;
}

/** Throws AppError `not-found` when the inventory has no such object. */
function resolve(
  ref: SubjectRef,
  inventory: HostInventory,
  snapshotOf: (id: string) => Snapshot | null,
): Subject {
  const poolOf = (id: string) => inventory.pools.find((pool) => pool.id === id) ?? null;
  switch (ref.kind) {
    case 'host':
      return { kind: 'host' };
    case 'pool': {
      const pool = poolOf(ref.poolId);
      if (pool === null) throw gone('The pool');
      return { kind: 'pool', pool };
    }
    case 'member': {
      const pool = poolOf(ref.poolId);
      const node = pool === null ? null : memberOf(pool.topology, ref.name);
      if (pool === null || node === null) throw gone('The member');
      return { kind: 'member', pool, node };
    }
    case 'volume': {
      const volume = inventory.volumes.find(({ id }) => id === ref.volumeId);
      if (volume === undefined) throw gone('The volume');
      return { kind: 'volume', volume, pool: poolOf(volume.poolId) };
    }
    case 'snapshot': {
      const snapshot = snapshotOf(ref.snapshotId);
      if (snapshot === null) throw gone('The snapshot');
      return { kind: 'snapshot', snapshot, pool: poolOf(snapshot.poolId) };
    }
    case 'disk': {
      const disk = inventory.disks?.find(({ id }) => id === ref.diskId);
      if (disk === undefined) throw gone('The disk');
      return { kind: 'disk', disk };
    }
    case 'sandbox-host':
      return { kind: 'sandbox-host', driver: ref.driver, sandbox: sandboxOf(inventory) };
    case 'sandbox': {
      const sandbox = sandboxOf(inventory).sandboxes.find(({ id }) => id === ref.sandboxId);
      if (sandbox === undefined) throw gone('The sandbox');
      return { kind: 'sandbox', sandbox };
    }
    case 'sandbox-volume': {
      const volume = sandboxOf(inventory).volumes.find(({ id }) => id === ref.volumeId);
      if (volume === undefined) throw gone('The sandbox volume');
      return { kind: 'sandbox-volume', volume };
    }
    case 'sandbox-snapshot': {
      const snapshot = sandboxOf(inventory).snapshots.find(({ id }) => id === ref.snapshotId);
      if (snapshot === undefined) throw gone('The snapshot');
      return { kind: 'sandbox-snapshot', snapshot };
    }
    case 'sandbox-template': {
      const template = sandboxOf(inventory).templates.find(({ id }) => id === ref.templateId);
      if (template === undefined) throw gone('The base image');
      return { kind: 'sandbox-template', template };
    }
    default:
      return assertNever(ref);
  }
}

function backendOf(subject: Subject): string | null {
  switch (subject.kind) {
    case 'pool':
    case 'member':
      return subject.pool.backend;
    case 'volume':
      return subject.volume.backend;
    case 'snapshot':
      return subject.snapshot.backend;
    case 'sandbox-host':
      return subject.driver;
    case 'sandbox':
      return subject.sandbox.driver;
    case 'sandbox-volume':
      return subject.volume.driver;
    case 'sandbox-snapshot':
      return subject.snapshot.driver;
    case 'sandbox-template':
      return subject.template.driver;
    case 'host':
    case 'disk':
      return null;
    default:
      return assertNever(subject);
  }
}

/** What this laptop may not do, whatever the object. */
export function accessExcuse(
  action: BoundAction,
  target: Pick<Host, 'name' | 'accessLevel' | 'most'>,
  readOnly: boolean,
): string | null {
  if (readOnly) return 'Holdfast is in read-only mode. Turn it off in Settings.';
  if (target.most !== undefined && rank[target.most] < rank[action.minimumAccess]) {
    return `The policy of this computer allows at most “${target.most}” on ${target.name}; it takes “${action.minimumAccess}”.`;
  }
  if (rank[target.accessLevel] < rank[action.minimumAccess]) {
    return `This laptop may only ${target.accessLevel} on ${target.name}; it takes “${action.minimumAccess}”. Change it in its settings.`;
  }
  return null;
}

export function inMenuOrder(offers: readonly Offer[]): Offer[] {
  return offers.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}

function excuseOf(
  action: BoundAction,
  host: Host,
  readOnly: boolean,
  inventory: HostInventory,
): string | null {
  const denied = accessExcuse(action, host, readOnly);
  if (denied !== null) return denied;
  const driver = inventory.sandbox?.drivers.find((each) => each.driver === action.backend);
  if (driver !== undefined && (!driver.available || driver.error !== null)) {
    return driver.available
      ? `${driver.title} could not be read on ${host.name}. ${driver.error?.message ?? ''}`.trim()
      : `${driver.title} is not there on ${host.name}. ${driver.howToInstall}`;
  }
  const backend = inventory.backends.find(({ kind }) => kind === action.backend);
  if (backend === undefined || (backend.available && backend.error === null)) return null;
  // Q16, Q17: what is missing is shown, disabled, with the package that brings it.
  return backend.available
    ? `${backend.title} could not be read on ${host.name}. ${backend.error?.message ?? ''}`.trim()
    : `${backend.title} is not installed on ${host.name}. Install the package ${backend.packageName}, then refresh.`;
}

export interface OfferRequest {
  catalogue: Catalogue;
  host: Host;
  readOnly: boolean;
  inventory: HostInventory;
  subject: SubjectRef;
  snapshotOf: (id: string) => Snapshot | null;
  nowMs: number;
}

/**
 * What can be done to one object, with the reason where it can't be done now. The gate and the plan decide again;
 * this only tells a person beforehand. Throws AppError `not-found`.
 */
export function offersFor(request: OfferRequest): Offer[] {
  const { catalogue, host, readOnly, inventory, nowMs } = request;
  const subject = resolve(request.subject, inventory, request.snapshotOf);
  const backend = backendOf(subject);
  const offers = [...catalogue.values()].flatMap((action): Offer[] => {
    // An object of one backend is no subject of another's actions, whatever its kind.
    if (backend !== null && action.backend !== backend) return [];
    const draft = action.offer(subject, { inventory, nowMs });
    if (draft === null) return [];
    const excuse = excuseOf(action, host, readOnly, inventory) ?? draft.excuse;
    return [{ ...draft, excuse, action: action.id, risk: action.risk }];
  });
  return inMenuOrder(offers);
}
