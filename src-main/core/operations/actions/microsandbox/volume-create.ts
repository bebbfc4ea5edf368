import { z } from 'zod';
import type { Consequence } from '../../../../../src-preload/contract/operations';
import { createDirectoryArgv, createDiskArgv } from '../../../sandbox/microsandbox/commands';
import { sizeMib } from '../../../sandbox/microsandbox/names';
import type { ActionContext, ActionDefinition, PlanDraft, StepDraft } from '../../action';
import { sizeField, textField } from '../fields';
import { bytes, hint } from '../words';
import { explainMsb } from './failures';
import { nameSchema, readFolder, readFree, readHome, readVolumes, sizeSchema } from './reads';

const preconditionsSchema = z.object({ taken: z.boolean() });
const mebibyte = 1024 * 1024;

const nameHelp = 'Letters, digits, dots, hyphens and underscores. Sandboxes mount it by this name.';

/** What stands against the name, whatever kind it gets: a record, or a directory without one. */
async function planOf(
  context: ActionContext,
  name: string,
  step: StepDraft,
  consequences: (home: string) => Promise<Consequence[]>,
): Promise<PlanDraft> {
  const [volumes, home] = await Promise.all([readVolumes(context), readHome(context)]);
  const folder = await readFolder(context, home);
  const recorded = volumes.some((volume) => volume.name === name);
  const orphan = !recorded && folder.names.has(name);
  return {
    risk: 'safe',
    target: { kind: 'sandbox volume', name },
    steps: [step],
    consequences: await consequences(home),
    blockers: recorded
      ? [{ text: `There is a volume ${name} already.`, remedy: 'Choose another name.' }]
      : orphan
        ? [
            {
              text: `A directory ${name} lies among the volumes, but msb has no record of it. It makes no volume over it.`,
              remedy: 'Choose another name, or set the directory aside first.',
            },
          ]
        : [],
    undo: hint('msb', 'volume', 'rm', '--', name),
    preconditions: { taken: recorded || orphan, home },
  };
}

async function verify(context: ActionContext, name: string, kind: 'directory' | 'disk', taken: boolean) {
  if (taken) return { status: 'not-there', text: `${name} was there before.` } as const;
  const [volumes, home] = await Promise.all([readVolumes(context), readHome(context)]);
  const made = volumes.find((volume) => volume.name === name);
  if (made === undefined) return { status: 'not-there', text: `msb lists no volume ${name}.` } as const;
  if (made.kind !== kind) return { status: 'not-there', text: `${name} is a ${made.kind}.` } as const;
  const there = (await readFolder(context, home)).names.has(name);
  return there
    ? ({ status: 'confirmed', text: `msb lists ${name}, and its directory is there.` } as const)
    : ({ status: 'not-there', text: `msb lists ${name}, but its directory is not there.` } as const);
}

const directoryInput = z.strictObject({ name: nameSchema });

export const createDirectory: ActionDefinition<z.infer<typeof directoryInput>> = {
  id: 'msb.volume.createDirectory',
  title: 'Create sandbox volume (directory)',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: directoryInput,

  offer(subject) {
    if (subject.kind !== 'sandbox-host') return null;
    return {
      label: 'Directory volume…',
      group: 'create',
      excuse: null,
      input: {},
      fields: [textField('name', 'Name', '', { help: nameHelp, maxLength: 250, placeholder: 'cache' })],
    };
  },

  plan: (context, { name }) =>
    planOf(
      context,
      name,
      {
        title: `Create ${name}`,
        argv: createDirectoryArgv(name),
        explain:
          'msb volume create --kind dir makes an empty directory and records it; -- keeps the name from being read as an option.',
        acceptExitCodes: [0],
        timeoutSeconds: 60,
        privileged: false,
      },
      async () => [
        {
          severity: 'info',
          text: 'A directory holds as much as the file system it lies on: msb sets no quota here. A quota comes with the mount of a sandbox (--mount-named NAME:/path:quota=SIZE), labels with the SDK.',
          items: [],
        },
      ],
    ),

  verify: (context, { name }, { preconditions }) =>
    verify(context, name, 'directory', preconditionsSchema.parse(preconditions).taken),
  explainFailure: explainMsb,
};

const diskInput = z.strictObject({ name: nameSchema, size: sizeSchema });

function mibOf(size: string): number {
  const found = sizeMib(size);
  if ('complaint' in found) throw new RangeError(found.complaint);
  return found.mib;
}

export const createDisk: ActionDefinition<z.infer<typeof diskInput>> = {
  id: 'msb.volume.createDisk',
  title: 'Create sandbox volume (disk)',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: diskInput,

  offer(subject) {
    if (subject.kind !== 'sandbox-host') return null;
    return {
      label: 'Disk volume…',
      group: 'create',
      excuse: null,
      input: {},
      fields: [
        textField('name', 'Name', '', { help: nameHelp, maxLength: 250, placeholder: 'docker-data' }),
        sizeField('size', 'Capacity', '1G', {
          help: 'As 512M, 10G or 1.5G. At least 68 MiB, less than 16 TiB. It can’t be changed later.',
        }),
      ],
    };
  },

  plan: (context, { name, size }) => {
    const mib = mibOf(size);
    return planOf(
      context,
      name,
      {
        title: `Create ${name} with ${bytes(mib * mebibyte)}`,
        argv: createDiskArgv(name, mib),
        explain:
          'msb volume create --kind disk makes a sparse disk.raw and formats it ext4; --size in whole MiB, so that nothing is rounded.',
        acceptExitCodes: [0],
        timeoutSeconds: 300,
        privileged: false,
      },
      async (home) => {
        const free = await readFree(context, home);
        const wanted = mib * mebibyte;
        return [
          {
            severity: 'info',
            text: `The image is sparse: it takes room only as it fills, up to ${bytes(wanted)}.`,
            items: [],
          },
          ...(free !== null && wanted > free
            ? [
                {
                  severity: 'warning' as const,
                  text: `Only ${bytes(free)} are free where it lies: a sandbox that fills it meets errors before it is full.`,
                  items: [],
                },
              ]
            : []),
        ];
      },
    );
  },

  verify: (context, { name }, { preconditions }) =>
    verify(context, name, 'disk', preconditionsSchema.parse(preconditions).taken),
  explainFailure: explainMsb,
};
