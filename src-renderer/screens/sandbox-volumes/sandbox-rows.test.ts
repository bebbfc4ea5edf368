import { describe, expect, it } from 'vitest';
import { isSeenBy, kindOf, teamsOf, type ThingRow } from './sandbox-rows';

const row = (state: string | null, team: string | null) => ({ state, team }) as ThingRow;
const platform = row('platform', '00000000-0000-0000-0000-000000000000');
const web = row('team', 'aaaa');
const data = row('team', 'bbbb');
const ownerless = row(null, null);

describe('templates as a team sees them', () => {
  it('are those of the platform and its own', () => {
    const seen = (team: string) => [platform, web, data, ownerless].filter((each) => isSeenBy(each, team));
    expect(seen('aaaa')).toEqual([platform, web]);
    expect(seen('bbbb')).toEqual([platform, data]);
  });

  it('are offered by the teams that have some, each once, the platform not among them', () => {
    expect(teamsOf([data, platform, web, ownerless, web])).toEqual(['aaaa', 'bbbb']);
  });
});

describe('the kind of a row', () => {
  it('is what was left behind, not the volume it was to become', () => {
    const left = { kind: 'dm-snapshot', presence: 'leftover' } as const;
    expect(kindOf({ ...left, id: 'dm:loop:/dev/loop9' })).toBe('loop device');
    expect(kindOf({ ...left, id: 'dm:device:sbx-flatten-a' })).toBe('device');
    expect(kindOf({ ...left, id: 'dm:file:templates/a.ext4.part' })).toBe('file');
    expect(kindOf({ kind: 'dm-snapshot', presence: 'whole', id: 'dm:a' })).toBe('snapshot device');
    expect(kindOf({ kind: 'directory', presence: 'leftover', id: 'msb:.a.k3' })).toBe('directory');
  });
});
