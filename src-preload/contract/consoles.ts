import { z } from 'zod';
import { nothingSchema, uuidSchema } from './primitives';

/** A console is known by the operation that opened it. */
const session = { sessionId: uuidSchema };

/** Characters of one keystroke or one piece of a paste. */
export const mostTypedAtOnce = 4096;

/** The text terminals of guests. They are opened by an operation; what passes through them is recorded nowhere. */
export const consolesContract = {
  /**
   * What came since the last reading; waits for the next of it. A console that nobody reads for 30 s is ended, and one
   * whose output is not read makes its server wait.
   */
  read: {
    request: z.strictObject(session),
    response: z.strictObject({
      text: z.string(),
      /** Why it ended, in a sentence; null: it goes on. */
      ended: z.string().nullable(),
    }),
  },
  write: {
    request: z.strictObject({ ...session, text: z.string().min(1).max(mostTypedAtOnce) }),
    response: nothingSchema,
  },
  resize: {
    request: z.strictObject({ ...session, columns: z.int().min(2).max(500), rows: z.int().min(2).max(300) }),
    response: nothingSchema,
  },
  close: { request: z.strictObject(session), response: nothingSchema },
} as const;
