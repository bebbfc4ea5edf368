import { z } from 'zod';
import { isPlatform, teamSchema, templateMetaSchema, writeMeta } from '../../../sandbox/device-mapper/meta';
import { paths } from '../../../sandbox/device-mapper/names';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { bytes, hint } from '../words';
import { explainDm } from './failures';
import { offerTemplateRegister } from './offers';
import { readSuperblock, readWorld, templateFacts, templateIn, templateNameSchema } from './reads';
import { writeDescription } from './steps';

const input = z.strictObject({
  name: templateNameSchema,
  team: teamSchema,
  vcpus: templateMetaSchema.shape.vcpus,
  memoryMib: templateMetaSchema.shape.memoryMib,
});
type Input = z.infer<typeof input>;

/** Makes a template of an image that lies in the folder: says whose it is and what its sandboxes start with. */
export const dmTemplateRegister: ActionDefinition<Input> = {
  id: 'dm.template.register',
  title: 'Add template',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerTemplateRegister,

  async plan(context, { name, team, vcpus, memoryMib }) {
    const world = await readWorld(context);
    const { root } = world.settings;
    const template = templateIn(world, name);
    const path = paths.templateMeta(root, name);
    const inside = template === null ? null : await readSuperblock(context, template.path);
    const blockers: Blocker[] = [];
    if (template === null) {
      blockers.push({
        text: `There is no image ${paths.image(root, name)} on this host.`,
        remedy: `Copy a raw ext4 image there first, as root: ${hint('cp', '--sparse=always', 'IMAGE', paths.image(root, name))}`,
      });
    } else if (template.meta !== null) {
      blockers.push({
        text: isPlatform(template.meta.team)
          ? `The name ${name} is taken by a template of the platform.`
          : `There is a template ${name} already.`,
        remedy: 'Choose another name.',
      });
    } else if (world.files?.has(path.slice(root.length + 1)) === true) {
      blockers.push({
        text: `${path} is there, and this version of Holdfast cannot read it.`,
        remedy: 'Look what wrote it.',
      });
    } else if (inside === null) {
      blockers.push({
        text: `${template.path} holds no ext2, ext3 or ext4 file system.`,
        remedy: 'Use a raw image of one ext4 file system, without a partition table.',
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'template', name },
      steps:
        blockers.length > 0
          ? []
          : [
              writeDescription(
                path,
                writeMeta({ version: 1, name, type: 'base', vcpus, memoryMib, team }),
                `template ${name}`,
              ),
            ],
      consequences: [
        {
          severity: 'info',
          text: isPlatform(team)
            ? 'It belongs to the platform: every team sees it.'
            : `Only team ${team} sees it.`,
          items: [],
        },
        ...(inside === null || inside.filesystemBytes >= world.settings.defaultSizeMib * 1024 ** 2
          ? []
          : [
              {
                severity: 'info' as const,
                text: `Its file system has ${bytes(inside.filesystemBytes)}. Expand it before sandboxes are made of it: later it cannot be.`,
                items: [],
              },
            ]),
      ],
      blockers,
      undo: 'Delete its description.',
      preconditions: { ...templateFacts(template), inside },
    };
  },

  async verify(context, { name, team }) {
    const meta = templateIn(await readWorld(context), name)?.meta;
    return meta?.team === team
      ? { status: 'confirmed', text: `The template ${name} is there.` }
      : { status: 'not-there', text: `There is no such template ${name}.` };
  },
  explainFailure: explainDm,
};
