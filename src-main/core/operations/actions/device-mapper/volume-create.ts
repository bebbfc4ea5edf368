import { z } from 'zod';
import { removeFileArgv, reserveFileArgv, sizeFileArgv } from '../../../sandbox/device-mapper/commands';
import { teamSchema, writeMeta } from '../../../sandbox/device-mapper/meta';
import { deviceName, paths } from '../../../sandbox/device-mapper/names';
import { formatSize, worstCaseBytes } from '../../../sandbox/device-mapper/sizes';
import { templateFor } from '../../../sandbox/device-mapper/visibility';
import type { SandboxWorld, Template } from '../../../sandbox/device-mapper/world';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { bytes } from '../words';
import { explainDm } from './failures';
import { offerVolumeCreate } from './offers';
import {
  bytesOf,
  readWorld,
  sandboxIdSchema,
  sizeSchema,
  templateFacts,
  templateNameSchema,
  volumeFacts,
  volumeIn,
} from './reads';
import { attachSteps, folderSteps, step, undoing, writeDescription } from './steps';
import { judgeActive } from './verdicts';

const input = z.strictObject({
  id: sandboxIdSchema,
  template: templateNameSchema,
  /** Room for changes; independent of the size of the template. */
  size: sizeSchema,
  team: teamSchema,
});
type Input = z.infer<typeof input>;

function nameBlockers(world: SandboxWorld, id: string): Blocker[] {
  const { root, prefix } = world.settings;
  const device = deviceName(prefix, id);
  const taken = world.tables.some(({ name }) => name === device);
  const files = [paths.cow(root, id), paths.volumeMeta(root, id)].filter((path) =>
    world.files?.has(path.slice(root.length + 1)),
  );
  if (volumeIn(world, id) === null && !taken && files.length === 0) return [];
  return [
    {
      text: `There is something of a sandbox ${id} on this host already${taken ? `, such as the device ${device}` : files.length > 0 ? `, such as ${files[0]}` : ''}.`,
      remedy: 'Choose another id, or restore, destroy or clean up what is there.',
    },
  ];
}

/** How much room for changes means. Shared with growing. */
export function sizeConsequences(sizeBytes: number, originBytes: number, world: SandboxWorld): Consequence[] {
  const most = worstCaseBytes(originBytes);
  const free = world.space?.freeBytes ?? null;
  return [
    sizeBytes < most
      ? {
          severity: 'warning',
          text: `When more than about ${bytes(sizeBytes)} of it were changed, the kernel drops the volume and all that was written is lost for good. Holdfast warns at 80 %; growing it in time helps. Only ${formatSize(most)} can never run full.`,
          items: [],
        }
      : {
          severity: 'info',
          text: `${bytes(sizeBytes)} are enough for a change of every block: it cannot run full.`,
          items: [],
        },
    ...(free !== null && free < sizeBytes
      ? [
          {
            severity: 'warning' as const,
            text: `The file is sparse and takes what is written. Its file system has ${bytes(free)} free, less than the file may grow to; a full one loses the volume too.`,
            items: [],
          },
        ]
      : []),
  ];
}

export function originConsequence(template: Template): Consequence {
  return {
    severity: 'info',
    text: `Inside, the volume has the size of its template: ${bytes(template.file.sizeBytes)}. The template is shared and read-only; nothing of it is copied.`,
    items: [],
  };
}

/** A sandbox volume: an empty store over a template that all share. */
export const dmVolumeCreate: ActionDefinition<Input> = {
  id: 'dm.volume.create',
  title: 'Create sandbox volume',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerVolumeCreate,

  async plan(context, { id, template: name, size, team }) {
    const world = await readWorld(context);
    const { root, prefix } = world.settings;
    const template = templateFor(world.templates, name, team);
    const blockers = nameBlockers(world, id);
    if (template === null) {
      blockers.push({
        text: `There is no template ${name} for this team.`,
        remedy: 'Choose one of the platform or of the team itself.',
      });
    }
    const sizeBytes = bytesOf(size);
    const cow = paths.cow(root, id);
    const device = deviceName(prefix, id);
    const steps =
      template === null || blockers.length > 0
        ? []
        : [
            ...folderSteps(world, ['volumes']),
            step(
              `Take the name ${id}`,
              reserveFileArgv(cow),
              'dd with conv=excl makes an empty file and fails where there is one, so that nothing that was there is ever taken for ours.',
              {
                cleanUp: undoing(
                  `Delete the new file ${cow}`,
                  removeFileArgv(cow),
                  'rm takes away the file that the first command made.',
                ),
              },
            ),
            step(
              `Give it ${size} for changes`,
              sizeFileArgv(cow, sizeBytes),
              'truncate sets its size without taking space: it is sparse.',
            ),
            writeDescription(
              paths.volumeMeta(root, id),
              writeMeta({
                version: 1,
                id,
                template: name,
                team,
                originBytes: template.file.sizeBytes,
                originChangedAtSeconds: template.file.changedAtSeconds,
              }),
              `volume ${id}`,
            ),
            ...attachSteps({
              world,
              template,
              cowPath: cow,
              cowLoops: [],
              device,
              originBytes: template.file.sizeBytes,
              sandbox: id,
            }),
          ];
    return {
      risk: 'safe',
      target: { kind: 'sandbox volume', name: id },
      steps,
      consequences:
        template === null
          ? []
          : [originConsequence(template), ...sizeConsequences(sizeBytes, template.file.sizeBytes, world)],
      blockers,
      undo: `Destroy the sandbox volume ${id}.`,
      preconditions: { ...volumeFacts(volumeIn(world, id)), ...templateFacts(template) },
    };
  },

  verify: async (context, { id }) => judgeActive(await readWorld(context), id),
  explainFailure: explainDm,
};
