import { describe, expect, it } from 'vitest';
import { parseFstab, parseMountsAt } from './mounts';
import { mountCapture } from './testing';

const uuid = '3f2a9c14-5b6d-4e8f-9a01-c2d3e4f5a6b7';

describe('findmnt', () => {
  it('tells what is mounted at a place, or that nothing is', () => {
    expect(parseMountsAt(mountCapture('findmnt-mounted'))).toEqual([
      {
        ...{ target: '/mnt/usb', source: '/dev/loop0', type: 'ext4', uuid },
        options: ['rw', 'nosuid', 'nodev', 'relatime'],
      },
    ]);
    expect(parseMountsAt(mountCapture('findmnt-nothing'))).toEqual([]);
  });

  it('tells the lines of fstab without their options, as they stand there', () => {
    expect(mountCapture('fstab-lines').stdout).not.toContain('password');
    expect(parseFstab(mountCapture('fstab-lines'))).toEqual([
      { target: '/mnt/usb', source: `UUID=${uuid}`, type: 'ext4' },
      { target: '/mnt/a b', source: 'LABEL=usbdata', type: 'ext4' },
      { target: '/mnt/z', source: `/dev/disk/by-uuid/${uuid}`, type: 'ext4' },
      { target: '/srv/quoted', source: `UUID="${uuid}"`, type: 'auto' },
      { target: 'none', source: '/dev/sdb2', type: 'swap' },
      { target: '/mnt/files', source: '//nas/files', type: 'cifs' },
    ]);
    expect(parseFstab(mountCapture('fstab-comments-only'))).toEqual([]);
  });

  it('is not guessed at: a line that it skipped, and what is no list', () => {
    const refused = expect.objectContaining({ code: 'unexpected-output' });
    expect(() => parseFstab(mountCapture('fstab-garbage'))).toThrow(refused);
    expect(() => parseMountsAt({ exitCode: 0, stdout: '{"x":[]}' })).toThrow(refused);
    expect(() => parseMountsAt({ exitCode: 1, stdout: 'no' })).toThrow(refused);
  });
});
