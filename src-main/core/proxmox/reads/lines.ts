import { z } from 'zod';
import type { ApiClient } from '../client/client';
import type { ApiPath } from '../client/path';
import { looseNumber } from '../loose';

const linesSchema = z.array(z.object({ n: looseNumber, t: z.string() }));
/** What stands in place of a log without lines. */
const nothing = new Set(['no content', '-- No entries --']);

/**
 * The last lines of a log. Proxmox VE counts from the oldest, so where there are more than that the end is asked for
 * with a second request.
 */
export async function readLastLines(
  client: ApiClient,
  path: ApiPath,
  { operation, most, signal }: { operation: string; most: number; signal: AbortSignal },
): Promise<string[]> {
  const first = await client.page(path, linesSchema, { operation, query: { start: 0, limit: most }, signal });
  const rows =
    first.total === null || first.total <= most
      ? first.data
      : await client.get(path, linesSchema, {
          operation,
          query: { start: first.total - most, limit: most },
          signal,
        });
  return rows.map(({ t }) => t).filter((line) => !nothing.has(line));
}
