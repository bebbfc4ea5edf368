import { describe, expect, it } from 'vitest';
import type { ActionId, ActionInfo } from '../../../src-preload/contract/operations';
import { objectWords, triggerWords, troubles } from './trigger-words';

const actions = new Map<ActionId, Pick<ActionInfo, 'title'>>([
  ['pve.guest.reboot', { title: 'Reboot guest' }],
]);
const words = (trigger: Parameters<typeof triggerWords>[0]) => triggerWords(trigger, 'atlas', actions);

describe('what an automation waits for', () => {
  it('reads as the rest of a sentence', () => {
    const hostId = 'atlas';
    expect(words({ kind: 'operation', hostId, action: null })).toBe('any operation on atlas ended well');
    expect(words({ kind: 'operation', hostId, action: 'pve.guest.reboot' })).toBe(
      '“Reboot guest” on atlas ended well',
    );
    expect(words({ kind: 'operation', hostId, action: 'pve.guest.stop' })).toContain('pve.guest.stop');
    expect(words({ kind: 'trouble', hostId, what: 'node', state: 'begun' })).toBe(
      'atlas: a node goes offline',
    );
    expect(words({ kind: 'contact', hostId })).toBe('atlas is first read after Holdfast was started');
    expect(words({ kind: 'state', hostId, object: 'pool:zfs:tank', to: 'DEGRADED' })).toBe(
      'pool tank on atlas is found DEGRADED',
    );
    expect(words({ kind: 'state', hostId, object: 'guest:110', to: null })).toBe(
      'guest 110 on atlas is found in another state',
    );
  });

  it('keeps names with colons whole', () => {
    expect(objectWords('pool:btrfs:a:b')).toBe('pool a:b');
    expect(objectWords('sandbox-volume:cache')).toBe('sandbox volume cache');
  });

  it('has each trouble once', () => {
    const keys = troubles.map(({ what, state }) => `${what} ${state}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
