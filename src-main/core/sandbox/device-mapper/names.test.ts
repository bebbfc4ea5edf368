import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceName, deviceOwner, flattenDeviceName, isRoot, isSandboxId, isTemplateName } from './names';
import { formatSize, parseSize, worstCaseBytes } from './sizes';
import { defaultSettings, parseSettings } from './meta';
import * as commands from './commands';

describe('sizes', () => {
  it('are G, Gi, M and Mi, and nothing else', () => {
    expect(['20G', '20Gi', '512M', '512Mi'].map(parseSize)).toEqual([
      20 * 1024 ** 3,
      20 * 1024 ** 3,
      512 * 1024 ** 2,
      512 * 1024 ** 2,
    ]);
    const refused = [
      '20',
      '20GB',
      '20g',
      '1.5G',
      '-1G',
      '0G',
      '02G',
      '1T',
      '1K',
      ' 1G',
      '1G ',
      '1M',
      '999999G',
      '',
    ];
    expect(refused.map(parseSize)).toEqual(refused.map(() => null));
  });

  it('read back as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 60 * 1024 ** 2 }), (mib) => {
        expect(parseSize(formatSize(mib * 1024 ** 2))).toBe(mib * 1024 ** 2);
      }),
    );
    expect(formatSize(20480 * 1024 ** 2)).toBe('20G');
  });

  it('of a store that can never run full hold every chunk, its exception and the header', () => {
    // 260 MiB: 66560 chunks, 260 of exceptions and two more.
    expect(worstCaseBytes(272629760)).toBe((66560 + 260 + 2) * 4096);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 42 }), (bytes) => {
        expect(worstCaseBytes(bytes)).toBeGreaterThan(bytes);
        expect(worstCaseBytes(bytes)).toBeLessThan(bytes * 1.005 + 5 * 4096);
      }),
    );
  });
});

describe('names', () => {
  it('of templates and sandboxes are plain words', () => {
    expect(['base', 'Debian-12.5', 'a_b', '9'].every(isTemplateName)).toBe(true);
    const bad = ['', '.hidden', '-rf', 'a/b', 'a b', 'ä', 'x'.repeat(65), 'a\n', '$(id)'];
    expect(bad.some(isTemplateName)).toBe(false);
    expect(bad.some(isSandboxId)).toBe(false);
    // The name of a device that flattening makes.
    expect(isSandboxId('flatten-web')).toBe(false);
    expect(isTemplateName('flatten-web')).toBe(true);
  });

  it('of devices tell whose they are', () => {
    expect(deviceName('sbx-', 'web')).toBe('sbx-web');
    expect(flattenDeviceName('sbx-', 'web')).toBe('sbx-flatten-web');
    expect(deviceOwner('sbx-', 'sbx-web')).toEqual({ kind: 'volume', id: 'web' });
    expect(deviceOwner('sbx-', 'sbx-flatten-web')).toEqual({ kind: 'flatten', id: 'web' });
    expect(
      ['wrenn-sb-1', 'sbx', 'sbxweb', 'vg0-root', 'sbx-'].map((name) => deviceOwner('sbx-', name)),
    ).toEqual([null, null, null, null, null]);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/), (id) => {
        fc.pre(isSandboxId(id));
        expect(deviceOwner('sbx-', deviceName('sbx-', id))).toEqual({ kind: 'volume', id });
        expect(deviceOwner('sbx-', flattenDeviceName('sbx-', id))).toEqual({ kind: 'flatten', id });
        expect(deviceOwner('other-', deviceName('sbx-', id))).toBeNull();
      }),
    );
    expect(() => deviceName('sbx', 'web')).toThrow(RangeError);
  });

  it('of folders lead nowhere else', () => {
    expect(isRoot('/var/lib/holdfast/sandboxes')).toBe(true);
    expect(
      ['/', 'var', '/var/../etc', '/var/.hidden', '/var/', '/var//x', '/a b', "/a'b", '/a;b', '/-a'].some(
        isRoot,
      ),
    ).toBe(false);
  });
});

describe('settings of a host', () => {
  it('are the defaults where it has none: 20 GiB, below /var/lib/holdfast, prefix sbx-', () => {
    const missing = 'cat: /etc/holdfast/sandboxes.json: No such file or directory\n';
    expect(parseSettings(1, '', missing)).toEqual(defaultSettings);
    expect(defaultSettings).toMatchObject({ prefix: 'sbx-', defaultSizeMib: 20480 });
  });

  it('are never guessed at', () => {
    expect(() => parseSettings(1, '', 'cat: x: Permission denied\n')).toThrow(/could not be read/);
    for (const text of [
      '',
      '{}',
      'no json',
      '{"version":2}',
      '{"version":1,"root":"/a","prefix":"vg0","defaultSizeMib":9}',
    ]) {
      expect(() => parseSettings(0, text, '')).toThrow(/not the settings/);
    }
  });
});

describe('commands', () => {
  const table = { originSectors: 532480, base: '/dev/loop0', cow: '/dev/loop1' };
  it('are those of the tools, word for word', () => {
    expect(commands.createDeviceArgv('sbx-1', table)).toEqual([
      ...['dmsetup', 'create', 'sbx-1', '--table', '0 532480 snapshot /dev/loop0 /dev/loop1 P 8'],
    ]);
    expect(commands.removeDeviceArgv('sbx-1')).toEqual(['dmsetup', 'remove', 'sbx-1']);
    expect(commands.attachBaseArgv('/dev/loop0', '/r/templates/a.ext4')).toEqual([
      ...['losetup', '--read-only', '/dev/loop0', '/r/templates/a.ext4'],
    ]);
    expect(commands.detachArgv('/dev/loop1')).toEqual(['losetup', '-d', '/dev/loop1']);
    expect(commands.rereadSizeArgv('/dev/loop1')).toEqual(['losetup', '-c', '/dev/loop1']);
    expect(commands.sizeFileArgv('/r/volumes/a.cow', 5)).toEqual([
      'truncate',
      '-s',
      '5',
      '--',
      '/r/volumes/a.cow',
    ]);
    expect(commands.copyDeviceArgv('sbx-1', '/r/templates/a.ext4.part')).toEqual([
      ...['dd', 'if=/dev/mapper/sbx-1', 'of=/r/templates/a.ext4.part', 'bs=4M', 'conv=sparse', 'status=none'],
    ]);
    expect(commands.checkFilesystemArgv('/x')).toEqual(['e2fsck', '-fy', '/x']);
    expect(commands.shrinkFilesystemArgv('/x')).toEqual(['resize2fs', '-M', '/x']);
    expect(commands.growFilesystemArgv('/x')).toEqual(['resize2fs', '/x']);
  });

  it('take nothing that is no device, size or path', () => {
    expect(() => commands.detachArgv('/dev/sda')).toThrow(RangeError);
    expect(() => commands.detachArgv('/dev/loop0 /dev/sda')).toThrow(RangeError);
    expect(() => commands.createDeviceArgv('sbx-1', { ...table, base: '/dev/sda' })).toThrow(RangeError);
    expect(() => commands.createDeviceArgv('sbx-1', { ...table, originSectors: 1.5 })).toThrow(RangeError);
    expect(() => commands.removeDeviceArgv('vg0')).toThrow(RangeError);
    expect(() => commands.removeFileArgv('relative')).toThrow(RangeError);
    expect(() => commands.sizeFileArgv('/x', -1)).toThrow(RangeError);
  });
});
