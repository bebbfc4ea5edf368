import { describe, expect, it } from 'vitest';
import { accessLevels, type AccessLevel } from '../../../src-preload/contract/hosts';
import { catalogue } from './actions';
import type { BoundAction } from './bound-action';
import { gate } from './gate';

const all = [...catalogue.values()];

function named(id: string): BoundAction {
  const action = catalogue.get(id);
  if (action === undefined) throw new Error(`${id} is not in the catalogue`);
  return action;
}

/** Whether a host with this level may do it, asked of the gate as the road asks it. */
function may(accessLevel: AccessLevel, { minimumAccess, title }: BoundAction, readOnly = false): boolean {
  return gate({ accessLevel, minimumAccess, readOnly, hostName: 'pve', title }) === null;
}

const levelsThatMay = (id: string): AccessLevel[] => accessLevels.filter((level) => may(level, named(id)));

/** Routine work: it can be done again or taken back, and loses no data at rest. */
const operateOnClusters = [
  'pve.guest.start',
  'pve.guest.shutdown',
  'pve.guest.stop',
  'pve.guest.reboot',
  'pve.guest.reset',
  'pve.guest.suspend',
  'pve.guest.resume',
  'pve.snapshot.create',
  'pve.backup.create',
  'pve.backup.protect',
  'pve.backup.notes',
  'pve.job.run',
  'pve.replication.run',
  'pve.task.stop',
  'pve.node.refreshUpdates',
];

const operateOnHosts = [
  'zfs.snapshot.create',
  'zfs.snapshot.hold',
  'zfs.bookmark.create',
  'zfs.scrub.start',
  'zfs.scrub.pause',
  'zfs.scrub.stop',
  'zfs.device.online',
  'zfs.errors.clear',
  'zfs.trim.start',
  'zfs.trim.cancel',
  'lvm.snapshot.create',
  'mdadm.array.check',
  'mdadm.array.idle',
  'btrfs.snapshot.create',
  'btrfs.scrub.start',
  'btrfs.scrub.cancel',
  'btrfs.scrub.resume',
  'disk.selftest.short',
  'disk.selftest.long',
  'disk.selftest.abort',
  'msb.snapshot.create',
  'msb.snapshot.verify',
  'msb.snapshot.reindex',
  'msb.sandbox.start',
  'msb.sandbox.stop',
  'msb.sandbox.pause',
  'msb.sandbox.resume',
  'dm.volume.restore',
  'dm.volume.remove',
];

describe('access levels over the whole catalogue', () => {
  it.each(all.map((action) => [action.id, action] as const))(
    '%s is refused at view, and at every level while Holdfast is read-only',
    (_, action) => {
      expect(may('view', action)).toBe(false);
      expect(may('administer', action)).toBe(true);
      for (const level of accessLevels) expect(may(level, action, true)).toBe(false);
    },
  );

  it.each([
    ['clusters', 'pve', operateOnClusters],
    ['hosts', 'ssh', operateOnHosts],
  ] as const)('let operate do routine work on %s and nothing else', (_, over, ids) => {
    const found = all.filter((action) => action.over === over && may('operate', action));
    expect(found.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('keep what is catastrophic to administer', () => {
    const catastrophic = all.filter(({ risk }) => risk === 'catastrophic');
    expect(catastrophic.length).toBeGreaterThan(0);
    for (const { id } of catastrophic) expect(levelsThatMay(id), id).toEqual(['administer']);
  });

  it.each(['start', 'shutdown', 'stop', 'reboot', 'reset', 'suspend', 'resume'])(
    'let operate %s guests',
    (verb) => {
      expect(levelsThatMay(`pve.guest.${verb}`)).toEqual(['operate', 'administer']);
    },
  );

  it.each(['pve.guest.console', 'pve.agent.exec', 'pve.agent.readFile', 'pve.agent.writeFile'])(
    'keep %s, which reaches into a guest, to administer',
    (id) => {
      expect(levelsThatMay(id)).toEqual(['administer']);
    },
  );

  it.each(['start', 'stop', 'pause', 'resume'])('let operate %s sandboxes, as it does guests', (verb) => {
    expect(levelsThatMay(`msb.sandbox.${verb}`)).toEqual(['operate', 'administer']);
  });

  it.each(['create', 'exec', 'remove'])('keep %s of sandboxes to administer', (verb) => {
    expect(levelsThatMay(`msb.sandbox.${verb}`)).toEqual(['administer']);
  });

  it('let operate take snapshots of guests, and only administer roll back to and delete them', () => {
    expect(levelsThatMay('pve.snapshot.create')).toEqual(['operate', 'administer']);
    expect(levelsThatMay('pve.snapshot.rollback')).toEqual(['administer']);
    expect(levelsThatMay('pve.snapshot.delete')).toEqual(['administer']);
  });

  it('let operate run backups and their jobs, and only administer write jobs, restore and prune', () => {
    for (const id of ['pve.backup.create', 'pve.job.run']) {
      expect(levelsThatMay(id)).toEqual(['operate', 'administer']);
    }
    for (const id of [
      'pve.job.create',
      'pve.job.change',
      'pve.job.delete',
      'pve.backup.restore',
      'pve.backup.prune',
    ]) {
      expect(levelsThatMay(id)).toEqual(['administer']);
    }
  });

  it.each(['node.reboot', 'node.shutdown', 'service.start', 'service.stop', 'service.restart'])(
    'keep %s to administer',
    (id) => {
      expect(levelsThatMay(`pve.${id}`)).toEqual(['administer']);
    },
  );
});

describe('risk classes of actions on clusters', () => {
  const risksOf = (ids: readonly string[]) => ids.map((id) => [id, named(id).risk]);
  const allAre = (risk: string, ids: readonly string[]) => ids.map((id) => [id, risk]);

  it('call catastrophic what ends a guest, its state, its backups or a node, and what reaches into one', () => {
    const ids = [
      'pve.agent.exec',
      'pve.agent.readFile',
      'pve.agent.writeFile',
      'pve.backup.prune',
      'pve.certificate.delete',
      'pve.certificate.upload',
      'pve.guest.delete',
      'pve.guest.remoteMigrate',
      'pve.node.reboot',
      'pve.node.shutdown',
      'pve.snapshot.rollback',
      'pve.volume.delete',
    ];
    expect(risksOf(ids)).toEqual(allAre('catastrophic', ids));
    const found = all.filter(({ over, risk }) => over === 'pve' && risk === 'catastrophic');
    expect(found.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('call destructive what interrupts a guest, moves it or deletes its snapshots', () => {
    const ids = [
      'pve.guest.stop',
      'pve.guest.reset',
      'pve.guest.shutdown',
      'pve.guest.reboot',
      'pve.guest.suspend',
      'pve.guest.migrate',
      'pve.snapshot.delete',
    ];
    expect(risksOf(ids)).toEqual(allAre('destructive', ids));
  });
});

describe('risk classes of actions on sandboxes', () => {
  it('are those of guests, but for removing one, which takes no data volume with it', () => {
    expect(
      all.flatMap(({ id, risk }) =>
        id.startsWith('msb.sandbox.') ? [[id.slice('msb.sandbox.'.length), risk]] : [],
      ),
    ).toEqual([
      ['create', 'safe'],
      ['start', 'safe'],
      ['stop', 'destructive'],
      ['pause', 'destructive'],
      ['resume', 'safe'],
      ['exec', 'catastrophic'],
      ['remove', 'destructive'],
    ]);
  });
});

describe('deleting', () => {
  /** Their names say remove, and what they remove is a mapping or a member: all data stays where it is. */
  const loseNothing = ['dm.volume.remove', 'mdadm.member.remove'];

  it('is destructive at least, whatever is deleted, so that its name is typed', () => {
    const deleting = all.filter(({ id }) => /delete|destroy|prune|remove|clean/i.test(id));
    expect(deleting.length).toBeGreaterThan(25);
    const safe = deleting.filter(({ risk }) => risk === 'safe').map(({ id }) => id);
    expect(safe.sort()).toEqual(loseNothing);
  });
});
