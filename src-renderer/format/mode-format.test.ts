import { describe, expect, it } from 'vitest';
import { formatMode } from './mode-format';

describe('permissions in words', () => {
  it('reads as ls(1) prints them', () => {
    expect(formatMode(0o100644)).toBe('rw-r--r--');
    expect(formatMode(0o040750)).toBe('rwxr-x---');
    expect(formatMode(0)).toBe('---------');
    expect(formatMode(null)).toBe('–');
  });
});
