import { z } from 'zod';
import { execArgv, isCommandWord } from '../../../sandbox/microsandbox/lifecycle';
import { gateMark } from '../../../ssh/exec-errors';
import type { ActionDefinition } from '../../action';
import { numberField, textField } from '../fields';
import {
  lookAtSandbox,
  mountItems,
  restsOn,
  sandboxNameSchema,
  sandboxOf,
  unknownSandbox,
} from './sandbox-reads';

const input = z.strictObject({
  name: sandboxNameSchema,
  /** Its program and its arguments, one a line: no shell looks at them. */
  command: z
    .string()
    .min(1)
    .max(16_384)
    .transform((text) => text.split('\n').map((line) => line.replace(/\r$/, '')))
    .pipe(
      z
        .array(
          z.string().refine(isCommandWord, 'must be 1 to 4096 characters, none of them a control character'),
        )
        .min(1)
        .max(64),
    ),
  /** Then msb kills it. */
  seconds: z.int().min(1).max(3600),
});

/** Beyond the time that msb gives the command: to reach its agent, and to end it. */
const spareSeconds = 60;

/** What msb says when it ran nothing, by the beginning of a line. A command may say the same: then nobody can tell. */
const ofMsb: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [
    /^error: sandbox not found: /m,
    'msb has no such sandbox any more, so the command did not run. Refresh the host.',
  ],
  [
    /^error: failed to start "/m,
    'The sandbox had stopped, so msb tried to start it, and it did not start. The command did not run.',
  ],
  [
    /^error: sandbox '[^']+' is in state \w+ and cannot be started/m,
    'The sandbox was paused meanwhile, so the command did not run. Resume it first.',
  ],
  [
    /^error: sandbox "[^"]+" has no (?:agent endpoint|live runtime)/m,
    'Nothing runs behind the sandbox, so the command did not run. Stop it, then start it.',
  ],
  [
    /^error: (?:exec|command) timed out after /m,
    'The command did not end in its time, so msb killed it in the sandbox.',
  ],
];

/** SECURITY: nothing of what came back stands in it, for this is recorded. */
function tellFailure(exitCode: number, stderr: string): string {
  const known = exitCode === 1 ? ofMsb.find(([pattern]) => pattern.test(stderr)) : undefined;
  if (known !== undefined) return known[1];
  if (exitCode === 2 && /^error: [^\n]*\n[\s\S]*^Usage: msb exec /m.test(stderr)) {
    return 'This msb did not understand how the command was given to it, so the command did not run.';
  }
  const ended = `The command ended with exit code ${exitCode}. That is its own answer: msb ran it.`;
  if (exitCode === 126 && stderr.startsWith(`${gateMark}: refused`)) {
    return 'The forced command of this key seems to have refused it, so it did not run: it lets words of letters, digits and _ @ % + = : , . / - through, and no others.';
  }
  return exitCode === 127 ? `${ended} Most often that code says that there is no such program there.` : ended;
}

export const execInSandbox: ActionDefinition<z.infer<typeof input>> = {
  id: 'msb.sandbox.exec',
  title: 'Run command in sandbox',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input,

  offer(subject) {
    const sandbox = sandboxOf(subject);
    if (sandbox === null) return null;
    return {
      label: 'Run a command in it…',
      group: 'maintenance',
      excuse: sandbox.state === 'Running' ? null : `It is ${sandbox.state}, so nothing can be run in it.`,
      input: { name: sandbox.name },
      fields: [
        textField('command', 'Command', '', {
          maxLength: 16_384,
          lines: 4,
          placeholder: '/bin/df\n-h\n/data',
          help: 'The program, then its arguments, one a line. No shell looks at it: * and > mean themselves. It is recorded: give no password here.',
        }),
        numberField('seconds', 'Seconds until it is killed', 60, { min: 1, max: 3600 }),
      ],
    };
  },

  async plan(context, { name, command, seconds }) {
    const found = await lookAtSandbox(context, name);
    const { sandbox, detail } = found;
    const mounts = mountItems(detail);
    return {
      risk: 'catastrophic',
      target: { kind: 'sandbox', name },
      steps: [
        {
          title: `Run ${command[0] ?? ''} in ${name}`,
          argv: execArgv(name, command, seconds),
          explain: `msb exec gives the words behind -- to the agent in the sandbox, which starts the program without a shell; --no-tty leaves its output as it is. After ${seconds} s msb kills it.`,
          acceptExitCodes: [0],
          timeoutSeconds: seconds + spareSeconds,
          privileged: false,
          foreignFailure: tellFailure,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: 'It runs in the sandbox as the user that the sandbox was made with, mostly root, and does there whatever it does. Holdfast cannot undo it.',
          items: command.map((word, at) => ({ name: `${at}: ${word}`, sizeBytes: null })),
        },
        ...(mounts.length === 0
          ? []
          : [
              {
                severity: 'warning' as const,
                text: 'These volumes are within its reach:',
                items: mounts,
              },
            ]),
        {
          severity: 'info',
          text: 'What comes back is shown here when you ask for it. It is not recorded: it may hold secrets. At most 1 MiB is kept, and the first 64 KiB are shown.',
          items: [],
        },
      ],
      blockers: [
        ...(sandbox === null ? [unknownSandbox(name)] : []),
        // msb itself would start one that is stopped.
        ...(sandbox === null || sandbox.state === 'Running'
          ? []
          : [
              {
                text: `${name} is ${sandbox.state}, so nothing can be run in it.`,
                remedy: sandbox.state === 'Paused' ? 'Resume it first.' : 'Start it first.',
              },
            ]),
      ],
      undo: null,
      preconditions: restsOn(found),
    };
  },

  async verify(context, { name }) {
    const { sandbox } = await lookAtSandbox(context, name);
    const now = sandbox === null ? 'is not listed any more' : `is ${sandbox.state}`;
    return { status: 'skipped', text: `What it did is known to the sandbox alone. ${name} ${now}.` };
  },

  // What went wrong is told by the step, which alone has the words of msb.
  explainFailure: () => null,
};
