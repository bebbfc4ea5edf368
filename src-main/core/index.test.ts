import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coreExternals } from '../../scripts/lib/externals.mjs';
import { startOptionsVariable, type StartOptions } from './port/start-options';

let folder: string;
/** The core as the app has it: a bundle that leaves the same packages outside. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-core-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: resolve('src-main/core/index.ts'),
      outDir: join(folder, 'out'),
      target: 'node24',
      minify: false,
      rollupOptions: {
        external: coreExternals,
        output: { format: 'cjs', entryFileNames: 'core.cjs', chunkFileNames: '[name].cjs' },
      },
    },
  });
  // Leaves a list of the files that this process had loaded at its end.
  writeFileSync(
    join(folder, 'list-modules.cjs'),
    `process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify(Object.keys(require.cache))));`,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the core, ends it as soon as it is ready, and gives the files it had loaded. */
async function startAndEnd(codeDirectory: string): Promise<string[]> {
  const loaded = join(folder, 'loaded.json');
  const options: StartOptions = { dataDirectory: join(folder, 'data'), demo: false, actor: 'a@b' };
  const child = fork(join(folder, 'out', 'core.cjs'), [codeDirectory], {
    execArgv: ['--require', join(folder, 'list-modules.cjs')],
    env: { ...process.env, LOADED: loaded, [startOptionsVariable]: JSON.stringify(options) },
    serialization: 'json',
  });
  child.on('message', (message: { kind: string; id: string; name: string }) => {
    if (message.kind === 'ready') child.send({ kind: 'shutdown' });
    if (message.kind !== 'shell-request') return;
    // A laptop without a keyring.
    const value =
      message.name === 'vaultStatus' ? { persistent: false, backend: 'none' } : { sealedBase64: null };
    child.send({ kind: 'shell-response', id: message.id, result: { ok: true, value } });
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  return JSON.parse(readFileSync(loaded, 'utf8')) as string[];
}

/** The largest piece: that of the bundle itself. */
function largestBelow(directory: string): { size: number; mtimeMs: number } {
  const stats = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(directory, name)))
    .filter((stat) => stat.isFile())
    .toSorted((a, b) => b.size - a.size);
  return { size: stats[0]?.size ?? 0, mtimeMs: stats[0]?.mtimeMs ?? 0 };
}

describe('the entry of the core', () => {
  it('keeps its compiled code in the folder that the shell names, and starts from it', async () => {
    const codeDirectory = join(folder, 'compiled');
    await startAndEnd(codeDirectory);
    const kept = largestBelow(codeDirectory);
    expect(kept.size).toBeGreaterThan(500_000);
    await startAndEnd(codeDirectory);
    // What was taken from there was not compiled, and so is not written, again.
    expect(largestBelow(codeDirectory)).toEqual(kept);
  }, 60_000);

  it('loads what only a connection needs with the first connection', async () => {
    const loaded = await startAndEnd(join(folder, 'compiled'));
    const packageOf = (path: string) => /node_modules\/([^/]+)\//.exec(path.replaceAll('\\', '/'))?.[1];
    expect(new Set(loaded.map(packageOf))).toContain('better-sqlite3');
    expect(new Set(loaded.map(packageOf))).not.toContain('ssh2');
    expect(new Set(loaded.map(packageOf))).not.toContain('undici');
  }, 60_000);
});
