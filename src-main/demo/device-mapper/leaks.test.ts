import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceMapperActionIds } from '../../../src-preload/contract/actions/device-mapper';
import type { HostActionId } from '../../../src-preload/contract/operations';
import type { ActionContext, PlanDraft, StepDraft } from '../../core/operations/action';
import { actions } from '../../core/operations/actions';
import { readWorld } from '../../core/operations/actions/device-mapper/reads';
import { AppError } from '../../core/errors/app-error';
import type { SandboxWorld } from '../../core/sandbox/device-mapper/world';
import { isWhitelisted } from '../../core/whitelist/catalogue';
import { quoteArgv } from '../../core/ssh/quote';
import { createMachine, type Machine } from '../machine';
import { kvm03Sandboxes } from './kvm-03';
import type { DeviceMapperModel } from './model';

/**
 * Plans of sandbox volumes on the simulated host, cut off after any command, as a killed laptop would: whatever stays
 * behind is found by the next reading, named, and can be cleaned up.
 */
const platform = '00000000-0000-0000-0000-000000000000';
const startMs = 1_795_410_000_000;

interface Host {
  machine: Machine;
  model: DeviceMapperModel;
  context: ActionContext;
}

function newHost(): Host {
  const { model, tools } = kvm03Sandboxes(() => startMs);
  const machine = createMachine({ user: 'root', tools, nowMs: () => startMs });
  const run = (argv: readonly string[], stdin?: string) =>
    machine.run(quoteArgv(['sudo', '-n', '--', ...argv]), stdin);
  return {
    machine,
    model,
    context: {
      nowMs: () => startMs,
      lastKnownStatus: () => Promise.resolve(null),
      read: async (operation, argv, options) => {
        const answer = run(argv);
        if (!(options?.acceptExitCodes ?? [0]).includes(answer.exitCode)) {
          throw new AppError('command-failed', `${operation} failed.`, { detail: answer.stderr });
        }
        return answer;
      },
    },
  };
}

function send({ machine }: Host, { argv, stdin, acceptExitCodes }: StepDraft): boolean {
  const { exitCode } = machine.run(quoteArgv(['sudo', '-n', '--', ...argv]), stdin);
  return acceptExitCodes.includes(exitCode);
}

async function plan(host: Host, id: HostActionId, input: Record<string, unknown>): Promise<PlanDraft> {
  return actions[id].parse(input).plan(host.context);
}

/** Runs at most `most` commands of a plan. @returns false: one failed */
async function run(
  host: Host,
  id: HostActionId,
  input: Record<string, unknown>,
  most = Infinity,
): Promise<boolean> {
  const draft = await plan(host, id, input);
  if (draft.blockers.length > 0) return false;
  return draft.steps.slice(0, most).every((step) => send(host, step));
}

async function confirmed(host: Host, id: HostActionId, input: Record<string, unknown>): Promise<void> {
  const draft = await plan(host, id, input);
  expect(draft.blockers).toEqual([]);
  for (const step of draft.steps)
    expect([step.argv.join(' '), send(host, step)]).toEqual([step.argv.join(' '), true]);
  expect(await actions[id].parse(input).verify(host.context, draft.preconditions)).toMatchObject({
    status: 'confirmed',
  });
}

/** Every loop device and every device of ours belongs to a volume, to a template in use, or is named as left over. */
function unaccounted(world: SandboxWorld): string[] {
  const named = new Set(world.leftovers.map(({ id }) => id));
  const root = `${world.settings.root}/`;
  const known = new Set([
    ...world.volumes.flatMap(({ device }) => (device === null ? [] : [device.base?.name, device.cow?.name])),
    ...world.templates.flatMap(({ loops }) =>
      loops.flatMap(({ loop, users }) => (users > 0 ? [loop.name] : [])),
    ),
  ]);
  return [
    ...world.loops
      .filter(
        ({ name, file }) => file?.startsWith(root) === true && !known.has(name) && !named.has(`loop:${name}`),
      )
      .filter(
        ({ number }) =>
          !world.tables.some(({ name, below }) => below.includes(number) && named.has(`device:${name}`)),
      )
      .map(({ name }) => name),
    ...world.tables
      .filter(({ name }) => name.startsWith('sbx-'))
      .filter(
        ({ name }) =>
          !named.has(`device:${name}`) && !world.volumes.some(({ device }) => device?.name === name),
      )
      .map(({ name }) => name),
    ...[...(world.files?.keys() ?? [])].filter(
      (path) => path.endsWith('.part') && !named.has(`file:${path}`),
    ),
  ];
}

async function cleanAll(host: Host): Promise<void> {
  // What goes may leave more behind: a device gives its loop devices free.
  for (let round = 0; round < 4; round += 1) {
    const { leftovers } = await readWorld(host.context);
    const ids = leftovers.filter(({ busy }) => busy === null).map(({ id }) => id);
    if (ids.length === 0) return;
    await confirmed(host, 'dm.leftovers.clean', { leftovers: ids });
  }
}

const journeys: readonly [HostActionId, Record<string, unknown>][] = [
  ['dm.volume.create', { id: 'new', template: 'minimal', size: '512M', team: platform }],
  ['dm.volume.restore', { id: 'demo-lena' }],
  ['dm.volume.restore', { id: 'review-1093' }],
  ['dm.volume.remove', { id: 'review-1093' }],
  ['dm.volume.flatten', { id: 'review-1093', name: 'review', team: platform }],
  ['dm.volume.flatten', { id: 'demo-lena', name: 'lena', team: platform }],
  ['dm.volume.grow', { id: 'crawler-eu', size: '8G' }],
  ['dm.volume.pause', { id: 'review-1093' }],
  ['dm.volume.pause', { id: 'demo-lena' }],
  ['dm.volume.resume', { id: 'agent-12' }],
  ['dm.volume.destroy', { id: 'review-1093' }],
  ['dm.volume.destroy', { id: 'fuzz-night' }],
  ['dm.template.register', { name: 'ubuntu-26.04', team: platform, vcpus: 1, memoryMib: 512 }],
  ['dm.host.release', {}],
];

describe('the demo host with sandbox volumes', () => {
  it('names what was left behind there, and cleaning it up leaves nothing', async () => {
    const host = newHost();
    const before = await readWorld(host.context);
    expect(before.leftovers.map(({ id }) => id)).toEqual([
      'device:sbx-flatten-demo-lena',
      expect.stringMatching(/^loop:\/dev\/loop\d+$/),
      'file:templates/lena-2026w47.ext4.part',
    ]);
    await cleanAll(host);
    const after = await readWorld(host.context);
    expect(after.leftovers).toEqual([]);
    expect(unaccounted(after)).toEqual([]);
    // What belongs to others, and all volumes, are as they were.
    expect(after.foreign).toEqual(before.foreign);
    expect(after.volumes.map(({ id, state }) => [id, state])).toEqual(
      before.volumes.map(({ id, state }) => [id, id === 'demo-lena' ? 'stopped' : state]),
    );
  });

  it('shows volumes in every state', async () => {
    const world = await readWorld(newHost().context);
    expect(Object.fromEntries(world.volumes.map(({ id, state }) => [id, state]))).toEqual({
      'agent-12': 'paused',
      'build-4711': 'running',
      'crawler-eu': 'running',
      'demo-lena': 'starting',
      'fuzz-night': 'error',
      'notebook-anna': 'running',
      'review-1093': 'pending',
    });
    expect(world.foreign.map(({ name }) => name)).toEqual(['wrenn-sb-77']);
  });

  it.each(journeys)('%s ends with its effect confirmed: %o', async (id, input) => {
    const host = newHost();
    await cleanAll(host);
    await confirmed(host, id, input);
    expect(unaccounted(await readWorld(host.context))).toEqual([]);
  });

  it('lets the last volume of a template let it go, and no other', async () => {
    const host = newHost();
    await cleanAll(host);
    const users = async (name: string): Promise<number[]> =>
      (await readWorld(host.context)).templates
        .filter((template) => template.name === name)
        .flatMap(({ loops }) => loops.map((loop) => loop.users));
    const make = (id: string) =>
      confirmed(host, 'dm.volume.create', {
        id,
        template: 'search-index',
        size: '1G',
        team: '7d1f0a52-3b64-4a8e-9c0d-51e2f6a7b8c9',
      });
    expect(await users('search-index')).toEqual([1]);
    await make('one');
    await make('two');
    expect(await users('search-index')).toEqual([3]);
    await confirmed(host, 'dm.volume.remove', { id: 'one' });
    expect(await users('search-index')).toEqual([2]);
    const crawler = host.model.devices.get('sbx-crawler-eu');
    if (crawler !== undefined) crawler.open = 0;
    await confirmed(host, 'dm.volume.remove', { id: 'crawler-eu' });
    await confirmed(host, 'dm.volume.remove', { id: 'two' });
    expect(await users('search-index')).toEqual([]);
  });

  it('can be cut off after any command of any plan: nothing leaks that is not named, and all of it can be cleaned', async () => {
    for (const [id, input] of journeys) {
      const steps = await (async () => {
        const host = newHost();
        await cleanAll(host);
        return (await plan(host, id, input)).steps.length;
      })();
      for (let cut = 0; cut <= steps; cut += 1) {
        const host = newHost();
        await cleanAll(host);
        const cows = [...(await readWorld(host.context)).volumes].map(({ cow }) => cow?.path);
        await run(host, id, input, cut);
        const world = await readWorld(host.context);
        expect([id, cut, unaccounted(world)]).toEqual([id, cut, []]);
        await cleanAll(host);
        const clean = await readWorld(host.context);
        expect([id, cut, clean.leftovers.filter(({ busy }) => busy === null)]).toEqual([id, cut, []]);
        // A copy-on-write file that was there is there still, unless destroying it was asked for.
        if (id === 'dm.volume.destroy') continue;
        const inodes = new Set(
          [...host.model.files].filter(([path]) => path.endsWith('.cow')).map(([path]) => path),
        );
        const there = cows.filter(
          (path) => path !== undefined && (inodes.has(path) || /pause|resume/.test(id)),
        );
        expect([id, cut, there.length]).toEqual([id, cut, cows.length]);
      }
    }
  }, 60_000);

  it('plans nothing that the whitelist of commands does not hold, whatever is asked', async () => {
    const host = newHost();
    const { templates, volumes } = await readWorld(host.context);
    const nasty = fc.constantFrom(
      '-rf',
      '../x',
      '$(id)',
      "it's",
      'a b',
      '',
      'a\nb',
      '--',
      'flatten-x',
      'x'.repeat(70),
    );
    const name = fc.oneof(
      fc.constantFrom(...templates.map((template) => template.name), ...volumes.map(({ id }) => id), 'fresh'),
      nasty,
    );
    const input = fc.record(
      {
        id: name,
        name,
        template: name,
        size: fc.oneof(fc.constantFrom('4M', '20G', '40Gi', '1T'), nasty),
        team: fc.oneof(fc.constant(platform), nasty),
        root: fc.oneof(fc.constant('/srv/x'), nasty),
        prefix: fc.oneof(fc.constant('box-'), nasty),
        leftovers: fc.array(fc.oneof(fc.constant('device:sbx-flatten-demo-lena'), nasty), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const keys: Readonly<Record<string, readonly string[]>> = {
      'dm.volume.create': ['id', 'template', 'size', 'team'],
      'dm.volume.flatten': ['id', 'name', 'team'],
      'dm.volume.grow': ['id', 'size'],
      'dm.leftovers.clean': ['leftovers'],
      'dm.template.expand': ['name'],
      'dm.host.release': [],
    };
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...deviceMapperActionIds), input, async (id, given) => {
        const wanted = keys[id] ?? ['id'];
        const own = Object.fromEntries(Object.entries(given).filter(([key]) => wanted.includes(key)));
        let draft: PlanDraft;
        try {
          draft = await plan(host, id, own);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'invalid-request' });
          return;
        }
        planned += 1;
        for (const { argv, cleanUp } of draft.steps) {
          expect([argv, isWhitelisted(argv)]).toEqual([argv, true]);
          if (cleanUp !== undefined)
            expect([cleanUp.argv, isWhitelisted(cleanUp.argv)]).toEqual([cleanUp.argv, true]);
        }
      }),
      { numRuns: 600 },
    );
    expect(planned).toBeGreaterThan(60);
  });

  it('takes back what a failed plan made, and never a copy-on-write file that was there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...journeys), fc.nat(20), async ([id, input], at) => {
        const host = newHost();
        await cleanAll(host);
        const before = [...host.model.files]
          .filter(([path]) => path.endsWith('.cow'))
          .map(([, inode]) => inode);
        const draft = await plan(host, id, input);
        const failsAt = at % draft.steps.length;
        const done = draft.steps.slice(0, failsAt);
        for (const step of done) expect(send(host, step)).toBe(true);
        const taken = new Set(done.map(({ argv }) => quoteArgv(argv)));
        for (const { cleanUp, argv } of done.toReversed()) {
          if (cleanUp === undefined) continue;
          // What a later step of the plan itself took back is not due any more.
          const later = done.slice(done.findIndex((step) => step.argv === argv) + 1);
          if (later.some((step) => quoteArgv(step.argv) === quoteArgv(cleanUp.argv)) && taken.size > 0)
            continue;
          expect([cleanUp.argv.join(' '), send(host, cleanUp)]).toEqual([cleanUp.argv.join(' '), true]);
        }
        const world = await readWorld(host.context);
        expect(unaccounted(world)).toEqual([]);
        if (id === 'dm.volume.destroy') return;
        const after = new Set(host.model.files.values());
        expect(before.filter((inode) => !after.has(inode))).toEqual([]);
      }),
      { numRuns: 120 },
    );
  }, 60_000);
});

describe('pausing', () => {
  it('plans nothing while a machine has the disk open, then removes the device, lets its file go, and only then moves it', async () => {
    const host = newHost();
    const { volumes } = await readWorld(host.context);
    const open = volumes.find(({ device }) => (device?.open ?? 0) > 0);
    const refused = await plan(host, 'dm.volume.pause', { id: open?.id ?? '' });
    expect(refused.steps).toEqual([]);
    expect(refused.blockers[0]?.text).toContain('is in use');

    const ready = volumes.find(
      ({ device, cow, state }) => device?.open === 0 && cow !== null && state !== 'error',
    );
    const { steps } = await plan(host, 'dm.volume.pause', { id: ready?.id ?? '' });
    const order = steps
      .map(({ argv }) =>
        argv[0] === 'dmsetup' || argv[0] === 'losetup' ? `${argv[0]} ${argv[1] ?? ''}` : argv[0],
      )
      .filter((tool) => tool !== 'mkdir');
    expect(order.slice(0, 2)).toEqual(['dmsetup remove', 'losetup -d']);
    expect(order.slice(-2)).toEqual(['mv', 'tee']);
    // What moved goes back when the description could not be written: the sandbox is as it was, and never half paused.
    expect(steps.find(({ argv }) => argv[0] === 'mv')?.cleanUp?.argv[0]).toBe('mv');
  });
});
