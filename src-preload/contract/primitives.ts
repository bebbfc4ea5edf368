import { z } from 'zod';

/** Nothing: a request or response without content. */
export const nothingSchema = z.strictObject({});

/** Local id of a host; also the name of its audit file, hence the narrow alphabet. */
export const hostIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** Milliseconds since the Unix epoch, UTC. */
export const timestampMsSchema = z.int().nonnegative();

export const bytesSchema = z.number().nonnegative();

/** Percent, 0 to 100; tools may report slightly more, which is clamped in the parser. */
export const percentSchema = z.number().min(0).max(100);

export const uuidSchema = z.uuid();

/** A DNS name, IPv4 or IPv6 address. Never starts with `-`; no white space, quotes or shell characters. */
export const addressSchema = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9._:%-]+$/, 'must be a host name or IP address');

/** A login name as Linux accepts it (useradd(8)), plus dots and upper case. */
export const userNameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]{0,31}$/, 'must be a login name');

export const portSchema = z.int().min(1).max(65535);

export const searchSchema = z.string().max(200);

/** One line of detail in the tool's own words: `Chunk size`, `512 KiB`. */
export const factSchema = z.strictObject({ label: z.string(), text: z.string() });
export type Fact = z.infer<typeof factSchema>;
