import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { SandboxInventory } from '../../../../../src-preload/contract/sandbox';
import { createSandboxArgv, type MountRequest } from '../../../sandbox/microsandbox/lifecycle';
import { isGuestPath, isImage, isVolumeName, sizeMib } from '../../../sandbox/microsandbox/names';
import { isResting, type MsbSandbox, type MsbVolume } from '../../../sandbox/microsandbox/parse';
import type { ActionContext, ActionDefinition } from '../../action';
import { choiceField, numberField, sizeField, textField } from '../fields';
import { bytes, hint, listed } from '../words';
import { explainMsb } from './failures';
import {
  readDoctor,
  readFree,
  readHome,
  readImages,
  readSandboxes,
  readUses,
  readVolumes,
  sizeSchema,
} from './reads';
import { sandboxNameSchema } from './sandbox-reads';

const mebibyte = 1024 * 1024;
/** The images list of a host that keeps none. */
const noImages =
  'msb keeps no image on this host, and Holdfast downloads none. Load one from an archive, or by hand: msb pull IMAGE';
const mostMounts = 16;

const mountSchema = z.string().transform((line, context) => {
  const [, volume = '', guestPath = '', readOnly] = /^([^:]*):([^:]*)(:ro)?$/.exec(line.trim()) ?? [];
  if (isVolumeName(volume) && isGuestPath(guestPath)) {
    return { volume, guestPath, readOnly: readOnly !== undefined };
  }
  context.addIssue({ code: 'custom', message: 'must be VOLUME:/absolute/path, with :ro behind it or not' });
  return z.NEVER;
});

/** What libkrun can address is more than any host has; a typing error is what this stops. */
const mostMemoryMib = 1024 * 1024;
const memorySchema = z.string().superRefine((text, context) => {
  const size = sizeMib(text);
  if ('complaint' in size) {
    context.addIssue({ code: 'custom', message: 'must be 68M at least, such as 512M or 2G' });
  } else if (size.mib > mostMemoryMib) {
    context.addIssue({ code: 'custom', message: 'must be at most 1024G' });
  }
});

const input = z.strictObject({
  name: sandboxNameSchema,
  image: z.string().refine(isImage, 'must be an image by its reference'),
  cpus: z.int().min(1).max(255),
  memory: memorySchema,
  rootDisk: sizeSchema,
  /** Named volumes and where it has them, one a line. */
  mounts: z
    .string()
    .min(1)
    .max(16_384)
    .transform((text) => text.split('\n').filter((line) => line.trim() !== ''))
    .pipe(z.array(mountSchema).min(1).max(mostMounts))
    .nullable(),
});
type Input = z.infer<typeof input>;
type Mount = NonNullable<Input['mounts']>[number];

const preconditionsSchema = z.object({ taken: z.boolean() });

function mibOf(size: string): number {
  const found = sizeMib(size);
  if ('complaint' in found) throw new RangeError(found.complaint);
  return found.mib;
}

interface World {
  sandboxes: readonly MsbSandbox[];
  volumes: readonly MsbVolume[];
  images: readonly string[];
  /** Disk volume to the sandbox that has it now. */
  held: ReadonlyMap<string, string>;
}

async function look(context: ActionContext, mounts: readonly Mount[]): Promise<World> {
  const [sandboxes, volumes, images] = await Promise.all([
    readSandboxes(context),
    readVolumes(context),
    readImages(context),
  ]);
  const disks = volumes.filter(
    ({ name, kind }) => kind === 'disk' && mounts.some(({ volume }) => volume === name),
  );
  const held = await Promise.all(
    disks.map(async ({ name }): Promise<[string, string][]> => {
      const user = (await readUses(context, name)).find(({ state }) => !isResting(state));
      return user === undefined ? [] : [[name, `${user.sandbox} (${user.state})`]];
    }),
  );
  return {
    sandboxes,
    volumes,
    images: images.map(({ reference }) => reference),
    held: new Map(held.flat()),
  };
}

/** What msb needs to know of each: it would make a volume that it does not know, and mounts a disk only as one. */
function mountRequests(mounts: readonly Mount[], { volumes }: World): MountRequest[] {
  return mounts.map((mount) => {
    const { kind, capacityBytes = null } = volumes.find(({ name }) => name === mount.volume) ?? {};
    const mib = kind === 'disk' && capacityBytes !== null ? Math.floor(capacityBytes / mebibyte) : null;
    return { ...mount, capacityMib: mib };
  });
}

function mountBlockers(mounts: readonly Mount[], { volumes, held }: World): Blocker[] {
  const known = new Map(volumes.map((volume) => [volume.name, volume]));
  const paths = mounts.map(({ guestPath }) => guestPath);
  const twice = new Set(paths.filter((path, at) => paths.indexOf(path) !== at));
  const disks = mounts.map(({ volume }) => volume).filter((name) => known.get(name)?.kind === 'disk');
  const twiceMounted = new Set(disks.filter((name, at) => disks.indexOf(name) !== at));
  return [
    ...mounts.flatMap(({ volume }): Blocker[] => {
      const found = known.get(volume);
      if (found === undefined) {
        return [
          {
            text: `msb has no volume ${volume}, and would make an empty one of that name.`,
            remedy: 'Make it first, or mount one that is there.',
          },
        ];
      }
      const user = held.get(volume);
      if (user !== undefined) {
        return [
          {
            text: `Disk volume ${volume} is attached to ${user}: one sandbox at a time can have a disk.`,
            remedy: 'Stop that sandbox first, or mount another volume.',
          },
        ];
      }
      const whole = found.capacityBytes !== null && found.capacityBytes % mebibyte === 0;
      return found.kind === 'disk' && !whole
        ? [
            {
              text: `The capacity of disk volume ${volume} is no number of whole MiB, and msb mounts it by nothing else.`,
              remedy: 'Mount another volume.',
            },
          ]
        : [];
    }),
    ...[...twice].map((path) => ({
      text: `Two volumes are to be mounted at ${path}.`,
      remedy: 'Give each its own path.',
    })),
    ...[...twiceMounted].map((name) => ({
      text: `Disk volume ${name} is to be mounted twice.`,
      remedy: 'Mount a disk at one path.',
    })),
  ];
}

function consequencesOf(
  { name, cpus, memory, rootDisk, image }: Input,
  mounts: readonly Mount[],
  { cannotStart, free }: { cannotStart: string | null; free: number | null },
): Consequence[] {
  const disk = mibOf(rootDisk) * mebibyte;
  return [
    {
      severity: 'info',
      text: `A new sandbox ${name} is made from ${image} and started in the background, with ${cpus} vCPU${cpus === 1 ? '' : 's'}, ${bytes(mibOf(memory) * mebibyte)} of memory and a sparse root disk of up to ${bytes(disk)}. Nothing is downloaded, and nothing that is there is changed.`,
      items: [],
    },
    {
      severity: 'info',
      text: 'It can reach the public internet, as msb makes it; nothing reaches it.',
      items: [],
    },
    ...(mounts.length === 0
      ? []
      : [
          {
            severity: 'info' as const,
            text: 'It has these volumes while it runs:',
            items: mounts.map(({ volume, guestPath, readOnly }) => ({
              name: `${volume} at ${guestPath}, ${readOnly ? 'read only' : 'to be written'}`,
              sizeBytes: null,
            })),
          },
        ]),
    ...(cannotStart === null
      ? []
      : [
          {
            severity: 'warning' as const,
            text: `No sandbox can start on this host: ${cannotStart}. It is made all the same, and stays stopped.`,
            items: [],
          },
        ]),
    ...(free !== null && disk > free
      ? [
          {
            severity: 'warning' as const,
            text: `Only ${bytes(free)} are free where it lies: it meets errors before its root disk is full.`,
            items: [],
          },
        ]
      : []),
  ];
}

function volumesHelp({ volumes }: SandboxInventory): string {
  const names = volumes
    .filter(({ driver, presence }) => driver === 'microsandbox' && presence === 'whole')
    .map(({ name }) => name);
  const there = names.length === 0 ? 'There is none on this host.' : `There are: ${listed(names, 12)}.`;
  return `One a line: VOLUME:/path, with :ro behind it where it is only read. ${there}`;
}

export const createSandbox: ActionDefinition<Input> = {
  id: 'msb.sandbox.create',
  title: 'Create sandbox',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject) {
    if (subject.kind !== 'sandbox-host') return null;
    const images = subject.sandbox.images
      .filter(({ driver, name }) => driver === 'microsandbox' && isImage(name))
      .map(({ name }) => ({ value: name, label: name }));
    return {
      label: 'Sandbox…',
      group: 'create',
      excuse: images.length === 0 ? noImages : null,
      input: {},
      fields: [
        textField('name', 'Name', '', {
          help: 'Letters, digits, dots, hyphens and underscores.',
          maxLength: 128,
          placeholder: 'ci-runner-2',
        }),
        choiceField('image', 'Image', images, {
          help: 'Those that the host has: nothing is downloaded.',
        }),
        numberField('cpus', 'vCPUs', 1, { min: 1, max: 255 }),
        sizeField('memory', 'Memory', '512M', { help: 'As 512M or 2G.' }),
        sizeField('rootDisk', 'Root disk', '4G', {
          help: 'As 512M, 10G or 1.5G; it takes room only as it fills. At least 68 MiB.',
        }),
        textField('mounts', 'Volumes', '', {
          required: false,
          maxLength: 16_384,
          lines: 3,
          placeholder: 'cache:/root/.cache\ndatasets:/data:ro',
          help: volumesHelp(subject.sandbox),
        }),
      ],
    };
  },

  async plan(context, asked) {
    const { name, image, cpus, memory, rootDisk } = asked;
    const mounts = asked.mounts ?? [];
    const [home, doctor, world] = await Promise.all([
      readHome(context),
      readDoctor(context),
      look(context, mounts),
    ]);
    const free = await readFree(context, home);
    const taken = world.sandboxes.some((each) => each.name === name);
    return {
      risk: 'safe',
      target: { kind: 'sandbox', name },
      steps: [
        {
          title: `Create ${name} from ${image}`,
          argv: createSandboxArgv({
            ...{ name, image, cpus },
            memoryMib: mibOf(memory),
            rootDiskMib: mibOf(rootDisk),
            mounts: mountRequests(mounts, world),
          }),
          explain:
            'msb create records the sandbox and boots it; --pull never keeps it from downloading. One that does not boot stays, stopped.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
          privileged: false,
        },
      ],
      consequences: consequencesOf(asked, mounts, { cannotStart: doctor.cannotStart, free }),
      blockers: [
        ...(taken ? [{ text: `There is a sandbox ${name} already.`, remedy: 'Choose another name.' }] : []),
        ...(world.images.includes(image)
          ? []
          : [{ text: `msb has no image ${image} on this host.`, remedy: noImages }]),
        ...mountBlockers(mounts, world),
      ],
      undo: hint('msb', 'rm', '--force', '--', name),
      preconditions: {
        taken,
        image: world.images.includes(image),
        volumes: mounts.map(({ volume }) => {
          const found = world.volumes.find((each) => each.name === volume);
          return found === undefined ? null : `${volume} ${found.kind} ${found.createdAtMs}`;
        }),
      },
    };
  },

  async verify(context, { name }, { preconditions }) {
    if (preconditionsSchema.parse(preconditions).taken) {
      return { status: 'not-there', text: `${name} was there before.` };
    }
    const made = (await readSandboxes(context)).find((each) => each.name === name);
    if (made === undefined) return { status: 'not-there', text: `msb lists no sandbox ${name}.` };
    if (made.state === 'Running') return { status: 'confirmed', text: `Sandbox ${name} is ${made.state}.` };
    return isResting(made.state)
      ? { status: 'not-there', text: `Sandbox ${name} was made, but it is ${made.state}.` }
      : { status: 'pending', text: `Sandbox ${name} was made, and is ${made.state}.` };
  },

  explainFailure: explainMsb,
};
