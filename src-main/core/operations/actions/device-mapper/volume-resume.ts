import { z } from 'zod';
import { moveFileArgv, removeFileArgv } from '../../../sandbox/device-mapper/commands';
import { deviceName, paths } from '../../../sandbox/device-mapper/names';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explainDm } from './failures';
import { offerVolumeResume } from './offers';
import {
  noVolume,
  readWorld,
  sandboxIdSchema,
  templateFacts,
  templateIn,
  volumeFacts,
  volumeIn,
} from './reads';
import { attachSteps, step, undoing } from './steps';
import { judgeActive } from './verdicts';
import { attachBlockers, changedTemplate } from './volume-restore';

const input = z.strictObject({ id: sandboxIdSchema });
type Input = z.infer<typeof input>;

/** Brings the disk of a paused sandbox back. When it does not come up the disk goes back too, and it stays paused. */
export const dmVolumeResume: ActionDefinition<Input> = {
  id: 'dm.volume.resume',
  title: 'Resume sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerVolumeResume,

  async plan(context, { id }) {
    const world = await readWorld(context);
    const { root, prefix } = world.settings;
    const volume = volumeIn(world, id);
    const template = templateIn(world, volume?.templateName ?? null);
    const from = paths.pausedCow(root, id);
    const to = paths.cow(root, id);
    const meta = paths.pausedMeta(root, id);
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (volume.cow?.path !== from) {
      blockers.push({
        text: `Sandbox ${id} is ${volume.state}, not paused.`,
        remedy: volume.problem ?? (volume.device === null ? 'Restore it instead.' : 'It is on line already.'),
      });
    } else if (volume.device !== null || volume.loops.length > 0) {
      blockers.push({
        text: 'Something of it is still in the kernel, a device or a loop device.',
        remedy: 'Clean up what is left over first.',
      });
    } else blockers.push(...attachBlockers(volume, template));
    const hasMeta = world.files?.has(meta.slice(root.length + 1)) === true;
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps:
        volume === null || template === null || blockers.length > 0
          ? []
          : [
              step(
                'Move its disk back',
                moveFileArgv(from, to),
                'mv on one file system only renames; --no-clobber overwrites nothing.',
                {
                  cleanUp: undoing(
                    'Move its disk into the paused folder again',
                    moveFileArgv(to, from),
                    'mv puts it back, so that the sandbox stays paused and can be resumed again.',
                  ),
                },
              ),
              ...attachSteps({
                world,
                template,
                cowPath: to,
                cowLoops: [],
                device: deviceName(prefix, id),
                originBytes: volume.meta?.originBytes ?? template.file.sizeBytes,
                sandbox: id,
              }),
              ...(hasMeta
                ? [
                    step(
                      'Remove rootfs.meta',
                      removeFileArgv(meta),
                      'rm takes away what only a paused sandbox has; its memory stays for the tool that runs it.',
                    ),
                  ]
                : []),
            ],
      consequences: [
        {
          severity: 'info',
          text:
            volume !== null && volume.memoryFiles.length > 0
              ? `Its memory (${volume.memoryFiles.join(', ')}) stays in the paused folder for the tool that runs its virtual machine. Holdfast starts none.`
              : 'Only its disk was kept: a virtual machine on it starts anew.',
          items: [],
        },
        ...(volume === null ? [] : changedTemplate(volume, template)),
      ],
      blockers,
      undo: `Pause sandbox ${id}.`,
      preconditions: { ...volumeFacts(volume), ...templateFacts(template), hasMeta },
    };
  },

  verify: async (context, { id }) => judgeActive(await readWorld(context), id),
  explainFailure: explainDm,
};
