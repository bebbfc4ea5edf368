import { z } from 'zod';
import { rereadSizeArgv, sizeFileArgv } from '../../../sandbox/device-mapper/commands';
import { paths } from '../../../sandbox/device-mapper/names';
import { isLost } from '../../../sandbox/device-mapper/world';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { bytes } from '../words';
import { explainDm } from './failures';
import { offerVolumeGrow } from './offers';
import {
  bytesOf,
  noVolume,
  readWorld,
  sandboxIdSchema,
  sizeSchema,
  templateIn,
  volumeFacts,
  volumeIn,
} from './reads';
import { step } from './steps';
import { sizeConsequences } from './volume-create';

const input = z.strictObject({ id: sandboxIdSchema, size: sizeSchema });
type Input = z.infer<typeof input>;

/** Gives a volume more room for changes, also while it is in use. */
export const dmVolumeGrow: ActionDefinition<Input> = {
  id: 'dm.volume.grow',
  title: 'Grow sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerVolumeGrow,

  async plan(context, { id, size }) {
    const world = await readWorld(context);
    const volume = volumeIn(world, id);
    const template = templateIn(world, volume?.templateName ?? null);
    const path = paths.cow(world.settings.root, id);
    const now = volume?.cow?.file.sizeBytes ?? 0;
    const wanted = bytesOf(size);
    const blockers: Blocker[] = [];
    if (volume === null) blockers.push(noVolume(id));
    else if (volume.cow?.path !== path) {
      blockers.push({
        text: `Sandbox ${id} is ${volume.state}: its disk is not where it is used.`,
        remedy: 'Resume it first.',
      });
    } else if (isLost(volume.device?.status)) {
      blockers.push({
        text: 'Its snapshot is lost already. More room does not bring it back.',
        remedy: 'Destroy the volume and make a new one.',
      });
    } else if (wanted <= now) {
      blockers.push({
        text: `It has ${bytes(now)} for changes. A smaller store would cut off what was written, so it only grows.`,
        remedy: `Choose more than ${bytes(now)}.`,
      });
    }
    const loops = volume?.loops.map(({ name }) => name) ?? [];
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps:
        blockers.length > 0
          ? []
          : [
              step(
                `Give it ${size} for changes`,
                sizeFileArgv(path, wanted),
                'truncate makes the copy-on-write file longer; it stays sparse, and what is in it stays.',
              ),
              ...loops.map((loop) =>
                step(
                  `Have ${loop} see it`,
                  rereadSizeArgv(loop),
                  'losetup -c reads the size of the file again; the snapshot on it takes the new room at once, in use or not.',
                ),
              ),
            ],
      consequences: [
        {
          severity: 'info',
          text: 'Inside, the volume stays as large as its template: what grows is the room for changes.',
          items: [],
        },
        ...(template === null ? [] : sizeConsequences(wanted, template.file.sizeBytes, world)),
      ],
      blockers,
      undo: null,
      preconditions: volumeFacts(volume),
    };
  },

  async verify(context, { id, size }) {
    const volume = volumeIn(await readWorld(context), id);
    const file = volume?.cow?.file.sizeBytes ?? 0;
    if (file !== bytesOf(size))
      return { status: 'not-there', text: `Its copy-on-write file has ${bytes(file)}.` };
    const status = volume?.device?.status;
    if (status?.kind === 'used' && status.totalSectors * 512 < file) {
      return {
        status: 'not-there',
        text: `The file has ${bytes(file)}, but the kernel sees ${bytes(status.totalSectors * 512)}.`,
      };
    }
    return { status: 'confirmed', text: `It has ${bytes(file)} for changes.` };
  },
  explainFailure: explainDm,
};
