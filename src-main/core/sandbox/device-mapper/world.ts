import type { SandboxSettings, TemplateMeta, VolumeMeta } from './meta';
import { pausedMetaSchema, readMeta, templateMetaSchema, volumeMetaSchema } from './meta';
import { deviceName, deviceOwner, isSandboxId, isTemplateName, paths } from './names';
import { momentMs, type FileFacts } from '../stat-listing';
import type { DeviceInfo, DeviceTable, LoopDevice, SnapshotStatus, Space } from './parse';

/** All that was read of one host, before anything is made of it. */
export interface RawWorld {
  settings: SandboxSettings;
  devices: readonly DeviceInfo[];
  tables: readonly DeviceTable[];
  statuses: ReadonlyMap<string, SnapshotStatus>;
  loops: readonly LoopDevice[];
  /** null: the folder is not there yet. */
  files: ReadonlyMap<string, FileFacts> | null;
  metas: ReadonlyMap<string, string>;
  /** null: the folder is not there yet. */
  space: Space | null;
}

export interface SnapshotDevice {
  name: string;
  /** `254:0` */
  number: string;
  /** Mounts, virtual machines and other devices that hold it. */
  open: number;
  sectors: number;
  status: SnapshotStatus;
  /** null: not a loop device that has a file. */
  base: LoopDevice | null;
  cow: LoopDevice | null;
  ours: { kind: 'volume' | 'flatten'; id: string } | null;
}

export interface Template {
  name: string;
  path: string;
  /** null: an image without a description, put there by hand. */
  meta: TemplateMeta | null;
  /** When it was described; null: it was not. */
  createdAtMs: number | null;
  file: FileFacts;
  /** Read-only loop devices that have it, with how many devices stand on each. */
  loops: { loop: LoopDevice; users: number }[];
  /** Sandbox volumes that are made of it, active or not. */
  volumes: string[];
}

export const volumeStates = [
  'running',
  'pending',
  'starting',
  'stopped',
  'paused',
  'hibernated',
  'error',
] as const;
export type VolumeState = (typeof volumeStates)[number];

export interface SandboxVolume {
  id: string;
  /**
   * | state      | device       | copy-on-write file                        |
   * | running    | there, held  | in volumes/                               |
   * | pending    | there        | in volumes/: nobody has opened it         |
   * | starting   | –            | in volumes/, on a loop device             |
   * | stopped    | –            | in volumes/                               |
   * | paused     | –            | in paused/ID/, with the memory beside it  |
   * | hibernated | –            | in paused/ID/, alone                      |
   * | error      | lost         | or no file, no template, no description   |
   */
  state: VolumeState;
  meta: VolumeMeta | null;
  createdAtMs: number | null;
  device: SnapshotDevice | null;
  /** Where its changes are; null: nowhere. */
  cow: { path: string; file: FileFacts } | null;
  /** Loop devices that have the file. */
  loops: LoopDevice[];
  /** Files of a paused sandbox beside its disk: memory and the state of its machine. */
  memoryFiles: string[];
  templateName: string | null;
  /** Why it is in `error`. */
  problem: string | null;
}

/** Something that a plan which did not come to its end, or another tool, left on the host. */
export interface Leftover {
  /** `device:sbx-flatten-a`, `loop:/dev/loop5`, `file:templates/x.ext4.part`. */
  id: string;
  kind: 'device' | 'loop' | 'file';
  /** As commands name it. */
  name: string;
  why: string;
  sizeBytes: number | null;
  /** Why it can't be cleaned now; null: it can. */
  busy: string | null;
}

export interface SandboxWorld {
  settings: SandboxSettings;
  templates: Template[];
  volumes: SandboxVolume[];
  /** Snapshot devices of others: shown, never touched. */
  foreign: SnapshotDevice[];
  leftovers: Leftover[];
  loops: readonly LoopDevice[];
  tables: readonly DeviceTable[];
  files: ReadonlyMap<string, FileFacts> | null;
  space: Space | null;
}

/** How many device-mapper devices stand on a block device, from the tables of the kernel. */
export function usersOf(tables: readonly DeviceTable[], number: string): number {
  return new Set(tables.filter(({ below }) => below.includes(number)).map(({ name }) => name)).size;
}

export function isLost(status: SnapshotStatus | undefined): boolean {
  return status?.kind === 'invalid' || status?.kind === 'overflow' || status?.kind === 'merge-failed';
}

/** Share of the store that is used, in percent. null: lost, or not told. */
export function usedPercent(status: SnapshotStatus): number | null {
  return status.kind === 'used' && status.totalSectors > 0
    ? (status.usedSectors / status.totalSectors) * 100
    : null;
}

function snapshotDevices(raw: RawWorld): SnapshotDevice[] {
  const byNumber = new Map(raw.loops.map((loop) => [loop.number, loop]));
  return raw.tables.flatMap(({ name, sectors, snapshot }): SnapshotDevice[] => {
    const info = raw.devices.find((device) => device.name === name);
    // LVM makes its thick snapshots of the same target; they stand among the snapshots of pools.
    if (snapshot === null || info?.uuid.startsWith('LVM-') === true) return [];
    return [
      {
        name,
        number: info?.number ?? '',
        open: info?.open ?? 0,
        sectors,
        status: raw.statuses.get(name) ?? { kind: 'unknown' },
        base: byNumber.get(snapshot.base) ?? null,
        cow: byNumber.get(snapshot.cow) ?? null,
        ours: deviceOwner(raw.settings.prefix, name),
      },
    ];
  });
}

function namesIn(files: RawWorld['files'], folder: string, ending: string): string[] {
  return [...(files ?? [])].flatMap(([path, { kind }]) =>
    kind === 'file' && path.startsWith(`${folder}/`) && path.endsWith(ending)
      ? [path.slice(folder.length + 1, -ending.length)]
      : [],
  );
}

/** Descriptions are written once. */
function madeAtMs({ files }: RawWorld, path: string): number | null {
  const seconds = files?.get(path)?.changedAtSeconds;
  return seconds === undefined ? null : momentMs(seconds);
}

function templatesOf(raw: RawWorld): Template[] {
  const { root } = raw.settings;
  return namesIn(raw.files, 'templates', '.ext4')
    .filter(isTemplateName)
    .sort()
    .flatMap((name): Template[] => {
      const path = paths.image(root, name);
      const file = raw.files?.get(path.slice(root.length + 1));
      if (file === undefined) return [];
      const meta = readMeta(templateMetaSchema, raw.metas.get(`templates/${name}.json`) ?? '');
      const loops = raw.loops.filter((loop) => loop.file === path && !loop.deleted && loop.readOnly);
      return [
        {
          name,
          path,
          meta: meta?.name === name ? meta : null,
          createdAtMs: madeAtMs(raw, `templates/${name}.json`),
          file,
          loops: loops.map((loop) => ({ loop, users: usersOf(raw.tables, loop.number) })),
          volumes: [],
        },
      ];
    });
}

/** Every id that a device, a file or a description speaks of. */
function volumeIds(raw: RawWorld, devices: readonly SnapshotDevice[]): string[] {
  const folders = [...(raw.files ?? [])].flatMap(([path, { kind }]) =>
    kind === 'folder' && /^paused\/[^/]+$/.test(path) ? [path.slice('paused/'.length)] : [],
  );
  return [
    ...new Set([
      ...devices.flatMap(({ ours }) => (ours?.kind === 'volume' ? [ours.id] : [])),
      ...namesIn(raw.files, 'volumes', '.cow'),
      ...namesIn(raw.files, 'volumes', '.json'),
      ...folders,
    ]),
  ]
    .filter(isSandboxId)
    .sort();
}

function volumeOf(
  raw: RawWorld,
  devices: readonly SnapshotDevice[],
  templates: readonly Template[],
  id: string,
): SandboxVolume {
  const { root, prefix } = raw.settings;
  const meta = readMeta(volumeMetaSchema, raw.metas.get(`volumes/${id}.json`) ?? '');
  const own = meta?.id === id ? meta : null;
  const device = devices.find(({ name }) => name === deviceName(prefix, id)) ?? null;
  const at = (path: string): { path: string; file: FileFacts } | null => {
    const file = raw.files?.get(path.slice(root.length + 1));
    return file === undefined ? null : { path, file };
  };
  const active = at(paths.cow(root, id));
  const paused = at(paths.pausedCow(root, id));
  const cow = active ?? paused;
  const folder = `paused/${id}/`;
  const memoryFiles = [...(raw.files?.keys() ?? [])]
    .filter((path) => path.startsWith(folder) && !/\/rootfs\.(?:cow|meta)$/.test(path))
    .map((path) => path.slice(folder.length))
    .sort();
  const said =
    readMeta(pausedMetaSchema, raw.metas.get(`paused/${id}/rootfs.meta`) ?? '')?.base_template ?? null;
  const templateName = own?.template ?? said ?? templateOfBase(templates, device);
  const loops = cow === null ? [] : raw.loops.filter(({ file, deleted }) => file === cow.path && !deleted);
  const problem = problemOf({ device, active, paused, templateName, templates });
  return {
    id,
    meta: own,
    createdAtMs: madeAtMs(raw, `volumes/${id}.json`),
    device,
    cow,
    loops,
    memoryFiles,
    templateName,
    problem,
    state: problem === null ? stateOf({ device, active, loops, memoryFiles }) : 'error',
  };
}

function templateOfBase(templates: readonly Template[], device: SnapshotDevice | null): string | null {
  return templates.find(({ path }) => path === device?.base?.file)?.name ?? null;
}

function problemOf({
  device,
  active,
  paused,
  templateName,
  templates,
}: {
  device: SnapshotDevice | null;
  active: unknown;
  paused: unknown;
  templateName: string | null;
  templates: readonly Template[];
}): string | null {
  const word = device?.status.kind;
  if (word === 'invalid') {
    return 'Its copy-on-write file ran full, and the kernel dropped the snapshot (Invalid). What was written is lost for good, also after a restore.';
  }
  if (word === 'overflow')
    return 'Its copy-on-write file ran full (Overflow). What was written is lost for good.';
  if (word === 'merge-failed') return 'Merging it into its template failed (Merge failed). Both are lost.';
  if (active === null && paused === null) {
    return device === null
      ? 'Its description is there, and its copy-on-write file is not: what was written is gone.'
      : 'Its copy-on-write file was deleted while the device uses it: everything is gone when the device is.';
  }
  if (active !== null && paused !== null) {
    return 'There are two copy-on-write files of it, one in volumes/ and one in paused/. Which one is meant cannot be told.';
  }
  if (templateName === null) return 'Nothing tells of which template it is, so it cannot be attached.';
  if (!templates.some(({ name }) => name === templateName)) {
    return `Its template ${templateName} is not there any more, and without it nothing of the volume can be read.`;
  }
  return null;
}

function stateOf({
  device,
  active,
  loops,
  memoryFiles,
}: {
  device: SnapshotDevice | null;
  active: unknown;
  loops: readonly unknown[];
  memoryFiles: readonly string[];
}): VolumeState {
  if (device !== null) return device.open > 0 ? 'running' : 'pending';
  if (active !== null) return loops.length > 0 ? 'starting' : 'stopped';
  return memoryFiles.length > 0 ? 'paused' : 'hibernated';
}

/** What there is, from what the host itself says. Pure. */
export function worldOf(raw: RawWorld): SandboxWorld {
  const devices = snapshotDevices(raw);
  const templates = templatesOf(raw);
  const volumes = volumeIds(raw, devices).map((id) => volumeOf(raw, devices, templates, id));
  for (const template of templates) {
    template.volumes = volumes
      .filter(({ templateName }) => templateName === template.name)
      .map(({ id }) => id);
  }
  return {
    settings: raw.settings,
    templates,
    volumes,
    foreign: devices.filter(({ ours }) => ours === null),
    leftovers: leftoversOf(raw, devices, templates, volumes),
    loops: raw.loops,
    tables: raw.tables,
    files: raw.files,
    space: raw.space,
  };
}

/**
 * What nothing accounts for, in the order in which it has to go: devices, then the loop devices below them, then files.
 */
function leftoversOf(
  raw: RawWorld,
  devices: readonly SnapshotDevice[],
  templates: readonly Template[],
  volumes: readonly SandboxVolume[],
): Leftover[] {
  const stale = devices.filter(
    ({ ours }) =>
      ours !== null &&
      (ours.kind === 'flatten' ||
        volumes.find(({ id }) => id === ours.id)?.cow?.path !== paths.cow(raw.settings.root, ours.id)),
  );
  const gone = new Set(stale.map(({ name }) => name));
  return [
    ...stale.map((device): Leftover => ({
      id: `device:${device.name}`,
      kind: 'device',
      name: device.name,
      why:
        device.ours?.kind === 'flatten'
          ? 'A device that flattening made for a moment.'
          : 'A device of Holdfast without its copy-on-write file.',
      sizeBytes: null,
      busy: device.open > 0 ? `Something holds it open (${device.open}).` : null,
    })),
    ...looseLoops(raw, gone),
    ...looseFiles(raw, templates, volumes, devices),
  ];
}

/** Loop devices on our files that no table of the kernel uses, or only devices that are left over themselves. */
function looseLoops({ settings, loops, tables }: RawWorld, gone: ReadonlySet<string>): Leftover[] {
  return loops.flatMap((loop): Leftover[] => {
    const { file } = loop;
    const folder = [paths.templates, paths.volumes, paths.paused]
      .map((of) => `${of(settings.root)}/`)
      .find((prefix) => file?.startsWith(prefix) === true);
    if (file === null || folder === undefined) return [];
    const others = tables.filter(({ name, below }) => below.includes(loop.number) && !gone.has(name));
    if (others.length > 0) return [];
    const what = folder === `${paths.templates(settings.root)}/` ? 'a template' : 'a copy-on-write file';
    return [
      {
        id: `loop:${loop.name}`,
        kind: 'loop',
        name: loop.name,
        why: `A loop device on ${what} (${file}${loop.deleted ? ', deleted' : ''}) that no device uses.`,
        sizeBytes: null,
        busy: loop.autoclear
          ? 'It was detached while something had it open, and goes when that lets go.'
          : null,
      },
    ];
  });
}

function looseFiles(
  raw: RawWorld,
  templates: readonly Template[],
  volumes: readonly SandboxVolume[],
  devices: readonly SnapshotDevice[],
): Leftover[] {
  const { files, settings } = raw;
  const left: Leftover[] = [];
  const add = (path: string, why: string, busy: string | null = null): void => {
    left.push({
      id: `file:${path}`,
      kind: 'file',
      name: `${settings.root}/${path}`,
      why,
      sizeBytes: files?.get(path)?.allocatedBytes ?? null,
      busy,
    });
  };
  for (const name of namesIn(files, 'templates', '.ext4.part').filter(isTemplateName)) {
    // dd(1) holds the device it copies from.
    const copying = devices.some(
      ({ ours, open }) => ours !== null && open > 0 && (ours.kind === 'flatten' || ours.id === name),
    );
    add(
      `templates/${name}.ext4.part`,
      'An image that was on its way when flattening ended.',
      copying ? 'A device is being read, perhaps into this very file.' : null,
    );
  }
  for (const name of namesIn(files, 'templates', '.json').filter(isTemplateName)) {
    if (!templates.some((template) => template.name === name)) {
      add(`templates/${name}.json`, 'The description of a template whose image is not there.');
    }
  }
  for (const { id, meta, cow, device, templateName } of volumes) {
    if (meta !== null && cow === null && device === null) {
      add(`volumes/${id}.json`, 'The description of a volume whose copy-on-write file is not there.');
    }
    // Never written: taken by a plan that ended before it could say what it is for.
    if (meta === null && device === null && templateName === null && cow?.file.allocatedBytes === 0) {
      add(`volumes/${id}.cow`, 'An empty copy-on-write file without a description.');
    }
  }
  return left;
}

/** The lowest numbers of loop devices that have no file. The kernel decides again when one is taken. */
export function freeLoops({ loops }: Pick<SandboxWorld, 'loops'>, count: number): string[] {
  const taken = new Set(loops.map(({ name }) => name));
  const free: string[] = [];
  for (let number = 0; free.length < count; number += 1) {
    const name = `/dev/loop${number}`;
    if (!taken.has(name)) free.push(name);
  }
  return free;
}

/** A loop device that has this template and may be shared: it does not go by itself. */
export function sharedBase(template: Template): LoopDevice | null {
  return template.loops.find(({ loop }) => !loop.autoclear)?.loop ?? null;
}
