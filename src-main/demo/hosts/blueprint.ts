import type { AccessLevel, Environment } from '../../../src-preload/contract/hosts';
import type { PolicySettings } from '../../../src-preload/contract/policies';
import type { Machine } from '../machine';
import type { PastCapacity } from '../past-capacity';
import type { Random } from '../random';

/** A demo host before it has a port. */
export interface HostBlueprint {
  id: `demo-${string}`;
  name: string;
  user: string;
  environment: Environment;
  accessLevel: AccessLevel;
  /** Left out: it was never read before. */
  pastCapacity?: readonly PastCapacity[];
  /** Snapshot policies that somebody made for it. */
  policies?: readonly Omit<PolicySettings, 'hostId'>[];
  /** null: switched off, nothing listens. */
  machine: Machine | null;
}

export interface BlueprintContext {
  random: Random;
  nowMs: () => number;
}

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
export const mebibyte = 1024 ** 2;
export const gibibyte = 1024 ** 3;
export const tebibyte = 1024 ** 4;
