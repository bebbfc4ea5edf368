import { z } from 'zod';
import { scrubArgv } from '../../../storage/btrfs/commands';
import type { Scrub } from '../../../storage/btrfs/activity';
import type { Blocker, Consequence, Verification } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { hint } from '../words';
import { explainOrNothing, otherFailures, scrubCancelFailures, scrubStartFailures } from './failures';
import { filesystemBlockers, filesystemName, filesystemSchema, readFilesystem, readScrub } from './reads';
import { notMounted, poolOffer } from './pool-offer';

const input = z.strictObject({ filesystem: filesystemSchema });
type Input = z.infer<typeof input>;

const preconditionsSchema = z.object({ startedText: z.string().nullable() });

const percentText = ({ percent }: Scrub): string =>
  percent === null ? '' : `: ${Math.floor(percent)} % done`;

const titles = {
  start: 'Start btrfs scrub',
  cancel: 'Cancel btrfs scrub',
  resume: 'Resume btrfs scrub',
} as const;

function blockersOf(verb: keyof typeof titles, { state }: Scrub): Blocker[] {
  const running = state === 'running';
  if (verb === 'cancel') {
    return running ? [] : [{ text: 'No scrub is running.', remedy: 'Refresh the host.' }];
  }
  if (running) {
    return [{ text: 'A scrub is running already.', remedy: 'Wait for its end, or cancel it.' }];
  }
  if (verb === 'resume' && state !== 'aborted' && state !== 'interrupted') {
    return [
      {
        text: 'There is no scrub that was cancelled or interrupted.',
        remedy: 'Start a new one.',
      },
    ];
  }
  return [];
}

function consequencesOf(verb: keyof typeof titles): Consequence[] {
  if (verb === 'cancel') {
    return [{ severity: 'info', text: 'What was checked stays checked; it can be resumed.', items: [] }];
  }
  return [
    {
      severity: 'info',
      text: 'Everything that is used is read and compared with its checksum; where another copy is good, what is bad is corrected. It runs on the host for hours and slows other work down.',
      items: [],
    },
  ];
}

/**
 * | verb   | reads afterwards                   | says         |
 * | start  | running                            | pending      |
 * | start  | finished, another start than before| confirmed    |
 * | resume | running / finished                 | pending / confirmed |
 * | cancel | not running                        | confirmed    |
 */
function judge(verb: keyof typeof titles, scrub: Scrub, startedBefore: string | null): Verification {
  const { state, startedText } = scrub;
  if (verb === 'cancel') {
    return state === 'running'
      ? { status: 'not-there', text: 'The scrub is still running.' }
      : { status: 'confirmed', text: 'No scrub is running.' };
  }
  if (state === 'running') return { status: 'pending', text: `The scrub is running${percentText(scrub)}.` };
  if (state === 'finished' && (verb === 'resume' || startedText !== startedBefore)) {
    return {
      status: 'confirmed',
      text: `The scrub is finished, ${scrub.errors ?? 'no errors found'}.`,
    };
  }
  return { status: 'not-there', text: 'No scrub is running.' };
}

function define(verb: keyof typeof titles): ActionDefinition<Input> {
  const failures = verb === 'cancel' ? scrubCancelFailures : scrubStartFailures;
  return {
    id: `btrfs.scrub.${verb}`,
    title: titles[verb],
    backend: 'btrfs',
    minimumAccess: 'operate',
    risk: 'safe',
    input,

    offer(subject) {
      const running = (pool: { activity: { kind: string; state: string } | null }): boolean =>
        pool.activity?.kind === 'scrub' && pool.activity.state === 'running';
      return poolOffer(subject, {
        label: verb === 'start' ? 'Scrub' : verb === 'cancel' ? 'Cancel scrub' : 'Resume scrub',
        group: 'maintenance',
        excuse: (pool) => {
          if (verb === 'cancel') return running(pool) ? null : 'No scrub is running.';
          if (running(pool)) return 'A scrub is running.';
          const canceled = pool.activity?.kind === 'scrub' && pool.activity.state === 'canceled';
          return verb === 'start' || canceled ? null : 'No scrub was cancelled or interrupted.';
        },
      });
    },

    async plan(context, { filesystem: uuid }) {
      const filesystem = await readFilesystem(context, uuid);
      const scrub = filesystem === null ? null : await readScrub(context, filesystem);
      const target = filesystem?.through.target ?? null;
      return {
        risk: 'safe',
        target: { kind: 'file system', name: filesystemName(filesystem, uuid) },
        steps:
          target === null
            ? []
            : [
                {
                  title: `${titles[verb]} of ${target}`,
                  argv: scrubArgv(verb, target),
                  explain:
                    verb === 'cancel'
                      ? 'btrfs scrub cancel stops the running scrub and keeps its place.'
                      : `btrfs scrub ${verb} works in the background of the host; stopping Holdfast does not stop it.`,
                  acceptExitCodes: [0],
                  timeoutSeconds: 120,
                  // Its background process keeps the output open until the scrub ends (6.2).
                  ...(verb === 'cancel' ? {} : { detachAfterSeconds: 20 }),
                },
              ],
        consequences: consequencesOf(verb),
        blockers: [
          ...filesystemBlockers(filesystem, uuid),
          ...(scrub === null ? [] : blockersOf(verb, scrub)),
        ],
        undo: verb === 'cancel' || target === null ? null : hint(...scrubArgv('cancel', target)),
        preconditions: { running: scrub?.state === 'running', startedText: scrub?.startedText ?? null },
      };
    },

    async verify(context, { filesystem: uuid }, { preconditions }) {
      const { startedText } = preconditionsSchema.parse(preconditions);
      const filesystem = await readFilesystem(context, uuid);
      if (filesystem === null) return notMounted;
      return judge(verb, await readScrub(context, filesystem), startedText);
    },

    explainFailure: explainOrNothing(
      verb === 'resume' ? [...failures, ...otherFailures] : failures,
      'There is no scrub to resume.',
    ),
  };
}

export const btrfsScrubStart = define('start');
export const btrfsScrubCancel = define('cancel');
export const btrfsScrubResume = define('resume');
