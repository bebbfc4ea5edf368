import { describe, expect, it } from 'vitest';
import { captured } from '../testing/captured';
import { parseSignatures } from './signatures';

describe('signatures on a device', () => {
  const of = (name: string) => parseSignatures(captured('disks', name).stdout);

  it('are what wipefs lists', () => {
    expect(of('left-wipefs-vdg')).toEqual([{ type: 'btrfs', label: 'pool' }]);
    expect(of('left-wipefs-vdf')).toEqual([{ type: 'linux_raid_member', label: 'storagehost:r1' }]);
    expect(of('left-wipefs-vdi').map(({ type }) => type)).toEqual(['gpt', 'gpt', 'PMBR']);
    expect(of('wipefs-blank')).toEqual([]);
  });

  it('are never guessed', () => {
    for (const text of ['what?', '[]', '{"signatures":[{"kind":"gpt"}]}']) {
      expect(() => parseSignatures(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
  });
});
