import { z } from 'zod';
import { loadedPolicySchema } from '../../../src-preload/contract/machine-policy';
import { fixedSettingsSchema } from '../../../src-preload/contract/settings';

/** How the shell starts the core: one JSON value in the environment, because both hosts can pass that. */
export const startOptionsVariable = 'HOLDFAST_CORE_OPTIONS';

export const startOptionsSchema = z.strictObject({
  /** Absolute; created when missing. */
  dataDirectory: z.string().min(1),
  demo: z.boolean(),
  /** `user@laptop`. */
  actor: z.string().min(1).max(320),
  /** What holdfast.json and the environment decide. */
  fixed: fixedSettingsSchema.optional(),
  policies: z.array(loadedPolicySchema).max(2).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional(),
});
export type StartOptions = z.infer<typeof startOptionsSchema>;

/** @throws Error when the variable is missing or not what the shell writes */
export function readStartOptions(environment: NodeJS.ProcessEnv): StartOptions {
  const text = environment[startOptionsVariable];
  if (text === undefined) throw new Error(`${startOptionsVariable} is not set; the shell starts the core.`);
  return startOptionsSchema.parse(JSON.parse(text));
}
