import { z } from 'zod';
import type { BackupJob } from '../../../../../src-preload/contract/datacenter';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Blocker, Verification } from '../../../../../src-preload/contract/operations';
import type { ApiParameters } from '../../../proxmox/client/parameters';
import { apiPath } from '../../../proxmox/client/path';
import { listOf, looseNumber } from '../../../proxmox/loose';
import { backupJobOf, backupJobRowsSchema } from '../../../proxmox/reads/backup-jobs';
import { changeCall } from '../../../proxmox/requests';
import type { ApiActionDefinition, ApiContext, ApiStepDraft, ClusterWorld } from '../../action';
import { bindApiAction } from '../../bound-action';
import { choiceField, pickField, switchField, textField } from '../fields';
import { plural } from '../words';
import { explainGuestFailure } from './failures';
import { nodeNameSchema } from './guest-reads';
import { commentSchema, keepSchema, scheduleSchema, storageNameSchema } from './names';
import { storageOptions } from './storage-options';
import { bindChange, confirmed, info, notThere, warning } from './single-change';

/** F119 */
const jobIdSchema = z.string().regex(/^[a-zA-Z0-9_:-]{1,128}$/, 'must be the id of a backup job');

const settingsShape = {
  schedule: scheduleSchema,
  storage: storageNameSchema,
  selection: z.enum(['all', 'list']),
  /** Of `list`: the guests it takes; of `all`: those it leaves out. */
  guests: z.array(z.string().regex(/^[1-9]\d{2,8}$/)).max(500),
  mode: z.enum(['snapshot', 'suspend', 'stop']),
  compress: z.enum(['zstd', 'gzip', 'lzo', '0']),
  /** null: on all nodes. */
  node: nodeNameSchema.nullable(),
  keep: keepSchema.nullable(),
  mailto: z
    .string()
    .max(512)
    .regex(/^[^\s@,]+@[^\s@,]+(?:,[^\s@,]+@[^\s@,]+)*$/, 'must be mail addresses with commas between them')
    .nullable(),
  /** F120: only where mail is sent by sendmail. */
  mailnotification: z.enum(['always', 'failure']).nullable().default(null),
  'notification-mode': z.enum(['auto', 'legacy-sendmail', 'notification-system']).nullable().default(null),
  comment: commentSchema.nullable(),
  enabled: z.boolean(),
};
const createInput = z.strictObject(settingsShape);
const changeInput = z.strictObject({ id: jobIdSchema, ...settingsShape });
const idInput = z.strictObject({ id: jobIdSchema });
type Settings = z.infer<typeof createInput>;

const storageRowsSchema = z.array(z.object({ storage: z.string(), content: z.string().optional() }));

interface Found {
  jobs: BackupJob[];
  storages: z.infer<typeof storageRowsSchema>;
}

async function look(context: ApiContext): Promise<Found> {
  const [rows, storages] = await Promise.all([
    context.get('list the backup jobs', apiPath('/cluster/backup'), backupJobRowsSchema),
    context.get('list the storages', apiPath('/storage'), storageRowsSchema),
  ]);
  return { jobs: rows.map(backupJobOf), storages };
}

const found = ({ jobs }: Found, id: string): BackupJob | undefined => jobs.find((job) => job.id === id);

function storageBlockers({ storages }: Found, name: string): Blocker[] {
  const storage = storages.find(({ storage: id }) => id === name);
  if (storage === undefined) return [{ text: `There is no storage ${name}.`, remedy: 'Choose another one.' }];
  return listOf(storage.content ?? null).includes('backup')
    ? []
    : [{ text: `Storage ${name} takes no backups.`, remedy: 'Choose one with content “backup”.' }];
}

/** What the API wants of the settings; `before` has keys that the new ones leave out, which are then taken away. */
function parametersOf(settings: Settings, before: BackupJob | null): ApiParameters {
  const guests = settings.guests.join(',');
  const wanted: Record<string, string | boolean | null> = {
    schedule: settings.schedule,
    storage: settings.storage,
    mode: settings.mode,
    compress: settings.compress,
    enabled: settings.enabled,
    all: settings.selection === 'all' ? true : null,
    vmid: settings.selection === 'list' ? guests : null,
    exclude: settings.selection === 'all' && guests !== '' ? guests : null,
    node: settings.node,
    'prune-backups': settings.keep,
    mailto: settings.mailto,
    mailnotification: settings.mailnotification,
    'notification-mode': settings['notification-mode'],
    comment: settings.comment,
  };
  const held: Record<string, boolean> =
    before === null
      ? {}
      : {
          all: before.selection === 'all',
          vmid: before.selection === 'list',
          exclude: before.exclude.length > 0,
          node: before.node !== null,
          'prune-backups': before.keep !== null,
          mailto: before.mailTo !== null,
          mailnotification: before.mailWhen !== null,
          'notification-mode': before.notifyBy !== null,
          comment: before.comment !== '',
          pool: before.selection === 'pool',
        };
  const gone = Object.entries(held).flatMap(([key, is]) =>
    is && (wanted[key] ?? null) === null ? [key] : [],
  );
  return {
    ...Object.fromEntries(
      Object.entries(wanted).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    ),
    ...(gone.length === 0 ? {} : { delete: gone.join(',') }),
  };
}

function jobWords({ selection, vmids, exclude, pool }: BackupJob): string {
  if (selection === 'pool') return `the guests of pool ${pool ?? '?'}`;
  if (selection === 'list') return plural(vmids.length, 'guest');
  return exclude.length === 0 ? 'all guests' : `all guests but ${exclude.length}`;
}

/** `notification-mode` came with 8.1 (pve-manager 8.1.0). */
function hasNotifications(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '9.0').split('.').map(Number);
  return major > 8 || (major === 8 && minor >= 1);
}

/** How a job calls itself: by its comment, since its id is a row of digits. */
export const jobName = ({ id, comment, schedule, storage }: BackupJob): string =>
  comment === '' ? `${schedule} to ${storage ?? 'no storage'} (${id.slice(0, 12)})` : comment;

function settingsConsequences(settings: Settings) {
  const chosen = settings.guests.length;
  return [
    info(
      settings.selection === 'all'
        ? `It takes all guests, also those that come later${chosen === 0 ? '' : `, but not ${settings.guests.join(', ')}`}.`
        : `It takes ${plural(chosen, 'guest')}: ${settings.guests.join(', ')}. Guests that come later are not backed up by it.`,
    ),
    settings.keep === null
      ? info(
          'How many are kept is as the storage says; without a rule there every backup stays until it is full.',
        )
      : warning(
          `After each run older backups of these guests on ${settings.storage} are deleted, except what ${settings.keep} keeps. Protected ones stay.`,
        ),
    ...(settings.enabled ? [] : [info('It is switched off and does not run by itself.')]),
  ];
}

function selectionBlockers({ selection, guests }: Settings): Blocker[] {
  return selection === 'list' && guests.length === 0
    ? [{ text: 'No guest is chosen.', remedy: 'Choose at least one, or all guests.' }]
    : [];
}

function jobFields(world: ClusterWorld, job: BackupJob | null): Field[] {
  const { inventory } = world;
  const guests = inventory.guests
    .filter(({ template }) => !template)
    .toSorted((a, b) => a.vmid - b.vmid)
    .slice(0, 500);
  const chosen = job === null ? [] : job.selection === 'all' ? job.exclude : job.vmids;
  return [
    textField('schedule', 'When', job?.schedule ?? '02:30', {
      help: 'As Proxmox VE writes it: 02:30 · mon..fri 21:00 · sun 01:00 · */6:00',
      maxLength: 128,
    }),
    choiceField(
      'storage',
      'To storage',
      storageOptions(world, 'backup'),
      job?.storage === null || job === null ? {} : { value: job.storage },
    ),
    choiceField(
      'selection',
      'Guests',
      [
        { value: 'all', label: 'All, without those ticked below' },
        { value: 'list', label: 'Only those ticked below' },
      ],
      { value: job?.selection === 'list' ? 'list' : 'all' },
    ),
    {
      ...pickField(
        'guests',
        'Ticked guests',
        guests.map(({ vmid, name, node }) => ({
          value: String(vmid),
          label: `${vmid} ${name ?? ''}`.trimEnd(),
          hint: node,
          excuse: null,
          sizeBytes: null,
        })),
        { min: 0 },
      ),
      value: chosen.map(String),
    } as Field,
    choiceField(
      'mode',
      'While a guest runs',
      [
        {
          value: 'snapshot',
          label: 'Let it run (snapshot)',
          hint: 'Consistent as after a power cut, better with a guest agent.',
        },
        { value: 'suspend', label: 'Stand still (suspend)' },
        { value: 'stop', label: 'Shut down and start again (stop)', hint: 'Consistent in any case.' },
      ],
      { value: job?.mode ?? 'snapshot' },
    ),
    choiceField(
      'compress',
      'Compression',
      ['zstd', 'gzip', 'lzo', '0'].map((value) => ({ value, label: value === '0' ? 'none' : value })),
      { value: job?.compress ?? 'zstd' },
    ),
    choiceField(
      'node',
      'On nodes',
      [
        { value: '', label: 'All nodes' },
        ...inventory.nodes.map(({ name }) => ({ value: name, label: `${name} only` })),
      ],
      { value: job?.node ?? '' },
    ),
    textField('keep', 'Keep', job?.keep ?? '', {
      required: false,
      placeholder: 'keep-last=3,keep-daily=7,keep-weekly=4',
      help: 'Older backups of these guests are deleted after each run. Left empty: as the storage says.',
      maxLength: 200,
    }),
    textField('mailto', 'Mail to', job?.mailTo ?? '', { required: false, maxLength: 512 }),
    choiceField(
      'mailnotification',
      'Mail when',
      [
        { value: '', label: 'Not said (always)' },
        { value: 'always', label: 'Always' },
        { value: 'failure', label: 'Only when something failed' },
      ],
      { value: job?.mailWhen ?? '', help: 'Counts only where mail is sent by sendmail.' },
    ),
    choiceField(
      'notification-mode',
      'Told by',
      [
        { value: '', label: 'Not said (automatic)' },
        ...(
          [
            ['auto', 'Automatic: by sendmail where an address stands above'],
            ['legacy-sendmail', 'Mail by sendmail'],
            ['notification-system', 'Notification targets of the cluster'],
          ] as const
        ).map(([value, label]) => ({
          value,
          label,
          excuse: hasNotifications(inventory.version) ? null : 'Since Proxmox VE 8.1.',
        })),
      ],
      { value: job?.notifyBy ?? '' },
    ),
    textField('comment', 'Name', job?.comment ?? '', { required: false, maxLength: 512 }),
    switchField('enabled', 'Switched on', job?.enabled ?? true),
  ];
}

const emptyMeansNone = ['node', 'mailnotification', 'notification-mode'];

/** A choice has no “none”: the empty answer stands for all nodes, or for what is not said. */
const withoutEmptyNode = (input: unknown): unknown =>
  typeof input === 'object' && input !== null
    ? Object.fromEntries(
        Object.entries(input).map(([key, value]): [string, unknown] => [
          key,
          value === '' && emptyMeansNone.includes(key) ? null : value,
        ]),
      )
    : input;

function holds(job: BackupJob, settings: Settings): boolean {
  return (
    job.schedule === settings.schedule &&
    job.storage === settings.storage &&
    job.selection === settings.selection &&
    job.enabled === settings.enabled &&
    (settings.selection === 'all' ? job.exclude : job.vmids).map(String).sort().join() ===
      settings.guests.toSorted().join()
  );
}

const create = bindChange<Settings, Found>({
  id: 'pve.job.create',
  title: 'Create backup job',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: z.preprocess(withoutEmptyNode, createInput),
  offer: (subject, world) =>
    subject.kind === 'cluster'
      ? {
          label: 'Create backup job…',
          group: 'create',
          excuse: null,
          input: {},
          fields: jobFields(world, null),
        }
      : null,
  look: (context) => look(context),
  draft: (input, world) => ({
    target: { kind: 'backup job', name: input.comment ?? `${input.schedule} to ${input.storage}` },
    title: `Create a backup job to ${input.storage}`,
    call: changeCall('POST /cluster/backup', {}, parametersOf(input, null)),
    explain: 'Writes the job into the configuration of the cluster, which runs it when it is due.',
    consequences: settingsConsequences(input),
    blockers: [...storageBlockers(world, input.storage), ...selectionBlockers(input)],
    undo: 'Delete the backup job. Backups it made stay.',
    restsOn: { jobs: world.jobs.map(({ id }) => id).sort() },
  }),
  judge: (input, world, before) => {
    const known = z.array(z.string()).catch([]).parse(before['jobs']);
    const made = world.jobs.find((job) => !known.includes(job.id) && holds(job, input));
    return made === undefined
      ? notThere('There is no such new backup job.')
      : confirmed(`The backup job is there as ${made.id}.`);
  },
});

function missing(id: string): Blocker[] {
  return [{ text: `There is no backup job ${id} (any more).`, remedy: 'Read the list again.' }];
}

const change = bindChange<z.infer<typeof changeInput>, Found>({
  id: 'pve.job.change',
  title: 'Change backup job',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: z.preprocess(withoutEmptyNode, changeInput),
  offer: (subject, world) =>
    subject.kind === 'backup-job'
      ? {
          label: 'Change…',
          group: 'change',
          excuse:
            subject.job.selection === 'pool'
              ? 'It takes the guests of a resource pool, which this form cannot say. Change it in Proxmox VE.'
              : null,
          input: { id: subject.job.id },
          fields: jobFields(world, subject.job),
        }
      : null,
  look: (context) => look(context),
  draft: (input, world) => {
    const job = found(world, input.id);
    return {
      target: { kind: 'backup job', name: job === undefined ? input.id : jobName(job) },
      title: `Change backup job ${input.id}`,
      call: changeCall('PUT /cluster/backup/{id}', { id: input.id }, parametersOf(input, job ?? null)),
      explain: 'Writes the new settings of the job. A run that is under way goes on as it began.',
      consequences: settingsConsequences(input),
      blockers: [
        ...(job === undefined ? missing(input.id) : []),
        ...storageBlockers(world, input.storage),
        ...selectionBlockers(input),
      ],
      undo:
        job === undefined
          ? null
          : `Before: ${job.schedule}, ${jobWords(job)} to ${job.storage ?? '?'}, keep ${job.keep ?? 'as the storage says'}.`,
      restsOn: { job: job === undefined ? null : { ...job, nextRunAtMs: null } },
    };
  },
  judge: (input, world) => {
    const job = found(world, input.id);
    if (job === undefined) return notThere(`Backup job ${input.id} is gone.`);
    return holds(job, input)
      ? confirmed('The backup job is as it was wanted.')
      : notThere('The backup job is not as it was wanted.');
  },
});

const remove = bindChange<z.infer<typeof idInput>, Found>({
  id: 'pve.job.delete',
  title: 'Delete backup job',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input: idInput,
  offer: (subject) =>
    subject.kind === 'backup-job'
      ? { label: 'Delete…', group: 'destroy', excuse: null, input: { id: subject.job.id }, fields: [] }
      : null,
  look: (context) => look(context),
  draft: (input, world) => {
    const job = found(world, input.id);
    return {
      target: { kind: 'backup job', name: job === undefined ? input.id : jobName(job) },
      title: `Delete backup job ${input.id}`,
      call: changeCall('DELETE /cluster/backup/{id}', { id: input.id }),
      explain: 'Takes the job out of the configuration of the cluster. Backups it made stay.',
      consequences:
        job === undefined
          ? []
          : [
              warning(`${jobWords(job)} are not backed up by this job any more.`),
              info('The backups it made stay, and nothing prunes them any more by this job.'),
            ],
      blockers: job === undefined ? missing(input.id) : [],
      undo:
        job === undefined
          ? null
          : `Create it again: ${job.schedule}, ${jobWords(job)} to ${job.storage ?? '?'}, keep ${job.keep ?? 'as the storage says'}.`,
      restsOn: { job: job === undefined ? null : { ...job, nextRunAtMs: null } },
    };
  },
  judge: (input, world): Verification =>
    found(world, input.id) === undefined
      ? confirmed('The backup job is gone.')
      : notThere('The backup job is still there.'),
});

// Run now

const guestRowsSchema = z.array(
  z.object({ vmid: looseNumber, node: z.string(), type: z.string(), template: z.unknown().optional() }),
);
const nodeRowsSchema = z.array(z.object({ node: z.string(), status: z.string() }));
const poolSchema = z.union([
  z.array(z.object({ members: z.array(z.object({ vmid: looseNumber.optional() })) })),
  z.object({ members: z.array(z.object({ vmid: looseNumber.optional() })) }).transform((pool) => [pool]),
]);

interface Run {
  job: BackupJob | undefined;
  /** Guests by node that is online. */
  places: { node: string; vmids: number[] }[];
  /** Guests of nodes that are down. */
  left: number[];
}

async function readRun(context: ApiContext, id: string): Promise<Run> {
  const [{ jobs }, guests, nodes] = await Promise.all([
    look(context),
    context.get('list the guests', apiPath('/cluster/resources'), guestRowsSchema, { type: 'vm' }),
    context.get('list the nodes', apiPath('/nodes'), nodeRowsSchema),
  ]);
  const job = jobs.find((each) => each.id === id);
  if (job === undefined) return { job, places: [], left: [] };
  const members =
    job.selection === 'pool' && job.pool !== null
      ? (
          await context.get(
            'list the guests of the pool',
            apiPath('/pools/{poolid}', { poolid: job.pool }),
            poolSchema,
          )
        ).flatMap((pool) => pool.members.flatMap(({ vmid }) => vmid ?? []))
      : [];
  const takes = (vmid: number): boolean => {
    if (job.selection === 'pool') return members.includes(vmid);
    return job.selection === 'list' ? job.vmids.includes(vmid) : !job.exclude.includes(vmid);
  };
  const online = new Set(nodes.flatMap(({ node, status }) => (status === 'online' ? [node] : [])));
  const wanted = guests
    .filter(({ vmid, node }) => takes(vmid) && (job.node === null || job.node === node))
    .toSorted((a, b) => a.vmid - b.vmid);
  const places = [...online].sort().flatMap((node) => {
    const vmids = wanted.filter((guest) => guest.node === node).map(({ vmid }) => vmid);
    return vmids.length === 0 ? [] : [{ node, vmids }];
  });
  return { job, places, left: wanted.filter(({ node }) => !online.has(node)).map(({ vmid }) => vmid) };
}

const run: ApiActionDefinition<z.infer<typeof idInput>> = {
  id: 'pve.job.run',
  title: 'Run backup job now',
  backend: null,
  minimumAccess: 'operate',
  risk: 'safe',
  input: idInput,
  offer: (subject) =>
    subject.kind === 'backup-job'
      ? { label: 'Run now…', group: 'snapshot', excuse: null, input: { id: subject.job.id }, fields: [] }
      : null,
  async plan(context, { id }) {
    const { job, places, left } = await readRun(context, id);
    const blockers = job === undefined ? missing(id) : [];
    if (job !== undefined && places.length === 0) {
      blockers.push({
        text: 'It takes no guest of a node that is online.',
        remedy: 'Look at the guests of the job.',
      });
    }
    return {
      risk: 'safe',
      target: { kind: 'backup job', name: job === undefined ? id : jobName(job) },
      steps:
        job === undefined
          ? []
          : places.map(({ node, vmids }, item): ApiStepDraft => ({
              item,
              title: `Back up ${plural(vmids.length, 'guest')} of ${node}`,
              call: changeCall(
                'POST /nodes/{node}/vzdump',
                { node },
                {
                  vmid: vmids.join(','),
                  storage: job.storage ?? undefined,
                  mode: job.mode,
                  compress: job.compress ?? undefined,
                  'prune-backups': job.keep ?? undefined,
                  'notes-template': job.notesTemplate ?? undefined,
                },
              ),
              explain:
                'Does what the job does when it is due, for the guests of this node, one after the other.',
              timeoutSeconds: 24 * 3600,
            })),
      consequences: [
        ...(job?.mode === 'stop'
          ? [warning('Each guest that runs is shut down, backed up and started again.')]
          : []),
        ...(job === undefined
          ? []
          : [
              warning(
                job.keep === null
                  ? `Then older backups of these guests are deleted, if ${job.storage ?? 'its storage'} has a retention and except what that keeps: the job names none.`
                  : `Then older backups of these guests are deleted, except what ${job.keep} keeps.`,
              ),
            ]),
        ...(left.length === 0
          ? []
          : [warning(`Their nodes are not online, so these are left out: ${left.join(', ')}.`)]),
      ],
      blockers,
      undo: 'Delete the new backups. Backups that were pruned do not come back.',
      preconditions: { job: job === undefined ? null : { ...job, nextRunAtMs: null }, places },
      onFailure: 'next-item',
    };
  },
  async verify(context, { id }) {
    const { job } = await readRun(context, id);
    return {
      status: 'skipped',
      text: job === undefined ? 'The job is gone.' : 'Its tasks have ended; the backups say what is there.',
    };
  },
  explainFailure: explainGuestFailure,
};

export const jobActions = {
  'pve.job.create': create,
  'pve.job.change': change,
  'pve.job.delete': remove,
  'pve.job.run': bindApiAction(run),
} as const;
