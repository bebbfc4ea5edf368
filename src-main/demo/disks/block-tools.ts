import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { asctime } from './smart-text';
import { allBlocks, linksOf, partitionUuidOf, pathOf, uuidOf, type DemoBlock, type DemoDisk } from './types';

type Cell = string | number | boolean | null | (string | null)[];
type Place = { block: DemoBlock; disk: DemoDisk; parent: DemoBlock | null };

/** Columns of lsblk (util-linux 2.38.1) that Holdfast asks for. */
const columns: Record<string, (place: Place) => Cell> = {
  NAME: ({ block }) => block.name,
  KNAME: ({ block }) => block.kernelName ?? block.name,
  PATH: ({ block }) => pathOf(block),
  TYPE: ({ block }) => block.type,
  SIZE: ({ block }) => block.sizeBytes,
  RO: ({ disk }) => disk.readOnly === true,
  RM: ({ disk }) => disk.removable === true,
  ROTA: ({ disk }) => disk.rotational,
  MODEL: ({ block, disk }) => (block === disk ? disk.model : null),
  SERIAL: ({ block, disk }) => (block === disk ? disk.serial : null),
  WWN: ({ disk, block }) => (block.type === 'disk' || block.type === 'part' ? disk.wwn : null),
  TRAN: ({ block, disk }) =>
    block === disk || (block.type === 'part' && disk.transport === 'nvme') ? disk.transport : null,
  SUBSYSTEMS: ({ block, disk }) =>
    block.type === 'disk' || block.type === 'part' ? disk.subsystems : 'block',
  FSTYPE: ({ block }) => block.content?.type ?? null,
  LABEL: ({ block }) => block.content?.label ?? null,
  UUID: ({ block, disk }) => uuidOf(block, disk),
  PARTUUID: ({ block, disk }) => (block.type === 'part' ? partitionUuidOf(block, disk) : null),
  PARTLABEL: ({ block }) => block.partitionLabel ?? null,
  PTTYPE: ({ block, disk }) =>
    block.type === 'disk' || block.type === 'part' ? (disk.partitionTable ?? null) : null,
  PKNAME: ({ parent }) => (parent === null ? null : (parent.kernelName ?? parent.name)),
  MOUNTPOINT: ({ block }) => block.mountpoint ?? null,
  MOUNTPOINTS: ({ block }) => [block.mountpoint ?? null],
  FSSIZE: ({ block }) => (block.mountpoint === undefined ? null : (block.filesystem?.sizeBytes ?? null)),
  FSUSED: ({ block }) => (block.mountpoint === undefined ? null : (block.filesystem?.usedBytes ?? null)),
  'LOG-SEC': () => 512,
  'PHY-SEC': ({ disk }) => disk.physicalSectorBytes,
};

function cell(value: Cell, indent: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const rows = value.map((each) => `${indent}    ${JSON.stringify(each)}`).join(',\n');
  return `[\n${rows}\n${indent}]`;
}

/** The layout of libsmartcols: three spaces a step, `},{` between objects. */
function drawBlocks(places: readonly Place[], names: readonly string[], indent: string): string {
  const inner = `${indent}   `;
  const objects = places.map((place) => {
    const rows = names.map(
      (name) => `${inner}"${name.toLowerCase()}": ${cell(columns[name]?.(place) ?? null, inner)}`,
    );
    const { children = [] } = place.block;
    if (children.length > 0) {
      const below = children.map((block) => ({ block, disk: place.disk, parent: place.block }));
      rows.push(`${inner}"children": [\n${drawBlocks(below, names, `${inner}   `)}${inner}]`);
    }
    return `{\n${rows.join(',\n')}\n${indent}}`;
  });
  return objects.length === 0 ? '\n' : `${indent}${objects.join(',')}\n`;
}

function lsblk(words: readonly string[], disks: readonly DemoDisk[]): CommandResult {
  const [json, bytes, option, ...more] = words;
  if (json !== '-J' || bytes !== '-b' || (option !== '-o' && option !== '-O')) {
    return failed(1, 'lsblk: the demo host answers -J -b with -o COLUMNS or -O only\n');
  }
  const rest = option === '-O' ? more : more.slice(1);
  const names = option === '-O' ? Object.keys(columns) : (more[0] ?? '').split(',');
  const unknown = names.findIndex((name) => columns[name] === undefined);
  if (unknown !== -1) return failed(1, `lsblk: unknown column: ${names.slice(unknown).join(',')}\n`);
  const asked = rest[0] === '--' ? rest.slice(1) : rest;
  const known = allBlocks(disks);
  const links = linksOf(disks);
  const complaints: string[] = [];
  const places =
    asked.length === 0
      ? disks.map((disk): Place => ({ block: disk, disk, parent: null }))
      : asked.flatMap((path): Place[] => {
          const found = known.get(resolved(path, links));
          if (found === undefined) complaints.push(`lsblk: ${path}: not a block device\n`);
          return found === undefined ? [] : [{ ...found, parent: null }];
        });
  const stdout = `{\n   "blockdevices": [\n${drawBlocks(places, names, '      ')}   ]\n}\n`;
  if (complaints.length === 0) return succeeded(stdout, 9);
  return failed(places.length === 0 ? 32 : 64, complaints.join(''), stdout);
}

/** Follows a link of /dev/disk/by-id. */
export function resolved(path: string, links: ReadonlyMap<string, string>): string {
  const folder = '/dev/disk/by-id/';
  const target = path.startsWith(folder) ? links.get(path.slice(folder.length)) : undefined;
  return target === undefined ? path : `/dev/${target}`;
}

function listLinks(words: readonly string[], disks: readonly DemoDisk[], bootMs: number): CommandResult {
  const [option, folder = '', ...rest] = words;
  if (option !== '-l' || rest.length > 0) return failed(2, 'ls: the demo host answers ls -l FOLDER only\n');
  if (folder !== '/dev/disk/by-id') {
    return failed(2, `ls: cannot access '${folder}': No such file or directory\n`);
  }
  const targets = [...linksOf(disks)].map(([name, kernelName]) => ({ name, target: `../../${kernelName}` }));
  const widest = Math.max(0, ...targets.map(({ target }) => String(target.length).length));
  const [, month = '', date = '', time = ''] = asctime(bootMs).split(/ +/);
  const when = `${month} ${date.padStart(2)} ${time.slice(0, 5)}`;
  const lines = targets.map(
    ({ name, target }) =>
      `lrwxrwxrwx 1 root root ${String(target.length).padStart(widest)} ${when} ${name} -> ${target}`,
  );
  return succeeded(['total 0', ...lines, ''].join('\n'), 2);
}

const permission = (tool: string, path: string) =>
  failed(1, `${tool}: error: ${path}: probing initialization failed: Permission denied\n`);

function wipefs(words: readonly string[], disks: readonly DemoDisk[], root: boolean): CommandResult {
  const [json, end, path = '', ...rest] = words;
  // Listing only: whatever erases is refused.
  if (json !== '-J' || end !== '--' || rest.length > 0)
    return failed(1, 'wipefs: the demo host only lists\n');
  const found = allBlocks(disks).get(resolved(path, linksOf(disks)));
  if (found === undefined)
    return failed(1, `wipefs: error: ${path}: probing initialization failed: No such file or directory\n`);
  if (!root) return permission('wipefs', path);
  const { block, disk } = found;
  const table = block === disk ? disk.partitionTable : undefined;
  const signatures = [
    ...(block.content === undefined ? [] : [{ offset: '0x438', ...block.content }]),
    ...(table === undefined ? [] : [{ offset: '0x200', type: table }]),
  ].map(({ offset, type, ...more }) => ({
    device: block.name,
    offset,
    type,
    uuid: null,
    label: null,
    ...more,
  }));
  const rows = signatures.map((each) => {
    const cells = Object.entries(each).map(([key, value]) => `         "${key}": ${JSON.stringify(value)}`);
    return `{\n${cells.join(',\n')}\n      }`;
  });
  const body = rows.length === 0 ? '\n' : `      ${rows.join(',')}\n`;
  return succeeded(`{\n   "signatures": [\n${body}   ]\n}\n`, 6);
}

const usage: Record<string, string> = { swap: 'other', LVM2_member: 'raid', linux_raid_member: 'raid' };

function blkid(words: readonly string[], disks: readonly DemoDisk[], root: boolean): CommandResult {
  const [probe, option, format, end, path = '', ...rest] = words;
  if ([probe, option, format, end].join(' ') !== '-p -o export --' || rest.length > 0) {
    return failed(4, 'blkid: the demo host answers -p -o export -- DEVICE only\n');
  }
  const found = root ? allBlocks(disks).get(resolved(path, linksOf(disks))) : undefined;
  if (found === undefined) return failed(2, '');
  const { block, disk } = found;
  const { content } = block;
  const lines = [
    ...(content === undefined
      ? []
      : [
          ...(content.label === undefined ? [] : [`LABEL=${content.label}`]),
          ...(content.uuid === undefined ? [] : [`UUID=${content.uuid}`]),
          `TYPE=${content.type}`,
          `USAGE=${usage[content.type] ?? 'filesystem'}`,
        ]),
    ...(block === disk && disk.partitionTable !== undefined ? [`PTTYPE=${disk.partitionTable}`] : []),
  ];
  return lines.length === 0
    ? failed(2, '')
    : succeeded(['', `DEVNAME=${path}`, ...lines, ''].join('\n').slice(1), 7);
}

/**
 * lsblk, ls of /dev/disk/by-id, wipefs (lists only) and blkid over a list of disks that is asked for at every
 * command, so that what a pool takes or gives back shows at once.
 */
export function blockTools(disks: () => readonly DemoDisk[], bootMs: number): SimulatedTool[] {
  return [
    { name: 'lsblk', folder: '/usr/bin', run: (words) => lsblk(words, disks()) },
    { name: 'ls', folder: '/usr/bin', run: (words) => listLinks(words, disks(), bootMs) },
    { name: 'wipefs', folder: '/usr/sbin', run: (words, { root }) => wipefs(words, disks(), root) },
    { name: 'blkid', folder: '/usr/sbin', run: (words, { root }) => blkid(words, disks(), root) },
  ];
}
