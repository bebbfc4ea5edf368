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

/** For tests: a file that lists what real tools printed. */
export function captureList(file: URL): readonly Capture[] {
  return z.array(captureSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
}

export function captureIn(captures: readonly Capture[], name: string): Capture {
  const found = captures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Never captured: ${name}`);
  return found;
}
