import { z } from 'zod';
import { removeFileArgv } from '../../../sandbox/device-mapper/commands';
import type { Leftover, SandboxWorld } from '../../../sandbox/device-mapper/world';
import { assertNever } from '../../../errors/assert-never';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionDefinition, StepDraft } from '../../action';
import { plural } from '../words';
import { explainDm } from './failures';
import { leftoversDue, mostLeftovers, offerLeftoversClean } from './offers';
import { readWorld } from './reads';
import { detach, removeDevice, step } from './steps';

const input = z.strictObject({
  /** `device:NAME`, `loop:/dev/loopN`, `file:PATH`: only what was seen goes. */
  leftovers: z
    .array(z.string().max(300))
    .min(1)
    .max(mostLeftovers)
    .refine((ids) => new Set(ids).size === ids.length, 'names one twice'),
});
type Input = z.infer<typeof input>;

function stepOf({ kind, name }: Leftover): StepDraft {
  switch (kind) {
    case 'device':
      return removeDevice(name);
    case 'loop':
      return detach(name, 'a file that no device uses');
    case 'file':
      return step(`Delete ${name}`, removeFileArgv(name), 'rm deletes what is left of something unfinished.');
    default:
      return assertNever(kind);
  }
}

const order = ['device', 'loop', 'file'] as const;

function chosenIn(world: SandboxWorld, ids: readonly string[]): { found: Leftover[]; gone: string[] } {
  const found = world.leftovers.filter(({ id }) => ids.includes(id));
  return {
    found: found.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    gone: ids.filter((id) => !found.some((leftover) => leftover.id === id)),
  };
}

/** Takes away what plans that did not come to their end left on the host; only ours, and only what nobody uses. */
export const dmLeftoversClean: ActionDefinition<Input> = {
  id: 'dm.leftovers.clean',
  title: 'Clean up what is left over',
  backend: 'device-mapper',
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  offer: offerLeftoversClean,
  due: leftoversDue,

  async plan(context, { leftovers }) {
    const world = await readWorld(context);
    const { found, gone } = chosenIn(world, leftovers);
    const blockers: Blocker[] = [
      ...gone.map((id) => ({
        text: `${id.slice(id.indexOf(':') + 1)} is not left over: it is gone, or in use, or was never Holdfast’s.`,
        remedy: 'Refresh the host.',
      })),
      ...found.flatMap(({ name, busy }) =>
        busy === null ? [] : [{ text: `${name}: ${busy}`, remedy: 'Wait for that to end, or leave it out.' }],
      ),
    ];
    const files = found.filter(({ kind }) => kind === 'file');
    return {
      risk: 'destructive',
      target: {
        kind: 'leftovers',
        name: found.length === 1 ? (found[0]?.name ?? '') : plural(found.length, 'leftover'),
      },
      steps: blockers.length > 0 ? [] : found.map(stepOf),
      consequences: [
        ...found.map(({ name, why }) => ({
          severity: 'info' as const,
          text: `${name}: ${why}`,
          items: [],
        })),
        ...(files.length === 0
          ? []
          : [
              {
                severity: 'loss' as const,
                text: 'Unfinished files are deleted.',
                items: files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
              },
            ]),
      ],
      blockers,
      undo: null,
      preconditions: { found: found.map(({ id, why, sizeBytes, busy }) => ({ id, why, sizeBytes, busy })) },
    };
  },

  async verify(context, { leftovers }) {
    const { found } = chosenIn(await readWorld(context), leftovers);
    return found.length === 0
      ? { status: 'confirmed', text: 'None of it is left.' }
      : { status: 'not-there', text: `Still there: ${found.map(({ name }) => name).join(', ')}.` };
  },
  explainFailure: explainDm,
};
