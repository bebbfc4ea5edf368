import { z } from 'zod';
import {
  checkFilesystemArgv,
  copyDeviceArgv,
  linkFileArgv,
  removeFileArgv,
  reserveFileArgv,
  shrinkFilesystemArgv,
} from '../../../sandbox/device-mapper/commands';
import { teamSchema, writeMeta } from '../../../sandbox/device-mapper/meta';
import { flattenDeviceName, paths } from '../../../sandbox/device-mapper/names';
import { nameRefusal } from '../../../sandbox/device-mapper/visibility';
import {
  isLost,
  type SandboxVolume,
  type SandboxWorld,
  type Template,
} from '../../../sandbox/device-mapper/world';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { bytes } from '../words';
import { explainDm } from './failures';
import { offerVolumeFlatten } from './offers';
import {
  noVolume,
  openBlocker,
  readSuperblock,
  readWorld,
  sandboxIdSchema,
  templateFacts,
  templateIn,
  templateNameSchema,
  volumeFacts,
  volumeIn,
} from './reads';
import { attachSteps, detach, folderSteps, removeDevice, step, undoing, writeDescription } from './steps';
import { judgeReleased } from './verdicts';
import { attachBlockers, changedTemplate } from './volume-restore';

const input = z.strictObject({ id: sandboxIdSchema, name: templateNameSchema, team: teamSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ temporary: z.array(z.string()) });

/** An hour and a half: 20 GiB at a few MiB/s. */
const copySeconds = 5_400;

/** Of a volume that is off line: a device for a moment, and what lets it go again once the copy is there. */
function around(
  world: SandboxWorld,
  volume: SandboxVolume,
  template: Template,
): {
  device: string;
  before: StepDraft[];
  after: StepDraft[];
  loops: string[];
} {
  if (volume.device !== null) return { device: volume.device.name, before: [], after: [], loops: [] };
  const device = flattenDeviceName(world.settings.prefix, volume.id);
  const before = attachSteps({
    world,
    template,
    cowPath: paths.cow(world.settings.root, volume.id),
    cowLoops: [],
    device,
    originBytes: volume.meta?.originBytes ?? template.file.sizeBytes,
    sandbox: volume.id,
  });
  // What was attached for it, newest first: the same commands that would take it back.
  const loops = before
    .flatMap(({ argv, cleanUp }) =>
      argv[0] === 'losetup' && cleanUp !== undefined ? [cleanUp.argv.at(-1) ?? ''] : [],
    )
    .toReversed();
  return {
    device,
    before,
    after: [removeDevice(device), ...loops.map((loop) => detach(loop, 'what was attached for this copy'))],
    loops,
  };
}

function copySteps(
  root: string,
  { id, name, team }: Input,
  device: string,
  template: Template,
  after: StepDraft[],
): StepDraft[] {
  const part = paths.part(root, name);
  return [
    step(
      `Take the name ${name}`,
      reserveFileArgv(part),
      'dd with conv=excl makes an empty file and fails where there is one.',
      {
        cleanUp: undoing(
          'Delete the unfinished image',
          removeFileArgv(part),
          'rm takes away what was copied so far.',
        ),
      },
    ),
    step(
      'Copy template and changes into one image',
      copyDeviceArgv(device, part),
      'dd reads the whole device; conv=sparse takes no space for blocks of zeros, 4 MiB at a time is quick.',
      { timeoutSeconds: copySeconds },
    ),
    ...after,
    step(
      'Check its file system',
      checkFilesystemArgv(part),
      'e2fsck -f checks it also when it looks clean, -y repairs what it finds; 1 means that it repaired something.',
      { acceptExitCodes: [0, 1], timeoutSeconds: 1_800 },
    ),
    step(
      'Make it as small as it can be',
      shrinkFilesystemArgv(part),
      'resize2fs -M moves what is in it to the front and cuts off the rest; expanding it later gives it its size back.',
      { timeoutSeconds: 1_800 },
    ),
    writeDescription(
      paths.templateMeta(root, name),
      writeMeta({
        version: 1,
        name,
        type: 'snapshot',
        vcpus: template.meta?.vcpus ?? 1,
        memoryMib: template.meta?.memoryMib ?? 512,
        team,
      }),
      `template ${name}`,
    ),
    step(
      `Give it its name ${name}`,
      linkFileArgv(part, paths.image(root, name)),
      `ln gives the finished image of sandbox ${id} its final name and fails where that is taken, so that no half image is ever a template.`,
      {
        cleanUp: undoing(
          'Take the name back',
          removeFileArgv(paths.image(root, name)),
          'rm removes the second name of the image.',
        ),
      },
    ),
    step(
      'Remove its first name',
      removeFileArgv(part),
      'rm removes the name it had while it was unfinished.',
    ),
  ];
}

/** Makes a template of its own out of a volume and the template below it. */
export const dmVolumeFlatten: ActionDefinition<Input> = {
  id: 'dm.volume.flatten',
  title: 'Flatten sandbox into template',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerVolumeFlatten,

  async plan(context, given) {
    const { id, name } = given;
    const world = await readWorld(context);
    const { root } = world.settings;
    const volume = volumeIn(world, id);
    const template = templateIn(world, volume?.templateName ?? null);
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (volume.state === 'paused' || volume.state === 'hibernated') {
      blockers.push({
        text: `Sandbox ${id} is ${volume.state}.`,
        remedy: 'Resume it first: its disk is put aside.',
      });
    } else if (volume.cow === null || isLost(volume.device?.status)) {
      blockers.push({
        text: volume.problem ?? `There is nothing to copy of sandbox ${id}.`,
        remedy: 'Destroy the volume and make a new one.',
      });
    } else {
      blockers.push(...openBlocker(volume), ...attachBlockers(volume, template));
      if (volume.device === null && volume.loops.length > 0) {
        blockers.push({
          text: 'A loop device has its file, and no device is on it: something is half done.',
          remedy: 'Restore the volume, or clean up what is left over, first.',
        });
      }
    }
    const taken = nameRefusal(world.templates, name);
    if (taken !== null) blockers.push({ text: taken, remedy: 'Choose another name.' });
    for (const path of [paths.part(root, name), paths.templateMeta(root, name)]) {
      if (taken === null && world.files?.has(path.slice(root.length + 1)) === true) {
        blockers.push({ text: `${path} is there already.`, remedy: 'Clean up what is left over first.' });
      }
    }
    const possible = volume !== null && template !== null && blockers.length === 0;
    const temporary = possible ? around(world, volume, template) : null;
    return {
      risk: 'safe',
      target: { kind: 'template', name },
      steps:
        possible && temporary !== null
          ? [
              ...folderSteps(world, ['templates']),
              ...temporary.before,
              ...copySteps(root, given, temporary.device, template, temporary.after),
            ]
          : [],
      consequences: [
        ...(template === null ? [] : copyConsequences(world, template)),
        ...(volume === null ? [] : changedTemplate(volume, template)),
      ],
      blockers,
      undo: `Destroy the template ${name}.`,
      preconditions: {
        ...volumeFacts(volume),
        ...templateFacts(template),
        taken,
        temporary: temporary?.loops ?? [],
      },
    };
  },

  async verify(context, { id, name }, { preconditions }) {
    const { temporary } = preconditionsSchema.parse(preconditions);
    const world = await readWorld(context);
    const made = templateIn(world, name);
    if (made === null || made.meta === null)
      return { status: 'not-there', text: `There is no described template ${name}.` };
    const device = flattenDeviceName(world.settings.prefix, id);
    if (temporary.length > 0 && world.tables.some((table) => table.name === device)) {
      return {
        status: 'not-there',
        text: `The template is there, but so is the device ${device} that was made for the copy.`,
      };
    }
    const superblock = await readSuperblock(context, made.path);
    if (superblock === null) return { status: 'not-there', text: `${made.path} holds no file system.` };
    return judgeReleased(
      world,
      temporary,
      `The template ${name} is there: ${bytes(made.file.sizeBytes)}, of which ${bytes(made.file.allocatedBytes)} take space`,
    );
  },
  explainFailure: explainDm,
};

function copyConsequences({ space }: SandboxWorld, { file }: Template): Consequence[] {
  return [
    {
      severity: 'info',
      text: `The whole volume is read, ${bytes(file.sizeBytes)}. The new template takes no more space than its data, and needs no other template.`,
      items: [],
    },
    ...(space !== null && space.freeBytes < file.sizeBytes
      ? [
          {
            severity: 'warning' as const,
            text: `The file system has ${bytes(space.freeBytes)} free. When the data needs more, the copy fails and is taken back; while the file system is full, running sandboxes can be lost.`,
            items: [],
          },
        ]
      : []),
  ];
}
