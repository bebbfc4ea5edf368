import { z } from 'zod';
import {
  makeNewFolderArgv,
  moveFileArgv,
  removeFileArgv,
  removeFolderArgv,
  writeFileArgv,
} from '../../../sandbox/device-mapper/commands';
import { writeMeta } from '../../../sandbox/device-mapper/meta';
import { paths } from '../../../sandbox/device-mapper/names';
import { isLost } from '../../../sandbox/device-mapper/world';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explainDm } from './failures';
import { offerVolumePause } from './offers';
import { noVolume, openBlocker, readWorld, sandboxIdSchema, volumeFacts, volumeIn } from './reads';
import { detachSteps, folderSteps, releasedLoops, step, undoing } from './steps';
import { judgeInactive } from './verdicts';

const input = z.strictObject({ id: sandboxIdSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ released: z.array(z.string()) });

/**
 * Puts the disk of a sandbox aside. The order protects it: its virtual machine is gone (a blocker until then), then
 * the device goes, then its loop devices, and only then the file moves. When the device cannot be removed nothing
 * below it is let go; when the file cannot be moved nothing is left attached.
 */
export const dmVolumePause: ActionDefinition<Input> = {
  id: 'dm.volume.pause',
  title: 'Pause sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerVolumePause,

  async plan(context, { id }) {
    const world = await readWorld(context);
    const { root } = world.settings;
    const volume = volumeIn(world, id);
    const device = volume?.device ?? null;
    const cow = paths.cow(root, id);
    const folder = paths.pausedFolder(root, id);
    // A runtime makes the folder itself when it writes the memory of its machine there.
    const ready = world.files?.has(folder.slice(root.length + 1)) === true;
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (volume.cow?.path !== cow) {
      blockers.push({
        text: `Sandbox ${id} is ${volume.state}: there is no disk in use to put aside.`,
        remedy:
          volume.state === 'error' ? (volume.problem ?? 'Look into its details.') : 'It is paused already.',
      });
    } else if (isLost(device?.status)) {
      blockers.push({
        text: 'Its snapshot is lost; there is nothing to keep.',
        remedy: 'Destroy the volume and make a new one.',
      });
    } else {
      blockers.push(...openBlocker(volume));
      if (volume.templateName === null) {
        blockers.push({
          text: 'Nothing tells of which template it is, so it could not be resumed.',
          remedy: 'Put its description back beside its copy-on-write file.',
        });
      }
      if (device === null && volume.loops.length > 0) {
        blockers.push({
          text: 'A loop device has its file, and no device is on it: something is half done.',
          remedy: 'Clean up what is left over, or restore the volume, first.',
        });
      }
      if (world.files?.has(paths.pausedCow(root, id).slice(root.length + 1)) === true) {
        blockers.push({
          text: `${paths.pausedCow(root, id)} is there already.`,
          remedy: 'Look which of the two is meant.',
        });
      }
    }
    const meta = paths.pausedMeta(root, id);
    const moved = paths.pausedCow(root, id);
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps:
        volume === null || blockers.length > 0
          ? []
          : [
              ...(device === null ? [] : detachSteps(world, device)),
              ...folderSteps(world, ['paused']),
              ...(ready
                ? []
                : [
                    step(
                      `Make the folder ${folder}`,
                      makeNewFolderArgv(folder),
                      'mkdir makes it, and fails where it is there.',
                      {
                        cleanUp: undoing(
                          `Remove the folder ${folder}`,
                          removeFolderArgv(folder),
                          'rmdir takes it away while it is empty.',
                        ),
                      },
                    ),
                  ]),
              step(
                'Move its disk there',
                moveFileArgv(cow, moved),
                'mv on one file system only renames; --no-clobber overwrites nothing.',
                {
                  cleanUp: undoing(
                    'Move its disk back',
                    moveFileArgv(moved, cow),
                    'mv puts it back where it is used.',
                  ),
                },
              ),
              step(
                'Say of which template it is',
                writeFileArgv(meta),
                'tee writes rootfs.meta, which sandbox runtimes read when they resume.',
                {
                  stdin: writeMeta({ base_template: volume.templateName ?? '', template_id: null }),
                  cleanUp: undoing('Remove rootfs.meta', removeFileArgv(meta), 'rm takes it away again.', {
                    after: 'tried',
                  }),
                },
              ),
            ],
      consequences: [
        {
          severity: 'info',
          text: 'Only the disk is put aside. The memory of its virtual machine is kept when the tool that runs it wrote it into the same folder before.',
          items: [],
        },
      ],
      blockers,
      undo: `Resume sandbox ${id}.`,
      preconditions: {
        ...volumeFacts(volume),
        folder: ready,
        released: device === null ? [] : releasedLoops(world, device),
      },
    };
  },

  async verify(context, { id }, { preconditions }) {
    const { released } = preconditionsSchema.parse(preconditions);
    const world = await readWorld(context);
    const state = volumeIn(world, id)?.state;
    if (state !== 'paused' && state !== 'hibernated') {
      return { status: 'not-there', text: `Sandbox ${id} is ${state ?? 'not there'}.` };
    }
    return judgeInactive(world, id, released);
  },
  explainFailure: explainDm,
};
