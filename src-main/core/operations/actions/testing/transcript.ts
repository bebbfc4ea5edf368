import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { hostActionIds } from '../../../../../src-preload/contract/operations';
import { AppError } from '../../../errors/app-error';
import { quoteArgv } from '../../../ssh/quote';
import type { ActionContext } from '../../action';

const exchangeSchema = z.strictObject({
  argv: z.array(z.string()),
  exitCode: z.int(),
  stdout: z.string(),
  stderr: z.string(),
});
export type Exchange = z.infer<typeof exchangeSchema>;

/** One real operation on the lab machine; see fixtures/README.md. */
const transcriptSchema = z.strictObject({
  action: z.enum(hostActionIds),
  note: z.string().optional(),
  between: z.string().optional(),
  input: z.record(z.string(), z.json()),
  reads: z.strictObject({ plan: z.array(exchangeSchema), verify: z.array(exchangeSchema) }),
  steps: z.array(exchangeSchema),
  expected: z.strictObject({ draft: z.json(), failure: z.json(), verification: z.json() }),
});
export type Transcript = z.infer<typeof transcriptSchema>;

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures');

export function transcriptNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .sort();
}

export function transcript(name: string): Transcript {
  return transcriptSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** Answers exactly the recorded reads, as often as they are asked, and fails on any other. */
export function replay(exchanges: readonly Exchange[]): ActionContext & { unused(): string[] } {
  const answers = new Map(exchanges.map((exchange) => [quoteArgv(exchange.argv), exchange]));
  const unused = new Set(answers.keys());
  return {
    nowMs: () => 1_795_410_000_000,
    lastKnownStatus: () => Promise.resolve(null),
    read: (operation, argv, options) => {
      const key = quoteArgv(argv);
      const answer = answers.get(key);
      if (answer === undefined) return Promise.reject(new Error(`Never recorded: ${key}`));
      unused.delete(key);
      return (options?.acceptExitCodes ?? [0]).includes(answer.exitCode)
        ? Promise.resolve(answer)
        : Promise.reject(new AppError('command-failed', `${operation} failed.`, { detail: answer.stderr }));
    },
    unused: () => [...unused],
  };
}
