import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { asctime } from './disks';
import type { DemoDisk } from './disks';
import type { DemoArray, DemoLevel, DemoMember, MdadmModel } from './model';
import { detailScanLine, detailText, examineLines, mdstatText, syncText } from './text';
import { blockTools } from './block-commands';

/** mdadm 4.2 over a model: exactly what Holdfast sends, and the failures of the real tool. */

interface Call {
  model: MdadmModel;
  root: boolean;
  nowMs: number;
}

const version = 'mdadm - v4.2 - 2021-12-30 - Debian 4.2-5\n';
/** mdadm tells success on stderr. */
const said = (text: string, delayMs = 30): CommandResult => ({ ...succeeded('', delayMs), stderr: text });
const usage = failed(1, 'Usage: mdadm --help\n  for help\n');
const notRoot = failed(1, 'mdadm: must be super-user to perform this action\n');

const bootNote =
  "mdadm: Note: this array has metadata at the start and\n    may not be suitable as a boot device.  If you plan to\n    store '/boot' on this device please ensure that\n    your boot-loader understands md/v1.x metadata, or use\n    --metadata=0.90\n";

const noArray = (path: string): string => `mdadm: error opening ${path}: No such file or directory\n`;

function detail([path = '', ...rest]: readonly string[], { model, nowMs }: Call): CommandResult {
  if (path === '--scan' && rest.length === 0) {
    return succeeded(model.arrays.map(detailScanLine).join(''), 10);
  }
  if (rest.length > 0) return usage;
  const array = model.array(path);
  if (array !== undefined) return succeeded(detailText(model, array, nowMs), 10);
  return model.disk(path) === undefined
    ? failed(1, `mdadm: cannot open ${path}: No such file or directory\n`)
    : failed(1, `mdadm: ${path} does not appear to be an md device\n`);
}

function examineDevice(model: MdadmModel, array: DemoArray, disk: DemoDisk): string {
  const member = array.members.find((each) => each.disk === disk);
  const sectors = Math.floor(disk.sizeBytes / 512) - array.offsetKib * 2;
  return [
    `/dev/${disk.name}:`,
    '          Magic : a92b4efc',
    '        Version : 1.2',
    `    Feature Map : ${array.bitmap ? '0x1' : '0x0'}`,
    `     Array UUID : ${array.uuid}`,
    `           Name : ${array.label}  (local to host ${model.hostname})`,
    `  Creation Time : ${asctime(array.createdAtMs)}`,
    `     Raid Level : ${array.level}`,
    `   Raid Devices : ${array.places}`,
    '',
    ` Avail Dev Size : ${sectors} sectors`,
    `     Array Size : ${model.sizeKib(array)} KiB`,
    `  Used Dev Size : ${array.usedKib * 2} sectors`,
    `    Data Offset : ${array.offsetKib * 2} sectors`,
    '   Super Offset : 8 sectors',
    `   Unused Space : before=${array.offsetKib * 2 - 80} sectors, after=${sectors - array.usedKib * 2} sectors`,
    '          State : clean',
    `         Events : ${array.events}`,
    '',
    `   Device Role : ${member === undefined || member.slot === null ? 'spare' : `Active device ${member.slot}`}`,
    '',
  ].join('\n');
}

function examine(words: readonly string[], { model }: Call): CommandResult {
  const listing = (found: ReadonlyMap<DemoArray, DemoDisk[]>): CommandResult =>
    succeeded(
      [...found]
        .map(([array, disks]) =>
          examineLines(
            array,
            disks.map(({ name }) => `/dev/${name}`),
          ),
        )
        .join(''),
      40,
    );
  if (words.join(' ') === '--scan --verbose') return listing(model.labelled());
  const brief = words[0] === '--brief' && words[1] === '--verbose';
  const paths = brief ? words.slice(2) : words;
  if (paths.length === 0 || paths.some((path) => path.startsWith('-'))) return usage;
  const disks = paths.map((path) => model.disk(path));
  const gone = paths.find((_, index) => disks[index] === undefined);
  if (gone !== undefined) return failed(1, `mdadm: cannot open ${gone}: No such file or directory\n`);
  const found = model.labelled(disks.flatMap((disk) => disk ?? []));
  if (brief) return listing(found);
  return succeeded(
    [...found].flatMap(([array, mine]) => mine.map((disk) => examineDevice(model, array, disk))).join(''),
    20,
  );
}

function isLevel(word: string): word is DemoLevel {
  return ['raid0', 'raid1', 'raid5', 'raid6', 'raid10'].includes(word);
}

const fewest: Record<DemoLevel, number> = { raid0: 1, raid1: 1, raid5: 2, raid6: 4, raid10: 2 };

function create(words: readonly string[], { model, nowMs }: Call): CommandResult {
  const [path = '', ...rest] = words;
  const values = new Map<string, string>();
  const paths: string[] = [];
  const queue = [...rest];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--run') values.set(word, '');
    else if (word.startsWith('--bitmap=')) values.set('--bitmap', word.slice('--bitmap='.length));
    else if (['--level', '--raid-devices', '--spare-devices', '--bitmap'].includes(word))
      values.set(word, queue.shift() ?? '');
    else if (word.startsWith('-')) return usage;
    else paths.push(word);
  }
  const level = `raid${values.get('--level') ?? ''}`;
  const count = Number(values.get('--raid-devices') ?? '0');
  const spareCount = Number(values.get('--spare-devices') ?? '0');
  if (!isLevel(level) || !/^\/dev\/md\d{1,3}$/.test(path)) return usage;
  if (count < fewest[level]) {
    return failed(1, `mdadm: at least ${fewest[level]} raid-devices needed for level ${level.slice(4)}\n`);
  }
  if (paths.length < count + spareCount) {
    return failed(1, "mdadm: You haven't given enough devices (real or missing) to create this array\n");
  }
  const disks: DemoDisk[] = [];
  let asks = '';
  for (const device of paths) {
    const disk = model.disk(device);
    if (disk === undefined) return failed(2, `mdadm: cannot open ${device}: No such file or directory\n`);
    if (model.isBusy(disk)) return failed(2, `mdadm: cannot open ${device}: Device or resource busy\n`);
    if (disks.includes(disk)) {
      return failed(
        1,
        `mdadm: Defaulting to version 1.2 metadata\nmdadm: failed to open ${device} after earlier success - aborting\n`,
      );
    }
    if (disk.content?.type.startsWith('ext') === true) {
      asks += `mdadm: ${device} appears to contain an ext2fs file system\n       size=${Math.floor(disk.sizeBytes / 1024)}K  mtime=Thu Jan  1 00:00:00 1970\n`;
    }
    disks.push(disk);
  }
  const note = level === 'raid1' ? bootNote : '';
  if ((asks !== '' || note !== '') && !values.has('--run')) {
    return failed(1, `${asks}${note}Continue creating array? mdadm: create aborted.\n`);
  }
  if (model.array(path) !== undefined) {
    return failed(
      1,
      `${asks}${note}mdadm: Fail to create ${path.slice(5)} when using /sys/module/md_mod/parameters/new_array, fallback to creation via node\nmdadm: ${path} is already in use.\n`,
    );
  }
  model.create(path.slice(5), level, disks.slice(0, count), {
    spares: disks.slice(count),
    bitmap: values.get('--bitmap') === 'internal',
    atMs: nowMs,
  });
  return said(
    `${asks}${note}mdadm: Defaulting to version 1.2 metadata\nmdadm: array ${path} started.\n`,
    250,
  );
}

function stop([path = '', ...rest]: readonly string[], { model }: Call): CommandResult {
  const array = model.array(path);
  if (rest.length > 0) return usage;
  if (array === undefined) return failed(1, noArray(path));
  if (array.mountpoint !== null) {
    return failed(
      1,
      `mdadm: Cannot get exclusive access to ${path}:Perhaps a running process, mounted filesystem or active volume group?\n`,
    );
  }
  model.stop(array);
  return said(`mdadm: stopped ${path}\n`, 120);
}

function assemble(words: readonly string[], { model, nowMs }: Call): CommandResult {
  const [path = '', option, uuid, run, ...rest] = words;
  if (option !== '--uuid' || uuid === undefined || (run !== undefined && run !== '--run') || rest.length > 0)
    return usage;
  const array = model.stopped.find((each) => each.uuid === uuid);
  const taken = model.array(path);
  if (array === undefined) return { ...failed(2, ''), delayMs: 60 };
  if (taken !== undefined) {
    return failed(
      1,
      `mdadm: Fail to create ${path.slice(5)} when using /sys/module/md_mod/parameters/new_array, fallback to creation via node\nmdadm: ${path} is already in use.\n`,
    );
  }
  const labelled = new Set(model.labelled().get(array) ?? []);
  const present = array.members.filter(({ disk, state }) => labelled.has(disk) && state !== 'faulty');
  const working = present.filter(({ state }) => state === 'sync').length;
  model.stopped.splice(model.stopped.indexOf(array), 1);
  array.members = present;
  array.name = path.slice(5);
  model.arrays.unshift(array);
  array.started = true;
  if (model.isFailed(array)) {
    array.started = false;
    return failed(
      1,
      `mdadm: failed to RUN_ARRAY ${path}: Input/output error\nmdadm: Not enough devices to start the array.\n`,
    );
  }
  model.recover(array, nowMs);
  const of = working < array.places ? ` (out of ${array.places})` : '';
  return said(
    `mdadm: ${path} has been started with ${working} drive${working === 1 ? '' : 's'}${of}.\n`,
    200,
  );
}

function action(word: string, path: string | undefined, { model, nowMs }: Call): CommandResult {
  const name = word.slice('--action='.length);
  const array = model.array(path ?? '');
  if (array === undefined) return failed(1, noArray(path ?? ''));
  if (name !== 'check' && name !== 'repair' && name !== 'idle') return usage;
  const complaint = (why: string): CommandResult =>
    failed(1, `mdadm: Count not set action for ${path ?? ''} to ${name}: ${why}\n`);
  if (array.level === 'raid0' || !array.started) return complaint('No such file or directory');
  if (name === 'idle') {
    const stoppable = array.sync?.action === 'check' || array.sync?.action === 'repair';
    if (stoppable) array.sync = null;
    return said('', 15);
  }
  if (array.sync !== null) return complaint('Device or resource busy');
  model.start(array, name, nowMs);
  return said('', 15);
}

function grow(words: readonly string[], { model, nowMs }: Call): CommandResult {
  const [path = '', option = '', value = '', ...more] = words;
  const array = model.array(path);
  if (array === undefined) return failed(1, noArray(path));
  const busy = failed(1, `mdadm: ${path} is performing resync/recovery and cannot be reshaped\n`);
  if (option.startsWith('--bitmap=') && value === '') {
    const bitmap = option.slice('--bitmap='.length);
    if (array.level === 'raid0') return failed(1, 'mdadm: Bitmaps not meaningful with level raid0\n');
    if (bitmap === 'internal' && array.bitmap) return failed(1, `mdadm: bitmap already present on ${path}\n`);
    if (bitmap === 'none' && !array.bitmap) return failed(1, `mdadm: no bitmap found on ${path}\n`);
    if (array.sync !== null) return failed(1, 'mdadm: failed to remove internal bitmap.\n');
    array.bitmap = bitmap === 'internal';
    return said('', 80);
  }
  if (option === '--size' && value === 'max' && more.length === 0) {
    if (array.sync !== null) return busy;
    const smallest = Math.min(...model.inSync(array).map(({ disk }) => Math.floor(disk.sizeBytes / 1024)));
    const room = smallest - array.offsetKib;
    const used = array.chunkKib === null ? room : Math.floor(room / array.chunkKib) * array.chunkKib;
    if (used <= array.usedKib)
      return said(`mdadm: component size of ${path} unchanged at ${array.usedKib}K\n`, 60);
    array.usedKib = used;
    model.start(array, 'resync', nowMs);
    return said(`mdadm: component size of ${path} has been set to ${used}K\n`, 60);
  }
  if (option !== '--raid-devices' || !/^\d+$/.test(value)) return usage;
  if (more.length > 0 && more[0] !== '--add') return usage;
  const places = Number(value);
  const extra = more.slice(1);
  if (array.sync !== null) return busy;
  if (places < array.places) {
    return failed(
      1,
      `mdadm: this change will reduce the size of the array.\n       use --grow --array-size first to truncate array.\n       e.g. mdadm --grow ${path} --array-size ${model.sizeKib(array, places)}\n`,
    );
  }
  let added = '';
  for (const device of extra) {
    const result = add(array, device, model, nowMs, false);
    if (result.exitCode !== 0) return result;
    added += result.stderr;
  }
  const spares = array.members.filter(({ state }) => state === 'spare');
  const needed = places - array.places;
  if (spares.length < needed) {
    return failed(
      1,
      `${added}mdadm: Need ${needed} spare${needed === 1 ? '' : 's'} to avoid degraded array, and only have ${spares.length}.\n       Use --force to over-ride this check.\n`,
    );
  }
  const from = array.places;
  array.places = places;
  if (array.level === 'raid1') {
    model.recover(array, nowMs);
    return { ...said(added, 300), stdout: `raid_disks for ${path} set to ${places}\n` };
  }
  spares.slice(0, needed).forEach((spare, index) => {
    spare.slot = from + index;
    spare.state = 'sync';
  });
  model.start(array, 'reshape', nowMs, model.speedKib, from);
  return said(added, 300);
}

function add(
  array: DemoArray,
  device: string,
  model: MdadmModel,
  nowMs: number,
  recovers: boolean,
): CommandResult {
  const disk = model.disk(device);
  if (disk === undefined) return failed(1, `mdadm: stat failed for ${device}: No such file or directory\n`);
  if (model.isBusy(disk)) return failed(1, `mdadm: Cannot open ${device}: Device or resource busy\n`);
  const number =
    array.members.length === 0 ? 0 : Math.max(...array.members.map((member) => member.number)) + 1;
  if (array.level === 'raid0') {
    return failed(1, `mdadm: add new device failed for ${device} as ${number}: Invalid argument\n`);
  }
  if (disk.sizeBytes / 1024 < array.usedKib + array.offsetKib) {
    return failed(1, `mdadm: ${device} not large enough to join array\n`);
  }
  model.label(disk, array);
  array.members.push({
    number: Math.max(number, array.places),
    disk,
    slot: null,
    state: 'spare',
    replaced: false,
    replacement: false,
  });
  if (recovers) model.recover(array, nowMs);
  return said(`mdadm: added ${device}\n`, 90);
}

function memberOf(array: DemoArray, model: MdadmModel, device: string): DemoMember | undefined {
  const disk = model.disk(device);
  return disk === undefined ? undefined : array.members.find((member) => member.disk === disk);
}

function fail(array: DemoArray, path: string, device: string, { model, nowMs }: Call): CommandResult {
  if (model.disk(device) === undefined) {
    return failed(1, `mdadm: stat failed for ${device}: No such file or directory\n`);
  }
  const member = memberOf(array, model, device);
  if (member === undefined)
    return failed(1, `mdadm: set device faulty failed for ${device}:  No such device\n`);
  const refused = failed(2, `mdadm: set device faulty failed for ${device}:  Device or resource busy\n`);
  if (array.level === 'raid0') return refused;
  if (member.state === 'sync' && !member.replacement && model.degraded(array) + 1 > model.tolerance(array)) {
    return refused;
  }
  const rebuilding = member.state === 'rebuilding';
  member.state = 'faulty';
  member.slot = null;
  member.replaced = false;
  member.replacement = false;
  array.events += 4;
  array.updatedAtMs = nowMs;
  if (rebuilding || array.sync?.action === 'check' || array.sync?.action === 'repair') array.sync = null;
  model.recover(array, nowMs);
  return said(`mdadm: set ${device} faulty in ${path}\n`, 60);
}

function remove(array: DemoArray, path: string, device: string, { model }: Call): CommandResult {
  if (device === 'detached') return said('', 30);
  const member = memberOf(array, model, device);
  if (member === undefined) {
    return failed(1, `mdadm: hot remove failed for ${device}: No such device or address\n`);
  }
  if (member.state === 'sync' || member.state === 'rebuilding') {
    return failed(1, `mdadm: hot remove failed for ${device}: Device or resource busy\n`);
  }
  array.members.splice(array.members.indexOf(member), 1);
  return said(`mdadm: hot removed ${device} from ${path}\n`, 60);
}

function replace(
  array: DemoArray,
  path: string,
  words: readonly string[],
  { model, nowMs }: Call,
): CommandResult {
  const [device = '', option, substitute = '', ...rest] = words;
  if (option !== '--with' || rest.length > 0) return usage;
  const old = memberOf(array, model, device);
  if (old === undefined) return failed(1, `mdadm: ${device} not found in ${path} so cannot --replace it\n`);
  old.replaced = true;
  const marked = `mdadm: Marked ${device} (device ${old.slot ?? 0} in ${path}) for replacement\n`;
  const spare = memberOf(array, model, substitute);
  if (spare === undefined) {
    model.recover(array, nowMs);
    return failed(
      1,
      `${marked}mdadm: ${substitute} not found in ${path} so cannot make it preferred replacement\n`,
    );
  }
  if (spare.state !== 'spare') {
    model.recover(array, nowMs);
    return failed(1, `${marked}mdadm: ${substitute} is active and cannot be a replacement\n`);
  }
  model.recover(array, nowMs, spare);
  return said(
    `${marked}mdadm: Marked ${substitute} in ${path} as replacement for device ${old.slot ?? 0}\n`,
    60,
  );
}

function manage(path: string, words: readonly string[], call: Call): CommandResult {
  const [verb, device = '', ...rest] = words;
  if (!call.root) return failed(1, `mdadm: error opening ${path}: Permission denied\n`);
  const array = call.model.array(path);
  if (array === undefined) return failed(1, noArray(path));
  if (verb === '--replace') return replace(array, path, [device, ...rest], call);
  if (rest.length > 0) return usage;
  switch (verb) {
    case '--add':
    case '--add-spare':
      return add(array, device, call.model, call.nowMs, true);
    case '--fail':
      return fail(array, path, device, call);
    case '--remove':
      return remove(array, path, device, call);
    default:
      return usage;
  }
}

function runMdadm(words: readonly string[], call: Call): CommandResult {
  call.model.advance(call.nowMs);
  const [mode = '', ...rest] = words;
  if (mode === '--version') return said(version, 0);
  if (mode.startsWith('/dev/md')) return manage(mode, rest, call);
  if (!call.root) return notRoot;
  if (mode.startsWith('--action=')) return action(mode, rest[0], call);
  switch (mode) {
    case '--detail':
      return detail(rest, call);
    case '--examine':
      return examine(rest, call);
    case '--create':
      return create(rest, call);
    case '--stop':
      return stop(rest, call);
    case '--assemble':
      return assemble(rest, call);
    case '--grow':
      return grow(rest, call);
    default:
      return usage;
  }
}

function runCat(words: readonly string[], model: MdadmModel, nowMs: number): CommandResult {
  const [file, ...rest] = words;
  if (file !== '/proc/mdstat' || rest.length > 0) {
    return failed(1, `cat: ${words.at(-1) ?? ''}: No such file or directory\n`);
  }
  return succeeded(mdstatText(model, nowMs), 1);
}

/** `grep -s . FILE…` over the files of one array. */
function runGrep(words: readonly string[], model: MdadmModel): CommandResult {
  const [quiet, pattern, ...files] = words;
  if (quiet !== '-s' || pattern !== '.') return failed(2, 'grep: bad usage\n');
  const lines: string[] = [];
  for (const file of files) {
    const [, name = '', key = ''] = /^\/sys\/block\/([^/]+)\/md\/([a-z_]+)$/.exec(file) ?? [];
    const array = model.array(`/dev/${name}`);
    const value = array === undefined ? null : syncText(model, array, key);
    if (value !== null) lines.push(`${file}:${value}\n`);
  }
  return { ...succeeded(lines.join(''), 1), exitCode: lines.length === files.length ? 0 : 2 };
}

/** Everything that a host with arrays answers beside ssh and sudo. */
export function mdadmTools(model: MdadmModel): SimulatedTool[] {
  return [
    {
      name: 'mdadm',
      folder: '/usr/sbin',
      run: (words, { root, nowMs }) => runMdadm(words, { model, root, nowMs }),
    },
    {
      name: 'cat',
      folder: '/usr/bin',
      run: (words, { nowMs }) => {
        model.advance(nowMs);
        return runCat(words, model, nowMs);
      },
    },
    {
      name: 'grep',
      folder: '/usr/bin',
      run: (words, { nowMs }) => {
        model.advance(nowMs);
        return runGrep(words, model);
      },
    },
    ...blockTools(model),
  ];
}
