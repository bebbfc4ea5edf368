import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext } from '../../action';
import { sizeField, textField } from '../fields';
import { bytes, plural } from '../words';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  nodeNameSchema,
  readGuest,
  targetOf,
  vmidSchema,
  type GuestInput,
} from './guest-reads';
import { readConfig } from './guest-drives';
import {
  lookSnapshotFirst,
  snapshotFirstField,
  snapshotFirstShape,
  undoWith,
  type SnapshotFirst,
} from './snapshot-first';
import { bindChange, confirmed, info, loss, notThere, warning } from './single-change';

interface Found {
  status: GuestStatus | null;
  drives: { key: string; volume: string; sizeBytes: number | null }[];
  identity: string[];
  snapshots: number;
}
const snapshotRowsSchema = z.array(z.object({ name: z.string() }));

async function look(context: ApiContext, input: GuestInput): Promise<Found> {
  const status = await readGuest(context, input);
  if (status === null) return { status, drives: [], identity: [], snapshots: 0 };
  const { type, node, vmid } = input;
  const [config, snapshots] = await Promise.all([
    readConfig(context, input),
    context.get(
      'list the snapshots of the guest',
      apiPath(`/nodes/{node}/${type}/{vmid}/snapshot`, { node, vmid }),
      snapshotRowsSchema,
    ),
  ]);
  return {
    status,
    drives: config.drives,
    identity: config.identity,
    snapshots: snapshots.filter(({ name }) => name !== 'current').length,
  };
}

/** F91, but growing only: a disk is never made smaller. */
const resizeInput = z.strictObject({
  ...guestInputShape,
  disk: z
    .string()
    .regex(/^(?:(?:scsi|virtio|ide|sata|mp)\d{1,3}|efidisk0|rootfs)$/, 'must be a disk of the guest'),
  /** By how much. */
  size: z.string().regex(/^[1-9]\d{0,6}[KMGT]$/, 'must be a size as 10G'),
  ...snapshotFirstShape,
});
type ResizeInput = z.infer<typeof resizeInput>;

async function lookResize(
  context: ApiContext,
  input: ResizeInput,
): Promise<Found & { first: SnapshotFirst | null }> {
  const found = await look(context, input);
  return { ...found, first: found.status === null ? null : await lookSnapshotFirst(context, input) };
}

const factors = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
function bytesOf(size: string): number {
  const unit = size.at(-1) as keyof typeof factors;
  return Number(size.slice(0, -1)) * factors[unit];
}

const resize = bindChange<ResizeInput, Found & { first: SnapshotFirst | null }>({
  id: 'pve.guest.resize',
  title: 'Grow disk of guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: resizeInput,
  offer: (subject) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    return {
      label: 'Grow a disk…',
      group: 'change',
      excuse: guest.status === 'unknown' ? `Node ${guest.node} is down.` : null,
      input: { ...guestInput(guest) },
      fields: [
        textField('disk', 'Disk', guest.type === 'lxc' ? 'rootfs' : 'scsi0', {
          maxLength: 12,
          help: 'As the configuration names it: scsi0, virtio1, rootfs, mp0.',
        }),
        sizeField('size', 'By', '10G'),
        snapshotFirstField(),
      ],
    };
  },
  look: lookResize,
  draft: (input, found) => {
    const { type, node, vmid, disk, size } = input;
    const drive = found.drives.find(({ key }) => key === disk);
    const before = drive?.sizeBytes ?? null;
    return {
      target: targetOf(input, found.status),
      before: found.first?.steps,
      title: `Grow ${disk} of ${vmid} by ${size}`,
      call: changeCall(`PUT /nodes/{node}/${type}/{vmid}/resize`, { node, vmid }, { disk, size: `+${size}` }),
      explain: 'Makes the volume larger. Proxmox VE cannot make one smaller again.',
      timeoutSeconds: 900,
      consequences: [
        info(
          before === null
            ? `${disk} grows by ${size}.`
            : `${disk} grows from ${bytes(before)} to ${bytes(before + bytesOf(size))}.`,
        ),
        warning(
          type === 'qemu'
            ? 'Inside the machine the partition and the file system have to be grown by hand.'
            : 'Its file system grows with it.',
        ),
        ...(found.first?.consequences ?? []),
      ],
      blockers: [
        ...guestBlockers(input, found.status),
        ...(found.status !== null && drive === undefined
          ? [
              {
                text: `Guest ${vmid} has no disk ${disk}.`,
                remedy: `It has ${found.drives.map(({ key }) => key).join(', ') || 'none'}.`,
              },
            ]
          : []),
        ...(found.first?.blockers ?? []),
      ],
      undo: undoWith(found.first, null),
      restsOn: {
        guest: guestForComparison(found.status),
        identity: found.identity,
        volume: drive?.volume ?? null,
        sizeBytes: before,
      },
    };
  },
  judge: (input, found, before) => {
    const drive = found.drives.find(({ key }) => key === input.disk);
    const was = before['sizeBytes'];
    if (typeof was !== 'number' || drive === undefined || drive.sizeBytes === null) {
      return { status: 'unreadable', text: 'The size of the disk is not told.' };
    }
    return drive.sizeBytes >= was + bytesOf(input.size)
      ? confirmed(`${input.disk} has ${bytes(drive.sizeBytes)} now.`)
      : notThere(`${input.disk} has ${bytes(drive.sizeBytes)}, as before.`);
  },
});

// Template

const plainInput = z.strictObject(guestInputShape);
const isTemplate = (status: GuestStatus | null): boolean => Number(status?.template ?? 0) === 1;

const template = bindChange<GuestInput, Found>({
  id: 'pve.guest.template',
  title: 'Turn guest into template',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: plainInput,
  offer: (subject) => {
    if (subject.kind !== 'guest' || subject.guest.template) return null;
    const { guest } = subject;
    return {
      label: 'Turn into template…',
      group: 'change',
      excuse:
        guest.status === 'unknown'
          ? `Node ${guest.node} is down.`
          : guest.status === 'stopped'
            ? null
            : 'It runs. Shut it down first.',
      input: { ...guestInput(guest) },
      fields: [],
    };
  },
  look,
  draft: (input, found) => {
    const { type, node, vmid } = input;
    return {
      target: targetOf(input, found.status),
      title: `Turn ${vmid} into a template`,
      call: changeCall(`POST /nodes/{node}/${type}/{vmid}/template`, { node, vmid }),
      explain: 'Makes its disks read-only, so that clones can rest on them.',
      timeoutSeconds: 900,
      consequences: [
        loss('It can never be started again, and there is no way back; only clones of it run.'),
        info(
          'Its disks become read-only:',
          found.drives.map(({ key, volume, sizeBytes }) => ({ name: `${key}: ${volume}`, sizeBytes })),
        ),
        info('No snapshot is offered before it: a guest that has one cannot become a template.'),
      ],
      blockers: [
        ...guestBlockers(input, found.status),
        ...(isTemplate(found.status)
          ? [{ text: 'It is a template already.', remedy: 'Refresh the cluster.' }]
          : []),
        ...(found.status?.status === 'running' ? [{ text: 'It runs.', remedy: 'Shut it down first.' }] : []),
        ...(found.snapshots > 0
          ? [{ text: `It has ${plural(found.snapshots, 'snapshot')}.`, remedy: 'Delete them first.' }]
          : []),
      ],
      undo: 'Make a full clone of it, which is an ordinary guest.',
      restsOn: {
        guest: guestForComparison(found.status),
        identity: found.identity,
        drives: found.drives.map(({ volume, sizeBytes }) => [volume, sizeBytes]),
        snapshots: found.snapshots,
      },
    };
  },
  judge: (input, found) =>
    isTemplate(found.status)
      ? confirmed(`Guest ${input.vmid} is a template.`)
      : notThere(`Guest ${input.vmid} is no template.`),
});

// Cloud-init

const cloudInitInput = z.strictObject({ type: z.literal('qemu'), node: nodeNameSchema, vmid: vmidSchema });

const regenerate = bindChange<z.infer<typeof cloudInitInput>, { status: GuestStatus | null; drive: boolean }>(
  {
    id: 'pve.guest.cloudInit',
    title: 'Write cloud-init drive anew',
    backend: null,
    minimumAccess: 'administer',
    risk: 'safe',
    input: cloudInitInput,
    // Whether a guest has such a drive tells only its configuration, which its drawer reads.
    offer: () => null,
    look: async (context, input) => {
      const status = await readGuest(context, input);
      const config = status === null ? null : await readConfig(context, input);
      return { status, drive: config?.cloudInit ?? false };
    },
    draft: (input, found) => ({
      target: targetOf(input, found.status),
      title: `Write the cloud-init drive of ${input.vmid} anew`,
      call: changeCall('PUT /nodes/{node}/qemu/{vmid}/cloudinit', { node: input.node, vmid: input.vmid }),
      explain: 'Makes the drive of what its configuration says now. The machine reads it when it starts.',
      consequences: [
        ...(found.status?.status === 'running'
          ? [info('It runs: it sees the new drive at its next start.')]
          : []),
        warning(
          'With another instance id many systems run all of cloud-init once more: host keys and passwords may change.',
        ),
      ],
      blockers: [
        ...guestBlockers(input, found.status),
        ...(found.status !== null && !found.drive
          ? [
              {
                text: 'It has no cloud-init drive.',
                remedy: 'Add one in Proxmox VE: Hardware, CloudInit Drive.',
              },
            ]
          : []),
      ],
      undo: null,
      restsOn: { guest: guestForComparison(found.status), drive: found.drive },
    }),
    judge: () => ({ status: 'skipped', text: 'The drive is written; the machine reads it when it starts.' }),
  },
);

export const diskActions = {
  'pve.guest.resize': resize,
  'pve.guest.template': template,
  'pve.guest.cloudInit': regenerate,
} as const;
