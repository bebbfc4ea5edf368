import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { sandboxInventorySchema } from '../../../src-preload/contract/sandbox';
import type { SandboxVolume } from '../../../src-preload/contract/sandbox';
import { AppError } from '../../core/errors/app-error';
import { placeFromInventory } from '../../core/files/volume-place';
import type { ActionContext, OfferWorld } from '../../core/operations/action';
import { actions } from '../../core/operations/actions';
import { microsandbox } from '../../core/sandbox/microsandbox';
import { readSandbox } from '../../core/sandbox/read-sandbox';
import { gateMark, notStarted } from '../../core/ssh/exec-errors';
import { quoteArgv } from '../../core/ssh/quote';
import { isWhitelisted } from '../../core/whitelist/catalogue';
import { createMachine } from '../machine';
import { microsandboxTools } from './raid-05';
import { blockersOf, demoMsb, nowMs, paths, wordsOf } from './testing/demo-msb';

/** The core on microsandbox of the demo fleet: reading, and each action from plan to verification. */

const snapshotsOf = ({ snapshots }: { snapshots: { name: string; kind?: string | undefined }[] }) =>
  snapshots.flatMap(({ name, kind }) => (kind === undefined ? [name] : []));

describe('reading microsandbox of the demo fleet', () => {
  it('tells kind, limit, real usage, labels, path and sandboxes of each volume', async () => {
    const inventory = await demoMsb().read();
    expect(() => sandboxInventorySchema.parse(inventory)).not.toThrow();
    const volume = (name: string): SandboxVolume | undefined =>
      inventory.volumes.find((each) => each.name === name);
    expect(volume('npm-cache')).toMatchObject({
      kind: 'directory',
      quotaBytes: 8 * 1024 ** 3,
      actualSizeBytes: Math.round(3.4 * 1024 ** 3),
      percentFull: expect.closeTo(42.5, 3),
      path: '/home/admin/.microsandbox/volumes/npm-cache',
      labels: [
        { key: 'team', value: 'web' },
        { key: 'env', value: 'ci' },
      ],
      usedBy: [
        {
          ...{ sandbox: 'ci-runner-1', state: 'Running', active: true },
          ...{ guestPath: '/root/.npm', readOnly: false, mount: 'npm-cache:/root/.npm' },
        },
      ],
    });
    expect(volume('docker-data')).toMatchObject({
      kind: 'disk',
      health: 'warning',
      capacityBytes: 20 * 1024 ** 3,
      path: '/home/admin/.microsandbox/volumes/docker-data/disk.raw',
    });
    expect(volume('build-output')?.usedBy).toMatchObject([{ sandbox: 'nightly-build', active: false }]);
    expect(snapshotsOf(inventory)).toEqual(['ci-runner-1:before-upgrade']);
    expect(inventory.images.map(({ name }) => name)).toEqual([
      'ghcr.io/acme/runner:24.11',
      'python:3.13-slim',
    ]);
    expect(inventory.sandboxes.map(({ name, state }) => [name, state])).toEqual([
      ['nightly-build', 'Stopped'],
      ['notebook', 'Paused'],
      ['ci-runner-1', 'Running'],
    ]);
  });

  it('lists volumes newest first, and what msb has no record of behind them', async () => {
    const { volumes } = await demoMsb().read();
    expect(volumes.map(({ name, presence }) => [name, presence])).toEqual([
      ['being-started', 'whole'],
      ['build-output', 'whole'],
      ['agent-scratch', 'whole'],
      ['datasets', 'whole'],
      ['docker-data', 'whole'],
      ['npm-cache', 'whole'],
      ['old-wheels', 'missing'],
      ['.models.k3Qz', 'leftover'],
      ['pip-cache', 'orphan'],
    ]);
  });

  it('knows of no use when one sandbox could not be read, and says so instead of "nothing"', async () => {
    const { model } = demoMsb();
    const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => nowMs });
    const inventory = await readSandbox([microsandbox], new Map([['msb', 'x']]), async ({ argv }) => {
      if (argv[1] === 'inspect') return { ok: false, error: new AppError('timed-out', 'No answer.') };
      const [tool = '', ...rest] = argv;
      return {
        ok: true,
        ...machine.run(`LC_ALL=C ${quoteArgv([paths[tool] ?? `/usr/bin/${tool}`, ...rest])}`),
      };
    });
    expect(inventory.drivers[0]?.error).toBeNull();
    expect(inventory.volumes.find(({ name }) => name === 'npm-cache')?.usedBy).toBeNull();
  });

  it('tells volumes of another backend apart, and refuses what works on folders of the host', async () => {
    const { model, read, operate } = demoMsb();
    model.backend = 'cloud';
    const inventory = await read();
    expect(() => sandboxInventorySchema.parse(inventory)).not.toThrow();
    expect(inventory.drivers[0]?.facts).toContainEqual({ label: 'Backend', text: 'cloud' });
    // Folders that lie here belong to the local backend, and so are no orphans of this one.
    expect(inventory.volumes).toHaveLength(model.volumes.length);
    for (const volume of inventory.volumes) {
      expect(volume).toMatchObject({ presence: 'elsewhere', path: null, actualSizeBytes: null });
      expect(volume.state).toBe('on the backend “cloud”');
    }
    for (const [id, input] of [
      ['msb.volume.createDirectory', { name: 'new' }],
      ['msb.volume.createDisk', { name: 'new', size: '1G' }],
      ['msb.volume.remove', { name: 'build-output' }],
      ['msb.orphan.setAside', { name: 'pip-cache' }],
      ['msb.orphan.delete', { name: 'pip-cache' }],
    ] as const) {
      await expect(operate(id, input), id).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('don’t live on the host'),
      });
    }
    const known = { read: async () => ({ sandbox: inventory }) as HostInventory };
    await expect(
      placeFromInventory(known, { id: 'h', name: 'h' } as Host, 'msb:datasets'),
    ).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('never live on the host'),
    });
  });

  it('reads what it can where an older forced command refuses the question for the backend, and plans nothing then', async () => {
    const { model } = demoMsb();
    const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => nowMs });
    const answer = (argv: readonly string[]) => {
      const [tool = '', ...rest] = argv;
      if (argv[1] !== 'context') {
        return machine.run(`LC_ALL=C ${quoteArgv([paths[tool] ?? `/usr/bin/${tool}`, ...rest])}`);
      }
      const stderr = `${gateMark}: refused: this key may not run that\n`;
      const refusal = notStarted({
        ...{ operation: 'read', hostName: 'raid-05', user: 'admin', argv, privileged: false },
        ...{ exitCode: 126, stdout: '', stderr },
      });
      throw refusal ?? new Error('It was refused.');
    };
    const inventory = await readSandbox([microsandbox], new Map([['msb', 'x']]), async ({ argv }) => {
      try {
        return { ok: true, ...answer(argv) };
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        return { ok: false, error: thrown };
      }
    });
    expect(() => sandboxInventorySchema.parse(inventory)).not.toThrow();
    const [driver] = inventory.drivers;
    expect(driver).toMatchObject({ available: true, error: null, version: '0.7.2' });
    expect(driver?.facts).toContainEqual({ label: 'Backend', text: 'not known' });
    expect(driver?.problems).toEqual([
      {
        severity: 'warning',
        text: expect.stringMatching(/^Which backend msb works with is not known.*does not allow msb/),
        advice: expect.stringContaining('Least privilege…'),
      },
    ]);
    const found = new Map(inventory.volumes.map((volume) => [volume.name, volume]));
    // Where msb names a place among the volumes of the host, they are known; records alone prove no directory.
    expect(found.get('npm-cache')).toMatchObject({
      presence: 'whole',
      state: 'in use',
      percentFull: expect.any(Number),
    });
    expect(found.get('old-wheels')).toMatchObject({ presence: 'missing' });
    expect(found.has('pip-cache')).toBe(false);
    expect(inventory.snapshots).not.toEqual([]);

    const context: ActionContext = {
      nowMs: () => nowMs,
      lastKnownStatus: () => Promise.resolve(null),
      read: async (_operation, argv) => answer(argv),
    };
    for (const [id, input] of [
      ['msb.volume.createDirectory', { name: 'new' }],
      ['msb.volume.remove', { name: 'build-output' }],
      ['msb.orphan.delete', { name: 'pip-cache' }],
    ] as const) {
      await expect(actions[id].parse(input).plan(context), id).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('Which backend msb works with is not known'),
        remedy: expect.stringContaining('Least privilege…'),
      });
    }
  });

  it('takes no volume for one of the host when nobody knows its backend and msb names no place', async () => {
    const { model } = demoMsb();
    const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => nowMs });
    const inventory = await readSandbox([microsandbox], new Map([['msb', 'x']]), async ({ argv }) => {
      if (argv[1] === 'context') return { ok: true, exitCode: 0, stdout: 'local\n', stderr: '' };
      const [tool = '', ...rest] = argv;
      const told = machine.run(`LC_ALL=C ${quoteArgv([paths[tool] ?? `/usr/bin/${tool}`, ...rest])}`);
      return { ok: true, ...told, stdout: told.stdout.replace(/^Path: .*$/m, 'Path:           -') };
    });
    expect(inventory.drivers[0]?.problems?.[0]?.text).toContain('was not understood');
    expect(inventory.volumes.find(({ name }) => name === 'build-output')).toMatchObject({
      ...{ presence: 'whole', path: null, actualSizeBytes: null },
      ...{ health: 'unknown', state: 'place not known' },
    });
  });

  it('needs no folder of archives, and hides nothing where that is not understood', async () => {
    const { model, read } = demoMsb();
    model.hasArchives = false;
    const none = await read();
    expect([none.drivers[0]?.error, snapshotsOf(none)]).toEqual([null, ['ci-runner-1:before-upgrade']]);
    expect(none.snapshots).toHaveLength(1);
    const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => nowMs });
    const odd = await readSandbox([microsandbox], new Map([['msb', 'x']]), async ({ argv }) => {
      if (argv.includes('stat'))
        return { ok: true, exitCode: 1, stdout: '', stderr: 'find: something else\n' };
      const [tool = '', ...rest] = argv;
      const line = `LC_ALL=C ${quoteArgv([paths[tool] ?? `/usr/bin/${tool}`, ...rest])}`;
      return { ok: true, ...machine.run(line) };
    });
    expect(odd.drivers[0]).toMatchObject({ error: null });
    expect(odd.drivers[0]?.facts.find(({ label }) => label === 'Archives')?.text).toContain('not known: ');
    expect(odd.volumes.length).toBeGreaterThan(5);
  });

  it('is not there where msb is missing, and says how to install it', async () => {
    const { drivers, volumes } = await readSandbox([microsandbox], new Map(), () =>
      Promise.reject(new Error('nothing is asked')),
    );
    expect(drivers[0]).toMatchObject({
      available: false,
      error: { code: 'command-missing', remedy: expect.stringContaining('/usr/local/bin') },
    });
    expect(volumes).toEqual([]);
  });

  it('keeps its error when its lists are not understood, and shows none of it', async () => {
    const { drivers, volumes } = await readSandbox([microsandbox], new Map([['msb', 'x']]), async () => ({
      ok: true,
      exitCode: 0,
      stdout: 'msb 0.7.2\n',
      stderr: '',
    }));
    expect(drivers[0]).toMatchObject({ available: true, error: { code: 'unexpected-output' } });
    expect(volumes).toEqual([]);
  });
});

describe('making sandbox volumes', () => {
  it('a directory and a disk, each by one command as the login user', async () => {
    const { operate, read } = demoMsb();
    const directory = await operate('msb.volume.createDirectory', { name: 'cache' });
    expect(directory.plan.steps.map(({ argv }) => argv)).toEqual([
      ['msb', 'volume', 'create', '--kind', 'dir', '--', 'cache'],
    ]);
    expect(directory.verification).toMatchObject({ status: 'confirmed' });
    const disk = await operate('msb.volume.createDisk', { name: 'scratch', size: '1.5G' });
    expect(disk.plan.steps[0]?.argv).toEqual([
      ...['msb', 'volume', 'create', '--kind', 'disk', '--size', '1536M', '--', 'scratch'],
    ]);
    expect(disk.verification).toMatchObject({ status: 'confirmed' });
    const made = (await read()).volumes.slice(0, 2);
    expect(made.map(({ name, kind }) => [name, kind])).toEqual([
      ['cache', 'directory'],
      ['scratch', 'disk'],
    ]);
  });

  it('not under a name that is taken, nor over a directory without a record', async () => {
    const { operate } = demoMsb();
    expect(blockersOf(await operate('msb.volume.createDirectory', { name: 'npm-cache' }))).toBe(
      'There is a volume npm-cache already.',
    );
    expect(blockersOf(await operate('msb.volume.createDirectory', { name: 'pip-cache' }))).toContain(
      'msb has no record of it',
    );
  });

  it('warns when a disk could grow beyond what is free', async () => {
    const { operate } = demoMsb();
    expect(wordsOf(await operate('msb.volume.createDisk', { name: 'big', size: '900G' }))).toContain(
      'Only 180 GiB are free',
    );
  });

  it.each([
    ['67M', 'at least 68 MiB'],
    ['0', 'at least 68 MiB'],
    ['1GiB', 'other units'],
    ['1T', 'other units'],
    ['1024K', 'other units'],
    ['1.5M', 'fractions of G only'],
    ['16384G', 'less than 16 TiB'],
  ])('refuses the size %s before anything is sent', (size, why) => {
    const parse = () => actions['msb.volume.createDisk'].parse({ name: 'd', size });
    expect(parse).toThrow(expect.objectContaining({ detail: expect.stringContaining(why) }));
  });

  it('takes the smallest and the largest size', () => {
    for (const size of ['68', '68m', '16777215M', '0.07G']) {
      expect(() => actions['msb.volume.createDisk'].parse({ name: 'd', size })).not.toThrow();
    }
  });

  it('refuses the names that msb refuses, with its words', () => {
    const complaint = (name: string): unknown => {
      try {
        actions['msb.volume.createDirectory'].parse({ name });
        return null;
      } catch (error) {
        return error instanceof AppError ? error.detail : error;
      }
    };
    expect(complaint('')).toContain('volume name must not be empty');
    for (const name of ['-bad', 'a/b', 'a b', '.hidden']) {
      expect(complaint(name)).toContain('must start with an alphanumeric character');
    }
    expect(complaint('a'.repeat(251))).toContain('at most 250 characters');
    expect(complaint('a'.repeat(250))).toBeNull();
  });
});

describe('removing sandbox volumes', () => {
  it('is refused while a sandbox runs or is paused with it, by name and state', async () => {
    const { operate, model } = demoMsb();
    const running = await operate('msb.volume.remove', { name: 'npm-cache' });
    expect(blockersOf(running)).toBe('npm-cache is attached to ci-runner-1 (Running) at /root/.npm.');
    const paused = await operate('msb.volume.remove', { name: 'datasets' });
    expect(blockersOf(paused)).toContain('notebook (Paused)');
    expect(model.folders.has('datasets')).toBe(true);
  });

  it('is not stopped by a stopped sandbox, but says that it needs it', async () => {
    const { operate } = demoMsb();
    const done = await operate('msb.volume.remove', { name: 'build-output' });
    expect(wordsOf(done)).toContain('nightly-build (Stopped) mounts it');
    expect(done.verification).toMatchObject({ status: 'confirmed' });
  });

  it('is refused while something holds the disk image, whatever the records say', async () => {
    const { operate } = demoMsb();
    expect(blockersOf(await operate('msb.volume.remove', { name: 'agent-scratch' }))).toContain(
      'holds the disk image of agent-scratch',
    );
  });

  it('says that a lock is held, waits for its time, and then says that nothing was removed', async () => {
    const { operate, model } = demoMsb();
    const waited = await operate('msb.volume.remove', { name: 'being-started' });
    expect(wordsOf(waited)).toContain('Another msb holds the lock of being-started now');
    expect(waited.plan.steps[0]?.argv.slice(0, 4)).toEqual(['timeout', '--signal=TERM', '30', 'msb']);
    expect(waited.told?.message).toContain('for 30 s');
    expect(waited.verification).toMatchObject({ status: 'not-there' });
    expect(model.volumes.some(({ name }) => name === 'being-started')).toBe(true);
  });

  it('takes only the record away where the directory is gone', async () => {
    const { operate, read } = demoMsb();
    const done = await operate('msb.volume.remove', { name: 'old-wheels' });
    expect(wordsOf(done)).toContain('only the record of it is taken away');
    expect(done.verification).toMatchObject({ status: 'confirmed' });
    expect((await read()).volumes.some(({ name }) => name === 'old-wheels')).toBe(false);
  });

  it('takes many at once and leaves out what is attached', async () => {
    const { operate } = demoMsb();
    const done = await operate('msb.volume.remove', {
      items: [{ name: 'build-output' }, { name: 'npm-cache' }, { name: 'old-wheels' }],
      goOn: true,
    });
    expect(done.plan.steps).toHaveLength(2);
    expect(wordsOf(done)).toContain('1 sandbox volume of 3 cannot be done');
    expect(done.verification).toMatchObject({ status: 'confirmed' });
  });
});

describe('directories that msb has no record of', () => {
  it('are set aside with their data, which frees the name', async () => {
    const { operate, model } = demoMsb();
    const done = await operate('msb.orphan.setAside', { name: 'pip-cache' });
    expect(done.verification).toMatchObject({ status: 'confirmed' });
    expect([...model.aside.keys()]).toEqual([
      '/home/admin/.microsandbox/volumes-set-aside/pip-cache-20261129-010000',
    ]);
    expect(done.plan.undo).toContain('mv --no-clobber');
    const again = await operate('msb.volume.createDirectory', { name: 'pip-cache' });
    expect(again.verification).toMatchObject({ status: 'confirmed' });
  });

  it('are deleted when that is what is wanted, also what an interrupted create left', async () => {
    const { operate } = demoMsb();
    for (const name of ['pip-cache', '.models.k3Qz']) {
      const done = await operate('msb.orphan.delete', { name });
      expect(done.plan.risk).toBe('destructive');
      expect(done.verification).toMatchObject({ status: 'confirmed' });
    }
  });

  it('are never what msb has a record of, nor a path', async () => {
    const { operate } = demoMsb();
    expect(blockersOf(await operate('msb.orphan.delete', { name: 'npm-cache' }))).toContain('has a record');
    for (const name of ['..', '.', '../x', 'a/b', '']) {
      expect(() => actions['msb.orphan.delete'].parse({ name }), name).toThrow(AppError);
    }
    expect(isWhitelisted(['rm', '--recursive', '--one-file-system', '--', '/home/a/volumes/..'])).toBe(false);
    expect(isWhitelisted(['rm', '--recursive', '--one-file-system', '--', '/home/a/volumes'])).toBe(false);
    expect(isWhitelisted(['rm', '--recursive', '--one-file-system', '--', '/etc'])).toBe(false);
  });
});

describe('snapshots of sandboxes', () => {
  it('are taken, restored into a new sandbox, and removed', async () => {
    const { operate, read } = demoMsb();
    const taken = await operate('msb.snapshot.create', {
      ...{ sandbox: 'notebook', name: 'base1', integrity: false },
    });
    expect(taken.plan.steps[0]?.argv).toEqual([
      ...['msb', 'snapshot', 'create', '--from-sandbox', 'notebook', '--', 'base1'],
    ]);
    expect(taken.verification).toMatchObject({ status: 'confirmed' });
    const restored = await operate('msb.snapshot.restore', {
      snapshot: 'notebook:base1',
      name: 'notebook-2',
    });
    expect(restored.verification).toEqual({ status: 'confirmed', text: 'Sandbox notebook-2 is Running.' });
    const removed = await operate('msb.snapshot.remove', { snapshot: 'notebook:base1' });
    expect(removed.verification).toMatchObject({ status: 'confirmed' });
    expect(snapshotsOf(await read())).toEqual(['ci-runner-1:before-upgrade']);
  });

  it('are not taken twice under one name', async () => {
    const { operate } = demoMsb();
    const input = { sandbox: 'ci-runner-1', name: 'before-upgrade', integrity: true };
    expect(blockersOf(await operate('msb.snapshot.create', input))).toBe(
      'The name is taken: ci-runner-1:before-upgrade.',
    );
  });

  it('are verified against what was recorded when they were taken, and only then', async () => {
    const { operate, read, model } = demoMsb();
    const taken = { sandbox: 'ci-runner-1', integrity: false };
    await operate('msb.snapshot.create', { ...taken, name: 'bare' });
    await operate('msb.snapshot.create', { ...taken, name: 'sure', integrity: true });
    const bare = await operate('msb.snapshot.verify', { snapshot: 'ci-runner-1:bare' });
    expect(blockersOf(bare)).toContain('was not recorded when it was taken');
    const sure = await operate('msb.snapshot.verify', { snapshot: 'ci-runner-1:sure' });
    expect(sure.plan.steps.map(({ argv }) => argv)).toEqual([
      ['msb', 'snapshot', 'verify', '--', 'ci-runner-1:sure'],
    ]);
    expect([sure.told, sure.verification?.status]).toEqual([null, 'skipped']);
    const made = model.snapshots.find(({ name }) => name === 'sure');
    if (made !== undefined) made.damaged = 'changed';
    const changed = await operate('msb.snapshot.verify', { snapshot: 'ci-runner-1:sure' });
    expect(changed.told?.message).toContain('is not what was recorded when it was taken');
    expect(changed.verification).toMatchObject({ status: 'skipped' });
    if (made !== undefined) made.damaged = 'gone';
    const shown = (await read()).snapshots.find(({ name }) => name === 'ci-runner-1:sure');
    expect(shown).toMatchObject({ state: 'damaged', health: 'critical' });
    await expect(operate('msb.snapshot.verify', { snapshot: 'ci-runner-1:sure' })).rejects.toMatchObject({
      code: 'command-failed',
    });
    expect(blockersOf(await operate('msb.snapshot.verify', { snapshot: 'nobody:here' }))).toContain(
      'has no snapshot',
    );
  });

  it('have one head in each group, which a person can change and change back', async () => {
    const { operate, read } = demoMsb();
    await operate('msb.snapshot.create', { sandbox: 'ci-runner-1', name: 'later', integrity: true });
    const heads = async (): Promise<string[]> =>
      (await read()).snapshots
        .filter(({ facts }) => facts.some(({ label }) => label === 'Head of'))
        .map(({ name }) => name);
    expect(await heads()).toEqual(['ci-runner-1:later']);
    const done = await operate('msb.snapshot.head', { snapshot: 'ci-runner-1:before-upgrade' });
    expect(done.plan.steps[0]?.argv).toEqual([
      ...['msb', 'snapshot', 'head', '--format', 'json', '--', 'ci-runner-1:before-upgrade'],
    ]);
    expect(wordsOf(done)).toContain('instead of ci-runner-1:later');
    expect(done.plan.undo).toBe('msb snapshot head -- ci-runner-1:later');
    expect(done.verification).toMatchObject({ status: 'confirmed' });
    expect(await heads()).toEqual(['ci-runner-1:before-upgrade']);
    expect(
      blockersOf(await operate('msb.snapshot.head', { snapshot: 'ci-runner-1:before-upgrade' })),
    ).toContain('is the head of its group');
    // Others were made from it: it stays, and msb would refuse too.
    const removed = await operate('msb.snapshot.remove', { snapshot: 'ci-runner-1:before-upgrade' });
    expect(blockersOf(removed)).toBe('Other snapshots were made from it: ci-runner-1:later.');
  });

  it('are saved to an archive, never over one, and loaded from it into a group', async () => {
    const { operate, read, model } = demoMsb();
    const input = { snapshot: 'ci-runner-1:before-upgrade', file: 'before.msb', withImage: false };
    const saved = await operate('msb.snapshot.save', input);
    expect(saved.plan.steps.map(({ argv }) => argv.slice(0, 3))).toEqual([
      ['mkdir', '--parents', '--mode=700'],
      ['msb', 'snapshot', 'save'],
    ]);
    expect(saved.verification).toMatchObject({ status: 'confirmed' });
    expect(blockersOf(await operate('msb.snapshot.save', input))).toContain(
      'would write over it without a word',
    );
    const full = await operate('msb.snapshot.save', { ...input, file: 'full.msb', withImage: true });
    expect(full.plan.steps[1]?.argv).toContain('--with-image');
    const loaded = await operate('msb.snapshot.load', { file: 'before.msb', group: 'restored' });
    expect(loaded.verification).toEqual({
      status: 'confirmed',
      text: 'msb lists restored:before-upgrade.',
    });
    expect(wordsOf(loaded)).toContain('Load only what you trust');
    const again = await operate('msb.snapshot.load', { file: 'before.msb', group: 'restored' });
    expect(again.verification).toMatchObject({ status: 'skipped' });
    expect(blockersOf(await operate('msb.snapshot.load', { file: 'none.msb', group: 'g' }))).toContain(
      'There is no none.msb in /home/admin/.microsandbox/archives. There is: ',
    );
    const junk = await operate('msb.snapshot.load', { file: 'node-24.tar', group: 'g' });
    expect(junk.told?.message).toContain('no whole archive');
    const archives = (await read()).snapshots.filter(({ kind }) => kind !== undefined);
    expect(archives.map(({ name, kind }) => [name, kind])).toEqual([
      ['before.msb', 'archive'],
      ['full.msb', 'archive'],
      ['node-24.tar', 'archive'],
      ['.nightly.msb.tmp.23934.1795948510745996763', 'unfinished-archive'],
      ['runner-base.msb', 'archive'],
    ]);
    for (const file of ['.nightly.msb.tmp.23934.1795948510745996763', 'full.msb']) {
      const deleted = await operate('msb.archive.delete', { file });
      expect(deleted.plan.risk).toBe('destructive');
      expect(deleted.verification).toMatchObject({ status: 'confirmed' });
      expect(model.archives.has(file)).toBe(false);
    }
    expect(blockersOf(await operate('msb.archive.delete', { file: 'full.msb' }))).toContain(
      'There is no full.msb',
    );
    for (const file of ['../x.msb', 'a/b.msb', '-x.msb', '..', '']) {
      expect(() => actions['msb.archive.delete'].parse({ file }), file).toThrow(AppError);
      expect(() => actions['msb.snapshot.save'].parse({ ...input, file }), file).toThrow(AppError);
    }
    for (const path of [
      '/home/admin/.ssh/authorized_keys',
      '/home/admin/archives/../.profile',
      '/archives',
    ]) {
      expect(isWhitelisted(['msb', 'snapshot', 'save', '--', 'a:b', path]), path).toBe(false);
      expect(isWhitelisted(['rm', '--', path]), path).toBe(false);
    }
  });

  it('that lie there without a record get one again, and nothing else is changed', async () => {
    const { operate, read, model } = demoMsb();
    const same = await operate('msb.snapshot.reindex', {});
    expect(wordsOf(same)).toContain('Every snapshot that lies there has its record already.');
    expect(same.verification).toMatchObject({ status: 'skipped' });
    const [first] = model.snapshots;
    if (first !== undefined) first.unrecorded = true;
    expect(snapshotsOf(await read())).toEqual([]);
    const done = await operate('msb.snapshot.reindex', {});
    expect(wordsOf(done)).toContain('1 snapshot without a record will be listed.');
    expect(done.verification).toMatchObject({ status: 'confirmed' });
    expect(snapshotsOf(await read())).toEqual(['ci-runner-1:before-upgrade']);
    if (first !== undefined) first.damaged = 'gone';
    expect(wordsOf(await operate('msb.snapshot.reindex', {}))).toContain(
      'Records whose snapshot is gone stay listed (msb 0.7.2): ci-runner-1:before-upgrade.',
    );
  });
});

describe('images', () => {
  it('are loaded from an archive in the folder of archives', async () => {
    const { operate, read } = demoMsb();
    const done = await operate('msb.image.load', { file: 'node-24.tar' });
    expect(done.plan.steps.map(({ argv }) => argv)).toEqual([
      ['msb', 'load', '--input', '/home/admin/.microsandbox/archives/node-24.tar'],
    ]);
    expect(done.verification).toEqual({ status: 'confirmed', text: 'msb has node:24-slim.' });
    expect((await read()).images.map(({ name }) => name)).toContain('node:24-slim');
    expect((await operate('msb.image.load', { file: 'node-24.tar' })).verification).toMatchObject({
      status: 'skipped',
    });
    const wrong = await operate('msb.image.load', { file: 'runner-base.msb' });
    expect(wrong.told?.message).toContain('no whole archive');
    expect(blockersOf(await operate('msb.image.load', { file: 'none.tar' }))).toContain(
      'There is no none.tar',
    );
  });
});

describe('what is offered', () => {
  it('fits the volume, with the reason where it can’t be done', async () => {
    const inventory = await demoMsb().read();
    const world = { inventory: { sandbox: inventory }, nowMs } as unknown as OfferWorld;
    const offered = (name: string) => {
      const volume = inventory.volumes.find((each) => each.name === name);
      if (volume === undefined) throw new Error(name);
      return Object.values(actions).flatMap((action) => {
        if (action.backend !== 'microsandbox') return [];
        const draft = action.offer({ kind: 'sandbox-volume', volume }, world);
        return draft === null ? [] : [[draft.label, draft.excuse]];
      });
    };
    expect(offered('build-output')).toEqual([['Remove…', null]]);
    expect(offered('datasets')).toEqual([
      ['Remove…', 'It is attached to notebook (Paused): stop that sandbox first.'],
    ]);
    expect(offered('pip-cache')).toEqual([
      ['Set aside, keep the data…', null],
      ['Delete the directory…', null],
    ]);
  });
});
