import type { microsandboxActionIds } from '../../../../../src-preload/contract/actions/microsandbox';

/** A well-formed input of every action on microsandbox. */
export const microsandboxInputs: Record<(typeof microsandboxActionIds)[number], Record<string, unknown>> = {
  'msb.volume.createDirectory': { name: 'cache' },
  'msb.volume.createDisk': { name: 'docker-data', size: '1.5G' },
  'msb.volume.remove': { name: 'cache' },
  'msb.orphan.setAside': { name: 'cache' },
  'msb.orphan.delete': { name: '.cache.AbC1' },
  'msb.snapshot.create': { sandbox: 'web', name: 'base1', integrity: true },
  'msb.snapshot.remove': { snapshot: 'web:base1' },
  'msb.snapshot.restore': { snapshot: 'web:base1', name: 'web2' },
  'msb.snapshot.verify': { snapshot: 'web:base1' },
  'msb.snapshot.save': { snapshot: 'web:base1', file: 'web-base1.msb', withImage: false },
  'msb.snapshot.load': { file: 'web-base1.msb', group: 'web' },
  'msb.snapshot.head': { snapshot: 'web:base1' },
  'msb.snapshot.reindex': {},
  'msb.image.load': { file: 'tiny.tar' },
  'msb.archive.delete': { file: 'web-base1.msb' },
};

export const microsandboxRisks = [
  ['msb.volume.createDirectory', 'administer', 'safe'],
  ['msb.volume.createDisk', 'administer', 'safe'],
  ['msb.volume.remove', 'administer', 'destructive'],
  ['msb.orphan.setAside', 'administer', 'safe'],
  ['msb.orphan.delete', 'administer', 'destructive'],
  ['msb.snapshot.create', 'operate', 'safe'],
  ['msb.snapshot.remove', 'administer', 'destructive'],
  ['msb.snapshot.restore', 'administer', 'safe'],
  ['msb.snapshot.verify', 'operate', 'safe'],
  ['msb.snapshot.save', 'administer', 'safe'],
  ['msb.snapshot.load', 'administer', 'safe'],
  ['msb.snapshot.head', 'administer', 'safe'],
  ['msb.snapshot.reindex', 'operate', 'safe'],
  ['msb.image.load', 'administer', 'safe'],
  ['msb.archive.delete', 'administer', 'destructive'],
];
