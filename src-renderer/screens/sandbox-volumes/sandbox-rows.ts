import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import type { SubjectRef } from '../../../src-preload/contract/offers';
import type {
  Sandbox,
  SandboxDriverKind,
  SandboxDriverStatus,
  SandboxImage,
  SandboxSnapshot,
  SandboxTemplate,
  SandboxVolume,
} from '../../../src-preload/contract/sandbox';

/** One sandbox volume with its host, as the table draws it. */
export interface VolumeRow {
  key: string;
  host: Host;
  volume: SandboxVolume;
}

/** Anything else around sandbox volumes, in one shape for one table. */
export interface ThingRow {
  key: string;
  host: Host;
  name: string;
  driver: SandboxDriverKind;
  state: string | null;
  health: SandboxVolume['health'] | null;
  sizeBytes: number | null;
  actualBytes: number | null;
  createdAtMs: number | null;
  /** null: nothing can be done to it here. */
  subject: SubjectRef | null;
  facts: SandboxVolume['facts'];
  problems: SandboxVolume['problems'];
  /** Of a template: whose it is; null: not told, or of no team. */
  team: string | null;
}

export interface DriverRow {
  key: string;
  host: Host;
  status: SandboxDriverStatus;
}

export const driverWords: Record<SandboxDriverKind, string> = {
  microsandbox: 'microsandbox',
  'device-mapper': 'device-mapper',
};

const kindWords: Record<SandboxVolume['kind'], string> = {
  directory: 'directory',
  disk: 'disk',
  'dm-snapshot': 'snapshot device',
};

/** What an interrupted operation left behind is no volume, whatever it was to become. */
const leftoverWords = { device: 'device', loop: 'loop device', file: 'file' } as const;

export function kindOf({ id, kind, presence }: Pick<SandboxVolume, 'id' | 'kind' | 'presence'>): string {
  if (presence !== 'leftover') return kindWords[kind];
  const part = /^dm:(device|loop|file):/.exec(id)?.[1];
  return part === 'device' || part === 'loop' || part === 'file' ? leftoverWords[part] : kindWords[kind];
}

type Read = HostInventory | null;

export function volumeRows(host: Host, inventory: Read): VolumeRow[] {
  return (inventory?.sandbox?.volumes ?? []).map((volume) => ({
    key: `${host.id} ${volume.id}`,
    host,
    volume,
  }));
}

export function driverRows(host: Host, inventory: Read): DriverRow[] {
  return (inventory?.sandbox?.drivers ?? []).map((status) => ({
    key: `${host.id} ${status.driver}`,
    host,
    status,
  }));
}

type Common = Pick<Sandbox, 'id' | 'driver' | 'name' | 'createdAtMs' | 'facts'>;

function thing(host: Host, each: Common, rest: Partial<ThingRow>): ThingRow {
  const { id, driver, name, createdAtMs, facts } = each;
  return {
    key: `${host.id} ${id}`,
    ...{ host, name, driver, createdAtMs, facts },
    state: null,
    health: null,
    sizeBytes: null,
    actualBytes: null,
    subject: null,
    problems: [],
    team: null,
    ...rest,
  };
}

export function sandboxRows(host: Host, inventory: Read): ThingRow[] {
  return (inventory?.sandbox?.sandboxes ?? []).map((sandbox: Sandbox) =>
    thing(host, sandbox, {
      state: sandbox.state,
      subject: { kind: 'sandbox', sandboxId: sandbox.id },
      facts: [{ label: 'Image', text: sandbox.image ?? 'none' }, ...sandbox.facts],
    }),
  );
}

export function snapshotRows(host: Host, inventory: Read): ThingRow[] {
  return (inventory?.sandbox?.snapshots ?? []).map((snapshot: SandboxSnapshot) =>
    thing(host, snapshot, {
      state: snapshot.state,
      health: snapshot.health,
      sizeBytes: snapshot.sizeBytes,
      subject: { kind: 'sandbox-snapshot', snapshotId: snapshot.id },
    }),
  );
}

/** Images of sandboxes and the base images of device-mapper volumes. */
export function imageRows(host: Host, inventory: Read): ThingRow[] {
  const sandbox = inventory?.sandbox;
  return [
    ...(sandbox?.templates ?? []).map((template: SandboxTemplate) =>
      thing(host, template, {
        state: template.visibility,
        team: template.team ?? null,
        health: template.health,
        sizeBytes: template.apparentSizeBytes,
        actualBytes: template.actualSizeBytes,
        problems: template.problems,
        subject: { kind: 'sandbox-template', templateId: template.id },
        facts: [{ label: 'Path', text: template.path }, ...template.facts],
      }),
    ),
    ...(sandbox?.images ?? []).map((image: SandboxImage) =>
      thing(host, image, { sizeBytes: image.sizeBytes }),
    ),
  ];
}

/** Teams that have templates of their own here. */
export function teamsOf(rows: readonly ThingRow[]): string[] {
  const own = rows.flatMap(({ state, team }) => (state === 'team' && team !== null ? [team] : []));
  return [...new Set(own)].sort();
}

/** Templates as a team sees them: those of the platform and its own. One that is nobody's is not among them. */
export function isSeenBy({ state, team: owner }: ThingRow, team: string): boolean {
  return state === 'platform' || (state === 'team' && owner === team);
}

const order: Record<SandboxVolume['health'], number> = { critical: 0, warning: 1, unknown: 2, ok: 3 };

/** Trouble first, then by host; within a host as the tool lists them. */
export function byTrouble(rows: readonly VolumeRow[]): VolumeRow[] {
  return rows.toSorted(
    (a, b) => order[a.volume.health] - order[b.volume.health] || a.host.name.localeCompare(b.host.name),
  );
}

function found(told: readonly (string | null)[], search: string): boolean {
  const text = told.join('\n').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Every word must be found somewhere: name, host, kind, state, label, path, sandbox. */
export function volumeMatches({ host, volume }: VolumeRow, search: string): boolean {
  return found(
    [
      host.name,
      volume.name,
      driverWords[volume.driver],
      kindOf(volume),
      volume.state,
      volume.path,
      ...(volume.labels ?? []).map(({ key, value }) => `${key}=${value}`),
      ...(volume.usedBy ?? []).map(({ sandbox }) => sandbox),
    ],
    search,
  );
}

export function thingMatches({ host, name, driver, state, facts }: ThingRow, search: string): boolean {
  return found([host.name, name, driver, state, ...facts.map(({ text }) => text)], search);
}
