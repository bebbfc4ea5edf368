import type { SandboxImage, SandboxProblem, SandboxSnapshot } from '../../../../src-preload/contract/sandbox';
import { toAppError, type AppError } from '../../errors/app-error';
import type { Probe, ProbeOutcome } from '../../storage/backend';
import { outcomeOf, stdoutOf } from '../../storage/outcomes';
import type { SandboxDriver } from '../driver';
import { momentMs } from '../stat-listing';
import { parseArchives, type MsbArchive } from './archives';
import {
  archivesFolder,
  archivesProbe,
  headProbe,
  listingProbe,
  msbProbes,
  sandboxProbe,
  snapshotProbe,
  usageProbe,
  volumeProbe,
  volumesFolder,
} from './commands';
import { parseListing, parseUsage, type FolderUsage } from './folder';
import { parseInspected, type MsbSandboxDetail } from './inspect';
import { isReference, isVolumeName } from './names';
import {
  localBackend,
  parseBackend,
  parseDoctor,
  parseHead,
  parseImages,
  parseSandboxes,
  parseSnapshotDetail,
  parseSnapshots,
  parseVolumeDetail,
  parseVolumes,
  type MsbDoctor,
  type MsbSandbox,
  type MsbSnapshot,
  type MsbVolumeDetail,
} from './parse';
import { parseVersion } from './version';
import { volumesOf, type Uses } from './volumes';

type Outcomes = ReadonlyMap<string, ProbeOutcome>;

/** Of a snapshot: whether it can be verified. */
export const integrityLabel = 'Integrity';

/** Details are one command each; of more than these only what the lists tell is shown. */
const mostDetails = 200;

const namesOf = (rows: readonly { name: string }[]): string[] =>
  rows.map(({ name }) => name).filter(isVolumeName);

function detailsOf(outcomes: Outcomes): string[] {
  return namesOf(parseVolumes(stdoutOf(outcomes, msbProbes.volumes))).slice(0, mostDetails);
}

function sandboxesOf(outcomes: Outcomes): string[] {
  return namesOf(parseSandboxes(stdoutOf(outcomes, msbProbes.sandboxes))).slice(0, mostDetails);
}

function detailOf(outcomes: Outcomes, name: string): MsbVolumeDetail | null {
  const outcome = isVolumeName(name) ? outcomes.get(volumeProbe(name).id) : undefined;
  // Exit code 1: it went away meanwhile. Any failure leaves what the list tells.
  return outcome?.ok === true && outcome.exitCode === 0 ? parseVolumeDetail(outcome.stdout) : null;
}

/** By name what inspect tells; null: it went away meanwhile. Those that could not be asked are left out. */
type Inspected = ReadonlyMap<string, MsbSandboxDetail | null>;

function inspectedOf(outcomes: Outcomes, sandboxes: readonly MsbSandbox[]): Inspected {
  return new Map(
    sandboxes.flatMap(({ name }): [string, MsbSandboxDetail | null][] => {
      const outcome = isVolumeName(name) ? outcomes.get(sandboxProbe(name).id) : undefined;
      if (outcome?.ok !== true) return [];
      return [[name, outcome.exitCode === 0 ? parseInspected(outcome.stdout) : null]];
    }),
  );
}

/** Which sandbox mounts what; null where one could not be asked: then nobody is known to use nothing. */
function usesOf(sandboxes: readonly MsbSandbox[], inspected: Inspected): Uses | null {
  const uses: Uses = new Map();
  for (const { name, state, active } of sandboxes) {
    const detail = inspected.get(name);
    if (detail === undefined) return null;
    for (const { volume, guestPath, readOnly, mount } of detail?.mounts ?? []) {
      const known = uses.get(volume) ?? [];
      uses.set(volume, [...known, { sandbox: name, state, active, guestPath, readOnly, mount }]);
    }
  }
  return uses;
}

function sandboxFacts({
  cpus,
  memoryBytes,
  rootDiskBytes,
  mounts,
  owned,
}: MsbSandboxDetail): SandboxSnapshot['facts'] {
  const size = (bytes: number | null): string | null => (bytes === null ? null : `${bytes / 1024 ** 2} MiB`);
  const told = [
    ['vCPUs', cpus === null ? null : String(cpus)],
    ['Memory', size(memoryBytes)],
    ['Root disk', size(rootDiskBytes)],
    ['Mounts', mounts.map(({ mount }) => mount).join(', ') || null],
    ['Volumes of its own', owned.map(({ guestPath, kind }) => `${guestPath} (${kind})`).join(', ') || null],
  ] as const;
  return told.flatMap(([label, text]) => (text === null ? [] : [{ label, text }]));
}

const snapshotsIn = (outcomes: Outcomes): MsbSnapshot[] =>
  parseSnapshots(stdoutOf(outcomes, msbProbes.snapshots));

function snapshotProbesOf(outcomes: Outcomes): Probe[] {
  const snapshots = snapshotsIn(outcomes).slice(0, mostDetails);
  const groups = new Set(snapshots.flatMap(({ group }) => (group === null ? [] : [group])));
  return [
    ...snapshots.flatMap(({ reference }) =>
      reference !== null && isReference(reference) ? [snapshotProbe(reference)] : [],
    ),
    ...[...groups].filter(isVolumeName).map(headProbe),
  ];
}

/** What only inspect and head tell. Any failure leaves what the list tells. */
function snapshotFacts(outcomes: Outcomes, { reference, group, id }: MsbSnapshot): SandboxSnapshot['facts'] {
  const answer = (probe: Probe): string | null => {
    const outcome = outcomes.get(probe.id);
    return outcome?.ok === true && outcome.exitCode === 0 ? outcome.stdout : null;
  };
  const inspected = reference !== null && isReference(reference) ? answer(snapshotProbe(reference)) : null;
  const detail = inspected === null ? null : parseSnapshotDetail(inspected);
  const head = group !== null && isVolumeName(group) ? answer(headProbe(group)) : null;
  return [
    ...(head !== null && parseHead(head) === id ? [{ label: 'Head of', text: group ?? '' }] : []),
    ...(detail === null
      ? []
      : [{ label: integrityLabel, text: detail.integrity ? 'recorded' : 'not recorded' }, ...detail.facts]),
  ];
}

/** inspect looks for the files of a snapshot; the list does not. null: they are there, or nobody could look. */
function damageOf(outcomes: Outcomes, { reference }: MsbSnapshot): string | null {
  if (reference === null || !isReference(reference)) return null;
  const outcome = outcomes.get(snapshotProbe(reference).id);
  if (outcome?.ok !== true || outcome.exitCode === 0) return null;
  return /^error: (snapshot integrity check failed: .*)$/m.exec(outcome.stderr)?.[1] ?? null;
}

function archiveOf({ name, sizeBytes, changedAtMs, unfinished }: MsbArchive, home: string): SandboxSnapshot {
  return {
    id: `msb-archive:${name}`,
    driver: 'microsandbox',
    kind: unfinished ? 'unfinished-archive' : 'archive',
    name,
    sizeBytes,
    createdAtMs: momentMs(changedAtMs / 1000),
    state: unfinished ? 'left behind' : 'archive',
    health: unfinished ? 'warning' : 'ok',
    facts: [
      ...(unfinished
        ? [{ label: 'Left behind', text: 'an archive that was being saved, and that was interrupted' }]
        : []),
      { label: 'Path', text: `${archivesFolder(home)}/${name}` },
    ],
  };
}

/** `why`: they could not be read, which hides nothing else. */
function archivesIn(
  outcomes: Outcomes,
  home: string | null,
): { archives: SandboxSnapshot[]; why: string | null } {
  const outcome = home === null ? undefined : outcomes.get(archivesProbe(home).id);
  if (outcome === undefined || home === null) return { archives: [], why: null };
  if (!outcome.ok) return { archives: [], why: outcome.error.message };
  try {
    return { archives: parseArchives(home, outcome).map((archive) => archiveOf(archive, home)), why: null };
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (code !== 'unexpected-output') throw thrown;
    return { archives: [], why: message };
  }
}

function snapshotOf(outcomes: Outcomes, snapshot: MsbSnapshot): SandboxSnapshot {
  const { reference, digest, scope, stateKind, image, sizeBytes, parentId, path } = snapshot;
  const ready = snapshot.availability === 'ready';
  const damage = damageOf(outcomes, snapshot);
  return {
    id: `msb:${reference ?? digest}`,
    driver: 'microsandbox',
    name: reference ?? digest,
    sizeBytes,
    createdAtMs: snapshot.createdAtMs,
    state: damage === null ? snapshot.availability : 'damaged',
    health: damage !== null ? 'critical' : ready ? 'ok' : 'warning',
    facts: [
      ...(damage === null ? [] : [{ label: 'Damaged', text: damage }]),
      { label: 'Image', text: image ?? 'none' },
      { label: 'Holds', text: `${scope}, ${stateKind}` },
      ...snapshotFacts(outcomes, snapshot),
      { label: 'Digest', text: digest },
      { label: 'Parent', text: parentId ?? 'none' },
      { label: 'Path', text: path },
    ],
  };
}

function imageOf({ reference, digest, platform, layers, sizeBytes, createdAtMs }: ImageRow): SandboxImage {
  return {
    id: `msb:${reference}`,
    driver: 'microsandbox',
    name: reference,
    sizeBytes,
    createdAtMs,
    facts: [
      { label: 'Platform', text: platform === '' ? 'not told' : platform },
      { label: 'Layers', text: layers === null ? 'not told' : String(layers) },
      { label: 'Digest', text: digest },
    ],
  };
}
type ImageRow = ReturnType<typeof parseImages>[number];

/**
 * The kind of backend that msb works with, or why nobody knows: a forced command from before it was asked for refuses
 * the question, and all else can be read without its answer.
 */
type Backend = { kind: string; error: null } | { kind: null; error: AppError };

function backendOf(outcomes: Outcomes): Backend {
  const outcome = outcomes.get(msbProbes.context.id);
  if (outcome?.ok === false) return { kind: null, error: outcome.error };
  try {
    return { kind: parseBackend(outcomeOf(outcomes, msbProbes.context)), error: null };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'unexpected-output') throw thrown;
    return { kind: null, error };
  }
}

function backendProblems({ error }: Backend): SandboxProblem[] {
  if (error === null) return [];
  return [
    {
      severity: 'warning',
      text: `Which backend msb works with is not known, so nothing is planned that works on its folders. ${error.message}`,
      advice: error.remedy ?? 'Refresh the host.',
    },
  ];
}

/** Where volumes lie on the host; null: not known, or they are not on the host at all. */
function homeOf(outcomes: Outcomes): string | null {
  const { kind } = backendOf(outcomes);
  if (kind !== null && kind !== localBackend) return null;
  return parseDoctor(outcomeOf(outcomes, msbProbes.doctor)).home;
}

/** null: the data home is not known, or could not be looked into; `why` says so. */
function folderOf(outcomes: Outcomes, { home }: MsbDoctor) {
  if (home === null) return { listing: null, why: 'msb doctor did not say where the data home is.' };
  const outcome = outcomes.get(listingProbe(home).id);
  if (outcome === undefined) return { listing: null, why: 'It was not looked into.' };
  if (!outcome.ok) return { listing: null, why: outcome.error.message };
  return { listing: parseListing(home, outcome), why: null };
}

function usageOf(
  outcomes: Outcomes,
  home: string | null,
  apparent: boolean,
): ReadonlyMap<string, FolderUsage> {
  const outcome = home === null ? undefined : outcomes.get(usageProbe(home, apparent).id);
  return outcome?.ok === true && home !== null ? parseUsage(home, outcome) : new Map();
}

/** microsandbox: named volumes, sandboxes, snapshots and images of the login user. */
export const microsandbox: SandboxDriver = {
  kind: 'microsandbox',
  title: 'microsandbox',
  tools: ['msb'],
  niceToHave: ['find', 'du', 'df', 'flock', 'timeout', 'true'],
  howToInstall:
    'Install microsandbox for the login user, and link its msb into /usr/local/bin: a command over SSH finds it there.',
  probes: Object.values(msbProbes),

  followUps: [
    (outcomes) => {
      const home = homeOf(outcomes);
      return [
        ...detailsOf(outcomes).map(volumeProbe),
        ...sandboxesOf(outcomes).map(sandboxProbe),
        ...snapshotProbesOf(outcomes),
        ...(home === null
          ? []
          : [listingProbe(home), usageProbe(home, false), usageProbe(home, true), archivesProbe(home)]),
      ];
    },
  ],

  parse(outcomes) {
    const version = parseVersion(stdoutOf(outcomes, msbProbes.version));
    const doctor = parseDoctor(outcomeOf(outcomes, msbProbes.doctor));
    const sandboxes = parseSandboxes(stdoutOf(outcomes, msbProbes.sandboxes));
    const inspected = inspectedOf(outcomes, sandboxes);
    const backend = backendOf(outcomes);
    const home = homeOf(outcomes);
    const { listing, why } =
      backend.kind === null || backend.kind === localBackend
        ? folderOf(outcomes, doctor)
        : { listing: null, why: `volumes of the backend “${backend.kind}” are not on this host.` };
    const { archives, why: unread } = archivesIn(outcomes, home);
    const strays = backend.kind === null ? 'the backend of msb is not known.' : why;
    return {
      version: version.text,
      facts: [
        { label: 'Backend', text: backend.kind ?? 'not known' },
        { label: 'Data home', text: doctor.home ?? 'not told' },
        {
          label: 'Sandboxes can start',
          text: doctor.cannotStart === null ? 'yes' : `no: ${doctor.cannotStart}`,
        },
        { label: 'Snapshots', text: version.grouped ? 'group:member' : 'by name' },
        ...(strays === null ? [] : [{ label: 'Directories without a record', text: `not known: ${strays}` }]),
        ...(unread === null ? [] : [{ label: 'Archives', text: `not known: ${unread}` }]),
      ],
      problems: backendProblems(backend),
      volumes: volumesOf({
        rows: parseVolumes(stdoutOf(outcomes, msbProbes.volumes)),
        detail: (name) => detailOf(outcomes, name),
        uses: usesOf(sandboxes, inspected),
        backend: backend.kind,
        folder: home === null ? null : volumesFolder(home),
        listing,
        actual: usageOf(outcomes, home, false),
        apparent: usageOf(outcomes, home, true),
      }),
      sandboxes: sandboxes.map(({ name, image, state, active, createdAtMs }) => {
        const detail = inspected.get(name) ?? null;
        return {
          id: `msb:${name}`,
          driver: 'microsandbox',
          ...{ name, image, state, active, createdAtMs },
          // Where inspect failed, what the list tells is all.
          facts: detail === null ? [] : sandboxFacts(detail),
        };
      }),
      images: parseImages(stdoutOf(outcomes, msbProbes.images)).map(imageOf),
      snapshots: [...snapshotsIn(outcomes).map((snapshot) => snapshotOf(outcomes, snapshot)), ...archives],
      templates: [],
    };
  },
};
