import type {
  BackendKind,
  BackendStatus,
  HostInventory,
  Pool,
  Snapshot,
  Volume,
} from '../../../src-preload/contract/inventory';
import type { AppError } from '../errors/app-error';

/** A whitelisted read. `argv[0]` is a bare tool name; the session resolves it to an absolute path. */
export interface Probe {
  id: string;
  argv: readonly string[];
  privileged: boolean;
  acceptExitCodes: readonly number[];
  timeoutSeconds: number;
  maxOutputBytes: number;
  /** Reads the output while it comes; the outcome then carries the reader, and no `stdout`. */
  reader?: () => OutputReader;
}

/** Takes stdout in pieces, cut anywhere. It throws nothing before it is asked for what it read. */
export interface OutputReader {
  push(chunk: string): void;
}

export type ProbeOutcome =
  | { ok: true; exitCode: number; stdout: string; stderr: string; reader?: OutputReader }
  | { ok: false; error: AppError };

/** All that was read of one backend of one host. An empty list means there are none; not understanding throws. */
export interface BackendInventory {
  version: string | null;
  pools: Pool[];
  volumes: Volume[];
  snapshots: Snapshot[];
}

/** Reads named snapshots whole. Pure. */
export interface SnapshotDetails {
  /** As few commands as their length allows. Throws RangeError on a name that is none. */
  probes(fullNames: readonly string[]): readonly Probe[];
  /** Throws what a probe met, or `unexpected-output`; one that is gone is left out. */
  parse(probes: readonly Probe[], outcomes: ReadonlyMap<string, ProbeOutcome>): Snapshot[];
}

/** One storage technology. Capabilities are data; screens ask them and none switches on kind. */
export interface StorageBackend {
  kind: BackendKind;
  title: string;
  /** All of these in the host's PATH mean the backend is there (Q11 to Q14). */
  tools: readonly string[];
  packageName: string;
  capabilities: BackendStatus['capabilities'];
  /** Independent reads, run side by side. */
  probes: readonly Probe[];
  /** In place of `probes` where the last inventory of the host, in which this backend was read, makes some needless. */
  probesAfter?(last: HostInventory): readonly Probe[];
  /** A second round, asked for by what the first one told: one array, one mounted file system at a time. */
  followUp?(outcomes: ReadonlyMap<string, ProbeOutcome>): readonly Probe[];
  /** On demand, for snapshots whose details an inventory left unread. */
  snapshotDetails?: SnapshotDetails;
  /** Pure. Throws AppError `unexpected-output` when output is not understood, or the probe's own error. */
  parse(outcomes: ReadonlyMap<string, ProbeOutcome>): BackendInventory;
}
