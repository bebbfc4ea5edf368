import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { microsandboxActionIds } from '../../../../src-preload/contract/actions/microsandbox';
import { actions } from './index';
import { replay, transcript, transcriptNames } from './testing/transcript';

const all = transcriptNames();

const onMsb = (id: string): string[] => [
  `src-main/demo/microsandbox/${id.startsWith('msb.sandbox.') ? 'sandboxes-' : ''}journey.test.ts`,
  'e2e/live/microsandbox.live.ts',
];
const onDisks = ['src-main/demo/disks/fleet.test.ts', 'e2e/live/disks.live.ts'];
/** Actions without transcripts, and the journeys that hold them to the tool. */
const driven: Record<string, readonly string[]> = {
  ...Object.fromEntries(microsandboxActionIds.map((id) => [id, onMsb(id)])),
  'disk.mount': onDisks,
  'disk.unmount': onDisks,
};

describe('the transcripts of real operations', () => {
  it('cover every action, done, refused and failed', () => {
    const kinds = all.map((name) => transcript(name).action);
    // Done once and refused once, at the least.
    for (const id of Object.keys(actions).filter((each) => !(each in driven)))
      expect([id, kinds.filter((kind) => kind === id).length > 1]).toEqual([id, true]);
  });

  it('are not needed where journeys drive an action, done and refused, on the demo and on the lab machine', () => {
    for (const [id, journeys] of Object.entries(driven)) {
      for (const journey of journeys) {
        expect([id, journey, readFileSync(journey, 'utf8').includes(`'${id}'`)]).toEqual([id, journey, true]);
      }
    }
    expect(all.length).toBeGreaterThan(55);
  });

  it.each(all)('plans, explains and verifies %s as recorded', async (name) => {
    const { action: id, input, reads, steps, expected } = transcript(name);
    const action = actions[id];
    const bound = action.parse(input);

    const planning = replay(reads.plan);
    const draft = await bound.plan(planning);
    expect(JSON.parse(JSON.stringify(draft))).toEqual(expected.draft);
    expect(planning.unused()).toEqual([]);
    // Planning twice on the same world gives the same plan: the road compares them before it executes.
    expect(await bound.plan(replay(reads.plan))).toEqual(draft);

    const failed = steps.find(({ exitCode }) => exitCode !== 0);
    expect(failed === undefined ? null : action.explainFailure(failed.exitCode, failed.stderr)).toEqual(
      expected.failure,
    );
    if (expected.verification !== null) {
      const verifying = replay(reads.verify);
      expect(await bound.verify(verifying, draft.preconditions)).toEqual(expected.verification);
    }
  });

  it.each(all)('plans on nothing but what it reads, and fails without it: %s', async (name) => {
    const { action, input, reads } = transcript(name);
    for (const [index, exchange] of reads.plan.entries()) {
      // Evidence for verifying later; a plan is possible without it.
      if (exchange.argv[1] === 'events') continue;
      // Waits and tells nothing.
      if (exchange.argv[1] === 'settle') continue;
      const garbled = reads.plan.map((each, place) =>
        place === index ? { ...each, exitCode: 0, stdout: 'garbage\n', stderr: '' } : each,
      );
      await expect(actions[action].parse(input).plan(replay(garbled))).rejects.toMatchObject({
        code: 'unexpected-output',
      });
    }
  });

  it('try one disk after the other, each when udev has come to rest: two trials at a time refuse each other', async () => {
    let trials = 0;
    for (const name of all.filter((each) => each.startsWith('zfs-'))) {
      const { action, input, reads } = transcript(name);
      const replayed = replay(reads.plan);
      let busy = false;
      const read: typeof replayed.read = async (title, argv, options) => {
        const trial = argv.join(' ').startsWith('zpool create -n');
        if (trial) {
          expect([name, busy]).toEqual([name, false]);
          busy = true;
          trials += 1;
        }
        await new Promise((done) => setTimeout(done, 1));
        const answer = await replayed.read(title, argv, options);
        if (argv[1] === 'settle') busy = false;
        return answer;
      };
      await actions[action].parse(input).plan({ ...replayed, read });
    }
    expect(trials).toBeGreaterThan(25);
  });

  it('show that the tool refused, or that it was not tried, wherever the plan was blocked', () => {
    for (const name of all) {
      const { steps, expected } = transcript(name);
      const blocked = JSON.stringify(expected.draft).includes('"blockers":[{');
      if (!blocked) continue;
      for (const step of steps) expect([name, step.exitCode]).not.toEqual([name, 0]);
    }
  });

  it('have a sentence with a way out for every failure', () => {
    let failures = 0;
    for (const name of all) {
      const { action, steps } = transcript(name);
      for (const step of steps.filter(({ exitCode }) => exitCode !== 0)) {
        failures += 1;
        const known = actions[action].explainFailure(step.exitCode, step.stderr);
        expect(known?.message, `${name}: ${step.stderr}`).toMatch(/\.$/);
        expect(known?.remedy).not.toBe('');
      }
    }
    expect(failures).toBeGreaterThan(25);
  });
});
