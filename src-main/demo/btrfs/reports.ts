import {
  chunkKinds,
  progressOf,
  type DemoChunks,
  type DemoDevice,
  type DemoFilesystem,
  type DemoSubvolume,
  type Work,
} from './types';

/** Texts as btrfs-progs 6.2 prints them; held to the captures by truth.test.ts. */

const copies = ({ profile }: DemoChunks): number => (profile === 'single' ? 1 : 2);
const allocatedOn = (device: DemoDevice): number =>
  chunkKinds.reduce((sum, kind) => sum + (device.allocated[kind] ?? 0), 0);
const unallocatedOn = (device: DemoDevice): number => Math.max(0, device.sizeBytes - allocatedOn(device));
const shownPath = (device: DemoDevice): string => (device.missing ? 'missing' : device.path);

export function usedBytes({ chunks }: DemoFilesystem): number {
  return chunks.reduce((sum, chunk) => sum + chunk.usedBytes, 0);
}

/** `Mon Nov 23 08:46:17 2026` */
export function ctime(ms: number): string {
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const date = new Date(ms);
  const day = String(date.getUTCDate()).padStart(2);
  return `${days[date.getUTCDay()] ?? ''} ${monthOf(date)} ${day} ${clock(ms)} ${date.getUTCFullYear()}`;
}
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthOf = (date: Date): string => months[date.getUTCMonth()] ?? '';
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** @param mounted whether the kernel has it open: then missing devices are listed */
export function showText(filesystem: DemoFilesystem): string {
  const { label, uuid, devices, mounts } = filesystem;
  const mounted = mounts.length > 0;
  const listed = mounted ? devices : devices.filter(({ missing }) => !missing);
  const lines = listed.map((device) => {
    const [size, used] = device.missing ? [0, 0] : [device.sizeBytes, allocatedOn(device)];
    const path = device.missing ? ' MISSING' : device.path;
    return `\tdevid ${String(device.id).padStart(4)} size ${size} used ${used} path ${path}\n`;
  });
  const gone = !mounted && listed.length < devices.length ? '\t*** Some devices missing\n' : '';
  return `Label: ${label === '' ? 'none ' : `'${label}' `} uuid: ${uuid}\n\tTotal devices ${devices.length} FS bytes used ${usedBytes(filesystem)}\n${lines.join('')}${gone}\n`;
}

/** What the tool says of unmounted file systems before it lists anything (6.2, on stdout). */
export function missingWarnings(filesystems: readonly DemoFilesystem[]): string {
  return filesystems
    .filter(({ mounts }) => mounts.length === 0)
    .flatMap(({ devices }) => devices.filter(({ missing }) => missing))
    .map(({ id }) => `warning, device ${id} is missing\n`)
    .join('');
}

export function usageText(filesystem: DemoFilesystem): string {
  const { devices, chunks, globalReserveBytes } = filesystem;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const size = sum(devices.map(({ sizeBytes }) => sizeBytes));
  const allocated = sum(devices.map(allocatedOn));
  const data = chunks.filter(({ kind }) => kind === 'Data');
  const ratio = (kind: DemoChunks['kind']): number => {
    const first = chunks.find((chunk) => chunk.kind === kind);
    return first === undefined ? 1 : copies(first);
  };
  const slackInData = sum(data.map((chunk) => chunk.sizeBytes - chunk.usedBytes));
  const free = Math.floor(slackInData + (size - allocated) / ratio('Data'));
  const atLeast = Math.floor(slackInData + (size - allocated) / Math.max(ratio('Data'), ratio('Metadata')));
  const line = (label: string, tabs: number, value: string | number, more = ''): string =>
    `    ${label}:${'\t'.repeat(tabs)}${String(value).padStart(18)}${more}\n`;
  const profiles = new Set(chunks.map(({ kind, profile }) => `${kind} ${profile}`));
  const overall = [
    'Overall:\n',
    line('Device size', 2, size),
    line('Device allocated', 2, allocated),
    line('Device unallocated', 2, size - allocated),
    line(
      'Device missing',
      2,
      sum(devices.filter(({ missing }) => missing).map(({ sizeBytes }) => sizeBytes)),
    ),
    line('Device slack', 2, 0),
    line('Used', 3, sum(chunks.map((chunk) => chunk.usedBytes * copies(chunk)))),
    line('Free (estimated)', 2, free, `\t(min: ${atLeast})`),
    line('Free (statfs, df)', 2, filesystem.statfsFreeBytes ?? free),
    line('Data ratio', 3, ratio('Data').toFixed(2)),
    line('Metadata ratio', 2, ratio('Metadata').toFixed(2)),
    line('Global reserve', 2, globalReserveBytes, '\t(used: 0)'),
    line('Multiple profiles', 2, profiles.size > new Set(chunks.map(({ kind }) => kind)).size ? 'yes' : 'no'),
  ].join('');
  const onDevice = (path: string, bytes: number): string => `   ${path}\t${String(bytes).padStart(10)}\n`;
  const perKind = chunks.map((chunk) => {
    const share = chunk.sizeBytes === 0 ? 0 : (100 * chunk.usedBytes) / chunk.sizeBytes;
    const lines = devices
      .filter(({ allocated: own }) => (own[chunk.kind] ?? 0) > 0)
      .map((device) => onDevice(shownPath(device), device.allocated[chunk.kind] ?? 0));
    return `\n${chunk.kind},${chunk.profile}: Size:${chunk.sizeBytes}, Used:${chunk.usedBytes} (${share.toFixed(2)}%)\n${lines.join('')}`;
  });
  const rest = devices.map((device) => onDevice(shownPath(device), unallocatedOn(device)));
  return `${overall}${perKind.join('')}\nUnallocated:\n${rest.join('')}`;
}

export function deviceUsageText({ devices, chunks }: DemoFilesystem): string {
  const line = (label: string, value: number): string =>
    `   ${label}:${' '.repeat(21 - label.length)}${String(value).padStart(10)}\n`;
  const blocks = devices.map((device) => {
    const own = chunks
      .filter(({ kind }) => (device.allocated[kind] ?? 0) > 0)
      .map(({ kind, profile }) => line(`${kind},${profile}`, device.allocated[kind] ?? 0));
    return [
      `${shownPath(device)}, ID: ${device.id}\n`,
      line('Device size', device.missing ? 0 : device.sizeBytes),
      line('Device slack', 0),
      ...own,
      line('Unallocated', unallocatedOn(device)),
      '\n',
    ].join('');
  });
  // With `--` before the path 6.2 begins with an empty line.
  return `\n${blocks.join('')}`;
}

export function statsText({ devices }: DemoFilesystem): string {
  return devices
    .map(({ missing, path, id, errors }) => {
      const name = missing ? `devid:${id}` : path;
      const line = (counter: string, value: number): string => `[${name}].${counter.padEnd(16)} ${value}\n`;
      return [
        line('write_io_errs', errors.write),
        line('read_io_errs', errors.read),
        line('flush_io_errs', errors.flush),
        line('corruption_errs', errors.corruption),
        line('generation_errs', errors.generation),
      ].join('');
    })
    .join('');
}

/** Paths of what lies in the subvolume that was asked through come without its own. */
function printedPath(subvolume: DemoSubvolume, filesystem: DemoFilesystem, throughId: number): string {
  const through = filesystem.subvolumes.find(({ id }) => id === throughId);
  if (through === undefined || !subvolume.path.startsWith(`${through.path}/`)) return subvolume.path;
  return subvolume.path.slice(through.path.length + 1);
}

const uuidColumn = (uuid: string | null): string => (uuid ?? '-').padEnd(36);

export function listText(
  filesystem: DemoFilesystem,
  form: 'all' | 'snapshots' | 'read-only',
  throughId: number,
): string {
  const rows = [...filesystem.subvolumes].sort((a, b) => a.id - b.id);
  return rows
    .flatMap((subvolume) => {
      const { id, generation, createdGeneration: created, parentId, uuid } = subvolume;
      const path = printedPath(subvolume, filesystem, throughId);
      switch (form) {
        case 'all':
          return [
            `ID ${id} gen ${generation} cgen ${created} parent ${parentId} top level ${parentId} parent_uuid ${uuidColumn(subvolume.parentUuid)} received_uuid ${uuidColumn(subvolume.receivedUuid)} uuid ${uuid} path ${path}\n`,
          ];
        case 'snapshots':
          return subvolume.parentUuid === null
            ? []
            : [
                `ID ${id} gen ${generation} cgen ${created} top level ${parentId} otime ${stamp(subvolume.createdAtMs)} uuid ${uuid} path ${path}\n`,
              ];
        case 'read-only':
          return subvolume.readOnly
            ? [`ID ${id} gen ${generation} top level ${parentId} uuid ${uuid} path ${path}\n`]
            : [];
      }
    })
    .join('');
}

/** @param subvolume null: the top level */
export function showSubvolumeText(filesystem: DemoFilesystem, subvolume: DemoSubvolume | null): string {
  const name = subvolume === null ? '<FS_TREE>' : subvolume.path.slice(subvolume.path.lastIndexOf('/') + 1);
  const created = `${stamp(subvolume?.createdAtMs ?? filesystem.createdAtMs)} +0000`;
  const uuid = subvolume?.uuid ?? filesystem.topUuid;
  const taken = filesystem.subvolumes.filter(({ parentUuid }) => parentUuid === uuid);
  const line = (label: string, value: string | number): string => `\t${label}: ${tabs(label)}${value}\n`;
  return [
    `${subvolume?.path ?? '/'}\n`,
    line('Name', name),
    line('UUID', uuid),
    line('Parent UUID', subvolume?.parentUuid ?? '-'),
    line('Received UUID', subvolume?.receivedUuid ?? '-'),
    line('Creation time', created),
    line('Subvolume ID', subvolume?.id ?? 5),
    line('Generation', subvolume?.generation ?? filesystem.generation),
    line('Gen at creation', subvolume?.createdGeneration ?? 0),
    line('Parent ID', subvolume?.parentId ?? 0),
    line('Top level ID', subvolume?.parentId ?? 0),
    line('Flags', subvolume?.readOnly === true ? 'readonly' : '-'),
    line('Send transid', 0),
    line('Send time', created),
    line('Receive transid', 0),
    line('Receive time', '-'),
    '\tSnapshot(s):\n',
    ...taken.map(({ path }) => `\t\t\t\t${path}\n`),
  ].join('');
}

/** Values begin in the column of the fourth tab stop. */
const tabs = (label: string): string => '\t'.repeat(4 - Math.floor((8 + label.length + 2) / 8));

export function quotasText({ subvolumes }: DemoFilesystem): string {
  const row = (id: number, referenced: number, exclusive: number, path: string): string =>
    `${`0/${id}`.padEnd(10)}${String(referenced).padStart(12)} ${String(exclusive).padStart(12)} ${'none'.padStart(15)} ${'none'.padStart(14)}   ${path}\n`;
  return [
    'Qgroupid    Referenced    Exclusive  Max referenced  Max exclusive   Path \n',
    '--------    ----------    ---------  --------------  -------------   ---- \n',
    row(5, 16384, 16384, '<toplevel>'),
    ...[...subvolumes]
      .sort((a, b) => a.id - b.id)
      .map(({ id, referencedBytes, exclusiveBytes, path }) => row(id, referencedBytes, exclusiveBytes, path)),
  ].join('');
}

export function scrubText(filesystem: DemoFilesystem, nowMs: number): string {
  const { uuid, scrub, chunks } = filesystem;
  const total = chunks.reduce((sum, chunk) => sum + chunk.usedBytes * copies(chunk), 0);
  const field = (label: string, value: string | number): string => `${`${label}:`.padEnd(18)}${value}\n`;
  const head = field('UUID', uuid);
  if (scrub === null) {
    return `${head}\tno stats available\n${field('Total to scrub', total)}${field('Rate', '0/s')}${field('Error summary', 'no errors found')}`;
  }
  const done = progressOf(scrub, nowMs);
  const spent = done * scrub.durationMs;
  const rate = spent === 0 ? 0 : Math.round((total * done) / (spent / 1000));
  const left = scrub.durationMs - spent;
  const running = scrub.state === 'running';
  const words: Record<Work['state'], string> = {
    running: 'running',
    paused: 'interrupted',
    finished: 'finished',
    canceled: 'aborted',
  };
  return [
    head,
    field('Scrub started', ctime(scrub.startedAtMs)),
    field('Status', words[scrub.state]),
    field('Duration', duration(spent)),
    ...(running ? [field('Time left', duration(left)), field('ETA', ctime(nowMs + left))] : []),
    field('Total to scrub', total),
    ...(running
      ? [field('Bytes scrubbed', `${Math.round(total * done)}  (${(100 * done).toFixed(2)}%)`)]
      : []),
    field('Rate', `${rate}/s`),
    field('Error summary', 'no errors found'),
  ].join('');
}

export function balanceText({ balance }: DemoFilesystem, mount: string, nowMs: number): string {
  if (balance === null) return `No balance found on '${mount}'\n`;
  const done = progressOf(balance, nowMs);
  const moved = Math.floor(done * balance.chunkCount);
  const state = balance.state === 'paused' ? 'paused' : 'running';
  return `Balance on '${mount}' is ${state}\n${moved} out of about ${balance.chunkCount} chunks balanced (${moved + 1} considered), ${String(Math.round(100 * (1 - moved / balance.chunkCount))).padStart(3)}% left\n`;
}

export function replaceText({ replace }: DemoFilesystem, nowMs: number): string {
  if (replace === null) return 'Never started\n';
  const when = (ms: number): string => {
    const date = new Date(ms);
    return `${String(date.getUTCDate()).padStart(2)}.${monthOf(date)} ${clock(ms)}`;
  };
  const done = (100 * progressOf(replace, nowMs)).toFixed(1);
  const counts = '0 write errs, 0 uncorr. read errs';
  if (replace.state === 'running') return `${done}% done, ${counts}\n`;
  const ended = when(replace.endedAtMs ?? nowMs);
  return replace.state === 'finished'
    ? `Started on ${when(replace.startedAtMs)}, finished on ${ended}, ${counts}\n`
    : `Started on ${when(replace.startedAtMs)}, canceled on ${ended} at ${done}%, ${counts}\n`;
}
