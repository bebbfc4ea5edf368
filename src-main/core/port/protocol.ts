import { z } from 'zod';
import { channels, events } from '../../../src-preload/contract/channels';
import { wireErrorSchema } from '../../../src-preload/contract/result';

/**
 * The protocol between shell and core: request, response, event, cancel, in both directions.
 * Plain JSON, because the fallback host joins them by `child_process.fork` with JSON messages;
 * bytes travel as base64. Every message is parsed strictly on arrival.
 */
export const shellRequestNames = [
  'confirm',
  'seal',
  'unseal',
  'vaultStatus',
  'notify',
  'chooseSavePath',
  'chooseOpenPath',
] as const;
export type ShellRequestName = (typeof shellRequestNames)[number];

const resultSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: wireErrorSchema }),
]);

/** Shell to core. */
export const toCoreSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('request'),
    id: z.string(),
    channel: z.enum(channels),
    payload: z.unknown(),
  }),
  z.strictObject({ kind: z.literal('cancel'), id: z.string() }),
  z.strictObject({ kind: z.literal('shell-response'), id: z.string(), result: resultSchema }),
  /** Finish what is in hand, write checkpoints, close files, exit 0. */
  z.strictObject({ kind: z.literal('shutdown') }),
]);
export type ToCore = z.infer<typeof toCoreSchema>;

/** Core to shell. */
export const toShellSchema = z.discriminatedUnion('kind', [
  /** Files open, handlers ready. */
  z.strictObject({ kind: z.literal('ready') }),
  /** The core could not start, in words for people. */
  z.strictObject({ kind: z.literal('start-failed'), error: wireErrorSchema }),
  z.strictObject({ kind: z.literal('response'), id: z.string(), result: resultSchema }),
  z.strictObject({ kind: z.literal('event'), event: z.enum(events), payload: z.unknown() }),
  z.strictObject({
    kind: z.literal('shell-request'),
    id: z.string(),
    name: z.enum(shellRequestNames),
    payload: z.unknown(),
  }),
  /** The core no longer waits for the answer (the page cancelled). */
  z.strictObject({ kind: z.literal('shell-cancel'), id: z.string() }),
]);
export type ToShell = z.infer<typeof toShellSchema>;

export const shellRequestSchemas = {
  confirm: {
    request: z.strictObject({
      kind: z.enum([
        'plan',
        'trust-host-key',
        'remove-host',
        'disable-read-only',
        'disable-stage-first',
        'raise-access',
        'delete-part',
      ]),
      title: z.string().max(500),
      message: z.string().max(4000),
      detail: z.string().max(20_000),
      confirmLabel: z.string().max(80),
    }),
    response: z.strictObject({ confirmed: z.boolean() }),
  },
  seal: {
    request: z.strictObject({ plain: z.string() }),
    response: z.strictObject({ sealedBase64: z.string().nullable() }),
  },
  unseal: {
    request: z.strictObject({ sealedBase64: z.string() }),
    response: z.strictObject({ plain: z.string() }),
  },
  vaultStatus: {
    request: z.strictObject({}),
    response: z.strictObject({ persistent: z.boolean(), backend: z.string() }),
  },
  notify: { request: z.strictObject({ title: z.string(), body: z.string() }), response: z.strictObject({}) },
  chooseSavePath: {
    request: z.strictObject({
      suggestedName: z.string().max(255),
      filters: z.array(z.strictObject({ name: z.string(), extensions: z.array(z.string()) })),
    }),
    response: z.strictObject({ path: z.string().nullable() }),
  },
  chooseOpenPath: {
    request: z.strictObject({
      title: z.string().max(200),
      filters: z.array(z.strictObject({ name: z.string(), extensions: z.array(z.string()) })),
      startIn: z.literal('ssh-directory').optional(),
    }),
    response: z.strictObject({ path: z.string().nullable() }),
  },
} as const satisfies Record<ShellRequestName, { request: z.ZodType; response: z.ZodType }>;
