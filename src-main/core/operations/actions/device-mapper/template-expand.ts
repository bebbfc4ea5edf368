import { z } from 'zod';
import {
  checkFilesystemArgv,
  growFilesystemArgv,
  sizeFileArgv,
} from '../../../sandbox/device-mapper/commands';
import type { Template } from '../../../sandbox/device-mapper/world';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { bytes, listed } from '../words';
import { explainDm } from './failures';
import { expandDue, offerTemplateExpand } from './offers';
import { readSuperblock, readWorld, refresh, templateFacts, templateIn, templateNameSchema } from './reads';
import { step } from './steps';

const input = z.strictObject({ name: templateNameSchema });
type Input = z.infer<typeof input>;

/** Why the blocks of a template may not change; shared with destroying it. */
export function usedBlockers({ name, volumes, loops }: Template): Blocker[] {
  const busy = loops.filter(({ users }) => users > 0).map(({ loop }) => loop.name);
  if (volumes.length === 0 && busy.length === 0) return [];
  return [
    {
      text:
        volumes.length > 0
          ? `${volumes.length === 1 ? 'A sandbox volume is' : `${volumes.length} sandbox volumes are`} made of ${name}: ${listed(volumes)}. They hold only what differs from it, so they would be damaged, also those that are off line.`
          : `A device of somebody else stands on ${busy.join(' and ')}, which has ${name}.`,
      remedy:
        volumes.length > 0
          ? 'Destroy those volumes, or flatten what is worth keeping, first.'
          : 'Find out what it is: dmsetup table.',
    },
  ];
}

/** Gives a template the size that sandboxes get. It never shrinks one, and doing it again does nothing. */
export const dmTemplateExpand: ActionDefinition<Input> = {
  id: 'dm.template.expand',
  title: 'Expand template',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  bulk: { one: 'template', many: 'templates' },
  input,
  offer: offerTemplateExpand,
  due: expandDue,

  async plan(context, { name }) {
    const world = await readWorld(context);
    const template = templateIn(world, name);
    const wanted = world.settings.defaultSizeMib * 1024 ** 2;
    const inside = template === null ? null : await readSuperblock(context, template.path);
    const blockers: Blocker[] = [];
    const size = Math.max(template?.file.sizeBytes ?? 0, wanted);
    if (template === null)
      blockers.push({ text: `There is no template ${name} on this host.`, remedy: refresh });
    else if (inside === null) {
      blockers.push({
        text: `${template.path} holds no ext2, ext3 or ext4 file system that could be expanded.`,
        remedy: 'Use a raw image of one ext4 file system, without a partition table.',
      });
    } else if (inside.filesystemBytes >= wanted && template.file.sizeBytes >= wanted) {
      blockers.push({
        text: `It has ${bytes(template.file.sizeBytes)} already; sandboxes get ${bytes(wanted)}. Templates are never made smaller.`,
        remedy: 'Nothing has to be done.',
      });
    } else {
      blockers.push(...usedBlockers(template));
      const loops = template.loops.map(({ loop }) => loop.name);
      if (loops.length > 0 && blockers.length === 0) {
        blockers.push({
          text: `${loops.join(' and ')} has the image and would keep its old size.`,
          remedy: 'Clean up what is left over first.',
        });
      }
    }
    const path = template?.path ?? '';
    return {
      risk: 'safe',
      target: { kind: 'template', name },
      steps:
        template === null || blockers.length > 0
          ? []
          : [
              ...(template.file.sizeBytes >= size
                ? []
                : [
                    step(
                      `Make the image ${bytes(size)} long`,
                      sizeFileArgv(path, size),
                      'truncate sets its size without taking space: it stays sparse.',
                    ),
                  ]),
              step(
                'Check its file system',
                checkFilesystemArgv(path),
                'e2fsck -f checks it also when it looks clean, -y repairs what it finds; 1 means that it repaired something. resize2fs asks for it.',
                { acceptExitCodes: [0, 1], timeoutSeconds: 1_800 },
              ),
              step(
                'Let its file system fill the image',
                growFilesystemArgv(path),
                'resize2fs without a size takes all there is.',
                { timeoutSeconds: 1_800 },
              ),
            ],
      consequences: [
        {
          severity: 'info',
          text: `It has ${bytes(template?.file.sizeBytes ?? 0)} and takes ${bytes(template?.file.allocatedBytes ?? 0)}; its new room takes none until it is written to.`,
          items: [],
        },
      ],
      blockers,
      undo: null,
      preconditions: { ...templateFacts(template), inside },
    };
  },

  async verify(context, { name }) {
    const world = await readWorld(context);
    const template = templateIn(world, name);
    if (template === null) return { status: 'not-there', text: `There is no template ${name}.` };
    const inside = await readSuperblock(context, template.path);
    const wanted = world.settings.defaultSizeMib * 1024 ** 2;
    // A file system is a whole number of its block groups' blocks, so a few may be left at the end.
    return inside !== null && inside.filesystemBytes > wanted - 1024 ** 2
      ? {
          status: 'confirmed',
          text: `The file system in it has ${bytes(inside.filesystemBytes)}, and the image takes ${bytes(template.file.allocatedBytes)}.`,
        }
      : { status: 'not-there', text: `The file system in it has ${bytes(inside?.filesystemBytes ?? 0)}.` };
  },
  explainFailure: explainDm,
};
