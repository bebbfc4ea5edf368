import { failed, succeeded, type CommandResult } from '../result';
import type { SimulatedTool } from '../machine';
import type { DemoContent, DemoDevice, DemoDisk } from './disks';
import type { DemoArray, MdadmModel } from './model';

/** lsblk, blkid, wipefs and `ls -l /dev/disk/by-id` of a host with arrays, as util-linux 2.38.1 prints them. */

type Value = string | number | boolean | null | (string | null)[];
interface Node {
  values: Record<string, Value>;
  children: Node[];
}

const fillOf = (device: { sizeBytes: number; mountpoint: string | null }, share: number): number | null =>
  device.mountpoint === null || device.mountpoint === '[SWAP]' ? null : Math.floor(device.sizeBytes * share);

/** Every column that is asked for anywhere, by its name in `-o`. */
function valuesOf(
  device: DemoDevice,
  disk: DemoDisk | null,
  more: { readOnly?: boolean; partitionTable?: boolean } = {},
): Record<string, Value> {
  const { name, content, mountpoint } = device;
  return {
    NAME: name,
    KNAME: name,
    PATH: `/dev/${name}`,
    'MAJ:MIN': `${device.major}:${device.minor}`,
    TYPE: device.type,
    SIZE: device.sizeBytes,
    RO: more.readOnly ?? false,
    RM: false,
    ROTA: disk?.rotational ?? false,
    MODEL: disk?.model ?? null,
    SERIAL: disk?.serial ?? null,
    WWN: null,
    TRAN: disk?.transport ?? null,
    SUBSYSTEMS: device.type === 'disk' ? 'block:scsi:pci' : 'block',
    FSTYPE: content?.type ?? null,
    UUID: content?.uuid ?? null,
    LABEL: content?.label ?? null,
    PARTLABEL: null,
    PTTYPE: more.partitionTable === true ? 'gpt' : null,
    MOUNTPOINT: mountpoint,
    MOUNTPOINTS: [mountpoint],
    FSSIZE: fillOf(device, 0.98),
    FSUSED: fillOf(device, 0.41),
    'LOG-SEC': 512,
    'PHY-SEC': disk?.physicalSectorBytes ?? 512,
  };
}

function arrayDevice(model: MdadmModel, array: DemoArray): DemoDevice {
  const number = Number(array.name.replace(/^md/, ''));
  return {
    name: array.name,
    type: array.started ? array.level : 'md',
    major: 9,
    minor: number,
    sizeBytes: array.started ? model.sizeKib(array, array.sync?.from ?? array.places) * 1024 : 0,
    content: array.content === null ? null : { ...array.content, version: null },
    mountpoint: array.mountpoint,
  };
}

function arrayNode(model: MdadmModel, array: DemoArray): Node {
  return { values: valuesOf(arrayDevice(model, array), null), children: [] };
}

function diskNode(model: MdadmModel, disk: DemoDisk): Node {
  const holder = model.holderOf(disk);
  const children = disk.partitions.map((part) => ({ values: valuesOf(part, null), children: [] }));
  return {
    values: valuesOf(disk, disk, { partitionTable: disk.partitions.length > 0 }),
    // lsblk shows an array below its members, also one that is not started.
    children: holder === undefined ? children : [...children, arrayNode(model, holder)],
  };
}

function json(value: Value, indent: string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return `[\n${value.map((each) => `${indent}    ${JSON.stringify(each)}`).join(',')}\n${indent}]`;
}

/** As util-linux lays out JSON: three spaces a level, `},{` between siblings. */
function renderNode(node: Node, columns: readonly string[], indent: string): string {
  const inner = `${indent}   `;
  const lines = columns.map(
    (column) => `${inner}"${column.toLowerCase()}": ${json(node.values[column] ?? null, inner)}`,
  );
  if (node.children.length > 0) {
    lines.push(`${inner}"children": [\n${renderNodes(node.children, columns, `${inner}   `)}${inner}]`);
  }
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function renderNodes(nodes: readonly Node[], columns: readonly string[], indent: string): string {
  return `${indent}${nodes.map((node) => renderNode(node, columns, indent)).join(',')}\n`;
}

function render(nodes: readonly Node[], columns: readonly string[]): string {
  const body = nodes.length === 0 ? '\n' : renderNodes(nodes, columns, '      ');
  return `{\n   "blockdevices": [\n${body}   ]\n}\n`;
}

function nodeOf(model: MdadmModel, path: string): Node | null {
  const disk = model.disk(path);
  if (disk !== undefined) return diskNode(model, disk);
  const array = model.array(path);
  if (array !== undefined) return arrayNode(model, array);
  const part = model.disks
    .flatMap(({ partitions }) => partitions)
    .find(({ name }) => path === `/dev/${name}`);
  return part === undefined ? null : { values: valuesOf(part, null), children: [] };
}

function runLsblk(words: readonly string[], model: MdadmModel): CommandResult {
  const [json, bytes, option, list = '', separator, ...paths] = words;
  const known = Object.keys(
    valuesOf({ name: '', type: '', major: 0, minor: 0, sizeBytes: 0, content: null, mountpoint: null }, null),
  );
  const columns = list.split(',');
  if (json !== '-J' || bytes !== '-b' || option !== '-o') return failed(1, 'lsblk: bad usage\n');
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) return failed(1, `lsblk: unknown column: ${unknown}\n`);
  if (separator === undefined) {
    return succeeded(
      render(
        model.disks.map((disk) => diskNode(model, disk)),
        columns,
      ),
      4,
    );
  }
  if (separator !== '--') return failed(1, 'lsblk: bad usage\n');
  const missing = paths.filter((path) => nodeOf(model, path) === null);
  const nodes = paths.flatMap((path) => nodeOf(model, path) ?? []);
  const stderr = missing.map((path) => `lsblk: ${path}: not a block device\n`).join('');
  return { ...succeeded(render(nodes, columns), 3), exitCode: missing.length > 0 ? 32 : 0, stderr };
}

const usages: Record<string, string> = { linux_raid_member: 'raid', LVM2_member: 'raid', swap: 'other' };

function dashed(uuid: string, type: string): string {
  if (type !== 'linux_raid_member') return uuid;
  const digits = uuid.replaceAll(':', '');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}

function contentAt(
  model: MdadmModel,
  path: string,
): { name: string; content: DemoContent | null; table: boolean } | null {
  const disk = model.disk(path);
  if (disk !== undefined)
    return { name: disk.name, content: disk.content, table: disk.partitions.length > 0 };
  const part = model.disks
    .flatMap(({ partitions }) => partitions)
    .find(({ name }) => path === `/dev/${name}`);
  if (part !== undefined) return { name: part.name, content: part.content, table: false };
  const array = model.array(path);
  return array === undefined
    ? null
    : {
        name: array.name,
        content: array.content === null ? null : { ...array.content, version: null },
        table: false,
      };
}

function runBlkid(words: readonly string[], model: MdadmModel, root: boolean): CommandResult {
  const [probe, option, format, separator, path = '', ...rest] = words;
  if (probe !== '-p' || option !== '-o' || format !== 'export' || separator !== '--' || rest.length > 0) {
    return failed(4, 'blkid: bad usage\n');
  }
  const found = contentAt(model, path);
  if (found === null) return failed(2, `blkid: error: ${path}: No such file or directory\n`);
  if (!root) return failed(2, `blkid: error: ${path}: Permission denied\n`);
  const { content, table } = found;
  if (table) return succeeded(`DEVNAME=${path}\nPTTYPE=gpt\n`, 5);
  if (content === null) return failed(2, '');
  return succeeded(
    [
      `DEVNAME=${path}`,
      `UUID=${dashed(content.uuid, content.type)}`,
      ...(content.label === null ? [] : [`LABEL=${content.label}`]),
      ...(content.version === null ? [] : [`VERSION=${content.version}`]),
      `TYPE=${content.type}`,
      `USAGE=${usages[content.type] ?? 'filesystem'}`,
      '',
    ].join('\n'),
    5,
  );
}

function runWipefs(words: readonly string[], model: MdadmModel): CommandResult {
  const [json, separator, path = '', ...rest] = words;
  if (json !== '-J' || separator !== '--' || rest.length > 0) return failed(1, 'wipefs: bad usage\n');
  const found = contentAt(model, path);
  if (found === null)
    return failed(1, `wipefs: error: ${path}: probing initialization failed: No such file or directory\n`);
  const { name, content } = found;
  if (content === null) return succeeded('', 5);
  const row = [
    ['device', name],
    ['offset', content.type === 'linux_raid_member' ? '0x1000' : '0x438'],
    ['type', content.type],
    ['uuid', dashed(content.uuid, content.type)],
    ['label', content.label],
  ] as const;
  const lines = row.map(([key, value]) => `         "${key}": ${JSON.stringify(value)}`).join(',\n');
  return succeeded(`{\n   "signatures": [\n      {\n${lines}\n      }\n   ]\n}\n`, 5);
}

/** `ls -l /dev/disk/by-id`, and nothing else of ls. */
function runLs(words: readonly string[], model: MdadmModel): CommandResult {
  const [long, folder, ...rest] = words;
  if (long !== '-l' || folder !== '/dev/disk/by-id' || rest.length > 0) {
    return failed(2, `ls: cannot access '${words.at(-1) ?? ''}': No such file or directory\n`);
  }
  const links = model.disks.flatMap((disk) => [
    [disk.byId, disk.name] as const,
    ...disk.partitions.map((part, index) => [`${disk.byId}-part${index + 1}`, part.name] as const),
  ]);
  const arrays = model.arrays
    .filter(({ started }) => started)
    .map(({ uuid, name }) => [`md-uuid-${uuid}`, name] as const);
  const all = [...links, ...arrays].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = all.map(
    ([link, name]) => `lrwxrwxrwx 1 root root ${name.length + 6} Nov 23 05:23 ${link} -> ../../${name}`,
  );
  return succeeded(['total 0', ...lines, ''].join('\n'), 2);
}

export function blockTools(model: MdadmModel): SimulatedTool[] {
  return [
    {
      name: 'lsblk',
      folder: '/usr/bin',
      run: (words, { nowMs }) => {
        model.advance(nowMs);
        return runLsblk(words, model);
      },
    },
    { name: 'ls', folder: '/usr/bin', run: (words) => runLs(words, model) },
    { name: 'blkid', folder: '/usr/sbin', run: (words, { root }) => runBlkid(words, model, root) },
    { name: 'wipefs', folder: '/usr/sbin', run: (words) => runWipefs(words, model) },
  ];
}
