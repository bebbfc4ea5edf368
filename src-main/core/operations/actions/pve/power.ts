import { z } from 'zod';
import type {
  Blocker,
  Consequence,
  PveActionId,
  Risk,
  Verification,
} from '../../../../../src-preload/contract/operations';
import type {
  ApiActionDefinition,
  ApiContext,
  ApiStepDraft,
  ClusterSubject,
  OfferDraft,
  PlanDraft,
} from '../../action';
import { bindApiAction, type BoundAction } from '../../bound-action';
import { numberField, switchField } from '../fields';
import { changeCall, type ChangeTemplate } from '../../../proxmox/requests';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { explainGuestFailure } from './failures';
import {
  bulkGuests,
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  guestWords,
  isPaused,
  readGuest,
  targetOf,
  templateBlocker,
} from './guest-reads';

const plainInput = z.strictObject(guestInputShape);
const shutdownInput = z.strictObject({
  ...guestInputShape,
  /** Seconds that the guest gets; then, if asked for, its power is cut. */
  timeout: z.int().min(10).max(3600),
  forceStop: z.boolean(),
});
type PlainInput = z.infer<typeof plainInput>;
type ShutdownInput = z.infer<typeof shutdownInput>;

type Verb = 'start' | 'shutdown' | 'stop' | 'reboot' | 'reset' | 'suspend' | 'resume';

interface PowerSpec {
  id: PveActionId;
  title: string;
  label: string;
  verb: Verb;
  risk: Risk;
  group: 'change' | 'destroy';
  /** Only virtual machines: containers are not paused by this API. */
  qemuOnly: boolean;
  bulk: boolean;
  /** null: as it is; else why not. */
  excuse: (running: boolean) => string | null;
  blockers: (status: GuestStatus) => Blocker[];
  consequences: (status: GuestStatus, input: PlainInput | ShutdownInput) => Consequence[];
  explain: string;
  undo: string | null;
  timeoutSeconds: (input: PlainInput | ShutdownInput) => number;
  verify: (status: GuestStatus, before: Record<string, unknown>) => Verification;
}

const info = (text: string): Consequence => ({ severity: 'info', text, items: [] });
const warning = (text: string): Consequence => ({ severity: 'warning', text, items: [] });

const needsRunning = ({ status }: GuestStatus): Blocker[] =>
  status === 'running' ? [] : [{ text: 'It does not run.', remedy: 'Refresh the cluster.' }];

const whileStopped = (running: boolean): string | null => (running ? null : 'It does not run.');

function state(status: GuestStatus): string {
  if (isPaused(status)) return 'is paused';
  return status.status === 'running' ? 'runs' : 'is stopped';
}

const sees =
  (holds: (status: GuestStatus) => boolean) =>
  (status: GuestStatus): Verification => ({
    status: holds(status) ? 'confirmed' : 'not-there',
    text: `The guest ${state(status)} now.`,
  });

/** A restart is seen by an uptime that is shorter than the time since it was asked for. */
function sawRestart(status: GuestStatus): Verification {
  if (status.status !== 'running') return { status: 'not-there', text: `The guest ${state(status)} now.` };
  return { status: 'confirmed', text: 'The guest runs now.' };
}

const isStopped = ({ status }: GuestStatus): boolean => status === 'stopped';
const runs = (status: GuestStatus): boolean => status.status === 'running' && !isPaused(status);

const serviceStops = 'Everything it serves stops until it is started again.';

const specs: readonly PowerSpec[] = [
  {
    id: 'pve.guest.start',
    title: 'Start guest',
    label: 'Start',
    verb: 'start',
    risk: 'safe',
    group: 'change',
    qemuOnly: false,
    bulk: true,
    excuse: (running) => (running ? 'It runs already.' : null),
    blockers: ({ status }) =>
      status === 'running' ? [{ text: 'It runs already.', remedy: 'Refresh the cluster.' }] : [],
    consequences: () => [],
    explain: 'Starts the guest on its node, with what its configuration says.',
    undo: 'Shut it down again.',
    timeoutSeconds: () => 300,
    verify: sees(({ status }) => status === 'running'),
  },
  {
    id: 'pve.guest.shutdown',
    title: 'Shut down guest',
    label: 'Shut down…',
    verb: 'shutdown',
    risk: 'destructive',
    group: 'change',
    qemuOnly: false,
    bulk: true,
    excuse: whileStopped,
    blockers: needsRunning,
    consequences: (status, input) => [
      warning(serviceStops),
      ...(Number(status.agent ?? 0) === 1 || !('forceStop' in input) || input.type === 'lxc'
        ? []
        : [info('It has no guest agent, so it is asked by ACPI: some systems do not answer to that.')]),
      ...('forceStop' in input && input.forceStop
        ? [
            warning(
              `If it does not end within ${input.timeout} s, its power is cut: what it had not written is lost.`,
            ),
          ]
        : []),
    ],
    explain: 'Asks the system in the guest to shut down, and waits for it.',
    undo: 'Start it again.',
    timeoutSeconds: (input) => ('timeout' in input ? input.timeout : 60) + 60,
    verify: sees(isStopped),
  },
  {
    id: 'pve.guest.stop',
    title: 'Stop guest',
    label: 'Stop (cut the power)…',
    verb: 'stop',
    risk: 'destructive',
    group: 'destroy',
    qemuOnly: false,
    bulk: true,
    excuse: whileStopped,
    blockers: needsRunning,
    consequences: () => [
      {
        severity: 'loss',
        text: 'Its power is cut: what it had not written to its disks is lost.',
        items: [],
      },
      warning(serviceStops),
    ],
    explain: 'Ends the guest at once, like pulling the plug.',
    undo: null,
    timeoutSeconds: () => 120,
    verify: sees(isStopped),
  },
  {
    id: 'pve.guest.reboot',
    title: 'Reboot guest',
    label: 'Reboot',
    verb: 'reboot',
    risk: 'destructive',
    group: 'change',
    qemuOnly: false,
    bulk: true,
    excuse: whileStopped,
    blockers: needsRunning,
    consequences: () => [
      warning('Everything it serves is away until it is up again.'),
      info('What waits in its configuration takes effect.'),
    ],
    explain: 'Asks the system in the guest to shut down, then starts it anew.',
    undo: null,
    timeoutSeconds: () => 660,
    verify: sawRestart,
  },
  {
    id: 'pve.guest.reset',
    title: 'Reset guest',
    label: 'Reset (cut and start)…',
    verb: 'reset',
    risk: 'destructive',
    group: 'destroy',
    qemuOnly: true,
    bulk: false,
    excuse: whileStopped,
    blockers: needsRunning,
    consequences: () => [
      {
        severity: 'loss',
        text: 'It restarts at once: what it had not written to its disks is lost.',
        items: [],
      },
    ],
    explain: 'Resets the virtual machine, like its reset button.',
    undo: null,
    timeoutSeconds: () => 120,
    verify: sawRestart,
  },
  {
    id: 'pve.guest.suspend',
    title: 'Pause guest',
    label: 'Pause',
    verb: 'suspend',
    risk: 'destructive',
    group: 'change',
    qemuOnly: true,
    bulk: false,
    excuse: whileStopped,
    blockers: (status) => [
      ...needsRunning(status),
      ...(isPaused(status) ? [{ text: 'It is paused already.', remedy: 'Resume it.' }] : []),
    ],
    consequences: () => [
      warning('It stands still, and its connections may time out. Its memory stays taken.'),
    ],
    explain: 'Stops the processors of the virtual machine; it stays in memory.',
    undo: 'Resume it.',
    timeoutSeconds: () => 120,
    verify: sees(isPaused),
  },
  {
    id: 'pve.guest.resume',
    title: 'Resume guest',
    label: 'Resume',
    verb: 'resume',
    risk: 'safe',
    group: 'change',
    qemuOnly: true,
    bulk: false,
    excuse: whileStopped,
    blockers: (status) => [
      ...needsRunning(status),
      ...(isPaused(status) ? [] : [{ text: 'It is not paused.', remedy: 'Refresh the cluster.' }]),
    ],
    consequences: () => [],
    explain: 'Lets a paused virtual machine go on.',
    undo: 'Pause it again.',
    timeoutSeconds: () => 120,
    verify: sees(runs),
  },
];

function stepOf(spec: PowerSpec, input: PlainInput | ShutdownInput): ApiStepDraft {
  const { type, node, vmid } = input;
  const template = `POST /nodes/{node}/${type}/{vmid}/status/${spec.verb}`;
  return {
    title: `${spec.title} ${vmid}`,
    call: changeCall(
      template as ChangeTemplate,
      { node, vmid },
      'forceStop' in input ? { timeout: input.timeout, forceStop: input.forceStop } : {},
    ),
    explain: spec.explain,
    timeoutSeconds: spec.timeoutSeconds(input),
  };
}

function offerOf(spec: PowerSpec, subject: ClusterSubject): OfferDraft | null {
  if (subject.kind !== 'guest') return null;
  const { guest } = subject;
  if (spec.qemuOnly && guest.type === 'lxc') return null;
  const excuse =
    guest.status === 'unknown'
      ? `Node ${guest.node} is down, so nothing is known of this guest.`
      : guest.template
        ? 'It is a template.'
        : spec.excuse(guest.status !== 'stopped');
  return {
    label: spec.label,
    group: spec.group,
    excuse,
    input: { ...guestInput(guest) },
    fields:
      spec.verb === 'shutdown'
        ? [
            numberField('timeout', 'Seconds it gets', 60, { min: 10, max: 3600 }),
            switchField('forceStop', 'Cut its power when it takes longer', false),
          ]
        : [],
  };
}

async function planPower(
  spec: PowerSpec,
  context: ApiContext,
  input: PlainInput | ShutdownInput,
): Promise<PlanDraft<ApiStepDraft>> {
  const status = await readGuest(context, input);
  const blockers = [
    ...guestBlockers(input, status),
    ...templateBlocker(status),
    ...(spec.qemuOnly && input.type === 'lxc'
      ? [{ text: `A ${guestWords.lxc} has no such thing.`, remedy: 'Shut it down or stop it instead.' }]
      : []),
    ...(status === null ? [] : spec.blockers(status)),
  ];
  const managed = Number(status?.ha?.managed ?? 0) === 1;
  return {
    risk: spec.risk,
    target: targetOf(input, status),
    steps: spec.qemuOnly && input.type === 'lxc' ? [] : [stepOf(spec, input)],
    consequences: [
      ...(status === null ? [] : spec.consequences(status, input)),
      ...(managed
        ? [
            info(
              'High availability manages it: the request goes to its manager, which may do it a little later, or on another node.',
            ),
          ]
        : []),
    ],
    blockers,
    undo: spec.undo,
    // A process is of one guest only, and of one start of it; reading more would double the requests of fifty guests.
    preconditions: { guest: guestForComparison(status), pid: status?.pid ?? null },
  };
}

async function verifyPower(
  spec: PowerSpec,
  context: ApiContext,
  input: PlainInput | ShutdownInput,
  before: Record<string, unknown>,
): Promise<Verification> {
  const status = await readGuest(context, input);
  if (status === null)
    return { status: 'not-there', text: `The guest is not on node ${input.node} any more.` };
  const seen = spec.verify(status, before);
  const managed = Number(status.ha?.managed ?? 0) === 1;
  // The manager of high availability does it in its own time.
  return managed && seen.status === 'not-there' ? { status: 'pending', text: seen.text } : seen;
}

function definitionOf<Input extends PlainInput | ShutdownInput>(
  spec: PowerSpec,
  input: z.ZodType<Input>,
): ApiActionDefinition<Input> {
  return {
    id: spec.id,
    title: spec.title,
    backend: null,
    minimumAccess: 'operate',
    risk: spec.risk,
    ...(spec.bulk ? { bulk: bulkGuests } : {}),
    input,
    offer: (subject) => offerOf(spec, subject),
    plan: (context, given) => planPower(spec, context, given),
    verify: (context, given, { preconditions }) => verifyPower(spec, context, given, preconditions),
    explainFailure: explainGuestFailure,
  };
}

function bound(id: PveActionId): BoundAction<ApiStepDraft> {
  const spec = specs.find((each) => each.id === id);
  if (spec === undefined) throw new Error(`${id} is no power action.`);
  return spec.verb === 'shutdown'
    ? bindApiAction(definitionOf(spec, shutdownInput))
    : bindApiAction(definitionOf(spec, plainInput));
}

export const powerActions = {
  'pve.guest.start': bound('pve.guest.start'),
  'pve.guest.shutdown': bound('pve.guest.shutdown'),
  'pve.guest.stop': bound('pve.guest.stop'),
  'pve.guest.reboot': bound('pve.guest.reboot'),
  'pve.guest.reset': bound('pve.guest.reset'),
  'pve.guest.suspend': bound('pve.guest.suspend'),
  'pve.guest.resume': bound('pve.guest.resume'),
} as const;
