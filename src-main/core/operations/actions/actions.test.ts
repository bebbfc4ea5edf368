import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actionIds, hostActionIds, type HostActionId } from '../../../../src-preload/contract/operations';
import { AppError } from '../../errors/app-error';
import type { PlanDraft } from '../action';
import { actions, catalogue } from './index';
import { mdadmInputs, mdadmRisks } from '../../testing/mdadm-inputs';
import { microsandboxInputs, microsandboxRisks } from './testing/microsandbox-inputs';
import { btrfsInputs, btrfsRisks } from './testing/btrfs-inputs';
import { replay, transcript } from './testing/transcript';
import { deviceMapperInputs, deviceMapperRights } from './testing/device-mapper-inputs';
import { goodZfsInputs, zfsRights } from './zfs/testing/zfs-inputs';

async function planOf(name: string): Promise<PlanDraft> {
  const { action, input, reads } = transcript(name);
  return actions[action].parse(input).plan(replay(reads.plan));
}

const argvOf = (draft: PlanDraft) => draft.steps.map(({ argv }) => argv);
const texts = (draft: PlanDraft) => draft.consequences.map(({ text }) => text).join('\n');
const blocked = (draft: PlanDraft) =>
  draft.blockers.map(({ text, remedy }) => `${text} | ${remedy}`).join('\n');

describe('the catalogue', () => {
  it('holds every action of the contract under its own id', () => {
    expect([...catalogue.keys()].sort()).toEqual([...actionIds].sort());
    for (const [id, action] of Object.entries(actions)) expect(action.id).toBe(id);
  });

  it('is driven on the lab machine, every action of storage', () => {
    const folder = join(import.meta.dirname, '../../../../e2e/live');
    const journeys = readdirSync(folder)
      .filter((file) => file.endsWith('.live.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    const ofStorage = hostActionIds.filter((id) => /^(?:zfs|lvm|mdadm|btrfs|disk)\./.test(id));
    expect(ofStorage.length).toBeGreaterThan(70);
    expect(ofStorage.filter((id) => !journeys.includes(`'${id}'`))).toEqual([]);
  });

  it('lets those who operate take snapshots, and only those who administer destroy or roll back', () => {
    expect(Object.values(actions).map(({ id, minimumAccess, risk }) => [id, minimumAccess, risk])).toEqual([
      ...zfsRights,
      ['lvm.snapshot.create', 'operate', 'safe'],
      ['lvm.snapshot.destroy', 'administer', 'destructive'],
      ['lvm.snapshot.rollback', 'administer', 'catastrophic'],
      ['lvm.group.create', 'administer', 'destructive'],
      ['lvm.group.extend', 'administer', 'destructive'],
      ['lvm.volume.create', 'administer', 'safe'],
      ['lvm.volume.extend', 'administer', 'safe'],
      ['lvm.volume.rename', 'administer', 'safe'],
      ['lvm.volume.destroy', 'administer', 'destructive'],
      ['lvm.thin.create', 'administer', 'safe'],
      ['lvm.thinpool.create', 'administer', 'safe'],
      ['lvm.thinpool.extendMetadata', 'administer', 'safe'],
      ['lvm.volume.activate', 'administer', 'safe'],
      ['lvm.volume.deactivate', 'administer', 'safe'],
      ['lvm.pv.move', 'administer', 'safe'],
      ['lvm.pv.moveAbort', 'administer', 'safe'],
      ['lvm.group.reduce', 'administer', 'destructive'],
      ['lvm.group.removeMissing', 'administer', 'destructive'],
      ['lvm.group.rename', 'administer', 'safe'],
      ['lvm.group.destroy', 'administer', 'destructive'],
      ...mdadmRisks,
      ...btrfsRisks,
      ['disk.selftest.short', 'operate', 'safe'],
      ['disk.selftest.long', 'operate', 'safe'],
      ['disk.selftest.abort', 'operate', 'safe'],
      ['disk.mount', 'administer', 'safe'],
      ['disk.unmount', 'administer', 'destructive'],
      ['file.restore', 'administer', 'safe'],
      ...microsandboxRisks,
      ...deviceMapperRights,
    ]);
  });
});

describe('inputs', () => {
  const good: Record<HostActionId, Record<string, unknown>> = {
    ...goodZfsInputs,
    'lvm.snapshot.create': { volumeGroup: 'vg0', logicalVolume: 'data', name: 'before', size: '1G' },
    'lvm.snapshot.destroy': { volumeGroup: 'vg0', name: 'before' },
    'lvm.snapshot.rollback': { volumeGroup: 'vg0', snapshot: 'before' },
    'lvm.group.create': { name: 'vg1', devices: ['/dev/sda', '/dev/disk/by-id/ata-X_1'] },
    'lvm.group.extend': { volumeGroup: 'vg0', devices: ['/dev/sda'] },
    'lvm.volume.create': { volumeGroup: 'vg0', name: 'data', size: '1G' },
    'lvm.volume.extend': { volumeGroup: 'vg0', volume: 'data', by: '1G', resizeFilesystem: false },
    'lvm.volume.rename': { volumeGroup: 'vg0', volume: 'data', name: 'store' },
    'lvm.volume.destroy': { volumeGroup: 'vg0', volume: 'data' },
    'lvm.thin.create': { volumeGroup: 'vg0', pool: 'pool', name: 't1', size: '1G' },
    'file.restore': {
      source: '/tank/.zfs/snapshot/a/report.txt',
      destination: '/tank/report.txt.restored-20261123-040000',
    },
    'lvm.thinpool.create': { volumeGroup: 'vg0', name: 'pool', size: '1G', metadataSize: null },
    'lvm.thinpool.extendMetadata': { volumeGroup: 'vg0', pool: 'pool', by: '1G' },
    'lvm.volume.activate': { volumeGroup: 'vg0', volume: 'data' },
    'lvm.volume.deactivate': { volumeGroup: 'vg0', volume: 'data' },
    'lvm.pv.move': { volumeGroup: 'vg0', device: '/dev/sda', target: '/dev/disk/by-id/ata-X_1' },
    'lvm.pv.moveAbort': { volumeGroup: 'vg0' },
    'lvm.group.reduce': { volumeGroup: 'vg0', device: '/dev/sda', clearLabel: true },
    'lvm.group.removeMissing': { volumeGroup: 'vg0' },
    'lvm.group.rename': { volumeGroup: 'vg0', name: 'vg1' },
    'lvm.group.destroy': { volumeGroup: 'vg0', clearLabel: true },
    ...mdadmInputs,
    'disk.selftest.short': { device: '/dev/sda' },
    'disk.selftest.long': { device: '/dev/disk/by-id/ata-ST12000NM0127_ZJV1' },
    'disk.selftest.abort': { device: '/dev/nvme0n1' },
    'disk.mount': {
      device: '/dev/disk/by-id/usb-WD_Elements_25A2_575834314-0:0-part1',
      mountPoint: '/mnt/usb',
      readOnly: false,
      atStart: true,
    },
    'disk.unmount': { device: '/dev/sdc1', mountPoint: '/mnt/usb' },
    ...btrfsInputs,
    ...microsandboxInputs,
    ...deviceMapperInputs,
  };

  /** The words of a command in a sandbox may be anything: they stand behind `--`, each by itself. */
  const isFree = (id: string, key: string): boolean => id === 'msb.sandbox.exec' && key === 'command';

  it.each(hostActionIds)('%s takes what is well formed', (id) => {
    expect(() => actions[id].parse(good[id])).not.toThrow();
  });

  it.each(hostActionIds)('%s refuses an unknown key, a missing one, and anything that is no object', (id) => {
    const refused = expect.objectContaining({ code: 'invalid-request' });
    expect(() => actions[id].parse({ ...good[id], force: true })).toThrow(refused);
    for (const key of Object.keys(good[id])) {
      const { [key]: _left, ...rest } = good[id];
      expect(() => actions[id].parse(rest)).toThrow(refused);
    }
    for (const junk of [null, 1, 'x', [], undefined]) expect(() => actions[id].parse(junk)).toThrow(refused);
  });

  it.each(hostActionIds)(
    '%s refuses names that could be options, paths, patterns or several things',
    (id) => {
      const strings = Object.entries(good[id]).filter(
        ([key, value]) => typeof value === 'string' && !isFree(id, key),
      );
      const junk = [
        '',
        '-r',
        '--force',
        '../x',
        'a b\n',
        'a;b',
        '$(x)',
        'a`b',
        "a'b",
        'a"b',
        'a%b',
        'a,b',
        'a*',
        'x'.repeat(300),
      ];
      for (const [key] of strings) {
        for (const value of junk) {
          expect(() => actions[id].parse({ ...good[id], [key]: value }), `${key}=${value}`).toThrow(AppError);
        }
      }
    },
  );

  const withText = hostActionIds.filter((id) =>
    Object.values(good[id]).some((value) => typeof value === 'string'),
  );
  it.each(withText)('%s builds no argument that starts with "-" from any text', (id) => {
    const strings = Object.keys(good[id]).filter(
      (key) => typeof good[id][key] === 'string' && !isFree(id, key),
    );
    fc.assert(
      fc.property(fc.constantFrom(...strings), fc.string({ maxLength: 12 }), (key, value) => {
        try {
          actions[id].parse({ ...good[id], [key]: value });
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-request' });
          return;
        }
        expect(value.startsWith('-')).toBe(false);
        // Files have the names that people gave them; each word is quoted.
        expect(value).toMatch(id === 'file.restore' ? /^\/[^\p{C}]*$/u : /^[A-Za-z0-9+_.:@/ -]+$/);
      }),
    );
  });

  it.each(['snapshot1', 'pvmove1', 'a_tdata', 'a_mlog', '.', '..'])(
    'keeps the LVM name %s to LVM',
    (name) => {
      expect(() => actions['lvm.snapshot.create'].parse({ ...good['lvm.snapshot.create'], name })).toThrow(
        AppError,
      );
    },
  );

  it('counts the name of the volume group, dashes twice, as device-mapper does', () => {
    const parse = (volumeGroup: string, name: string) => () =>
      actions['lvm.snapshot.create'].parse({ ...good['lvm.snapshot.create'], volumeGroup, name });
    expect(parse('v'.repeat(63), 'n'.repeat(63))).not.toThrow();
    expect(parse('v'.repeat(63), 'n'.repeat(64))).toThrow(AppError);
    expect(parse('v'.repeat(63), `-${'n'.repeat(62)}`.slice(1) + '-')).toThrow(AppError);
  });

  it('counts the dataset in the length of a snapshot', () => {
    const parse = (length: number) => () =>
      actions['zfs.snapshot.create'].parse({
        dataset: 'tank/data',
        name: 'x'.repeat(length),
        recursive: false,
      });
    expect(parse(255 - 'tank/data@'.length)).not.toThrow();
    expect(parse(256 - 'tank/data@'.length)).toThrow(AppError);
  });
});

describe('plans for ZFS', () => {
  it('send exactly the command for one snapshot, and -r only when asked for', async () => {
    expect(argvOf(await planOf('zfs-create'))).toEqual([['zfs', 'snapshot', '--', 'tank/data@s1']]);
    expect(argvOf(await planOf('zfs-create-recursive'))).toEqual([
      ['zfs', 'snapshot', '-r', '--', 'tank/data@r1'],
    ]);
    expect(argvOf(await planOf('zfs-destroy'))).toEqual([['zfs', 'destroy', '--', 'tank/data@s4']]);
  });

  it('name every dataset of a recursive snapshot', async () => {
    const draft = await planOf('zfs-create-recursive');
    expect(draft.consequences.flatMap(({ items }) => items.map(({ name }) => name))).toEqual([
      'tank/data@r1',
      'tank/data/child@r1',
    ]);
  });

  it('stop at a name that is taken, also only below', async () => {
    expect(blocked(await planOf('zfs-create-exists'))).toContain('The name is taken: tank/data@s1.');
    expect(blocked(await planOf('zfs-create-recursive-exists-below'))).toContain('tank/data/child@r1');
  });

  it('stop at clones and name them', async () => {
    const draft = await planOf('zfs-destroy-cloned');
    expect(blocked(draft)).toContain('tank/clone two, tank/clone');
    expect(blocked(draft)).toContain("zfs promote 'tank/clone two'");
  });

  it('stop at holds and give the line that lifts each, quoted', async () => {
    const draft = await planOf('zfs-destroy-held');
    expect(blocked(draft)).toContain(
      "zfs release -- 'backup job' tank/data@s3; zfs release -- keep tank/data@s3",
    );
    expect(draft.preconditions).toMatchObject({ holds: ['backup job', 'keep'] });
  });

  it('say what destroying frees', async () => {
    const draft = await planOf('zfs-destroy-held');
    expect(texts(draft)).toContain('14 KiB are freed.');
    expect(draft.undo).toBeNull();
  });

  it('roll back to the newest without -r, even when destroying was agreed to', async () => {
    const draft = await planOf('zfs-rollback-newest');
    expect(argvOf(draft)).toEqual([['zfs', 'rollback', '--', 'tank/data@s3']]);
    expect(draft).toMatchObject({ risk: 'catastrophic', blockers: [], undo: null });
    expect(texts(draft)).toContain('is lost: 3.02 MiB');
    expect(texts(draft)).toContain('is mounted at /tank/data');
    expect(texts(draft)).toContain('zfs clone -- tank/data@s3 tank/data-s3');
  });

  it('roll back over newer snapshots only when agreed, and then catastrophically', async () => {
    const refused = await planOf('zfs-rollback-newer-refused');
    expect(refused.risk).toBe('catastrophic');
    expect(blocked(refused)).toContain('tank/data@s2, tank/data@s3, tank/data#b3');
    expect(argvOf(refused)).toEqual([['zfs', 'rollback', '--', 'tank/data@s1']]);

    const agreed = await planOf('zfs-rollback-destroying');
    expect(agreed).toMatchObject({ risk: 'catastrophic', blockers: [] });
    expect(argvOf(agreed)).toEqual([['zfs', 'rollback', '-r', '--', 'tank/data@s1']]);
    expect(
      agreed.consequences.filter(({ severity }) => severity === 'loss').flatMap(({ items }) => items),
    ).toEqual([
      { name: 'tank/data', sizeBytes: 3_163_136 },
      { name: 'tank/data@s2', sizeBytes: 4_212_736 },
      { name: 'tank/data@s3', sizeBytes: 14_336 },
      { name: 'tank/data#b3', sizeBytes: null },
    ]);
  });

  it('never roll back over clones or holds of newer snapshots: -r would stop half way', async () => {
    expect(blocked(await planOf('zfs-rollback-newer-cloned'))).toContain('Clones depend on newer snapshots');
    expect(blocked(await planOf('zfs-rollback-newer-held'))).toContain(
      'Newer snapshots are held: tank/data@s3',
    );
    for (const name of ['zfs-rollback-newer-cloned', 'zfs-rollback-newer-held', 'zfs-rollback-destroying']) {
      expect(argvOf(await planOf(name)).flat()).not.toContain('-R');
      expect(argvOf(await planOf(name)).flat()).not.toContain('-f');
    }
  });

  it('warn of a block device that changes under its user', async () => {
    expect(texts(await planOf('zfs-rollback-volume'))).toContain('is a block device');
  });

  it('change nothing on a pool that is read-only', async () => {
    for (const name of ['zfs-create-read-only', 'zfs-destroy-read-only', 'zfs-rollback-read-only']) {
      expect(blocked(await planOf(name))).toContain('imported read-only');
    }
  });

  it('rest on the guids of everything they destroy', async () => {
    const { preconditions } = await planOf('zfs-rollback-destroying');
    expect(preconditions).toMatchObject({
      dataset: '2485820238310021450',
      guid: '8725666994824422158',
      newer: [
        { name: 'tank/data@s2', guid: '16405948913709629045' },
        { name: 'tank/data@s3', guid: '143958359805416598' },
      ],
      bookmarks: [{ name: 'tank/data#b3', guid: '143958359805416598' }],
    });
  });

  it('do not plan on a failed read as if nothing were there', async () => {
    const { action, input, reads } = transcript('zfs-rollback-newest');
    for (const broken of reads.plan) {
      if (broken.argv[1] === 'events') continue;
      const answers = reads.plan.map((each) =>
        each === broken
          ? { ...each, exitCode: 1, stdout: '', stderr: 'internal error: out of memory' }
          : each,
      );
      await expect(actions[action].parse(input).plan(replay(answers))).rejects.toMatchObject({
        code: 'command-failed',
      });
    }
  });
});

describe('verifying a ZFS rollback', () => {
  const { action, input, reads } = transcript('zfs-rollback-destroying');
  const bound = actions[action].parse(input);
  const isEvents = ({ argv }: { argv: string[] }) => argv[1] === 'events';
  const isWritten = ({ argv }: { argv: string[] }) => argv[1] === 'get';
  const change = (test: typeof isEvents, stdout: string, exitCode = 0) =>
    reads.verify.map((each) => (test(each) ? { ...each, stdout, exitCode, stderr: 'denied' } : each));

  async function verify(exchanges: typeof reads.verify) {
    const { preconditions } = await bound.plan(replay(reads.plan));
    return bound.verify(replay(exchanges), preconditions);
  }

  it('is confirmed by the event of the rollback', async () => {
    expect(await verify(reads.verify)).toMatchObject({
      status: 'confirmed',
      text: expect.stringContaining('events'),
    });
  });

  it('is not there while a snapshot that had to go is still there', async () => {
    const before = reads.plan.filter(({ argv }) => argv.includes('snapshot'));
    const still = [...reads.verify.filter(({ argv }) => !argv.includes('snapshot')), ...before];
    expect(await verify(still)).toMatchObject({
      status: 'not-there',
      text: expect.stringContaining('2 newer snapshots are still there'),
    });
  });

  it('takes an unchanged dataset for rolled back when the events cannot be read', async () => {
    const answers = change(isEvents, '', 1).map((each) =>
      isWritten(each) ? { ...each, stdout: '0\n' } : each,
    );
    expect(await verify(answers)).toMatchObject({
      status: 'confirmed',
      text: expect.stringContaining('exactly as in'),
    });
  });

  it('does not claim what it cannot know: events unreadable and something written', async () => {
    const answers = change(isEvents, '', 1).map((each) =>
      isWritten(each) ? { ...each, stdout: '5000\n' } : each,
    );
    expect(await verify(answers)).toMatchObject({ status: 'skipped' });
  });

  it('does not take an older rollback for this one', async () => {
    const old = reads.plan.find(isEvents)?.stdout ?? '';
    expect(old).toContain('clone swap');
    const answers = change(isEvents, old).map((each) =>
      isWritten(each) ? { ...each, stdout: '5000\n' } : each,
    );
    expect(await verify(answers)).toMatchObject({ status: 'skipped' });
  });
});

describe('plans for LVM', () => {
  it('send exactly the commands', async () => {
    expect(argvOf(await planOf('lvm-create-thick'))).toEqual([
      ['lvcreate', '-L', '60M', '-s', '-n', 'before', 'vg0/data'],
    ]);
    expect(argvOf(await planOf('lvm-create-thin'))).toEqual([['lvcreate', '-s', '-n', 't1', 'vg0/thin1']]);
    expect(argvOf(await planOf('lvm-destroy-thick'))).toEqual([['lvremove', '-y', '--', 'vg0/huge']]);
    expect(argvOf(await planOf('lvm-rollback-closed'))).toEqual([['lvconvert', '--merge', '--', 'vg0/now']]);
  });

  it('have no command at all for what is not a snapshot', async () => {
    for (const name of [
      'lvm-destroy-volume',
      'lvm-destroy-orphan',
      'lvm-rollback-volume',
      'lvm-rollback-thin-orphan',
    ]) {
      const draft = await planOf(name);
      expect([name, draft.steps]).toEqual([name, []]);
      expect(blocked(draft)).toContain('is not a snapshot');
    }
  });

  it('tell about rounding and clamping', async () => {
    expect(texts(await planOf('lvm-create-rounded'))).toContain('rounds 10M up to 12 MiB');
    expect(texts(await planOf('lvm-create-clamped'))).toContain('more than the whole volume (20 MiB)');
  });

  it('stop without room, without a size, and with one that is not needed', async () => {
    expect(blocked(await planOf('lvm-create-no-space'))).toContain(
      'vg1 has 0 B free and the snapshot reserves 8 MiB',
    );
    expect(blocked(await planOf('lvm-create-thick-without-size'))).toContain('Give a size');
    expect(blocked(await planOf('lvm-create-thin-with-size'))).toContain('Leave the size out');
  });

  it('warn of a thin pool that is nearly full and stop at one that is', async () => {
    const nearly = await planOf('lvm-create-thin-nearly-full');
    expect(nearly.blockers).toEqual([]);
    expect(texts(nearly)).toMatch(/vg0\/pool is 8\d\.\d+ % full/);
    expect(blocked(await planOf('lvm-create-thin-full'))).toContain('out of space');
  });

  it('change nothing in a group that misses a disk', async () => {
    expect(blocked(await planOf('lvm-create-missing-disk'))).toContain('misses a physical volume');
  });

  it('stop at an open snapshot, and at one that is being merged', async () => {
    expect(blocked(await planOf('lvm-destroy-open'))).toContain('is open');
    expect(blocked(await planOf('lvm-destroy-merging'))).toContain('being merged');
    expect(blocked(await planOf('lvm-rollback-again'))).toContain('being merged already');
    expect(blocked(await planOf('lvm-rollback-other-merging'))).toContain('Another snapshot is being merged');
  });

  it('stop at an overflowed snapshot, and say that its state is lost already', async () => {
    expect(blocked(await planOf('lvm-rollback-invalid'))).toContain('overflowed and is invalid');
    expect(texts(await planOf('lvm-destroy-invalid'))).toContain('is lost already');
  });

  it.each([
    ['lvm-rollback-mounted', 'vg0/data is open'],
    ['lvm-rollback-inactive', 'vg0/data is not active'],
    ['lvm-rollback-snapshot-open', 'the snapshot is open'],
    ['lvm-rollback-thin-mounted', 'vg0/thin1 is open'],
  ])('say that it does not happen now: %s', async (name, why) => {
    const draft = await planOf(name);
    expect(draft.blockers).toEqual([]);
    expect(texts(draft)).toContain(`It does not happen now: ${why}`);
    expect(transcript(name).expected.verification).toMatchObject({ status: 'pending' });
  });

  it('happen now when both are closed', async () => {
    expect(texts(await planOf('lvm-rollback-closed'))).not.toContain('does not happen now');
    expect(transcript('lvm-rollback-closed').expected.verification).toMatchObject({ status: 'confirmed' });
  });

  it('list the siblings that lose their origin with a thin merge', async () => {
    const draft = await planOf('lvm-rollback-thin');
    expect(draft.risk).toBe('catastrophic');
    const loss = draft.consequences.find(({ text }) => text.includes('lose their origin'));
    expect(loss).toMatchObject({ severity: 'loss' });
    expect(loss?.items.map(({ name }) => name)).toEqual(['vg0/u2', 'vg0/u3']);
  });

  it('list the thick siblings that a merge fills', async () => {
    const draft = await planOf('lvm-rollback-closed');
    expect(draft.consequences.find(({ text }) => text.includes('fills its other snapshots'))?.items).toEqual([
      { name: 'vg0/sibling', sizeBytes: 8_388_608 },
    ]);
  });

  it('estimate the loss from the fill of the snapshot', async () => {
    expect(texts(await planOf('lvm-rollback-mounted'))).toContain('about 6.05 MiB');
  });

  it('rest on uuids and on what is open', async () => {
    expect((await planOf('lvm-rollback-mounted')).preconditions).toMatchObject({
      uuid: 'r8Y0mc-Rnhr-eJPY-Ee2j-O4iu-TLtF-LzzfAP',
      originUuid: 'hZc835-hMwH-jMUw-MzYy-U1p2-ef2h-r7ReDa',
      originOpen: true,
      snapshotOpen: false,
    });
  });

  it('show a merge under way in percent', () => {
    expect(transcript('lvm-rollback-running').expected.verification).toEqual({
      status: 'pending',
      text: 'The merge into vg0/data is running: 36 % done. The volume shows the old state already.',
    });
  });

  it('say that LVM needs root instead of planning on an empty list', async () => {
    const { action, input, reads } = transcript('lvm-destroy-thick');
    const answers = reads.plan.map((each) => ({
      ...each,
      exitCode: 5,
      stdout: '{"report":[{"vg":[],"lv":[]}]}',
      stderr: '  WARNING: Running as a non-root user. Functionality may be unavailable.\n',
    }));
    await expect(actions[action].parse(input).plan(replay(answers))).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });
});
