import { asctime } from './disks';
import type { DemoArray, DemoMember, MdadmModel } from './model';

/** Answers of /proc/mdstat, /sys and mdadm --detail, to the letter of kernel 6.1 and mdadm 4.2. */

const padded = (text: string, width: number): string => text.padStart(width);

function flagsOf(member: DemoMember): string {
  if (member.state === 'faulty') return '(F)';
  if (member.replacement) return '(R)';
  return member.state === 'spare' ? '(S)' : '';
}

function places(model: MdadmModel, array: DemoArray): string {
  const held = new Set(model.inSync(array).map(({ slot }) => slot));
  const letters = Array.from({ length: array.places }, (_, slot) => (held.has(slot) ? 'U' : '_')).join('');
  return `[${array.places}/${held.size}] [${letters}]`;
}

function levelText(model: MdadmModel, array: DemoArray): string {
  switch (array.level) {
    case 'raid0':
      return ` ${array.chunkKib ?? 512}k chunks`;
    case 'raid1':
      return ` ${places(model, array)}`;
    case 'raid5':
    case 'raid6':
      return ` level ${array.level.slice(4)}, ${array.chunkKib ?? 512}k chunk, algorithm 2 ${places(model, array)}`;
    case 'raid10':
      return ` ${array.chunkKib ?? 512}K chunks 2 near-copies ${places(model, array)}`;
  }
}

const syncNames = {
  check: 'check',
  repair: 'resync',
  resync: 'resync',
  recover: 'recovery',
  reshape: 'reshape',
} as const;

function progressLine(model: MdadmModel, array: DemoArray, nowMs: number): string | null {
  const { sync } = array;
  if (sync === null) return null;
  const done = model.doneKib(array, nowMs);
  const thousandths = Math.floor((done * 1000) / sync.totalKib);
  const bar = Math.floor(thousandths / 50);
  const percent = `${Math.floor(thousandths / 10)}.${thousandths % 10}`;
  const minutes = (sync.totalKib - done) / sync.speedKib / 60;
  return `      [${'='.repeat(bar)}>${'.'.repeat(20 - bar)}]  ${syncNames[sync.action]} =${padded(percent, 5)}% (${done}/${sync.totalKib}) finish=${(Math.floor(minutes * 10) / 10).toFixed(1)}min speed=${sync.speedKib}K/sec`;
}

function bitmapLine(array: DemoArray): string {
  const pages = Math.max(1, Math.ceil(array.usedKib / 65_536 / 2048));
  // What is being synchronised is what the map still holds.
  const dirty = array.sync !== null && array.sync.action !== 'check' ? pages : 0;
  return `      bitmap: ${dirty}/${pages} pages [${dirty * 4}KB], 65536KB chunk`;
}

export function mdstatText(model: MdadmModel, nowMs: number): string {
  const lines = [`Personalities : ${model.personalities.map((name) => `[${name}] `).join('')}`];
  for (const array of model.arrays) {
    const members = [...array.members]
      .reverse()
      .map((member) => ` ${member.disk.name}[${member.number}]${array.started ? flagsOf(member) : '(S)'}`)
      .join('');
    lines.push(`${array.name} : ${array.started ? `active ${array.level}` : 'inactive'}${members}`);
    if (!array.started) {
      lines.push(`      ${array.usedKib * array.members.length} blocks super 1.2`, '       ');
      continue;
    }
    lines.push(
      `      ${model.sizeKib(array, array.sync?.from ?? array.places)} blocks super 1.2${levelText(model, array)}`,
    );
    const progress = progressLine(model, array, nowMs);
    if (progress !== null) lines.push(progress);
    lines.push(array.bitmap ? bitmapLine(array) : '      ', ...(array.bitmap ? [''] : []));
  }
  return [...lines, 'unused devices: <none>', ''].join('\n');
}

export function syncText(model: MdadmModel, array: DemoArray, file: string): string | null {
  if (file === 'array_state') return array.started ? 'clean' : 'inactive';
  if (!array.started || array.level === 'raid0') return null;
  switch (file) {
    case 'degraded':
      return String(model.degraded(array));
    case 'sync_action':
      return array.sync?.action ?? 'idle';
    case 'last_sync_action':
      return array.lastSyncAction;
    case 'mismatch_cnt':
      return String(array.mismatchSectors);
    default:
      return null;
  }
}

/** ` (511.00 MiB 535.82 MB)`, as mdadm's human_size rounds. */
function humanSize(kib: number): string {
  const bytes = kib * 1024;
  if (bytes < 5000 * 1024) return '';
  const hundredths = (unit: number): string => {
    const value = Math.floor((Math.floor((bytes * 200) / unit) + 1) / 2);
    return `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`;
  };
  const [binary, decimal, letter] =
    bytes < 2 * 1024 ** 3
      ? [1024 ** 2, 1000 ** 2, 'M']
      : bytes < 2 * 1024 ** 4
        ? [1024 ** 3, 1000 ** 3, 'G']
        : [1024 ** 4, 1000 ** 4, 'T'];
  return ` (${hundredths(binary)} ${letter}iB ${hundredths(decimal)} ${letter}B)`;
}

const line = (key: string, value: string): string => `${padded(key, 18)} : ${value}`;

function stateText(model: MdadmModel, array: DemoArray): string {
  const words = ['clean'];
  const degraded = model.degraded(array);
  if (model.isFailed(array)) words.push('FAILED');
  else if (degraded > 0 && array.level !== 'raid0') words.push('degraded');
  const doing = {
    check: 'checking',
    repair: 'resyncing',
    resync: 'resyncing',
    recover: 'recovering',
    reshape: 'reshaping',
  } as const;
  if (array.sync !== null) words.push(doing[array.sync.action]);
  return `${words.join(', ')} `;
}

const statusNames = {
  check: 'Check Status',
  repair: 'Resync Status',
  resync: 'Resync Status',
  recover: 'Rebuild Status',
  reshape: 'Reshape Status',
} as const;

function memberWords(member: DemoMember, array: DemoArray): string {
  switch (member.state) {
    case 'sync':
      return array.level === 'raid10' && member.slot !== null
        ? `active sync set-${member.slot % 2 === 0 ? 'A' : 'B'}`
        : 'active sync';
    case 'rebuilding':
      return 'spare rebuilding';
    case 'spare':
      return 'spare';
    case 'faulty':
      return 'faulty';
  }
}

function memberRow(number: string, major: number, minor: number, slot: string, words: string): string {
  return `   ${padded(number, 5)}   ${padded(String(major), 5)}    ${padded(String(minor), 5)}    ${padded(slot, 5)}      ${words}`;
}

function memberTable(array: DemoArray): string[] {
  if (!array.started) {
    return [
      '    Number   Major   Minor   RaidDevice',
      '',
      ...array.members.map(
        ({ disk }) =>
          `   ${padded('-', 5)}   ${padded(String(disk.major), 5)}    ${padded(String(disk.minor), 5)}    ${padded('-', 5)}        /dev/${disk.name}`,
      ),
    ];
  }
  const row = (member: DemoMember, slot: string): string =>
    memberRow(
      String(member.number),
      member.disk.major,
      member.disk.minor,
      slot,
      `${memberWords(member, array)}   /dev/${member.disk.name}`,
    );
  const rows = ['    Number   Major   Minor   RaidDevice State'];
  for (let slot = 0; slot < array.places; slot += 1) {
    const here = array.members.filter((member) => member.slot === slot);
    if (here.length === 0) rows.push(memberRow('-', 0, 0, String(slot), 'removed'));
    for (const member of here.sort((a, b) => Number(a.replacement) - Number(b.replacement))) {
      rows.push(row(member, String(slot)));
    }
  }
  const others = array.members.filter(({ slot }) => slot === null);
  if (others.length > 0) rows.push('', ...others.map((member) => row(member, '-')));
  return rows;
}

export function detailText(model: MdadmModel, array: DemoArray, nowMs: number): string {
  const count = (test: (member: DemoMember) => boolean): string => String(array.members.filter(test).length);
  const name = line('Name', `${array.label}  (local to host ${model.hostname})`);
  if (!array.started) {
    return [
      `/dev/${array.name}:`,
      line('Version', '1.2'),
      line('Raid Level', array.level),
      line('Total Devices', String(array.members.length)),
      line('Persistence', 'Superblock is persistent'),
      '',
      line('State', 'inactive'),
      line('Working Devices', String(array.members.length)),
      '',
      name,
      line('UUID', array.uuid),
      line('Events', String(array.events)),
      '',
      ...memberTable(array),
      '',
    ].join('\n');
  }
  const sizeKib = model.sizeKib(array, array.sync?.from ?? array.places);
  const done = array.sync === null ? 0 : model.doneKib(array, nowMs);
  const policy = array.level === 'raid0' ? 'none' : array.bitmap ? 'bitmap' : 'resync';
  const layout = {
    raid0: '-unknown-',
    raid1: null,
    raid5: 'left-symmetric',
    raid6: 'left-symmetric',
    raid10: 'near=2',
  }[array.level];
  const active = model.inSync(array).length;
  const working = array.members.filter(({ state }) => state !== 'faulty').length;
  return [
    `/dev/${array.name}:`,
    line('Version', '1.2'),
    line('Creation Time', asctime(array.createdAtMs)),
    line('Raid Level', array.level),
    line('Array Size', `${sizeKib}${humanSize(sizeKib)}`),
    ...(array.level === 'raid0'
      ? []
      : [line('Used Dev Size', `${array.usedKib}${humanSize(array.usedKib)}`)]),
    line('Raid Devices', String(array.places)),
    line('Total Devices', String(array.members.length)),
    line('Persistence', 'Superblock is persistent'),
    '',
    ...(array.bitmap ? [line('Intent Bitmap', 'Internal'), ''] : []),
    line('Update Time', asctime(array.sync === null ? array.updatedAtMs : nowMs)),
    line('State', stateText(model, array)),
    line('Active Devices', String(active)),
    line('Working Devices', String(working)),
    line(
      'Failed Devices',
      count(({ state }) => state === 'faulty'),
    ),
    line('Spare Devices', String(working - active)),
    '',
    ...(layout === null ? [] : [line('Layout', layout)]),
    ...(array.chunkKib === null ? [] : [line('Chunk Size', `${array.chunkKib}K`), '']),
    line('Consistency Policy', policy),
    '',
    ...(array.sync === null
      ? []
      : [
          line(statusNames[array.sync.action], `${Math.floor((done * 100) / array.sync.totalKib)}% complete`),
          ...(array.sync.from === null
            ? []
            : [
                line(
                  'Delta Devices',
                  `${array.places - array.sync.from}, (${array.sync.from}->${array.places})`,
                ),
              ]),
          '',
        ]),
    name,
    line('UUID', array.uuid),
    line('Events', String(array.events)),
    '',
    ...memberTable(array),
    '',
  ].join('\n');
}

/** A line of `--examine --brief --verbose`, with the devices below. */
export function examineLines(array: DemoArray, devices: readonly string[]): string {
  const spares = array.members.filter(
    ({ state, disk }) => state === 'spare' && devices.includes(`/dev/${disk.name}`),
  ).length;
  const number = array.label.slice(array.label.indexOf(':') + 1);
  const head = `ARRAY /dev/md/${number}  level=${array.level} metadata=1.2 num-devices=${array.places} UUID=${array.uuid} name=${array.label}`;
  return `${head}\n${spares > 0 ? `   spares=${spares}` : ''}   devices=${devices.join(',')}\n`;
}

export function detailScanLine(array: DemoArray): string {
  const spares = array.members.filter(({ state }) => state === 'spare').length;
  return `${array.started ? 'ARRAY' : 'INACTIVE-ARRAY'} /dev/${array.name} metadata=1.2${spares > 0 ? ` spares=${spares}` : ''} name=${array.label} UUID=${array.uuid}\n`;
}
