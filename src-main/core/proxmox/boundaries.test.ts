import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** What the sources below a folder import, tests and their helpers left out. */
function importsOf(folder: string): Set<string> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing'),
  );
  expect(sources.length).toBeGreaterThan(5);
  return new Set(
    sources.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)].map(
        ([, module]) => module ?? '',
      ),
    ),
  );
}

const core = join(import.meta.dirname, '..');

it('the client of the API never runs a command: neither a process nor SSH', () => {
  const found = [...importsOf(join(core, 'proxmox'))];
  expect(found).toContain('undici');
  expect(found.filter((module) => /^ssh2$|child_process|\/ssh\//.test(module))).toEqual([]);
});

it('the SSH side never speaks HTTP', () => {
  const found = [...importsOf(join(core, 'ssh'))];
  expect(found).toContain('ssh2');
  expect(found.filter((module) => /^undici$|^node:https?$|\/proxmox\//.test(module))).toEqual([]);
});
