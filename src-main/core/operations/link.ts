import type { Cluster } from '../../../src-preload/contract/clusters';
import type { Host } from '../../../src-preload/contract/hosts';
import type { PlanStep } from '../../../src-preload/contract/operations';
import type { AnyStepDraft, RoadContext } from './action';

/** What the road changes: a host over SSH, a cluster over its API. */
export type Managed = Host | Cluster;

export function kindOf(target: Managed): 'host' | 'cluster' {
  return 'endpoints' in target ? 'cluster' : 'host';
}

/** As people know it: the address of a host, the first node of a cluster. */
export function addressOf(target: Managed): string {
  if (!('endpoints' in target)) return target.address;
  const [first] = target.endpoints;
  return first === undefined ? '' : `${first.address}:${first.port}`;
}

/** What came of a step that was sent. */
export interface StepAnswer {
  /** The tool or the API says that it was done. */
  accepted: boolean;
  /** null: it has none (a call of the API), or its end was not waited for. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  durationMs: number;
  /** In a sentence, where the answer itself says what was wrong. */
  failure?: string;
  /** The person stopped it on its way: in a sentence, what had been done by then. */
  stopped?: string;
  /** Done, but not without something to look at. */
  warning?: string;
  /** What it said is for the person who asked and for nobody else: it is not recorded. */
  confidential?: true;
}

export interface SendOptions {
  /** What we are doing, for error sentences. */
  operation: string;
  /** By which the audit knows it, and what it opens. */
  operationId: string;
  signal: AbortSignal;
  onOutput: (stream: 'stdout' | 'stderr', chunk: string) => void;
}

export interface ContextOptions {
  nowMs: () => number;
  signal?: AbortSignal;
  /** Told of every read, for the session's summary row. */
  onRead: (targetId: string) => void;
}

/** A connection as the road uses it: it shows steps, sends them, and reads. */
export interface Link {
  context(options: ContextOptions): RoadContext;
  /** The steps as this link would send them now. */
  render(steps: readonly AnyStepDraft[]): Promise<PlanStep[]>;
  /** Sends one step. Throws AppError; `outcome-unknown` where no answer came. */
  send(draft: AnyStepDraft, step: PlanStep, options: SendOptions): Promise<StepAnswer>;
}

export interface LinkPool {
  link(target: Managed, signal?: AbortSignal): Promise<Link>;
  /** Fingerprints of the host keys or certificates that are pinned: another machine proves nothing about this one. */
  identity(target: Managed): readonly string[];
}
