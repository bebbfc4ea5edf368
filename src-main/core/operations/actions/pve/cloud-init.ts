import { z } from 'zod';
import type { Guest } from '../../../../../src-preload/contract/clusters';
import type { Consequence, Verification } from '../../../../../src-preload/contract/operations';
import { comingValue, isPending, type PendingRows } from '../../../proxmox/guest-config';
import type { ApiParameters } from '../../../proxmox/client/parameters';
import { changeCall } from '../../../proxmox/requests';
import type { OfferDraft } from '../../action';
import { pickField, textField } from '../fields';
import { plural } from '../words';
import { has, keysOf, readSettings, settingsForComparison, type GuestSettings } from './guest-settings';
import { guestBlockers, guestInput, nodeNameSchema, targetOf, vmidSchema } from './guest-reads';
import { bindChange, confirmed, info, notThere, pendingStill, warning } from './single-change';
import { explainWrite, snapshotFirstField, snapshotFirstShape, undoWith } from './snapshot-first';

/** Cards that cloud-init sets up here. */
const cards = [0, 1, 2, 3, 4, 5, 6, 7] as const;
type CardKey = `ipconfig${(typeof cards)[number]}`;
const cardKeys = cards.map((card): CardKey => `ipconfig${card}`);

const secretKeys = ['cipassword', 'sshkeys', ...cardKeys] as const;
type SecretKey = (typeof secretKeys)[number];
const plainKeys = ['ciuser', 'nameserver', 'searchdomain'] as const;

const words: Readonly<Record<string, string>> = {
  ciuser: 'User',
  cipassword: 'Password',
  sshkeys: 'SSH keys',
  nameserver: 'DNS servers',
  searchdomain: 'DNS search domain',
};
const wordOf = (key: string): string => words[key] ?? `Address of net${key.replace('ipconfig', '')}`;

const address = '(?:\\d{1,3}\\.){3}\\d{1,3}';
const address6 = '[0-9A-Fa-f:]{2,39}';
/** As `pve-qm-ipconfig` (PVE/QemuServer.pm): `ip=dhcp`, `ip=192.0.2.30/24,gw=192.0.2.1,ip6=auto`. */
const ipConfigSchema = z
  .string()
  .max(200)
  .regex(
    new RegExp(
      `^(?:ip=(?:dhcp|${address}/\\d{1,2})|gw=${address}|ip6=(?:auto|dhcp|${address6}/\\d{1,3})|gw6=${address6})(?:,(?:ip=(?:dhcp|${address}/\\d{1,2})|gw=${address}|ip6=(?:auto|dhcp|${address6}/\\d{1,3})|gw6=${address6}))*$`,
    ),
    'must look like ip=dhcp or ip=192.0.2.30/24,gw=192.0.2.1',
  );
const serversSchema = z
  .string()
  .max(200)
  .regex(new RegExp(`^(?:${address}|${address6})(?:[ ,]+(?:${address}|${address6}))*$`), 'must be addresses');
const sshKeysSchema = z
  .string()
  .max(16_384)
  .refine(
    (text) =>
      text
        .trim()
        .split('\n')
        .every((line) =>
          /^(?:#.*|(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: .*)?)?$/.test(line.trim()),
        ),
    'must be public keys, one a line',
  );
const cardShape = Object.fromEntries(
  cardKeys.map((key) => [key, ipConfigSchema.nullable().optional()]),
) as Record<CardKey, z.ZodOptional<z.ZodNullable<typeof ipConfigSchema>>>;

const input = z.strictObject({
  type: z.literal('qemu'),
  node: nodeNameSchema,
  vmid: vmidSchema,
  /** null: none. */
  ciuser: z
    .string()
    .max(64)
    .regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, 'must be the name of a user')
    .nullable(),
  nameserver: serversSchema.nullable(),
  searchdomain: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9.\- ]+$/, 'must be a domain')
    .nullable(),
  /** Of these null means: as it is. */
  cipassword: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[^\0\r\n]*$/, 'must be one line')
    .nullable(),
  sshkeys: sshKeysSchema.nullable(),
  ...cardShape,
  /** What of them is taken away. */
  remove: z.array(z.enum(secretKeys)).max(secretKeys.length),
  ...snapshotFirstShape,
});
type Input = z.infer<typeof input>;

/** As the configuration holds it. Keys are kept URL-encoded there (PVE/QemuServer/Cloudinit.pm). */
function stored(key: SecretKey, given: string): string {
  return key === 'sshkeys' ? encodeURIComponent(`${given.trim()}\n`) : given;
}

interface Change {
  key: string;
  /** null: it goes. */
  value: string | null;
}

function changesOf(given: Input, rows: PendingRows): Change[] {
  const plain = plainKeys.flatMap((key): Change[] => {
    const value = given[key];
    return value === comingValue(rows, key) ? [] : [{ key, value }];
  });
  const secret = secretKeys.flatMap((key): Change[] => {
    if (given.remove.includes(key)) return comingValue(rows, key) === null ? [] : [{ key, value: null }];
    const value = given[key] ?? null;
    return value === null ? [] : [{ key, value: stored(key, value) }];
  });
  return [...plain, ...secret];
}

const isSecret = (key: string): boolean => (secretKeys as readonly string[]).includes(key);

function parametersOf(changes: readonly Change[], digest: string | null): ApiParameters {
  const gone = changes.filter(({ value }) => value === null).map(({ key }) => key);
  return {
    ...Object.fromEntries(changes.flatMap(({ key, value }) => (value === null ? [] : [[key, value]]))),
    ...(gone.length === 0 ? {} : { delete: gone.join(',') }),
    ...(digest === null ? {} : { digest }),
  };
}

const shown = (value: string | null): string => value ?? '(none)';

/** SECURITY: of secrets only that they change, never from what or to what. */
function itemsOf(changes: readonly Change[], rows: PendingRows): Consequence['items'] {
  return changes.map(({ key, value }) => ({
    name: isSecret(key)
      ? `${wordOf(key)}: ${value === null ? 'taken away' : comingValue(rows, key) === null ? 'set' : 'replaced'}`
      : `${wordOf(key)}: ${shown(comingValue(rows, key))} → ${shown(value)}`,
    sizeBytes: null,
  }));
}

const settings = bindChange<Input, GuestSettings>({
  id: 'pve.guest.cloudInitSettings',
  title: 'Change cloud-init of guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  secrets: [...secretKeys],
  input,
  // Its form needs the configuration, which no list tells: see cloudInitOffer.
  offer: () => null,
  look: (context, given) => readSettings(context, given, ['sshkeys', ...cardKeys]),
  draft: (given, found) => {
    const { node, vmid } = given;
    const changes = found.status === null ? [] : changesOf(given, found.rows);
    const plainBefore = changes
      .filter(({ key }) => !isSecret(key))
      .map(({ key }) => `${key}=${shown(comingValue(found.rows, key))}`);
    return {
      target: targetOf(given, found.status),
      before: found.first?.steps,
      title: `Change ${plural(changes.length, 'setting')} of cloud-init of ${vmid}`,
      call: changeCall(
        'PUT /nodes/{node}/qemu/{vmid}/config',
        { node, vmid },
        parametersOf(changes, found.digest),
      ),
      explain: explainWrite(found.digest),
      consequences: [
        info(
          `${plural(changes.length, 'setting changes', 'settings change')}:`,
          itemsOf(changes, found.rows),
        ),
        warning(
          'The machine sees it when its cloud-init drive is written anew: at its next start, or by “Write cloud-init drive anew”. Many systems take a password and keys over only once.',
        ),
        ...(found.first?.consequences ?? []),
      ],
      blockers: [
        ...guestBlockers(given, found.status),
        ...(found.first?.blockers ?? []),
        ...(found.status !== null && changes.length === 0
          ? [{ text: 'Nothing is different from what is there.', remedy: 'Change something in the form.' }]
          : []),
      ],
      undo: undoWith(
        found.first,
        plainBefore.length === changes.length
          ? `Set back: ${plainBefore.join(', ')}`
          : 'Set the former values again; those that are secret are known to nobody here.',
      ),
      restsOn: settingsForComparison(found),
    };
  },
  judge: (given, { rows }): Verification => {
    const left = changesOf(given, rows)
      // A password is shown as stars, so only that there is one can be seen.
      .filter(({ key, value }) => {
        const now = comingValue(rows, key);
        if (key === 'cipassword' && value !== null) return now === null;
        return value === null ? now !== null : !isSame(key, value, now);
      })
      .map(({ key }) => wordOf(key));
    if (left.length > 0) return notThere(`Not as wanted: ${left.join(', ')}.`);
    const waiting = [...plainKeys, ...secretKeys].filter((key) => isPending(rows, key)).map(wordOf);
    return waiting.length === 0
      ? confirmed('Cloud-init is set as wanted.')
      : pendingStill(`${waiting.join(', ')} waits for the next start, or for the drive to be written anew.`);
  },
});

/** Proxmox VE writes the key list in its own encoding. */
function isSame(key: string, wanted: string, now: string | null): boolean {
  if (now === null) return false;
  if (key !== 'sshkeys') return wanted === now;
  try {
    return decodeURIComponent(wanted).trim() === decodeURIComponent(now).trim();
  } catch (thrown) {
    if (thrown instanceof URIError) return false;
    throw thrown;
  }
}

/** Whether a configuration has a drive that cloud-init is written to. */
export function hasCloudInitDrive(rows: PendingRows): boolean {
  return rows.some(({ key }) =>
    /(?:^|[:/])(?:vm-\d+-)?cloudinit(?:[.,]|$)/.test(comingValue(rows, key) ?? ''),
  );
}

/** The form for cloud-init. SECURITY: what is secret of it starts empty, and stays as it is when it is left so. */
export function cloudInitOffer(guest: Guest, rows: PendingRows): OfferDraft | null {
  if (guest.type !== 'qemu' || !hasCloudInitDrive(rows)) return null;
  const now = (key: string): string => comingValue(rows, key) ?? '';
  const asIs = 'Left empty: as it is.';
  const held = secretKeys.filter((key) => has({ rows }, key));
  const networks = new Set(keysOf(rows, /^net\d+$/).map((key) => key.replace('net', 'ipconfig')));
  return {
    label: 'Cloud-init…',
    group: 'change',
    excuse: guest.status === 'unknown' ? `Node ${guest.node} is down.` : null,
    input: guestInput(guest) as unknown as OfferDraft['input'],
    fields: [
      textField('ciuser', 'User', now('ciuser'), { required: false, maxLength: 64 }),
      textField('cipassword', 'Password', '', { required: false, maxLength: 1024, hidden: true, help: asIs }),
      textField('nameserver', 'DNS servers', now('nameserver'), { required: false, maxLength: 120 }),
      textField('searchdomain', 'DNS search domain', now('searchdomain'), {
        required: false,
        maxLength: 120,
      }),
      textField('sshkeys', 'SSH keys', '', {
        required: false,
        maxLength: 16_384,
        lines: 3,
        placeholder: 'ssh-ed25519 AAAA… me@laptop',
        help: `One a line, in the place of those that are there. ${asIs}`,
      }),
      ...cardKeys
        .filter((key) => networks.has(key) || held.includes(key))
        .map((key) =>
          textField(key, wordOf(key), '', {
            required: false,
            maxLength: 200,
            placeholder: 'ip=192.0.2.40/24,gw=192.0.2.1',
            help: `ip=dhcp for an address by DHCP. ${asIs}`,
          }),
        ),
      pickField(
        'remove',
        'Take away',
        held.map((key) => ({ value: key, label: wordOf(key), hint: null, excuse: null, sizeBytes: null })),
        { min: 0 },
      ),
      snapshotFirstField(),
    ],
  };
}

export const cloudInitActions = { 'pve.guest.cloudInitSettings': settings } as const;
