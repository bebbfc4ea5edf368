import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { Errno, type DeviceMapperModel } from './model';

/** dmsetup 1.02.185 and losetup 2.38.1 over the model, in their words. */

const nothing = 'No devices found\n';
const versionText = 'Library version:   1.02.185 (2022-05-18)\nDriver version:    4.47.0\n';
const targetsText =
  'thin-pool        v1.22.0\nthin             v1.22.0\nsnapshot-merge   v1.5.0\nsnapshot-origin  v1.9.0\nsnapshot         v1.16.0\nstriped          v1.6.0\nlinear           v1.4.0\nerror            v1.5.0\n';

function tried(work: () => void, said: (errno: string) => CommandResult, delayMs = 25): CommandResult {
  try {
    work();
    return succeeded('', delayMs);
  } catch (thrown) {
    if (thrown instanceof Errno) return said(thrown.message);
    throw thrown;
  }
}

function needsRoot(root: boolean): CommandResult | null {
  return root
    ? null
    : failed(
        1,
        '/dev/mapper/control: open failed: Permission denied\nFailure to communicate with kernel device-mapper driver.\nCommand failed.\n',
      );
}

function createDevice(model: DeviceMapperModel, name: string, table: string): CommandResult {
  const [, sectors, base, cow, chunk] = /^0 (\d+) snapshot (\S+) (\S+) P (\d+)$/.exec(table) ?? [];
  if (sectors === undefined || base === undefined || cow === undefined) {
    return failed(1, `Parsing of table "${table}" failed.\nCommand failed.\n`);
  }
  if (name.length > 127) return failed(1, `Name "${name}" too long.\nCommand failed.\n`);
  const reload = (errno: string) =>
    failed(1, `device-mapper: reload ioctl on ${name} (254:0) failed: ${errno}\nCommand failed.\n`);
  if (chunk !== '8') return reload('Invalid argument');
  return tried(
    () => model.create(name, Number(sectors), base, cow),
    (errno) => {
      if (errno === 'create busy') {
        return failed(
          1,
          `device-mapper: create ioctl on ${name}  failed: Device or resource busy\nCommand failed.\n`,
        );
      }
      if (errno === 'resume busy') {
        return failed(
          1,
          `device-mapper: resume ioctl on ${name}  failed: Invalid argument\nCommand failed.\n`,
        );
      }
      return reload(errno === 'too large' ? 'Invalid argument' : errno);
    },
    60,
  );
}

function dmsetup(model: DeviceMapperModel, words: readonly string[], root: boolean): CommandResult {
  const refused = needsRoot(root);
  const line = words.join(' ');
  if (line === 'version') return refused ?? succeeded(versionText, 5);
  if (line === 'targets') return refused ?? succeeded(targetsText, 5);
  if (refused !== null) return refused;
  const devices = [...model.devices.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  const list = (lines: readonly string[]): CommandResult =>
    succeeded(lines.length === 0 ? nothing : `${lines.join('\n')}\n`, 8);
  if (line === 'table') {
    return list(
      devices.map(({ name, sectors, snapshot, table }) =>
        snapshot === null
          ? `${name}: ${table}`
          : `${name}: 0 ${sectors} snapshot ${model.number(snapshot.base)} ${model.number(snapshot.cow)} P 8`,
      ),
    );
  }
  if (line === 'status --target snapshot') {
    return list(
      devices.flatMap((device) => {
        if (device.snapshot !== null)
          return [`${device.name}: 0 ${device.sectors} snapshot ${model.status(device)}`];
        return device.table.includes(' snapshot ')
          ? [`${device.name}: 0 ${device.sectors} snapshot 5242880/12582912 20488`]
          : [];
      }),
    );
  }
  if (line === 'info -c --noheadings --separator | -o name,uuid,major,minor,open,segments,attr') {
    return list(devices.map(({ name, uuid, minor, open }) => `${name}|${uuid}|254|${minor}|${open}|1|L--w`));
  }
  const [verb, name = '', option, table = ''] = words;
  if (verb === 'create' && option === '--table' && words.length === 4)
    return createDevice(model, name, table);
  if (verb === 'remove' && words.length === 2) {
    return tried(
      () => model.remove(name),
      (errno) => failed(1, `device-mapper: remove ioctl on ${name}  failed: ${errno}\nCommand failed.\n`),
      40,
    );
  }
  return failed(1, `dmsetup: the demo host does not know "${line}"\n`);
}

function losetup(model: DeviceMapperModel, words: readonly string[]): CommandResult {
  const line = words.join(' ');
  if (line === '--json --list --output NAME,MAJ:MIN,AUTOCLEAR,RO,BACK-FILE') {
    const rows = [...model.loops.values()].map(
      (loop) =>
        `{\n         "name": "${loop.name}",\n         "maj:min": "${model.number(loop).padStart(5).padEnd(7)}",\n         "autoclear": ${loop.autoclear},\n         "ro": ${loop.readOnly},\n         "back-file": "${loop.path}${model.isDeleted(loop) ? ' (deleted)' : ''}"\n      }`,
    );
    return succeeded(`{\n   "loopdevices": [\n      ${rows.join(',')}\n   ]\n}\n`, 8);
  }
  const [option, first = '', second] = words;
  if ((option === '--read-only' || option === '--nooverlap') && second !== undefined && words.length === 3) {
    return tried(
      () => model.attach(first, second, option === '--read-only', option === '--nooverlap'),
      (errno) =>
        errno === 'overlap'
          ? failed(1, `losetup: ${second}: overlapping loop device exists\n`)
          : failed(1, `losetup: ${second}: failed to set up loop device: ${errno}\n`),
    );
  }
  if (option === '-d' && words.length === 2) {
    return tried(
      () => model.detach(first),
      (errno) => failed(1, `losetup: ${first}: detach failed: ${errno}\n`),
    );
  }
  if (option === '-c' && words.length === 2) {
    const loop = model.loops.get(first);
    if (loop === undefined)
      return failed(1, `losetup: ${first}: set capacity failed: No such device or address\n`);
    loop.sizeBytes = loop.inode.sizeBytes;
    return succeeded();
  }
  return failed(1, `losetup: the demo host does not know "${line}"\n`);
}

export function kernelTools(model: DeviceMapperModel): SimulatedTool[] {
  return [
    { name: 'dmsetup', folder: '/usr/sbin', run: (words, { root }) => dmsetup(model, words, root) },
    { name: 'losetup', folder: '/usr/sbin', run: (words) => losetup(model, words) },
  ];
}
