import type { AccessLevel } from '../../../../../src-preload/contract/hosts';
import type { Risk } from '../../../../../src-preload/contract/operations';
import type { deviceMapperActionIds } from '../../../../../src-preload/contract/actions/device-mapper';

type Id = (typeof deviceMapperActionIds)[number];

const team = '6b6a1f2e-3c4d-4a5b-8c6d-7e8f90a1b2c3';

/** For tests: a well-formed input of every action on device-mapper volumes. */
export const deviceMapperInputs: Record<Id, Record<string, unknown>> = {
  'dm.settings': { root: '/srv/sandboxes', prefix: 'sbx-', defaultSize: '20G' },
  'dm.template.register': { name: 'debian-12', team, vcpus: 2, memoryMib: 2048 },
  'dm.template.expand': { name: 'debian-12' },
  'dm.template.destroy': { name: 'debian-12', asTeam: null },
  'dm.volume.create': { id: 'web', template: 'debian-12', size: '20G', team },
  'dm.volume.restore': { id: 'web' },
  'dm.volume.remove': { id: 'web' },
  'dm.volume.flatten': { id: 'web', name: 'web-image', team },
  'dm.volume.grow': { id: 'web', size: '40Gi' },
  'dm.volume.pause': { id: 'web' },
  'dm.volume.resume': { id: 'web' },
  'dm.volume.destroy': { id: 'web' },
  'dm.leftovers.clean': { leftovers: ['device:sbx-flatten-web', 'loop:/dev/loop5'] },
  'dm.host.release': {},
};

/** Who may do it, and what it can cost. */
export const deviceMapperRights: [Id, AccessLevel, Risk][] = [
  ['dm.settings', 'administer', 'safe'],
  ['dm.template.register', 'administer', 'safe'],
  ['dm.template.expand', 'administer', 'safe'],
  ['dm.template.destroy', 'administer', 'destructive'],
  ['dm.volume.create', 'administer', 'safe'],
  ['dm.volume.restore', 'operate', 'safe'],
  ['dm.volume.remove', 'operate', 'safe'],
  ['dm.volume.flatten', 'administer', 'safe'],
  ['dm.volume.grow', 'administer', 'safe'],
  ['dm.volume.pause', 'administer', 'safe'],
  ['dm.volume.resume', 'administer', 'safe'],
  ['dm.volume.destroy', 'administer', 'destructive'],
  ['dm.leftovers.clean', 'administer', 'destructive'],
  ['dm.host.release', 'administer', 'safe'],
];
