import { z } from 'zod';
import type { Guest } from '../../../../../src-preload/contract/clusters';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { apiPath } from '../../../proxmox/client/path';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiActionDefinition, ApiContext, ClusterWorld } from '../../action';
import { bindApiAction } from '../../bound-action';
import type { Field } from '../../../../../src-preload/contract/offers';
import { looseText, optionalFlag } from '../../../proxmox/loose';
import { choiceField, numberField, switchField, textField } from '../fields';
import { listed } from '../words';
import { explainGuestFailure } from './failures';
import { noConfig, readConfig, type Drive } from './guest-drives';
import {
  bulkGuests,
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  guestWords,
  isIdTaken,
  nodeNameSchema,
  readGuest,
  targetOf,
  vmidSchema,
  type GuestInput,
} from './guest-reads';
import { storageNameSchema } from './names';
import { storageOptions } from './storage-options';

const driveItems = (drives: readonly Drive[]): Consequence['items'] =>
  drives.map(({ key, volume, sizeBytes }) => ({ name: `${key}: ${volume}`, sizeBytes }));

const isTemplate = (status: GuestStatus | null): boolean => Number(status?.template ?? 0) === 1;
const isRunning = (status: GuestStatus | null): boolean => status?.status === 'running';
const unknownNode = ({ status, node }: Guest): string | null =>
  status === 'unknown' ? `Node ${node} is down.` : null;

const flagLike = z.union([z.number(), z.boolean(), z.string()]);
const nodesSchema = z.array(z.object({ node: z.string(), status: z.string().optional() }));
const precheckSchema = z.object({
  local_disks: z.array(z.object({ volid: z.string(), size: z.union([z.number(), z.string()]).optional() })),
  local_resources: z.array(z.string()),
  not_allowed_nodes: z
    .record(z.string(), z.object({ unavailable_storages: z.array(z.string()).optional() }))
    .optional(),
  running: flagLike.optional(),
});

/** A name, or nothing where what stands already is meant. */
const optionalStorage = z
  .union([z.literal(''), storageNameSchema])
  .nullable()
  .optional();
const chosen = <T extends string>(name: T | null | undefined): Exclude<T, ''> | null =>
  name === '' || name === undefined || name === null ? null : (name as Exclude<T, ''>);

const storagesSchema = z.array(z.object({ storage: z.string(), content: looseText, shared: optionalFlag }));

/** Storages of a node, and whether other nodes see the same. */
function storagesOf(context: ApiContext, node: string): Promise<z.infer<typeof storagesSchema>> {
  return context.get('list the storages', apiPath('/nodes/{node}/storage', { node }), storagesSchema);
}

const contentOf = (type: GuestInput['type']): 'images' | 'rootdir' =>
  type === 'qemu' ? 'images' : 'rootdir';

async function storageBlockers(
  context: ApiContext,
  { type, node, storage }: { type: GuestInput['type']; node: string; storage: string | null },
): Promise<Blocker[]> {
  if (storage === null) return [];
  const found = (await storagesOf(context, node)).find((each) => each.storage === storage);
  return found !== undefined && found.content.split(',').includes(contentOf(type))
    ? []
    : [
        {
          text: `${node} has no storage ${storage} that holds disks of such guests.`,
          remedy: 'Choose another storage.',
        },
      ];
}

// Migrate

const migrateInput = z.strictObject({
  ...guestInputShape,
  target: nodeNameSchema,
  /** For its disks there; empty: storages of the same name. */
  storage: optionalStorage,
});
type MigrateInput = z.infer<typeof migrateInput>;

async function targetBlockers(
  context: ApiContext,
  { node, target }: Pick<MigrateInput, 'node' | 'target'>,
): Promise<Blocker[]> {
  if (target === node) return [{ text: `It is on ${target} already.`, remedy: 'Choose another node.' }];
  const nodes = await context.get('list the nodes', apiPath('/nodes'), nodesSchema);
  const found = nodes.find((each) => each.node === target);
  if (found === undefined) return [{ text: `There is no node ${target}.`, remedy: 'Refresh the cluster.' }];
  return found.status === 'online'
    ? []
    : [{ text: `Node ${target} is not online.`, remedy: 'Choose another node.' }];
}

/** What Proxmox VE itself says of moving a virtual machine. Containers have no such question. */
async function precheck(
  context: ApiContext,
  { node, vmid, target, storage }: MigrateInput,
): Promise<{ blockers: Blocker[]; local: Consequence['items'] }> {
  const said = await context.get(
    'ask whether the guest can move',
    apiPath('/nodes/{node}/qemu/{vmid}/migrate', { node, vmid }),
    precheckSchema,
    { target },
  );
  const blockers: Blocker[] = [];
  if (said.local_resources.length > 0) {
    blockers.push({
      text: `It uses devices of its node: ${listed(said.local_resources)}.`,
      remedy: 'Take them out of its configuration, or stop it and map them.',
    });
  }
  const lacking = said.not_allowed_nodes?.[target]?.unavailable_storages ?? [];
  // Disks that go to another storage there need none of the same name.
  if (lacking.length > 0 && chosen(storage) === null) {
    blockers.push({
      text: `${target} does not have ${listed(lacking)}, which the guest is on.`,
      remedy: 'Choose another node, or a storage there for its disks.',
    });
  }
  const local = said.local_disks.map(({ volid, size }) => {
    const bytes = Number(size ?? Number.NaN);
    return { name: volid, sizeBytes: Number.isFinite(bytes) ? bytes : null };
  });
  return { blockers, local };
}

function migrateParameters(
  { type, target, storage }: MigrateInput,
  running: boolean,
  withLocalDisks: boolean,
) {
  const there = chosen(storage) ?? undefined;
  if (type === 'lxc') return { target, restart: running ? true : undefined, 'target-storage': there };
  return {
    target,
    online: running ? true : undefined,
    'with-local-disks': withLocalDisks ? true : undefined,
    targetstorage: there,
  };
}

const migrate: ApiActionDefinition<MigrateInput> = {
  id: 'pve.guest.migrate',
  title: 'Migrate guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  bulk: { ...bulkGuests, atOnce: 3 },
  input: migrateInput,
  offer: (subject, { inventory }) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    const others = inventory.nodes.filter(({ name }) => name !== guest.node);
    if (others.length === 0) return null;
    const options = others.map(({ name, status }) => ({
      value: name,
      label: name,
      excuse: status === 'online' ? null : 'It is not online.',
    }));
    return {
      label: 'Migrate…',
      group: 'change',
      excuse:
        unknownNode(guest) ??
        (options.every(({ excuse }) => excuse !== null) ? 'No other node is online.' : null),
      input: { ...guestInput(guest) },
      fields: [
        choiceField('target', 'To node', options),
        choiceField('storage', 'Its disks there', [
          { value: '', label: 'On storages of the same name' },
          ...storageOptions({ inventory, others: [] }, contentOf(guest.type)),
        ]),
      ],
    };
  },
  async plan(context, input) {
    const { type, node, vmid, target } = input;
    const status = await readGuest(context, input);
    const config = status === null ? noConfig : await readConfig(context, input);
    const blockers = [...guestBlockers(input, status), ...(await targetBlockers(context, input))];
    if (blockers.length === 0) {
      blockers.push(
        ...(await storageBlockers(context, { type, node: target, storage: chosen(input.storage) })),
      );
    }
    const running = isRunning(status);
    const asks = type === 'qemu' && blockers.length === 0;
    const { blockers: more, local } = asks ? await precheck(context, input) : { blockers: [], local: [] };
    const consequences: Consequence[] = [];
    if (local.length > 0) {
      consequences.push({
        severity: 'warning',
        text: 'Its disks are on storage of its node and are copied over the network, which takes its time.',
        items: local,
      });
    }
    if (running && type === 'lxc') {
      consequences.push({
        severity: 'warning',
        text: 'A running container cannot move: it is shut down, moved and started there.',
        items: [],
      });
    } else if (running) {
      consequences.push({
        severity: 'info',
        text: 'It moves while it runs; for a moment at the end it stands still.',
        items: [],
      });
    }
    return {
      risk: 'destructive',
      target: targetOf(input, status),
      steps: [
        {
          title: `Migrate ${vmid} from ${node} to ${target}`,
          call: changeCall(
            `POST /nodes/{node}/${type}/{vmid}/migrate`,
            { node, vmid },
            migrateParameters(input, running, local.length > 0),
          ),
          explain: 'Moves the guest to the other node, with the disks that are not on shared storage.',
          timeoutSeconds: 6 * 3600,
        },
      ],
      consequences,
      blockers: [...blockers, ...more],
      undo: `Migrate it back to ${node}.`,
      preconditions: {
        guest: guestForComparison(status),
        identity: config.identity,
        local: local.map(({ name }) => name),
      },
    };
  },
  async verify(context, input) {
    const there = await readGuest(context, { ...input, node: input.target });
    if (there !== null) return { status: 'confirmed', text: `The guest is on ${input.target} now.` };
    const here = await readGuest(context, input);
    return here === null
      ? { status: 'unreadable', text: 'The guest was found on neither node.' }
      : { status: 'not-there', text: `The guest is on ${input.node} still.` };
  },
  explainFailure: explainGuestFailure,
};

// Clone

/** A name as DNS has it: what Proxmox VE takes for guests. */
export const guestNameSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    'must be a DNS name',
  );
const cloneInput = z.strictObject({
  ...guestInputShape,
  newid: vmidSchema,
  name: guestNameSchema,
  full: z.boolean(),
  /** Where it is put; left out or empty: where its original is. */
  target: z
    .union([z.literal(''), nodeNameSchema])
    .nullable()
    .optional(),
  storage: optionalStorage,
  format: z.enum(['', 'raw', 'qcow2', 'vmdk']).nullable().optional(),
  pool: z
    .union([
      z.literal(''),
      z
        .string()
        .max(128)
        .regex(/^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,2}$/, 'must be a pool'),
    ])
    .nullable()
    .optional(),
});
type CloneInput = z.infer<typeof cloneInput>;

/** What Proxmox VE itself refuses of a clone elsewhere, told before. */
async function elsewhereBlockers(
  context: ApiContext,
  input: CloneInput,
  drives: readonly Drive[],
): Promise<Blocker[]> {
  const { type, node, full } = input;
  const target = chosen(input.target) ?? node;
  const storage = chosen(input.storage);
  const format = chosen(input.format);
  const blockers: Blocker[] = [];
  if (target !== node) {
    blockers.push(...(await targetBlockers(context, { node, target })));
    const shared = new Set(
      (await storagesOf(context, node)).flatMap((each) => (each.shared === true ? [each.storage] : [])),
    );
    const local = drives.filter(({ volume }) => !shared.has(volume.split(':')[0] ?? ''));
    if (local.length > 0) {
      blockers.push({
        text: `Its disks are on storage of ${node} alone: ${listed(local.map(({ key }) => key))}.`,
        remedy: 'Clone it on its own node, and migrate the clone.',
      });
    }
  }
  if (blockers.length === 0)
    blockers.push(...(await storageBlockers(context, { type, node: target, storage })));
  if (!full && (storage !== null || format !== null)) {
    blockers.push({
      text: 'A linked clone stays on the storage of its template, in its format.',
      remedy: 'Make a full clone, or choose neither.',
    });
  }
  if (type === 'lxc' && format !== null) {
    blockers.push({ text: 'Disks of containers have no format to choose.', remedy: 'Leave it out.' });
  }
  return blockers;
}

/** F89: the lowest id from 100 that nothing known has. */
export function nextFreeId({ inventory }: ClusterWorld): number {
  const taken = new Set(inventory.guests.map(({ vmid }) => vmid));
  let vmid = 100;
  while (taken.has(vmid)) vmid += 1;
  return vmid;
}

async function idBlockers(context: ApiContext, newid: number): Promise<Blocker[]> {
  return (await isIdTaken(context, newid))
    ? [{ text: `The id ${newid} is taken.`, remedy: 'Choose another one.' }]
    : [];
}

/** Where a clone is put. */
function cloneFields(guest: Guest, world: ClusterWorld): Field[] {
  const { nodes, guests } = world.inventory;
  const pools = [...new Set(guests.flatMap(({ pool }) => (pool === null ? [] : [pool])))].sort();
  return [
    ...(nodes.length < 2
      ? []
      : [
          choiceField('target', 'On node', [
            { value: '', label: `${guest.node}, as its original` },
            ...nodes
              .filter(({ name }) => name !== guest.node)
              .map(({ name, status }) => ({
                value: name,
                label: name,
                hint: 'Only where its disks are on shared storage.',
                excuse: status === 'online' ? null : 'It is not online.',
              })),
          ]),
        ]),
    choiceField('storage', 'Its disks on', [
      { value: '', label: 'The storages of its original' },
      ...storageOptions(world, contentOf(guest.type)),
    ]),
    ...(guest.type === 'lxc'
      ? []
      : [
          choiceField('format', 'Format of its disks', [
            { value: '', label: 'As its original' },
            { value: 'raw', label: 'raw' },
            { value: 'qcow2', label: 'qcow2', hint: 'Only on storages of files.' },
            { value: 'vmdk', label: 'vmdk', hint: 'Only on storages of files.' },
          ]),
        ]),
    ...(pools.length === 0
      ? []
      : [
          choiceField('pool', 'In resource pool', [
            { value: '', label: 'None' },
            ...pools.map((pool) => ({ value: pool, label: pool })),
          ]),
        ]),
  ];
}

const clone: ApiActionDefinition<CloneInput> = {
  id: 'pve.guest.clone',
  title: 'Clone guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: cloneInput,
  offer: (subject, world) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    return {
      label: 'Clone…',
      group: 'create',
      excuse: unknownNode(guest),
      input: { ...guestInput(guest), ...(guest.template ? {} : { full: true }) },
      fields: [
        numberField('newid', 'Id of the clone', nextFreeId(world), { min: 100, max: 999_999_999 }),
        textField('name', guest.type === 'qemu' ? 'Name' : 'Host name', '', {
          maxLength: 63,
          placeholder: 'web-3',
        }),
        ...cloneFields(guest, world),
        ...(guest.template
          ? [
              switchField(
                'full',
                'Full clone',
                false,
                'A linked clone takes no room at first and needs its template for ever; a full one copies everything.',
              ),
            ]
          : []),
      ],
    };
  },
  async plan(context, input) {
    const { type, node, vmid, newid, name, full } = input;
    const status = await readGuest(context, input);
    const [taken, config] = await Promise.all([
      idBlockers(context, newid),
      status === null ? noConfig : readConfig(context, input),
    ]);
    const blockers = [
      ...guestBlockers(input, status),
      ...taken,
      ...(status === null ? [] : await elsewhereBlockers(context, input, config.drives)),
    ];
    if (!full && status !== null && !isTemplate(status)) {
      blockers.push({ text: 'Only a template can have linked clones.', remedy: 'Make a full clone.' });
    }
    return {
      risk: 'safe',
      target: targetOf(input, status),
      steps: [
        {
          title: `Clone ${vmid} as ${newid} ${name}`,
          call: changeCall(
            `POST /nodes/{node}/${type}/{vmid}/clone`,
            { node, vmid },
            {
              newid,
              [type === 'qemu' ? 'name' : 'hostname']: name,
              full,
              target: chosen(input.target) ?? undefined,
              storage: chosen(input.storage) ?? undefined,
              format: chosen(input.format) ?? undefined,
              pool: chosen(input.pool) ?? undefined,
            },
          ),
          explain: 'Makes a new guest of this one, with network addresses of its own. It is not started.',
          timeoutSeconds: 6 * 3600,
        },
      ],
      consequences: [
        ...(full
          ? [
              {
                severity: 'info' as const,
                text: 'Its disks are copied and take as much room again:',
                items: driveItems(config.drives),
              },
            ]
          : [
              {
                severity: 'info' as const,
                text: 'The clone rests on the disks of the template, which can then not be deleted.',
                items: [],
              },
            ]),
        ...(isRunning(status)
          ? [
              {
                severity: 'warning' as const,
                text: 'It runs: the clone is as if its power was cut in that moment.',
                items: [],
              },
            ]
          : []),
      ],
      blockers,
      undo: `Delete guest ${newid}.`,
      preconditions: { guest: guestForComparison(status), drives: config.drives.map(({ volume }) => volume) },
    };
  },
  async verify(context, { type, node: from, newid, target }) {
    const node = chosen(target) ?? from;
    const made = await readGuest(context, { type, node, vmid: newid });
    if (made === null) return { status: 'not-there', text: `There is no guest ${newid} on ${node}.` };
    return made.lock === undefined || made.lock === ''
      ? { status: 'confirmed', text: `Guest ${newid} is there.` }
      : { status: 'pending', text: `Guest ${newid} is being made (${made.lock}).` };
  },
  explainFailure: explainGuestFailure,
};

// Delete

const deleteInput = z.strictObject({ ...guestInputShape, purge: z.boolean() });

const remove: ApiActionDefinition<z.infer<typeof deleteInput>> = {
  id: 'pve.guest.delete',
  title: 'Delete guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  bulk: bulkGuests,
  input: deleteInput,
  offer: (subject) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    return {
      label: 'Delete…',
      group: 'destroy',
      excuse:
        unknownNode(guest) ??
        (guest.status === 'stopped' || guest.template ? null : 'It runs. Stop it first.'),
      input: { ...guestInput(guest) },
      fields: [
        switchField(
          'purge',
          'Also take it out of backup jobs, replication and high availability',
          false,
          'Without this a guest that any of them names is not deleted.',
        ),
      ],
    };
  },
  async plan(context, input) {
    const { type, node, vmid, purge } = input;
    const status = await readGuest(context, input);
    const config = status === null ? noConfig : await readConfig(context, input);
    const blockers = guestBlockers(input, status);
    if (isRunning(status)) blockers.push({ text: 'It runs.', remedy: 'Shut it down or stop it first.' });
    if (config.protection) {
      blockers.push({
        text: 'It is protected against deletion.',
        remedy: `Take the protection away first: ${type === 'qemu' ? 'qm' : 'pct'} set ${vmid} --protection 0.`,
      });
    }
    return {
      risk: 'catastrophic',
      target: targetOf(input, status),
      steps: [
        {
          title: `Delete ${guestWords[type]} ${vmid}`,
          call: changeCall(
            `DELETE /nodes/{node}/${type}/{vmid}`,
            { node, vmid },
            { purge: purge ? true : undefined },
          ),
          explain: 'Removes the guest with its configuration, its disks and its snapshots. Its backups stay.',
          timeoutSeconds: 3600,
        },
      ],
      consequences: [
        {
          severity: 'loss',
          text: 'The guest with its disks and all its snapshots is lost:',
          items: driveItems(config.drives),
        },
        ...(isTemplate(status)
          ? [
              {
                severity: 'warning' as const,
                text: 'It is a template: while linked clones rest on it, its disks stay and the deletion fails.',
                items: [],
              },
            ]
          : []),
        {
          severity: 'info',
          text: 'Its backups stay, and can be restored. No snapshot is offered before it: it would be lost with the guest.',
          items: [],
        },
      ],
      blockers,
      undo: null,
      preconditions: {
        guest: guestForComparison(status),
        identity: config.identity,
        drives: config.drives.map(({ volume, sizeBytes }) => [volume, sizeBytes]),
        protection: config.protection,
      },
    };
  },
  async verify(context, input) {
    const status = await readGuest(context, input);
    return status === null
      ? { status: 'confirmed', text: `Guest ${input.vmid} is gone.` }
      : { status: 'not-there', text: `Guest ${input.vmid} is still there.` };
  },
  explainFailure: explainGuestFailure,
};

export const lifecycleActions = {
  'pve.guest.migrate': bindApiAction(migrate),
  'pve.guest.clone': bindApiAction(clone),
  'pve.guest.delete': bindApiAction(remove),
} as const;
