import { describe, expect, it } from 'vitest';
import { createMachine, type Machine } from '../machine';
import { createRandom } from '../random';
import { asSent, readCapture } from '../testing/capture';
import { ZfsModel, type BlockDevice } from './model';
import { disk, group, type DiskVdev, type PoolLayout } from './vdevs';

/**
 * Holds the demo's pools to the truth: captured commands of OpenZFS 2.1.11 (core/storage/zfs/fixtures) run against a
 * model in the state the lab was in.
 */

const lab = (clock: string): number => Date.parse(`2026-11-23T${clock}Z`);

function machineAt(model: ZfsModel, atMs: number): Machine {
  return createMachine({ user: 'admin', zfs: model, nowMs: () => atMs });
}

function expectSame(machine: Machine, name: string): void {
  const real = readCapture('zfs', name);
  const demo = machine.run(asSent(real.command));
  expect({ exitCode: demo.exitCode, stdout: demo.stdout, stderr: demo.stderr }, name).toEqual({
    exitCode: real.exitCode,
    stdout: real.stdout,
    stderr: real.stderr,
  });
}

const diskIn = (letter: string, changes: Partial<DiskVdev> = {}) =>
  disk(`/dev/vd${letter}1`, `vd${letter}`, changes);
const layout = (data: PoolLayout['data'], more: Partial<PoolLayout> = {}): PoolLayout => ({
  data,
  logs: [],
  cache: [],
  spares: [],
  ...more,
});

function poolOf(name: string, data: PoolLayout, model = new ZfsModel(createRandom(3))): ZfsModel {
  model.addPool({ name, sizeBytes: 503_316_480, createdAtMs: 0, layout: data });
  return model;
}

const mebibyte = 1024 ** 2;
const blank: BlockDevice = { sizeBytes: 512 * mebibyte, content: null, mounted: false };

/** Eight blank disks; one of them with ext4, one with LVM; the first two are a mirror `tank`. */
function labModel(): ZfsModel {
  const model = new ZfsModel(createRandom(5));
  model.blockDevice = (path) => {
    if (/\/dev\/(?:vd[b-i]|disk\/by-id\/virtio-LABDISK000\d)$/.test(path)) return blank;
    return path === '/dev/vda' ? { ...blank, content: 'ext4', mounted: true } : null;
  };
  return model;
}

describe('pools of the demo answer like OpenZFS 2.1.11', () => {
  it('status with the clock and trimming, of two pools and of none', () => {
    const model = poolOf('tank', layout([group('mirror-0', diskIn('b'), diskIn('c'))]));
    const members = [diskIn('d'), diskIn('e'), disk('/dev/sda1', 'sda'), diskIn('i')];
    poolOf('z2', layout([group('raidz2-0', ...members)]), model);
    expectSame(machineAt(model, lab('09:30:01')), 'two-pools-zpool-status');
    expectSame(machineAt(new ZfsModel(createRandom(1)), lab('09:29:22')), 'none-zpool-status');
  });

  it('properties of two pools and of none', () => {
    const model = poolOf('tank', layout([group('mirror-0', diskIn('b'), diskIn('c'))]));
    poolOf('z2', layout([group('raidz2-0', diskIn('d'), diskIn('e'))]), model);
    for (const pool of model.pools.values()) Object.assign(pool, { ashift: 0 });
    expectSame(machineAt(model, 0), 'two-pools-zpool-get');
    expectSame(machineAt(new ZfsModel(createRandom(1)), 0), 'none-zpool-get');
  });

  it.each([
    [
      'status-trimming',
      '09:31:55',
      { startedAtMs: lab('09:31:55'), endsAtMs: lab('09:40:00') },
      { startedAtMs: lab('09:31:55'), endsAtMs: lab('09:40:00') },
    ],
    [
      'status-trim-suspended',
      '09:31:01',
      { startedAtMs: lab('09:30:58'), endsAtMs: lab('09:32:38'), suspendedAtMs: lab('09:31:51') },
      { startedAtMs: lab('09:30:58'), endsAtMs: lab('09:32:38'), suspendedAtMs: lab('09:32:03') },
    ],
  ] as const)('%s: to the letter', (name, clock, first, second) => {
    const model = poolOf(
      'tank',
      layout([group('mirror-0', diskIn('b', { trim: first }), diskIn('c', { trim: second }))], {
        spares: [diskIn('d', { state: 'AVAIL' })],
      }),
    );
    const pool = model.pools.get('tank');
    if (pool !== undefined && name === 'status-trimming') {
      const endedAtMs = lab('09:31:15');
      pool.scan = { state: 'finished', kind: 'scrub', endedAtMs, durationSeconds: 0, bytes: 0, errors: 0 };
    }
    const real = readCapture('zfs', name);
    const now = /^\w+ \w+ +\d+ ([\d:]+)/.exec(real.stdout)?.[1] ?? clock;
    expectSame(machineAt(model, lab(now)), name);
  });
});

describe('what the demo refuses, it refuses in the words of OpenZFS 2.1.11', () => {
  function ready(): ZfsModel {
    const model = labModel();
    poolOf('tank', layout([group('mirror-0', diskIn('b'), diskIn('c'))]), model);
    const atMs = lab('05:00:00');
    model.addDataset('tank', { createdAtMs: atMs, compression: 'off' });
    model.addDataset('tank/data', { createdAtMs: atMs, compression: 'off' });
    model.addDataset('tank/a', { createdAtMs: atMs, compression: 'off' });
    return model;
  }

  it.each([
    'zfs-031-FAIL-create-in-use',
    'zfs-033-FAIL-create-exists',
    'zfs-034-FAIL-create-mounted',
    'zfs-035-FAIL-create-nodev',
    'zfs-036-FAIL-create-reserved-name',
    'zfs-041-create-dry-run',
    'zfs-046-FAIL-create-dataset-exists',
    'zfs-047-FAIL-create-no-parent',
    'zfs-076-FAIL-set-bad',
    'zfs-082-FAIL-scrub-stop-none',
    'zfs-112-FAIL-import-missing',
    'zfs-114-FAIL-import-again',
  ])('%s: to the letter', (name) => {
    expectSame(machineAt(ready(), lab('05:10:00')), name);
  });

  it('a disk with a file system, and one with a volume group', () => {
    const model = ready();
    model.blockDevice = () => ({ ...blank, content: 'ext4' });
    expectSame(machineAt(model, 0), 'zfs-038-FAIL-create-has-ext4');
    model.blockDevice = () => ({ ...blank, content: 'LVM2_member' });
    expectSame(machineAt(model, 0), 'zfs-039-FAIL-create-has-lvm');
  });

  it('the last good disk stays', () => {
    const model = ready();
    const machine = machineAt(model, lab('05:10:00'));
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/zpool offline -- tank vdb');
    expectSame(machine, 'zfs-086-FAIL-offline-last');
    expectSame(machine, 'zfs-088-online');
  });

  it('a disk that another pool holds does not come in, and a small one neither', () => {
    const model = ready();
    poolOf('z2', layout([group('raidz2-0', diskIn('d'), diskIn('e'))]), model);
    expectSame(machineAt(model, 0), 'zfs-096-FAIL-replace-busy');
    model.blockDevice = (path) => (path === '/tmp/s.img' ? { ...blank, sizeBytes: mebibyte } : blank);
    expectSame(machineAt(model, 0), 'zfs-097-FAIL-attach-small');
  });

  it('a tree is destroyed as a whole or not at all', () => {
    const model = ready();
    const machine = machineAt(model, lab('05:10:00'));
    for (const line of ['create tank/a/b', 'create tank/a/b/c', 'snapshot -r tank/a@all1']) {
      machine.run(`LC_ALL=C sudo -n -- /usr/sbin/zfs ${line}`);
    }
    expectSame(machine, 'zfs-042-FAIL-destroy-children');
    model.createSnapshots(['tank/data'], 's1', lab('05:10:01'));
    model.createSnapshots(['tank/data'], 'all1', lab('05:10:02'));
    expectSame(machine, 'zfs-043-FAIL-destroy-has-snapshots');
    expectSame(machine, 'zfs-044-destroy-nv-r');
    model.clone('tank/data@all1', 'tank/clone', lab('05:10:03'));
    expectSame(machine, 'zfs-055-FAIL-destroy-R-hint');
    model.usersOf = (place) => (place === '/tank/data' ? [77] : []);
    expectSame(machine, 'zfs-064-FAIL-export-busy');
  });

  it('an exported pool is listed, and comes back', () => {
    const model = labModel();
    model.addPool({
      name: 'tank',
      sizeBytes: 503_316_480,
      createdAtMs: 0,
      layout: layout([group('mirror-0', diskIn('b'), diskIn('h'))]),
    });
    model.addDataset('tank', { createdAtMs: 0 });
    const machine = machineAt(model, 0);
    expectSame(machine, 'zfs-110-export');
    const real = readCapture('zfs', 'zfs-111-import-list').stdout.split('\n');
    const demo = machine.run('LC_ALL=C sudo -n -- /usr/sbin/zpool import').stdout.split('\n');
    // The lab's pool had a log and a spare as well, and another guid.
    const same = (lines: string[]) => lines.filter((line) => !/^\s+id: |spares|logs|vdi|vdc/.test(line));
    expect(same(demo)).toEqual(same(real));
    expectSame(machine, 'zfs-113-import');
    expect([...model.pools.keys()]).toEqual(['tank']);
  });
});
