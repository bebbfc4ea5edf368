import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OfferWorld } from '../../core/operations/action';
import { actions } from '../../core/operations/actions';
import { capturedMsb } from '../../core/sandbox/microsandbox/testing/captured';
import { gateMark } from '../../core/ssh/exec-errors';
import { blockersOf, demoMsb, nowMs, wordsOf, type Id } from './testing/demo-msb';

/** The life of sandboxes on the demo fleet: each action from plan to verification. */

const made = { image: 'python:3.13-slim', cpus: 2, memory: '1G', rootDisk: '8G' };
const ciRunner = 'ci-runner-1';

async function statesOf({ read }: Pick<ReturnType<typeof demoMsb>, 'read'>) {
  return Object.fromEntries((await read()).sandboxes.map(({ name, state }) => [name, state]));
}

function isTaken(id: Id, input: Record<string, unknown>): boolean {
  try {
    actions[id].parse(input);
    return true;
  } catch {
    return false;
  }
}

describe('making sandboxes', () => {
  it('from an image that is there, with the volumes that they are to have', async () => {
    const { operate, read } = demoMsb();
    const created = await operate('msb.sandbox.create', {
      ...{ ...made, name: 'ci-runner-2' },
      mounts: 'npm-cache:/root/.npm:ro\nbuild-output:/out\n',
    });
    expect(created.plan.steps.map(({ argv }) => argv)).toEqual([
      [
        ...['msb', 'create', '--pull', 'never', '--name', 'ci-runner-2', '--cpus', '2'],
        ...['--memory', '1024M', '--root-disk', '8192M'],
        ...['--mount-named=npm-cache:/root/.npm:ro', '--mount-named=build-output:/out'],
        ...['--', 'python:3.13-slim'],
      ],
    ]);
    expect(created.verification).toEqual({ status: 'confirmed', text: 'Sandbox ci-runner-2 is Running.' });
    expect(created.plan.undo).toBe('msb rm --force -- ci-runner-2');
    const listed = (await read()).sandboxes.find(({ name }) => name === 'ci-runner-2');
    expect(listed?.facts).toEqual([
      { label: 'vCPUs', text: '2' },
      { label: 'Memory', text: '1024 MiB' },
      { label: 'Root disk', text: '8192 MiB' },
      { label: 'Mounts', text: 'npm-cache:/root/.npm:ro, build-output:/out' },
    ]);
  });

  it('with a disk volume by its capacity, which one sandbox at a time can have', async () => {
    const { operate, model } = demoMsb();
    const { plan, verification } = await operate('msb.sandbox.create', {
      ...{ ...made, name: 'scratch', mounts: 'agent-scratch:/scratch:ro' },
    });
    expect(plan.steps[0]?.argv).toContain('--mount-named=agent-scratch:/scratch:ro,kind=disk,size=4096M');
    expect(verification).toMatchObject({ status: 'confirmed' });
    const blocked = async (mounts: string): Promise<string> =>
      blockersOf(await operate('msb.sandbox.create', { ...made, name: 'other', mounts }));
    expect(await blocked('docker-data:/var/lib/docker')).toBe(
      'Disk volume docker-data is attached to ci-runner-1 (Running): one sandbox at a time can have a disk.',
    );
    expect(await blocked('nonesuch:/data')).toBe(
      'msb has no volume nonesuch, and would make an empty one of that name.',
    );
    expect(await blocked('npm-cache:/a\ndatasets:/a')).toBe('Two volumes are to be mounted at /a.');
    model.sandboxes.splice(
      model.sandboxes.findIndex(({ name }) => name === 'scratch'),
      1,
    );
    expect(await blocked('agent-scratch:/a\nagent-scratch:/b')).toBe(
      'Disk volume agent-scratch is to be mounted twice.',
    );
    const disk = model.volumes.find(({ name }) => name === 'agent-scratch');
    if (disk !== undefined) disk.capacityBytes = 4 * 1024 ** 3 + 1;
    expect(await blocked('agent-scratch:/a')).toContain('is no number of whole MiB');
  });

  it('not under a name that is taken, nor from an image that would have to be downloaded', async () => {
    const { operate } = demoMsb();
    const taken = await operate('msb.sandbox.create', { ...made, name: 'notebook', mounts: null });
    expect(blockersOf(taken)).toBe('There is a sandbox notebook already.');
    const absent = await operate('msb.sandbox.create', {
      ...{ ...made, name: 'alp', image: 'alpine:latest', mounts: null },
    });
    expect(blockersOf(absent)).toBe('msb has no image alpine:latest on this host.');
    expect(absent.plan.blockers[0]?.remedy).toContain('Holdfast downloads none');
  });

  it.each([
    ['no absolute path', 'cache:data'],
    ['a path that leads up', 'cache:/a/../b'],
    ['the root', 'cache:/'],
    ['another option', 'cache:/data:quota=1G'],
    ['two options', 'cache:/data:ro,host-perms=mirror'],
    ['an option for a name', '--volume:/data'],
    ['a folder of the host', '/etc:/data'],
    ['a space', 'cache:/a b'],
    ['more than sixteen', 'cache:/data\n'.repeat(17)],
    ['nothing but line feeds', '\n\n'],
  ])('takes no mount with %s', (_what, mounts) => {
    expect(isTaken('msb.sandbox.create', { ...made, name: 'x', mounts })).toBe(false);
  });

  it.each([
    ['memory', '67M'],
    ['memory', '2048G'],
    ['memory', '1GiB'],
    ['rootDisk', '67M'],
    ['image', './rootfs'],
    ['image', '../x'],
    ['image', '/etc'],
    ['image', '--pull'],
    ['name', 'x'.repeat(129)],
  ])('takes no %s of %s', (key, value) => {
    const input = { ...made, name: 'x', mounts: null };
    expect(isTaken('msb.sandbox.create', input)).toBe(true);
    expect(isTaken('msb.sandbox.create', { ...input, [key]: value })).toBe(false);
  });

  it('says of one that did not start that it stays, and why', async () => {
    const host = demoMsb({ virtualised: false });
    const created = await host.operate('msb.sandbox.create', { ...made, name: 'still', mounts: null });
    expect(wordsOf(created)).toContain('No sandbox can start on this host');
    expect(created.told?.message).toBe(
      'Sandbox still was made, but it did not start: sandbox process exited (exit status: 1) before agent relay became available. It stays, stopped.',
    );
    expect(created.verification).toEqual({
      status: 'not-there',
      text: 'Sandbox still was made, but it is Stopped.',
    });
    const started = await host.operate('msb.sandbox.start', { name: 'still' });
    expect(wordsOf(started)).toContain('msb will say so and change nothing');
    expect(started.told?.message).toContain('Sandbox still did not start: sandbox process exited');
    expect(started.verification).toEqual({ status: 'not-there', text: 'still is Stopped.' });
    expect(await statesOf(host)).toMatchObject({ still: 'Stopped' });
  });
});

describe('driving sandboxes', () => {
  it('pauses, resumes, stops and starts each only from a state that allows it', async () => {
    const host = demoMsb();
    const { operate } = host;
    const named = { name: ciRunner };
    const paused = await operate('msb.sandbox.pause', named);
    expect(paused.verification).toEqual({ status: 'confirmed', text: 'ci-runner-1 is Paused.' });
    expect(paused.plan.undo).toBe('msb resume -- ci-runner-1');
    expect(blockersOf(await operate('msb.sandbox.pause', named))).toBe('ci-runner-1 is Paused already.');
    expect(blockersOf(await operate('msb.sandbox.start', named))).toBe('ci-runner-1 is Paused.');
    const resumed = await operate('msb.sandbox.resume', named);
    expect(resumed.verification).toEqual({ status: 'confirmed', text: 'ci-runner-1 is Running.' });
    expect(blockersOf(await operate('msb.sandbox.resume', named))).toBe(
      'ci-runner-1 is Running: only a paused sandbox can be resumed.',
    );

    const gently = { ...named, seconds: 45, atOnce: false };
    const stopped = await operate('msb.sandbox.stop', gently);
    expect(stopped.plan.steps[0]?.argv).toEqual(['msb', 'stop', '--timeout', '45', '--', ciRunner]);
    expect(stopped.plan.steps[0]?.explain).toContain('msb gives up and leaves it running');
    expect(stopped.plan.consequences).toMatchObject([
      { severity: 'loss', text: expect.stringContaining('in its memory alone is lost') },
      { items: [{ name: 'npm-cache:/root/.npm' }, { name: 'docker-data:/var/lib/docker' }] },
    ]);
    expect(stopped.verification).toMatchObject({ status: 'confirmed' });
    expect(blockersOf(await operate('msb.sandbox.stop', gently))).toBe('ci-runner-1 is Stopped already.');
    const started = await operate('msb.sandbox.start', named);
    expect(started.verification).toMatchObject({ status: 'confirmed' });
    const killed = await operate('msb.sandbox.stop', { name: 'notebook', seconds: 45, atOnce: true });
    expect(killed.plan.steps[0]?.argv).toEqual(['msb', 'stop', '--force', '--', 'notebook']);
    expect(wordsOf(killed)).toContain('Its power is cut');
    expect(await statesOf(host)).toMatchObject({ [ciRunner]: 'Running', notebook: 'Stopped' });
    expect(blockersOf(await operate('msb.sandbox.pause', { name: 'nonesuch' }))).toBe(
      'msb has no sandbox nonesuch.',
    );
  });

  it('starts none without the volumes that it mounts', async () => {
    const { operate } = demoMsb();
    await operate('msb.volume.remove', { name: 'build-output' });
    expect(blockersOf(await operate('msb.sandbox.start', { name: 'nightly-build' }))).toBe(
      'It mounts build-output, and msb has no such volume any more.',
    );
  });

  it('pauses none with an msb that cannot, and says that a stop of that one kills', async () => {
    const { operate, read } = demoMsb({ version: 'msb 0.6.18\n' });
    const tooOld = 'msb 0.6.18 can’t pause a sandbox; from 0.7 on it can. Stop it instead.';
    expect(blockersOf(await operate('msb.sandbox.pause', { name: ciRunner }))).toBe(tooOld);
    const stopped = await operate('msb.sandbox.stop', { name: ciRunner, seconds: 30, atOnce: false });
    expect(wordsOf(stopped)).toContain('If it does not end within 30 s it is killed');
    const inventory = await read();
    const [sandbox] = inventory.sandboxes;
    if (sandbox === undefined) throw new Error('There is no sandbox.');
    const world = { inventory: { sandbox: inventory }, nowMs } as unknown as OfferWorld;
    expect(actions['msb.sandbox.resume'].offer({ kind: 'sandbox', sandbox }, world)?.excuse).toBe(tooOld);
  });

  it('removes one with its root disk once it is stopped, and leaves its volumes', async () => {
    const host = demoMsb();
    const running = await host.operate('msb.sandbox.remove', { name: 'notebook' });
    expect(blockersOf(running)).toBe('notebook is Paused.');
    const { plan, verification } = await host.operate('msb.sandbox.remove', { name: 'nightly-build' });
    expect(plan.risk).toBe('destructive');
    expect(plan.consequences).toMatchObject([
      { severity: 'loss', items: [{ name: 'root disk', sizeBytes: 4 * 1024 ** 3 }] },
      { severity: 'info', items: [{ name: 'build-output:/out' }] },
    ]);
    expect(wordsOf({ plan })).toContain('The named volumes that it mounts stay with their data.');
    expect(verification).toEqual({ status: 'confirmed', text: 'nightly-build is gone.' });
    expect(await statesOf(host)).not.toHaveProperty('nightly-build');
    expect(host.model.folders.has('build-output')).toBe(true);
  });
});

describe('commands in sandboxes', () => {
  it('are run as the words that were given, and in none that does not run', async () => {
    const { operate } = demoMsb();
    const command = 'echo\na b;$(id)\n--help\n*';
    const ran = await operate('msb.sandbox.exec', { name: ciRunner, command, seconds: 10 });
    expect(ran.plan.risk).toBe('catastrophic');
    expect(ran.plan.steps[0]?.argv).toEqual([
      ...['msb', 'exec', '--no-tty', '--timeout', '10s', ciRunner, '--'],
      ...['echo', 'a b;$(id)', '--help', '*'],
    ]);
    expect(ran.verification).toEqual({
      status: 'skipped',
      text: 'What it did is known to the sandbox alone. ci-runner-1 is Running.',
    });
    for (const [name, words] of [
      ['notebook', 'notebook is Paused, so nothing can be run in it.'],
      ['nightly-build', 'nightly-build is Stopped, so nothing can be run in it.'],
    ] as const) {
      const blocked = await operate('msb.sandbox.exec', { name, command: 'true', seconds: 10 });
      expect(blockersOf(blocked)).toBe(words);
    }
  });

  it.each([
    ['nothing', ''],
    ['an empty word', 'echo\n\nx'],
    ['a word of more than 4096 characters', 'x'.repeat(4097)],
    ['more than 64 words', `${'x\n'.repeat(64)}x`],
    ['a NUL', 'echo\na\0b'],
    ['another control character', 'echo\na\u001bb'],
  ])('are refused with %s', (_what, command) => {
    expect(isTaken('msb.sandbox.exec', { name: ciRunner, command, seconds: 10 })).toBe(false);
  });

  it('tell their own end from a refusal of msb', async () => {
    const { operate } = demoMsb();
    const { plan } = await operate('msb.sandbox.exec', { name: ciRunner, command: 'true', seconds: 10 });
    const tell = (exitCode: number, stderr: string) => plan.steps[0]?.foreignFailure?.(exitCode, stderr);
    expect(tell(3, 'secret')).toBe('The command ended with exit code 3. That is its own answer: msb ran it.');
    expect(tell(127, 'x: not found')).toContain('no such program');
    expect(tell(137, '')).toContain('exit code 137');
    for (const [name, words] of [
      ['254-sbx-exec-stopped', 'so msb tried to start it'],
      ['0.6.18-sbx-exec-stopped', 'so msb tried to start it'],
      ['255-sbx-exec-unknown', 'msb has no such sandbox any more'],
      ['259-sbx-exec-usage', 'did not understand how the command was given'],
      ['262-sbx-exec-gone', 'Nothing runs behind the sandbox'],
      ['0.6.18-sbx-exec-gone', 'Nothing runs behind the sandbox'],
      ['263-sbx-exec-paused', 'was paused meanwhile'],
    ] as const) {
      const { exitCode, stderr } = capturedMsb(name);
      expect(tell(exitCode, stderr), name).toContain(words);
    }
    expect(tell(1, 'error: exec timed out after 10s\n')).toContain('msb killed it');
    expect(tell(126, `${gateMark}: refused: this key may not run that\n`)).toContain('The forced command');
  });
});

describe('the words of a plan', () => {
  const word = fc.string({ maxLength: 20 });

  it('are those of the command and no others, whatever is asked', async () => {
    const { operate } = demoMsb();
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 5 }), async (words) => {
        const input = { name: ciRunner, command: words.join('\n'), seconds: 5 };
        fc.pre(isTaken('msb.sandbox.exec', input));
        const { plan } = await operate('msb.sandbox.exec', input);
        expect(plan.steps.map(({ argv }) => argv)).toEqual([
          [
            ...['msb', 'exec', '--no-tty', '--timeout', '5s', ciRunner, '--'],
            ...input.command.split('\n').map((line) => line.replace(/\r$/, '')),
          ],
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('hold one mount a line and no other option, whatever is asked', () => {
    const options = fc.constantFrom('', ':ro', ':rw', ',ro', ':ro,kind=disk');
    fc.assert(
      fc.property(word, word, options, (volume, path, option) => {
        const mounts = `${volume}:/${path}${option}`;
        fc.pre(isTaken('msb.sandbox.create', { ...made, name: 'x', mounts }));
        expect(mounts).toMatch(/^\s*[A-Za-z0-9][A-Za-z0-9._-]*:(?:\/[A-Za-z0-9_.@+-]+)+(?::ro)?\s*$/);
      }),
    );
  });
});

describe('what is offered', () => {
  it('fits the sandbox, with the reason where it can’t be done', async () => {
    const inventory = await demoMsb().read();
    const world = { inventory: { sandbox: inventory }, nowMs } as unknown as OfferWorld;
    const offered = (name: string) => {
      const sandbox = inventory.sandboxes.find((each) => each.name === name);
      if (sandbox === undefined) throw new Error(name);
      return Object.values(actions).flatMap((action) => {
        if (!action.id.startsWith('msb.sandbox.')) return [];
        const draft = action.offer({ kind: 'sandbox', sandbox }, world);
        return draft === null ? [] : [[draft.label, draft.excuse]];
      });
    };
    expect(offered(ciRunner)).toEqual([
      ['Start', 'It is Running.'],
      ['Stop…', null],
      ['Pause', null],
      ['Resume', 'It is Running: only a paused sandbox can be resumed.'],
      ['Run a command in it…', null],
      ['Remove…', 'It is Running: stop it first.'],
    ]);
    expect(offered('nightly-build')).toEqual([
      ['Start', null],
      ['Stop…', 'It is Stopped already.'],
      ['Pause', 'It is Stopped: only a running sandbox can be paused.'],
      ['Resume', 'It is Stopped: only a paused sandbox can be resumed.'],
      ['Run a command in it…', 'It is Stopped, so nothing can be run in it.'],
      ['Remove…', null],
    ]);
    const create = (images: typeof inventory.images) =>
      actions['msb.sandbox.create'].offer(
        { kind: 'sandbox-host', driver: 'microsandbox', sandbox: { ...inventory, images } },
        world,
      );
    expect(create(inventory.images)?.fields[1]).toMatchObject({ value: 'ghcr.io/acme/runner:24.11' });
    expect(create([])?.excuse).toContain('msb keeps no image on this host');
  });
});
