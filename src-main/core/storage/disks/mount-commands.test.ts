import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWhitelisted } from '../../whitelist/catalogue';
import { addLineArgv, fstabLine, mountArgv, removeLineArgv, type MountEntry } from './mount-commands';

const uuid = '3f2a9c14-5b6d-4e8f-9a01-c2d3e4f5a6b7';
const entry: MountEntry = { uuid, type: 'ext4', place: '/mnt/usb', readOnly: false };

describe('a line of fstab', () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-fstab-'));
    path = join(folder, 'fstab');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The real sed, on a copy: what is sent, but for the path of the file. */
  function edit(argv: readonly string[], file = path): void {
    const { status, stderr } = spawnSync('sed', [...argv.slice(1, -1), file], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    expect([status, stderr]).toEqual([0, '']);
  }
  const now = (): string => readFileSync(path, 'utf8');

  it('names the UUID, and lets no missing disk stop a start', () => {
    expect(fstabLine(entry)).toBe(
      `UUID=${uuid} /mnt/usb ext4 nosuid,nodev,nofail,x-systemd.device-timeout=10 0 2`,
    );
    expect(fstabLine({ uuid: '4A1B-22C7', type: 'vfat', place: '/media/stick', readOnly: true })).toBe(
      'UUID=4A1B-22C7 /media/stick vfat ro,nosuid,nodev,nofail,x-systemd.device-timeout=10 0 0',
    );
    expect(mountArgv({ ...entry, readOnly: true })).toEqual([
      ...['mount', '-t', 'ext4', '-o', 'ro,nosuid,nodev', '--', `UUID=${uuid}`, '/mnt/usb'],
    ]);
  });

  it.each([
    ['an ordinary file', '# /etc/fstab\nUUID=aa / ext4 errors=remount-ro 0 1\n'],
    ['a file without a newline at its end', '# a\n/dev/sda1 / ext4 defaults 0 1'],
    ['one empty line', '\n'],
    ['characters that sed reads', '# \\ & | / $ {x}\n\t/dev/sda1\t/\text4\tdefaults\t0\t1\n'],
    ['the same disk elsewhere', `UUID=${uuid} /mnt/usb2 ext4 ro 0 0\nUUID=${uuid} /mnt/us ext4 ro 0 0\n`],
    ['the line in a comment', `#UUID=${uuid} /mnt/usb ext4 x\n# was UUID=${uuid} /mnt/usb ext4 x 0 0\n`],
    ['another disk at its place', 'UUID=aaaa-bbbb /mnt/usb ext4 ro 0 0\n'],
  ])('goes into %s and out again, and the others stay byte for byte', (_, before) => {
    writeFileSync(path, before);
    edit(addLineArgv(entry));
    expect(now()).toBe(`${fstabLine(entry)}\n${before}`);
    edit(removeLineArgv(entry));
    expect(now()).toBe(before);
  });

  it('never goes into an empty file, which the plan says before', () => {
    writeFileSync(path, '');
    edit(addLineArgv(entry));
    expect(now()).toBe('');
  });

  it('is found with whatever options and blanks a person gave it', () => {
    writeFileSync(path, `a\n  UUID=${uuid}\t\t/mnt/usb/ \text4 defaults,ro\t0 0\nb\n`);
    edit(removeLineArgv(entry));
    expect(now()).toBe('a\nb\n');
  });

  it('leaves the mode of the file and a link to it', () => {
    writeFileSync(path, '# a\n');
    chmodSync(path, 0o640);
    const link = join(folder, 'link');
    symlinkSync('fstab', link);
    edit(addLineArgv(entry), link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(now()).toContain(uuid);
  });

  it('leaves any file as it was after in and out', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (lines) => {
        const before = lines.map((line) => line.replaceAll(/[\n\0]/g, ' ')).join('\n');
        writeFileSync(path, before);
        edit(addLineArgv(entry));
        edit(removeLineArgv(entry));
        expect(now()).toBe(before);
      }),
      { numRuns: 25 },
    );
  });

  /** sudoers(5) sees words joined by spaces, so whoever sends them may cut them elsewhere. */
  it('cut at its spaces is no script: sed refuses before it opens a file', () => {
    const argv = addLineArgv(entry);
    const script = argv.at(-2) ?? '';
    expect(script.split(' ').length).toBeGreaterThan(4);
    for (let at = script.indexOf(' '); at !== -1; at = script.indexOf(' ', at + 1)) {
      writeFileSync(path, 'x\n');
      const cut = [...argv.slice(1, -2), script.slice(0, at), ...script.slice(at + 1).split(' '), path];
      const { status, stderr } = spawnSync('sed', cut, { encoding: 'utf8', cwd: folder });
      expect([status, now()]).toEqual([1, 'x\n']);
      expect(stderr).toMatch(/unterminated `s' command/);
    }
    expect(removeLineArgv(entry).at(-2)).not.toContain(' ');
  });

  it('is whitelisted in this shape alone', () => {
    const add = addLineArgv(entry);
    const remove = removeLineArgv(entry);
    for (const argv of [add, remove, mountArgv(entry)]) expect(isWhitelisted(argv)).toBe(true);
    const changed = (argv: readonly string[], from: string, to: string) =>
      argv.map((word) => word.replace(from, to));
    for (const argv of [
      changed(add, '/etc/fstab', '/etc/shadow'),
      changed(add, '/mnt/usb', '/etc'),
      changed(add, '/mnt/usb', '/mnt/../etc'),
      changed(add, '/mnt/usb', '/mnt/usb /etc'),
      changed(add, 'nosuid', 'suid'),
      changed(add, 'nodev,', ''),
      changed(add, ' ext4 ', ' nfs '),
      changed(add, '&|}', '&|;e id}'),
      changed(remove, ';d', ';d;e id'),
      changed(remove, `UUID=${uuid}`, '.*'),
      changed(remove, '/mnt/usb', '.*'),
      changed(mountArgv(entry), 'nosuid,nodev', 'nosuid,nodev,suid'),
      changed(mountArgv(entry), `UUID=${uuid}`, '/dev/sda'),
      changed(mountArgv(entry), '/mnt/usb', '/usr'),
      ['umount', '--', '/'],
      ['umount', '-l', '--', '/mnt/usb'],
      ['mkdir', '--', '/etc/x'],
    ]) {
      expect(isWhitelisted(argv), argv.join(' ')).toBe(false);
    }
  });

  it('is made of nothing else', () => {
    for (const wrong of [
      { place: '/mnt' },
      { place: '/mnt/a/b' },
      { place: '/mnt/-x' },
      { place: '/mnt/a.b' },
      { place: '/etc/x' },
      { uuid: 'nope' },
      { uuid: `${uuid} x` },
    ]) {
      expect(() => addLineArgv({ ...entry, ...wrong })).toThrow(RangeError);
      expect(() => removeLineArgv({ ...entry, ...wrong })).toThrow(RangeError);
      expect(() => mountArgv({ ...entry, ...wrong })).toThrow(RangeError);
    }
  });
});
