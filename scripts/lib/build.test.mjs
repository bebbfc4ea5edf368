import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sourceDigest } from './build.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-digest-'));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'a.ts'), 'one');
  writeFileSync(join(folder, 'config.ts'), 'two');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digest = () => sourceDigest(folder, ['src', 'config.ts', 'missing']);

it('changes with a byte, a name and a new file', () => {
  const seen = new Set([digest()]);
  writeFileSync(join(folder, 'src', 'a.ts'), 'one!');
  seen.add(digest());
  renameSync(join(folder, 'src', 'a.ts'), join(folder, 'src', 'b.ts'));
  seen.add(digest());
  writeFileSync(join(folder, 'src', 'c.ts'), '');
  seen.add(digest());
  writeFileSync(join(folder, 'config.ts'), 'three');
  seen.add(digest());
  expect(seen.size).toBe(5);
});

it('does not change with tests', () => {
  const before = digest();
  writeFileSync(join(folder, 'src', 'a.test.ts'), 'x');
  writeFileSync(join(folder, 'src', 'b.test.tsx'), 'x');
  expect(digest()).toBe(before);
});
