import { describe, expect, it } from 'vitest';
import { commandRules } from './catalogue';
import { sudoersFile, type SudoersRequest } from './sudoers';

const request: SudoersRequest = {
  hostName: 'nas-01',
  user: 'backup-ops',
  level: 'operate',
  paths: new Map([
    ['zfs', '/usr/sbin/zfs'],
    ['zpool', '/sbin/zpool'],
    ['lvm', '/usr/sbin/lvm'],
  ]),
  rules: commandRules,
  patterns: true,
};

describe('the sudoers file', () => {
  it('holds each command of the level as one regular expression over its arguments', () => {
    const text = sudoersFile(request);
    expect(text).toContain(
      '/usr/sbin/zfs ^snapshot -r -- ([A-Za-z][A-Za-z0-9_.\\:-]*(/[A-Za-z0-9_.\\:-]+)*)@([A-Za-z0-9_.\\:][A-Za-z0-9_.\\:-]*)$',
    );
    expect(text).toContain('/sbin/zpool ^status -P -p -t -T d$');
    expect(text).toContain('Cmnd_Alias HOLDFAST_OPERATE_ZFS = \\\n');
    expect(text).toMatch(/^backup-ops ALL=\(root\) NOPASSWD: HOLDFAST_/m);
    // Not of this level.
    expect(text).not.toMatch(/rollback|destroy --/);
    expect(sudoersFile({ ...request, level: 'administer' })).toContain('/usr/sbin/zfs ^rollback -r -- ');
    expect(sudoersFile({ ...request, level: 'view' })).not.toContain('^snapshot');
  });

  it('escapes what sudoers(5) reads itself, and nothing is left for it to read', () => {
    const specs = sudoersFile({ ...request, level: 'administer' })
      .split('\n')
      .filter((line) => line.startsWith('  /'))
      .map((line) => line.trim().replace(/(?:, \\)?$/, ''));
    expect(specs.length).toBeGreaterThan(20);
    for (const spec of specs) {
      expect(spec.replace(/\\[,:=#]/g, ''), spec).not.toMatch(/[\\,:=#!"%]/);
      expect(spec).toMatch(/^\/\S+ (?:""|\^.*\$)$/);
    }
  });

  it('names the tools that are not there', () => {
    expect(sudoersFile(request)).toMatch(/^# Not on the host when this was made: .*mdadm.*\. Make it anew/m);
  });

  it('allows whole tools where sudo knows no regular expressions, and says what has to hold them', () => {
    const text = sudoersFile({ ...request, patterns: false });
    expect(text).toContain('use the forced command with it');
    expect(text).toContain('Cmnd_Alias HOLDFAST_OPERATE_ZFS = \\\n  /usr/sbin/zfs\n');
    expect(text).not.toContain('^');
  });

  it.each(['ops team', 'a,b', '%wheel', '#0', 'ALL!', 'o\nALL ALL=(ALL) NOPASSWD: ALL'])(
    'is not written for a login that sudoers(5) would read as something else: %j',
    (user) => {
      expect(() => sudoersFile({ ...request, user })).toThrowError(RangeError);
    },
  );

  it('keeps the name of the host from ending its comment', () => {
    const text = sudoersFile({ ...request, hostName: 'x\nALL ALL=(ALL) ALL' });
    expect(text).not.toMatch(/^ALL ALL/m);
  });
});
