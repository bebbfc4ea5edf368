import { z } from 'zod';
import type { GuestSnapshot, GuestSnapshots } from '../../../../../src-preload/contract/clusters';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ApiActionDefinition, ApiContext } from '../../action';
import { bindApiAction } from '../../bound-action';
import { switchField, textField } from '../fields';
import { listed, moment } from '../words';
import { apiPath } from '../../../proxmox/client/path';
import {
  guestSnapshotsOf,
  snapshotRowsSchema,
  snapshotsPath,
  type GuestStatus,
} from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import { explainGuestFailure } from './failures';
import { noConfig, readConfig, type GuestConfig } from './guest-drives';
import {
  bulkGuests,
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  readGuest,
  targetOf,
  type GuestInput,
} from './guest-reads';

/** `pve-configid` of 2 to 40 characters (PVE/JSONSchema.pm); `current` is what the present state is called. */
export const snapshotNameSchema = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[A-Za-z][A-Za-z0-9_-]+$/, 'must start with a letter and hold only letters, digits, "_" and "-"')
  .refine(
    (name) => !['current', 'pending'].includes(name.toLowerCase()),
    'is a name that Proxmox VE keeps for itself',
  );

async function readSnapshots(context: ApiContext, { type, node, vmid }: GuestInput): Promise<GuestSnapshots> {
  return guestSnapshotsOf(
    await context.get('list the snapshots of the guest', snapshotsPath(type, node, vmid), snapshotRowsSchema),
  );
}

/** What a plan about a snapshot reads once its guest is there. */
async function lookAt(
  context: ApiContext,
  input: GuestInput,
  status: GuestStatus | null,
): Promise<[GuestSnapshots | null, GuestConfig]> {
  return status === null
    ? [null, noConfig]
    : Promise.all([readSnapshots(context, input), readConfig(context, input)]);
}

/** What a plan must find the same: which snapshots there are, from what, and what they wait for. */
function forComparison({ snapshots, current }: GuestSnapshots): unknown {
  return {
    snapshots: snapshots.map(({ name, createdAtMs, parent, state }) => ({
      name,
      createdAtMs,
      parent,
      state,
    })),
    parent: current.parent,
  };
}

const describe = ({ name, createdAtMs }: GuestSnapshot): string =>
  createdAtMs === null ? name : `${name}, taken ${moment(createdAtMs)}`;

function missing(name: string): Blocker {
  return { text: `There is no snapshot ${name} of this guest (any more).`, remedy: 'Refresh its snapshots.' };
}

/** Everything that hangs below a snapshot, nearest first. */
function descendants(all: readonly GuestSnapshot[], name: string): GuestSnapshot[] {
  const below = all.filter(({ parent }) => parent === name);
  return below.flatMap((child) => [child, ...descendants(all, child.name)]);
}

const createInput = z.strictObject({
  ...guestInputShape,
  name: snapshotNameSchema,
  /** null: none. */
  description: z.string().max(255).nullable(),
  vmstate: z.boolean(),
});

const featureSchema = z.object({ hasFeature: z.union([z.number(), z.boolean(), z.string()]) });

const snapshotCreate: ApiActionDefinition<z.infer<typeof createInput>> = {
  id: 'pve.snapshot.create',
  title: 'Take guest snapshot',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  bulk: bulkGuests,
  input: createInput,
  offer: (subject) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    return {
      label: 'Snapshot…',
      group: 'snapshot',
      excuse:
        guest.status === 'unknown'
          ? `Node ${guest.node} is down.`
          : guest.template
            ? 'It is a template.'
            : null,
      input: {
        ...guestInput(guest),
        ...(guest.type === 'lxc' || guest.status !== 'running' ? { vmstate: false } : {}),
      },
      fields: [
        textField('name', 'Name', '', { maxLength: 40, placeholder: 'before-upgrade' }),
        textField('description', 'Description', '', { maxLength: 255, required: false }),
        ...(guest.type === 'qemu' && guest.status === 'running'
          ? [
              switchField(
                'vmstate',
                'Keep its memory too',
                false,
                'Rolling back then brings the running machine back, as it was. It takes as much room as its memory.',
              ),
            ]
          : []),
      ],
    };
  },
  async plan(context, input) {
    const { type, node, vmid, name, description, vmstate } = input;
    const status = await readGuest(context, input);
    if (status === null) {
      return {
        risk: 'safe',
        target: targetOf(input, status),
        steps: [],
        consequences: [],
        blockers: guestBlockers(input, status),
        undo: null,
        preconditions: { guest: guestForComparison(status) },
      };
    }
    const [listing, feature] = await Promise.all([
      readSnapshots(context, input),
      context.get(
        'ask whether the guest can take snapshots',
        apiPath(`/nodes/{node}/${type}/{vmid}/feature`, { node, vmid }),
        featureSchema,
        { feature: 'snapshot' },
      ),
    ]);
    const blockers = guestBlockers(input, status);
    if (listing.snapshots.some((snapshot) => snapshot.name === name)) {
      blockers.push({
        text: `There is a snapshot ${name} of this guest already.`,
        remedy: 'Choose another name.',
      });
    }
    if (Number(feature.hasFeature) !== 1) {
      blockers.push({
        text: 'A storage that this guest is on cannot take snapshots.',
        remedy:
          'Move its disks to ZFS, Ceph, LVM-thin or btrfs, or to qcow2 images. A backup works on every storage.',
      });
    }
    if (vmstate && (type === 'lxc' || status.status !== 'running')) {
      blockers.push({
        text: 'Only a running virtual machine has a memory to keep.',
        remedy: 'Leave its memory out.',
      });
    }
    const consequences: Consequence[] = [];
    if (vmstate) {
      consequences.push({
        severity: 'warning',
        text: 'The machine may stand still for moments while its memory is written.',
        items: [],
      });
    } else if (status.status === 'running' && type === 'qemu') {
      consequences.push({
        severity: 'info',
        text:
          Number(status.agent ?? 0) === 1
            ? 'The guest agent is asked to freeze its file systems for the moment.'
            : 'The machine runs and has no guest agent: the snapshot is as if its power was cut in that moment.',
        items: [],
      });
    }
    return {
      risk: 'safe',
      target: targetOf(input, status),
      steps: [
        {
          title: `Take snapshot ${name} of ${vmid}`,
          call: changeCall(
            `POST /nodes/{node}/${type}/{vmid}/snapshot`,
            { node, vmid },
            {
              snapname: name,
              description: description ?? undefined,
              vmstate: vmstate ? true : undefined,
            },
          ),
          explain: 'Freezes the state of its disks and its configuration under that name.',
          timeoutSeconds: vmstate ? 3600 : 600,
        },
      ],
      consequences,
      blockers,
      undo: `Delete the snapshot ${name} again.`,
      preconditions: { guest: guestForComparison(status), snapshots: forComparison(listing) },
    };
  },
  async verify(context, input) {
    const { snapshots } = await readSnapshots(context, input);
    const found = snapshots.find(({ name }) => name === input.name);
    if (found === undefined) return { status: 'not-there', text: `There is no snapshot ${input.name}.` };
    return found.state === null
      ? { status: 'confirmed', text: `Snapshot ${input.name} is there.` }
      : { status: 'pending', text: `Snapshot ${input.name} is being made.` };
  },
  explainFailure: explainGuestFailure,
};

const snapshotInput = z.strictObject({ ...guestInputShape, name: snapshotNameSchema });
const rollbackInput = snapshotInput.extend({ start: z.boolean() });

const snapshotRollback: ApiActionDefinition<z.infer<typeof rollbackInput>> = {
  id: 'pve.snapshot.rollback',
  title: 'Roll back guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input: rollbackInput,
  offer: (subject) =>
    subject.kind !== 'guest-snapshot'
      ? null
      : {
          label: 'Roll back…',
          group: 'snapshot',
          excuse:
            subject.snapshot.state === null
              ? null
              : `It is in the middle of something (${subject.snapshot.state}).`,
          input: {
            ...guestInput(subject.guest),
            name: subject.snapshot.name,
            ...(subject.snapshot.withMemory ? { start: false } : {}),
          },
          fields: subject.snapshot.withMemory
            ? []
            : [switchField('start', 'Start it afterwards', subject.guest.status === 'running')],
        },
  async plan(context, input) {
    const { type, node, vmid, name, start } = input;
    const status = await readGuest(context, input);
    const [listing, { identity }] = await lookAt(context, input, status);
    const snapshot = listing?.snapshots.find((each) => each.name === name);
    const blockers = guestBlockers(input, status);
    if (listing !== null && snapshot === undefined) blockers.push(missing(name));
    if (snapshot !== undefined && snapshot.state !== null) {
      blockers.push({
        text: `Snapshot ${name} is in the middle of something (${snapshot.state}).`,
        remedy: 'Wait until its task has ended.',
      });
    }
    const later = listing === null ? [] : descendants(listing.snapshots, name);
    return {
      risk: 'catastrophic',
      target: targetOf(input, status),
      steps: [
        {
          title: `Roll ${vmid} back to ${name}`,
          call: changeCall(
            `POST /nodes/{node}/${type}/{vmid}/snapshot/{snapname}/rollback`,
            { node, vmid, snapname: name },
            {
              start: start ? true : undefined,
            },
          ),
          explain: 'Sets its disks and its configuration back to what they were when the snapshot was taken.',
          timeoutSeconds: 3600,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: `Everything the guest wrote since the snapshot was taken is lost, and its configuration is that of then.`,
          items: snapshot === undefined ? [] : [{ name: describe(snapshot), sizeBytes: null }],
        },
        ...(status?.status === 'running'
          ? [
              {
                severity: 'warning' as const,
                text: 'It runs: it is stopped first, like by pulling the plug.',
                items: [],
              },
            ]
          : []),
        ...(later.length > 0
          ? [
              {
                severity: 'warning' as const,
                text: `Snapshots were taken after it: ${listed(later.map((each) => each.name))}. On ZFS that is refused, and nothing is done; elsewhere they stay.`,
                items: [],
              },
            ]
          : []),
        ...(snapshot?.withMemory === true
          ? [
              {
                severity: 'info' as const,
                text: 'It holds the memory of the machine, which runs on from that moment.',
                items: [],
              },
            ]
          : []),
      ],
      blockers,
      undo: null,
      preconditions: {
        guest: guestForComparison(status),
        identity,
        snapshots: listing === null ? null : forComparison(listing),
      },
    };
  },
  async verify(context, input) {
    const { current } = await readSnapshots(context, input);
    return current.parent === input.name
      ? { status: 'confirmed', text: `The guest stands on snapshot ${input.name} now.` }
      : { status: 'not-there', text: `The guest stands on ${current.parent ?? 'no snapshot'}.` };
  },
  explainFailure: explainGuestFailure,
};

const snapshotDelete: ApiActionDefinition<z.infer<typeof snapshotInput>> = {
  id: 'pve.snapshot.delete',
  title: 'Delete guest snapshot',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  bulk: { one: 'snapshot', many: 'snapshots' },
  input: snapshotInput,
  offer: (subject) =>
    subject.kind !== 'guest-snapshot'
      ? null
      : {
          label: 'Delete…',
          group: 'destroy',
          excuse: null,
          input: { ...guestInput(subject.guest), name: subject.snapshot.name },
          fields: [],
        },
  async plan(context, input) {
    const { type, node, vmid, name } = input;
    const status = await readGuest(context, input);
    const [listing, { identity }] = await lookAt(context, input, status);
    const snapshot = listing?.snapshots.find((each) => each.name === name);
    const blockers = guestBlockers(input, status);
    if (listing !== null && snapshot === undefined) blockers.push(missing(name));
    return {
      risk: 'destructive',
      target: { kind: 'guest snapshot', name },
      steps: [
        {
          title: `Delete snapshot ${name} of ${vmid}`,
          call: changeCall(`DELETE /nodes/{node}/${type}/{vmid}/snapshot/{snapname}`, {
            node,
            vmid,
            snapname: name,
          }),
          explain: 'Takes the snapshot away. The guest and its other snapshots stay as they are.',
          timeoutSeconds: 3600,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: `What ${targetOf(input, status).name} was at that time can no longer be brought back.`,
          items: snapshot === undefined ? [] : [{ name: describe(snapshot), sizeBytes: null }],
        },
      ],
      blockers,
      undo: null,
      preconditions: {
        guest: guestForComparison(status),
        identity,
        snapshot:
          snapshot === undefined ? null : { createdAtMs: snapshot.createdAtMs, state: snapshot.state },
      },
    };
  },
  async verify(context, input) {
    const { snapshots } = await readSnapshots(context, input);
    const found = snapshots.find(({ name }) => name === input.name);
    if (found === undefined) return { status: 'confirmed', text: `Snapshot ${input.name} is gone.` };
    return { status: 'not-there', text: `Snapshot ${input.name} is still there.` };
  },
  explainFailure: explainGuestFailure,
};

export const snapshotActions = {
  'pve.snapshot.create': bindApiAction(snapshotCreate),
  'pve.snapshot.rollback': bindApiAction(snapshotRollback),
  'pve.snapshot.delete': bindApiAction(snapshotDelete),
} as const;
