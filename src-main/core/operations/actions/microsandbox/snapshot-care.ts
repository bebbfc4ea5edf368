import { z } from 'zod';
import { integrityLabel } from '../../../sandbox/microsandbox';
import { reindexArgv, selectHeadArgv, verifySnapshotArgv } from '../../../sandbox/microsandbox/commands';
import { isReference } from '../../../sandbox/microsandbox/names';
import type { ActionContext, ActionDefinition } from '../../action';
import { hint, listed, plural } from '../words';
import { explainMsb } from './failures';
import {
  readArtifacts,
  readHead,
  readHome,
  readSnapshotDetail,
  readSnapshots,
  readVersion,
  referenceSchema,
} from './reads';
import { isOld, noName, snapshotOf, unknownSnapshot, versionIn } from './snapshots';

const input = z.strictObject({ snapshot: referenceSchema });
type Input = z.infer<typeof input>;

export const verifySnapshot: ActionDefinition<Input> = {
  id: 'msb.snapshot.verify',
  title: 'Verify snapshot of a sandbox',
  backend: 'microsandbox',
  minimumAccess: 'operate',
  risk: 'safe',
  input,
  bulk: { one: 'snapshot', many: 'snapshots' },

  offer(subject) {
    const snapshot = snapshotOf(subject);
    if (snapshot === null) return null;
    const recorded = snapshot.facts.find(({ label }) => label === integrityLabel)?.text;
    return {
      label: 'Verify…',
      group: 'maintenance',
      excuse: !isReference(snapshot.name)
        ? noName
        : recorded === 'not recorded'
          ? 'Its integrity was not recorded when it was taken, so there is nothing to compare it with.'
          : null,
      input: { snapshot: snapshot.name },
      fields: [],
    };
  },

  async plan(context, { snapshot: reference }) {
    const detail = await readSnapshotDetail(context, reference);
    return {
      risk: 'safe',
      target: { kind: 'snapshot', name: reference },
      steps: [
        {
          title: `Verify ${reference}`,
          argv: verifySnapshotArgv(reference),
          explain:
            'msb snapshot verify reads all of the snapshot and compares it with what was recorded when it was taken. It changes nothing, and fails when they differ.',
          acceptExitCodes: [0],
          timeoutSeconds: 7200,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: 'It reads the whole snapshot once: the disk that it lies on is busy for so long.',
          items: [],
        },
      ],
      blockers: [
        ...(detail === null ? [unknownSnapshot(reference)] : []),
        ...(detail?.integrity === false
          ? [
              {
                text: `The integrity of ${reference} was not recorded when it was taken, so there is nothing to compare it with.`,
                remedy: 'Take a new snapshot with “Record its integrity”.',
              },
            ]
          : []),
      ],
      undo: 'Nothing to undo: it changes nothing.',
      preconditions: { digest: detail?.digest ?? null },
    };
  },

  verify: async (_context, { snapshot: reference }) => ({
    status: 'skipped',
    text: `msb itself compared ${reference} with what was recorded; nothing was changed, so there is nothing to read again.`,
  }),
  explainFailure: explainMsb,
};

const headPreconditions = z.object({ id: z.string().nullable() });

/** What `group:member` is, and what stands for its group now. */
async function readMember(context: ActionContext, reference: string) {
  const snapshots = await readSnapshots(context);
  const snapshot = snapshots.find((each) => each.reference === reference);
  const group = snapshot?.group ?? null;
  return { snapshots, snapshot, group, head: group === null ? null : await readHead(context, group) };
}

export const selectHead: ActionDefinition<Input> = {
  id: 'msb.snapshot.head',
  title: 'Make snapshot the head of its group',
  backend: 'microsandbox',
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  offer(subject, { inventory }) {
    const snapshot = snapshotOf(subject);
    if (snapshot === null) return null;
    const old = isOld(versionIn(inventory.sandbox));
    const head = snapshot.facts.some(({ label }) => label === 'Head of');
    return {
      label: 'Make it the head of its group…',
      group: 'snapshot',
      excuse: old
        ? 'msb has groups of snapshots since 0.7.'
        : !isReference(snapshot.name) || !snapshot.name.includes(':')
          ? noName
          : head
            ? 'It is the head of its group.'
            : null,
      input: { snapshot: snapshot.name },
      fields: [],
    };
  },

  async plan(context, { snapshot: reference }) {
    const [version, { snapshots, snapshot, group, head }] = await Promise.all([
      readVersion(context),
      readMember(context, reference),
    ]);
    const before = snapshots.find((each) => each.group === group && each.id === head)?.reference ?? null;
    return {
      risk: 'safe',
      target: { kind: 'snapshot', name: reference },
      steps: [
        {
          title: `Make ${reference} the head`,
          argv: selectHeadArgv(reference),
          explain:
            'msb snapshot head with GROUP:MEMBER selects that member; with the group alone it would only tell. Nothing is copied or deleted.',
          acceptExitCodes: [0],
          timeoutSeconds: 60,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text: `What asks for the group ${group ?? ''} without a member gets this one from then on${before === null ? '' : `, instead of ${before}`}. All members stay.`,
          items: [],
        },
      ],
      blockers: [
        ...(version.grouped
          ? []
          : [{ text: `msb ${version.text} has no groups of snapshots.`, remedy: 'Update msb to 0.7.' }]),
        ...(snapshot === undefined ? [unknownSnapshot(reference)] : []),
        ...(snapshot !== undefined && snapshot.id === head
          ? [{ text: `${reference} is the head of its group.`, remedy: 'Choose another member.' }]
          : []),
      ],
      undo: before !== null && isReference(before) ? hint('msb', 'snapshot', 'head', '--', before) : null,
      preconditions: { id: snapshot?.id ?? null, head },
    };
  },

  async verify(context, { snapshot: reference }, { preconditions }) {
    const { id } = headPreconditions.parse(preconditions);
    const { group, head } = await readMember(context, reference);
    return head !== null && head === id
      ? { status: 'confirmed', text: `${reference} is the head of ${group ?? ''}.` }
      : { status: 'not-there', text: `The head of ${group ?? 'its group'} is another snapshot.` };
  },
  explainFailure: explainMsb,
};

/** Snapshots that lie there without a record, and records whose snapshot does not. */
async function readIndex(context: ActionContext) {
  const home = await readHome(context);
  const [snapshots, artifacts] = await Promise.all([readSnapshots(context), readArtifacts(context, home)]);
  const recorded = new Set(snapshots.map(({ path }) => path));
  // msb 0.6 lists a snapshot once, however often it lies there.
  const unrecorded = [...artifacts].filter((path) => !recorded.has(path)).toSorted();
  const lost = snapshots
    .filter(({ path }) => path.startsWith(`${home}/`) && !artifacts.has(path))
    .map(({ reference, digest }) => reference ?? digest);
  return { home, unrecorded, lost };
}

const nothing = z.strictObject({});
const indexPreconditions = z.object({ unrecorded: z.array(z.string()) });

export const reindexSnapshots: ActionDefinition<z.infer<typeof nothing>> = {
  id: 'msb.snapshot.reindex',
  title: 'Rebuild the index of snapshots',
  backend: 'microsandbox',
  minimumAccess: 'operate',
  risk: 'safe',
  input: nothing,

  offer(subject) {
    if (subject.kind !== 'sandbox-host' || subject.driver !== 'microsandbox') return null;
    return {
      label: 'Rebuild the index of snapshots…',
      group: 'maintenance',
      excuse: null,
      input: {},
      fields: [],
    };
  },

  async plan(context) {
    const { home, unrecorded, lost } = await readIndex(context);
    return {
      risk: 'safe',
      target: { kind: 'folder', name: `${home}/snapshots` },
      steps: [
        {
          title: 'Rebuild the index',
          argv: reindexArgv,
          explain:
            'msb snapshot reindex reads what lies in the folder of snapshots and records it. It deletes nothing.',
          acceptExitCodes: [0],
          timeoutSeconds: 600,
          privileged: false,
        },
      ],
      consequences: [
        {
          severity: 'info',
          text:
            unrecorded.length === 0
              ? 'Every snapshot that lies there has its record already.'
              : `${plural(unrecorded.length, 'snapshot')} without a record will be listed.`,
          items: unrecorded.map((name) => ({ name, sizeBytes: null })),
        },
        ...(lost.length === 0
          ? []
          : [
              {
                severity: 'warning' as const,
                text: `Records whose snapshot is gone stay listed (msb 0.7.2): ${listed(lost)}.`,
                items: [],
              },
            ]),
      ],
      blockers: [],
      undo: null,
      preconditions: { unrecorded, lost },
    };
  },

  async verify(context, _input, { preconditions }) {
    const before = indexPreconditions.parse(preconditions).unrecorded;
    const still = (await readIndex(context)).unrecorded.filter((path) => before.includes(path));
    if (before.length === 0) {
      return { status: 'skipped', text: 'Every snapshot had its record already, so the list is the same.' };
    }
    return still.length === 0
      ? { status: 'confirmed', text: `${plural(before.length, 'snapshot')} more have their record.` }
      : { status: 'not-there', text: `Still without a record: ${listed(still)}.` };
  },
  explainFailure: explainMsb,
};
