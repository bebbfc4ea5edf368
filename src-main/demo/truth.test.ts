import { describe, expect, it } from 'vitest';
import { quoteArgv } from '../core/ssh/quote';
import { snapshotsProbe, zfsProbes } from '../core/storage/zfs/commands';
import { LvmModel } from './lvm/model';
import { parseFailedUnits } from '../core/storage/system/parse';
import { captured } from '../core/storage/testing/captured';
import { createMachine, type Machine } from './machine';
import { createRandom } from './random';
import { asSent, readCapture } from './testing/capture';
import { disk, group, type PoolLayout } from './zfs/vdevs';
import { ZfsModel } from './zfs/model';

/**
 * Holds the models to the truth: the captured commands of the real tools (OpenZFS 2.1.11 and lvm2 2.03.16 on
 * Debian 12, with the captures' note of origin in core/storage/<backend>/fixtures) are run against a
 * model brought to the state the lab was in, and the answers compared: exit codes and messages to the
 * letter, tables and reports in every column that does not come from a clock or a random number.
 */

const nowMs = Date.parse('2026-11-23T05:10:00Z');
const mebibyte = 1024 ** 2;

function replay(machine: Machine, backend: 'zfs' | 'lvm', name: string) {
  const real = readCapture(backend, name);
  const demo = machine.run(asSent(real.command));
  const stdout = [...(demo.progress ?? []).map((step) => step.stdout), demo.stdout].join('');
  return { real, demo: { exitCode: demo.exitCode, stdout, stderr: demo.stderr } };
}

/** Exit code, stdout and stderr to the letter. */
function expectSame(machine: Machine, backend: 'zfs' | 'lvm', name: string): void {
  const { real, demo } = replay(machine, backend, name);
  expect(demo, name).toEqual({ exitCode: real.exitCode, stdout: real.stdout, stderr: real.stderr });
}

const diskIn = (letter: string) => disk(`/dev/vd${letter}1`, `vd${letter}`);
const layout = (data: PoolLayout['data'], more: Partial<PoolLayout> = {}): PoolLayout => ({
  data,
  logs: [],
  cache: [],
  spares: [],
  ...more,
});
const mirror = () => layout([group('mirror-0', diskIn('b'), diskIn('c'))]);
const raidz2 = () =>
  layout([group('raidz2-0', diskIn('d'), diskIn('e'), disk('/dev/sda1', 'sda'), diskIn('i'))]);

function zfsMachine(model: ZfsModel): Machine {
  return createMachine({ user: 'admin', zfs: model, nowMs: () => nowMs });
}

/** The lab as the fixtures of core/storage/zfs found it. */
function labZfs() {
  const model = new ZfsModel(createRandom(7));
  const atMs = nowMs - 400_000;
  model.addPool({ name: 'tank', sizeBytes: 503316480, ashift: 9, createdAtMs: atMs, layout: mirror() });
  // 255/512 of a raidz2 of four with 512-byte sectors are data.
  model.addPool({
    name: 'z2',
    sizeBytes: 2013265920,
    ashift: 9,
    deflate: 255,
    createdAtMs: atMs,
    layout: raidz2(),
  });
  const add = (name: string, bytes: number, options: Partial<Parameters<ZfsModel['addDataset']>[1]> = {}) => {
    model.addDataset(name, { createdAtMs: atMs, compression: 'off', ...options });
    model.write(name, bytes, { atMs });
  };
  add('tank', 26624);
  add('tank/data', 8_420_352);
  add('tank/a', 24576);
  add('tank/a/b', 24576, { quotaBytes: 100 * mebibyte });
  add('tank/vol', 12288, { type: 'volume', volumeBytes: 32 * mebibyte, reserved: true });
  add('tank/with space', 24576);
  add('tank/hidden', 24576, { mountpoint: null });
  add('tank/legacy', 24576, { mountpoint: 'legacy' });
  add('z2', 33660);
  model.createSnapshots(['tank/data'], 's1', atMs + 1000);
  const tree = model.allDatasets().filter(({ name }) => /^tank(?:\/|$)/.test(name));
  model.createSnapshots(
    tree.map(({ name }) => name),
    'all1',
    atMs + 2000,
  );
  model.write('tank/data', 4_209_664, { atMs: atMs + 3000, overwrittenBytes: 8_406_016 });
  model.createSnapshots(['tank/data'], 's2', atMs + 4000);
  model.bookmark('tank/data@s2', 'b2');
  model.clone('tank/data@all1', 'tank/clone', atMs + 5000);
  model.clone('tank/data@all1', 'tank/clone two', atMs + 6000);
  model.hold('tank/data@s1', 'keep', Date.parse('2026-11-23T05:03:00Z'));
  model.hold('tank/data@s1', 'backup job', Date.parse('2026-11-23T05:03:00Z'));
  model.write('tank/data', 2_114_560, { atMs: atMs + 7000, overwrittenBytes: 14336 });
  return model;
}

/** Number of columns, and per column whether it is a number, a name, or the dash of "none". */
function tableShape(stdout: string): string[][] {
  if (stdout === '') return [];
  const kind = (cell: string) =>
    cell === '-' ? '-' : /^\d+$/.test(cell) ? 'number' : /^\d+\.\d\d$/.test(cell) ? 'ratio' : cell;
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').map(kind));
}

describe('ZFS answers like OpenZFS 2.1.11', () => {
  it.each([
    'two-pools-zfs-list-datasets',
    'two-pools-zfs-list-snapshots',
    'two-pools-zpool-list',
    'read-pool',
    'read-dataset',
    'read-dataset-space',
    'read-dataset-tree',
    'read-snapshot-plain',
    'read-snapshot-clones',
    'read-snapshot-held',
    'read-snapshots-of',
    'read-snapshots-of-tree-root',
    'read-snapshot-names',
    'read-bookmarks-of',
    'read-written-since-s1',
    'read-written-since-s2',
  ])('%s: the same rows and kinds of columns', (name) => {
    const { real, demo } = replay(zfsMachine(labZfs()), 'zfs', name);
    expect(demo.exitCode).toBe(real.exitCode);
    expect(demo.stderr).toBe(real.stderr);
    expect(tableShape(demo.stdout)).toEqual(tableShape(real.stdout));
    expect(tableShape(real.stdout).length).toBeGreaterThan(0);
  });

  it.each([
    'read-holds',
    'read-holds-none',
    'read-bookmarks-of-none',
    'read-dataset-missing',
    'read-pool-missing',
    'read-snapshot-missing',
    'read-snapshots-of-none',
    'read-written-since-missing',
    'preview-destroy-clones',
    'preview-destroy-held',
    'preview-destroy-missing',
    'version',
    'zfs-012-status-unknown',
    'FAIL-destroy-clones',
    'FAIL-destroy-held',
    'FAIL-destroy-missing',
    'FAIL-destroy-non-root',
    'FAIL-rollback-missing',
    'FAIL-rollback-newer',
    'FAIL-rollback-non-root',
    'FAIL-rollback-r-clones',
    'FAIL-snapshot-dataset-missing',
    'FAIL-snapshot-exists',
    'FAIL-snapshot-non-root',
    'zfs-045-FAIL-destroy-missing',
    'snapshot',
    'snapshot-recursive',
  ])('%s: to the letter', (name) => {
    expectSame(zfsMachine(labZfs()), 'zfs', name);
  });

  it('recursive snapshot of which some exist: names them all and takes none', () => {
    const machine = zfsMachine(labZfs());
    const { real, demo } = replay(machine, 'zfs', 'FAIL-snapshot-exists-recursive');
    const lines = (text: string) => text.trimEnd().split('\n').sort();
    expect(demo.exitCode).toBe(real.exitCode);
    expect(demo.stdout).toBe(real.stdout);
    // The kernel's order is that of a hash table.
    expect(lines(demo.stderr)).toEqual(lines(real.stderr));
    expect(demo.stderr.endsWith('no snapshots were created\n')).toBe(true);
  });

  it('rollback -r with a held newer snapshot destroys the others and fails', () => {
    const model = labZfs();
    model.createSnapshots(['tank/data'], 's3', nowMs);
    model.hold('tank/data@s2', 'keep', nowMs);
    // Clones are looked for first: in the lab they were gone by then.
    const [clone, second] = ['tank/data@s2', 'tank/data@s3'].map((name) => model.clonesOf(name));
    expect([clone, second]).toEqual([[], []]);
    const machine = zfsMachine(model);
    const held = machine.run('LC_ALL=C sudo -n -- /usr/sbin/zfs rollback -r -- tank/data@all1');
    const { stderr } = readCapture('zfs', 'FAIL-rollback-r-held');
    expect(held).toMatchObject({ exitCode: 1, stdout: '', stderr });
    const left = machine.run('/usr/sbin/zfs list -Hp -t snapshot -o name -d 1 -- tank/data');
    expect(left.stdout).toBe('tank/data@s1\ntank/data@all1\ntank/data@s2\n');
  });

  it('rolls back to the newest, which the events remember', () => {
    const model = labZfs();
    const machine = zfsMachine(model);
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/zfs snapshot -- tank/data@s3');
    expectSame(machine, 'zfs', 'FAIL-rollback-bookmark-newer');
    expectSame(machine, 'zfs', 'rollback-latest');
    const { real, demo } = replay(machine, 'zfs', 'events');
    // Of the many kinds of events only those of history are told; each has the same fields.
    const events = (text: string) =>
      text
        .slice(text.indexOf('\n') + 1)
        .split('\n\n')
        .filter((event) => /history_internal_name = "clone swap"/.test(event))
        .map((event) =>
          event.replace(/^\w{3} [ \d]\d \d{4} [\d:.]+ /, 'TIME ').replace(/0x[0-9a-f]+/g, '0x'),
        );
    expect(demo.exitCode).toBe(real.exitCode);
    expect(demo.stdout.split('\n')[0]).toBe(real.stdout.split('\n')[0]);
    expect(events(demo.stdout)).toEqual(events(real.stdout));
    expect(events(real.stdout)).toHaveLength(1);
  });

  it('lists named snapshots behind one that is gone, and names in order of creation', () => {
    const machine = zfsMachine(labZfs());
    const held = readCapture('zfs', 'read-snapshot-held');
    const missing = readCapture('zfs', 'read-snapshot-missing');
    const [heldName = ''] = held.stdout.split('\t');
    const both = machine.run(asSent(`${missing.command} ${heldName}`));
    expect(both).toMatchObject({ exitCode: missing.exitCode, stderr: missing.stderr });
    expect(both.stdout).toBe(machine.run(asSent(held.command)).stdout);
    const names = machine.run(quoteArgv(['sudo', '-n', '--', ...zfsProbes.snapshotNames.argv])).stdout;
    const whole = machine.run(quoteArgv(['sudo', '-n', '--', ...snapshotsProbe.argv])).stdout;
    const rows = whole
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 3))
      .sort(([, , a], [, , b]) => Number(a) - Number(b));
    expect(rows.length).toBeGreaterThan(3);
    expect(names).toBe(rows.map((row) => `${row.join('\t')}\n`).join(''));
  });

  it('destroys what it said it would, and lists nothing on a host without pools', () => {
    const machine = zfsMachine(labZfs());
    const { real, demo } = replay(machine, 'zfs', 'preview-destroy-s2');
    expect(tableShape(demo.stdout)).toEqual(tableShape(real.stdout));
    const empty = zfsMachine(new ZfsModel(createRandom(1)));
    for (const name of ['none-zpool-list', 'none-zfs-list-datasets', 'none-zfs-list-snapshots']) {
      expectSame(empty, 'zfs', name);
    }
  });

  it('exact sizes where the lab knew them', () => {
    const machine = zfsMachine(labZfs());
    for (const [name, column] of [
      ['read-written-since-s2', 0],
      ['read-dataset-space', 4],
    ] as const) {
      const { real, demo } = replay(machine, 'zfs', name);
      expect(demo.stdout.split('\t')[column], name).toBe(real.stdout.split('\t')[column]);
    }
    // Reservation of a thick zvol and pool space less slop, both computed as the kernel does.
    const sizes = machine.run('/usr/sbin/zfs list -Hp -o name,used,available -- tank tank/vol z2');
    const [tank = [], volume = [], z2 = []] = sizes.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(Number(tank[1]) + Number(tank[2])).toBe(51857408 + 317241344);
    expect(volume[1]).toBe('36712448');
    // 143,820 bytes of metadata are in use in the lab, and 33,660 of data here.
    expect(Math.abs(Number(z2[1]) + Number(z2[2]) - (143820 + 868339252))).toBeLessThan(1024);
  });

  describe('zpool status', () => {
    const finished = (kind: 'scrub' | 'resilver', bytes: number, seconds: number, end: string) => ({
      state: 'finished' as const,
      kind,
      endedAtMs: Date.parse(end),
      durationSeconds: seconds,
      bytes,
      errors: 0,
    });
    const cases: [string, PoolLayout, ReturnType<typeof finished> | null][] = [
      ['zfs-081-status-scrub-done', mirror(), finished('scrub', 0, 1, '2026-11-23T02:25:41Z')],
      [
        'zfs-090-status-checksum-errors',
        layout([group('mirror-0', diskIn('b'), disk('/dev/vdc1', 'vdc', { checksumErrors: 820 }))]),
        finished('scrub', Math.round(72.1 * mebibyte), 0, '2026-11-23T02:26:04Z'),
      ],
      [
        'zfs-084-status-degraded-offline',
        layout([group('mirror-0', disk('/dev/vdb1', 'vdb', { state: 'OFFLINE' }), diskIn('c'))]),
        finished('scrub', 0, 1, '2026-11-23T02:25:41Z'),
      ],
      [
        'zfs-094-status-replacing',
        layout([group('mirror-0', diskIn('b'), group('replacing-1', diskIn('c'), diskIn('h')))]),
        finished('resilver', 141 * mebibyte, 2, '2026-11-23T02:26:10Z'),
      ],
      [
        'zfs-100-status-spare-log',
        layout([group('mirror-0', diskIn('b'), diskIn('h'))], {
          logs: [diskIn('c')],
          spares: [disk('/dev/vdi1', 'vdi', { state: 'AVAIL' })],
        }),
        finished('resilver', 141 * mebibyte, 2, '2026-11-23T02:26:10Z'),
      ],
    ];
    it.each(cases)('%s: to the letter', (name, poolLayout, scan) => {
      const model = new ZfsModel(createRandom(1));
      model.addPool({ name: 'tank', sizeBytes: 503316480, createdAtMs: 0, layout: poolLayout, scan });
      expectSame(zfsMachine(model), 'zfs', name);
    });

    it('a disk that was pulled, in another pool', () => {
      const model = new ZfsModel(createRandom(1));
      const pulled = layout([
        group(
          'raidz2-0',
          disk('/dev/vdd1', 'vdd', { state: 'REMOVED' }),
          diskIn('e'),
          diskIn('f'),
          diskIn('g'),
        ),
      ]);
      const scan = finished('scrub', 0, 1, '2026-11-23T02:26:26Z');
      model.addPool({ name: 'z2', sizeBytes: 2013265920, createdAtMs: 0, layout: pulled, scan });
      expectSame(zfsMachine(model), 'zfs', 'zfs-106-status-pulled');
    });

    it.each([
      ['zfs-080-status-scrub', 'scrub'],
      ['status-replacing-degraded', 'resilver'],
    ] as const)('%s: the same lines, other numbers', (name, kind) => {
      const model = new ZfsModel(createRandom(1));
      const replacing = layout([
        group(
          'mirror-0',
          diskIn('b'),
          group('replacing-1', disk('/dev/vdc1', 'vdc', { state: 'OFFLINE' }), diskIn('f')),
        ),
      ]);
      model.addPool({
        name: 'tank',
        sizeBytes: 503316480,
        createdAtMs: 0,
        layout: kind === 'scrub' ? mirror() : replacing,
        scan: {
          state: 'running',
          kind,
          startedAtMs: nowMs - 1000,
          totalBytes: 141 * mebibyte,
          scanRate: 141 * mebibyte,
          issueRate: 139 * mebibyte,
          writtenShare: 0,
        },
      });
      const { real, demo } = replay(zfsMachine(model), 'zfs', name);
      const normal = (text: string) =>
        text
          .split('\n\n  pool: z2')[0]
          ?.replace(/since .*$/m, 'since')
          .replace(/[\d.]+[BKMGT]/g, 'SIZE')
          .replace(/[\d.]+%/g, '0%')
          .replace(/no estimated completion time|[\d:]{8} to go/, 'LEFT')
          // What is being copied onto was not yet marked in the first second of the lab's resilver.
          .replace(/ {2}\(resilvering\)/, '')
          .trimEnd();
      expect(normal(demo.stdout)).toBe(normal(real.stdout));
      expect(demo.exitCode).toBe(real.exitCode);
    });
  });
});

describe('the host itself answers like Debian 12', () => {
  it.each(['failed-none', 'failed-one', 'failed-two'])('%s: to the letter', (name) => {
    const { command, stdout } = captured('system', name);
    const machine = createMachine({
      user: 'admin',
      nowMs: () => nowMs,
      failedUnits: parseFailedUnits(stdout),
    });
    expect(machine.run(`LC_ALL=C /usr/bin/${command}`)).toMatchObject({ exitCode: 0, stdout });
  });

  it('knows the time, and no other command of these tools', () => {
    const machine = createMachine({ user: 'admin', nowMs: () => nowMs });
    expect(machine.run('/usr/bin/date +%s').stdout).toBe(`${Math.floor(nowMs / 1000)}\n`);
    for (const line of ['/usr/bin/date -s tomorrow', '/usr/bin/systemctl stop sshd']) {
      expect(machine.run(line).exitCode).not.toBe(0);
    }
  });
});

const extent = 4 * mebibyte;

function lvmMachine(model: LvmModel): Machine {
  return createMachine({ user: 'admin', lvm: model, nowMs: () => nowMs });
}

/** The lab as the fixtures of core/storage/lvm found it, before the first snapshot. */
function labLvm(use: { data?: 'mounted'; thin1?: 'mounted' } = {}) {
  const model = new LvmModel(createRandom(11));
  const createdAtMs = nowMs - 60_000;
  model.addGroup('vg0', {
    disks: ['b', 'c', 'd'].map((letter) => ({ name: `/dev/vd${letter}`, extentCount: 127 })),
  });
  model.addGroup('vg1', { disks: [{ name: '/dev/vde', extentCount: 127 }] });
  model.addLinear('vg0', 'data', 50, { createdAtMs, use: use.data });
  model.addThinPool('vg0', 'pool', 50, { createdAtMs, metadataBaseBytes: 450_000 });
  model.addThin('vg0', 'pool', 'thin1', {
    createdAtMs,
    virtualBytes: 75 * extent,
    mappedBytes: 9.5 * mebibyte,
    use: use.thin1,
  });
  model.addRaid1('vg0', 'mir', 10, { createdAtMs });
  model.addLinear('vg0', 'plain', 5, { createdAtMs });
  model.addLinear('vg1', 'full', 127, { createdAtMs });
  return model;
}

const creations = [
  'create-thick',
  'create-thick-rounded',
  'create-thick-clamped',
  'create-thin',
  'create-thin-second',
  'create-thin-of-thin',
  'create-raid',
];

/** With the snapshots that the captures create, in their order. */
function labWithSnapshots(use: Parameters<typeof labLvm>[0] = { data: 'mounted' }) {
  const model = labLvm(use);
  const machine = lvmMachine(model);
  for (const name of creations) machine.run(asSent(readCapture('lvm', name).command));
  return { model, machine };
}

type Row = Record<string, unknown>;

function rowsOf(stdout: string): Row[] {
  const { report } = JSON.parse(stdout) as { report: Record<string, Row[]>[] };
  return report.flatMap((part) => Object.values(part)).flat();
}

/** What a clock, a random number or the place on a disk decides is compared by its form only. */
function formOf(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      if (typeof value !== 'string') return [key, typeof value];
      if (/uuid$/.test(key)) return [key, value.replace(/[0-9A-Za-z]/g, 'x')];
      if (/_percent$/.test(key)) return [key, value.replace(/^\d+\.\d\d$/, '0.00')];
      if (key === 'lv_time') return [key, value.replace(/\d/g, '0')];
      if (key === 'devices') return [key, value.replace(/^\/dev\/\w+\(\d+\)$/, 'DISK')];
      if (key === 'pv_free' || /kernel_m|seqno/.test(key)) return [key, value.replace(/\d+/, '0')];
      return [key, value];
    }),
  );
}

function expectSameReport(
  machine: Machine,
  name: string,
  rename: (name: string) => boolean = () => true,
): void {
  const { real, demo } = replay(machine, 'lvm', name);
  expect(demo.exitCode, name).toBe(real.exitCode);
  expect(demo.stderr, name).toBe(real.stderr);
  const wanted = rowsOf(real.stdout).filter((row) => rename(String(row['lv_name'])));
  expect(wanted.length).toBeGreaterThan(0);
  const given = rowsOf(demo.stdout).filter((row) => rename(String(row['lv_name'])));
  expect(given.map(formOf), name).toEqual(wanted.map(formOf));
  // The layout of the text itself, up to the first row.
  const head = (text: string) => text.slice(0, text.indexOf('":"'));
  expect(head(demo.stdout)).toBe(head(real.stdout));
}

describe('LVM answers like lvm2 2.03.16', () => {
  it('creates snapshots with the same words, warnings included', () => {
    const machine = lvmMachine(labLvm({ data: 'mounted' }));
    for (const name of creations) expectSame(machine, 'lvm', name);
  });

  it.each(['mixed-lvs', 'read-volumes', 'mixed-vgs', 'mixed-pvs'])('%s: the same report', (name) => {
    expectSameReport(labWithSnapshots().machine, name);
  });

  it.each([
    'FAIL-create-exists',
    'FAIL-create-no-group',
    'FAIL-create-no-origin',
    'FAIL-create-no-size',
    'FAIL-create-no-space',
    'FAIL-create-non-root',
    'FAIL-create-of-pool',
    'FAIL-create-of-snapshot',
    'FAIL-lvs-non-root',
    'FAIL-vgs-non-root',
    'FAIL-merge-missing',
    'FAIL-merge-not-snapshot',
    'FAIL-remove-missing',
    'FAIL-remove-no-yes',
    'lvm-023-lvs-json_std',
    'read-group-missing',
    'read-volumes-missing',
    'remove-thick',
    'remove-thin',
    'merge-deferred',
  ])('%s: to the letter', (name) => {
    expectSame(labWithSnapshots().machine, 'lvm', name);
  });

  it('defers the merge into an open origin, and refuses what that forbids', () => {
    const { machine } = labWithSnapshots();
    for (const name of ['remove-thin', 'remove-thick']) expectSame(machine, 'lvm', name);
    expectSame(machine, 'lvm', 'merge-deferred');
    expectSameReport(machine, 'read-volumes-merge-deferred');
    for (const name of [
      'FAIL-merge-again',
      'FAIL-merge-while-merging',
      'FAIL-create-merging',
      'FAIL-remove-merging',
    ]) {
      expectSame(machine, 'lvm', name);
    }
  });

  it('merges at once where nothing is open, and the snapshot is gone', () => {
    let now = nowMs;
    const model = labLvm();
    const machine = createMachine({ user: 'admin', lvm: model, nowMs: () => now });
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/lvcreate -L 8M -s -n now vg0/data');
    expectSame(machine, 'lvm', 'merge');
    expect(model.volume('vg0', 'now')?.volume).toMatchObject({ merge: { state: 'running' } });
    now += 60_000;
    machine.run(asSent('sudo -n vgs --reportformat json --units b --nosuffix'));
    expect(model.volume('vg0', 'now')).toBeUndefined();
  });

  it('replaces a thin origin by its snapshot, whose siblings lose it', () => {
    const { model, machine } = labWithSnapshots({});
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/lvremove -y -- vg0/t1a');
    for (const name of ['before', 'small', 'huge', 'mirsnap']) {
      machine.run(`LC_ALL=C sudo -n -- /usr/sbin/lvremove -y -- vg0/${name}`);
    }
    const uuid = model.volume('vg0', 'thin1')?.volume.uuid;
    const merged = machine.run('LC_ALL=C sudo -n -- /usr/sbin/lvconvert --merge -- vg0/t1');
    expect(merged.stdout).toBe(readCapture('lvm', 'merge-thin').stdout.replace('vg0/u1', 'vg0/t1'));
    // In the lab `plain` was inactive by then.
    expectSameReport(machine, 'read-volumes-thin-merge-done', (name) => name !== 'plain');
    expect(model.volume('vg0', 'thin1')?.volume.uuid).toBe(uuid);
  });

  it('defers the merge into a thin origin that is mounted', () => {
    const { machine } = labWithSnapshots({ thin1: 'mounted' });
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/lvremove -y -- vg0/t1a');
    for (const name of ['before', 'small', 'huge', 'mirsnap']) {
      machine.run(`LC_ALL=C sudo -n -- /usr/sbin/lvremove -y -- vg0/${name}`);
    }
    expectSameReport(machine, 'read-volumes-thin-open', (name) => name !== 'plain');
    expectSame(machine, 'lvm', 'merge-thin-deferred');
    expectSameReport(machine, 'read-volumes-thin-merge-deferred', (name) => name !== 'plain');
    for (const name of ['FAIL-merge-thin-while-merging', 'FAIL-remove-thin-merging']) {
      expectSame(machine, 'lvm', name);
    }
  });

  it('drops a snapshot that overflows, and will not merge it', () => {
    const { model, machine } = labWithSnapshots({});
    machine.run('LC_ALL=C sudo -n -- /usr/sbin/lvcreate -L 8M -s -n ovf vg0/data');
    model.write('vg0', 'data', 8 * mebibyte);
    expectSame(machine, 'lvm', 'FAIL-merge-invalid');
    const { demo } = replay(machine, 'lvm', 'invalid-lvs');
    const found = rowsOf(demo.stdout).find((row) => row['lv_name'] === 'ovf');
    const real = rowsOf(readCapture('lvm', 'invalid-lvs').stdout).find((row) => row['lv_name'] === 'ovf');
    expect(formOf(found ?? {})).toEqual(formOf(real ?? {}));
  });

  it('takes no thin snapshot in a pool that is full', () => {
    const model = labLvm();
    model.write('vg0', 'thin1', 300 * mebibyte);
    expectSame(lvmMachine(model), 'lvm', 'FAIL-create-thin-pool-full');
  });

  it('prints every field of lv_all, in its order', () => {
    const { real, demo } = replay(labWithSnapshots().machine, 'lvm', 'lvm-018-lvs-a-all');
    const keys = (stdout: string) => Object.keys(rowsOf(stdout)[0] ?? {});
    expect(keys(demo.stdout)).toEqual(keys(real.stdout));
    expect(keys(real.stdout).length).toBeGreaterThan(100);
  });

  it('refuses an unknown field with an empty report', () => {
    const { real, demo } = replay(lvmMachine(labLvm()), 'lvm', 'lvm-027-lvs-bad-field');
    const lines = (text: string) => text.trimEnd().split('\n');
    expect(demo.exitCode).toBe(real.exitCode);
    expect(demo.stdout).toBe(real.stdout);
    expect(lines(demo.stderr)[0]).toBe(lines(real.stderr)[0]);
    expect(lines(demo.stderr).at(-1)).toBe(lines(real.stderr).at(-1));
  });

  it('has an empty report without volume groups', () => {
    const machine = lvmMachine(new LvmModel(createRandom(1)));
    for (const name of ['none-vgs', 'none-lvs', 'none-pvs']) expectSame(machine, 'lvm', name);
  });
});
