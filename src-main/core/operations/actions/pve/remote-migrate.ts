import { z } from 'zod';
import { hostIdSchema } from '../../../../../src-preload/contract/primitives';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { toAppError } from '../../../errors/app-error';
import { apiPath } from '../../../proxmox/client/path';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { looseFlag } from '../../../proxmox/loose';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext, OtherCluster } from '../../action';
import { choiceField, numberField, switchField, textField } from '../fields';
import { noConfig, readConfig, type GuestConfig } from './guest-drives';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  readGuest,
  targetOf,
  vmidSchema,
} from './guest-reads';
import { storageNameSchema } from './names';
import { bindChange, info, loss, warning, type SingleChange } from './single-change';

/** F86, F87: the other cluster is one of the list, known by its id; never an address that the page names. */
const input = z.strictObject({
  ...guestInputShape,
  cluster: hostIdSchema,
  newid: vmidSchema,
  storage: storageNameSchema,
  bridge: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/, 'must be the name of a bridge'),
  deleteSource: z.boolean(),
});
type Input = z.infer<typeof input>;

interface Found {
  status: GuestStatus | null;
  config: GuestConfig;
  there: OtherCluster | null;
  /** What is wrong with the other cluster, or stands in the way there. */
  obstacles: Blocker[];
  /** Where the new guest is there by now; null: nowhere. */
  arrived: string | null;
}

const resourcesSchema = z.array(
  z.object({
    type: z.string(),
    node: z.string().optional(),
    vmid: z.union([z.number(), z.string()]).transform(Number).optional(),
    storage: z.string().optional(),
    content: z.string().optional(),
    status: z.string().optional(),
    lock: z.string().optional(),
    template: looseFlag.optional(),
  }),
);
const nextIdSchema = z.union([z.string(), z.number()]);

async function lookThere(
  there: OtherCluster,
  { type, newid, storage }: Input,
): Promise<Pick<Found, 'obstacles' | 'arrived'>> {
  const obstacles: Blocker[] = [];
  const content = type === 'qemu' ? 'images' : 'rootdir';
  const resources = await there.get(
    'list what the other cluster has',
    apiPath('/cluster/resources'),
    resourcesSchema,
  );
  const arrived = resources.find(({ vmid, lock }) => vmid === newid && (lock ?? '') === '')?.node ?? null;
  if (
    !resources.some((each) => each.storage === storage && (each.content ?? '').split(',').includes(content))
  ) {
    obstacles.push({
      text: `${there.name} has no storage ${storage} that holds disks of such guests.`,
      remedy: 'Choose another storage there.',
    });
  }
  try {
    await there.get('ask whether the id is free', apiPath('/cluster/nextid'), nextIdSchema, { vmid: newid });
  } catch (thrown) {
    if (toAppError(thrown).code !== 'api-failed') throw thrown;
    obstacles.push({ text: `The id ${newid} is taken on ${there.name}.`, remedy: 'Choose another one.' });
  }
  return { obstacles, arrived };
}

async function look(context: ApiContext, given: Input): Promise<Found> {
  const status = await readGuest(context, given);
  const config = status === null ? noConfig : await readConfig(context, given);
  try {
    const there = await context.otherCluster(given.cluster);
    return { status, config, there, ...(await lookThere(there, given)) };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'internal') throw error;
    return {
      status,
      config,
      there: null,
      arrived: null,
      obstacles: [
        {
          text: `The other cluster cannot take it: ${error.message}`,
          remedy: error.remedy ?? 'Both clusters have to answer. Connect the other one first.',
        },
      ],
    };
  }
}

function callOf(given: Input, { status, there }: Found) {
  const { type, node, vmid, newid, storage, bridge, deleteSource } = given;
  const running = status?.status === 'running';
  return changeCall(
    `POST /nodes/{node}/${type}/{vmid}/remote_migrate`,
    { node, vmid },
    {
      'target-endpoint': there?.endpoint ?? '',
      'target-vmid': newid,
      'target-storage': storage,
      'target-bridge': bridge,
      ...(running ? (type === 'qemu' ? { online: true } : { restart: true }) : {}),
      ...(deleteSource ? { delete: true } : {}),
    },
    // SECURITY: the token of the other cluster goes to the node and is shown, recorded and logged nowhere.
    {
      hidden: {
        'target-endpoint':
          there === null ? '(not known)' : `(${there.address}, token ${there.tokenId}, secret not shown)`,
      },
    },
  );
}

const remoteMigrate: SingleChange<Input, Found> = {
  id: 'pve.guest.remoteMigrate',
  title: 'Migrate guest to another cluster',
  backend: null,
  minimumAccess: 'administer',
  risk: 'catastrophic',
  input,
  offer: (subject, { inventory, others }) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    if (others.length === 0) return null;
    return {
      label: 'Migrate to another cluster…',
      group: 'change',
      excuse:
        guest.status === 'unknown'
          ? `Node ${guest.node} is down.`
          : guest.template
            ? 'It is a template.'
            : inventory.version?.startsWith('7.') === true
              ? 'Proxmox VE 7 has no such migration.'
              : null,
      input: { ...guestInput(guest) },
      fields: [
        choiceField(
          'cluster',
          'To cluster',
          others.map(({ id, name }) => ({ value: id, label: name })),
        ),
        numberField('newid', 'Id there', guest.vmid, { min: 100, max: 999_999_999 }),
        textField('storage', 'Storage there', '', { maxLength: 63, placeholder: 'local-zfs' }),
        textField('bridge', 'Bridge there', 'vmbr0', { maxLength: 15 }),
        switchField(
          'deleteSource',
          'Delete it here once it is there',
          false,
          'Without this it stays here, stopped.',
        ),
      ],
    };
  },
  look,
  draft: (given, found) => {
    const { node, vmid, newid, deleteSource } = given;
    const name = found.there?.name ?? 'the other cluster';
    const running = found.status?.status === 'running';
    const items = found.config.drives.map(({ key, volume, sizeBytes }) => ({
      name: `${key}: ${volume}`,
      sizeBytes,
    }));
    return {
      target: targetOf(given, found.status),
      title: `Migrate ${vmid} to ${name} as ${newid}`,
      call: callOf(given, found),
      explain: `Copies the guest from ${node} to the other cluster, whose node it logs in to with the token that Holdfast has for that.`,
      timeoutSeconds: 12 * 3600,
      consequences: [
        ...(deleteSource
          ? [loss('Once it is there, the guest with its disks and snapshots is deleted here:', items)]
          : [info('It stays here, stopped. Its disks are copied:', items)]),
        warning(
          `The node has to reach ${found.there?.address ?? 'the other cluster'} by that address, as this laptop does.`,
        ),
        warning(
          `The secret of the token ${found.there?.tokenId ?? ''} of ${name} is sent to ${node}, whose root could read it.`,
        ),
        ...(running
          ? [
              warning(
                given.type === 'lxc'
                  ? 'A running container cannot move: it is shut down, copied and started there.'
                  : 'It moves while it runs; for a moment at the end it stands still. Here it is stopped then.',
              ),
            ]
          : []),
        info('Its snapshots, its backups, jobs and high availability do not come along.'),
      ],
      blockers: [...guestBlockers(given, found.status), ...found.obstacles],
      undo: deleteSource
        ? `Migrate it back from ${name}.`
        : `Delete guest ${newid} on ${name}, and start it here.`,
      restsOn: {
        guest: guestForComparison(found.status),
        identity: found.config.identity,
        drives: found.config.drives.map(({ volume, sizeBytes }) => [volume, sizeBytes]),
        endpoint: found.there?.address ?? null,
        // The call shows neither: it holds the secret of the token.
        token: found.there?.tokenId ?? null,
        certificate: /,fingerprint=([^,]+)/.exec(found.there?.endpoint ?? '')?.[1] ?? null,
      },
    };
  },
  judge: ({ vmid, newid, deleteSource }, { arrived, status, there }) => {
    if (there === null) return { status: 'unreadable', text: 'The other cluster could not be read again.' };
    if (arrived === null)
      return { status: 'not-there', text: `There is no guest ${newid} on ${there.name}.` };
    return deleteSource && status !== null
      ? { status: 'pending', text: `Guest ${newid} is on ${there.name}, and ${vmid} is still here.` }
      : { status: 'confirmed', text: `Guest ${newid} is on ${there.name}, node ${arrived}.` };
  },
};

export const remoteMigrateActions = { 'pve.guest.remoteMigrate': bindChange(remoteMigrate) } as const;
