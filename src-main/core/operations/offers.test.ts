import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src-preload/contract/hosts';
import type { BackendStatus, HostInventory, Snapshot, Volume } from '../../../src-preload/contract/inventory';
import type { SubjectRef } from '../../../src-preload/contract/offers';
import { actions, catalogue } from './actions';
import { offersFor } from './offers';

const host: Host = {
  id: 'nas',
  name: 'nas',
  address: '127.0.0.1',
  port: 22,
  user: 'admin',
  auth: { kind: 'agent' },
  sudo: true,
  environment: { label: 'Lab', colour: 'teal', production: false },
  accessLevel: 'administer',
  demo: false,
  createdAtMs: 0,
};
const backend = (patch: Partial<BackendStatus>): BackendStatus => ({
  kind: 'zfs',
  title: 'ZFS',
  available: true,
  version: null,
  packageName: 'zfsutils-linux',
  error: null,
  capabilities: { snapshots: true, rollback: 'newest-only', snapshotNeedsSize: false },
  ...patch,
});
const volume: Volume = {
  id: 'zfs:tank/data',
  backend: 'zfs',
  poolId: 'zfs:tank',
  kind: 'filesystem',
  name: 'tank/data',
  sizeBytes: null,
  usedBytes: null,
  referencedBytes: null,
  usedBySnapshotsBytes: null,
  mountpoint: null,
  mounted: null,
  open: null,
  active: null,
  origin: null,
  state: '',
  health: 'ok',
  createdAtMs: null,
};
const inventory: HostInventory = {
  hostId: 'nas',
  takenAtMs: 0,
  durationMs: 0,
  backends: [backend({})],
  pools: [],
  volumes: [volume],
  snapshotCount: 1,
  disks: null,
  disksError: null,
};
const snapshot: Snapshot = {
  id: 'lvm:vg0/s',
  backend: 'lvm',
  poolId: 'lvm:vg0',
  fullName: 'vg0/s',
  name: 's',
  volumeName: 'vg0/data',
  kind: 'lvm-thick',
  usedBytes: null,
  sizeBytes: null,
  createdAtMs: null,
  percentFull: null,
  state: 'invalid',
  cloneNames: [],
  holdCount: 0,
};

function offers(subject: SubjectRef, patch: Partial<Parameters<typeof offersFor>[0]> = {}) {
  return offersFor({
    catalogue,
    host,
    readOnly: false,
    inventory,
    subject,
    snapshotOf: (id) => (id === snapshot.id ? snapshot : null),
    nowMs: Date.UTC(2026, 10, 23, 4, 26, 30),
    ...patch,
  });
}

describe('what can be done to an object', () => {
  it('is what its own backend has, with what its action can parse', () => {
    const found = offers({ kind: 'volume', volumeId: volume.id });
    const create = found.find(({ action }) => action === 'zfs.snapshot.create');
    expect(create).toMatchObject({
      label: 'Snapshot now…',
      excuse: null,
      input: { dataset: 'tank/data' },
      fields: [
        { name: 'name', value: 'holdfast-20261123-042630' },
        { name: 'recursive', value: false },
      ],
    });
    expect(found.filter(({ action }) => !action.startsWith('zfs.'))).toEqual([]);
    const answered = {
      ...create?.input,
      ...Object.fromEntries((create?.fields ?? []).map((field) => [field.name, field.value])),
    };
    expect(() => actions['zfs.snapshot.create'].parse(answered)).not.toThrow();
  });

  it('stands there with its excuse: read-only, access level, missing package, the object itself', () => {
    const excuses = (patch: Parameters<typeof offers>[1]) =>
      offers({ kind: 'volume', volumeId: volume.id }, patch).find(
        ({ action }) => action === 'zfs.snapshot.create',
      )?.excuse;
    expect(excuses({ readOnly: true })).toContain('read-only');
    expect(excuses({ host: { ...host, accessLevel: 'view' } })).toContain('may only view');
    expect(excuses({ inventory: { ...inventory, backends: [backend({ available: false })] } })).toContain(
      'zfsutils-linux',
    );
    const rollback = offers({ kind: 'snapshot', snapshotId: snapshot.id }).find(
      ({ action }) => action === 'lvm.snapshot.rollback',
    );
    expect(rollback?.excuse).toContain('overflowed');
  });

  it('is an error for what is not there, never an empty list', () => {
    for (const subject of [
      { kind: 'pool', poolId: 'zfs:gone' },
      { kind: 'member', poolId: 'zfs:tank', name: 'sda' },
      { kind: 'volume', volumeId: 'zfs:gone' },
      { kind: 'snapshot', snapshotId: 'gone' },
      { kind: 'disk', diskId: 'gone' },
    ] satisfies SubjectRef[]) {
      expect(() => offers(subject)).toThrow(expect.objectContaining({ code: 'not-found' }));
    }
  });
});
