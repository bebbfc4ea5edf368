import { filesize } from 'filesize';
import type { Fact } from '../../../../src-preload/contract/primitives';
import type {
  SandboxProblem,
  SandboxTemplate,
  SandboxVolume as VolumeRow,
} from '../../../../src-preload/contract/sandbox';
import { momentMs } from '../stat-listing';
import { isPlatform } from './meta';
import { minimalTemplate } from './names';
import { formatSize, worstCaseBytes } from './sizes';
import {
  isLost,
  usedPercent,
  type Leftover,
  type SandboxVolume,
  type SandboxWorld,
  type SnapshotDevice,
  type Template,
} from './world';

/** A store fills in bursts: at 80 % there is still time to grow it, at 95 % hardly. */
export const fullFrom = { warning: 80, critical: 95 } as const;

const bytes = (size: number): string => filesize(size, { standard: 'iec', precision: 3 });

/** The text of one fact; null: there is none. */
export function describedIn(facts: readonly Fact[], label: string): string | null {
  return facts.find((fact) => fact.label === label)?.text ?? null;
}

function fact(label: string, text: string | null | undefined): Fact[] {
  return text === null || text === undefined || text === '' ? [] : [{ label, text }];
}

function fillProblems(percent: number | null, room: number | null): SandboxProblem[] {
  if (percent === null || percent < fullFrom.warning) return [];
  return [
    {
      severity: percent >= fullFrom.critical ? 'critical' : 'warning',
      text: `Its room for changes is ${Math.floor(percent)} % full${room === null ? '' : ` (of ${bytes(room)})`}. When it is full, the kernel drops the volume and all that was written is lost for good.`,
      advice: 'Give it more room for changes now: that works while it is in use.',
    },
  ];
}

function problemsOf(world: SandboxWorld, volume: SandboxVolume): SandboxProblem[] {
  const { problem, device, cow, meta, templateName } = volume;
  const template = world.templates.find(({ name }) => name === templateName) ?? null;
  const problems = fillProblems(
    device === null ? null : usedPercent(device.status),
    cow?.file.sizeBytes ?? null,
  );
  if (problem !== null) {
    problems.unshift({
      severity: 'critical',
      text: problem,
      advice: isLost(device?.status)
        ? 'Destroy the volume and make a new one, with more room for changes.'
        : 'Put back what is missing, or destroy what is left of it.',
    });
  }
  if (template !== null && meta !== null && template.file.changedAtSeconds !== meta.originChangedAtSeconds) {
    problems.push({
      severity: 'warning',
      text: 'Its template was written to after the volume was made of it. Where its data changed, the file system of the volume is damaged.',
      advice: 'Put the very same image back, or check the file system of the volume before anything uses it.',
    });
  }
  return problems;
}

/** Largest severity of all; a problem is never drawn as good. */
function healthOf(problems: readonly SandboxProblem[]): VolumeRow['health'] {
  if (problems.some(({ severity }) => severity === 'critical')) return 'critical';
  return problems.length > 0 ? 'warning' : 'ok';
}

function volumeRow(world: SandboxWorld, volume: SandboxVolume): VolumeRow {
  const { id, state, meta, device, cow, loops, memoryFiles, templateName } = volume;
  const template = world.templates.find(({ name }) => name === templateName) ?? null;
  const problems = problemsOf(world, volume);
  const origin = meta?.originBytes ?? template?.file.sizeBytes ?? null;
  return {
    id: `dm:${id}`,
    driver: 'device-mapper',
    kind: 'dm-snapshot',
    name: id,
    presence: cow === null ? 'missing' : 'whole',
    state: device !== null && isLost(device.status) ? `lost (${device.status.kind})` : state,
    health: healthOf(problems),
    // Inside it is as large as its template, whatever room for changes it has.
    apparentSizeBytes: origin,
    actualSizeBytes: cow?.file.allocatedBytes ?? null,
    capacityBytes: cow?.file.sizeBytes ?? null,
    quotaBytes: null,
    percentFull: device === null ? null : usedPercent(device.status),
    createdAtMs: volume.createdAtMs,
    // All that is written into it is written to this file.
    changedAtMs: cow === null ? null : momentMs(cow.file.changedAtSeconds),
    path: device === null ? (cow?.path ?? null) : `/dev/mapper/${device.name}`,
    labels: null,
    usedBy:
      state === 'running'
        ? [{ sandbox: id, state: 'running', active: true, guestPath: null, readOnly: false }]
        : [],
    templateId: templateName === null ? null : `dm:${templateName}`,
    problems,
    facts: [
      ...fact('State of the sandbox', state),
      ...fact('Template', templateName),
      ...fact('Team', meta?.team),
      ...fact('Copy-on-write file', cow?.path),
      ...fact('Its apparent size', cow === null ? null : bytes(cow.file.sizeBytes)),
      ...fact('Can never run full from', origin === null ? null : formatSize(worstCaseBytes(origin))),
      ...deviceFacts(device),
      ...fact('Loop devices on its file', device !== null ? null : loops.map(({ name }) => name).join(', ')),
      ...fact('Memory of its machine', memoryFiles.join(', ')),
    ],
  };
}

function deviceFacts(device: SnapshotDevice | null): Fact[] {
  if (device === null) return [];
  const { status, base, cow } = device;
  return [
    ...fact('Device', `/dev/mapper/${device.name} (${device.number})`),
    ...fact('Held open by', String(device.open)),
    ...fact(
      'Template on',
      base === null ? 'no loop device' : `${base.name}${base.readOnly ? ', read-only' : ''}`,
    ),
    ...fact('Copy-on-write file on', cow === null ? 'no loop device' : cow.name),
    ...fact(
      'Status',
      status.kind === 'used'
        ? `${status.usedSectors}/${status.totalSectors} sectors, of which ${status.metadataSectors} are exceptions`
        : status.kind,
    ),
  ];
}

const foreignMark = 'dm:foreign:';

export function isForeign({ id }: Pick<VolumeRow, 'id'>): boolean {
  return id.startsWith(foreignMark);
}

/** Of another tool: shown, so that nobody wonders, and never touched. */
function foreignRow(device: SnapshotDevice): VolumeRow {
  const lost = isLost(device.status);
  const percent = usedPercent(device.status);
  const problems: SandboxProblem[] = lost
    ? [
        {
          severity: 'critical',
          text: `Its snapshot is lost (${device.status.kind}).`,
          advice: 'It belongs to another tool. Tell whoever runs that.',
        },
      ]
    : fillProblems(percent, null).map((problem) => ({
        ...problem,
        advice: 'It belongs to another tool. Tell whoever runs that.',
      }));
  return {
    id: `${foreignMark}${device.name}`,
    driver: 'device-mapper',
    kind: 'dm-snapshot',
    name: device.name,
    presence: 'orphan',
    state: lost ? `lost (${device.status.kind})` : 'of another tool',
    health: healthOf(problems),
    apparentSizeBytes: device.sectors * 512,
    actualSizeBytes: null,
    capacityBytes: device.status.kind === 'used' ? device.status.totalSectors * 512 : null,
    quotaBytes: null,
    percentFull: percent,
    createdAtMs: null,
    path: `/dev/mapper/${device.name}`,
    labels: null,
    usedBy: null,
    templateId: null,
    problems,
    facts: [
      { label: 'Whose', text: 'Its name has not the prefix of this host, so Holdfast never touches it.' },
      ...deviceFacts(device),
    ],
  };
}

function leftoverRow({ id, kind, name, why, sizeBytes, busy }: Leftover): VolumeRow {
  return {
    id: `dm:${id}`,
    driver: 'device-mapper',
    kind: 'dm-snapshot',
    // The whole path stands beside it.
    name: kind === 'file' ? name.slice(name.lastIndexOf('/') + 1) : name,
    presence: 'leftover',
    state: busy === null ? 'left over' : 'left over, in use',
    health: 'warning',
    apparentSizeBytes: null,
    actualSizeBytes: sizeBytes,
    capacityBytes: null,
    quotaBytes: null,
    percentFull: null,
    createdAtMs: null,
    path: kind === 'device' ? `/dev/mapper/${name}` : name,
    labels: null,
    usedBy: [],
    templateId: null,
    problems: [
      {
        severity: 'warning',
        text: `${why} Something that made it did not come to its end.`,
        advice: busy ?? 'Clean it up: nothing uses it.',
      },
    ],
    facts: fact('Busy', busy),
  };
}

/** Label of the fact that a template has to be expanded. */
export const smallerThanDefault = 'Smaller than the default';

function templateRow(world: SandboxWorld, template: Template): SandboxTemplate {
  const { name, path, meta, file, loops, volumes } = template;
  const wanted = world.settings.defaultSizeMib * 1024 ** 2;
  const problems: SandboxProblem[] =
    meta === null
      ? [
          {
            severity: 'warning',
            text: 'Nothing says whose it is, so no sandbox can be made of it.',
            advice: 'Add it as a template.',
          },
        ]
      : [];
  return {
    id: `dm:${name}`,
    driver: 'device-mapper',
    name,
    path,
    apparentSizeBytes: file.sizeBytes,
    actualSizeBytes: file.allocatedBytes,
    createdAtMs: template.createdAtMs,
    visibility: meta === null ? null : isPlatform(meta.team) ? 'platform' : 'team',
    team: meta?.team ?? null,
    health: healthOf(problems),
    problems,
    facts: [
      ...fact('Type', meta?.type),
      ...fact(
        'Team',
        meta === null ? null : isPlatform(meta.team) ? 'platform, seen by every team' : meta.team,
      ),
      ...fact('vCPUs', meta === null ? null : String(meta.vcpus)),
      ...fact('Memory', meta === null ? null : `${meta.memoryMib} MiB`),
      ...fact('Volumes of it', volumes.join(', ')),
      ...fact(
        'Shared by',
        loops
          .map(({ loop, users }) => `${loop.name} (${users === 1 ? '1 device' : `${users} devices`})`)
          .join(', '),
      ),
      ...fact(
        smallerThanDefault,
        file.sizeBytes < wanted ? `yes: ${formatSize(wanted)} is what sandboxes get` : null,
      ),
      ...fact('Protected', name === minimalTemplate ? 'nobody can delete it' : null),
    ],
  };
}

export interface WorldRows {
  volumes: VolumeRow[];
  templates: SandboxTemplate[];
  facts: Fact[];
}

/** The world of one host as screens, health and offers take it. */
export function rowsOf(world: SandboxWorld): WorldRows {
  const { settings, space } = world;
  return {
    volumes: [
      ...world.volumes.map((volume) => volumeRow(world, volume)),
      ...world.leftovers.map(leftoverRow),
      ...world.foreign.map(foreignRow),
    ],
    templates: world.templates.map((template) => templateRow(world, template)),
    facts: [
      { label: 'Folder', text: settings.root },
      { label: 'Prefix of devices', text: settings.prefix },
      { label: 'Default size', text: formatSize(settings.defaultSizeMib * 1024 ** 2) },
      ...fact('Free there', space === null ? null : `${bytes(space.freeBytes)} of ${bytes(space.sizeBytes)}`),
    ],
  };
}
