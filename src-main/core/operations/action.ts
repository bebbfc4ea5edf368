import type { z } from 'zod';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import type { Disk } from '../../../src-preload/contract/disks';
import type {
  BackendKind,
  BackendStatus,
  HostInventory,
  Pool,
  Snapshot,
  TopologyNode,
  Volume,
} from '../../../src-preload/contract/inventory';
import type {
  Sandbox,
  SandboxDriverKind,
  SandboxInventory,
  SandboxSnapshot,
  SandboxTemplate,
  SandboxVolume,
} from '../../../src-preload/contract/sandbox';
import type {
  ClusterInventory,
  ClusterLogin,
  ClusterNode,
  ClusterStorage,
  Guest,
  GuestSnapshot,
} from '../../../src-preload/contract/clusters';
import type { ClusterSubjectRef } from '../../../src-preload/contract/cluster-subjects';
import type { Firewall, FirewallRule } from '../../../src-preload/contract/datacenter';
import type { StorageVolume } from '../../../src-preload/contract/volumes';
import type { FirewallPlace } from '../proxmox/reads/firewall';
import type { ChosenFile, LocalFile } from '../clusters/local-files';
import type { FileChange } from '../sandbox/volume-fs/file-change';
import type { VolumeReads } from '../sandbox/volume-fs/read';
import type { ApiParameters } from '../proxmox/client/parameters';
import type { ApiPath } from '../proxmox/client/path';
import type { ApiCall } from '../proxmox/requests';
import type { Field } from '../../../src-preload/contract/offers';
import type {
  ActionId,
  Blocker,
  Consequence,
  Offer,
  Retry,
  Risk,
  Verification,
} from '../../../src-preload/contract/operations';

/** A command of a plan before it is rendered for its host. */
export interface StepDraft {
  title: string;
  /** `argv[0]` is a bare tool name of the catalogue. */
  argv: readonly string[];
  explain: string;
  acceptExitCodes: readonly number[];
  timeoutSeconds: number;
  /** false: as the login user. Left out: as root, by sudo where the host's setting says so. */
  privileged?: false;
  /** Work of hours: what has not ended after this is left running on the host, and `verify` says `pending`. */
  detachAfterSeconds?: number;
  /** All that goes to its standard input. Left out: nothing. */
  stdin?: string;
  /** When it is sent again. Left out: never. */
  retry?: Retry;
  /**
   * Takes back what this step made. It runs when a later step fails or the person stops the plan; of several the
   * newest first. Only for what this plan itself makes: what was there before is never its to take away.
   */
  cleanUp?: CleanUpDraft;
  /**
   * It runs a program in a sandbox: what comes back is for the person who asked and recorded nowhere. Of a failure only
   * this tells, in a sentence that holds nothing of what came back.
   */
  foreignFailure?: (exitCode: number, stderr: string) => string;
  /** Of a bulk plan: which of the objects it belongs to. */
  item?: number;
}

export type CleanUpDraft = Omit<StepDraft, 'cleanUp' | 'item' | 'detachAfterSeconds' | 'foreignFailure'> & {
  /** Left out: `done`. `tried`: also when the step itself failed, because it may leave a part behind. */
  after?: 'tried';
};

/**
 * What is done with the answer to a call. `agent-command`: it names a process of a guest, which is waited for.
 * `agent-file`: it is a file of a guest. `console`: it is the ticket of a console, which is opened with it. `any`: it tells
 * nothing that is needed, and is not looked at.
 */
export type Follow = 'agent-command' | 'agent-file' | 'console' | 'any';

/** A call of the Proxmox VE API before it is shown. `call` comes from proxmox/requests.ts, the list of all there are. */
export interface ApiStepDraft {
  title: string;
  call: ApiCall;
  explain: string;
  /** How long its task is followed. */
  timeoutSeconds: number;
  /** What its answer names; left out: a task, or nothing. */
  follow?: Follow;
  /** Of a bulk plan: which of the objects it belongs to. */
  item?: number;
}

/** A change of the files of a sandbox volume over SFTP before it is shown. */
export interface FileStepDraft {
  title: string;
  files: FileChange;
  explain: string;
  /** Of a transfer, for its progress. */
  totalBytes?: number;
  /** Of a bulk plan: which of the objects it belongs to. */
  item?: number;
}

export type AnyStepDraft = StepDraft | FileStepDraft | ApiStepDraft;

export interface PlanDraft<Step extends AnyStepDraft = StepDraft> {
  risk: Risk;
  target: { kind: string; name: string };
  steps: Step[];
  consequences: Consequence[];
  blockers: Blocker[];
  undo: string | null;
  /**
   * The state the plan rests on (guid of the snapshot, list of newer ones, device open …).
   * Compared as canonical JSON before executing: any difference refuses.
   */
  preconditions: Record<string, unknown>;
  /** Of a bulk plan: go on with the next object after one failed. Left out: stop. */
  onFailure?: 'stop' | 'next-item';
  /** Of a bulk plan over an API: how many of its objects are worked on at a time. Left out: one. */
  sideBySide?: number;
}

/** An action that can be asked for many objects of a host at once: `snapshot`, `snapshots`. */
export interface BulkTraits {
  one: string;
  many: string;
  /** How many are worked on at a time; only over an API. Left out: one. */
  atOnce?: number;
  /** How many may be asked for. Left out: 200. */
  most?: number;
}

/** Fresh reads for planning and verifying. Never cached, never audited one by one. */
export interface ActionContext {
  /** Runs one read on the host: bare tool name, `sudo` as the host's setting says. Throws AppError. */
  read(
    operation: string,
    argv: readonly string[],
    options?: {
      acceptExitCodes?: readonly number[];
      timeoutSeconds?: number;
      maxOutputBytes?: number;
      /** false: as the login user. Left out: as root. */
      privileged?: false;
    },
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Of a backend, as the last inventory told: which form to ask for first, and nothing more. null: never read. */
  lastKnownStatus(backend: BackendKind): Promise<BackendStatus | null>;
  nowMs(): number;
}

/** Where a sandbox volume keeps its files. */
export interface VolumePlace {
  name: string;
  /** Absolute, on the host. */
  root: string;
  /** Of a disk volume only the image is a file: `disk.raw`. */
  kind: 'directory' | 'disk';
}

/** What actions on the files of a sandbox volume read with. */
export interface FileContext extends ActionContext {
  /** By its id in the inventory. Throws AppError `not-found`, `refused`. */
  volumePlace(volumeId: string): Promise<VolumePlace>;
  /** Fresh reads of its files. Throws AppError. */
  volumeFiles<T>(place: VolumePlace, work: (fs: VolumeReads) => Promise<T>): Promise<T>;
  /** A file of this laptop that was chosen in the native dialog. Throws AppError. */
  chosenFile(fileId: string): Promise<ChosenFile>;
}

/** A cluster that a guest may be sent to. */
export interface OtherCluster {
  name: string;
  /** `192.0.2.11:8006` */
  address: string;
  tokenId: string;
  /** As `proxmox-remote` has it. SECURITY: it holds the secret of the token; only a call may have it. */
  endpoint: string;
  get: ApiContext['get'];
}

/** Fresh reads of a Proxmox VE cluster for planning and verifying. */
export interface ApiContext {
  /** As whom it is read and changed: some changes are for one user alone. */
  login: ClusterLogin;
  /**
   * Reads one path of the API. Throws AppError. @param shown names whose values this read is about although they may be
   * secret: all others come masked
   */
  get<T>(
    operation: string,
    path: ApiPath,
    schema: z.ZodType<T>,
    query?: ApiParameters,
    shown?: readonly string[],
  ): Promise<T>;
  /** A file of this laptop that was chosen in the native dialog. Throws AppError. */
  localFile(fileId: string): Promise<LocalFile>;
  /** The whole text of such a file, which is a small one. Throws AppError. */
  localText(fileId: string): Promise<string>;
  /** Another cluster of the list, as a target. Throws AppError: it is not there, may not be changed, or is not trusted. */
  otherCluster(clusterId: string): Promise<OtherCluster>;
  nowMs(): number;
}

/** What an action reads with: over SSH or over the API, as the action is made for. */
export type RoadContext = ActionContext | FileContext | ApiContext;

/** What an offer on a cluster may look at. */
export interface ClusterWorld {
  inventory: ClusterInventory;
  /** The other clusters of the list. */
  others: readonly { id: string; name: string }[];
}

/** One object of a cluster as last read. */
export type ClusterSubject =
  | { kind: 'guest'; guest: Guest }
  | { kind: 'guest-snapshot'; guest: Guest; snapshot: GuestSnapshot }
  | { kind: 'node'; node: ClusterNode }
  | { kind: 'storage'; storage: ClusterStorage }
  | { kind: 'storage-volume'; storage: ClusterStorage; volume: StorageVolume }
  | { kind: 'firewall'; place: FirewallPlace; options: FirewallOptions | null }
  | { kind: 'firewall-rule'; place: FirewallPlace; rule: FirewallRule; count: number }
  | Exclude<
      ClusterSubjectRef,
      {
        kind:
          'guest' | 'guest-snapshot' | 'node' | 'storage' | 'storage-volume' | 'firewall' | 'firewall-rule';
      }
    >;

type FirewallOptions = Pick<Firewall, 'enabled' | 'policyIn' | 'policyOut'>;

/** One object of a host as last read, with the pool it belongs to. */
export type Subject =
  | { kind: 'host' }
  | { kind: 'pool'; pool: Pool }
  | { kind: 'member'; pool: Pool; node: TopologyNode }
  | { kind: 'volume'; pool: Pool | null; volume: Volume }
  | { kind: 'snapshot'; pool: Pool | null; snapshot: Snapshot }
  | { kind: 'disk'; disk: Disk }
  | { kind: 'sandbox-host'; driver: SandboxDriverKind; sandbox: SandboxInventory }
  | { kind: 'sandbox'; sandbox: Sandbox }
  | { kind: 'sandbox-volume'; volume: SandboxVolume }
  | { kind: 'sandbox-snapshot'; snapshot: SandboxSnapshot }
  | { kind: 'sandbox-template'; template: SandboxTemplate };

/** What an offer may look at. */
export interface OfferWorld {
  inventory: HostInventory;
  nowMs: number;
}

/** How an action is offered for one subject. The excuse is only what the inventory tells; the plan reads anew. */
export interface OfferDraft {
  label: string;
  group: Offer['group'];
  excuse: string | null;
  /** Input keys that the subject answers. */
  input: Offer['input'];
  fields: Field[];
}

/** What every entry of the static catalogue says of itself. */
export interface ActionTraits {
  id: ActionId;
  /** Title for menus and plans: "Roll back ZFS dataset". */
  title: string;
  /** Storage backend or kind of sandbox volume; null: it belongs to none. */
  backend: BackendKind | SandboxDriverKind | null;
  minimumAccess: AccessLevel;
  /** The least risk it can have; a plan may raise it. */
  risk: Risk;
  /** Left out: one object at a time. */
  bulk?: BulkTraits;
  /** Keys of its input whose values are recorded nowhere: its schema takes null for each. */
  secrets?: readonly string[];
  /** Why it cannot be staged for later, in a sentence. Left out: it can, unless its input holds a secret. */
  onlyNow?: string;
  /** Where the settings say so, it runs as a staged change only (F187). */
  stageFirst?: true;
}

/** An action on a host over SSH. Pure but for `context.read`. */
export interface ActionDefinition<Input> extends ActionTraits {
  /** Strict: unknown keys are refused; no value may start with `-`. */
  input: z.ZodType<Input>;
  /** Of a bulk plan: what its objects mean together, beyond what each says of itself. Only reads. */
  together?(context: ActionContext, inputs: readonly Input[]): Promise<Consequence[]>;
  /** Where the screens offer it, pure. null: not for this subject. */
  offer(subject: Subject, world: OfferWorld): OfferDraft | null;
  /** Of upkeep: what it would be asked for on a host as last read, all of it together; null: nothing is due. Pure. */
  due?(inventory: HostInventory): Offer['input'] | null;
  plan(context: ActionContext, input: Input): Promise<PlanDraft>;
  /** Reads again after executing and says whether the effect is there. `exitCodes` of the steps, in order. */
  verify(
    context: ActionContext,
    input: Input,
    draft: Pick<PlanDraft, 'preconditions'>,
  ): Promise<Verification>;
  /** A sentence for a known failure of the tool, or null: exit code and stderr of the failing step. */
  explainFailure(exitCode: number, stderr: string): { message: string; remedy: string } | null;
}

/** An action on files of a sandbox volume, offered by its file browser and not by a menu. Pure but for the reads. */
export interface FileActionDefinition<Input> extends ActionTraits {
  backend: null;
  /** Strict: unknown keys are refused. */
  input: z.ZodType<Input>;
  plan(context: FileContext, input: Input): Promise<PlanDraft<FileStepDraft>>;
  verify(context: FileContext, input: Input, draft: Pick<PlanDraft, 'preconditions'>): Promise<Verification>;
}

/** An action on a Proxmox VE cluster over its API. Pure but for `context.get`. */
export interface ApiActionDefinition<Input> extends ActionTraits {
  backend: null;
  /** Strict: unknown keys are refused. */
  input: z.ZodType<Input>;
  /** Where the screens offer it, pure. null: not for this subject. */
  offer(subject: ClusterSubject, world: ClusterWorld): OfferDraft | null;
  plan(context: ApiContext, input: Input): Promise<PlanDraft<ApiStepDraft>>;
  verify(context: ApiContext, input: Input, draft: Pick<PlanDraft, 'preconditions'>): Promise<Verification>;
  /** A sentence for a known message of the API or the end of a task, or null. */
  explainFailure(message: string): { message: string; remedy: string } | null;
}
