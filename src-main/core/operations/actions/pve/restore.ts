import { z } from 'zod';
import { guestTypeSchema, type GuestBackup } from '../../../../../src-preload/contract/clusters';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { reliabilityOf, type Reliability } from '../../../proxmox/backups';
import { apiPath } from '../../../proxmox/client/path';
import { optionalNumber, optionalText } from '../../../proxmox/loose';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { volumeRowsSchema } from '../../../proxmox/reads/storage-content';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ApiStepDraft, ClusterWorld, OfferDraft } from '../../action';
import { choiceField, numberField, switchField, textField } from '../fields';
import { bytes, moment } from '../words';
import { backupCall, placeBlockers, readBackupPlace } from './backup';
import { noConfig, readConfig, type GuestConfig } from './guest-drives';
import { guestWords, isIdTaken, judgeMade, nodeNameSchema, readGuest, vmidSchema } from './guest-reads';
import { nextFreeId } from './lifecycle';
import { storageNameSchema, volumeIdSchema } from './names';
import { storageOptions } from './storage-options';
import { bindChange, info, loss, notThere, warning } from './single-change';

/** F122, H28 to H36 */
const input = z.strictObject({
  node: nodeNameSchema,
  type: guestTypeSchema,
  /** F123 */
  archive: volumeIdSchema,
  vmid: vmidSchema,
  /** Of the disks; null: where they were. */
  storage: storageNameSchema.nullable(),
  /** New hardware addresses, so that it can stand beside the original. */
  unique: z.boolean(),
  start: z.boolean(),
  /** Overwrites the guest that has the id. */
  force: z.boolean(),
  /** H46: where the guest that is overwritten is backed up to before. Left out and null: it is not. */
  backupFirst: storageNameSchema.nullable().optional(),
});
type Input = z.infer<typeof input>;

interface Found {
  archive:
    (Reliability & { sizeBytes: number | null; createdAtMs: number | null; vmid: number | null }) | null;
  /** The guest on that node that has the id now. */
  present: GuestStatus | null;
  /** What is overwritten. */
  config: GuestConfig;
  /** It stands on another node, or is of the other kind. */
  taken: boolean;
  freeBytes: number | null;
  /** Where the present guest is backed up to first; null: it is not. */
  first: { storage: string; blockers: Blocker[] } | null;
}

const statusSchema = z.object({ avail: optionalNumber, content: optionalText });

async function look(context: ApiContext, given: Input): Promise<Found> {
  const { node, archive, storage, vmid, backupFirst = null } = given;
  const [from = ''] = archive.split(':');
  const [rows, present, taken, status, place] = await Promise.all([
    context.get(
      `list the backups on ${from}`,
      apiPath('/nodes/{node}/storage/{storage}/content', { node, storage: from }),
      volumeRowsSchema,
      { content: 'backup' },
    ),
    readGuest(context, given),
    isIdTaken(context, vmid),
    storage === null
      ? null
      : context.get(
          'read the state of the storage',
          apiPath('/nodes/{node}/storage/{storage}/status', { node, storage }),
          statusSchema,
        ),
    backupFirst === null ? null : readBackupPlace(context, { node, vmid, storage: backupFirst }),
  ]);
  const config = present === null ? noConfig : await readConfig(context, given);
  const row = rows.find(({ volid }) => volid === archive);
  return {
    archive:
      row === undefined
        ? null
        : {
            sizeBytes: row.size,
            createdAtMs: row.ctime === null ? null : row.ctime * 1000,
            vmid: row.vmid,
            ...reliabilityOf(row),
          },
    present,
    config,
    taken,
    freeBytes: status?.avail ?? null,
    first:
      backupFirst === null || place === null || present === null
        ? null
        : { storage: backupFirst, blockers: placeBlockers({ node, storage: backupFirst }, place) },
  };
}

function blockersOf(given: Input, { archive, present, taken, freeBytes, first }: Found): Blocker[] {
  const blockers: Blocker[] = [...(first?.blockers ?? [])];
  if (archive === null) {
    blockers.push({
      text: `${given.archive} cannot be found from ${given.node} (any more).`,
      remedy: 'Read the list again, or restore on a node that has the storage.',
    });
  }
  if (taken && present === null) {
    blockers.push({
      text: `The id ${given.vmid} is taken by a guest elsewhere, or of another kind.`,
      remedy: 'Choose another id.',
    });
  }
  if (present !== null && !given.force) {
    blockers.push({
      text: `Guest ${given.vmid} exists.`,
      remedy: 'Choose another id, or tick “Overwrite” to replace it.',
    });
  }
  if (present !== null && given.force && present.status === 'running') {
    blockers.push({ text: `Guest ${given.vmid} runs.`, remedy: 'Shut it down or stop it first.' });
  }
  if (present?.lock !== undefined && present.lock !== '') {
    blockers.push({
      text: `Guest ${given.vmid} is locked (${present.lock}).`,
      remedy: 'Wait until its task has ended.',
    });
  }
  if (freeBytes !== null && archive !== null && archive.sizeBytes !== null && freeBytes < archive.sizeBytes) {
    blockers.push({
      text: `${given.storage ?? 'The storage'} has ${bytes(freeBytes)} free, and even packed the backup takes ${bytes(archive.sizeBytes)}.`,
      remedy: 'Choose another storage.',
    });
  }
  return blockers;
}

function consequencesOf(given: Input, { archive, present, first }: Found): Consequence[] {
  const at = archive === null || archive.createdAtMs === null ? 'the backup' : moment(archive.createdAtMs);
  return [
    info(`Guest ${given.vmid} becomes what guest ${archive?.vmid ?? '?'} was on ${at}.`),
    ...(archive?.verified === 'failed'
      ? [
          warning(
            'The backup server found this backup damaged when it last verified it: it may not come back whole.',
          ),
        ]
      : []),
    ...(archive?.encrypted === true
      ? [info(`It is encrypted: ${given.node} must hold the key that it was made with.`)]
      : []),
    ...(present === null
      ? []
      : [
          loss(`Guest ${given.vmid} as it is now is lost, with all its disks and snapshots:`, [
            { name: `${given.vmid} ${present.name ?? ''}`.trimEnd(), sizeBytes: null },
          ]),
          first === null
            ? warning(
                'A snapshot of it would be lost with it, so none is offered. To keep it as it is now, let it be backed up first, or choose another id.',
              )
            : info(
                `It is backed up to ${first.storage} first; if that fails, nothing else is done. That backup stays until it is deleted or pruned.`,
              ),
        ]),
    // H34: restored as it was, down to the addresses.
    given.unique
      ? info('It gets new hardware addresses. Its host name and addresses inside stay those of the original.')
      : warning(
          'It keeps the hardware addresses and the host name of the original: if both run, they disturb each other.',
        ),
    ...(given.start && archive?.vmid !== given.vmid
      ? [warning('It is started at once, also when the original runs.')]
      : []),
  ];
}

/** It does not run, so it is copied as it lies there. */
const backupStep = ({ node, vmid }: Input, storage: string): ApiStepDraft => ({
  title: `Back up ${vmid} to ${storage}`,
  call: backupCall(
    { node, vmid, storage, mode: 'stop', compress: 'zstd' },
    '{{guestname}} before another backup was restored over it',
  ),
  explain: 'Keeps the guest that is overwritten. Older backups stay.',
  timeoutSeconds: 24 * 3600,
});

function restoreCall(given: Input) {
  const { node, vmid, archive, storage, unique, start, force } = given;
  const shared = {
    vmid,
    storage: storage ?? undefined,
    unique: unique || undefined,
    start: start || undefined,
  };
  return given.type === 'qemu'
    ? changeCall('POST /nodes/{node}/qemu', { node }, { ...shared, archive, force: force || undefined })
    : changeCall(
        'POST /nodes/{node}/lxc',
        { node },
        { ...shared, ostemplate: archive, restore: true, force: force || undefined },
      );
}

/** Storages of the node that can hold disks of that kind. */
function diskStorages({ inventory }: ClusterWorld, node: string, type: 'qemu' | 'lxc') {
  const content = type === 'qemu' ? 'images' : 'rootdir';
  return inventory.storages.filter((each) => each.node === node && each.content.includes(content));
}

function offerOf(backup: GuestBackup, world: ClusterWorld) {
  const { vmid, type, node, volid } = backup;
  const { inventory } = world;
  const present = inventory.guests.find((guest) => guest.vmid === vmid && guest.type === type);
  // A backup on shared storage can be restored on any node; it belongs where its guest is.
  const shared = inventory.storages.some((each) => each.name === backup.storage && each.shared);
  const online = inventory.nodes.filter(({ status }) => status === 'online').map(({ name }) => name);
  const nodes = shared ? online : online.filter((name) => name === node);
  const [first = node] = nodes;
  const home = present !== undefined && nodes.includes(present.node) ? present.node : first;
  const storages = type === null ? [] : diskStorages(world, home, type);
  return {
    label: 'Restore…',
    group: 'create' as const,
    excuse:
      type === null || vmid === null
        ? 'Its name does not tell of which guest it is.'
        : nodes.length === 0
          ? `Node ${node} is not online.`
          : null,
    input: { archive: volid, ...(type === null ? {} : { type }) },
    fields: [
      choiceField(
        'node',
        'On node',
        nodes.map((name) => ({ value: name, label: name })),
        { value: home },
      ),
      numberField('vmid', 'As guest', present === undefined && vmid !== null ? vmid : nextFreeId(world), {
        min: 100,
        max: 999_999_999,
        help:
          present === undefined
            ? 'The original is gone: its id is free.'
            : `The original ${String(vmid)} is there. With its id and “Overwrite” it is replaced.`,
      }),
      choiceField('storage', 'Disks on', [
        ...(type === 'lxc' ? [] : [{ value: '', label: 'Where they were' }]),
        ...storages.map(({ name, type: kind, available }) => ({
          value: name,
          label: name,
          hint: kind,
          excuse: available ? null : 'It is not available.',
        })),
      ]),
      switchField('unique', 'New hardware addresses', true, 'So that it can run beside the original.'),
      switchField('start', 'Start it afterwards', false),
      switchField(
        'force',
        'Overwrite the guest that has this id',
        false,
        'All its disks and snapshots are lost. The plan names them.',
      ),
      ...(present === undefined ? [] : [backupFirstField(world, present.node)]),
    ],
  };
}

/** A snapshot would be lost with the guest; a backup of it stays. */
const backupFirstField = ({ inventory }: ClusterWorld, node: string): Field =>
  choiceField(
    'backupFirst',
    'Back up the guest that is overwritten',
    [
      { value: '', label: 'No' },
      ...inventory.storages
        .filter((each) => each.node === node && each.content.includes('backup'))
        .map(({ name, available }) => ({
          value: name,
          label: `First, to ${name}`,
          excuse: available ? null : 'It is not available.',
        })),
    ],
    { help: 'Only with “Overwrite”. A snapshot would not keep it: snapshots are lost with their guest.' },
  );

/** H36: the first way to a guest. On a cluster any backup can be named; its own row in the list of backups knows more. */
function offerOnCluster(world: ClusterWorld): OfferDraft {
  const online = world.inventory.nodes.filter(({ status }) => status === 'online').map(({ name }) => name);
  return {
    label: 'Restore a backup…',
    group: 'create',
    excuse: online.length === 0 ? 'No node is online.' : null,
    input: { force: false },
    fields: [
      choiceField('type', 'What it is of', [
        { value: 'lxc', label: 'A container' },
        { value: 'qemu', label: 'A virtual machine' },
      ]),
      textField('archive', 'Backup', '', {
        maxLength: 512,
        placeholder: 'nas-backup:backup/vzdump-lxc-200-2026_11_28-02_30_00.tar.zst',
        help: 'As the list of backups names it; there each can be restored with one click.',
      }),
      choiceField(
        'node',
        'On node',
        online.map((name) => ({ value: name, label: name })),
      ),
      numberField('vmid', 'As guest', nextFreeId(world), { min: 100, max: 999_999_999 }),
      choiceField('storage', 'Disks on', [
        ...storageOptions(world, 'rootdir'),
        { value: '', label: 'Where they were', hint: 'Only for virtual machines.' },
      ]),
      switchField('unique', 'New hardware addresses', true, 'So that it can run beside the original.'),
      switchField('start', 'Start it afterwards', false),
    ],
  };
}

/** A form says nothing by an empty choice. */
const noneForEmpty = (given: unknown): unknown =>
  typeof given === 'object' && given !== null
    ? Object.fromEntries(
        Object.entries(given).map(([key, value]) => [
          key,
          (key === 'storage' || key === 'backupFirst') && value === '' ? null : value,
        ]),
      )
    : given;

const restore = bindChange<Input, Found>({
  id: 'pve.backup.restore',
  title: 'Restore guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  stageFirst: true,
  input: z.preprocess(noneForEmpty, input),
  offer: (subject, world) => {
    if (subject.kind === 'cluster') return offerOnCluster(world);
    return subject.kind === 'backup' ? offerOf(subject.backup, world) : null;
  },
  look,
  draft: (given, found) => ({
    target: {
      kind: guestWords[given.type],
      name:
        found.present === null ? String(given.vmid) : `${given.vmid} ${found.present.name ?? ''}`.trimEnd(),
    },
    risk: found.present === null ? 'safe' : 'catastrophic',
    before: found.first === null ? [] : [backupStep(given, found.first.storage)],
    title: `Restore ${given.archive} as ${given.vmid}`,
    call: restoreCall(given),
    explain: 'Unpacks the backup into new disks and makes a guest of its configuration.',
    timeoutSeconds: 24 * 3600,
    consequences: consequencesOf(given, found),
    blockers: blockersOf(given, found),
    undo:
      found.present === null
        ? `Delete guest ${given.vmid}.`
        : found.first === null
          ? null
          : `Restore the backup that was made first on ${found.first.storage} over it.`,
    restsOn: {
      archive: found.archive,
      present:
        found.present === null
          ? null
          : {
              status: found.present.status,
              lock: found.present.lock ?? '',
              identity: found.config.identity,
              drives: found.config.drives.map(({ volume, sizeBytes }) => [volume, sizeBytes]),
            },
      taken: found.taken,
    },
  }),
  judge: ({ vmid, start }, { present }, before) => {
    if (present === null) return notThere(`There is no guest ${vmid}.`);
    if (before['present'] !== null) {
      // One guest looks like the other from outside; only the end of the task tells.
      return {
        status: 'skipped',
        text: `Guest ${vmid} is there; that it is the restored one, only its task can say.`,
      };
    }
    return judgeMade(present, vmid, start);
  },
  explainFailure: (text) => {
    const exists = /(?:CT|VM) (\d+) already exists/.exec(text);
    if (exists !== null) {
      return {
        message: `Guest ${exists[1] ?? ''} exists. Nothing was done.`,
        remedy: 'Choose another id, or overwrite it.',
      };
    }
    return null;
  },
});

export const restoreActions = { 'pve.backup.restore': restore } as const;
