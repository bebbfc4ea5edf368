import { describe, expect, it } from 'vitest';
import type { Host } from '../../src-preload/contract/hosts';
import type { ActionInfo } from '../../src-preload/contract/operations';
import { excuseForAction } from './excuse';

const action: ActionInfo = {
  id: 'zfs.snapshot.destroy',
  title: 'Destroy',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  bulk: true,
  upkeep: false,
  stageFirst: false,
};
const host = (accessLevel: Host['accessLevel']) => ({ name: 'nas-01', accessLevel }) as Host;

describe('excuses', () => {
  it('names read-only mode first, then the access level', () => {
    expect(excuseForAction(action, host('administer'), true)).toContain('read-only');
    expect(excuseForAction(action, host('view'), false)).toContain('may only view');
    expect(excuseForAction(action, host('operate'), false)).toContain('administer');
    expect(excuseForAction(action, host('administer'), false)).toBeNull();
  });

  it('does not offer what is not known yet', () => {
    expect(excuseForAction(undefined, host('administer'), false)).not.toBeNull();
    expect(excuseForAction(action, undefined, false)).not.toBeNull();
  });
});
