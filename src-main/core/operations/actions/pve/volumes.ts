import { z } from 'zod';
import type { ClusterStorage } from '../../../../../src-preload/contract/clusters';
import { keepRules } from '../../../../../src-preload/contract/datacenter';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { StorageVolume } from '../../../../../src-preload/contract/volumes';
import { apiPath } from '../../../proxmox/client/path';
import { looseNumber, optionalNumber, optionalText } from '../../../proxmox/loose';
import { volumeOf, volumeRowsSchema } from '../../../proxmox/reads/storage-content';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterSubject } from '../../action';
import { choiceField, numberField, textField } from '../fields';
import { bytes, moment, plural } from '../words';
import { nodeNameSchema } from './guest-reads';
import { storageNameSchema, volumeIdSchema } from './names';
import { bindChange, confirmed, info, loss, notThere, pendingStill, warning } from './single-change';

const volumeShape = { node: nodeNameSchema, storage: storageNameSchema, volid: volumeIdSchema };
const volumeInput = z
  .strictObject(volumeShape)
  .refine(({ storage, volid }) => volid.startsWith(`${storage}:`), 'names a volume of another storage');
type VolumeInput = z.infer<typeof volumeInput>;

interface Found {
  volume: StorageVolume | null;
}

async function look(context: ApiContext, { node, storage, volid }: VolumeInput): Promise<Found> {
  const rows = await context.get(
    `list what ${storage} holds`,
    apiPath('/nodes/{node}/storage/{storage}/content', { node, storage }),
    volumeRowsSchema,
  );
  const row = rows.find((each) => each.volid === volid);
  return { volume: row === undefined ? null : volumeOf(row) };
}

const kindWords: Readonly<Record<string, string>> = {
  backup: 'backup',
  iso: 'ISO image',
  vztmpl: 'container template',
  images: 'disk image',
  rootdir: 'container disk',
  snippets: 'snippet',
};
const kindOf = (volume: StorageVolume | null): string => kindWords[volume?.content ?? ''] ?? 'volume';

function gone({ volid, storage }: VolumeInput): Blocker[] {
  return [{ text: `${volid} is not on ${storage} (any more).`, remedy: 'Read the list again.' }];
}

/** What an offer about a backup or another volume needs: both kinds of rows are offered the same. */
function volumeOfSubject(subject: ClusterSubject): { input: VolumeInput; volume: StorageVolume } | null {
  if (subject.kind === 'storage-volume') {
    const { storage, volume } = subject;
    return { input: { node: storage.node, storage: storage.name, volid: volume.volid }, volume };
  }
  if (subject.kind !== 'backup') return null;
  const { node, storage, volid, vmid, type, createdAtMs, sizeBytes, notes, protected: kept } = subject.backup;
  return {
    input: { node, storage, volid },
    volume: {
      volid,
      content: 'backup',
      format: '',
      sizeBytes,
      createdAtMs,
      vmid,
      subtype: type,
      notes,
      protected: kept,
    },
  };
}

const remove = bindChange<VolumeInput, Found>({
  id: 'pve.volume.delete',
  title: 'Delete volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  stageFirst: true,
  bulk: { one: 'volume', many: 'volumes' },
  input: volumeInput,
  offer: (subject) => {
    const found = volumeOfSubject(subject);
    if (found === null) return null;
    const { content, vmid, protected: kept } = found.volume;
    return {
      label: 'Delete…',
      group: 'destroy',
      excuse: kept
        ? 'It is protected. Take the protection away first.'
        : content === 'images' || content === 'rootdir'
          ? `It is a disk of guest ${vmid ?? '?'}: detach and delete it there.`
          : null,
      input: { ...found.input },
      fields: [],
    };
  },
  look,
  draft: (input, { volume }) => ({
    target: { kind: kindOf(volume), name: input.volid },
    title: `Delete ${input.volid}`,
    call: changeCall('DELETE /nodes/{node}/storage/{storage}/content/{volume}', {
      node: input.node,
      storage: input.storage,
      volume: input.volid,
    }),
    explain: 'Removes the volume from its storage. Proxmox VE keeps no copy.',
    timeoutSeconds: 3600,
    consequences: [
      loss(volume?.content === 'backup' ? 'The backup is lost:' : 'The volume is lost:', [
        { name: input.volid, sizeBytes: volume?.sizeBytes ?? null },
      ]),
      ...(volume?.content === 'backup' && volume.createdAtMs !== null
        ? [info(`It holds guest ${volume.vmid ?? '?'} as it was on ${moment(volume.createdAtMs)}.`)]
        : []),
      info('No snapshot is offered before it: Proxmox VE takes them of guests, not of what a storage holds.'),
    ],
    blockers: [
      ...(volume === null ? gone(input) : []),
      ...(volume?.protected === true
        ? [{ text: 'It is protected.', remedy: 'Take the protection away first.' }]
        : []),
      ...(volume !== null && (volume.content === 'images' || volume.content === 'rootdir')
        ? [
            {
              text: `It is a disk of guest ${volume.vmid ?? '?'}.`,
              remedy: 'Detach and delete it in the configuration of the guest.',
            },
          ]
        : []),
    ],
    undo: null,
    restsOn: {
      there: volume !== null,
      protected: volume?.protected ?? false,
      sizeBytes: volume?.sizeBytes ?? null,
      createdAtMs: volume?.createdAtMs ?? null,
    },
  }),
  judge: ({ volid }, { volume }) =>
    volume === null ? confirmed(`${volid} is gone.`) : notThere(`${volid} is still there.`),
});

const protectInput = z
  .strictObject({ ...volumeShape, protect: z.boolean() })
  .refine(({ storage, volid }) => volid.startsWith(`${storage}:`), 'names a volume of another storage');

const protect = bindChange<z.infer<typeof protectInput>, Found>({
  id: 'pve.backup.protect',
  title: 'Change protection of backup',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  bulk: { one: 'backup', many: 'backups' },
  input: protectInput,
  offer: (subject) => {
    const found = volumeOfSubject(subject);
    if (found?.volume.content !== 'backup') return null;
    const kept = found.volume.protected;
    return {
      label: kept ? 'Take protection away…' : 'Protect…',
      group: 'change',
      excuse: null,
      input: { ...found.input, protect: !kept },
      fields: [],
    };
  },
  look,
  draft: (input, { volume }) => ({
    target: { kind: 'backup', name: input.volid },
    title: input.protect ? `Protect ${input.volid}` : `Take the protection of ${input.volid} away`,
    call: changeCall(
      'PUT /nodes/{node}/storage/{storage}/content/{volume}',
      { node: input.node, storage: input.storage, volume: input.volid },
      { protected: input.protect },
    ),
    explain: 'A protected backup is neither pruned nor deleted.',
    consequences: input.protect
      ? []
      : [warning('From then on the next prune may delete it, as its rules say.')],
    blockers: [
      ...(volume === null ? gone(input) : []),
      ...(volume?.protected === input.protect
        ? [
            {
              text: input.protect ? 'It is protected already.' : 'It is not protected.',
              remedy: 'Read the list again.',
            },
          ]
        : []),
    ],
    undo: input.protect ? 'Take the protection away.' : 'Protect it again.',
    restsOn: { there: volume !== null, protected: volume?.protected ?? false },
  }),
  judge: (input, { volume }) =>
    volume?.protected === input.protect
      ? confirmed(input.protect ? 'The backup is protected.' : 'The backup is not protected any more.')
      : notThere('The protection of the backup is as before.'),
});

const notesInput = z
  .strictObject({ ...volumeShape, notes: z.string().max(1024).nullable() })
  .refine(({ storage, volid }) => volid.startsWith(`${storage}:`), 'names a volume of another storage');

const notes = bindChange<z.infer<typeof notesInput>, Found>({
  id: 'pve.backup.notes',
  title: 'Change notes of backup',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  input: notesInput,
  offer: (subject) => {
    const found = volumeOfSubject(subject);
    if (found?.volume.content !== 'backup') return null;
    return {
      label: 'Notes…',
      group: 'change',
      excuse: found.volume.notes.includes('\n')
        ? 'Its notes have several lines. Change them in Proxmox VE.'
        : null,
      input: { ...found.input },
      fields: [textField('notes', 'Notes', found.volume.notes, { required: false, maxLength: 1024 })],
    };
  },
  look,
  draft: (input, { volume }) => ({
    target: { kind: 'backup', name: input.volid },
    title: `Change the notes of ${input.volid}`,
    call: changeCall(
      'PUT /nodes/{node}/storage/{storage}/content/{volume}',
      { node: input.node, storage: input.storage, volume: input.volid },
      { notes: input.notes ?? '' },
    ),
    explain: 'Writes the notes that stand beside the backup.',
    blockers: volume === null ? gone(input) : [],
    undo: volume === null ? null : `Before: ${volume.notes === '' ? '(none)' : volume.notes}`,
    restsOn: { there: volume !== null, notes: volume?.notes ?? '' },
  }),
  judge: (input, { volume }) =>
    volume?.notes === (input.notes ?? '').trimEnd()
      ? confirmed('The notes are as they were wanted.')
      : notThere('The notes are not as they were wanted.'),
});

// Prune

const countSchema = z.int().min(0).max(365);
/** F112 */
const pruneInput = z
  .strictObject({
    node: nodeNameSchema,
    storage: storageNameSchema,
    vmid: z
      .string()
      .regex(/^[1-9]\d{2,8}$/, 'must be the id of a guest')
      .nullable(),
    type: z.enum(['all', 'qemu', 'lxc']),
    'keep-last': countSchema,
    'keep-hourly': countSchema,
    'keep-daily': countSchema,
    'keep-weekly': countSchema,
    'keep-monthly': countSchema,
    'keep-yearly': countSchema,
  })
  .refine((input) => keepRules.some((rule) => input[rule] > 0), 'keeps nothing at all');
type PruneInput = z.infer<typeof pruneInput>;

const pruneRowsSchema = z.array(
  z.object({
    volid: z.string(),
    mark: z.string(),
    vmid: optionalNumber,
    ctime: looseNumber,
    type: optionalText,
  }),
);
interface Prune {
  rows: z.infer<typeof pruneRowsSchema>;
  sizes: Map<string, number | null>;
}

const keepText = (input: PruneInput): string =>
  keepRules.flatMap((rule) => (input[rule] > 0 ? [`${rule}=${input[rule]}`] : [])).join(',');

const pruneParameters = (input: PruneInput) => ({
  'prune-backups': keepText(input),
  vmid: input.vmid ?? undefined,
  type: input.type === 'all' ? undefined : input.type,
});

async function lookAtPrune(context: ApiContext, input: PruneInput): Promise<Prune> {
  const { node, storage } = input;
  const [rows, volumes] = await Promise.all([
    context.get(
      'ask what the rules keep',
      apiPath('/nodes/{node}/storage/{storage}/prunebackups', { node, storage }),
      pruneRowsSchema,
      pruneParameters(input),
    ),
    context.get(
      `list the backups on ${storage}`,
      apiPath('/nodes/{node}/storage/{storage}/content', { node, storage }),
      volumeRowsSchema,
      { content: 'backup' },
    ),
  ]);
  return { rows, sizes: new Map(volumes.map(({ volid, size }) => [volid, size])) };
}

const pruneOffer = (storage: ClusterStorage) => ({
  label: 'Prune backups…',
  group: 'destroy' as const,
  excuse: storage.available ? null : 'It is not available.',
  input: { node: storage.node, storage: storage.name },
  fields: [
    textField('vmid', 'Of one guest only', '', {
      required: false,
      maxLength: 9,
      placeholder: '110',
      help: 'Its id. Left empty: of all guests.',
    }),
    choiceField('type', 'Kind of guest', [
      { value: 'all', label: 'Virtual machines and containers' },
      { value: 'qemu', label: 'Virtual machines only' },
      { value: 'lxc', label: 'Containers only' },
    ]),
    ...(
      [
        ['keep-last', 'Keep the last', 3],
        ['keep-hourly', 'Keep hourly', 0],
        ['keep-daily', 'Keep daily', 7],
        ['keep-weekly', 'Keep weekly', 4],
        ['keep-monthly', 'Keep monthly', 0],
        ['keep-yearly', 'Keep yearly', 0],
      ] as const
    ).map(([name, label, value]) => numberField(name, label, value, { min: 0, max: 365 })),
  ],
});

const prune = bindChange<PruneInput, Prune>({
  id: 'pve.backup.prune',
  title: 'Prune backups',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  stageFirst: true,
  input: pruneInput,
  offer: (subject) =>
    subject.kind === 'storage' && subject.storage.content.includes('backup')
      ? pruneOffer(subject.storage)
      : null,
  look: lookAtPrune,
  draft: (input, { rows, sizes }) => {
    const doomed = rows.filter(({ mark }) => mark === 'remove');
    const kept = rows.filter(({ mark }) => mark === 'keep').length;
    const saved = rows.filter(({ mark }) => mark === 'protected').length;
    const total = doomed.reduce((sum, { volid }) => sum + (sizes.get(volid) ?? 0), 0);
    return {
      target: { kind: 'storage', name: input.storage },
      title: `Prune the backups on ${input.storage}`,
      call: changeCall(
        'DELETE /nodes/{node}/storage/{storage}/prunebackups',
        { node: input.node, storage: input.storage },
        pruneParameters(input),
      ),
      explain: `Deletes the backups that ${keepText(input)} does not keep, for each guest by itself.`,
      timeoutSeconds: 6 * 3600,
      consequences: [
        ...(doomed.length === 0
          ? []
          : [
              loss(
                `${plural(doomed.length, 'backup')} of ${rows.length} ${doomed.length === 1 ? 'is' : 'are'} lost, ${bytes(total)} become free:`,
                doomed.map(({ volid }) => ({ name: volid, sizeBytes: sizes.get(volid) ?? null })),
              ),
            ]),
        info(
          `${plural(kept, 'backup')} ${kept === 1 ? 'is' : 'are'} kept by the rules${saved === 0 ? '' : `, ${saved} because of protection`}.`,
        ),
      ],
      blockers:
        doomed.length === 0
          ? [
              {
                text: `Nothing would be deleted: the rules keep all ${plural(rows.length, 'backup')}.`,
                remedy: 'Keep fewer, or leave it.',
              },
            ]
          : [],
      undo: null,
      // The very backups that were shown: one more or one less, and the plan is made anew.
      restsOn: { rows: rows.map(({ volid, mark }) => `${mark} ${volid}`).sort() },
    };
  },
  judge: (_input, { rows }) => {
    const left = rows.filter(({ mark }) => mark === 'remove').length;
    return left === 0
      ? confirmed(
          `The backups are pruned; ${plural(rows.length, 'backup')} ${rows.length === 1 ? 'is' : 'are'} there.`,
        )
      : pendingStill(
          `${plural(left, 'backup')} that the rules do not keep ${left === 1 ? 'is' : 'are'} still there.`,
        );
  },
});

export const volumeActions = {
  'pve.volume.delete': remove,
  'pve.backup.protect': protect,
  'pve.backup.notes': notes,
  'pve.backup.prune': prune,
} as const;
