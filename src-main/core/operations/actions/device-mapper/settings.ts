import { z } from 'zod';
import {
  makeFolderArgv,
  settingsFolder,
  settingsPath,
  writeFileArgv,
} from '../../../sandbox/device-mapper/commands';
import { settingsSchema, writeMeta } from '../../../sandbox/device-mapper/meta';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition } from '../../action';
import { listed } from '../words';
import { explainDm } from './failures';
import { offerSettings } from './offers';
import { bytesOf, readWorld, sizeSchema } from './reads';
import { step } from './steps';

const input = z.strictObject({
  root: settingsSchema.shape.root,
  prefix: settingsSchema.shape.prefix,
  defaultSize: sizeSchema,
});
type Input = z.infer<typeof input>;

const mib = (size: string): number => bytesOf(size) / 1024 ** 2;

/** Where templates and volumes of a host live, and which devices are Holdfast's. Kept on the host, for all laptops. */
export const dmSettings: ActionDefinition<Input> = {
  id: 'dm.settings',
  title: 'Set up sandbox volumes',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerSettings,

  async plan(context, { root, prefix, defaultSize }) {
    const world = await readWorld(context);
    const { settings, volumes, leftovers } = world;
    const moves = root !== settings.root || prefix !== settings.prefix;
    const blockers: Blocker[] = [];
    if (moves && volumes.length + leftovers.length > 0) {
      blockers.push({
        text: `There are sandbox volumes under the settings of now: ${listed([...volumes.map(({ id }) => id), ...leftovers.map(({ name }) => name)])}. With another folder or prefix nobody would find them.`,
        remedy: 'Destroy them, or change only the default size.',
      });
    }
    if (!moves && mib(defaultSize) === settings.defaultSizeMib) {
      blockers.push({ text: 'That is what the host has already.', remedy: 'Nothing has to be done.' });
    }
    return {
      risk: 'safe',
      target: { kind: 'settings', name: settingsPath },
      steps:
        blockers.length > 0
          ? []
          : [
              step(
                `Make the folder ${settingsFolder}`,
                makeFolderArgv(settingsFolder),
                'mkdir -p makes it where it is not there yet.',
              ),
              step(
                'Write the settings',
                writeFileArgv(settingsPath),
                'tee writes its input, one line of JSON, into the file that every Holdfast reads before it looks at sandbox volumes.',
                { stdin: writeMeta({ version: 1, root, prefix, defaultSizeMib: mib(defaultSize) }) },
              ),
            ],
      consequences: [
        {
          severity: 'info',
          text: `Templates and volumes live in ${root}. Devices whose names begin with ${prefix} are Holdfast’s; no other is ever touched. Volumes and expanded templates get ${defaultSize}.`,
          items: [],
        },
      ],
      blockers,
      undo: `Set ${settings.root}, ${settings.prefix} and ${settings.defaultSizeMib} MiB again.`,
      preconditions: { settings, volumes: volumes.map(({ id }) => id) },
    };
  },

  async verify(context, { root, prefix, defaultSize }) {
    const { settings } = await readWorld(context);
    return settings.root === root &&
      settings.prefix === prefix &&
      settings.defaultSizeMib === mib(defaultSize)
      ? { status: 'confirmed', text: 'The host has these settings.' }
      : { status: 'not-there', text: 'The host has other settings.' };
  },
  explainFailure: explainDm,
};
