import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { Field } from '../../../../../src-preload/contract/offers';
import { apiPath } from '../../../proxmox/client/path';
import { snapshotRowsSchema, snapshotsPath } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ApiStepDraft } from '../../action';
import { textField } from '../fields';
import type { GuestInput } from './guest-reads';
import { snapshotNameSchema } from './snapshots';

/** H46: a change may be told to take a snapshot before it. Left out and null: it takes none. */
export const snapshotFirstShape = { snapshotFirst: snapshotNameSchema.nullable().optional() };

export interface SnapshotFirst {
  name: string;
  steps: ApiStepDraft[];
  consequences: Consequence[];
  blockers: Blocker[];
}

export const snapshotFirstField = (): Field =>
  textField('snapshotFirst', 'Take a snapshot before it, named', '', {
    required: false,
    maxLength: 40,
    placeholder: 'before-change',
    help: 'Left empty: none. With one, the guest as it is now can be rolled back to, its configuration too.',
  });

const featureSchema = z.object({ hasFeature: z.union([z.number(), z.boolean(), z.string()]) });

/** What the snapshot before a change means; null: none was asked for. */
export async function lookSnapshotFirst(
  context: ApiContext,
  guest: GuestInput & { snapshotFirst?: string | null },
): Promise<SnapshotFirst | null> {
  const { type, node, vmid, snapshotFirst: name } = guest;
  if (name === undefined || name === null) return null;
  const [rows, feature] = await Promise.all([
    context.get('list the snapshots of the guest', snapshotsPath(type, node, vmid), snapshotRowsSchema),
    context.get(
      'ask whether the guest can take snapshots',
      apiPath(`/nodes/{node}/${type}/{vmid}/feature`, { node, vmid }),
      featureSchema,
      { feature: 'snapshot' },
    ),
  ]);
  const blockers: Blocker[] = [];
  if (rows.some((row) => row.name === name)) {
    blockers.push({ text: `There is a snapshot ${name} already.`, remedy: 'Choose another name for it.' });
  }
  if (Number(feature.hasFeature) !== 1) {
    blockers.push({
      text: 'A storage that this guest is on cannot take snapshots.',
      remedy: 'Leave the snapshot out, and make a backup before.',
    });
  }
  return {
    name,
    blockers,
    consequences: [
      {
        severity: 'info',
        text: `The snapshot ${name} is taken first; if that fails, nothing else is done. It takes room until it is deleted.`,
        items: [],
      },
    ],
    steps: [
      {
        title: `Take snapshot ${name} of ${vmid}`,
        call: changeCall(`POST /nodes/{node}/${type}/{vmid}/snapshot`, { node, vmid }, { snapname: name }),
        explain: 'Keeps the guest as it is before the change, without its memory.',
        timeoutSeconds: 1800,
      },
    ],
  };
}

/** @param digest null: it is not sent */
export const explainWrite = (digest: string | null): string =>
  digest === null
    ? 'Writes these settings and no others.'
    : 'Writes these settings and no others. The digest makes it fail when somebody else changed the guest meanwhile.';

export const undoWith = (first: SnapshotFirst | null, undo: string | null): string | null =>
  first === null ? undo : `Roll back to the snapshot ${first.name}${undo === null ? '.' : `, or: ${undo}`}`;
