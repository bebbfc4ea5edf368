import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { electronArguments, electronEnvironment, resolveElectron, withApp } from './electron.mjs';
import { downloadUrl, executableIn } from './official-electron.mjs';
import { nodeBinary, root } from './workspace.mjs';

const fallback = { kind: 'fallback', executable: '/x/electron', version: '25.1.1' };
const official = { kind: 'official', executable: '/y/electron', version: '45.0.0' };

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-electron-'))));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform !== 'linux')('electronArguments', () => {
  it('adds --no-sandbox for root alone', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    expect(electronArguments(official)).toContain('--no-sandbox');
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    expect(electronArguments(official)).not.toContain('--no-sandbox');
    expect(electronArguments(fallback)).not.toContain('--no-sandbox');
  });

  it('names the app folder to the official binary, not to the fallback, which loads its own', () => {
    expect(electronArguments(official, { demo: true, extra: ['--x'] }).slice(-3)).toEqual([
      root,
      '--demo',
      '--x',
    ]);
    expect(electronArguments(fallback, { demo: true })).not.toContain(root);
  });

  it('lets the fallback draw in software at once where there is no GPU, and the official binary find out', () => {
    expect(electronArguments(fallback).includes('--disable-gpu')).toBe(!existsSync('/dev/dri'));
    expect(electronArguments(official)).not.toContain('--disable-gpu');
  });
});

describe('electronEnvironment', () => {
  it('tells the shell of the fallback where Node 24 is', () => {
    expect(electronEnvironment(fallback, { userData: '/p' })).toEqual({
      HOLDFAST_USER_DATA: '/p',
      HOLDFAST_EVALUATION_RUNTIME: '1',
      HOLDFAST_CORE_NODE: nodeBinary,
    });
  });

  it('says nothing of it to the official binary', () => {
    expect(electronEnvironment(official, { demo: true })).toEqual({ HOLDFAST_DEMO: '1' });
  });
});

describe('resolveElectron', () => {
  it('takes ELECTRON_OVERRIDE_DIST_PATH before all else', async () => {
    const executable = executableIn(folder);
    mkdirSync(join(executable, '..'), { recursive: true });
    writeFileSync(executable, '');
    writeFileSync(join(folder, 'version'), 'v45.4.1\n');
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder);
    expect(await resolveElectron()).toEqual({ kind: 'override', executable, version: '45.4.1' });
  });

  it('refuses an override that holds no Electron instead of passing it over', async () => {
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder);
    await expect(resolveElectron()).rejects.toThrow(/names no Electron/);
  });
});

describe('withApp', () => {
  it('gives the fallback a folder of hard links with its own resources/app', () => {
    const dist = join(folder, 'dist');
    mkdirSync(join(dist, 'resources'), { recursive: true });
    writeFileSync(join(dist, 'electron'), 'binary');
    const app = join(folder, 'app');
    mkdirSync(app);
    const runtime = withApp({ ...fallback, executable: join(dist, 'electron') }, app, folder);
    expect(statSync(runtime.executable).ino).toBe(statSync(join(dist, 'electron')).ino);
    expect(readlinkSync(join(folder, 'runtime', 'resources', 'app'))).toBe(app);
    // A copy of the copy must not take over its link.
    const other = join(folder, 'other');
    mkdirSync(other);
    const second = withApp(runtime, other, other);
    expect(readlinkSync(join(second.executable, '..', 'resources', 'app'))).toBe(other);
  });

  it('passes the folder to the official binary as its argument', () => {
    expect(electronArguments(withApp(official, '/empty', folder))).toContain('/empty');
  });
});

describe('downloadUrl', () => {
  it('follows the mirror variables of @electron/get', () => {
    expect(downloadUrl('45.4.1', {}, 'linux', 'x64')).toBe(
      'https://github.com/electron/electron/releases/download/v45.4.1/electron-v45.4.1-linux-x64.zip',
    );
    const env = { ELECTRON_MIRROR: 'https://mirror.example/electron', ELECTRON_CUSTOM_DIR: '{{ version }}' };
    expect(downloadUrl('45.4.1', env, 'darwin', 'arm64')).toBe(
      'https://mirror.example/electron/45.4.1/electron-v45.4.1-darwin-arm64.zip',
    );
  });
});
