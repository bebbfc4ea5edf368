import type {
  SandboxDriverKind,
  SandboxDriverStatus,
  SandboxInventory,
} from '../../../src-preload/contract/sandbox';
import type { Probe, ProbeOutcome } from '../storage/backend';

/** All that was read of one kind on one host. An empty list means there are none; not understanding throws. */
export interface DriverInventory
  extends Omit<SandboxInventory, 'drivers'>, Pick<SandboxDriverStatus, 'version' | 'facts' | 'problems'> {}

/** One kind of sandbox volume; the like of a storage backend. */
export interface SandboxDriver {
  kind: SandboxDriverKind;
  title: string;
  /** All of these in the host's PATH mean that it is there. */
  tools: readonly string[];
  /** Looked for as well; without them something smaller is missing. */
  niceToHave: readonly string[];
  howToInstall: string;
  /** Independent reads, run side by side. */
  probes: readonly Probe[];
  /** Further rounds, each asked for by what the ones before it told. */
  followUps: readonly ((outcomes: ReadonlyMap<string, ProbeOutcome>) => readonly Probe[])[];
  /** Pure. Throws AppError `unexpected-output` when output is not understood, or the probe's own error. */
  parse(outcomes: ReadonlyMap<string, ProbeOutcome>): DriverInventory;
}
