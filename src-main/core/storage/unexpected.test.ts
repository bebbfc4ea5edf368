import { describe, expect, it } from 'vitest';
import { toAppError, type AppError } from '../errors/app-error';
import { parseBlocks } from './mdadm/blocks';
import { readJson } from './unexpected';
import { z } from 'zod';

const nested = (depth: number): string =>
  `{"blockdevices":[${'{"name":"a","path":"/dev/a","children":['.repeat(depth)}${']}'.repeat(depth)}]}`;

interface Tree {
  children?: Tree[] | undefined;
}
const treeSchema: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(treeSchema).optional() }));
const listSchema = z.object({ blockdevices: z.array(treeSchema) });

describe('JSON of a host', () => {
  it.each([70, 100_000])('that is nested %i deep is a typed error, never a bug of ours', (depth) => {
    for (const read of [
      () => readJson('lsblk', nested(depth), listSchema),
      () => readJson('lsblk', '['.repeat(depth) + ']'.repeat(depth), z.array(z.unknown())),
      () => parseBlocks(nested(depth)),
    ]) {
      let error: AppError | null = null;
      try {
        read();
      } catch (thrown) {
        error = toAppError(thrown);
      }
      expect(error).toMatchObject({ code: 'unexpected-output', message: expect.stringContaining('deeper') });
      expect(error?.detail?.length).toBeLessThan(400);
    }
  });

  it('that is nested as tools nest it is read', () => {
    expect(readJson('lsblk', nested(20), listSchema).blockdevices).toHaveLength(1);
  });
});
