import { z } from 'zod';
import type { Balance } from '../../../storage/btrfs/activity';
import { balanceArgv, startBalanceArgv } from '../../../storage/btrfs/commands';
import type { Blocker, Consequence, Verification } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explain } from '../failures';
import { numberField, switchField } from '../fields';
import { bytes, hint } from '../words';
import { balanceFailures } from './failures';
import { busyWith, notMounted, poolOffer } from './pool-offer';
import {
  exclusiveBlockers,
  filesystemBlockers,
  filesystemName,
  filesystemSchema,
  readBalance,
  readExclusive,
  readFilesystem,
  readUsage,
} from './reads';

const percentSchema = z.int().min(0).max(100);
const startInput = z.strictObject({
  filesystem: filesystemSchema,
  /** All chunks, whatever their fill; the percentages then do not count. */
  everything: z.boolean(),
  dataPercent: percentSchema,
  metadataPercent: percentSchema,
});
type StartInput = z.infer<typeof startInput>;

const verbInput = z.strictObject({ filesystem: filesystemSchema });
type VerbInput = z.infer<typeof verbInput>;

/** Long enough for one that has nothing to do, and for the tool to say why it does not start. */
const detachAfterSeconds = 5;

function after(balance: Balance): Verification {
  switch (balance.state) {
    case 'running':
      return { status: 'pending', text: `The balance is running: ${balance.text}.` };
    case 'paused':
      return { status: 'not-there', text: 'The balance is paused.' };
    case 'none':
      return { status: 'confirmed', text: 'No balance is under way any more: it has ended.' };
  }
}

export const btrfsBalanceStart: ActionDefinition<StartInput> = {
  id: 'btrfs.balance.start',
  title: 'Start btrfs balance',
  backend: 'btrfs',
  minimumAccess: 'administer',
  risk: 'safe',
  input: startInput,

  offer: (subject) =>
    poolOffer(subject, {
      label: 'Balance…',
      group: 'maintenance',
      excuse: busyWith,
      fields: () => [
        numberField('dataPercent', 'Data chunks filled up to (%)', 50, {
          min: 0,
          max: 100,
          help: 'Only these are written anew, packed together. Lower is quicker; 0 gives back empty chunks alone.',
        }),
        numberField('metadataPercent', 'Metadata chunks filled up to (%)', 30, { min: 0, max: 100 }),
        switchField(
          'everything',
          'Everything (full balance)',
          false,
          'Writes every chunk anew, whatever its fill. It takes hours to days and is hardly ever needed: after adding devices, or to change nothing but the spread.',
        ),
      ],
    }),

  async plan(context, { filesystem: uuid, everything, dataPercent, metadataPercent }) {
    const filesystem = await readFilesystem(context, uuid);
    const blockers: Blocker[] = filesystemBlockers(filesystem, uuid);
    const consequences: Consequence[] = [];
    if (filesystem !== null) {
      const [exclusive, balance, usage] = await Promise.all([
        readExclusive(context, filesystem),
        readBalance(context, filesystem),
        readUsage(context, filesystem),
      ]);
      blockers.push(...exclusiveBlockers(exclusive));
      if (blockers.length === 0 && balance.state !== 'none') {
        blockers.push({
          text: `A balance is ${balance.state} already.`,
          remedy: 'Wait for its end, resume or cancel it.',
        });
      }
      const allocated = usage.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
      const used = usage.chunks.reduce((sum, chunk) => sum + chunk.usedBytes, 0);
      consequences.push(
        everything
          ? {
              severity: 'warning',
              text: `Everything is written anew: ${bytes(used)} in chunks of ${bytes(allocated)}, every copy of it. That takes hours to days and slows the host down all the while.`,
              items: [],
            }
          : {
              severity: 'info',
              text: `Chunks filled up to ${dataPercent} % (data) and ${metadataPercent} % (metadata) are packed together, and what they took is unallocated again. ${bytes(allocated)} are allocated and ${bytes(used)} used.`,
              items: [],
            },
        {
          severity: 'info',
          text: 'It works on the host until it is done; it can be paused and cancelled. Meanwhile devices cannot be added, removed, replaced or resized.',
          items: [],
        },
      );
    }
    const limits = everything ? null : { dataPercent, metadataPercent };
    const target = filesystem?.through.target ?? null;
    return {
      risk: 'safe',
      target: { kind: 'file system', name: filesystemName(filesystem, uuid) },
      steps:
        target === null
          ? []
          : [
              {
                title: `Balance ${target}`,
                argv: startBalanceArgv(target, limits),
                explain: everything
                  ? 'btrfs balance start --full-balance writes all chunks anew; the flag answers the warning that you have read here.'
                  : 'btrfs balance start with filters: -dusage and -musage take only chunks filled up to that percentage.',
                acceptExitCodes: [0],
                timeoutSeconds: 120,
                detachAfterSeconds,
              },
            ],
      consequences,
      blockers,
      undo: target === null ? null : hint(...balanceArgv('cancel', target)),
      preconditions: {},
    };
  },

  async verify(context, { filesystem: uuid }) {
    const filesystem = await readFilesystem(context, uuid);
    return filesystem === null ? notMounted : after(await readBalance(context, filesystem));
  },

  explainFailure: (exitCode, stderr) => explain(balanceFailures, exitCode, stderr),
};

const verbs = {
  pause: {
    title: 'Pause btrfs balance',
    label: 'Pause balance',
    needs: ['running'],
    excuse: 'No balance is running.',
    consequence:
      'What was moved stays moved. Until it is resumed and ends, or is cancelled, devices cannot be removed, replaced or resized.',
  },
  resume: {
    title: 'Resume btrfs balance',
    label: 'Resume balance',
    needs: ['paused'],
    excuse: 'No balance is paused.',
    consequence: 'It goes on where it stopped and works on the host until it is done.',
  },
  cancel: {
    title: 'Cancel btrfs balance',
    label: 'Cancel balance',
    needs: ['running', 'paused'],
    excuse: 'There is no balance.',
    consequence: 'It ends after the chunk it is at. What was moved stays moved; nothing is lost.',
  },
} as const;

function define(verb: keyof typeof verbs): ActionDefinition<VerbInput> {
  const { title, label, needs, excuse, consequence } = verbs[verb];
  const fits = (state: string): boolean => needs.some((word) => word === state);
  return {
    id: `btrfs.balance.${verb}`,
    title,
    backend: 'btrfs',
    minimumAccess: 'administer',
    risk: 'safe',
    input: verbInput,

    offer: (subject) =>
      poolOffer(subject, {
        label,
        group: 'maintenance',
        excuse: ({ activity }) => (activity?.kind === 'balance' && fits(activity.state) ? null : excuse),
      }),

    async plan(context, { filesystem: uuid }) {
      const filesystem = await readFilesystem(context, uuid);
      const balance = filesystem === null ? null : await readBalance(context, filesystem);
      const target = filesystem?.through.target ?? null;
      return {
        risk: 'safe',
        target: { kind: 'file system', name: filesystemName(filesystem, uuid) },
        steps:
          target === null
            ? []
            : [
                {
                  title: `${title} of ${target}`,
                  argv: balanceArgv(verb, target),
                  explain:
                    verb === 'resume'
                      ? 'btrfs balance resume goes on with the paused one, with the filters it was started with.'
                      : `btrfs balance ${verb} waits until the chunk at hand is done.`,
                  acceptExitCodes: [0],
                  // One chunk of 1 GiB may take minutes on a busy disk.
                  timeoutSeconds: 1800,
                  ...(verb === 'resume' ? { detachAfterSeconds } : {}),
                },
              ],
        consequences: [{ severity: 'info', text: consequence, items: [] }],
        blockers: [
          ...filesystemBlockers(filesystem, uuid),
          ...(balance === null || fits(balance.state) ? [] : [{ text: excuse, remedy: 'Refresh the host.' }]),
        ],
        undo: verb === 'pause' && target !== null ? hint(...balanceArgv('resume', target)) : null,
        preconditions: { state: balance?.state ?? null },
      };
    },

    async verify(context, { filesystem: uuid }) {
      const filesystem = await readFilesystem(context, uuid);
      if (filesystem === null) return notMounted;
      const balance = await readBalance(context, filesystem);
      if (verb === 'resume') return after(balance);
      if (balance.state === 'running') {
        return { status: 'not-there', text: `The balance is still running: ${balance.text}.` };
      }
      if (verb === 'cancel' && balance.state === 'paused') {
        return { status: 'not-there', text: 'The balance is still there, paused.' };
      }
      return {
        status: 'confirmed',
        text:
          balance.state === 'paused'
            ? `The balance is paused: ${balance.text}.`
            : 'There is no balance any more.',
      };
    },

    explainFailure: (exitCode, stderr) => explain(balanceFailures, exitCode, stderr),
  };
}

export const btrfsBalancePause = define('pause');
export const btrfsBalanceResume = define('resume');
export const btrfsBalanceCancel = define('cancel');
