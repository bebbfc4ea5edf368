import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Blocker, Risk } from '../../../../../src-preload/contract/operations';
import type { Guest } from '../../../../../src-preload/contract/clusters';
import { apiPath } from '../../../proxmox/client/path';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, OfferDraft } from '../../action';
import { numberField, textField } from '../fields';
import { explainGuestFailure } from './failures';
import { identityOf } from './guest-drives';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  nodeNameSchema,
  readGuest,
  targetOf,
  templateBlocker,
  vmidSchema,
} from './guest-reads';
import { bindChange, info, loss, warning, type SingleChange } from './single-change';

const guestShape = { type: z.literal('qemu'), node: nodeNameSchema, vmid: vmidSchema };
interface AgentInput {
  type: 'qemu';
  node: string;
  vmid: number;
}

/** F149. An argument may hold anything but NUL: it is one item of a list, and no shell sees it. */
const argumentSchema = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\0]*$/, 'holds a NUL');
const filePathSchema = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'must be an absolute path');
/** `content` of agent/file-write takes 60 KiB in one call (PVE/API2/Qemu/Agent.pm 9.2). */
const mostContent = 61_440;
/** `input-data` of agent/exec. */
const mostInput = 65_536;

interface Found {
  status: GuestStatus | null;
  /** Why the agent cannot be asked; null: it answers as far as is known. */
  silent: string | null;
  identity: string[];
}

const configSchema = z
  .looseObject({ agent: z.union([z.string(), z.number()]).transform(String).optional() })
  .transform((config) => ({ agent: config.agent, identity: identityOf('qemu', config) }));

async function look(context: ApiContext, input: AgentInput): Promise<Found> {
  const status = await readGuest(context, input);
  if (status === null || status.status !== 'running') return { status, silent: null, identity: [] };
  const { node, vmid } = input;
  const { agent = '0', identity } = await context.get(
    'read the configuration of the guest',
    apiPath('/nodes/{node}/qemu/{vmid}/config', { node, vmid }),
    configSchema,
  );
  // `1`, or `enabled=1,fstrim_cloned_disks=1`
  const on = /^(?:enabled=)?1(?:,|$)/.test(agent);
  return {
    status,
    silent: on ? null : 'Its guest agent is switched off in its configuration.',
    identity,
  };
}

function blockersOf(input: AgentInput, { status, silent }: Found): Blocker[] {
  return [
    ...guestBlockers(input, status),
    ...templateBlocker(status),
    ...(status !== null && status.status !== 'running'
      ? [{ text: 'It does not run, so its agent cannot be asked.', remedy: 'Start it first.' }]
      : []),
    ...(silent === null
      ? []
      : [
          {
            text: silent,
            remedy: 'Install qemu-guest-agent in it and switch on the option QEMU Guest Agent.',
          },
        ]),
  ];
}

const restsOn = ({ status, silent, identity }: Found) => ({
  guest: guestForComparison(status),
  silent,
  identity,
});

function offerOf(guest: Guest, label: string, fields: OfferDraft['fields']): OfferDraft | null {
  if (guest.type !== 'qemu' || guest.template) return null;
  return {
    label,
    group: 'maintenance',
    excuse:
      guest.status === 'unknown'
        ? `Node ${guest.node} is down.`
        : guest.status === 'running'
          ? null
          : 'It does not run, so its agent cannot be asked.',
    input: { ...guestInput(guest) },
    fields,
  };
}

function explainFailure(message: string): { message: string; remedy: string } | null {
  if (/guest agent is not running/.test(message)) {
    return {
      message: 'Its guest agent does not answer, so nothing was done.',
      remedy: 'Install qemu-guest-agent in the guest and start it; one that hangs is started anew there.',
    };
  }
  const error = /Agent error: (.*)/.exec(message)?.[1];
  if (error !== undefined) {
    return {
      message: `The guest agent refused: ${error}`,
      remedy: 'Look at the path and at what is installed there.',
    };
  }
  return explainGuestFailure(message);
}

const redacted =
  'What comes back is shown here when you ask for it. It is not recorded: it may hold secrets.';

/** What all three have in common: they reach into a guest as its root (F148). */
function agentChange<Input extends AgentInput>(
  change: Omit<
    SingleChange<Input, Found>,
    'backend' | 'minimumAccess' | 'risk' | 'look' | 'explainFailure'
  > & {
    risk?: Risk;
  },
) {
  return bindChange<Input, Found>({
    backend: null,
    minimumAccess: 'administer',
    risk: 'catastrophic',
    look,
    explainFailure,
    ...change,
  });
}

// Command

const execInput = z.strictObject({
  ...guestShape,
  /** Its program and its arguments, one a line: no shell looks at them. */
  command: z
    .string()
    .min(1)
    .max(16_384)
    .transform((text) => text.split('\n').map((line) => line.replace(/\r$/, '')))
    .pipe(z.array(argumentSchema).min(1).max(64)),
  /** Goes to its standard input. */
  inputData: z.string().max(mostInput).nullable(),
  seconds: z.int().min(1).max(3600),
});

const exec = agentChange<z.infer<typeof execInput>>({
  id: 'pve.agent.exec',
  title: 'Run command in guest',
  secrets: ['inputData'],
  input: execInput,
  offer: (subject) =>
    subject.kind !== 'guest'
      ? null
      : offerOf(subject.guest, 'Run a command in it…', [
          textField('command', 'Command', '', {
            maxLength: 16_384,
            lines: 4,
            placeholder: '/usr/bin/systemctl\nis-active\nnginx',
            help: 'The program, then its arguments, one a line. No shell looks at it: * and > mean themselves.',
          }),
          textField('inputData', 'Standard input', '', {
            required: false,
            maxLength: mostInput,
            lines: 3,
            help: 'Never shown or recorded.',
          }),
          numberField('seconds', 'Seconds to wait for its end', 60, { min: 1, max: 3600 }),
        ]),
  draft: (input, found) => {
    const { node, vmid, command, inputData } = input;
    return {
      target: targetOf(input, found.status),
      title: `Run ${command[0] ?? ''} in ${vmid}`,
      call: changeCall(
        'POST /nodes/{node}/qemu/{vmid}/agent/exec',
        { node, vmid },
        { command, 'input-data': inputData ?? undefined },
      ),
      explain: 'The guest agent starts it as root. Holdfast waits for its end.',
      follow: 'agent-command',
      timeoutSeconds: input.seconds,
      consequences: [
        loss('It runs as root in the guest, and does there whatever it does. Holdfast cannot undo it.', [
          ...command.map((argument, at) => ({ name: `${at}: ${argument}`, sizeBytes: null })),
        ]),
        info(redacted),
        ...(inputData === null
          ? []
          : [
              info(
                `${inputData.length} characters go to its standard input. They are not shown or recorded.`,
              ),
            ]),
      ],
      blockers: blockersOf(input, found),
      undo: null,
      restsOn: restsOn(found),
    };
  },
  judge: () => ({ status: 'skipped', text: 'What it did is known to the guest alone.' }),
});

// Read a file

const readInput = z.strictObject({ ...guestShape, file: filePathSchema });

const readFile = agentChange<z.infer<typeof readInput>>({
  id: 'pve.agent.readFile',
  title: 'Read file in guest',
  input: readInput,
  offer: (subject) =>
    subject.kind !== 'guest'
      ? null
      : offerOf(subject.guest, 'Read a file in it…', [
          textField('file', 'File', '', { maxLength: 4096, placeholder: '/etc/os-release' }),
        ]),
  draft: (input, found) => {
    const { node, vmid, file } = input;
    return {
      target: targetOf(input, found.status),
      title: `Read ${file} in ${vmid}`,
      call: changeCall('GET /nodes/{node}/qemu/{vmid}/agent/file-read', { node, vmid }, { file }),
      explain: 'The guest agent reads it as root. Nothing in the guest is changed.',
      follow: 'agent-file',
      consequences: [
        warning('Root reads every file, also private keys and passwords.'),
        info(`${redacted} At most the first 64 KiB are shown.`),
      ],
      blockers: blockersOf(input, found),
      undo: 'There is nothing to undo: the file stays as it is.',
      restsOn: restsOn(found),
    };
  },
  judge: () => ({ status: 'skipped', text: 'Nothing in the guest was changed.' }),
});

// Write a file

const writeInput = z.strictObject({
  ...guestShape,
  file: filePathSchema,
  /** null: it was not kept. */
  content: z.string().max(mostContent).nullable(),
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const writeFile = agentChange<z.infer<typeof writeInput>>({
  id: 'pve.agent.writeFile',
  title: 'Write file in guest',
  secrets: ['content'],
  input: writeInput,
  offer: (subject) =>
    subject.kind !== 'guest'
      ? null
      : offerOf(subject.guest, 'Write a file in it…', [
          textField('file', 'File', '', { maxLength: 4096, placeholder: '/etc/motd' }),
          textField('content', 'What is in it', '', {
            required: false,
            maxLength: mostContent,
            lines: 8,
            help: 'At most 60 KiB, which is what the agent takes at a time. Never shown or recorded.',
          }),
        ]),
  draft: (input, found) => {
    const { node, vmid, file, content } = input;
    const text = content ?? '';
    const size = Buffer.byteLength(text);
    return {
      target: targetOf(input, found.status),
      title: `Write ${file} in ${vmid}`,
      call: changeCall(
        'POST /nodes/{node}/qemu/{vmid}/agent/file-write',
        { node, vmid },
        { file, content: text },
        { hidden: { content: `(${size} bytes, SHA-256 ${sha256(text)})` } },
      ),
      explain: 'The guest agent writes it as root, in the place of what is there.',
      consequences: [
        loss(`What ${file} holds now is lost, if there is such a file. Holdfast keeps no copy of it.`),
        info(
          `${size} bytes are written. They are not shown or recorded, but for their length and their SHA-256.`,
        ),
      ],
      blockers: [
        ...blockersOf(input, found),
        ...(size > mostContent
          ? [{ text: `It is ${size} bytes long.`, remedy: `Write at most ${mostContent} bytes at a time.` }]
          : []),
      ],
      undo: null,
      restsOn: restsOn(found),
    };
  },
  judge: () => ({
    status: 'skipped',
    text: 'The guest agent says that it was written; read the file to see it.',
  }),
});

export const agentActions = {
  'pve.agent.exec': exec,
  'pve.agent.readFile': readFile,
  'pve.agent.writeFile': writeFile,
} as const;
