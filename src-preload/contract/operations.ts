import { z } from 'zod';
import { btrfsActionIds } from './actions/btrfs';
import { deviceMapperActionIds } from './actions/device-mapper';
import { diskActionIds } from './actions/disk';
import { fileActionIds } from './actions/file';
import { lvmActionIds } from './actions/lvm';
import { mdadmActionIds } from './actions/mdadm';
import { microsandboxActionIds } from './actions/microsandbox';
import { pveActionIds } from './actions/pve';
import { sandboxFileActionIds } from './actions/sandbox-file';
import { zfsActionIds } from './actions/zfs';
import { bytesSchema, hostIdSchema, nothingSchema, timestampMsSchema, uuidSchema } from './primitives';
import { accessLevelSchema, environmentSchema } from './hosts';
import { backendKinds } from './inventory';
import { fieldSchema, subjectSchema } from './offers';
import { wireErrorSchema } from './result';
import { sandboxDrivers } from './sandbox';

/** Every action on a Linux host. */
export const hostActionIds = [
  ...zfsActionIds,
  ...lvmActionIds,
  ...mdadmActionIds,
  ...btrfsActionIds,
  ...diskActionIds,
  ...fileActionIds,
  ...microsandboxActionIds,
  ...deviceMapperActionIds,
] as const;
export type HostActionId = (typeof hostActionIds)[number];
export type PveActionId = (typeof pveActionIds)[number];

/** Every action that can change a host or a cluster. Anything else is refused and recorded. */
export const actionIds = [...hostActionIds, ...sandboxFileActionIds, ...pveActionIds] as const;
export const actionIdSchema = z.enum(actionIds);
export type ActionId = z.infer<typeof actionIdSchema>;

export const risks = ['safe', 'destructive', 'catastrophic'] as const;
export const riskSchema = z.enum(risks);
export type Risk = z.infer<typeof riskSchema>;

/** When a command is sent again: only while its answer says so, and never after no answer. */
export const retrySchema = z.strictObject({
  /** In all, the first included. */
  tries: z.int().min(2).max(20),
  waitMs: z.int().nonnegative().max(10_000),
  /** All of these stand on one line of what it said on standard error. */
  stderrHas: z.array(z.string().min(1)).min(1),
});
export type Retry = z.infer<typeof retrySchema>;

/** One command exactly as it will be sent. */
export const sshStepSchema = z.strictObject({
  kind: z.literal('ssh'),
  title: z.string(),
  /** Full argument vector, `sudo -n` included. */
  argv: z.array(z.string()).min(1),
  /** The one string that the remote shell receives, quoted. */
  commandLine: z.string(),
  /** One sentence: what it does and why these flags. */
  explain: z.string(),
  acceptExitCodes: z.array(z.int()),
  timeoutSeconds: z.number().positive(),
  /** All that goes to its standard input. Left out: nothing does. */
  stdin: z.string().optional(),
  /** Left out: it is sent once. */
  retry: retrySchema.optional(),
});
/** One call of the Proxmox VE API exactly as it will be sent, but for secrets. */
export const pveStepSchema = z.strictObject({
  kind: z.literal('pve'),
  title: z.string(),
  /** GET where what is read is a secret of a guest, so that reading it is an operation too. */
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  /** Below `/api2/json`: `/nodes/pve1/qemu/100/status/start`. */
  path: z.string(),
  /** `name=value`, in the order they are sent; a secret reads `name=(secret)`. */
  parameters: z.array(z.string()),
  /** Method, path and parameters on one line. */
  commandLine: z.string(),
  explain: z.string(),
  /** The privileges it takes: `VM.PowerMgmt on /vms/100`. */
  needs: z.string(),
  /** How long its task is followed. */
  timeoutSeconds: z.number().positive(),
});
/** One change of files over SFTP exactly as it will be made; no program is started on the host for it. */
export const sftpStepSchema = z.strictObject({
  kind: z.literal('sftp'),
  title: z.string(),
  verb: z.enum(['mkdir', 'write', 'put', 'rm', 'rmdir', 'cp', 'rename']),
  /** Absolute, on the host; what it comes from stands first, and of `put` that is a file of this laptop. */
  paths: z.array(z.string()).min(1).max(2),
  /** `sftp mkdir /home/admin/.microsandbox/volumes/data/logs` */
  commandLine: z.string(),
  explain: z.string(),
  /** All that `write` writes. */
  content: z.string().optional(),
  /** How long one request waits for its answer; a transfer goes on as long as there are answers. */
  timeoutSeconds: z.number().positive(),
});
export type SftpStep = z.infer<typeof sftpStepSchema>;
export type PveStep = z.infer<typeof pveStepSchema>;
export type SshStep = z.infer<typeof sshStepSchema>;
export const planStepSchema = z.discriminatedUnion('kind', [sshStepSchema, sftpStepSchema, pveStepSchema]);
export type PlanStep = z.infer<typeof planStepSchema>;

/** What takes back the effect of one step when the plan does not come to its end. */
export const cleanUpStepSchema = z.strictObject({
  /** Place of the step whose effect it takes back. */
  of: z.int().nonnegative(),
  /** `done`: only what was done is taken back. `tried`: also what failed, because it may leave a part behind. */
  after: z.enum(['done', 'tried']),
  step: sshStepSchema,
});
export type CleanUpStep = z.infer<typeof cleanUpStepSchema>;

export const consequenceSchema = z.strictObject({
  severity: z.enum(['info', 'warning', 'loss']),
  text: z.string(),
  /** What exactly is touched or lost, by name and size. */
  items: z.array(z.strictObject({ name: z.string(), sizeBytes: bytesSchema.nullable() })),
});
export type Consequence = z.infer<typeof consequenceSchema>;

export const blockerSchema = z.strictObject({
  text: z.string(),
  /** What would lift it. */
  remedy: z.string(),
});
export type Blocker = z.infer<typeof blockerSchema>;

export const planSchema = z.strictObject({
  id: uuidSchema,
  action: actionIdSchema,
  title: z.string(),
  /** What is changed: a host over SSH, or a Proxmox VE cluster over its API. */
  host: z.strictObject({
    kind: z.enum(['host', 'cluster']),
    id: hostIdSchema,
    name: z.string(),
    address: z.string(),
    environment: environmentSchema,
    accessLevel: accessLevelSchema,
  }),
  risk: riskSchema,
  target: z.strictObject({ kind: z.string(), name: z.string() }),
  steps: z.array(planStepSchema),
  /**
   * What runs, in this order, when a step fails or the person stops the plan: it takes back what the steps before made.
   * Left out: nothing. After a step without answer none of it runs.
   */
  cleanUp: z.array(cleanUpStepSchema).optional(),
  consequences: z.array(consequenceSchema),
  /** Non-empty: cannot run. */
  blockers: z.array(blockerSchema),
  /** How to undo it, or null when it can't be undone. */
  undo: z.string().nullable(),
  /** Words the person must type before running; compared by the core. null: not asked. */
  typed: z.strictObject({ target: z.string().nullable(), host: z.string().nullable() }),
  /** Why it cannot be staged for later, in a sentence. Left out: it can. */
  onlyNow: z.string().optional(),
  /** The staged change that it applies. Left out: none. */
  change: z.strictObject({ id: uuidSchema, stagedAtMs: timestampMsSchema, note: z.string() }).optional(),
  createdAtMs: timestampMsSchema,
  expiresAtMs: timestampMsSchema,
  /** SHA-256 over the canonical JSON of all that is shown. The confirm token is bound to it. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Plan = z.infer<typeof planSchema>;

export const outcomes = ['ok', 'warning', 'failed', 'cancelled', 'refused', 'unknown'] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

export const stepResultSchema = z.strictObject({
  status: z.enum(['done', 'failed', 'not-run', 'unknown']),
  exitCode: z.int().nullable(),
  durationMs: z.number(),
  stdout: z.string(),
  stderr: z.string(),
  /** How often it was sent, where more than once. */
  tries: z.int().min(2).optional(),
  /** What it said stands in no row of the audit, and is shown only when it is asked for. */
  confidential: z.literal(true).optional(),
});
export type StepResult = z.infer<typeof stepResultSchema>;

export const verificationSchema = z.strictObject({
  /** `pending`: accepted by the tool, takes effect later (deferred LVM merge). */
  status: z.enum(['confirmed', 'pending', 'not-there', 'unreadable', 'skipped']),
  text: z.string(),
});
export type Verification = z.infer<typeof verificationSchema>;

export const operationResultSchema = z.strictObject({
  operationId: uuidSchema,
  planId: uuidSchema,
  outcome: outcomeSchema,
  /** What happened, in a sentence. */
  message: z.string(),
  verification: verificationSchema,
  steps: z.array(stepResultSchema),
  /** One per clean-up step of the plan, in order. Left out: none was due. */
  cleanUp: z.array(stepResultSchema).optional(),
  durationMs: z.number(),
  error: wireErrorSchema.nullable(),
});
export type OperationResult = z.infer<typeof operationResultSchema>;

export const operationPhases = [
  'confirming',
  'recording',
  'rechecking',
  'executing',
  'verifying',
  'finished',
] as const;
export const operationProgressSchema = z.strictObject({
  planId: uuidSchema,
  operationId: uuidSchema,
  phase: z.enum(operationPhases),
  stepIndex: z.int().nullable(),
  output: z.strictObject({ stream: z.enum(['stdout', 'stderr']), chunk: z.string() }).nullable(),
});
export type OperationProgress = z.infer<typeof operationProgressSchema>;

export const actionInfoSchema = z.strictObject({
  id: actionIdSchema,
  title: z.string(),
  /** null: it belongs to no backend (disks). */
  backend: z.enum([...backendKinds, ...sandboxDrivers]).nullable(),
  minimumAccess: accessLevelSchema,
  risk: riskSchema,
  /** Many objects of one host may be asked for at once: input `{ items: [...], goOn }`. */
  bulk: z.boolean(),
  /** It is upkeep: an inventory tells what it is due for. */
  upkeep: z.boolean(),
  /** Where the settings say so, it runs as a staged change only. */
  stageFirst: z.boolean(),
});
export type ActionInfo = z.infer<typeof actionInfoSchema>;

/** An action as the screens offer it for one object: its menu line, its form, and why it can't be done. */
export const offerSchema = z.strictObject({
  action: actionIdSchema,
  /** Line of the menu: `Extend…`. Three dots when it asks more than the plan shows. */
  label: z.string(),
  group: z.enum(['create', 'snapshot', 'change', 'maintenance', 'destroy']),
  risk: riskSchema,
  /** Why not now; null: it can be asked for. */
  excuse: z.string().nullable(),
  /** What stands already: the object itself. The form's answers are added. */
  input: z.record(z.string().max(64), z.json()),
  fields: z.array(fieldSchema),
});
export type Offer = z.infer<typeof offerSchema>;

export const operationsContract = {
  catalogue: { request: nothingSchema, response: z.strictObject({ actions: z.array(actionInfoSchema) }) },
  /** What can be done to one object, from the last known inventory. Never touches the network. */
  offers: {
    request: z.strictObject({ hostId: hostIdSchema, subject: subjectSchema }),
    response: z.strictObject({ offers: z.array(offerSchema) }),
  },
  /**
   * `input` is parsed by the action's own strict schema in the core.
   * `action` is any short string here so that unknown actions reach the core, are refused there and recorded.
   */
  plan: {
    request: z.strictObject({
      hostId: hostIdSchema,
      action: z.string().min(1).max(64),
      input: z.record(z.string().max(64), z.json()),
    }),
    response: planSchema,
  },
  /** A plan as a POSIX shell script, to be run by hand. Nothing is run or recorded. */
  script: {
    request: z.strictObject({ planId: uuidSchema }),
    response: z.strictObject({ script: z.string() }),
  },
  /** The same into a file, by way of the native save dialog. null: cancelled. */
  saveScript: {
    request: z.strictObject({ planId: uuidSchema }),
    response: z.strictObject({ saved: z.strictObject({ displayPath: z.string() }).nullable() }),
  },
  /** Gate, native confirmation, record, re-check, execute, verify, record. */
  run: {
    request: z.strictObject({
      planId: uuidSchema,
      typedTarget: z.string().max(512).nullable(),
      typedHost: z.string().max(512).nullable(),
    }),
    response: operationResultSchema,
  },
  /** Asks a running operation to stop where the tool allows. */
  cancel: {
    request: z.strictObject({ planId: uuidSchema }),
    response: z.strictObject({ accepted: z.boolean() }),
  },
} as const;
