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

it('what is read of a host over SSH, its sensors too, knows no API, and the API no sensors', () => {
  const storage = [...importsOf(join(core, 'storage'))];
  expect(storage).toContain('../../ssh/types');
  expect(storage.filter((module) => /^undici$|^node:https?$|\/proxmox\/|\/clusters\//.test(module))).toEqual(
    [],
  );
  // Where a node meets the host that it is, only what was read of both is joined: no command, no request.
  const joined = readFileSync(join(core, 'clusters', 'root-tasks.ts'), 'utf8');
  expect(joined).not.toMatch(/\/ssh\/|\/proxmox\/|\.exec\(/);
  const reads = readdirSync(join(core, 'proxmox'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(core, 'proxmox', name), 'utf8'));
  expect(reads.filter((text) => text.includes('sensors'))).toEqual([]);
});
