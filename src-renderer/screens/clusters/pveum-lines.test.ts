import { describe, expect, it } from 'vitest';
import type { PermissionCheck } from '../../../src-preload/contract/clusters';
import { pveumLines } from './pveum-lines';

const check = (path: string, privilege: string, held: boolean): PermissionCheck => ({
  level: 'administer',
  path,
  privilege,
  what: '',
  held,
  lackedBy: null,
});

describe('the lines that give a token what it lacks', () => {
  it('make a role for each path with all that is needed there, each by a name of its own', () => {
    const lines = pveumLines({ login: { kind: 'token', tokenId: 'holdfast@pve!laptop' } }, [
      check('/', 'Sys.Audit', true),
      check('/', 'Sys.Modify', false),
      check('/vms', 'VM.Audit', true),
      check('/storage', 'Datastore.Allocate', false),
      check('/sdn', 'SDN.Allocate', false),
      check('/pool', 'Pool.Audit', false),
    ]).split('\n');
    expect(lines[0]).toBe('pveum role add HoldfastRoot --privs "Sys.Audit Sys.Modify"');
    expect(lines[1]).toBe(
      "pveum acl modify / --users holdfast@pve --tokens 'holdfast@pve!laptop' --roles HoldfastRoot",
    );
    const roles = lines.filter((line) => line.startsWith('pveum role')).map((line) => line.split(' ')[3]);
    expect(roles).toEqual(['HoldfastRoot', 'HoldfastStorage', 'HoldfastNetwork', 'HoldfastPools']);
  });

  it('are none when nothing is missing', () => {
    expect(
      pveumLines({ login: { kind: 'token', tokenId: 'a@pve!b' } }, [check('/', 'Sys.Audit', true)]),
    ).toBe('');
  });

  it('name the user alone who comes with a password', () => {
    const login = { kind: 'password', userId: 'anna@corp' } as const;
    expect(pveumLines({ login }, [check('/vms', 'VM.Audit', false)])).toContain(
      'pveum acl modify /vms --users anna@corp --roles HoldfastGuests',
    );
  });
});
