import { z } from 'zod';
import type { PlanDraft, ActionContext, ActionDefinition } from '../operations/action';
import { bindAction, catalogueOf, type Catalogue } from '../operations/bound-action';

/**
 * A catalogue for tests whose objects are files: real commands, real effects, no storage needed.
 * It borrows ids of the real catalogue because these are what the contract lets through.
 */
const pathSchema = z.string().regex(/^\/[A-Za-z0-9/._-]*$/);
const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/);
const fileInput = z.strictObject({ directory: pathSchema, name: nameSchema });
type FileInput = z.infer<typeof fileInput>;

async function filesOf(context: ActionContext, directory: string): Promise<string[]> {
  const { stdout } = await context.read('list files', ['ls', '-1A', '--', directory]);
  return stdout.split('\n').filter((line) => line !== '');
}

async function inodeOf(context: ActionContext, { directory, name }: FileInput): Promise<string | null> {
  const { exitCode, stdout } = await context.read(
    'read the inode',
    ['stat', '-c', '%i', '--', `${directory}/${name}`],
    {
      acceptExitCodes: [0, 1],
    },
  );
  return exitCode === 0 ? stdout.trim() : null;
}

const step = (title: string, argv: readonly string[], timeoutSeconds = 20): PlanDraft['steps'][number] => ({
  title,
  argv,
  explain: `${title}.`,
  acceptExitCodes: [0],
  timeoutSeconds,
});

const noFailureKnown = (): null => null;

/** Safe, one step: `touch`. */
const createFile: ActionDefinition<FileInput> = {
  id: 'zfs.snapshot.create',
  title: 'Create file',
  backend: 'zfs',
  minimumAccess: 'operate',
  risk: 'safe',
  input: fileInput,
  offer: () => null,
  plan: async (context, input) => {
    const files = await filesOf(context, input.directory);
    return {
      risk: 'safe',
      target: { kind: 'file', name: input.name },
      steps: [step('Create', ['touch', '--', `${input.directory}/${input.name}`])],
      consequences: [{ severity: 'info', text: 'Creates an empty file.', items: [] }],
      blockers: files.includes(input.name)
        ? [{ text: `${input.name} is there already.`, remedy: 'Choose another name.' }]
        : [],
      undo: 'Destroy the file.',
      preconditions: { there: files.includes(input.name) },
    };
  },
  verify: async (context, input) => {
    const there = (await filesOf(context, input.directory)).includes(input.name);
    return there
      ? { status: 'confirmed', text: `${input.name} is there.` }
      : { status: 'not-there', text: `${input.name} is not there.` };
  },
  explainFailure: (_exitCode, stderr) =>
    stderr.includes('No such file') ? { message: 'The folder is gone.', remedy: 'Create the folder.' } : null,
};

/** Destructive, one step: `rm`. */
const destroyFile: ActionDefinition<FileInput> = {
  id: 'zfs.snapshot.destroy',
  title: 'Destroy file',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'destructive',
  bulk: { one: 'file', many: 'files' },
  input: fileInput,
  offer: () => null,
  plan: async (context, input) => {
    const inode = await inodeOf(context, input);
    return {
      risk: 'destructive',
      target: { kind: 'file', name: input.name },
      steps: [step('Destroy', ['rm', '--', `${input.directory}/${input.name}`])],
      consequences: [
        { severity: 'info', text: 'Frees its space.', items: [] },
        { severity: 'loss', text: 'The file is lost.', items: [{ name: input.name, sizeBytes: 0 }] },
      ],
      blockers: inode === null ? [{ text: `${input.name} is not there.`, remedy: 'Choose another.' }] : [],
      undo: null,
      preconditions: { inode },
    };
  },
  verify: async (context, input, { preconditions }) => {
    const inode = await inodeOf(context, input);
    return inode === null || inode !== preconditions['inode']
      ? { status: 'confirmed', text: `${input.name} is gone.` }
      : { status: 'not-there', text: `${input.name} is still there.` };
  },
  explainFailure: noFailureKnown,
};

/** Catastrophic, three steps, the second of which fails while `name.lock` exists. */
const replaceFile: ActionDefinition<FileInput> = {
  id: 'zfs.snapshot.rollback',
  title: 'Replace file',
  backend: 'zfs',
  minimumAccess: 'administer',
  risk: 'catastrophic',
  bulk: { one: 'file', many: 'files' },
  input: fileInput,
  offer: () => null,
  plan: async (_context, { directory, name }) => ({
    risk: 'catastrophic',
    target: { kind: 'file', name },
    steps: [
      step('Create the first', ['touch', '--', `${directory}/${name}.one`]),
      step('Make the folder', ['mkdir', '--', `${directory}/${name}.lock`]),
      step('Create the last', ['touch', '--', `${directory}/${name}.two`]),
    ],
    consequences: [],
    blockers: [],
    undo: null,
    preconditions: {},
  }),
  verify: async (context, { directory, name }) =>
    (await filesOf(context, directory)).includes(`${name}.two`)
      ? { status: 'confirmed', text: 'All is there.' }
      : { status: 'not-there', text: 'The last file is not there.' },
  explainFailure: noFailureKnown,
};

const slowInput = z.strictObject({
  directory: pathSchema,
  name: nameSchema,
  seconds: z.int().min(0).max(60),
});

/** Slow: prints, sleeps and then creates the file; its time-out is four seconds. */
const slowFile: ActionDefinition<z.infer<typeof slowInput>> = {
  id: 'lvm.snapshot.create',
  title: 'Create file slowly',
  backend: 'lvm',
  minimumAccess: 'operate',
  risk: 'safe',
  input: slowInput,
  offer: () => null,
  plan: async (_context, { directory, name, seconds }) => ({
    risk: 'safe',
    target: { kind: 'file', name },
    steps: [
      step('Wait', ['sh', '-c', `echo waiting; sleep ${seconds}; touch -- ${directory}/${name}`], 4),
      step('Finish', ['touch', '--', `${directory}/${name}.done`]),
    ],
    consequences: [],
    blockers: [],
    undo: null,
    preconditions: {},
  }),
  verify: async (context, { directory, name }) =>
    (await filesOf(context, directory)).includes(name)
      ? { status: 'confirmed', text: `${name} is there.` }
      : { status: 'not-there', text: `${name} is not there.` },
  explainFailure: noFailureKnown,
};

/**
 * Three steps with all that the road knows beyond plain commands: input, tries, clean-up. The last one fails while
 * `name.busy` exists in the words of a busy device, and while `name.broken` exists in others; it counts its tries.
 */
const buildFile: ActionDefinition<FileInput> = {
  id: 'lvm.snapshot.rollback',
  title: 'Build file',
  backend: 'lvm',
  minimumAccess: 'operate',
  risk: 'safe',
  bulk: { one: 'file', many: 'files' },
  input: fileInput,
  offer: () => null,
  plan: async (_context, { directory, name }) => {
    const path = `${directory}/${name}`;
    return {
      risk: 'safe',
      target: { kind: 'file', name },
      steps: [
        {
          ...step('Create the first', ['touch', '--', `${path}.one`]),
          cleanUp: step('Remove the first', ['rm', '--', `${path}.one`]),
        },
        {
          ...step('Write the second', ['tee', '--', `${path}.two`]),
          stdin: `{"name":"${name}"}`,
          cleanUp: { ...step('Remove the second', ['rm', '--', `${path}.two`]), after: 'tried' },
        },
        {
          ...step('Try', [
            'sh',
            '-c',
            `echo try >> ${path}.tries; [ ! -e ${path}.broken ] || { echo broken >&2; exit 1; }; [ ! -e ${path}.busy ] || { echo 'remove ioctl on x  failed: Device or resource busy' >&2; exit 1; }`,
          ]),
          retry: { tries: 5, waitMs: 50, stderrHas: ['remove ioctl', 'Device or resource busy'] },
        },
      ],
      consequences: [],
      blockers: [],
      undo: null,
      preconditions: {},
    };
  },
  verify: async (context, { directory, name }) =>
    (await filesOf(context, directory)).includes(`${name}.two`)
      ? { status: 'confirmed', text: `${name}.two is there.` }
      : { status: 'not-there', text: `${name}.two is not there.` },
  explainFailure: noFailureKnown,
};

/** True for the lines of this catalogue that change something; Holdfast's own look at the host is `sh` without a path. */
export function isChange(commandLine: string): boolean {
  return /^LC_ALL=C \/\S+\/(?:touch|rm|mkdir|sh|tee) /.test(commandLine);
}

export const fileCatalogue: Catalogue = catalogueOf([
  bindAction(createFile),
  bindAction(destroyFile),
  bindAction(replaceFile),
  bindAction(slowFile),
  bindAction(buildFile),
]);
