import { z } from 'zod';
import { removeFileArgv } from '../../../sandbox/device-mapper/commands';
import { isPlatform, teamSchema } from '../../../sandbox/device-mapper/meta';
import { paths } from '../../../sandbox/device-mapper/names';
import { deletionRefusal } from '../../../sandbox/device-mapper/visibility';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { explainDm } from './failures';
import { offerTemplateDestroy } from './offers';
import { readWorld, refresh, templateFacts, templateIn, templateNameSchema } from './reads';
import { detach, step } from './steps';
import { usedBlockers } from './template-expand';
import { judgeReleased } from './verdicts';

const input = z.strictObject({
  name: templateNameSchema,
  /** On behalf of a team, which may delete only its own; null: of the host's administrator. */
  asTeam: teamSchema.nullable(),
});
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ released: z.array(z.string()) });

/** Deletes an image that nothing is made of. */
export const dmTemplateDestroy: ActionDefinition<Input> = {
  id: 'dm.template.destroy',
  title: 'Destroy template',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  offer: offerTemplateDestroy,

  async plan(context, { name, asTeam }) {
    const world = await readWorld(context);
    const { root } = world.settings;
    const template = templateIn(world, name);
    const blockers: Blocker[] = [];
    if (template === null)
      blockers.push({ text: `There is no template ${name} on this host.`, remedy: refresh });
    else {
      const refusal = deletionRefusal(template, asTeam);
      if (refusal !== null) blockers.push({ text: refusal, remedy: 'Choose another template.' });
      blockers.push(...usedBlockers(template));
    }
    const loops = template?.loops.map(({ loop }) => loop.name) ?? [];
    const meta = paths.templateMeta(root, name);
    return {
      risk: template?.meta && isPlatform(template.meta.team) ? 'catastrophic' : 'destructive',
      target: { kind: 'template', name },
      steps:
        template === null || blockers.length > 0
          ? []
          : [
              ...loops.map((loop) => detach(loop, 'the template')),
              step(`Delete ${template.path}`, removeFileArgv(template.path), 'rm deletes the image.'),
              ...(world.files?.has(meta.slice(root.length + 1)) === true
                ? [step(`Delete ${meta}`, removeFileArgv(meta), 'rm deletes its description.')]
                : []),
            ],
      consequences:
        template === null
          ? []
          : [
              {
                severity: 'loss',
                text:
                  template.meta !== null && isPlatform(template.meta.team)
                    ? 'The image is lost, for every team of this host.'
                    : 'The image is lost. No sandbox volume is made of it.',
                items: [{ name: template.path, sizeBytes: template.file.allocatedBytes }],
              },
            ],
      blockers,
      undo: null,
      preconditions: { ...templateFacts(template), released: loops },
    };
  },

  async verify(context, { name }, { preconditions }) {
    const { released } = preconditionsSchema.parse(preconditions);
    const world = await readWorld(context);
    if (templateIn(world, name) !== null)
      return { status: 'not-there', text: `The template ${name} is still there.` };
    return judgeReleased(world, released, `The template ${name} is gone`);
  },
  explainFailure: explainDm,
};
