import { z } from 'zod';
import type { ClusterLogin, Guest } from '../../../../../src-preload/contract/clusters';
import { comingValue, currentValue, isPending, type PendingRows } from '../../../proxmox/guest-config';
import { changeCall } from '../../../proxmox/requests';
import type { OfferDraft } from '../../action';
import { numberField, switchField, textField } from '../fields';
import { plural } from '../words';
import { featureBlockers, featuresWith, hasFeature, keyctlCost, keyctlHelp } from './container-features';
import { guestBlockers, guestInput, guestInputShape, targetOf, type GuestInput } from './guest-reads';
import {
  joined,
  keysOf,
  partOf,
  partsOf,
  readSettings,
  settingsForComparison,
  withPart,
  type GuestSettings,
  type Parts,
} from './guest-settings';
import {
  bindChange,
  confirmed,
  info,
  notThere,
  pendingStill,
  warning,
  type ChangeDraft,
} from './single-change';
import { snapshotFirstField, snapshotFirstShape, undoWith } from './snapshot-first';

const macPattern = /^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/;

/** Options of a guest that are rewritten in part: what they are from the next start on, by key; null: not there. */
type Wanted = Readonly<Record<string, string | null>>;

function draftOf(
  input: GuestInput,
  found: GuestSettings,
  wanted: Wanted,
  more: Pick<ChangeDraft, 'title' | 'explain'> & Partial<Pick<ChangeDraft, 'consequences' | 'blockers'>>,
): ChangeDraft {
  const { type, node, vmid } = input;
  const changes = Object.entries(wanted).filter(([key, value]) => comingValue(found.rows, key) !== value);
  const gone = changes.flatMap(([key, value]) => (value === null ? [key] : []));
  return {
    target: targetOf(input, found.status),
    before: found.first?.steps,
    title: more.title,
    call: changeCall(
      `PUT /nodes/{node}/${type}/{vmid}/config`,
      { node, vmid },
      {
        ...Object.fromEntries(changes.flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
        ...(gone.length === 0 ? {} : { delete: gone.join(',') }),
        ...(found.digest === null ? {} : { digest: found.digest }),
      },
    ),
    explain: more.explain,
    timeoutSeconds: 60,
    consequences: [
      info(
        `${plural(changes.length, 'setting changes', 'settings change')}:`,
        changes.map(([key, value]) => ({
          name: `${key}: ${comingValue(found.rows, key) ?? '(none)'} → ${value ?? '(none)'}`,
          sizeBytes: null,
        })),
      ),
      ...(more.consequences ?? []),
      ...(found.first?.consequences ?? []),
    ],
    blockers: [
      ...guestBlockers(input, found.status),
      ...(more.blockers ?? []),
      ...(found.first?.blockers ?? []),
      ...(found.status !== null && changes.length === 0 && (more.blockers ?? []).length === 0
        ? [{ text: 'Nothing is different from what is there.', remedy: 'Change something in the form.' }]
        : []),
    ],
    undo: undoWith(
      found.first,
      `Set back: ${changes.map(([key]) => `${key} ${comingValue(found.rows, key) ?? '(none)'}`).join('; ')}`,
    ),
    restsOn: settingsForComparison(found),
  };
}

const waits = (rows: PendingRows, key: string) =>
  isPending(rows, key)
    ? pendingStill(`${key} is set, and takes effect at the next start.`)
    : confirmed(`${key} is set as wanted.`);

// Network card (H52)

const networkInput = z.strictObject({
  ...guestInputShape,
  card: z.string().regex(/^net(?:[0-9]|[12][0-9]|3[01])$/, 'must be a network card of the guest'),
  bridge: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/, 'must be the name of a bridge'),
  /** 0: none. */
  tag: z.int().min(0).max(4094),
  firewall: z.boolean(),
  ...snapshotFirstShape,
});
type NetworkInput = z.infer<typeof networkInput>;

function networkOf({ card, bridge, tag, firewall }: NetworkInput, rows: PendingRows): string | null {
  const now = comingValue(rows, card);
  if (now === null) return null;
  const linked = withPart(partsOf(now), 'bridge', bridge);
  const tagged = withPart(linked, 'tag', tag === 0 ? null : String(tag));
  const had = partOf(tagged, 'firewall');
  return joined(firewall === (had === '1') ? tagged : withPart(tagged, 'firewall', firewall ? '1' : '0'));
}

const noCard = (card: string) => [
  { text: `It has no network card ${card} (any more).`, remedy: 'Refresh the guest.' },
];

const network = bindChange<NetworkInput, GuestSettings>({
  id: 'pve.guest.network',
  title: 'Change network card of guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: networkInput,
  // See optionOffers.
  offer: () => null,
  look: readSettings,
  draft: (input, found) => {
    const value = networkOf(input, found.rows);
    return draftOf(input, found, value === null ? {} : { [input.card]: value }, {
      title: `Change ${input.card} of ${input.vmid}`,
      explain: 'Writes the card with its own hardware address again, and with these three settings.',
      consequences:
        found.status?.status === 'running'
          ? [warning('It runs: its connections break when the card moves to another network.')]
          : [],
      blockers: found.status !== null && value === null ? noCard(input.card) : [],
    });
  },
  judge: (input, { rows }) =>
    networkOf(input, rows) === comingValue(rows, input.card)
      ? waits(rows, input.card)
      : notThere(`${input.card} is as it was.`),
});

// Mount point (H52)

const mountInput = z.strictObject({
  ...guestInputShape,
  type: z.literal('lxc'),
  mount: z.string().regex(/^mp(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/, 'must be a mount point'),
  backup: z.boolean(),
  ...snapshotFirstShape,
});
type MountInput = z.infer<typeof mountInput>;

function mountOf({ mount, backup }: MountInput, rows: PendingRows): string | null {
  const now = comingValue(rows, mount);
  if (now === null) return null;
  const parts = partsOf(now);
  return joined(
    backup === (partOf(parts, 'backup') === '1') ? parts : withPart(parts, 'backup', backup ? '1' : '0'),
  );
}

const mount = bindChange<MountInput, GuestSettings>({
  id: 'pve.guest.mountPoint',
  title: 'Change mount point of container',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: mountInput,
  offer: () => null,
  look: readSettings,
  draft: (input, found) => {
    const value = mountOf(input, found.rows);
    return draftOf(input, found, value === null ? {} : { [input.mount]: value }, {
      title: `${input.backup ? 'Back up' : 'Leave out of backups'}: ${input.mount} of ${input.vmid}`,
      explain: 'Writes the mount point again, with this setting.',
      consequences: [
        input.backup
          ? info(
              'Backups take it along from the next one on. Proxmox VE leaves mount points out unless they are told so.',
            )
          : warning('Backups leave it out from the next one on; a restore then brings it back empty.'),
      ],
      blockers:
        found.status !== null && value === null
          ? [{ text: `It has no mount point ${input.mount} (any more).`, remedy: 'Refresh the guest.' }]
          : [],
    });
  },
  judge: (input, { rows }) =>
    mountOf(input, rows) === comingValue(rows, input.mount)
      ? waits(rows, input.mount)
      : notThere(`${input.mount} is as it was.`),
});

// Features (H14)

const featuresInput = z.strictObject({
  ...guestInputShape,
  type: z.literal('lxc'),
  nesting: z.boolean(),
  keyctl: z.boolean(),
  ...snapshotFirstShape,
});
type FeaturesInput = z.infer<typeof featuresInput>;

const featuresOf = (input: FeaturesInput, rows: PendingRows): string | null =>
  featuresWith(comingValue(rows, 'features'), input);

const features = bindChange<FeaturesInput, GuestSettings & { login: ClusterLogin }>({
  id: 'pve.guest.features',
  title: 'Change features of container',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: featuresInput,
  offer: () => null,
  look: async (context, input) => ({ ...(await readSettings(context, input)), login: context.login }),
  draft: (input, found) => {
    const { node, vmid } = input;
    const coming = comingValue(found.rows, 'features');
    const wanted = featuresOf(input, found.rows);
    return draftOf(input, found, found.status === null ? {} : { features: wanted }, {
      title: `Change the features of ${vmid}`,
      explain: 'Writes the features again, with these two; all others stay as they are.',
      consequences: [
        ...(found.status?.status === 'running'
          ? [info('It runs: its features change at its next start.')]
          : []),
        ...(input.keyctl && !hasFeature(coming, 'keyctl') ? [warning(keyctlCost)] : []),
      ],
      blockers:
        wanted === coming
          ? []
          : featureBlockers(found.login, {
              node,
              vmid,
              unprivileged: comingValue(found.rows, 'unprivileged') === '1',
              before: currentValue(found.rows, 'features'),
              wanted,
            }),
    });
  },
  judge: (input, { rows }) => {
    if (featuresOf(input, rows) !== comingValue(rows, 'features')) {
      return notThere('Its features are as they were.');
    }
    return isPending(rows, 'features')
      ? pendingStill('Its features are set, and take effect at the next start.')
      : confirmed('Its features are set as wanted.');
  },
});

// Identity (H35)

const identityInput = z.strictObject({
  ...guestInputShape,
  name: z
    .string()
    .max(63)
    .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/, 'must be a DNS name'),
});
type IdentityInput = z.infer<typeof identityInput>;

/** The same card with no hardware address: Proxmox VE draws a new one. A container asks for its address by DHCP. */
function renewed(type: GuestInput['type'], value: string): string {
  const parts = partsOf(value);
  if (type === 'qemu') {
    return joined(
      parts.map(([key, part]): Parts[number] => (macPattern.test(part) ? [key, ''] : [key, part])),
    );
  }
  const gone = ['hwaddr', 'ip', 'gw', 'ip6', 'gw6', 'type'];
  return joined([...parts.filter(([key]) => !gone.includes(key)), ['ip', 'dhcp']]);
}

const macOf = (value: string): string | null =>
  partsOf(value)
    .map(([, part]) => part)
    .find((part) => macPattern.test(part)) ?? null;

const nameKey = ({ type }: GuestInput): 'name' | 'hostname' => (type === 'qemu' ? 'name' : 'hostname');

function identityOf(input: IdentityInput, rows: PendingRows): Wanted {
  const cards = keysOf(rows, /^net\d+$/).map((key): [string, string] => [
    key,
    renewed(input.type, comingValue(rows, key) ?? ''),
  ]);
  return { ...Object.fromEntries(cards), [nameKey(input)]: input.name };
}

const macsOf = (rows: PendingRows): string[] =>
  keysOf(rows, /^net\d+$/).flatMap((key) => macOf(comingValue(rows, key) ?? '') ?? []);

const identity = bindChange<IdentityInput, GuestSettings>({
  id: 'pve.guest.identity',
  title: 'Give guest an identity of its own',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input: identityInput,
  offer: () => null,
  look: readSettings,
  draft: (input, found) => {
    const cards = keysOf(found.rows, /^net\d+$/);
    const draft = draftOf(input, found, identityOf(input, found.rows), {
      title: `Give ${input.vmid} new addresses and the name ${input.name}`,
      explain: 'Without a hardware address Proxmox VE draws a new one for each card.',
      consequences: [
        warning(
          'Whatever knows it by its old addresses finds it no more: leases, firewalls, licences. Do it before a restored guest is started beside its original.',
        ),
      ],
      blockers: [
        ...(found.status?.status === 'running'
          ? [{ text: 'It runs.', remedy: 'Shut it down first: its addresses are in use.' }]
          : []),
        ...(found.status !== null && cards.length === 0
          ? [{ text: 'It has no network card.', remedy: 'There is nothing to renew.' }]
          : []),
      ],
    });
    return { ...draft, restsOn: { ...draft.restsOn, macs: macsOf(found.rows) } };
  },
  judge: (input, { rows }, before) => {
    const was = new Set(z.array(z.string()).catch([]).parse(before['macs']));
    const kept = macsOf(rows).filter((mac) => was.has(mac));
    if (comingValue(rows, nameKey(input)) !== input.name) return notThere('Its name is as it was.');
    return kept.length === 0
      ? confirmed(`It has new addresses: ${macsOf(rows).join(', ')}.`)
      : notThere(`It still has ${kept.join(', ')}.`);
  },
});

interface OptionOffer {
  action: 'pve.guest.network' | 'pve.guest.mountPoint' | 'pve.guest.features' | 'pve.guest.identity';
  draft: OfferDraft;
}

/** What can be changed of the parts that this guest has. */
export function optionOffers(guest: Guest, rows: PendingRows): OptionOffer[] {
  const own = guestInput(guest);
  const down = guest.status === 'unknown' ? `Node ${guest.node} is down.` : null;
  const cards = keysOf(rows, /^net\d+$/);
  const networks = cards.map((card): OptionOffer => {
    const parts = partsOf(comingValue(rows, card) ?? '');
    return {
      action: 'pve.guest.network',
      draft: {
        label: `Network card ${card}…`,
        group: 'change',
        excuse: down,
        input: { ...own, card },
        fields: [
          textField('bridge', 'Bridge', partOf(parts, 'bridge') ?? '', { maxLength: 15 }),
          numberField('tag', 'VLAN', Number(partOf(parts, 'tag') ?? 0), {
            min: 0,
            max: 4094,
            help: '0: none.',
          }),
          switchField('firewall', 'Firewall of Proxmox VE', partOf(parts, 'firewall') === '1'),
          snapshotFirstField(),
        ],
      },
    };
  });
  const mounts = (guest.type === 'lxc' ? keysOf(rows, /^mp\d+$/) : []).map((key): OptionOffer => {
    const parts = partsOf(comingValue(rows, key) ?? '');
    return {
      action: 'pve.guest.mountPoint',
      draft: {
        label: `Mount point ${key}…`,
        group: 'change',
        excuse: down,
        input: { ...own, mount: key },
        fields: [
          switchField(
            'backup',
            'Backups take it along',
            partOf(parts, 'backup') === '1',
            `It is mounted on ${partOf(parts, 'mp') ?? 'a folder that is not told'}.`,
          ),
          snapshotFirstField(),
        ],
      },
    };
  });
  const coming = comingValue(rows, 'features');
  const ofContainer: OptionOffer[] =
    guest.type === 'qemu'
      ? []
      : [
          {
            action: 'pve.guest.features',
            draft: {
              label: 'Features…',
              group: 'change',
              excuse: down,
              input: { ...own },
              fields: [
                switchField(
                  'nesting',
                  'Nesting',
                  hasFeature(coming, 'nesting'),
                  'Newer systems with systemd need it.',
                ),
                switchField('keyctl', 'keyctl', hasFeature(coming, 'keyctl'), keyctlHelp),
                snapshotFirstField(),
              ],
            },
          },
        ];
  const identities: OptionOffer[] =
    cards.length === 0
      ? []
      : [
          {
            action: 'pve.guest.identity',
            draft: {
              label: 'New addresses and name…',
              group: 'change',
              excuse: down ?? (guest.status === 'stopped' ? null : 'It runs. Shut it down first.'),
              input: { ...own },
              fields: [
                textField(
                  'name',
                  guest.type === 'qemu' ? 'Name' : 'Host name',
                  comingValue(rows, nameKey(own)) ?? '',
                  {
                    maxLength: 63,
                  },
                ),
              ],
            },
          },
        ];
  return [...networks, ...mounts, ...ofContainer, ...identities];
}

export const optionActions = {
  'pve.guest.network': network,
  'pve.guest.mountPoint': mount,
  'pve.guest.features': features,
  'pve.guest.identity': identity,
} as const;
