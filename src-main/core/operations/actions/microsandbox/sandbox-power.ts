import { z } from 'zod';
import type {
  Blocker,
  Consequence,
  HostActionId,
  Risk,
} from '../../../../../src-preload/contract/operations';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import {
  killSandboxArgv,
  pauseSandboxArgv,
  resumeSandboxArgv,
  startSandboxArgv,
  stopSandboxArgv,
} from '../../../sandbox/microsandbox/lifecycle';
import { isResting } from '../../../sandbox/microsandbox/parse';
import type { MsbVersion } from '../../../sandbox/microsandbox/version';
import type { ActionContext, ActionDefinition, OfferDraft, StepDraft } from '../../action';
import { numberField, switchField } from '../fields';
import { hint, listed } from '../words';
import { explainMsb } from './failures';
import { readDoctor, readVersion, readVolumes } from './reads';
import {
  identitySchema,
  lookAtSandbox,
  mountItems,
  restsOn,
  sandboxInput,
  sandboxNameSchema,
  sandboxOf,
  unknownSandbox,
  type FoundSandbox,
} from './sandbox-reads';
import { isOld, versionIn } from './snapshots';

type Plain = z.infer<typeof sandboxInput>;

const stopInput = z.strictObject({
  name: sandboxNameSchema,
  /** What it gets to shut down. */
  seconds: z.int().min(1).max(3600),
  /** Ended at once instead. */
  atOnce: z.boolean(),
});
type StopInput = z.infer<typeof stopInput>;

/** What one verb of msb needs and leaves. */
interface PowerSpec<Input extends Plain> {
  id: HostActionId;
  title: string;
  label: string;
  group: 'change' | 'destroy';
  risk: Risk;
  /** Why not in this state, as a sentence behind the name; null: it can be done. */
  refuses(state: string): { text: string; remedy: string } | null;
  /** Only since 0.7. */
  pauses: boolean;
  step(input: Input, version: MsbVersion): Pick<StepDraft, 'argv' | 'explain' | 'timeoutSeconds'>;
  look?(context: ActionContext, found: FoundSandbox): Promise<Told>;
  consequences(input: Input, found: FoundSandbox, version: MsbVersion): Consequence[];
  undo(name: string): string;
  reached(state: string): boolean;
}

interface Told {
  blockers: Blocker[];
  consequences: Consequence[];
}

const tooOld = (version: string): string =>
  `msb ${version} can’t pause a sandbox; from 0.7 on it can. Stop it instead.`;

const warning = (text: string, items: Consequence['items'] = []): Consequence => ({
  severity: 'warning',
  text,
  items,
});

function definitionOf<Input extends Plain>(
  spec: PowerSpec<Input>,
  input: z.ZodType<Input>,
  form: OfferDraft['fields'],
): ActionDefinition<Input> {
  const excuseOf = (state: string, { sandbox }: HostInventory): string | null => {
    const version = versionIn(sandbox);
    if (spec.pauses && isOld(version)) return tooOld(version ?? '');
    const refused = spec.refuses(state);
    return refused === null ? null : `It ${refused.text}`;
  };
  return {
    id: spec.id,
    title: spec.title,
    backend: 'microsandbox',
    minimumAccess: 'operate',
    risk: spec.risk,
    input,

    offer(subject, { inventory }) {
      const sandbox = sandboxOf(subject);
      if (sandbox === null) return null;
      return {
        label: spec.label,
        group: spec.group,
        excuse: excuseOf(sandbox.state, inventory),
        input: { name: sandbox.name },
        fields: form,
      };
    },

    async plan(context, asked) {
      const { name } = asked;
      const [version, found] = await Promise.all([readVersion(context), lookAtSandbox(context, name)]);
      const { sandbox } = found;
      const told = (await spec.look?.(context, found)) ?? { blockers: [], consequences: [] };
      const refused = sandbox === null ? null : spec.refuses(sandbox.state);
      return {
        risk: spec.risk,
        target: { kind: 'sandbox', name },
        steps: [
          {
            title: `${spec.title} ${name}`,
            ...spec.step(asked, version),
            acceptExitCodes: [0],
            privileged: false,
          },
        ],
        consequences: [...spec.consequences(asked, found, version), ...told.consequences],
        blockers: [
          ...(sandbox === null ? [unknownSandbox(name)] : []),
          ...(refused === null ? [] : [{ text: `${name} ${refused.text}`, remedy: refused.remedy }]),
          ...(spec.pauses && !version.pauses
            ? [{ text: tooOld(version.text), remedy: 'Update msb on the host, or stop the sandbox.' }]
            : []),
          ...told.blockers,
        ],
        undo: spec.undo(name),
        preconditions: restsOn(found),
      };
    },

    async verify(context, { name }, { preconditions }) {
      const { createdAtMs } = identitySchema.parse(preconditions);
      const { sandbox } = await lookAtSandbox(context, name);
      if (sandbox === null) return { status: 'not-there', text: `msb lists no sandbox ${name}.` };
      if (sandbox.createdAtMs !== createdAtMs) {
        return { status: 'not-there', text: `Another sandbox was made as ${name} since.` };
      }
      const text = `${name} is ${sandbox.state}.`;
      if (spec.reached(sandbox.state)) return { status: 'confirmed', text };
      return { status: sandbox.state === 'Draining' ? 'pending' : 'not-there', text };
    },

    explainFailure: explainMsb,
  };
}

/** A volume that was removed keeps it from starting, and no sandbox starts without virtualisation. */
async function lookBeforeStart(context: ActionContext, { detail }: FoundSandbox): Promise<Told> {
  const [doctor, volumes] = await Promise.all([readDoctor(context), readVolumes(context)]);
  const known = new Set(volumes.map(({ name }) => name));
  const gone = (detail?.mounts ?? []).map(({ volume }) => volume).filter((volume) => !known.has(volume));
  return {
    blockers:
      gone.length === 0
        ? []
        : [
            {
              text: `It mounts ${listed(gone)}, and msb has no such volume any more.`,
              remedy: 'Make a volume of that name first, or remove the sandbox and make it anew.',
            },
          ],
    consequences:
      doctor.cannotStart === null
        ? []
        : [
            warning(
              `No sandbox can start on this host: ${doctor.cannotStart}. msb will say so and change nothing.`,
            ),
          ],
  };
}

const start: PowerSpec<Plain> = {
  id: 'msb.sandbox.start',
  title: 'Start sandbox',
  label: 'Start',
  group: 'change',
  risk: 'safe',
  pauses: false,
  refuses: (state) =>
    isResting(state)
      ? null
      : {
          text: `is ${state}.`,
          remedy: state === 'Paused' ? 'Resume it instead.' : 'Refresh the host.',
        },
  step: ({ name }) => ({
    argv: startSandboxArgv(name),
    explain: 'msb start boots it with what it was made with, and waits until its agent answers.',
    timeoutSeconds: 600,
  }),
  look: lookBeforeStart,
  consequences: (_input, { detail }) => [
    {
      severity: 'info',
      text: 'It starts from its root disk as that is.',
      items: mountItems(detail),
    },
  ],
  undo: (name) => hint('msb', 'stop', '--', name),
  reached: (state) => state === 'Running',
};

const stop: PowerSpec<StopInput> = {
  id: 'msb.sandbox.stop',
  title: 'Stop sandbox',
  label: 'Stop…',
  group: 'destroy',
  risk: 'destructive',
  pauses: false,
  refuses: (state) =>
    isResting(state) ? { text: `is ${state} already.`, remedy: 'Refresh the host.' } : null,
  step: ({ name, seconds, atOnce }, { killsAfterTimeout, text }) =>
    atOnce
      ? {
          argv: killSandboxArgv(name),
          explain: 'msb stop --force ends it at once, like pulling the plug.',
          timeoutSeconds: 120,
        }
      : {
          argv: stopSandboxArgv(name, seconds),
          explain: `msb stop asks it to shut down. ${
            killsAfterTimeout
              ? `After ${seconds} s msb ${text} kills it.`
              : `After ${seconds} s msb gives up and leaves it running.`
          }`,
          timeoutSeconds: seconds + 60,
        },
  consequences: ({ atOnce, seconds }, { detail }, { killsAfterTimeout }) => [
    {
      severity: 'loss',
      text: 'What it has in its memory alone is lost, and everything it runs ends.',
      items: [],
    },
    ...(atOnce || killsAfterTimeout
      ? [
          warning(
            atOnce
              ? 'Its power is cut: what it had not written to its disks is lost.'
              : `If it does not end within ${seconds} s it is killed: what it had not written is lost.`,
          ),
        ]
      : []),
    {
      severity: 'info',
      text: 'Its root disk and the volumes that it mounts stay.',
      items: mountItems(detail),
    },
  ],
  undo: (name) => hint('msb', 'start', '--', name),
  reached: isResting,
};

const pause: PowerSpec<Plain> = {
  id: 'msb.sandbox.pause',
  title: 'Pause sandbox',
  label: 'Pause',
  group: 'change',
  risk: 'destructive',
  pauses: true,
  refuses: (state) =>
    state === 'Running'
      ? null
      : state === 'Paused'
        ? { text: 'is Paused already.', remedy: 'Resume it.' }
        : { text: `is ${state}: only a running sandbox can be paused.`, remedy: 'Start it first.' },
  step: ({ name }) => ({
    argv: pauseSandboxArgv(name),
    explain:
      'msb pause stops its processors; its memory stays on the host. Nothing is written to a snapshot.',
    timeoutSeconds: 120,
  }),
  consequences: (_input, { detail }) => [
    warning(
      'It stands still, and its connections may time out. Its memory stays taken, and is lost when the host restarts.',
    ),
    {
      severity: 'info',
      text: 'The volumes that it mounts stay attached to it.',
      items: mountItems(detail),
    },
  ],
  undo: (name) => hint('msb', 'resume', '--', name),
  reached: (state) => state === 'Paused',
};

const resume: PowerSpec<Plain> = {
  id: 'msb.sandbox.resume',
  title: 'Resume sandbox',
  label: 'Resume',
  group: 'change',
  risk: 'safe',
  pauses: true,
  refuses: (state) =>
    state === 'Paused'
      ? null
      : { text: `is ${state}: only a paused sandbox can be resumed.`, remedy: 'Refresh the host.' },
  step: ({ name }) => ({
    argv: resumeSandboxArgv(name),
    explain: 'msb resume lets its processors go on where they stood.',
    timeoutSeconds: 120,
  }),
  consequences: (_input, { detail }) => [
    {
      severity: 'info',
      text: 'It goes on where it stood. Its clock may be behind at first.',
      items: mountItems(detail),
    },
  ],
  undo: (name) => hint('msb', 'pause', '--', name),
  reached: (state) => state === 'Running',
};

export const startSandbox = definitionOf(start, sandboxInput, []);
export const pauseSandbox = definitionOf(pause, sandboxInput, []);
export const resumeSandbox = definitionOf(resume, sandboxInput, []);
export const stopSandbox = definitionOf(stop, stopInput, [
  numberField('seconds', 'Seconds it gets to shut down', 60, { min: 1, max: 3600 }),
  switchField('atOnce', 'Cut its power at once', false, 'What it had not written to its disks is lost then.'),
]);
