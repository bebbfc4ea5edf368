import { describe, expect, it } from 'vitest';
import {
  aptLine,
  chooseNames,
  missingPackages,
  parseInstalled,
  parseMissingLibraries,
  parseOffered,
} from './system-packages.mjs';

describe('missingPackages', () => {
  it('takes either spelling of a library for installed', () => {
    const installed = new Set(['libgtk-3-0t64', 'libnss3', 'xvfb']);
    expect(missingPackages(['libgtk-3-0', 'libnss3', 'xvfb', 'xauth'], installed)).toEqual(['xauth']);
  });
});

describe('parseInstalled', () => {
  it('leaves out packages that are known, removed or half configured', () => {
    const text = 'installed dbus\nnot-installed libgtk-3-0\nconfig-files xvfb\nhalf-configured xauth\n';
    expect([...parseInstalled(text)]).toEqual(['dbus']);
  });
});

describe('chooseNames', () => {
  it('prefers the name that this release has as a real package', () => {
    const ubuntu = parseOffered(
      'Package: libasound2t64\nProvides: libasound2\n\nPackage: xvfb\nVersion: 2\n',
    );
    expect(chooseNames(['libasound2', 'xvfb'], ubuntu)).toEqual(['libasound2t64', 'xvfb']);
    expect(chooseNames(['libasound2'], parseOffered('Package: libasound2\n'))).toEqual(['libasound2']);
  });

  it('keeps the plain name when apt knows neither, so that apt says so', () => {
    expect(chooseNames(['libasound2'], new Set())).toEqual(['libasound2']);
  });
});

describe('parseMissingLibraries', () => {
  it('reads the lines of ldd that end in not found', () => {
    const text =
      '\tlinux-vdso.so.1 (0x00007ffd)\n\tlibgtk-3.so.0 => not found\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\tlibgbm.so.1 => not found\n';
    expect(parseMissingLibraries(text)).toEqual(['libgtk-3.so.0', 'libgbm.so.1']);
  });
});

it('says one line to run', () => {
  expect(aptLine(['xvfb', 'xauth'])).toBe('sudo apt-get install --no-install-recommends xvfb xauth');
});
