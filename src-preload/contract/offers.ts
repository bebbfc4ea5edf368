import { z } from 'zod';
import { bytesSchema } from './primitives';
import { sandboxDriverSchema } from './sandbox';

/** One object of a host by its id in the inventory; a member by the id of its pool and its name there. */
export const subjectSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('host') }),
  z.strictObject({ kind: z.literal('pool'), poolId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('member'), poolId: z.string().max(1024), name: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('volume'), volumeId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('snapshot'), snapshotId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('disk'), diskId: z.string().max(1024) }),
  /** One kind of sandbox volume on a host, for what makes new ones. */
  z.strictObject({ kind: z.literal('sandbox-host'), driver: sandboxDriverSchema }),
  z.strictObject({ kind: z.literal('sandbox'), sandboxId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('sandbox-volume'), volumeId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('sandbox-snapshot'), snapshotId: z.string().max(1024) }),
  z.strictObject({ kind: z.literal('sandbox-template'), templateId: z.string().max(1024) }),
]);
export type SubjectRef = z.infer<typeof subjectSchema>;

const fieldBase = {
  /** Key of the action's input that the answer goes into. */
  name: z.string().max(64),
  label: z.string(),
  help: z.string().nullable(),
};

const optionSchema = z.strictObject({
  value: z.string(),
  label: z.string(),
  hint: z.string().nullable(),
  /** Why it can't be chosen; null: it can. */
  excuse: z.string().nullable(),
});

/**
 * One question of an action's form, with what it starts with. The core alone decides whether an answer is valid;
 * bounds here only spare a person the trip. An optional text or size that is left empty is sent as null.
 */
export const fieldSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    ...fieldBase,
    value: z.string(),
    required: z.boolean(),
    maxLength: z.int().positive(),
    placeholder: z.string().nullable(),
    /** More than one: it may hold line feeds, and is drawn that high. Left out: one. */
    lines: z.int().min(2).max(20).optional(),
    /** It is not shown while it is typed. */
    hidden: z.literal(true).optional(),
    /**
     * With several objects under one plan: `own`, each keeps its own value and nobody is asked; or one answer is asked
     * for all, which stands behind `before` of each. null: all get the same answer.
     */
    inBulk: z
      .union([
        z.literal('own'),
        z.strictObject({
          label: z.string(),
          help: z.string(),
          value: z.string(),
          before: z.string(),
        }),
      ])
      .nullable(),
  }),
  /** A size as the tool takes it: `512M`, `10G`. */
  z.strictObject({
    kind: z.literal('size'),
    ...fieldBase,
    value: z.string(),
    required: z.boolean(),
    maxBytes: bytesSchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal('number'),
    ...fieldBase,
    value: z.number(),
    min: z.number(),
    max: z.number(),
  }),
  z.strictObject({ kind: z.literal('switch'), ...fieldBase, value: z.boolean() }),
  /** One of a few. */
  z.strictObject({
    kind: z.literal('choice'),
    ...fieldBase,
    value: z.string(),
    options: z.array(optionSchema),
  }),
  /** Several of many: disks, members. Answered by a list of values. */
  z.strictObject({
    kind: z.literal('pick'),
    ...fieldBase,
    value: z.array(z.string()),
    min: z.int().nonnegative(),
    max: z.int().positive(),
    options: z.array(optionSchema.extend({ sizeBytes: bytesSchema.nullable() })),
  }),
]);
export type Field = z.infer<typeof fieldSchema>;
export type ChoiceOption = z.infer<typeof optionSchema>;
