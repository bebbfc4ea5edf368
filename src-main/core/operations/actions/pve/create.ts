import { z } from 'zod';
import type { ClusterLogin, ClusterNode, ClusterStorage } from '../../../../../src-preload/contract/clusters';
import type { Field } from '../../../../../src-preload/contract/offers';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { toAppError } from '../../../errors/app-error';
import { apiPath } from '../../../proxmox/client/path';
import { optionalNumber, optionalText } from '../../../proxmox/loose';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { volumeRowsSchema } from '../../../proxmox/reads/storage-content';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, ClusterSubject, ClusterWorld } from '../../action';
import { choiceField, numberField, switchField, textField } from '../fields';
import { bytes } from '../words';
import { featureBlockers, featuresWith, keyctlCost, keyctlHelp } from './container-features';
import { isIdTaken, judgeMade, nodeNameSchema, readGuest, vmidSchema } from './guest-reads';
import { guestNameSchema, nextFreeId } from './lifecycle';
import { storageNameSchema, volumeIdSchema } from './names';
import { storageOptions } from './storage-options';
import { bindChange, info, warning } from './single-change';

const bridgeSchema = z.string().regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/, 'must be the name of a bridge');
const vlanSchema = z
  .string()
  .regex(/^\d{1,4}$/, 'must be a VLAN')
  .refine((text) => Number(text) >= 1 && Number(text) <= 4094, 'must be from 1 to 4094')
  .nullable();
const addressSchema = z
  .string()
  .regex(
    /^(?:dhcp|manual|\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2})$/,
    'must be dhcp, manual, or an address as 192.0.2.20/24',
  );
const gatewaySchema = z
  .string()
  .regex(/^\d{1,3}(?:\.\d{1,3}){3}$/, 'must be an address as 192.0.2.1')
  .nullable();
const diskGiB = z.int().min(1).max(65_536);

/** F94 */
const osTypes = ['l26', 'l24', 'win11', 'win10', 'win8', 'win7', 'solaris', 'other'] as const;
const machineInput = z.strictObject({
  node: nodeNameSchema,
  vmid: vmidSchema,
  name: guestNameSchema,
  ostype: z.enum(osTypes),
  bios: z.enum(['seabios', 'ovmf']),
  sockets: z.int().min(1).max(4),
  cores: z.int().min(1).max(512),
  /** MiB */
  memory: z.int().min(16).max(16_777_216),
  storage: storageNameSchema,
  disk: diskGiB,
  /** null: an empty drive. */
  iso: volumeIdSchema.nullable(),
  bridge: bridgeSchema,
  vlan: vlanSchema,
  model: z.enum(['virtio', 'e1000', 'rtl8139', 'vmxnet3']),
  agent: z.boolean(),
  onboot: z.boolean(),
  start: z.boolean(),
});
type MachineInput = z.infer<typeof machineInput>;

/** F95 */
const containerInput = z.strictObject({
  node: nodeNameSchema,
  vmid: vmidSchema,
  name: guestNameSchema,
  template: volumeIdSchema,
  cores: z.int().min(1).max(128),
  memory: z.int().min(16).max(16_777_216),
  swap: z.int().min(0).max(16_777_216),
  storage: storageNameSchema,
  disk: diskGiB,
  bridge: bridgeSchema,
  vlan: vlanSchema,
  ip: addressSchema,
  gateway: gatewaySchema,
  unprivileged: z.boolean(),
  nesting: z.boolean(),
  /** Left out: off. */
  keyctl: z.boolean().optional(),
  /** One key as `ssh-ed25519 AAAA… name`; without any, nobody can log in over SSH at first. */
  sshKey: z
    .string()
    .max(4096)
    .regex(/^(?:ssh-|ecdsa-|sk-)[\x20-\x7e]+$/, 'must be one line of an authorized_keys file')
    .nullable(),
  onboot: z.boolean(),
  start: z.boolean(),
});
type ContainerInput = z.infer<typeof containerInput>;

const storageStatusSchema = z.object({
  content: optionalText,
  avail: optionalNumber,
  active: optionalNumber,
});
const interfacesSchema = z.array(z.object({ iface: z.string(), type: z.string() }));

interface Found {
  taken: boolean;
  present: GuestStatus | null;
  storage: z.infer<typeof storageStatusSchema>;
  /** Whether the ISO image or the template is there; null: none was wanted. */
  medium: boolean | null;
  /** null: the token may not read them. */
  bridges: string[] | null;
}

interface Place {
  type: 'qemu' | 'lxc';
  node: string;
  vmid: number;
  storage: string;
  medium: string | null;
}

async function look(context: ApiContext, { type, node, vmid, storage, medium }: Place): Promise<Found> {
  const [from = ''] = (medium ?? '').split(':');
  const there =
    medium === null
      ? null
      : context
          .get(
            `list what ${from} holds`,
            apiPath('/nodes/{node}/storage/{storage}/content', { node, storage: from }),
            volumeRowsSchema,
          )
          .then((rows) => rows.some(({ volid }) => volid === medium));
  const bridges = context
    .get('list the bridges', apiPath('/nodes/{node}/network', { node }), interfacesSchema, {
      type: 'any_bridge',
    })
    .then(
      (rows) =>
        rows.filter((row) => /bridge/i.test(row.type) || row.type === 'vnet').map(({ iface }) => iface),
      (thrown: unknown) => {
        const error = toAppError(thrown);
        if (error.code === 'forbidden') return null;
        throw error;
      },
    );
  const [isTaken, present, status, isThere, known] = await Promise.all([
    isIdTaken(context, vmid),
    readGuest(context, { type, node, vmid }),
    context.get(
      'read the state of the storage',
      apiPath('/nodes/{node}/storage/{storage}/status', { node, storage }),
      storageStatusSchema,
    ),
    there,
    bridges,
  ]);
  return { taken: isTaken, present, storage: status, medium: isThere, bridges: known };
}

function blockersOf(
  { node, vmid, storage, medium, type }: Place,
  { disk, bridge }: { disk: number; bridge: string },
  found: Found,
): Blocker[] {
  const content = (found.storage.content ?? '').split(',');
  const wanted = type === 'qemu' ? 'images' : 'rootdir';
  const free = found.storage.avail;
  return [
    ...(found.taken ? [{ text: `The id ${vmid} is taken.`, remedy: 'Choose another one.' }] : []),
    ...(content.includes(wanted)
      ? []
      : [
          {
            text: `Storage ${storage} holds no disks of such guests.`,
            remedy: `Choose one with content “${wanted}”.`,
          },
        ]),
    ...(free !== null && free < disk * 1024 ** 3
      ? [
          {
            text: `${storage} has only ${bytes(free)} free.`,
            remedy: 'Make the disk smaller, or choose another storage.',
          },
        ]
      : []),
    ...(found.medium === false
      ? [{ text: `${medium ?? ''} is not there (any more).`, remedy: 'Choose another one, or upload it.' }]
      : []),
    ...(found.bridges === null || found.bridges.length === 0 || found.bridges.includes(bridge)
      ? []
      : [
          {
            text: `Node ${node} has no bridge ${bridge}.`,
            remedy: `It has ${found.bridges.join(', ')}.`,
          },
        ]),
  ];
}

const restsOn = (found: Found) => ({
  taken: found.taken,
  medium: found.medium,
  content: found.storage.content,
});

const judgeNew = ({ vmid, start }: { vmid: number; start: boolean }, { present }: Found) =>
  judgeMade(present, vmid, start);

function machineCall(input: MachineInput) {
  const { node, vmid, name, ostype, bios, sockets, cores, memory, storage, disk, iso, bridge, vlan, model } =
    input;
  const windows = ostype.startsWith('win');
  return changeCall(
    'POST /nodes/{node}/qemu',
    { node },
    {
      vmid,
      name,
      ostype,
      bios: bios === 'ovmf' ? bios : undefined,
      machine: bios === 'ovmf' ? 'q35' : undefined,
      efidisk0: bios === 'ovmf' ? `${storage}:1,efitype=4m,pre-enrolled-keys=1` : undefined,
      tpmstate0: ostype === 'win11' ? `${storage}:1,version=v2.0` : undefined,
      sockets,
      cores,
      cpu: 'x86-64-v2-AES',
      memory,
      scsihw: 'virtio-scsi-single',
      scsi0: `${storage}:${disk},discard=on,iothread=1`,
      ide2: iso === null ? undefined : `${iso},media=cdrom`,
      boot: iso === null ? 'order=scsi0' : 'order=ide2;scsi0',
      net0: `${model},bridge=${bridge}${vlan === null ? '' : `,tag=${vlan}`}`,
      agent: input.agent ? 1 : undefined,
      tablet: windows ? true : undefined,
      onboot: input.onboot || undefined,
      start: input.start || undefined,
    },
  );
}

const newFeatures = ({ nesting, keyctl = false }: ContainerInput): string | null =>
  featuresWith(null, { nesting, keyctl });

function containerCall(input: ContainerInput) {
  const { node, vmid, name, template, cores, memory, swap, storage, disk, bridge, vlan, ip, gateway } = input;
  return changeCall(
    'POST /nodes/{node}/lxc',
    { node },
    {
      vmid,
      hostname: name,
      ostemplate: template,
      cores,
      memory,
      swap,
      rootfs: `${storage}:${disk}`,
      net0: [
        'name=eth0',
        `bridge=${bridge}`,
        ...(vlan === null ? [] : [`tag=${vlan}`]),
        ...(ip === 'manual' ? [] : [`ip=${ip}`]),
        ...(gateway === null || ip === 'dhcp' || ip === 'manual' ? [] : [`gw=${gateway}`]),
      ].join(','),
      unprivileged: input.unprivileged,
      features: newFeatures(input) ?? undefined,
      'ssh-public-keys': input.sshKey ?? undefined,
      onboot: input.onboot || undefined,
      start: input.start || undefined,
    },
  );
}

/** Where an image can be used: on its node, or anywhere when its storage is shared. */
function nodesOf({ inventory }: ClusterWorld, storage: ClusterStorage | null): ClusterNode[] {
  if (storage === null || storage.shared) return inventory.nodes;
  return inventory.nodes.filter(({ name }) => name === storage.node);
}

const nodeField = (world: ClusterWorld, storage: ClusterStorage | null): Field =>
  choiceField(
    'node',
    'On node',
    nodesOf(world, storage).map(({ name, status }) => ({
      value: name,
      label: name,
      excuse: status === 'online' ? null : 'It is not online.',
    })),
  );
const idField = (world: ClusterWorld): Field =>
  numberField('vmid', 'Id', nextFreeId(world), { min: 100, max: 999_999_999 });
const networkFields = (): Field[] => [
  textField('bridge', 'Bridge or VNet', 'vmbr0', { maxLength: 15 }),
  textField('vlan', 'VLAN', '', { required: false, maxLength: 4 }),
];
const startFields = (): Field[] => [
  switchField('onboot', 'Start it when its node starts', false),
  switchField('start', 'Start it now', false),
];

const machinePlace = ({ node, vmid, storage, iso }: MachineInput): Place => ({
  type: 'qemu',
  node,
  vmid,
  storage,
  medium: iso,
});
const containerPlace = ({ node, vmid, storage, template }: ContainerInput): Place => ({
  type: 'lxc',
  node,
  vmid,
  storage,
  medium: template,
});

/** An image that a guest is to be made from. */
function imageOf(
  subject: ClusterSubject,
  content: 'iso' | 'vztmpl',
): { storage: ClusterStorage; volid: string } | null {
  return subject.kind === 'storage-volume' && subject.volume.content === content
    ? { storage: subject.storage, volid: subject.volume.volid }
    : null;
}

const createMachine = bindChange<MachineInput, Found>({
  id: 'pve.guest.createMachine',
  title: 'Create virtual machine',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: machineInput,
  offer: (subject, world) => {
    const image = imageOf(subject, 'iso');
    if (subject.kind !== 'cluster' && image === null) return null;
    const storages = storageOptions(world, 'images');
    return {
      label: image === null ? 'Create virtual machine…' : 'Create virtual machine from it…',
      group: 'create',
      excuse: storages.length === 0 ? 'No storage holds disks of virtual machines.' : null,
      input: {},
      fields: [
        nodeField(world, image?.storage ?? null),
        idField(world),
        textField('name', 'Name', '', { maxLength: 63, placeholder: 'web-3' }),
        choiceField('ostype', 'System inside', [
          { value: 'l26', label: 'Linux' },
          { value: 'win11', label: 'Windows 11, 2022, 2025' },
          { value: 'win10', label: 'Windows 10, 2016, 2019' },
          { value: 'other', label: 'Another one' },
        ]),
        choiceField('bios', 'Firmware', [
          { value: 'seabios', label: 'BIOS' },
          { value: 'ovmf', label: 'UEFI', hint: 'Windows 11 wants it.' },
        ]),
        numberField('sockets', 'Sockets', 1, { min: 1, max: 4 }),
        numberField('cores', 'Cores of each', 2, { min: 1, max: 512 }),
        numberField('memory', 'Memory (MiB)', 2048, { min: 16, max: 16_777_216 }),
        choiceField('storage', 'Disk on', storages),
        numberField('disk', 'Size of the disk (GiB)', 32, { min: 1, max: 65_536 }),
        textField('iso', 'ISO image', image?.volid ?? '', {
          required: false,
          maxLength: 512,
          placeholder: 'local:iso/debian-13.iso',
          help: 'As the storage lists it. Left empty: no drive.',
        }),
        ...networkFields(),
        choiceField('model', 'Network card', [
          { value: 'virtio', label: 'VirtIO' },
          { value: 'e1000', label: 'Intel E1000', hint: 'For systems without drivers for VirtIO.' },
          { value: 'rtl8139', label: 'Realtek 8139' },
          { value: 'vmxnet3', label: 'VMware vmxnet3' },
        ]),
        switchField('agent', 'The guest agent will be installed in it', true),
        ...startFields(),
      ],
    };
  },
  look: (context, input) => look(context, machinePlace(input)),
  draft: (input, found) => ({
    target: { kind: 'virtual machine', name: `${input.vmid} ${input.name}` },
    title: `Create virtual machine ${input.vmid} ${input.name}`,
    call: machineCall(input),
    explain: 'Makes the configuration and the disks. Nothing is installed.',
    timeoutSeconds: 1800,
    consequences: [
      info(
        `${input.disk} GiB on ${input.storage}, ${input.memory} MiB of memory, ${input.sockets * input.cores} processors.`,
      ),
      ...(input.ostype === 'win11' && input.bios === 'seabios'
        ? [warning('Windows 11 does not install without UEFI.')]
        : []),
      ...(input.iso === null ? [info('There is nothing to boot from yet.')] : []),
    ],
    blockers: blockersOf(machinePlace(input), input, found),
    undo: `Delete guest ${input.vmid}.`,
    restsOn: restsOn(found),
  }),
  judge: judgeNew,
});

function containerFeatureBlockers(input: ContainerInput, login: ClusterLogin): Blocker[] {
  const { node, vmid, unprivileged, keyctl } = input;
  const wanted = newFeatures(input);
  if (wanted === null) return [];
  const without = `make it without ${unprivileged && keyctl === true ? 'keyctl' : 'features'} and `;
  return featureBlockers(login, { node, vmid, unprivileged, before: null, wanted }, without);
}

const createContainer = bindChange<ContainerInput, Found & { login: ClusterLogin }>({
  id: 'pve.guest.createContainer',
  secrets: ['sshKey'],
  title: 'Create container',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: containerInput,
  offer: (subject, world) => {
    const image = imageOf(subject, 'vztmpl');
    if (subject.kind !== 'cluster' && image === null) return null;
    const storages = storageOptions(world, 'rootdir');
    return {
      label: image === null ? 'Create container…' : 'Create container from it…',
      group: 'create',
      excuse: storages.length === 0 ? 'No storage holds disks of containers.' : null,
      input: {},
      fields: [
        nodeField(world, image?.storage ?? null),
        idField(world),
        textField('name', 'Host name', '', { maxLength: 63, placeholder: 'proxy-2' }),
        textField('template', 'Template', image?.volid ?? '', {
          maxLength: 512,
          placeholder: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
          help: 'As the storage lists it.',
        }),
        numberField('cores', 'Cores', 1, { min: 1, max: 128 }),
        numberField('memory', 'Memory (MiB)', 512, { min: 16, max: 16_777_216 }),
        numberField('swap', 'Swap (MiB)', 512, { min: 0, max: 16_777_216 }),
        choiceField('storage', 'Disk on', storages),
        numberField('disk', 'Size of the disk (GiB)', 8, { min: 1, max: 65_536 }),
        ...networkFields(),
        textField('ip', 'Address', 'dhcp', { maxLength: 32, help: 'dhcp, manual, or as 192.0.2.20/24.' }),
        textField('gateway', 'Gateway', '', { required: false, maxLength: 32 }),
        textField('sshKey', 'SSH key of root', '', {
          required: false,
          maxLength: 4096,
          placeholder: 'ssh-ed25519 AAAA…',
          help: 'It has no password: without a key only the console of Proxmox VE gets in.',
        }),
        switchField('unprivileged', 'Unprivileged', true, 'Root inside is nobody outside.'),
        switchField('nesting', 'Nesting', true, 'Newer systems with systemd need it.'),
        switchField('keyctl', 'keyctl', false, keyctlHelp),
        ...startFields(),
      ],
    };
  },
  look: async (context, input) => ({
    ...(await look(context, containerPlace(input))),
    login: context.login,
  }),
  draft: (input, found) => ({
    target: { kind: 'container', name: `${input.vmid} ${input.name}` },
    title: `Create container ${input.vmid} ${input.name}`,
    call: containerCall(input),
    explain: 'Unpacks the template into a new disk and makes the configuration.',
    timeoutSeconds: 1800,
    consequences: [
      info(
        `${input.disk} GiB on ${input.storage}, ${input.memory} MiB of memory, ${input.cores} processors.`,
      ),
      ...(input.unprivileged ? [] : [warning('Privileged: who breaks out of it is root on the node.')]),
      ...(input.keyctl === true ? [warning(keyctlCost)] : []),
      ...(input.sshKey === null
        ? [info('It has neither a password nor a key: only the console gets in.')]
        : []),
    ],
    blockers: [
      ...blockersOf(containerPlace(input), input, found),
      ...containerFeatureBlockers(input, found.login),
    ],
    undo: `Delete guest ${input.vmid}.`,
    restsOn: restsOn(found),
  }),
  judge: judgeNew,
});

export const createActions = {
  'pve.guest.createMachine': createMachine,
  'pve.guest.createContainer': createContainer,
} as const;
