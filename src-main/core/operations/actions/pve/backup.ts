import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { backupRowsSchema } from '../../../proxmox/backups';
import { apiPath } from '../../../proxmox/client/path';
import { changeCall } from '../../../proxmox/requests';
import type { ApiActionDefinition, ApiContext } from '../../action';
import { bindApiAction } from '../../bound-action';
import { choiceField, textField } from '../fields';
import { bytes, moment } from '../words';
import { explainGuestFailure } from './failures';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  guestWords,
  readGuest,
  targetOf,
} from './guest-reads';

const modes = ['snapshot', 'suspend', 'stop'] as const;
/** `0`: none. An empty value would mean zstd (H43). */
const compressions = ['zstd', 'gzip', 'lzo', '0'] as const;

/** F114 */
const storageNameSchema = z.string().regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,62}$/, 'must be the name of a storage');

const input = z.strictObject({
  ...guestInputShape,
  storage: storageNameSchema,
  mode: z.enum(modes),
  compress: z.enum(compressions),
  notes: z.string().max(1024).nullable(),
});
type Input = z.infer<typeof input>;

const storageStatusSchema = z.object({
  active: z.union([z.number(), z.boolean()]).optional(),
  content: z.string().optional(),
  avail: z.number().optional(),
});

export interface BackupPlace {
  takesBackups: boolean;
  active: boolean;
  freeBytes: number | null;
  /** Ids of the backups of this guest that are there. */
  volumes: { volid: string; createdAtMs: number | null }[];
}

/** How a storage is for a backup of the guest. */
export async function readBackupPlace(
  context: ApiContext,
  { node, vmid, storage }: Pick<Input, 'node' | 'vmid' | 'storage'>,
): Promise<BackupPlace> {
  const [status, rows] = await Promise.all([
    context.get(
      'read the state of the storage',
      apiPath('/nodes/{node}/storage/{storage}/status', { node, storage }),
      storageStatusSchema,
    ),
    context.get(
      'list the backups of the guest',
      apiPath('/nodes/{node}/storage/{storage}/content', { node, storage }),
      backupRowsSchema,
      { content: 'backup', vmid },
    ),
  ]);
  return {
    takesBackups: (status.content ?? '').split(',').includes('backup'),
    active: Number(status.active ?? 1) === 1,
    freeBytes: status.avail ?? null,
    volumes: rows.map(({ volid, ctime }) => ({
      volid,
      createdAtMs: ctime === undefined ? null : ctime * 1000,
    })),
  };
}

export function placeBlockers(
  { node, storage }: Pick<Input, 'node' | 'storage'>,
  place: BackupPlace,
): Blocker[] {
  return [
    ...(place.takesBackups
      ? []
      : [{ text: `Storage ${storage} takes no backups.`, remedy: 'Choose one with content “backup”.' }]),
    ...(place.active
      ? []
      : [{ text: `Storage ${storage} is not active on ${node}.`, remedy: 'Choose another one.' }]),
  ];
}

/**
 * Without `remove=0` vzdump prunes what the guest has there by the retention of the storage (its schema: on if left out).
 */
export const backupCall = (
  { node, vmid, storage, mode, compress }: Omit<Input, 'type' | 'notes'>,
  notes: string | undefined,
) =>
  changeCall(
    'POST /nodes/{node}/vzdump',
    { node },
    { vmid: String(vmid), storage, mode, compress, remove: false, 'notes-template': notes },
  );

/** What the backup is worth, and what it costs meanwhile (H40, H41). */
function modeWords({ type, mode }: Input, agent: boolean): Consequence {
  const info = (text: string): Consequence => ({ severity: 'info', text, items: [] });
  const warning = (text: string): Consequence => ({ severity: 'warning', text, items: [] });
  switch (mode) {
    case 'stop':
      return warning('It is shut down, backed up and started again: consistent, and away for that time.');
    case 'suspend':
      return warning('It stands still while it is copied (a container for the last part of it).');
    case 'snapshot':
      if (type === 'lxc') {
        return info(
          'It runs on. The backup is as if its power was cut in that moment: nothing in a container is frozen for it.',
        );
      }
      return info(
        agent
          ? 'It runs on. The guest agent is asked to freeze its file systems for the moment.'
          : 'It runs on. Without a guest agent the backup is as if its power was cut in that moment.',
      );
  }
}

const backup: ApiActionDefinition<Input> = {
  id: 'pve.backup.create',
  title: 'Back up guest',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  bulk: { one: 'guest', many: 'guests', most: 50 },
  input,
  offer: (subject, { inventory }) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    const storages = inventory.storages.filter(
      ({ node, content }) => node === guest.node && content.includes('backup'),
    );
    return {
      label: 'Back up…',
      group: 'snapshot',
      excuse:
        guest.status === 'unknown'
          ? `Node ${guest.node} is down.`
          : storages.length === 0
            ? `No storage of ${guest.node} takes backups.`
            : null,
      input: { ...guestInput(guest) },
      fields: [
        choiceField(
          'storage',
          'To storage',
          storages.map(({ name, available, shared }) => ({
            value: name,
            label: name,
            hint: shared ? 'Shared by the nodes.' : 'On this node only: lost with it.',
            excuse: available ? null : 'It is not available.',
          })),
        ),
        choiceField('mode', 'While it runs', [
          {
            value: 'snapshot',
            label: 'Let it run (snapshot)',
            hint: 'Consistent as after a power cut, better with a guest agent.',
          },
          { value: 'suspend', label: 'Stand still (suspend)' },
          { value: 'stop', label: 'Shut down and start again (stop)', hint: 'Consistent in any case.' },
        ]),
        choiceField('compress', 'Compression', [
          { value: 'zstd', label: 'zstd' },
          { value: 'gzip', label: 'gzip' },
          { value: 'lzo', label: 'lzo' },
          { value: '0', label: 'none' },
        ]),
        textField('notes', 'Notes', '', { maxLength: 1024, required: false }),
      ],
    };
  },
  async plan(context, given) {
    const { vmid, storage, notes } = given;
    const status = await readGuest(context, given);
    const blockers = guestBlockers(given, status);
    const place = status === null ? null : await readBackupPlace(context, given);
    if (place !== null) blockers.push(...placeBlockers(given, place));
    const newest = place?.volumes.reduce<number | null>(
      (last, { createdAtMs }) => (createdAtMs !== null && createdAtMs > (last ?? 0) ? createdAtMs : last),
      null,
    );
    const running = status?.status === 'running';
    return {
      risk: 'safe',
      target: targetOf(given, status),
      steps: [
        {
          title: `Back up ${vmid} to ${storage}`,
          call: backupCall(given, notes ?? undefined),
          explain:
            'Writes the configuration and the disks of the guest into one archive. Older backups stay.',
          timeoutSeconds: 24 * 3600,
        },
      ],
      consequences: [
        ...(running ? [modeWords(given, Number(status.agent ?? 0) === 1)] : []),
        {
          severity: 'info',
          text: `${newest === null || newest === undefined ? `${storage} holds no backup of it yet` : `Its last backup there is of ${moment(newest)}`}${place?.freeBytes === null || place === null ? '' : `; ${bytes(place.freeBytes)} are free`}.`,
          items: [],
        },
      ],
      blockers,
      undo: `Delete the backup on ${storage}. This ${guestWords[given.type]} stays as it is.`,
      preconditions: {
        guest: guestForComparison(status),
        before: place?.volumes.map(({ volid }) => volid).sort() ?? [],
      },
    };
  },
  async verify(context, given, { preconditions }) {
    const before = z.array(z.string()).catch([]).parse(preconditions['before']);
    const { volumes } = await readBackupPlace(context, given);
    const fresh = volumes.find(({ volid }) => !before.includes(volid));
    return fresh === undefined
      ? { status: 'not-there', text: `There is no new backup on ${given.storage}.` }
      : { status: 'confirmed', text: `The backup ${fresh.volid} is there.` };
  },
  explainFailure: explainGuestFailure,
};

export const backupActions = { 'pve.backup.create': bindApiAction(backup) } as const;
