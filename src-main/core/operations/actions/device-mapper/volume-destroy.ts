import { z } from 'zod';
import { removeFileArgv, removePausedArgv } from '../../../sandbox/device-mapper/commands';
import { paths } from '../../../sandbox/device-mapper/names';
import type { SandboxVolume, SandboxWorld } from '../../../sandbox/device-mapper/world';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { explainDm } from './failures';
import { offerVolumeDestroy } from './offers';
import { noVolume, openBlocker, readWorld, sandboxIdSchema, volumeFacts, volumeIn } from './reads';
import { detach, detachSteps, releasedLoops, step } from './steps';
import { judgeReleased } from './verdicts';

const input = z.strictObject({ id: sandboxIdSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ released: z.array(z.string()) });

interface Files {
  cow: string | null;
  meta: string | null;
  paused: string | null;
}

function filesOf({ files, settings: { root } }: SandboxWorld, id: string): Files {
  const there = (path: string): string | null =>
    files?.has(path.slice(root.length + 1)) === true ? path : null;
  return {
    cow: there(paths.cow(root, id)),
    meta: there(paths.volumeMeta(root, id)),
    paused: there(paths.pausedFolder(root, id)),
  };
}

/** A loop device on the file that belongs to no device: it would keep the space of the deleted file. */
function looseLoops({ device, loops }: SandboxVolume): string[] {
  return loops.map(({ name }) => name).filter((name) => name !== device?.cow?.name);
}

function destroySteps(world: SandboxWorld, volume: SandboxVolume): StepDraft[] {
  const { device } = volume;
  const { cow, meta, paused } = filesOf(world, volume.id);
  return [
    ...(device === null ? [] : detachSteps(world, device)),
    ...looseLoops(volume).map((loop) => detach(loop, 'the copy-on-write file')),
    ...(cow === null
      ? []
      : [
          step(
            `Delete ${cow}`,
            removeFileArgv(cow),
            'rm deletes the copy-on-write file, all that was written in the sandbox.',
          ),
        ]),
    ...(paused === null
      ? []
      : [
          step(
            `Delete ${paused}`,
            removePausedArgv(paused),
            'rm -r deletes the folder of the paused sandbox: its disk, its memory and the state of its machine.',
          ),
        ]),
    ...(meta === null
      ? []
      : [step(`Delete ${meta}`, removeFileArgv(meta), 'rm deletes the description of the volume.')]),
  ];
}

function losses({ cow, memoryFiles, id }: SandboxVolume): Consequence[] {
  return [
    {
      severity: 'loss',
      text: 'All that was written in the sandbox is lost. Its template stays.',
      items: cow === null ? [] : [{ name: cow.path, sizeBytes: cow.file.allocatedBytes }],
    },
    ...(memoryFiles.length === 0
      ? []
      : [
          {
            severity: 'loss' as const,
            text: `The memory of paused sandbox ${id} is lost with it.`,
            items: memoryFiles.map((name) => ({ name, sizeBytes: null })),
          },
        ]),
  ];
}

/** Deletes what was written in a sandbox, and takes its device away first. */
export const dmVolumeDestroy: ActionDefinition<Input> = {
  id: 'dm.volume.destroy',
  title: 'Destroy sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  offer: offerVolumeDestroy,

  async plan(context, { id }) {
    const world = await readWorld(context);
    const volume = volumeIn(world, id);
    const blockers: Blocker[] = volume === null ? [noVolume(id)] : openBlocker(volume);
    return {
      risk: 'destructive',
      target: { kind: 'sandbox volume', name: id },
      steps: volume === null || blockers.length > 0 ? [] : destroySteps(world, volume),
      consequences: volume === null ? [] : losses(volume),
      blockers,
      undo: null,
      preconditions: {
        ...volumeFacts(volume),
        // Of one that was made anew under its id all the rest may be the same.
        createdAtMs: volume?.createdAtMs ?? null,
        released:
          volume === null
            ? []
            : [...(volume.device === null ? [] : releasedLoops(world, volume.device)), ...looseLoops(volume)],
      },
    };
  },

  async verify(context, { id }, { preconditions }) {
    const { released } = preconditionsSchema.parse(preconditions);
    const world = await readWorld(context);
    if (volumeIn(world, id) !== null) {
      return { status: 'not-there', text: `Something of sandbox ${id} is still there.` };
    }
    return judgeReleased(world, released, `Nothing of sandbox ${id} is left`);
  },
  explainFailure: explainDm,
};
