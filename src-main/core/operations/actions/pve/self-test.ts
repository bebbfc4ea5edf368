import { z } from 'zod';
import { comingValue, pendingPath, pendingRowsSchema } from '../../../proxmox/guest-config';
import { apiPath } from '../../../proxmox/client/path';
import { guestSnapshotsOf, snapshotRowsSchema, snapshotsPath } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiActionDefinition, ApiContext } from '../../action';
import { bindApiAction } from '../../bound-action';
import { explainGuestFailure } from './failures';
import { readConfig } from './guest-drives';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  readGuest,
  targetOf,
  templateBlocker,
  type GuestInput,
} from './guest-reads';
import { info } from './single-change';

/** Told apart from everybody else's at a glance. */
const testSnapshot = 'holdfast-selftest';
const testMark = 'Holdfast self-test: this line is taken away again.';

const input = z.strictObject(guestInputShape);

const featureSchema = z.object({ hasFeature: z.union([z.number(), z.boolean(), z.string()]) });

interface Found {
  snapshots: string[];
  /** As it was written: PVE adds a newline when it is read (H26). */
  description: string;
  identity: string[];
}

async function look(context: ApiContext, { type, node, vmid }: GuestInput): Promise<Found> {
  const [rows, listing, { identity }] = await Promise.all([
    context.get('read the configuration of the guest', pendingPath(type, node, vmid), pendingRowsSchema),
    context.get('list the snapshots of the guest', snapshotsPath(type, node, vmid), snapshotRowsSchema),
    readConfig(context, { type, node, vmid }),
  ]);
  return {
    identity,
    snapshots: guestSnapshotsOf(listing)
      .snapshots.map(({ name }) => name)
      .sort(),
    description: (comingValue(rows, 'description') ?? '').replace(/\n$/, ''),
  };
}

/** H25, H26: what a token really may do, shown on a stopped guest that is put back as it was. */
const selfTest: ApiActionDefinition<GuestInput> = {
  id: 'pve.guest.selftest',
  title: 'Self-test on a guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input,
  offer: (subject) =>
    subject.kind !== 'guest'
      ? null
      : {
          label: 'Self-test…',
          group: 'change',
          excuse: subject.guest.template
            ? 'It is a template. Choose a stopped guest that nobody needs.'
            : subject.guest.status === 'stopped'
              ? null
              : 'It is not stopped. Choose a stopped guest that nobody needs.',
          input: { ...guestInput(subject.guest) },
          fields: [],
        },
  async plan(context, given) {
    const { type, node, vmid } = given;
    const status = await readGuest(context, given);
    const blockers = [...guestBlockers(given, status), ...templateBlocker(status)];
    if (status === null) {
      return {
        risk: 'destructive',
        target: targetOf(given, status),
        steps: [],
        consequences: [],
        blockers,
        undo: null,
        preconditions: { guest: guestForComparison(status) },
      };
    }
    const [found, feature] = await Promise.all([
      look(context, given),
      context.get(
        'ask whether the guest can take snapshots',
        apiPath(`/nodes/{node}/${type}/{vmid}/feature`, { node, vmid }),
        featureSchema,
        { feature: 'snapshot' },
      ),
    ]);
    if (status.status !== 'stopped') {
      blockers.push({
        text: 'It runs. The self-test rolls back to a snapshot, which a running guest would feel.',
        remedy: 'Choose a stopped guest that nobody needs.',
      });
    }
    if (Number(status.ha?.managed ?? 0) === 1) {
      blockers.push({
        text: 'It is managed by high availability, which may start it meanwhile.',
        remedy: 'Choose another one.',
      });
    }
    if (Number(feature.hasFeature) !== 1) {
      blockers.push({
        text: 'A storage that this guest is on cannot take snapshots.',
        remedy: 'Choose a guest on ZFS, Ceph, LVM-thin or btrfs, or with qcow2 images.',
      });
    }
    if (found.snapshots.includes(testSnapshot)) {
      blockers.push({
        text: `A snapshot ${testSnapshot} is left from a self-test that broke off.`,
        remedy: 'Delete that snapshot first.',
      });
    }
    const { description } = found;
    const config = `PUT /nodes/{node}/${type}/{vmid}/config` as const;
    const place = { node, vmid };
    const named = { ...place, snapname: testSnapshot };
    return {
      risk: 'destructive',
      target: targetOf(given, status),
      steps: [
        {
          title: 'Write a line into its notes',
          call: changeCall(config, place, {
            description: description === '' ? testMark : `${description}\n${testMark}`,
          }),
          explain: 'Shows that its configuration can be changed.',
          timeoutSeconds: 60,
        },
        {
          title: 'Put its notes back',
          call: changeCall(config, place, description === '' ? { delete: 'description' } : { description }),
          explain:
            'The notes are as before. Proxmox VE ends them with a newline of its own when they are read.',
          timeoutSeconds: 60,
        },
        {
          title: `Take snapshot ${testSnapshot}`,
          call: changeCall(`POST /nodes/{node}/${type}/{vmid}/snapshot`, place, {
            snapname: testSnapshot,
            description: 'Self-test of Holdfast',
          }),
          explain: 'Freezes the stopped guest as it is.',
          timeoutSeconds: 600,
        },
        {
          title: `Roll back to ${testSnapshot}`,
          call: changeCall(`POST /nodes/{node}/${type}/{vmid}/snapshot/{snapname}/rollback`, named),
          explain: 'To the state of a moment ago: nothing can have changed in between, for it does not run.',
          timeoutSeconds: 600,
        },
        {
          title: `Delete snapshot ${testSnapshot}`,
          call: changeCall(`DELETE /nodes/{node}/${type}/{vmid}/snapshot/{snapname}`, named),
          explain: 'The guest is left as it was found.',
          timeoutSeconds: 600,
        },
      ],
      consequences: [
        info('Its notes, its snapshots and its disks are afterwards as they are now. It is not started.'),
        {
          severity: 'warning',
          text: 'Should it break off in the middle, the snapshot or the line in the notes is left, and is told.',
          items: [],
        },
      ],
      blockers,
      undo: `Where it broke off: delete the snapshot ${testSnapshot}, and take the line out of the notes.`,
      preconditions: { guest: guestForComparison(status), ...found },
    };
  },
  async verify(context, given, { preconditions }) {
    const [status, found] = await Promise.all([readGuest(context, given), look(context, given)]);
    const left = [
      ...(found.snapshots.includes(testSnapshot) ? [`the snapshot ${testSnapshot}`] : []),
      ...(found.description === preconditions['description'] ? [] : ['other notes than before']),
      ...(status?.status === 'stopped' ? [] : ['a guest that is not stopped']),
    ];
    return left.length === 0
      ? {
          status: 'confirmed',
          text: 'Notes, snapshot, rollback and deletion work. The guest is as it was found.',
        }
      : { status: 'not-there', text: `The self-test left ${left.join(' and ')}.` };
  },
  explainFailure: explainGuestFailure,
};

export const selfTestActions = { 'pve.guest.selftest': bindApiAction(selfTest) } as const;
