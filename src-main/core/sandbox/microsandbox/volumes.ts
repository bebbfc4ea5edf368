import type { SandboxProblem, SandboxUse, SandboxVolume } from '../../../../src-preload/contract/sandbox';
import { isFolderName } from './names';
import type { FolderUsage, VolumesFolder } from './folder';
import { localBackend, type MsbVolume, type MsbVolumeDetail } from './parse';

/** Volume by name to the sandboxes that mount it. */
export type Uses = Map<string, SandboxUse[]>;

export interface VolumesReading {
  rows: readonly MsbVolume[];
  detail(name: string): MsbVolumeDetail | null;
  uses: Uses | null;
  /** Its kind, as msb says; null: not known. */
  backend: string | null;
  folder: string | null;
  /** null: nobody could look what lies there. */
  listing: VolumesFolder | null;
  actual: ReadonlyMap<string, FolderUsage>;
  apparent: ReadonlyMap<string, FolderUsage>;
}

const fullFrom = { warning: 85, critical: 95 };

function fillOf(used: number | null, limit: number | null): number | null {
  if (used === null || limit === null || limit === 0) return null;
  return Math.min(100, (used / limit) * 100);
}

function fillProblem(percent: number | null, of: string): SandboxProblem[] {
  if (percent === null || percent < fullFrom.warning) return [];
  return [
    {
      severity: percent >= fullFrom.critical ? 'critical' : 'warning',
      text: `It holds ${Math.floor(percent)} % of its ${of}.`,
      advice: 'Remove what is not needed in it, or move to a larger volume.',
    },
  ];
}

/**
 * Where a volume is: among the volumes of this host, on another backend, or nobody knows. Without a word of the backend
 * it is here only where msb itself names its place in that folder.
 */
function whereOf(
  name: string,
  { backend, folder }: VolumesReading,
  detail: MsbVolumeDetail | null,
): 'here' | 'elsewhere' | 'unknown' {
  if (backend !== null) return backend === localBackend ? 'here' : 'elsewhere';
  const own = folder === null ? null : `${folder}/${name}`;
  return own !== null && (detail?.path === own || detail?.path === `${own}/disk.raw`) ? 'here' : 'unknown';
}

/** What a disk takes is what its image takes; blocks that were freed inside it stay taken. */
function recorded(row: MsbVolume, reading: VolumesReading): SandboxVolume {
  const { name, kind, quotaBytes, capacityBytes, recordedBytes, format, fileSystem, createdAtMs } = row;
  const detail = reading.detail(name);
  const where = whereOf(name, reading, detail);
  const here = where === 'here';
  const missing = here && reading.listing !== null && !reading.listing.names.has(name);
  const usage = here ? reading.actual.get(name) : undefined;
  const actual = usage?.bytes ?? null;
  const usedBy = reading.uses === null ? null : (reading.uses.get(name) ?? []);
  const active = usedBy?.some((use) => use.active) === true;
  const percent = fillOf(actual, kind === 'disk' ? capacityBytes : quotaBytes);
  const problems: SandboxProblem[] = missing
    ? [
        {
          severity: 'critical',
          text: 'msb has a record of it, but its directory is gone.',
          advice: 'Its data is not there any more. Remove the volume: that takes only the record away.',
        },
      ]
    : fillProblem(percent, kind === 'disk' ? 'capacity' : 'quota');
  const worst = problems[0]?.severity ?? null;
  return {
    id: `msb:${name}`,
    driver: 'microsandbox',
    kind,
    name,
    presence: where === 'elsewhere' ? 'elsewhere' : missing ? 'missing' : 'whole',
    state: stateOf(where, reading.backend, { missing, active }),
    health: worst ?? (!here || reading.listing === null ? 'unknown' : 'ok'),
    apparentSizeBytes:
      kind === 'disk' ? capacityBytes : here ? (reading.apparent.get(name)?.bytes ?? null) : null,
    actualSizeBytes: actual,
    capacityBytes,
    quotaBytes,
    percentFull: percent,
    createdAtMs,
    changedAtMs: usage?.changedAtMs ?? null,
    path: !here ? null : (detail?.path ?? (reading.folder === null ? null : `${reading.folder}/${name}`)),
    labels: detail?.labels ?? null,
    usedBy,
    templateId: null,
    problems,
    facts: [
      ...(format === null ? [] : [{ label: 'Format', text: format }]),
      ...(fileSystem === null ? [] : [{ label: 'File system', text: fileSystem }]),
      ...(actual === null && recordedBytes > 0
        ? [{ label: 'Usage as msb keeps it', text: `${recordedBytes} bytes` }]
        : []),
      ...(detail !== null && detail.labels === null
        ? [{ label: 'Labels as msb prints them', text: detail.labelText }]
        : []),
    ],
  };
}

function stateOf(
  where: ReturnType<typeof whereOf>,
  backend: string | null,
  { missing, active }: { missing: boolean; active: boolean },
): string {
  if (where === 'elsewhere') return `on the backend “${backend ?? ''}”`;
  if (missing) return 'data gone';
  if (active) return 'in use';
  return where === 'unknown' ? 'place not known' : 'ready';
}

/** A directory that msb does not list but that blocks its name (M85). */
function unrecorded(name: string, reading: VolumesReading): SandboxVolume {
  const leftover = name.startsWith('.');
  const usage = reading.actual.get(name);
  return {
    id: `msb:${name}`,
    driver: 'microsandbox',
    kind: 'directory',
    name,
    presence: leftover ? 'leftover' : 'orphan',
    state: leftover ? 'left behind' : 'not recorded',
    health: 'warning',
    apparentSizeBytes: reading.apparent.get(name)?.bytes ?? null,
    actualSizeBytes: usage?.bytes ?? null,
    capacityBytes: null,
    quotaBytes: null,
    percentFull: null,
    createdAtMs: null,
    changedAtMs: usage?.changedAtMs ?? null,
    path: reading.folder === null ? null : `${reading.folder}/${name}`,
    labels: null,
    usedBy: [],
    templateId: null,
    problems: [
      leftover
        ? {
            severity: 'warning',
            text: 'A volume was being made here, and that was interrupted.',
            advice: 'Refresh: if no volume is being made now, set it aside or delete it.',
          }
        : {
            severity: 'warning',
            text: 'The directory is there, but msb has no record of it: it does not list it, and makes no volume of this name.',
            advice: 'Set it aside to free the name and keep the data, or delete it.',
          },
    ],
    facts: isFolderName(name) ? [] : [{ label: 'Name', text: 'No name that msb would give.' }],
  };
}

/** Recorded volumes in msb's order, newest first; then what lies beside them. */
export function volumesOf(reading: VolumesReading): SandboxVolume[] {
  const known = new Set(reading.rows.map(({ name }) => name));
  // Of a backend that is not known, what lies there may have its record on the other one.
  const there = reading.backend === null ? [] : [...(reading.listing?.names ?? [])];
  const strays = there.filter((name) => !known.has(name)).toSorted();
  return [
    ...reading.rows.map((row) => recorded(row, reading)),
    ...strays.map((name) => unrecorded(name, reading)),
  ];
}
