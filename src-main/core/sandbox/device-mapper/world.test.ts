import { describe, expect, it } from 'vitest';
import { replay, transcript } from '../../operations/actions/testing/transcript';
import { readWorld } from '../../operations/actions/device-mapper/reads';
import { rowsOf } from './inventory';
import { platformTeam } from './names';
import { supportOf } from './probes';
import { capture } from './testing';
import { deletionRefusal, nameRefusal, templateFor, visibleTemplates } from './visibility';
import { freeLoops, sharedBase, usersOf, worldOf, type RawWorld, type SandboxWorld } from './world';

/** The lab machine as it was when this plan was made. */
const worldBefore = (name: string): Promise<SandboxWorld> => readWorld(replay(transcript(name).reads.plan));
const worldAfter = (name: string): Promise<SandboxWorld> => readWorld(replay(transcript(name).reads.verify));

const team = '6b6a1f2e-3c4d-4a5b-8c6d-7e8f90a1b2c3';
const stranger = '11111111-2222-4333-8444-555555555555';

describe('templates', () => {
  it('of all teams are listed, each with what it really takes beside its size', async () => {
    const { templates } = rowsOf(await worldAfter('dm-volume-create'));
    expect(templates.map(({ name, visibility }) => [name, visibility])).toEqual([
      ['base', 'platform'],
      ['junk', null],
      ['minimal', null],
      ['private', 'team'],
    ]);
    const base = templates.find(({ name }) => name === 'base');
    expect(base).toMatchObject({ apparentSizeBytes: 64 * 1024 ** 2, health: 'ok' });
    expect(base?.actualSizeBytes).toBeLessThan(16 * 1024 ** 2);
    expect(base?.facts.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Type', 'Team', 'vCPUs', 'Memory', 'Volumes of it', 'Shared by']),
    );
    expect(templates.find(({ name }) => name === 'junk')?.problems[0]?.text).toContain('whose it is');
  });

  it('of the platform are seen by every team, by name, in the list and by type; those of a team by no other', async () => {
    const { templates } = await worldAfter('dm-volume-create');
    const names = (who: string, type?: 'base' | 'snapshot'): string[] =>
      visibleTemplates(templates, who, type).map(({ name }) => name);
    expect([names(team), names(stranger), names(stranger, 'base'), names(stranger, 'snapshot')]).toEqual([
      ['base', 'private'],
      ['base'],
      ['base'],
      [],
    ]);
    expect(templateFor(templates, 'base', stranger)?.meta?.team).toBe(platformTeam);
    expect(templateFor(templates, 'private', stranger)).toBeNull();
    expect(templateFor(templates, 'junk', team)).toBeNull();
  });

  it('are deleted by whom they belong to, and minimal by nobody', async () => {
    const { templates } = await worldAfter('dm-volume-create');
    const of = (name: string, asTeam: string | null): string | null => {
      const template = templates.find((each) => each.name === name);
      if (template === undefined) throw new Error(name);
      return deletionRefusal(template, asTeam);
    };
    expect(of('base', null)).toBeNull();
    expect(of('base', team)).toContain('belongs to the platform');
    expect(of('private', team)).toBeNull();
    expect(of('private', stranger)).toContain('no template private for this team');
    expect(of('minimal', null)).toContain('nobody can delete it');
    expect(nameRefusal(templates, 'base')).toContain('taken by a template of the platform');
    expect(nameRefusal(templates, 'private')).toContain('already');
    expect(nameRefusal(templates, 'fresh')).toBeNull();
  });
});

describe('loop devices', () => {
  it('of a template are shared and counted from the tables of the kernel', async () => {
    const one = await worldAfter('dm-volume-create');
    const two = await worldAfter('dm-volume-create-shared');
    const users = ({ templates }: SandboxWorld): number[] =>
      templates.filter(({ name }) => name === 'base').flatMap(({ loops }) => loops.map((loop) => loop.users));
    expect([users(one), users(two)]).toEqual([[1], [2]]);
    const [base] = two.templates;
    expect(base === undefined ? null : sharedBase(base)).toMatchObject({ readOnly: true, autoclear: false });
    expect(usersOf(two.tables, '7:99')).toBe(0);
  });

  it('that are free are the lowest ones that have no file', async () => {
    const { loops } = await worldAfter('dm-volume-create-shared');
    const taken = new Set(loops.map(({ name }) => name));
    const free = freeLoops({ loops }, 3);
    expect(new Set(free).size).toBe(3);
    expect(free.filter((name) => taken.has(name))).toEqual([]);
    expect(freeLoops({ loops: [] }, 2)).toEqual(['/dev/loop0', '/dev/loop1']);
  });
});

describe('volumes', () => {
  it('have the size of their template inside, whatever room for changes they have', async () => {
    const { volumes } = rowsOf(await worldAfter('dm-volume-create-shared'));
    expect(
      volumes.map(({ name, apparentSizeBytes, capacityBytes }) => [name, apparentSizeBytes, capacityBytes]),
    ).toEqual([
      ['api', 64 * 1024 ** 2, 128 * 1024 ** 2],
      ['web', 64 * 1024 ** 2, 16 * 1024 ** 2],
    ]);
    expect(volumes.every(({ actualSizeBytes }) => (actualSizeBytes ?? 0) < 64 * 1024)).toBe(true);
    // As `stat` told of the two files in the capture.
    expect(volumes.map(({ changedAtMs }) => changedAtMs)).toEqual([1_795_914_935_000, 1_795_914_927_000]);
  });

  it('that ran full are lost, critical and in error', async () => {
    const { volumes } = rowsOf(await worldBefore('dm-volume-restore-invalid'));
    expect(volumes.find(({ name }) => name === 'full')).toMatchObject({
      state: 'lost (invalid)',
      health: 'critical',
      percentFull: null,
      problems: [
        { severity: 'critical', text: expect.stringContaining('lost for good, also after a restore') },
      ],
    });
  });

  it.each([
    [79, 'ok'],
    [81, 'warning'],
    [96, 'critical'],
  ])('warn early: %i %% full is %s', async (percent, health) => {
    const world = await worldAfter('dm-volume-create');
    const [volume] = world.volumes;
    if (volume === undefined || volume.device === null) throw new Error('No device');
    volume.device.status = {
      kind: 'used',
      usedSectors: percent * 100,
      totalSectors: 10_000,
      metadataSectors: 16,
    };
    expect(rowsOf(world).volumes[0]).toMatchObject({ health, percentFull: percent });
  });

  it.each([
    ['dm-volume-remove-open', 'api', 'running'],
    ['dm-volume-create-taken', 'web', 'pending'],
    ['dm-volume-remove-offline', 'api', 'stopped'],
    ['dm-volume-resume', 'web', 'paused'],
    ['dm-volume-pause-again', 'web', 'hibernated'],
    ['dm-volume-flatten-invalid', 'full', 'error'],
  ])('before %s: %s is %s', async (name, id, state) => {
    expect((await worldBefore(name)).volumes.find((volume) => volume.id === id)?.state).toBe(state);
  });

  it('that are paused keep the memory of their machine beside their disk', async () => {
    const { volumes } = await worldBefore('dm-volume-resume');
    expect(volumes.find(({ id }) => id === 'web')).toMatchObject({
      memoryFiles: ['memfile', 'memfile.header', 'snapfile'],
      cow: { path: '/var/lib/holdfast/sandboxes/paused/web/rootfs.cow' },
      templateName: 'base',
    });
  });
});

describe('devices of others', () => {
  const raw: RawWorld = {
    settings: { version: 1, root: '/r', prefix: 'sbx-', defaultSizeMib: 20480 },
    devices: [
      { name: 'wrenn-sb-1', uuid: '', number: '254:0', open: 1 },
      { name: 'vg0-root_snap', uuid: 'LVM-abc', number: '254:1', open: 0 },
      { name: 'sbx-flatten-x', uuid: '', number: '254:2', open: 0 },
    ],
    tables: ['wrenn-sb-1', 'vg0-root_snap', 'sbx-flatten-x'].map((name) => ({
      name,
      target: 'snapshot',
      sectors: 8,
      below: ['7:0', '7:1'],
      snapshot: { base: '7:0', cow: '7:1', persistent: true, chunkSectors: 8 },
    })),
    statuses: new Map(),
    loops: [],
    files: null,
    metas: new Map(),
    space: null,
  };

  it('are listed and never left over; those of LVM stand among its snapshots', () => {
    const { foreign, leftovers, volumes } = worldOf(raw);
    expect(foreign.map(({ name }) => name)).toEqual(['wrenn-sb-1']);
    expect(leftovers.map(({ id }) => id)).toEqual(['device:sbx-flatten-x']);
    expect(volumes).toEqual([]);
  });
});

describe('a host that cannot have them', () => {
  const version = capture('000-dm-version');
  const targets = capture('001-dm-targets');
  it('says why: no device-mapper, or no snapshot target', () => {
    expect(supportOf(version, targets)).toBeNull();
    const none = { exitCode: 1, stdout: 'Library version:   1.02.185 (2022-05-18)\n', stderr: '' };
    expect(supportOf(none, targets)?.text).toContain('no device-mapper');
    const linear = { ...targets, stdout: 'linear           v1.4.0\n' };
    expect(supportOf(version, linear)).toMatchObject({
      remedy: expect.stringContaining('modprobe dm_snapshot'),
    });
  });
});
