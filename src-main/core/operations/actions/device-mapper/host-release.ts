import { z } from 'zod';
import { paths } from '../../../sandbox/device-mapper/names';
import { usersOf, type SandboxVolume, type SandboxWorld } from '../../../sandbox/device-mapper/world';
import type { ActionDefinition, StepDraft } from '../../action';
import { plural } from '../words';
import { explainDm } from './failures';
import { offerHostRelease } from './offers';
import { readWorld, volumeFacts } from './reads';
import { letGo, removeDevice } from './steps';
import { judgeReleased } from './verdicts';

const input = z.strictObject({});
type Input = z.infer<typeof input>;
const preconditionsSchema = z.object({ released: z.array(z.string()), devices: z.array(z.string()) });

interface Release {
  volumes: SandboxVolume[];
  steps: StepDraft[];
  devices: string[];
  loops: string[];
}

/** Every volume that nobody has open, then the templates that nothing stands on any more. */
function releaseOf(world: SandboxWorld): Release {
  const volumes = world.volumes.filter(
    ({ device, cow }) => device !== null && device.open === 0 && cow !== null,
  );
  const gone = new Set(volumes.flatMap(({ device }) => (device === null ? [] : [device.name])));
  const rest = world.tables.filter(({ name }) => !gone.has(name));
  const folder = `${paths.templates(world.settings.root)}/`;
  const bases = world.loops.filter(
    ({ number, file, readOnly }) =>
      readOnly && file?.startsWith(folder) === true && usersOf(rest, number) === 0,
  );
  const cows = volumes.flatMap(({ device }) => (device?.cow ? [device.cow.name] : []));
  return {
    volumes,
    devices: [...gone],
    loops: [...cows, ...bases.map(({ name }) => name)],
    steps: [
      ...volumes.flatMap(({ device }) =>
        device === null ? [] : [removeDevice(device.name), ...letGo(device.cow, 'the copy-on-write file')],
      ),
      ...bases.flatMap((base) => letGo(base, 'a template that nothing stands on any more')),
    ],
  };
}

/** Before the host is shut down or its storage is worked on: nothing of sandboxes stays in the kernel. */
export const dmHostRelease: ActionDefinition<Input> = {
  id: 'dm.host.release',
  title: 'Take sandbox volumes off line',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: offerHostRelease,

  async plan(context) {
    const world = await readWorld(context);
    const { volumes, steps, devices, loops } = releaseOf(world);
    const open = world.volumes.filter(({ device }) => device !== null && device.open > 0);
    return {
      risk: 'safe',
      target: { kind: 'sandbox volumes', name: plural(volumes.length, 'sandbox volume') },
      steps,
      consequences: [
        {
          severity: 'info',
          text: 'Their copy-on-write files stay with all that was written. Each can be restored.',
          items: volumes.map(({ id }) => ({ name: id, sizeBytes: null })),
        },
        ...(open.length === 0
          ? []
          : [
              {
                severity: 'warning' as const,
                text: 'These are in use and stay as they are.',
                items: open.map(({ id }) => ({ name: id, sizeBytes: null })),
              },
            ]),
      ],
      blockers:
        steps.length > 0
          ? []
          : [
              {
                text:
                  open.length > 0
                    ? 'Every sandbox volume that is on line is in use.'
                    : 'No sandbox volume is on line.',
                remedy:
                  open.length > 0
                    ? 'End what uses them with the tool that runs it.'
                    : 'Nothing has to be done.',
              },
            ],
      undo: 'Restore each volume.',
      preconditions: { volumes: volumes.map(volumeFacts), released: loops, devices },
    };
  },

  async verify(context, _input, { preconditions }) {
    const { released, devices } = preconditionsSchema.parse(preconditions);
    const world = await readWorld(context);
    const left = devices.filter((device) => world.tables.some(({ name }) => name === device));
    if (left.length > 0) return { status: 'not-there', text: `Still there: ${left.join(', ')}.` };
    return judgeReleased(world, released, `${plural(devices.length, 'device')} gone`);
  },
  explainFailure: explainDm,
};
