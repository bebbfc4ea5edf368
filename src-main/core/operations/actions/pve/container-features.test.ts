import { describe, expect, it } from 'vitest';
import { featureBlockers, featuresWith } from './container-features';

const root = { kind: 'password', userId: 'root@pam' } as const;
const token = { kind: 'token', tokenId: 'holdfast@pve!laptop' } as const;
const change = { node: 'pve1', vmid: 200, unprivileged: true, before: null, wanted: 'nesting=1,keyctl=1' };

describe('the features of a container', () => {
  it.each([
    [null, { nesting: false, keyctl: false }, null],
    [null, { nesting: true, keyctl: false }, 'nesting=1'],
    [null, { nesting: true, keyctl: true }, 'nesting=1,keyctl=1'],
    ['', { nesting: false, keyctl: true }, 'keyctl=1'],
    ['keyctl=1,nesting=1', { nesting: true, keyctl: true }, 'keyctl=1,nesting=1'],
    ['nesting=1', { nesting: false, keyctl: false }, null],
    ['nesting=0,keyctl=on', { nesting: false, keyctl: true }, 'nesting=0,keyctl=on'],
    ['nesting=0', { nesting: true, keyctl: false }, 'nesting=1'],
    ['fuse=1,keyctl=1,mount=nfs;cifs', { nesting: true, keyctl: false }, 'fuse=1,mount=nfs;cifs,nesting=1'],
  ])('%j with %j are %j', (before, wanted, after) => {
    expect(featuresWith(before, wanted)).toBe(after);
  });
});

describe('a change of features', () => {
  it('is open to root@pam with its password', () => {
    expect(featureBlockers(root, change)).toEqual([]);
    expect(
      featureBlockers(root, { ...change, unprivileged: false, before: 'fuse=1', wanted: 'nesting=1' }),
    ).toEqual([]);
  });

  it.each([
    [token, 'Holdfast logs in to this cluster with the token holdfast@pve!laptop'],
    [
      { kind: 'token', tokenId: 'root@pam!laptop' } as const,
      'the token root@pam!laptop is not root@pam itself',
    ],
    [{ kind: 'password', userId: 'anna@corp' } as const, 'Holdfast logs in to this cluster as anna@corp'],
    [{ kind: 'password', userId: 'root@pve' } as const, 'Holdfast logs in to this cluster as root@pve'],
  ])('is blocked for %j, with what root can do on the node', (login, who) => {
    expect(featureBlockers(login, change, 'make it without keyctl and ')).toEqual([
      {
        text: `Features of a container other than nesting are for root@pam alone, and ${who}.`,
        remedy:
          'Log in to this cluster as root@pam with its password (in its settings), or make it without keyctl and run this on pve1 as root: pct set 200 --features nesting=1,keyctl=1',
      },
    ]);
  });

  it.each([
    ['nesting is set', null, 'nesting=1', false],
    ['nesting is set beside another', 'fuse=1', 'fuse=1,nesting=1', false],
    ['nesting is taken from another', 'nesting=1,fuse=1', 'fuse=1', false],
    ['nesting is taken away', 'nesting=1', null, false],
    ['keyctl is set', 'nesting=1', 'nesting=1,keyctl=1', true],
    ['keyctl is taken away', 'nesting=1,keyctl=1', 'nesting=1', true],
    ['keyctl goes as the only one', 'keyctl=1', null, true],
    ['nothing is left of several', 'nesting=1,fuse=1', null, true],
    ['nesting that is off goes', 'nesting=0', null, false],
    ['another one that is off is left out', 'nesting=1,fuse=0', 'nesting=1', true],
  ])('is judged as Proxmox VE does where %s', (_name, before, wanted, isBlocked) => {
    expect(featureBlockers(token, { ...change, before, wanted })).toHaveLength(isBlocked ? 1 : 0);
    expect(featureBlockers(token, { ...change, unprivileged: false, before, wanted })[0]?.text).toContain(
      wanted?.includes('keyctl') === true
        ? 'unprivileged containers only'
        : 'Features of a privileged container',
    );
  });

  it('quotes what root is to run, and says how features go', () => {
    const remedyOf = (before: string, wanted: string | null) =>
      featureBlockers(token, { ...change, before, wanted })[0]?.remedy;
    expect(remedyOf('mount=nfs;cifs', 'mount=nfs;cifs,keyctl=1')).toMatch(
      / or run this on pve1 as root: pct set 200 --features 'mount=nfs;cifs,keyctl=1'$/,
    );
    expect(remedyOf('keyctl=1', null)).toMatch(/: pct set 200 --delete features$/);
  });

  it('sets no keyctl in a privileged container, whoever asks', () => {
    const privileged = { ...change, unprivileged: false };
    expect(featureBlockers(root, privileged).map(({ text }) => text)).toEqual([
      'keyctl is for unprivileged containers only.',
    ]);
    expect(featureBlockers(root, { ...privileged, before: 'keyctl=1' })).toEqual([]);
  });
});
