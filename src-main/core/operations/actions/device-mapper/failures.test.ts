import { describe, expect, it } from 'vitest';
import { captures } from '../../../sandbox/device-mapper/testing';
import { explainDm } from './failures';

/** What ran as the root of the capture and is no command of ours: shells around it, and tools that mount. */
const failed = captures.filter(({ exitCode }) => exitCode !== 0);

describe('sentences for what the tools say', () => {
  it.each(failed)('$name: $command', ({ exitCode, stdout, stderr }) => {
    const known = explainDm(exitCode, stderr);
    expect(known?.message, `${stderr}${stdout}`).toMatch(/[.)]$/);
    expect(known?.remedy).toMatch(/\.$/);
  });

  it('tell a device that is busy from a name that is taken', () => {
    const busy = captures.find(({ name }) => name === '054-remove-busy')?.stderr ?? '';
    const taken = captures.find(({ name }) => name === '050-dm-create-dup')?.stderr ?? '';
    expect(explainDm(1, busy)?.message).toContain('Something still holds wrenn-sb-1 open');
    expect(explainDm(1, taken)?.message).toContain('There is a device wrenn-sb-1 already');
  });

  it('keep quiet about banners on standard error and about success', () => {
    expect(explainDm(1, 'e2fsck 1.47.0 (5-Feb-2023)\n')).toBeNull();
    expect(explainDm(0, 'losetup: x: overlapping loop device exists')).toBeNull();
    expect(explainDm(1, 'something new\n')).toBeNull();
  });

  it('cover every failure that was captured', () => {
    expect(failed.length).toBeGreaterThan(20);
  });
});
