import { z } from 'zod';
import { nothingSchema } from './primitives';

export const coreStatusSchema = z.strictObject({
  state: z.enum(['starting', 'running', 'restarting', 'failed']),
  /** How often the core ended unexpectedly since the app started. */
  crashes: z.int().nonnegative(),
  message: z.string().nullable(),
});
export type CoreStatus = z.infer<typeof coreStatusSchema>;

export const vaultStatusSchema = z.strictObject({
  /** Secrets survive a restart, sealed by the system's keyring. */
  persistent: z.boolean(),
  /** As Electron names it: gnome_libsecret, kwallet6, basic_text, keychain, dpapi, unknown. */
  backend: z.string(),
  /** What this means for the person, in a sentence. */
  text: z.string(),
});
export type VaultStatus = z.infer<typeof vaultStatusSchema>;

export const appInfoSchema = z.strictObject({
  version: z.string(),
  electron: z.string(),
  chromium: z.string(),
  /** The fallback runtime for evaluation and tests; the window says so. */
  evaluationRuntime: z.boolean(),
  /** Running on the embedded demo fleet with its own profile. */
  demo: z.boolean(),
  platform: z.string(),
  profileDirectory: z.string(),
  vault: vaultStatusSchema,
  core: coreStatusSchema,
});
export type AppInfo = z.infer<typeof appInfoSchema>;

/** A place within the page, as its own links name it: `/`, `/hosts/nas-01-0a1b2c3d`. */
export const routeSchema = z.string().regex(/^\/(?:[a-z0-9-]{1,64}(?:\/[a-z0-9-]{1,64}){0,3})?$/);

export const appContract = {
  info: { request: nothingSchema, response: appInfoSchema },
  /** Opens the embedded demo fleet: the core restarts on the demo profile. */
  openDemo: { request: nothingSchema, response: nothingSchema },
  /** Leaves the demo fleet and returns to one's own hosts. */
  closeDemo: { request: nothingSchema, response: nothingSchema },
  /** Another window of the same app. Each asks and is answered by itself; all show the same hosts. */
  openWindow: { request: z.strictObject({ route: routeSchema }), response: nothingSchema },
  /** The window that was used last fills the screen, or does so no more. */
  fullScreen: { request: z.strictObject({ on: z.boolean() }), response: nothingSchema },
  restartCore: { request: nothingSchema, response: coreStatusSchema },
} as const;
