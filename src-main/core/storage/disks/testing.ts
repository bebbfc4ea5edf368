import { readFileSync } from 'node:fs';
import { z } from 'zod';

const captureSchema = z.strictObject({
  name: z.string(),
  command: z.string(),
  exitCode: z.int(),
  stdout: z.string(),
  stderr: z.string(),
});

const captures = z
  .array(captureSchema)
  .parse(JSON.parse(readFileSync(new URL('fixtures/mounts.json', import.meta.url), 'utf8')));

/** For tests: what the real tools printed about mounts; see fixtures/README.md. */
export function mountCapture(name: string): z.infer<typeof captureSchema> {
  const found = captures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Never captured: ${name}`);
  return found;
}
