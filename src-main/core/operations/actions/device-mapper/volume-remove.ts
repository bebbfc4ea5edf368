import { z } from 'zod';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explainDm } from './failures';
import { offerVolumeRemove } from './offers';
import { noVolume, openBlocker, readWorld, sandboxIdSchema, volumeFacts, volumeIn } from './reads';
import { detachSteps, isLastUser, releasedLoops } from './steps';
import { judgeInactive } from './verdicts';

const input = z.strictObject({ id: sandboxIdSchema });
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ released: z.array(z.string()) });

/** Takes a volume off line. Its copy-on-write file stays until somebody destroys it on purpose. */
export const dmVolumeRemove: ActionDefinition<Input> = {
  id: 'dm.volume.remove',
  title: 'Remove sandbox device',
  backend: 'device-mapper',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  offer: offerVolumeRemove,

  async plan(context, { id }) {
    const world = await readWorld(context);
    const volume = volumeIn(world, id);
    const device = volume?.device ?? null;
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (device === null) {
      blockers.push({
        text: `Sandbox ${id} has no device: it is off line already.`,
        remedy: 'Restore it to use it, or destroy it to free its space.',
      });
    } else {
      blockers.push(...openBlocker(volume));
      if (volume.cow === null) {
        blockers.push({
          text: 'Its copy-on-write file was deleted while the device has it: what was written is gone as soon as the device is.',
          remedy: 'Copy the device first (flatten it). Then clean up what is left over.',
        });
      }
    }
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps: device === null || blockers.length > 0 ? [] : detachSteps(world, device),
      consequences:
        device === null
          ? []
          : [
              {
                severity: 'info',
                text: 'The copy-on-write file stays with all that was written, until it is destroyed on purpose.',
                items: [],
              },
              {
                severity: 'info',
                text: isLastUser(world, device)
                  ? 'It is the last volume on its template, so the template is let go too; not when removing the device fails.'
                  : 'Other volumes use its template, which stays attached.',
                items: [],
              },
            ],
      blockers,
      undo: `Restore sandbox ${id}.`,
      preconditions: {
        ...volumeFacts(volume),
        released: device === null ? [] : releasedLoops(world, device),
      },
    };
  },

  async verify(context, { id }, { preconditions }) {
    const { released } = preconditionsSchema.parse(preconditions);
    return judgeInactive(await readWorld(context), id, released);
  },
  explainFailure: explainDm,
};
