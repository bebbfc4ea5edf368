import { readFileSync } from 'node:fs';
import { z } from 'zod';

const captureSchema = z.strictObject({
  name: z.string(),
  command: z.string(),
  exitCode: z.int(),
  stdout: z.string(),
  stderr: z.string(),
});
export type Capture = z.infer<typeof captureSchema>;

/** For tests: what the real tools printed; see fixtures/README.md. */
export const captures: readonly Capture[] = z
  .array(captureSchema)
  .parse(JSON.parse(readFileSync(new URL('fixtures/captures.json', import.meta.url), 'utf8')));

export function capture(name: string): Capture {
  const found = captures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Never captured: ${name}`);
  return found;
}
