import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { createAnchorStore } from './anchors';
import { createAuditStore } from './audit-store';
import { openReadable } from './audit-file';
import { openSigner } from './signer';

/** The process dies by SIGKILL while it appends: what was acknowledged is there, and the chain is sound. */
let bundle: string;

beforeAll(async () => {
  bundle = mkdtempSync(join(tmpdir(), 'holdfast-crash-'));
  symlinkSync(resolve('node_modules'), join(bundle, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/core/testing/append-child.ts'),
      outDir: join(bundle, 'out'),
      target: 'node22',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'child.mjs' } },
    },
  });
}, 120_000);
afterAll(() => {
  rmSync(bundle, { recursive: true, force: true });
});

/** Runs the child until it has told so many rows, kills it at once and returns all that it told. */
async function appendAndKill(folder: string, rows: number): Promise<[seq: number, hash: string][]> {
  const child = spawn(process.execPath, [join(bundle, 'out', 'child.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let told = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    told += chunk;
    if (told.split('\n').length > rows) child.kill('SIGKILL');
  });
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  const whole = told.slice(0, told.lastIndexOf('\n')).split('\n');
  return whole.map((line) => {
    const [seq = '', hash = ''] = line.split(' ');
    return [Number(seq), hash];
  });
}

it('loses no acknowledged row to SIGKILL, again and again on the same file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-crash-data-'));
  try {
    const acknowledged = new Map<number, string>();
    for (const rows of [1, 30, 97, 2, 130]) {
      for (const [seq, hash] of await appendAndKill(folder, rows)) {
        expect(acknowledged.has(seq)).toBe(false);
        acknowledged.set(seq, hash);
      }
    }
    const { db } = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'app.sqlite');
    const store = createAuditStore({
      directory: join(folder, 'audit'),
      hostName: () => 'nas-01',
      signer: await openSigner(db, {
        seal: async (plain) => Buffer.from(plain),
        unseal: async (sealed) => Buffer.from(sealed).toString(),
      }),
      anchors: createAnchorStore(db),
      actor: 'tester@laptop',
      nowMs: Date.now,
    });
    const report = await store.verify('nas');
    expect(report).toMatchObject({ ok: true, problems: [], ownKey: true });
    expect(acknowledged.size).toBeGreaterThanOrEqual(260);
    const file = openReadable(join(folder, 'audit', 'nas.sqlite'));
    const hashOf = file.prepare<[number], string>('SELECT hash FROM rows WHERE seq = ?').pluck();
    for (const [seq, hash] of acknowledged) expect(hashOf.get(seq)).toBe(hash);
    file.close();
    // Each death left at most one operation open, and the next run can go on.
    expect(store.unclosed('nas').length).toBeLessThanOrEqual(5);
    store.close();
    db.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
