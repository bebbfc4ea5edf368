import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { btrfsActionIds } from '../../../../../src-preload/contract/actions/btrfs';
import { actionIds } from '../../../../../src-preload/contract/operations';
import { createMedia06 } from '../../../../demo/hosts/media-06';
import { asSentTo } from '../../../../demo/btrfs/testing';
import { createRandom } from '../../../../demo/random';
import { AppError } from '../../../errors/app-error';
import type { ActionContext, PlanDraft } from '../../action';
import { catalogue } from '../index';
import { btrfsInputs } from '../testing/btrfs-inputs';
import { transcript, transcriptNames } from '../testing/transcript';
import { btrfsActions } from './index';

const nowMs = Date.parse('2026-11-23T09:00:00Z');

function mediaHost(): ActionContext {
  const { machine } = createMedia06({ random: createRandom(5), nowMs: () => nowMs });
  if (machine === null) throw new Error('media-06 is switched off.');
  return {
    lastKnownStatus: () => Promise.resolve(null),
    nowMs: () => nowMs,
    read: async (operation, argv, options) => {
      const result = machine.run(asSentTo(argv, true));
      if ((options?.acceptExitCodes ?? [0]).includes(result.exitCode)) return result;
      throw new AppError('command-failed', operation, { detail: result.stderr });
    },
  };
}

/** Words that a step may hold beside what was asked for and what the host itself names. */
const fixedWords = new Set(
  'btrfs subvolume snapshot create delete --commit-after property set -t subvol ro true false -r -- scrub start cancel resume balance pause --full-balance device add remove replace filesystem resize label'.split(
    ' ',
  ),
);

describe('steps of btrfs', () => {
  it('hold no word that was not planned, whatever is asked', async () => {
    const context = mediaHost();
    const { stdout } = await context.read('find', ['btrfs', 'filesystem', 'show', '--raw']);
    const uuids = [...stdout.matchAll(/uuid: (\S+)/g)].map(([, uuid]) => uuid ?? '');
    const nasty = fc.oneof(
      fc.constantFrom(
        '-f',
        '--force',
        '',
        '/',
        '..',
        '/srv/../etc',
        '/srv/media\n',
        '$(id)',
        ';',
        '-o',
        '/dev/sdi;x',
      ),
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }).map((text) => `/srv/media/${text}`),
    );
    const filesystem = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...uuids) }, nasty);
    const path = fc.oneof(
      fc.constantFrom(
        '/srv/media',
        '/srv/documents',
        '/srv/media/@movies',
        '/srv/media/@photos',
        '/srv/media/.snapshots/laptop-music',
        '/srv/archive/@2024',
        '/srv/media/new place',
        '/tmp/x',
      ),
      nasty,
    );
    const newDisk = fc.oneof(
      fc.constantFrom('/dev/disk/by-id/ata-WDC_WD80EFZZ-68BTXN0_WD-CA9XN41L', '/dev/sdb', '/dev/sdi'),
      nasty,
    );
    const number = fc.oneof(fc.integer({ min: -2, max: 6 }), fc.integer(), fc.double(), nasty);
    const key: Record<string, fc.Arbitrary<unknown>> = {
      filesystem,
      parent: path,
      source: path,
      destination: path,
      path,
      name: nasty,
      newDisk,
      device: number,
      dataPercent: number,
      metadataPercent: number,
      label: nasty,
    };
    const question = fc
      .constantFrom(...btrfsActionIds)
      .chain((id) =>
        fc.tuple(
          fc.constant(id),
          fc.record(
            Object.fromEntries(Object.keys(btrfsInputs[id]).map((name) => [name, key[name] ?? fc.boolean()])),
          ),
        ),
      );
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(question, async ([id, input]) => {
        let draft: PlanDraft;
        try {
          draft = await btrfsActions[id].parse(input).plan(context);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-request' });
          return;
        }
        planned += 1;
        for (const { argv } of draft.steps) {
          expect(argv[0]).toBe('btrfs');
          for (const word of argv) {
            const own =
              fixedWords.has(word) ||
              Object.values(input).includes(word) ||
              /^-[dm]usage=(?:\d{1,2}|100)$/.test(word) ||
              /^\d{1,7}(?::max)?$/.test(word) ||
              ['/srv/media', '/srv/archive'].includes(word) ||
              word === posix.join(String(input['parent']), String(input['name'])) ||
              /^\/srv\/(?:media|documents|archive)\/\.snapshots$/.test(word);
            expect([word, own]).toEqual([word, true]);
          }
          // Whatever was asked for stands behind the `--`, and nothing there can be an option.
          const operands = argv.slice(argv.indexOf('--') + 1);
          expect(argv).toContain('--');
          for (const operand of operands) expect(operand).not.toMatch(/^-/);
          expect(argv).not.toContain('-f');
        }
      }),
      { numRuns: 600 },
    );
    expect(planned).toBeGreaterThan(100);
  });

  it('make no file system: no action and no step is called so', () => {
    expect(actionIds.filter((id) => /mkfs|filesystem\.create|btrfs\.(?:pool\.)?create/.test(id))).toEqual([]);
    for (const id of ['btrfs.mkfs', 'btrfs.pool.create', 'btrfs.filesystem.create']) {
      expect(catalogue.has(id)).toBe(false);
    }
    expect([...fixedWords].some((word) => word.includes('mkfs'))).toBe(false);
  });

  it('are none for an input with anything more, less or else', () => {
    const refused = expect.objectContaining({ code: 'invalid-request' });
    for (const id of btrfsActionIds) {
      const action = btrfsActions[id];
      expect(() => action.parse({ ...btrfsInputs[id], force: true })).toThrow(refused);
      for (const name of Object.keys(btrfsInputs[id])) {
        for (const junk of [null, {}, [], '-f', 1e9, -1, 0.5, 'a\u0000b']) {
          if (typeof btrfsInputs[id][name] === typeof junk && junk === 1e9) continue;
          expect(() => action.parse({ ...btrfsInputs[id], [name]: junk }), `${id} ${name}`).toThrow(refused);
        }
      }
    }
  });

  it('take who may do what: snapshots and scrubs to operate, all else to administer', () => {
    const operate = btrfsActionIds.filter((id) => btrfsActions[id].minimumAccess === 'operate');
    expect(operate).toEqual([
      'btrfs.snapshot.create',
      'btrfs.scrub.start',
      'btrfs.scrub.cancel',
      'btrfs.scrub.resume',
    ]);
    const destructive = btrfsActionIds.filter((id) => btrfsActions[id].risk !== 'safe');
    expect(destructive).toEqual([
      'btrfs.snapshot.destroy',
      'btrfs.subvolume.destroy',
      'btrfs.device.add',
      'btrfs.device.remove',
      'btrfs.device.replace',
    ]);
  });

  it('were each recorded on the lab done, and refused or failed', () => {
    const recorded = transcriptNames()
      .map(transcript)
      .filter(({ action }) => action.startsWith('btrfs.'));
    const was = recorded.map(({ action, steps, expected }) => ({
      action,
      done:
        JSON.stringify(expected.draft).includes('"blockers":[]') &&
        steps.length > 0 &&
        steps.every(({ exitCode }) => exitCode === 0),
    }));
    for (const id of btrfsActionIds) {
      const outcomes = new Set(was.filter(({ action }) => action === id).map(({ done }) => done));
      // Its refusals are captured (FAIL-balance-running, FAIL-balance-start-paused), not yet recorded with a plan.
      const refusedToo = id !== 'btrfs.balance.start';
      expect([id, outcomes.has(true), outcomes.has(false)]).toEqual([id, true, refusedToo]);
    }
  });
});
