import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

export interface BuiltChild {
  path: string;
  remove(): void;
}

/** Bundles port-child.ts as the build bundles the core, for tests that start it as a process. */
export async function buildPortChild(): Promise<BuiltChild> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-port-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/core/port/testing/port-child.ts'),
      outDir: join(folder, 'out'),
      target: 'node22',
      minify: false,
      rollupOptions: { output: { format: 'cjs', entryFileNames: 'child.cjs' } },
    },
  });
  return {
    path: join(folder, 'out', 'child.cjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
