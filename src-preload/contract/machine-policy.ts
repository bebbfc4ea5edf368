import { z } from 'zod';
import { accessLevels, accessLevelSchema } from './hosts';
import { nothingSchema, portSchema } from './primitives';

/** `none`: for Holdfast it is not there. */
export const mostSchema = z.enum(['none', ...accessLevels]);
export type Most = z.infer<typeof mostSchema>;

const matchers = {
  /** In any case; `*` stands for any characters, also none: `*.lab.example.org`, `10.20.*`. */
  address: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[A-Za-z0-9.:_*-]+$/)
    .optional(),
  port: portSchema.optional(),
  /** Pinned for a host, as `ssh-keygen -l` prints it. */
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/)
    .optional(),
  /** Pinned for a node of a cluster: SHA-256, as `openssl x509 -fingerprint -sha256` prints it. */
  certificate: z
    .string()
    .regex(/^(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/)
    .optional(),
  /** The label that a person gave it. */
  environment: z.string().min(1).max(24).optional(),
};

/**
 * What an organisation lets a laptop do, in a file that the person at it cannot write (F203). The first rule that
 * matches in all it names decides; `otherwise` where none does.
 */
export const machinePolicySchema = z.strictObject({
  version: z.literal(1),
  otherwise: mostSchema.default('administer'),
  rules: z
    .array(
      z
        .strictObject({ ...matchers, most: mostSchema })
        .refine((rule) => Object.keys(rule).length > 1, 'names nothing that it is for'),
    )
    .max(500),
});
export type MachinePolicy = z.infer<typeof machinePolicySchema>;

export const loadedPolicySchema = z.strictObject({ path: z.string(), policy: machinePolicySchema });
export type LoadedPolicy = z.infer<typeof loadedPolicySchema>;

export const machinePolicyContract = {
  /** What the policy of this computer means for the hosts and clusters of the list. */
  read: {
    request: nothingSchema,
    response: z.strictObject({
      /** None: nothing is limited. */
      paths: z.array(z.string()),
      limited: z.array(
        z.strictObject({ kind: z.enum(['host', 'cluster']), name: z.string(), most: accessLevelSchema }),
      ),
      /** Hosts and clusters of the list that this computer may not even see. */
      hidden: z.int().nonnegative(),
    }),
  },
} as const;
