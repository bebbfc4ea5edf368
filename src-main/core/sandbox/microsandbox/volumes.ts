import type { SandboxProblem, SandboxUse, SandboxVolume } from '../../../../src-preload/contract/sandbox';
import { isFolderName } from './names';
import type { VolumesFolder } from './folder';
import { localBackend, type MsbVolume, type MsbVolumeDetail } from './parse';

/** Volume by name to the sandboxes that mount it. */
export type Uses = Map<string, SandboxUse[]>;

export interface VolumesReading {
  rows: readonly MsbVolume[];
  detail(name: string): MsbVolumeDetail | null;
  uses: Uses | null;
  /** Its kind, as msb says. */
  backend: string;
  folder: string | null;
  /** null: nobody could look what lies there. */
  listing: VolumesFolder | null;
  actual: ReadonlyMap<string, number>;
  apparent: ReadonlyMap<string, number>;
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

/** What a disk takes is what its image takes; blocks that were freed inside it stay taken. */
function recorded(row: MsbVolume, reading: VolumesReading): SandboxVolume {
  const { name, kind, quotaBytes, capacityBytes, format, fileSystem, createdAtMs } = row;
  const detail = reading.detail(name);
  const elsewhere = reading.backend !== localBackend;
  const missing = reading.listing !== null && !reading.listing.names.has(name);
  const actual = reading.actual.get(name) ?? null;
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
    presence: elsewhere ? 'elsewhere' : missing ? 'missing' : 'whole',
    state: elsewhere
      ? `on the backend “${reading.backend}”`
      : missing
        ? 'data gone'
        : active
          ? 'in use'
          : 'ready',
    health: worst ?? (reading.listing === null ? 'unknown' : 'ok'),
    apparentSizeBytes: kind === 'disk' ? capacityBytes : (reading.apparent.get(name) ?? null),
    actualSizeBytes: actual,
    capacityBytes,
    quotaBytes,
    percentFull: percent,
    createdAtMs,
    path: elsewhere ? null : (detail?.path ?? (reading.folder === null ? null : `${reading.folder}/${name}`)),
    labels: detail?.labels ?? null,
    usedBy,
    templateId: null,
    problems,
    facts: [
      ...(format === null ? [] : [{ label: 'Format', text: format }]),
      ...(fileSystem === null ? [] : [{ label: 'File system', text: fileSystem }]),
      ...(detail !== null && detail.labels === null
        ? [{ label: 'Labels as msb prints them', text: detail.labelText }]
        : []),
    ],
  };
}

/** A directory that msb does not list but that blocks its name (M85). */
function unrecorded(name: string, reading: VolumesReading): SandboxVolume {
  const leftover = name.startsWith('.');
  return {
    id: `msb:${name}`,
    driver: 'microsandbox',
    kind: 'directory',
    name,
    presence: leftover ? 'leftover' : 'orphan',
    state: leftover ? 'left behind' : 'not recorded',
    health: 'warning',
    apparentSizeBytes: reading.apparent.get(name) ?? null,
    actualSizeBytes: reading.actual.get(name) ?? null,
    capacityBytes: null,
    quotaBytes: null,
    percentFull: null,
    createdAtMs: null,
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
  const strays = [...(reading.listing?.names ?? [])].filter((name) => !known.has(name)).toSorted();
  return [
    ...reading.rows.map((row) => recorded(row, reading)),
    ...strays.map((name) => unrecorded(name, reading)),
  ];
}
