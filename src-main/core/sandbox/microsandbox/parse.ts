import { z } from 'zod';
import { isAbsolutePath } from '../../storage/absolute-path';
import { readJson, unexpectedOutput } from '../../storage/unexpected';

/** What msb prints, as data; captured with 0.6.18 and 0.7.2. Pure. */

const mebibyte = 1024 * 1024;

function parseList<T>(command: string, schema: z.ZodType<T>, stdout: string): T[] {
  return readJson(command, stdout, z.array(schema));
}

/** Nanoseconds are cut off. */
const createdAt = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
/** msb clamps what its database holds below zero; so do we. */
const clamped = z.number().transform((value) => Math.max(0, value));

const volumeRow = z.object({
  name: z.string().min(1),
  kind: z.enum(['dir', 'disk']),
  quota_mib: clamped.nullable(),
  used_bytes: clamped.nullish(),
  capacity_bytes: clamped.nullable(),
  disk_format: z.string().nullable(),
  disk_fstype: z.string().nullable(),
  created_at: createdAt,
});

export interface MsbVolume {
  name: string;
  kind: 'directory' | 'disk';
  quotaBytes: number | null;
  capacityBytes: number | null;
  /** As msb keeps it, which 0.6.18 and 0.7.2 do of no volume: then 0. */
  recordedBytes: number;
  format: string | null;
  fileSystem: string | null;
  createdAtMs: number;
}

/** `msb volume ls --format json`; newest first, as msb lists them. */
export function parseVolumes(stdout: string): MsbVolume[] {
  return parseList('msb volume ls', volumeRow, stdout).map((row) => ({
    name: row.name,
    kind: row.kind === 'dir' ? 'directory' : 'disk',
    quotaBytes: row.quota_mib === null ? null : row.quota_mib * mebibyte,
    capacityBytes: row.capacity_bytes,
    recordedBytes: row.used_bytes ?? 0,
    format: row.disk_format,
    fileSystem: row.disk_fstype,
    createdAtMs: row.created_at,
  }));
}

export interface MsbVolumeDetail {
  path: string | null;
  /** null: the text can't be told apart. */
  labels: { key: string; value: string }[] | null;
  labelText: string;
}

/** `msb volume inspect NAME`, which has no JSON. */
export function parseVolumeDetail(stdout: string): MsbVolumeDetail {
  const lines = fieldsOf(stdout);
  if (!lines.has('Name') || !lines.has('Path')) {
    throw unexpectedOutput('msb volume inspect', 'it has no Name and Path', stdout);
  }
  const path = lines.get('Path') ?? '';
  const labelText = lines.get('Labels') ?? '-';
  return { path: isAbsolutePath(path) ? path : null, labels: parseLabels(labelText), labelText };
}

/** `env=prod, team=data` in the order they were given; `-`: none. null where a part is no `key=value`. */
function parseLabels(text: string): MsbVolumeDetail['labels'] {
  if (text === '-' || text === '') return [];
  const labels = text.split(', ').map((part) => /^([^=]+)=(.*)$/.exec(part));
  return labels.some((label) => label === null)
    ? null
    : labels.map((label) => ({ key: label?.[1] ?? '', value: label?.[2] ?? '' }));
}

/** States in which msb refuses to remove what a sandbox mounts. While one is `Starting`, it waits instead. */
const activeStates = new Set(['Running', 'Draining', 'Paused']);
/** States from which msb starts a sandbox, and in which it removes one. */
const restingStates = new Set(['Created', 'Stopped', 'Crashed']);

export const isResting = (state: string): boolean => restingStates.has(state);

const sandboxRow = z.object({
  name: z.string().min(1),
  image: z.string().nullable(),
  status: z.string().min(1),
  created_at: createdAt,
});

export interface MsbSandbox {
  name: string;
  image: string | null;
  state: string;
  active: boolean;
  createdAtMs: number;
}

/** `msb ls --format json`. */
export function parseSandboxes(stdout: string): MsbSandbox[] {
  return parseList('msb ls', sandboxRow, stdout).map((row) => ({
    name: row.name,
    image: row.image,
    state: row.status,
    active: activeStates.has(row.status),
    createdAtMs: row.created_at,
  }));
}

const snapshotRow = z.object({
  name: z.string().nullable(),
  /** 0.7 only. */
  group: z.string().nullable().optional(),
  snapshot_id: z.string().nullable().optional(),
  digest: z.string(),
  scope: z.string(),
  state_kind: z.string(),
  image_ref: z.string().nullable(),
  size_bytes: z.number().nullable(),
  parent_digest: z.string().nullable(),
  artifact_path: z.string(),
  availability: z.string(),
  created_at: createdAt,
});

export interface MsbSnapshot {
  /** `group:member` since 0.7, the bare name before; null: it has no name to be asked for by. */
  reference: string | null;
  /** null before 0.7. */
  group: string | null;
  /** What others name as their parent: its id since 0.7, its digest before. */
  id: string;
  digest: string;
  scope: string;
  stateKind: string;
  image: string | null;
  sizeBytes: number | null;
  /** The `id` of the one it was made from. */
  parentId: string | null;
  path: string;
  availability: string;
  createdAtMs: number;
}

/** `msb snapshot ls --format json`. */
export function parseSnapshots(stdout: string): MsbSnapshot[] {
  return parseList('msb snapshot ls', snapshotRow, stdout).map((row) => ({
    reference:
      row.name === null
        ? null
        : row.group === undefined || row.group === null
          ? row.name
          : `${row.group}:${row.name}`,
    group: row.group ?? null,
    id: row.snapshot_id ?? row.digest,
    digest: row.digest,
    scope: row.scope,
    stateKind: row.state_kind,
    image: row.image_ref,
    sizeBytes: row.size_bytes,
    parentId: row.parent_digest,
    path: row.artifact_path,
    availability: row.availability,
    createdAtMs: row.created_at,
  }));
}

/** `Key: value` lines of the text that inspect and verify print; some have no space behind the colon. */
function fieldsOf(stdout: string): Map<string, string> {
  return new Map(
    stdout.split('\n').flatMap((line): [string, string][] => {
      const match = /^([A-Z][A-Za-z ]*):\s*(.*)$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
    }),
  );
}

export interface MsbSnapshotDetail {
  digest: string;
  /** Whether what it held was recorded when it was taken, so that it can be verified. */
  integrity: boolean;
  /** In msb's order. */
  facts: { label: string; text: string }[];
}

const shownDetails = ['Source Sandbox', 'Labels', 'Virtual Size', 'Upper Size', 'Layers'] as const;

/** `msb snapshot inspect REFERENCE`, which has no JSON. */
export function parseSnapshotDetail(stdout: string): MsbSnapshotDetail {
  const fields = fieldsOf(stdout);
  const digest = fields.get('Descriptor Digest') ?? fields.get('Digest');
  const integrity = fields.get('Head Integrity') ?? fields.get('Integrity');
  if (digest === undefined || integrity === undefined) {
    throw unexpectedOutput('msb snapshot inspect', 'it has no digest and no word of its integrity', stdout);
  }
  return {
    digest,
    integrity: integrity !== 'not recorded',
    facts: shownDetails.flatMap((label) => {
      const text = fields.get(label);
      return text === undefined || text === '-' ? [] : [{ label, text }];
    }),
  };
}

const headSchema = z.object({ group: z.string(), head: z.string() });

/** `msb snapshot head --format json GROUP`: the id of its head. */
export function parseHead(stdout: string): string {
  return readJson('msb snapshot head', stdout, headSchema).head;
}

const imageRow = z.object({
  reference: z.string(),
  digest: z.string(),
  architecture: z.string().nullable(),
  os: z.string().nullable(),
  layer_count: z.number().nullable(),
  size_bytes: z.number().nullable(),
  created_at: createdAt,
});

/** `msb image ls --format json`. */
export function parseImages(stdout: string) {
  return parseList('msb image ls', imageRow, stdout).map((row) => ({
    reference: row.reference,
    digest: row.digest,
    platform: [row.os, row.architecture].filter((word) => word !== null).join('/'),
    layers: row.layer_count,
    sizeBytes: row.size_bytes,
    createdAtMs: row.created_at,
  }));
}

const contextSchema = z.object({ kind: z.string().min(1) });

/** Of the kinds of backend only this one keeps volumes on the host. */
export const localBackend = 'local';

/** `msb context --format json`: the kind of backend that it works with. */
export function parseBackend({ exitCode, stdout }: Pick<DoctorOutput, 'exitCode' | 'stdout'>): string {
  return exitCode === 0 ? readJson('msb context', stdout, contextSchema).kind : localBackend;
}

export interface MsbDoctor {
  /** null: it does not say. */
  home: string | null;
  /** Why no sandbox can start; null: it says nothing against it. */
  cannotStart: string | null;
}

/** `msb doctor`, which writes to stderr. */
export function parseDoctor({ exitCode, stdout, stderr }: DoctorOutput): MsbDoctor {
  const text = `${stdout}\n${stderr}`;
  const home = /^info MSB_HOME: (\/.*)$/m.exec(text)?.[1] ?? null;
  const error = /^error: (.*)$/m.exec(text)?.[1] ?? null;
  return {
    home: home !== null && isAbsolutePath(home) ? home : null,
    cannotStart: exitCode === 0 ? null : (error ?? 'msb doctor ended with an error'),
  };
}
interface DoctorOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}
