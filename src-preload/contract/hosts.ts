import { z } from 'zod';
import {
  addressSchema,
  bytesSchema,
  hostIdSchema,
  nothingSchema,
  portSchema,
  timestampMsSchema,
  userNameSchema,
  uuidSchema,
} from './primitives';
import { hostKeySchema, wireErrorSchema } from './result';

/** What this laptop may do on a host. `view` reads, `operate` takes snapshots, `administer` does everything. */
export const accessLevels = ['view', 'operate', 'administer'] as const;
export const accessLevelSchema = z.enum(accessLevels);
export type AccessLevel = z.infer<typeof accessLevelSchema>;

export const environmentColours = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'violet',
  'gray',
] as const;

/** The wrong-host guard: shown in the title bar, on every screen of the host and in the confirm dialog. */
export const environmentSchema = z.strictObject({
  label: z.string().trim().min(1).max(24),
  colour: z.enum(environmentColours),
  /** Production hosts ask for the host's name on destructive plans. */
  production: z.boolean(),
});
export type Environment = z.infer<typeof environmentSchema>;

/** How we log in. Secrets are never part of it; a key file is named by the id that the file dialog gave. */
export const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('agent') }),
  z.strictObject({ kind: z.literal('key-file'), keyFileId: uuidSchema, displayPath: z.string().max(4096) }),
  z.strictObject({ kind: z.literal('password') }),
]);
export type Auth = z.infer<typeof authSchema>;

export const hostNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{C}]*$/u, 'must not contain control characters');

export const hostSettingsSchema = z.strictObject({
  name: hostNameSchema,
  address: addressSchema,
  port: portSchema,
  user: userNameSchema,
  auth: authSchema,
  /** Run storage tools through `sudo -n`. */
  sudo: z.boolean(),
  environment: environmentSchema,
  accessLevel: accessLevelSchema,
  /** The jump host it is reached through: another host of the list, which may have one itself. Left out: directly. */
  via: hostIdSchema.optional(),
});
export type HostSettings = z.infer<typeof hostSettingsSchema>;

export const hostSchema = hostSettingsSchema.extend({
  id: hostIdSchema,
  /** Served by the embedded demo fleet; such hosts live in the demo profile only. */
  demo: z.boolean(),
  createdAtMs: timestampMsSchema,
  /** What the policy of this computer allows at most. Left out: everything. */
  most: accessLevelSchema.optional(),
});
export type Host = z.infer<typeof hostSchema>;

export const connectionStatuses = [
  'never-connected',
  'connecting',
  'online',
  'offline',
  'untrusted',
  'needs-credentials',
  'failed',
] as const;
export const hostStateSchema = z.strictObject({
  status: z.enum(connectionStatuses),
  error: wireErrorSchema.nullable(),
  /** When we last read the host successfully; null: never. */
  lastSeenAtMs: timestampMsSchema.nullable(),
  /** Operations whose outcome is unknown until the host is read again. */
  unknownOperations: z.int().nonnegative(),
});
export type HostState = z.infer<typeof hostStateSchema>;

/** Worst first. `unknown` is never drawn as good. */
export const healths = ['critical', 'warning', 'unknown', 'ok'] as const;
export const healthSchema = z.enum(healths);
export type Health = z.infer<typeof healthSchema>;

export const hostProblemSchema = z.strictObject({
  severity: z.enum(['critical', 'warning']),
  /** What is wrong, in a sentence. */
  text: z.string(),
  /** What to do about it. */
  advice: z.string(),
  poolId: z.string().nullable(),
});
export type HostProblem = z.infer<typeof hostProblemSchema>;

export const hostSummarySchema = z.strictObject({
  takenAtMs: timestampMsSchema,
  health: healthSchema,
  poolCount: z.int(),
  volumeCount: z.int(),
  snapshotCount: z.int(),
  sizeBytes: bytesSchema,
  usedBytes: bytesSchema,
  problems: z.array(hostProblemSchema),
  /** Running scrubs, resilvers, merges: one short text each. */
  activities: z.array(z.string()),
});
export type HostSummary = z.infer<typeof hostSummarySchema>;

export const hostOverviewSchema = z.strictObject({
  host: hostSchema,
  state: hostStateSchema,
  /** Last known; null: never read. */
  summary: hostSummarySchema.nullable(),
});
export type HostOverview = z.infer<typeof hostOverviewSchema>;

/** A password or passphrase on its way to the vault. It is held in memory only where no keyring seals it. */
export const secretSchema = z.string().min(1).max(1024);

export const mostSshConfigEntries = 500;

/** A `Host` of ssh_config(5) that names one host, with what all the file says of it. */
export const sshConfigEntrySchema = z.strictObject({
  alias: z.string(),
  address: z.string(),
  port: z.int(),
  user: z.string(),
  /** null: none is named, or none that can be read; the SSH agent is used. */
  keyFile: z.string().nullable(),
  /** Alias or name of the jump host. */
  via: z.string().nullable(),
  /** Why it can't be added; null: it can. */
  obstacle: z.string().nullable(),
});
export type SshConfigEntry = z.infer<typeof sshConfigEntrySchema>;

/** Of a host list as a file. */
export const mostListedHosts = 500;

/** A host of such a file, and what would become of it here. */
export const hostListEntrySchema = z.strictObject({
  name: z.string(),
  address: z.string(),
  port: z.int(),
  user: z.string(),
  /** As the host is logged in to where the file comes from. */
  login: z.enum(['agent', 'key-file', 'password']),
  /** Name of the jump host. */
  via: z.string().nullable(),
  /** `same` and `differs`: a host of that name is in the list; a file never changes it. */
  status: z.enum(['new', 'same', 'differs', 'refused']),
  /** What differs, why it is refused, or what to know before adding it. */
  notes: z.array(z.string()),
});
export type HostListEntry = z.infer<typeof hostListEntrySchema>;

export const hostsContract = {
  list: { request: nothingSchema, response: z.strictObject({ hosts: z.array(hostOverviewSchema) }) },
  add: {
    request: z.strictObject({ settings: hostSettingsSchema, secret: secretSchema.nullable() }),
    response: hostSchema,
  },
  update: {
    request: z.strictObject({
      hostId: hostIdSchema,
      settings: hostSettingsSchema,
      /** null keeps the stored secret. */
      secret: secretSchema.nullable(),
    }),
    response: hostSchema,
  },
  /** Forgets our own record after a native confirmation. The audit file stays. */
  remove: {
    request: z.strictObject({ hostId: hostIdSchema }),
    response: z.strictObject({ removed: z.boolean() }),
  },
  /**
   * Asks address:port for its host key, without offering it any credential; jump hosts on the way are logged in to.
   * `trust` opens the native dialog afterwards, which shows the same fingerprint.
   */
  probeKey: {
    request: z.strictObject({ address: addressSchema, port: portSchema, via: hostIdSchema.optional() }),
    response: z.strictObject({
      status: z.enum(['trusted', 'unknown', 'changed', 'revoked']),
      offered: hostKeySchema,
      known: z.array(hostKeySchema),
      /** Set when ~/.ssh/known_hosts already holds this very key. */
      knownHostsMatch: z.boolean(),
    }),
  },
  /** Native dialog with the fingerprint; on yes the key is pinned. The fingerprint is compared with a fresh probe. */
  trustKey: {
    request: z.strictObject({
      address: addressSchema,
      port: portSchema,
      via: hostIdSchema.optional(),
      sha256: hostKeySchema.shape.sha256,
    }),
    response: z.strictObject({ trusted: z.boolean() }),
  },
  /** Native file dialog; null when cancelled. */
  chooseKeyFile: {
    request: nothingSchema,
    response: z.strictObject({
      keyFile: z
        .strictObject({ keyFileId: uuidSchema, displayPath: z.string(), encrypted: z.boolean() })
        .nullable(),
    }),
  },
  /** What ~/.ssh/config of this login says of hosts. Nothing is added, and nothing named in it is run. */
  readSshConfig: {
    request: nothingSchema,
    response: z.strictObject({
      displayPath: z.string(),
      entries: z.array(sshConfigEntrySchema),
      /** What of the file was not taken into account. */
      notes: z.array(z.string()),
    }),
  },
  /** Adds entries by their alias, at the level `view`. The file is read again; no host is connected to. */
  importSshConfig: {
    request: z.strictObject({
      aliases: z.array(hostNameSchema).min(1).max(mostSshConfigEntries),
      sudo: z.boolean(),
      environment: environmentSchema,
    }),
    response: z.strictObject({
      added: z.array(hostSchema),
      refused: z.array(z.strictObject({ alias: z.string(), reason: z.string() })),
    }),
  },
  /** Native save dialog, then all hosts without secrets, key files, pinned keys and levels. null when cancelled. */
  exportList: {
    request: nothingSchema,
    response: z.strictObject({
      exported: z.strictObject({ displayPath: z.string(), hostCount: z.int().positive() }).nullable(),
    }),
  },
  /** Native open dialog; what the chosen file holds against the list. Nothing is added. null when cancelled. */
  openList: {
    request: nothingSchema,
    response: z.strictObject({
      found: z
        .strictObject({ listId: uuidSchema, displayPath: z.string(), entries: z.array(hostListEntrySchema) })
        .nullable(),
    }),
  },
  /** Adds new hosts of the file that was opened last, at the level `view`; no host is connected to. */
  importList: {
    request: z.strictObject({
      listId: uuidSchema,
      names: z.array(hostNameSchema).min(1).max(mostListedHosts),
    }),
    response: z.strictObject({
      added: z.array(hostSchema),
      refused: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
    }),
  },
  setSecret: {
    request: z.strictObject({ hostId: hostIdSchema, secret: secretSchema }),
    response: nothingSchema,
  },
  connect: { request: z.strictObject({ hostId: hostIdSchema }), response: hostStateSchema },
  disconnect: { request: z.strictObject({ hostId: hostIdSchema }), response: hostStateSchema },
} as const;
