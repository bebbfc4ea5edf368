import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runLvm } from './lvm/commands';
import { LvmModel } from './lvm/model';
import { allocatedRanges, freeExtents, mappedBytes, poolFill, type VolumeGroup } from './lvm/volumes';
import { createRandom } from './random';
import { runZfs } from './zfs/commands';
import { runZpool } from './zfs/pool-commands';
import { ZfsModel } from './zfs/model';
import { disk } from './zfs/vdevs';

const startMs = Date.parse('2026-11-23T05:10:00Z');
const mebibyte = 1024 ** 2;

describe('the ZFS model adds up, whatever is done to it', () => {
  const datasets = ['tank', 'tank/a', 'tank/a/b', 'tank/vol'] as const;
  const parts = ['s0', 's1', 's2', 's3'] as const;

  function create() {
    const model = new ZfsModel(createRandom(3));
    const layout = { data: [disk('/dev/vdb1', 'vdb')], logs: [], cache: [], spares: [] };
    model.addPool({ name: 'tank', sizeBytes: 2048 * mebibyte, createdAtMs: startMs, layout });
    for (const name of datasets) {
      const volume = name === 'tank/vol';
      model.addDataset(name, {
        createdAtMs: startMs,
        ...(volume ? { type: 'volume', volumeBytes: 256 * mebibyte, reserved: true } : {}),
        ...(name === 'tank/a' ? { quotaBytes: 900 * mebibyte } : {}),
      });
    }
    return model;
  }

  const step = fc.record({
    verb: fc.constantFrom(
      'write',
      'write',
      'snapshot',
      'snapshot -r',
      'destroy',
      'destroy',
      'rollback',
      'rollback -r',
      'hold',
      'clone',
      'bookmark',
    ),
    dataset: fc.constantFrom(...datasets),
    part: fc.constantFrom(...parts),
    bytes: fc.integer({ min: 0, max: 200 * mebibyte }),
    overwritten: fc.integer({ min: 0, max: 100 * mebibyte }),
    newest: fc.boolean(),
  });

  /** Everything a host can be asked about its state. */
  function everything(model: ZfsModel, nowMs: number): string {
    const context = { model, root: true, nowMs };
    const columns =
      'name,guid,createtxg,used,available,referenced,written,usedbysnapshots,userrefs,clones,origin';
    return (
      runZfs(['list', '-Hp', '-t', 'all', '-o', columns], context).stdout +
      runZpool(['list', '-Hp'], context).stdout
    );
  }

  function checkInvariants(model: ZfsModel): void {
    const root = model.dataset('tank');
    const pool = model.pools.get('tank');
    if (root === undefined || pool === undefined) throw new Error('The pool is gone.');
    const totals = model.totalsOf(root);
    expect(totals.usedBytes + totals.availableBytes).toBe(model.usableBytes(pool));
    expect(model.allocatedBytes(pool)).toBeLessThanOrEqual(pool.sizeBytes);
    for (const dataset of model.allDatasets()) {
      const own = model.totalsOf(dataset);
      const space = model.space(dataset);
      const children = model.childrenOf(dataset.name).map((child) => model.totalsOf(child).usedBytes);
      expect(own.usedBytes).toBe(
        space.usedByDatasetBytes +
          space.usedBySnapshotsBytes +
          own.usedByReservationBytes +
          children.reduce((sum, bytes) => sum + bytes, 0),
      );
      expect(own.availableBytes).toBeGreaterThanOrEqual(0);
      if (dataset.origin === null) expect(space.referencedBytes).toBe(space.usedByDatasetBytes);
      const unique = space.snapshots.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
      expect(unique).toBeLessThanOrEqual(space.usedBySnapshotsBytes);
      expect(space.snapshots).toHaveLength(dataset.snapshots.length);
      for (const [index, { createTxg }] of dataset.snapshots.entries()) {
        expect(createTxg).toBeGreaterThan(dataset.snapshots[index - 1]?.createTxg ?? 0);
        const shown = space.snapshots[index];
        expect(shown?.usedBytes).toBeLessThanOrEqual(shown?.referencedBytes ?? -1);
      }
    }
  }

  it('sizes, order and refusals hold over random histories', () => {
    let changed = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), (steps) => {
        const model = create();
        let nowMs = startMs + 1000;
        for (const { verb, dataset, part, bytes, overwritten, newest } of steps) {
          nowMs += 1000;
          const name = `${dataset}@${part}`;
          const before = everything(model, nowMs);
          const owner = model.dataset(dataset);
          if (owner === undefined) throw new Error('A dataset is gone.');
          const context = { model, root: true, nowMs };
          if (verb === 'write') {
            model.write(dataset, bytes, {
              atMs: nowMs,
              overwrittenBytes: overwritten,
              overwrite: newest ? 'newest' : 'oldest',
            });
          } else if (verb === 'hold') model.hold(name, 'keep', nowMs);
          else if (verb === 'bookmark') {
            if (!owner.bookmarks.some((mark) => mark.part === part)) model.bookmark(name, part);
          } else if (verb === 'clone')
            model.clone(name, `tank/clone-${dataset.replaceAll('/', '-')}-${part}`, nowMs);
          else {
            const [command = '', ...flags] = verb.split(' ');
            const preview = runZfs(['destroy', '-nvp', '--', name], context);
            const held = model.space(owner).usedBySnapshotsBytes;
            const shown = model.snapshot(name);
            const referenced = shown && model.space(owner).snapshots[shown.index]?.referencedBytes;
            const heldNewer = owner.snapshots.some(
              ({ createTxg, holds }) => createTxg > (shown?.snapshot.createTxg ?? 0) && holds.size > 0,
            );
            const result = runZfs([command, ...flags, '--', name], context);
            if (result.exitCode !== 0) {
              expect(result.stderr).not.toBe('');
              // A failure changes nothing, but for -r that met a hold or a lack of space half-way.
              const halfWay = verb === 'rollback -r' && (heldNewer || /out of space/.test(result.stderr));
              if (!halfWay) expect(everything(model, nowMs)).toBe(before);
            } else {
              changed += 1;
              if (command !== 'rollback') expect(everything(model, nowMs)).not.toBe(before);
              if (command === 'destroy') {
                const freed = Number(/^reclaim\t(\d+)$/m.exec(preview.stdout)?.[1]);
                expect(held - model.space(owner).usedBySnapshotsBytes).toBe(freed);
                expect(model.snapshot(name)).toBeUndefined();
              }
              if (command === 'rollback') {
                expect(owner.snapshots.at(-1)?.part).toBe(part);
                expect(model.space(owner).referencedBytes).toBe(referenced);
                expect(model.space(owner).writtenBytes).toBe(0);
              }
            }
          }
          checkInvariants(model);
        }
      }),
      { numRuns: 150 },
    );
    expect(changed).toBeGreaterThan(100);
  });

  it('writes after a snapshot are what rolling back to it takes away', () => {
    const model = create();
    const context = { model, root: true, nowMs: startMs + 5000 };
    model.write('tank/a', 50 * mebibyte, { atMs: startMs + 1000 });
    runZfs(['snapshot', '--', 'tank/a@before'], context);
    model.write('tank/a', 7 * mebibyte, { atMs: startMs + 9000, overwrittenBytes: 3 * mebibyte });
    const written = runZfs(['get', '-Hp', '-o', 'value', 'written@before', '--', 'tank/a'], context);
    expect(written.stdout).toBe(`${7 * mebibyte}\n`);
    const used = () => runZfs(['list', '-Hp', '-o', 'used,referenced', '--', 'tank/a'], context).stdout;
    expect(used()).toBe(`${57 * mebibyte}\t${54 * mebibyte}\n`);
    expect(runZfs(['rollback', '--', 'tank/a@before'], context).exitCode).toBe(0);
    expect(used()).toBe(`${50 * mebibyte}\t${50 * mebibyte}\n`);
  });

  it('a thick zvol needs room for its snapshot, and a full pool refuses it', () => {
    const model = create();
    model.write('tank/vol', 200 * mebibyte, { atMs: startMs });
    model.write('tank', 4096 * mebibyte, { atMs: startMs });
    const context = { model, root: true, nowMs: startMs + 5000 };
    const result = runZfs(['snapshot', '--', 'tank/vol@x'], context);
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: "cannot create snapshot 'tank/vol@x': out of space\n",
    });
    checkInvariants(model);
  });

  it('a resilver moves with the clock and ends in a healthy pool', () => {
    const model = new ZfsModel(createRandom(3));
    const scan = {
      state: 'running' as const,
      kind: 'resilver' as const,
      startedAtMs: startMs,
      totalBytes: 1024 * mebibyte,
      scanRate: 40 * mebibyte,
      issueRate: 32 * mebibyte,
      writtenShare: 0.5,
    };
    const replacing = {
      kind: 'group' as const,
      name: 'replacing-0',
      children: [disk('/dev/vdb1', 'vdb', { state: 'FAULTED' }), disk('/dev/vdc1', 'vdc')],
    };
    const layout = {
      data: [{ kind: 'group' as const, name: 'mirror-0', children: [replacing, disk('/dev/vdd1', 'vdd')] }],
      logs: [],
      cache: [],
      spares: [],
    };
    model.addPool({ name: 'tank', sizeBytes: 2048 * mebibyte, createdAtMs: startMs, layout, scan });
    const status = (seconds: number) =>
      runZpool(['status', '-P', '-p'], { model, root: true, nowMs: startMs + seconds * 1000 }).stdout;
    expect(status(8)).toContain(
      '256M issued at 32M/s, 1G total\n\t128M resilvered, 25.00% done, 00:00:24 to go',
    );
    expect(status(16)).toContain('50.00% done, 00:00:16 to go');
    expect(status(16)).toContain(' state: DEGRADED');
    const end = status(40);
    expect(end).toContain(' state: ONLINE');
    expect(end).toContain('resilvered 512M in 00:00:32 with 0 errors on Mon Nov 23 05:10:32 2026');
    expect(end).not.toContain('replacing-0');
    expect(end).not.toContain('/dev/vdb1');
  });
});

describe('the LVM model adds up, whatever is done to it', () => {
  const extent = 4 * mebibyte;
  const names = ['x0', 'x1', 'x2'] as const;
  const origins = ['root', 'data', 'mirror', 'thin', 'busy', ...names] as const;

  function create() {
    const model = new LvmModel(createRandom(5));
    model.addGroup('vg0', {
      disks: [
        { name: '/dev/sda', extentCount: 40 },
        { name: '/dev/sdb', extentCount: 40 },
      ],
    });
    model.addLinear('vg0', 'root', 10, { createdAtMs: startMs, use: 'mounted' });
    model.addLinear('vg0', 'data', 12, { createdAtMs: startMs });
    model.addRaid1('vg0', 'mirror', 4, { createdAtMs: startMs });
    model.addThinPool('vg0', 'pool', 20, { createdAtMs: startMs, metadataBaseBytes: 400_000 });
    for (const [name, use] of [
      ['thin', 'none'],
      ['busy', 'held'],
    ] as const) {
      model.addThin('vg0', 'pool', name, {
        createdAtMs: startMs,
        virtualBytes: 16 * extent,
        mappedBytes: 3 * extent,
        use,
      });
    }
    return model;
  }

  const step = fc.record({
    verb: fc.constantFrom('create', 'create thin', 'remove', 'merge', 'merge', 'write', 'wait'),
    origin: fc.constantFrom(...origins),
    name: fc.constantFrom(...names),
    mebibytes: fc.integer({ min: 1, max: 90 }),
  });

  function checkInvariants(group: VolumeGroup): void {
    const ranges = allocatedRanges(group);
    for (const disk of group.disks) {
      const mine = ranges.filter((range) => range.disk === disk.name).sort((a, b) => a.start - b.start);
      let next = 0;
      for (const range of mine) {
        expect(range.count).toBeGreaterThan(0);
        expect(range.start).toBeGreaterThanOrEqual(next);
        next = range.start + range.count;
      }
      expect(next).toBeLessThanOrEqual(disk.extentCount);
    }
    expect(freeExtents(group)).toBe(80 - ranges.reduce((sum, range) => sum + range.count, 0));
    const owners = new Set<string>();
    for (const [name, volume] of group.volumes) {
      expect(volume.name).toBe(name);
      if (volume.kind === 'thin') {
        owners.add(volume.uuid);
        expect(mappedBytes(group, volume)).toBeLessThanOrEqual(volume.sizeBytes);
        if (volume.origin !== '') expect(group.volumes.has(volume.origin)).toBe(true);
      } else if (volume.kind === 'cow') {
        expect(group.volumes.has(volume.origin)).toBe(true);
        expect(volume.usedBytes).toBeLessThanOrEqual(volume.sizeBytes);
        expect(volume.ranges.reduce((sum, { count }) => sum + count, 0) * extent).toBe(volume.sizeBytes);
      } else if (volume.kind === 'part') {
        expect(volume.parent === null || group.volumes.has(volume.parent)).toBe(true);
      } else if (volume.kind === 'thin-pool') {
        expect(poolFill(group, volume).data).toBeLessThanOrEqual(100);
      }
    }
    for (const blocks of group.blocks.get('pool') ?? []) {
      expect(blocks.bytes).toBeGreaterThan(0);
      expect(blocks.owners.size).toBeGreaterThan(0);
      for (const owner of blocks.owners) expect(owners.has(owner)).toBe(true);
    }
  }

  it('extents, origins and blocks hold over random histories', () => {
    const fine = { create: 0, remove: 0, merge: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), (steps) => {
        const model = create();
        const group = model.groups.get('vg0');
        if (group === undefined) throw new Error('The group is gone.');
        let nowMs = startMs;
        for (const { verb, origin, name, mebibytes } of steps) {
          nowMs += 500;
          const context = { model, root: true, nowMs };
          const report = () =>
            runLvm(
              'lvs',
              ['-a', '--reportformat', 'json', '--units', 'b', '--nosuffix', '-o', 'lv_all,devices'],
              context,
            ).stdout;
          const before = report();
          const attempt = (
            kind: keyof typeof fine,
            tool: 'lvcreate' | 'lvremove' | 'lvconvert',
            words: string[],
          ) => {
            const result = runLvm(tool, words, context);
            if (result.exitCode === 0) {
              fine[kind] += 1;
              expect(report()).not.toBe(before);
            } else {
              expect(result.stderr).toMatch(/^ {2}\S/);
              expect(report()).toBe(before);
            }
          };
          if (verb === 'create') {
            attempt('create', 'lvcreate', ['-L', `${mebibytes}M`, '-s', '-n', name, '--', `vg0/${origin}`]);
          } else if (verb === 'create thin') {
            attempt('create', 'lvcreate', ['-s', '-n', name, '--', `vg0/${origin}`]);
          } else if (verb === 'remove') attempt('remove', 'lvremove', ['-y', '--', `vg0/${name}`]);
          else if (verb === 'merge') attempt('merge', 'lvconvert', ['--merge', '--', `vg0/${name}`]);
          else if (verb === 'wait') nowMs += 10_000;
          else if (group.volumes.has(origin)) model.write('vg0', origin, mebibytes * mebibyte);
          checkInvariants(group);
        }
      }),
      { numRuns: 80 },
    );
    for (const count of Object.values(fine)) expect(count).toBeGreaterThan(5);
  });

  it('a merge takes a while, during which the snapshot shows as merging', () => {
    const model = create();
    const context = (nowMs: number) => ({ model, root: true, nowMs });
    runLvm('lvcreate', ['-L', '8M', '-s', '-n', 'x0', '--', 'vg0/data'], context(startMs));
    model.write('vg0', 'data', 6 * mebibyte);
    const freeBefore = freeExtents(model.groups.get('vg0') ?? (undefined as never));
    const merge = runLvm('lvconvert', ['--merge', '--', 'vg0/x0'], context(startMs));
    expect(merge.progress?.[0]?.stdout).toBe('  Merging of volume vg0/x0 started.\n');
    const fields = [
      '-a',
      '--reportformat',
      'json',
      '--units',
      'b',
      '--nosuffix',
      '-o',
      'lv_name,lv_attr,snap_percent',
    ];
    const percent = (nowMs: number) =>
      /"\[x0\]", "lv_attr":"Swi-a-s---", "snap_percent":"([\d.]+)"/.exec(
        runLvm('lvs', fields, context(nowMs)).stdout,
      )?.[1];
    const [first, later] = [percent(startMs + 1), percent(startMs + merge.delayMs / 2)];
    expect(Number(first)).toBeGreaterThan(Number(later));
    expect(percent(startMs + merge.delayMs + 1)).toBeUndefined();
    expect(freeExtents(model.groups.get('vg0') ?? (undefined as never))).toBe(freeBefore + 2);
  });
});
