import { z } from 'zod';
import type { Guest } from '../../../../../src-preload/contract/clusters';
import type { Field } from '../../../../../src-preload/contract/offers';
import {
  comingValue,
  isPending,
  pendingPath,
  pendingRowsSchema,
  type PendingRows,
} from '../../../proxmox/guest-config';
import type { ApiParameters } from '../../../proxmox/client/parameters';
import { apiPath } from '../../../proxmox/client/path';
import { changeCall } from '../../../proxmox/requests';
import type { ApiActionDefinition, ApiContext, OfferDraft } from '../../action';
import { bindApiAction } from '../../bound-action';
import { numberField, switchField, textField } from '../fields';
import { plural } from '../words';
import { explainGuestFailure } from './failures';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  readGuest,
  targetOf,
  type GuestInput,
} from './guest-reads';
import { guestNameSchema } from './lifecycle';
import {
  explainWrite,
  lookSnapshotFirst,
  snapshotFirstField,
  snapshotFirstShape,
  undoWith,
} from './snapshot-first';

const tagSchema = /^[a-zA-Z0-9_][a-zA-Z0-9_.+-]*$/;

/** F96: what may be changed here, and within which bounds. Memory in MiB. */
const input = z.strictObject({
  ...guestInputShape,
  name: guestNameSchema,
  cores: z.int().min(1).max(512),
  memory: z.int().min(16).max(16_777_216),
  /** Separated by semicolons, commas or spaces; null: none. */
  tags: z
    .string()
    .max(255)
    .refine((text) => tagsOf(text).every((tag) => tagSchema.test(tag)), 'holds a tag that is none')
    .nullable(),
  description: z.string().max(8192).nullable(),
  onboot: z.boolean(),
  protection: z.boolean(),
  /** Of a virtual machine: MiB that it may be made to give back to; 0: no ballooning; null: all of its memory. */
  balloon: z
    .string()
    .regex(/^\d{1,8}$/, 'must be a number of MiB')
    .nullable()
    .optional(),
  ...snapshotFirstShape,
});
type Input = z.infer<typeof input>;

function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[;,\s]+/).filter((tag) => tag !== ''))].sort();
}

interface Setting {
  key: string;
  label: string;
  /** As Proxmox VE holds it; null: the key is not there. */
  wanted: string | null;
  now: string | null;
}

const nameKey = ({ type }: GuestInput): 'name' | 'hostname' => (type === 'qemu' ? 'name' : 'hostname');

/** What holds from the next start on, in one form whatever way it was written. */
function nowOf(rows: PendingRows, key: string): string | null {
  const value = comingValue(rows, key);
  switch (key) {
    case 'cores':
      return value ?? '1';
    case 'memory':
      return (value ?? '512').replace(/^current=/, '').replace(/,.*$/, '');
    case 'onboot':
    case 'protection':
      return value === '1' ? '1' : '0';
    case 'tags':
      return value === null || value === '' ? null : tagsOf(value).join(';');
    case 'description':
      return value === null || value.trimEnd() === '' ? null : value.trimEnd();
    default:
      return value;
  }
}

function settingsOf(given: Input, rows: PendingRows): Setting[] {
  const tags = given.tags === null ? [] : tagsOf(given.tags);
  const wanted: readonly (readonly [string, string, string | null])[] = [
    [nameKey(given), given.type === 'qemu' ? 'Name' : 'Host name', given.name],
    ['cores', 'Cores', String(given.cores)],
    ['memory', 'Memory (MiB)', String(given.memory)],
    ['tags', 'Tags', tags.length === 0 ? null : tags.join(';')],
    ['description', 'Notes', given.description === null ? null : given.description.trimEnd()],
    ['onboot', 'Start at boot', given.onboot ? '1' : '0'],
    ['protection', 'Protected against deletion', given.protection ? '1' : '0'],
    ...(given.type === 'lxc' || given.balloon === undefined
      ? []
      : [['balloon', 'Least memory (MiB)', given.balloon] as const]),
  ];
  return wanted.map(([key, label, value]) => ({ key, label, wanted: value, now: nowOf(rows, key) }));
}

const changed = (settings: readonly Setting[]): Setting[] =>
  settings.filter(({ wanted, now }) => wanted !== now);

function parametersOf(changes: readonly Setting[], digest: string | null): ApiParameters {
  const gone = changes.filter(({ wanted }) => wanted === null).map(({ key }) => key);
  return {
    ...Object.fromEntries(changes.flatMap(({ key, wanted }) => (wanted === null ? [] : [[key, wanted]]))),
    ...(gone.length === 0 ? {} : { delete: gone.join(',') }),
    ...(digest === null ? {} : { digest }),
  };
}

const digestSchema = z.object({ digest: z.string().optional() });

async function readDigest(context: ApiContext, { type, node, vmid }: GuestInput): Promise<string | null> {
  const { digest } = await context.get(
    'read the configuration of the guest',
    apiPath(`/nodes/{node}/${type}/{vmid}/config`, { node, vmid }),
    digestSchema,
  );
  return digest ?? null;
}

function readRows(context: ApiContext, { type, node, vmid }: GuestInput): Promise<PendingRows> {
  return context.get('read the configuration of the guest', pendingPath(type, node, vmid), pendingRowsSchema);
}

const shown = (value: string | null): string => (value === null ? '(none)' : value);

const configure: ApiActionDefinition<Input> = {
  id: 'pve.guest.configure',
  title: 'Change guest',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  // Its form needs the configuration, which no list tells: see editOffer.
  offer: () => null,
  async plan(context, given) {
    const { type, node, vmid } = given;
    const status = await readGuest(context, given);
    const blockers = guestBlockers(given, status);
    if (status === null) {
      return {
        risk: 'safe',
        target: targetOf(given, status),
        steps: [],
        consequences: [],
        blockers,
        undo: null,
        preconditions: { guest: guestForComparison(status) },
      };
    }
    const [rows, digest, first] = await Promise.all([
      readRows(context, given),
      readDigest(context, given),
      lookSnapshotFirst(context, given),
    ]);
    // A snapshot is written into the configuration, so its digest is another one after it.
    const sent = first === null ? digest : null;
    blockers.push(...(first?.blockers ?? []));
    if (given.type === 'qemu' && Number(given.balloon ?? 0) > given.memory) {
      blockers.push({
        text: `Its least memory, ${given.balloon} MiB, is more than its memory of ${given.memory} MiB.`,
        remedy: 'Choose less, or leave it empty.',
      });
    }
    const changes = changed(settingsOf(given, rows));
    if (changes.length === 0) {
      blockers.push({
        text: 'Nothing is different from what is there.',
        remedy: 'Change something in the form.',
      });
    }
    const before = changes.map(({ key, now }) => `${key}=${shown(now)}`).join(', ');
    return {
      risk: 'safe',
      target: targetOf(given, status),
      steps:
        changes.length === 0
          ? []
          : [
              ...(first?.steps ?? []),
              {
                title: `Change ${plural(changes.length, 'setting')} of ${vmid}`,
                call: changeCall(
                  `PUT /nodes/{node}/${type}/{vmid}/config`,
                  { node, vmid },
                  parametersOf(changes, sent),
                ),
                explain: explainWrite(sent),
                timeoutSeconds: 60,
              },
            ],
      consequences: [
        {
          severity: 'info',
          text: `${plural(changes.length, 'setting changes', 'settings change')}:`,
          items: changes.map(({ label, now, wanted }) => ({
            name: `${label}: ${shown(now)} → ${shown(wanted)}`,
            sizeBytes: null,
          })),
        },
        ...(status.status === 'running' && changes.some(({ key }) => key === 'cores' || key === 'memory')
          ? [
              {
                severity: 'warning' as const,
                text: 'It runs: what cannot be changed meanwhile waits for its next start.',
                items: [],
              },
            ]
          : []),
        ...(first?.consequences ?? []),
      ],
      blockers,
      undo: changes.length === 0 ? null : undoWith(first, `Set back: ${before}`),
      preconditions: { guest: guestForComparison(status), digest },
    };
  },
  async verify(context, given) {
    const rows = await readRows(context, given);
    const left = changed(settingsOf(given, rows));
    if (left.length > 0) {
      return { status: 'not-there', text: `Not as wanted: ${left.map(({ label }) => label).join(', ')}.` };
    }
    const waiting = settingsOf(given, rows).filter(({ key }) => isPending(rows, key));
    return waiting.length === 0
      ? { status: 'confirmed', text: 'The guest is set as wanted.' }
      : {
          status: 'pending',
          text: `${waiting.map(({ label }) => label).join(', ')} waits for the next start.`,
        };
  },
  explainFailure: explainGuestFailure,
};

/** The form for what may be changed of a guest, filled with what holds from its next start on. */
export function editOffer(guest: Guest, rows: PendingRows): OfferDraft {
  const own = guestInput(guest);
  const now = (key: string): string => nowOf(rows, key) ?? '';
  const notes = now('description');
  // A field of one line would run them together: notes of several lines stay as they are.
  const severalLines = notes.includes('\n');
  const fields: Field[] = [
    textField('name', guest.type === 'qemu' ? 'Name' : 'Host name', now(nameKey(own)), { maxLength: 63 }),
    numberField('cores', 'Cores', Number(now('cores')), { min: 1, max: 512 }),
    numberField('memory', 'Memory (MiB)', Number(now('memory')), { min: 16, max: 16_777_216 }),
    ...(guest.type === 'qemu'
      ? [
          textField('balloon', 'Least memory (MiB)', now('balloon'), {
            maxLength: 8,
            required: false,
            help: 'What its node may make it give back to. Left empty: all of its memory; 0: no ballooning.',
          }),
        ]
      : []),
    textField('tags', 'Tags', now('tags').replaceAll(';', ' '), { maxLength: 255, required: false }),
    ...(severalLines ? [] : [textField('description', 'Notes', notes, { maxLength: 8192, required: false })]),
    switchField('onboot', 'Start at boot', now('onboot') === '1'),
    switchField('protection', 'Protect against deletion', now('protection') === '1'),
    snapshotFirstField(),
  ];
  const kept: OfferDraft['input'] = severalLines ? { description: notes } : {};
  return { label: 'Change…', group: 'change', excuse: null, input: { ...own, ...kept }, fields };
}

export const configureActions = { 'pve.guest.configure': bindApiAction(configure) } as const;
