import type { z } from 'zod';
import type { Consequence } from '../../../../../src-preload/contract/operations';
import { removeSandboxArgv } from '../../../sandbox/microsandbox/lifecycle';
import { isResting } from '../../../sandbox/microsandbox/parse';
import type { ActionDefinition } from '../../action';
import { explainMsb } from './failures';
import { readSandboxes } from './reads';
import {
  identitySchema,
  lookAtSandbox,
  mountItems,
  restsOn,
  sandboxInput,
  sandboxOf,
  unknownSandbox,
  type FoundSandbox,
} from './sandbox-reads';

/** Its root disk and the volumes that are its own; the others are named as what stays. */
function consequencesOf(name: string, { detail }: FoundSandbox): Consequence[] {
  const owned = detail?.owned ?? [];
  const mounts = mountItems(detail);
  return [
    {
      severity: 'loss',
      text: `The root disk of ${name} is lost with all that was written to it${owned.length === 0 ? '' : ', and so are the volumes of its own'}.`,
      items: [
        { name: 'root disk', sizeBytes: detail?.rootDiskBytes ?? null },
        ...owned.map(({ guestPath, kind, capacityBytes }) => ({
          name: `${guestPath} (${kind})`,
          sizeBytes: capacityBytes,
        })),
      ],
    },
    {
      severity: 'info',
      text:
        mounts.length === 0
          ? 'It mounts no named volume. Its image and snapshots that were taken of it stay.'
          : 'The named volumes that it mounts stay with their data. So do its image and snapshots that were taken of it.',
      items: mounts,
    },
  ];
}

export const removeSandbox: ActionDefinition<z.infer<typeof sandboxInput>> = {
  id: 'msb.sandbox.remove',
  title: 'Remove sandbox',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: sandboxInput,

  offer(subject) {
    const sandbox = sandboxOf(subject);
    if (sandbox === null) return null;
    return {
      label: 'Remove…',
      group: 'destroy',
      excuse: isResting(sandbox.state) ? null : `It is ${sandbox.state}: stop it first.`,
      input: { name: sandbox.name },
      fields: [],
    };
  },

  async plan(context, { name }) {
    const found = await lookAtSandbox(context, name);
    const { sandbox, detail } = found;
    return {
      risk: 'destructive',
      target: { kind: 'sandbox', name },
      steps: [
        {
          title: `Remove ${name}`,
          argv: removeSandboxArgv(name),
          explain:
            'msb rm takes away the record and the root disk. Without --force it refuses one that runs.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
          privileged: false,
        },
      ],
      consequences: consequencesOf(name, found),
      blockers: [
        ...(sandbox === null ? [unknownSandbox(name)] : []),
        ...(sandbox === null || isResting(sandbox.state)
          ? []
          : [{ text: `${name} is ${sandbox.state}.`, remedy: 'Stop it first.' }]),
        ...(sandbox !== null && detail === null
          ? [
              {
                text: `What ${name} holds could not be read.`,
                remedy: `Look at it by hand: msb inspect ${name}`,
              },
            ]
          : []),
      ],
      undo: null,
      preconditions: {
        ...restsOn(found),
        owned: detail?.owned.map(({ guestPath }) => guestPath) ?? [],
      },
    };
  },

  async verify(context, { name }, { preconditions }) {
    const { createdAtMs } = identitySchema.parse(preconditions);
    const again = (await readSandboxes(context)).find((each) => each.name === name);
    if (again === undefined) return { status: 'confirmed', text: `${name} is gone.` };
    return again.createdAtMs === createdAtMs
      ? { status: 'not-there', text: `msb still lists ${name}, which is ${again.state}.` }
      : { status: 'confirmed', text: `${name} was removed; another of this name was made since.` };
  },

  explainFailure: explainMsb,
};
