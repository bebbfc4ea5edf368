import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coreExternals } from '../scripts/lib/externals.mjs';
import config from './config.mjs';

const read = (path) => readFileSync(path, 'utf8');
const json = (path) => JSON.parse(read(path));
const exact = /^\d+\.\d+\.\d+$/;

describe('the packed app', () => {
  it('has the packages that the bundles leave outside, and no others', () => {
    const { dependencies } = json('package.json');
    for (const name of Object.keys(dependencies)) {
      expect(
        coreExternals.some((external) => external.test(name)),
        name,
      ).toBe(true);
    }
    expect(Object.keys(dependencies)).toHaveLength(coreExternals.length);
  });

  it('can be started as Node, debugged, or made to load other code by nobody', () => {
    expect(config.asar).toBe(true);
    const { electronFuses: fuses } = config;
    expect(Object.keys(fuses).filter((name) => fuses[name])).toEqual([
      'enableCookieEncryption',
      'enableEmbeddedAsarIntegrityValidation',
      'onlyLoadAppFromAsar',
    ]);
    // Fuses that are not named keep what the makers of Electron chose.
    expect(Object.keys(fuses)).toHaveLength(8);
  });

  it('finds the binary of SQLite for each platform that is packed', () => {
    const pattern = config.files.find((file) => file.endsWith('.node'));
    expect(config.asarUnpack).toEqual([pattern.replace(/\/[^/]*$/, '/**')]);
    for (const [platform, arch] of [
      ['linux', 'x64'],
      ['linux', 'arm64'],
      ['darwin', 'x64'],
      ['darwin', 'arm64'],
      ['win32', 'x64'],
    ]) {
      const file = pattern.replace('${platform}', platform).replace('${arch}', arch);
      expect(existsSync(file), file).toBe(true);
    }
  });

  it('has an icon that is large enough for all systems', () => {
    for (const { icon } of [config.linux, config.mac, config.win]) {
      const png = readFileSync(icon);
      // PNG: width and height in the IHDR chunk.
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([512, 512]);
    }
  });

  it('stands in the menu of a Linux desktop as resources/holdfast.desktop says', () => {
    const lines = read('resources/holdfast.desktop').split('\n');
    const { entry, desktopActions } = config.linux.desktop;
    for (const [key, value] of [...Object.entries(entry), ...Object.entries(desktopActions.demo)]) {
      expect(lines).toContain(`${key}=${value}`);
    }
    expect(entry.StartupWMClass).toBe(config.linux.executableName);
    expect(desktopActions.demo.Exec).toBe(`${config.linux.executableName} --demo`);
  });

  it('is made by pinned tools, on the Electron that the app is checked against', () => {
    const { dependencies } = json('packaging/package.json');
    const lock = json('packaging/package-lock.json');
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version, name).toMatch(exact);
      expect(lock.packages[join('node_modules', name).replaceAll('\\', '/')].version).toBe(version);
    }
    expect(config.electronVersion).toMatch(exact);
    expect(config.electronVersion).toBe(json('package.json').devDependencies.electron);
  });
});
