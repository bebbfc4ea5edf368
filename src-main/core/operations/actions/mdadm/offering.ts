import type { Pool } from '../../../../../src-preload/contract/inventory';
import { arrayPathPattern } from '../../../storage/mdadm/commands';
import { factLabels } from '../../../storage/mdadm/parse';
import { hasRedundancy } from '../../../storage/mdadm/redundancy';

export function factOf(pool: Pool, label: string): string | null {
  return pool.facts?.find((fact) => fact.label === label)?.text ?? null;
}

export function isNotRunning(pool: Pool): boolean {
  return /\b(?:inactive|Not Started|stopped)\b/.test(pool.state);
}

export interface OfferNeeds {
  redundancy?: boolean;
  quiet?: boolean;
  whole?: boolean;
}

/** The first reason in the inventory why an array can't be changed now; null: the plan will tell. */
export function arrayExcuse(pool: Pool, needs: OfferNeeds = {}): string | null {
  if (!arrayPathPattern.test(pool.name)) {
    return 'Holdfast changes arrays named /dev/md0 to /dev/md999 only.';
  }
  if (pool.level === 'container' || factOf(pool, 'In container') !== null) {
    return 'It is kept by the metadata of a RAID controller: Holdfast only reads it.';
  }
  if (isNotRunning(pool)) return 'The array is not running: assemble it first.';
  if (/broken|FAILED/.test(pool.state)) return 'The array has failed: bring its disks back first.';
  if (factOf(pool, 'Access') === 'read-only') return 'The array is read-only.';
  if (needs.redundancy === true && !hasRedundancy(pool.level ?? null)) {
    return `A ${pool.level ?? 'array of this level'} has no redundancy.`;
  }
  if (needs.whole === true && /degraded/.test(pool.state)) return 'The array is degraded: repair that first.';
  const running = pool.activity?.state === 'running' || pool.activity?.state === 'paused';
  if (needs.quiet === true && running) return `The array is busy: ${pool.activity?.text ?? ''}.`;
  return null;
}

export function uuidOf(pool: Pool): string | null {
  return factOf(pool, factLabels.uuid);
}
