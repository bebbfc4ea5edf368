import { z } from 'zod';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { SandboxSnapshot } from '../../../../../src-preload/contract/sandbox';
import {
  createSnapshotArgv,
  removeSnapshotArgv,
  restoreSnapshotArgv,
} from '../../../sandbox/microsandbox/commands';
import { isReference } from '../../../sandbox/microsandbox/names';
import type { ActionDefinition, Subject } from '../../action';
import { snapshotName, switchField, textField } from '../fields';
import { bytes, hint } from '../words';
import { explainMsb } from './failures';
import {
  memberSchema,
  nameSchema,
  readDoctor,
  readSandboxes,
  readSnapshots,
  readVersion,
  referenceSchema,
} from './reads';

/** Of a snapshot itself, not of a file that one was saved to. */
export function snapshotOf(subject: Subject): SandboxSnapshot | null {
  return subject.kind === 'sandbox-snapshot' && subject.snapshot.kind === undefined ? subject.snapshot : null;
}

const createInput = z.strictObject({
  sandbox: nameSchema,
  name: memberSchema,
  /** Record what its content is, so that it can be verified. */
  integrity: z.boolean(),
});
const createPreconditions = z.object({ reference: z.string(), taken: z.boolean() });

/** As last read. */
export function versionIn(sandbox: HostInventory['sandbox']): string | null {
  return sandbox?.drivers.find(({ driver }) => driver === 'microsandbox')?.version ?? null;
}

/** Before 0.7: no groups, and nothing is restored by itself. @param version as last read */
export const isOld = (version: string | null): boolean => version?.startsWith('0.6.') === true;

export const noName = 'It has no name to be asked for by.';

export const unknownSnapshot = (reference: string): Blocker => ({
  text: `msb has no snapshot ${reference}.`,
  remedy: 'Refresh the host: it may have been removed meanwhile.',
});

const isStopped = (state: string): boolean => state === 'Stopped' || state === 'Crashed';

export const createSnapshot: ActionDefinition<z.infer<typeof createInput>> = {
  id: 'msb.snapshot.create',
  title: 'Snapshot sandbox',
  backend: 'microsandbox',
  minimumAccess: 'operate',
  risk: 'safe',
  input: createInput,

  offer(subject, { nowMs }) {
    if (subject.kind !== 'sandbox') return null;
    return {
      label: 'Snapshot…',
      group: 'snapshot',
      excuse: null,
      input: { sandbox: subject.sandbox.name },
      fields: [
        textField('name', 'Name', snapshotName(nowMs), {
          maxLength: 128,
          help: 'Since msb 0.7 it is asked for as group:name; the group is the sandbox.',
        }),
        switchField(
          'integrity',
          'Record its integrity',
          true,
          'Only then can it be verified later. Taking it reads the whole disk once more for that.',
        ),
      ],
    };
  },

  async plan(context, { sandbox: name, name: member, integrity }) {
    const [version, sandboxes, snapshots] = await Promise.all([
      readVersion(context),
      readSandboxes(context),
      readSnapshots(context),
    ]);
    const sandbox = sandboxes.find((each) => each.name === name);
    const reference = version.grouped ? `${name}:${member}` : member;
    const taken = snapshots.some((each) => each.reference === reference);
    const blockers = [
      ...(sandbox === undefined
        ? [{ text: `msb has no sandbox ${name}.`, remedy: 'Refresh the host.' }]
        : []),
      ...(sandbox !== undefined && !version.snapshotsWhileRunning && !isStopped(sandbox.state)
        ? [
            {
              text: `${name} is ${sandbox.state}; msb ${version.text} snapshots a stopped sandbox only.`,
              remedy: `Stop it first: msb stop ${name}. From 0.7 on a running one can be snapshotted.`,
            },
          ]
        : []),
      ...(taken ? [{ text: `The name is taken: ${reference}.`, remedy: 'Choose another name.' }] : []),
    ];
    return {
      risk: 'safe',
      target: { kind: 'snapshot', name: reference },
      steps: [
        {
          title: `Snapshot ${name} as ${reference}`,
          argv: createSnapshotArgv(name, member, version.snapshotOption, integrity),
          explain: `msb snapshot create copies the root disk of the sandbox; ${version.snapshotOption} is how msb ${version.text} names the source.${integrity ? ' --integrity records what it holds, to verify it by.' : ''}`,
          acceptExitCodes: [0],
          timeoutSeconds: 1800,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: 'It holds the root disk of the sandbox, not the named volumes that it mounts.',
          items: [],
        },
      ],
      blockers,
      undo: isReference(reference) ? hint('msb', 'snapshot', 'rm', '--', reference) : null,
      preconditions: { reference, taken, state: sandbox?.state ?? null },
    };
  },

  async verify(context, _input, { preconditions }) {
    const { reference, taken } = createPreconditions.parse(preconditions);
    if (taken) return { status: 'not-there', text: `${reference} was there before.` };
    const made = (await readSnapshots(context)).find((each) => each.reference === reference);
    return made === undefined
      ? { status: 'not-there', text: `msb lists no snapshot ${reference}.` }
      : { status: 'confirmed', text: `${reference} is there and ${made.availability}.` };
  },

  explainFailure: explainMsb,
};

const removeInput = z.strictObject({ snapshot: referenceSchema });
const digestPrecondition = z.object({ digest: z.string().nullable() });

export const removeSnapshot: ActionDefinition<z.infer<typeof removeInput>> = {
  id: 'msb.snapshot.remove',
  title: 'Remove snapshot of a sandbox',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'destructive',
  input: removeInput,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer(subject) {
    const snapshot = snapshotOf(subject);
    if (snapshot === null) return null;
    const { name } = snapshot;
    return {
      label: 'Remove…',
      group: 'destroy',
      excuse: isReference(name) ? null : noName,
      input: { snapshot: name },
      fields: [],
    };
  },

  async plan(context, { snapshot: reference }) {
    const snapshots = await readSnapshots(context);
    const snapshot = snapshots.find((each) => each.reference === reference);
    const children = snapshots.filter(
      ({ parentId, group }) => snapshot !== undefined && parentId === snapshot.id && group === snapshot.group,
    );
    return {
      risk: 'destructive',
      target: { kind: 'snapshot', name: reference },
      steps: [
        {
          title: `Remove ${reference}`,
          argv: removeSnapshotArgv(reference),
          explain:
            'msb snapshot rm deletes the snapshot. Without --force it refuses one that others were made from.',
          acceptExitCodes: [0],
          timeoutSeconds: 300,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: `What ${reference} holds is lost.`,
          items: [{ name: reference, sizeBytes: snapshot?.sizeBytes ?? null }],
        },
      ],
      blockers: [
        ...(snapshot === undefined ? [unknownSnapshot(reference)] : []),
        ...(children.length > 0
          ? [
              {
                text: `Other snapshots were made from it: ${children.map((each) => each.reference ?? each.digest).join(', ')}.`,
                remedy: 'Remove those first.',
              },
            ]
          : []),
      ],
      undo: null,
      preconditions: { digest: snapshot?.digest ?? null, children: children.map(({ digest }) => digest) },
    };
  },

  async verify(context, { snapshot: reference }, { preconditions }) {
    const { digest } = digestPrecondition.parse(preconditions);
    const still = (await readSnapshots(context)).some(
      (each) => each.reference === reference && each.digest === digest,
    );
    return still
      ? { status: 'not-there', text: `msb still lists ${reference}.` }
      : { status: 'confirmed', text: `${reference} is gone.` };
  },

  explainFailure: explainMsb,
};

const restoreInput = z.strictObject({ snapshot: referenceSchema, name: nameSchema });
const restorePreconditions = z.object({ taken: z.boolean() });

export const restoreSnapshot: ActionDefinition<z.infer<typeof restoreInput>> = {
  id: 'msb.snapshot.restore',
  title: 'Restore snapshot into a new sandbox',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input: restoreInput,

  offer(subject, { inventory }) {
    const snapshot = snapshotOf(subject);
    if (snapshot === null) return null;
    const { name } = snapshot;
    const version = versionIn(inventory.sandbox);
    const old = isOld(version);
    return {
      label: 'Restore into a new sandbox…',
      group: 'snapshot',
      excuse: !isReference(name)
        ? noName
        : old
          ? `msb ${version ?? ''} can’t restore; from 0.7 on it can. By hand: msb run --from-snapshot ${name}`
          : null,
      input: { snapshot: name },
      fields: [
        textField('name', 'Name of the new sandbox', '', {
          maxLength: 128,
          help: 'The sandbox it was taken of stays as it is.',
        }),
      ],
    };
  },

  async plan(context, { snapshot: reference, name }) {
    const [version, doctor, sandboxes, snapshots] = await Promise.all([
      readVersion(context),
      readDoctor(context),
      readSandboxes(context),
      readSnapshots(context),
    ]);
    const snapshot = snapshots.find((each) => each.reference === reference);
    const taken = sandboxes.some((each) => each.name === name);
    const size = snapshot?.sizeBytes ?? null;
    const consequences: Consequence[] = [
      {
        severity: 'info',
        text: `A new sandbox ${name} is made from it${size === null ? '' : `, with a root disk of up to ${bytes(size)}`}, and started in the background. Nothing that is there is changed.`,
        items: [],
      },
    ];
    if (doctor.cannotStart !== null) {
      consequences.push({
        severity: 'warning',
        text: `No sandbox can start on this host: ${doctor.cannotStart}. It is made all the same, and stays stopped.`,
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'sandbox', name },
      steps: [
        {
          title: `Restore ${reference} as ${name}`,
          argv: restoreSnapshotArgv(reference, name),
          explain: 'msb restore makes a new detached sandbox of this name from the snapshot.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
          privileged: false,
        },
      ],
      consequences,
      blockers: [
        ...(version.grouped
          ? []
          : [
              {
                text: `msb ${version.text} can’t restore a snapshot into a new sandbox.`,
                remedy: `Update to 0.7, or by hand: msb run --detach --name ${name} --from-snapshot ${reference}`,
              },
            ]),
        ...(snapshot === undefined ? [unknownSnapshot(reference)] : []),
        ...(taken ? [{ text: `There is a sandbox ${name} already.`, remedy: 'Choose another name.' }] : []),
      ],
      undo: hint('msb', 'rm', '--', name),
      preconditions: { digest: snapshot?.digest ?? null, taken },
    };
  },

  async verify(context, { name }, { preconditions }) {
    if (restorePreconditions.parse(preconditions).taken) {
      return { status: 'not-there', text: `${name} was there before.` };
    }
    const made = (await readSandboxes(context)).find((each) => each.name === name);
    if (made === undefined) return { status: 'not-there', text: `msb lists no sandbox ${name}.` };
    return isStopped(made.state)
      ? { status: 'not-there', text: `Sandbox ${name} was made, but it is ${made.state}.` }
      : { status: 'confirmed', text: `Sandbox ${name} is ${made.state}.` };
  },

  explainFailure: explainMsb,
};
